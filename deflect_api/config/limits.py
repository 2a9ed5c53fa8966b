"""The block `limits` of support.yml: how much is taken from one visit or address in a time, and when a flood begins."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_RATE = re.compile(r"([1-9][0-9]{0,6}) in ([1-9][0-9]{0,3}) (minute|hour)s?")


def rate_of(text: str) -> tuple[int, timedelta]:
    """Read "10 in 5 minutes". Raises ValueError that says how to write it."""
    found = _RATE.fullmatch(text)
    if not found:
        raise ValueError("write a number and a time, such as `10 in 5 minutes` or `20 in 1 hour`")
    return int(found[1]), timedelta(**{f"{found[3]}s": int(found[2])})


def _checked(text: str) -> str:
    rate_of(text)
    return text


Rate = Annotated[str, AfterValidator(_checked)]


class Limits(BaseModel):
    """Each rate is "NUMBER in NUMBER minutes" (or hours), counted in a window that slides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visit: Rate = "10 in 10 minutes"
    unproven: Rate = "20 in 10 minutes"
    mail: Rate = "10 in 1 hour"
    address: Rate = "600 in 10 minutes"
    acknowledgements: Rate = "5 in 1 hour"
    find: Rate = "1 in 15 minutes"
    find_address: Rate = "60 in 15 minutes"
    helpful: Rate = "120 in 1 hour"
    flood_address: Annotated[int, Field(ge=1)] = 250
    flood_everywhere: Annotated[int, Field(ge=1)] = 300
    work_bits: Annotated[int, Field(ge=1, le=24)] = 16
    suggest_per_second: Annotated[int, Field(ge=1)] = 500
    suggest_burst: Annotated[int, Field(ge=1)] = 5000
    suggest_waiting: Annotated[int, Field(ge=1)] = 250
    suggest_waited: Annotated[float, Field(ge=0.1, le=60)] = 0.5
    spam_days: Annotated[int, Field(ge=1, le=365)] = 30
