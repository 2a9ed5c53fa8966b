"""What support.yml may hold. Each model is one block of the file; what is not named here is refused."""

from datetime import time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Type = Literal["bug", "question", "feature request"]
Working = Literal["stopped", "inconvenient workaround", "easy workaround", "only looks wrong"]
Affected = Literal["one", "several", "everyone"]
NeededBy = Literal["today", "this week", "no date"]
Severity = Literal["critical", "significant", "minor", "low"]
Priority = Literal["urgent", "high", "normal", "low"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]

SEVERITY_OF: dict[Working, Severity] = {
    "stopped": "critical",
    "inconvenient workaround": "significant",
    "easy workaround": "minor",
    "only looks wrong": "low",
}


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Portal(Block):
    title: str = "Help"
    mkdocs: str = "mkdocs.yml"
    exclude: tuple[str, ...] = ()
    floor: float | None = None


class Contact(Block):
    email: str = "support@example.org"
    team: str = "Support"


class Calendar(Block):
    """The team's working hours; reply times are counted in them."""

    timezone: str = "UTC"
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    opens: time = time(9)
    closes: time = time(17)
    reply_days: Annotated[float, Field(gt=0, le=30)] = 1

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("this time zone is not known. Use a name such as Africa/Nairobi or Europe/Amsterdam")
        return name

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.opens >= self.closes or not self.days:
            raise ValueError("`opens` must be before `closes`, and at least one day must be worked")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class ProductField(Block):
    name: Key
    label: str
    hint: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()


class Product(Block):
    name: str
    fields: tuple[ProductField, ...] = ()


class Mail(Block):
    """`folder` writes each mail as a file; `smtp` sends it."""

    transport: Literal["folder", "smtp"] = "folder"
    sender: str = "support@example.org"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    starttls: bool = False
    username: str = ""
    password: str = ""


class Desk(Block):
    """Which help desk tickets are forwarded to, and who mails the requester."""

    connector: str = "builtin"
    mails: Literal["us", "desk"] = "us"
    settings: dict[str, str | int | bool] = Field(default_factory=dict)


class Web(Block):
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    allowed_origins: tuple[str, ...] = ()


Row = tuple[Priority, Priority, Priority]


class Support(Block):
    """The whole file."""

    portal: Portal = Portal()
    contact: Contact = Contact()
    calendar: Calendar = Calendar()
    products: dict[Key, Product]
    hubs: tuple[str, ...]
    priorities: dict[Severity, dict[Affected, Row]]
    desk: Desk = Desk()
    mail: Mail = Mail()
    web: Web = Web()

    @field_validator("products")
    @classmethod
    def _not_other(cls, products: dict[str, Product]) -> dict[str, Product]:
        if "other" in products:
            raise ValueError('"other" always exists and cannot be a product. Choose another key')
        return products

    @field_validator("priorities")
    @classmethod
    def _complete(cls, table: dict[Severity, dict[Affected, Row]]) -> dict[Severity, dict[Affected, Row]]:
        for severity in SEVERITY_OF.values():
            missing = {"one", "several", "everyone"} - set(table.get(severity, {}))
            if missing:
                raise ValueError(f"the row {severity} lacks {', '.join(sorted(missing))}. Add [today, this week, no date]")
        return table
