"""The blocks `staff` and `retention` of support.yml: how agents sign in, and how long each kind of data is kept."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

SHORTEST_DELIVERIES = 7
Days = Annotated[int, Field(ge=0, le=3650)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenId(_Block):
    """The OpenID Connect provider by which agents sign in; none when `issuer` is empty."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    name: str = "single sign-on"

    @field_validator("issuer")
    @classmethod
    def _safe(cls, issuer: str) -> str:
        local = ("http://127.0.0.1:", "http://localhost:")
        if issuer and not issuer.startswith(("https://", *local)):
            raise ValueError("write the provider's https address, without /.well-known/…")
        return issuer.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer and not (self.client_id and self.client_secret):
            raise ValueError("a provider also needs `client_id` and `client_secret`")
        return self


class Staff(_Block):
    """How agents prove who they are, and how long a sign-in lasts."""

    passwords: bool = True
    second_factor: Literal["optional", "required"] = "optional"
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    idle_minutes: Annotated[int, Field(ge=5, le=720)] = 60
    token_days: Annotated[int, Field(ge=1, le=366)] = 90
    openid: OpenId = OpenId()

    @model_validator(mode="after")
    def _a_way_in(self) -> Self:
        if not self.passwords and not self.openid.issuer:
            raise ValueError("without passwords nobody could sign in. Name a provider under `openid`")
        return self


class Retention(_Block):
    """Days that each kind is kept; 0 keeps it. Tickets, their files and journal count from the last change of a solved one."""

    tickets: Days = 730
    files: Days = 365
    journal: Days = 730
    searches: Days = 180
    messages: Days = 90
    letters: Days = 365
    deliveries: Days = 90
    audit: Days = 365

    @field_validator("deliveries")
    @classmethod
    def _longer_than_repeats(cls, days: int) -> int:
        if 0 < days < SHORTEST_DELIVERIES:
            raise ValueError(f"keep them for {SHORTEST_DELIVERIES} days or more: GitHub sends a delivery again for 3")
        return days
