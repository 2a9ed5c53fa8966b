"""What support.yml may hold. Each model is one block of the file; what is not named here is refused."""

import re
from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from deflect_api.config.limits import Limits
from deflect_api.config.second_line import Escalate, Inbound, Urgent

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")  # as HTML has it


def _bare_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("write the bare address, such as support@example.org")
    return text


def _both_ways(pattern: str) -> str:
    """Raise ValueError unless Python and every browser read the pattern alike."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this pattern cannot be read: {error}") from None
    if re.search(r"\(\?(?![:=!])|\\[AZzGpPuUN]", pattern):
        raise ValueError("browsers read this pattern otherwise. Use no named groups, no look back, no flags, no \\A, \\Z or \\p")
    return pattern


Type = Literal["bug", "question", "feature request"]
Working = Literal["stopped", "inconvenient workaround", "easy workaround", "only looks wrong"]
Affected = Literal["one", "several", "everyone"]
NeededBy = Literal["today", "this week", "no date"]
Severity = Literal["critical", "significant", "minor", "low"]
Priority = Literal["urgent", "high", "normal", "low"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Wanted = Literal["bug", "question", "feature request", "app"]  # kinds of request, and "app": it happens in an app
Pattern = Annotated[str, AfterValidator(_both_ways)]
Mailbox = Annotated[str, AfterValidator(_bare_address)]
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
    email: Mailbox = "support@example.org"
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

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _hours_and_minutes(cls, given: Any) -> Any:
        if isinstance(given, time) or (isinstance(given, str) and re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", given)):
            return given.zfill(5) if isinstance(given, str) else given
        raise ValueError("write hours and minutes, such as 09:00")

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.opens >= self.closes or not self.days:
            raise ValueError("`opens` must be before `closes`, and at least one day must be worked")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class ProductField(Block):
    """A question about one product. What does not fit `pattern` is taken all the same, with a word beside the field."""

    name: Key
    label: str
    hint: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    pattern: Pattern = ""
    extract: Pattern = ""
    warn: str = ""

    @field_validator("extract")
    @classmethod
    def _keeps_something(cls, pattern: str) -> str:
        if pattern and not re.compile(pattern).groups:
            raise ValueError("put ( ) around the part to keep")
        return pattern


class Product(Block):
    name: str
    fields: tuple[ProductField, ...] = ()


class Mail(Block):
    """`folder` writes each mail as a file; `smtp` sends it."""

    transport: Literal["folder", "smtp"] = "folder"
    sender: Mailbox = "support@example.org"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    starttls: bool = False
    username: str = ""
    password: str = ""


Setting = str | int | bool | dict[str, str | int]


class Desk(Block):
    """Which help desk tickets are forwarded to, and who mails the requester."""

    connector: str = "builtin"
    mails: Literal["us", "desk"] = "us"
    alerts: Mailbox | None = None
    settings: dict[str, Setting] = Field(default_factory=dict)


Share = Annotated[float, Field(ge=0, le=1)]


class Quality(Block):
    """What share of the articles' own questions must find their article: first, and among the first three."""

    success1: Share = 0.85
    success3: Share = 0.97


class Files(Block):
    """What may be attached to a request, and the scanner that looks at it first."""

    most: Annotated[int, Field(ge=0, le=20)] = 5
    megabytes: Annotated[int, Field(ge=1, le=100)] = 10
    scanner: str = ""

    @field_validator("scanner")
    @classmethod
    def _reachable(cls, address: str) -> str:
        found = re.fullmatch(r"unix:/.+|tcp://[A-Za-z0-9._-]+:([0-9]{1,5})", address)
        if address and (not found or (found[1] and not 0 < int(found[1]) < 65536)):
            raise ValueError("write tcp://host:port or unix:/path of clamd, or leave it empty for no scanner")
        return address

    @property
    def bytes_each(self) -> int:
        return self.megabytes * 1024 * 1024

    @property
    def bytes_together(self) -> int:
        return self.most * self.bytes_each


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
    files: Files = Files()
    web: Web = Web()
    quality: Quality = Quality()
    limits: Limits = Limits()
    escalate: Escalate = Escalate()
    urgent: Urgent = Urgent()
    inbound: Inbound = Inbound()

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
