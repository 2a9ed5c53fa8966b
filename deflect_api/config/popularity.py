"""The block `portal.popularity` of support.yml: whether what many people needed comes first while little is typed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Popularity(BaseModel):
    """`weight` 0 is off: nothing is counted then. Fewer than three people could be one with two connections."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: Annotated[float, Field(ge=0, le=1)] = 0
    people: Annotated[int, Field(ge=3, le=1000)] = 5
    days: Annotated[int, Field(ge=1, le=365)] = 90

    @property
    def counts(self) -> bool:
        return self.weight > 0
