"""What support.yml may hold. Each model is one block of the file; what is not named here is refused."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, field_validator, model_validator

from deflect_api import i18n
from deflect_api.config.limits import Limits
from deflect_api.config.popularity import Popularity
from deflect_api.config.second_line import Escalate, Inbound, Urgent
from deflect_api.config.staff import Retention, Staff

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


def _in_languages(given: Any) -> str:
    """Take a text, or what it is in each language."""
    if isinstance(given, str):
        return given
    if not isinstance(given, Mapping) or not all(isinstance(text, str) and text.strip() for text in given.values()):
        raise ValueError("write a text, or one for each language, such as {en: Project, fr: Projet}")
    unknown = set(given) - set(i18n.languages())
    if unknown:
        raise ValueError(f"there is no language {', '.join(sorted(map(str, unknown)))}. Use {', '.join(i18n.languages())}")
    if i18n.SOURCE_LANGUAGE not in given:
        raise ValueError(f"the text in {i18n.SOURCE_LANGUAGE} is missing. It stands for the languages that are not given")
    return i18n.words(given)


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
Text = Annotated[str, PlainValidator(_in_languages)]
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
    edit: str = ""
    floor: float | None = None
    popularity: Popularity = Popularity()

    @field_validator("edit")
    @classmethod
    def _names_the_page(cls, address: str) -> str:
        if address and not re.fullmatch(r"https?://[^{}\s]+\{path\}[^{}\s]*", address):
            raise ValueError("write an address with {path} in it, such as https://code.example.org/edit/main/docs/{path}")
        return address


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
    label: Text
    hint: Text = ""
    example: Text = ""
    choices: tuple[Text, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    pattern: Pattern = ""
    extract: Pattern = ""
    warn: Text = ""

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
    ca_file: str = ""


Setting = str | int | bool | dict[str, str | int]


class Desk(Block):
    """Which help desk tickets are forwarded to, who mails the requester, and how the built-in desk works."""

    connector: str = "builtin"
    mails: Literal["us", "desk"] = "us"
    alerts: Mailbox | None = None
    replies: str = "replies"
    no_reopens: bool = True
    settings: dict[str, Setting] = Field(default_factory=dict)


Share = Annotated[float, Field(ge=0, le=1)]


class Lint(Block):
    """Which rules `deflect lint` goes by. `house`: our front matter, labels and menu too, and style is no mere reminder."""

    house: bool = False
    grade: Annotated[float, Field(gt=0, le=20)] = 8.0
    skip: tuple[Literal["spelling", "prose", "grade"], ...] = ()


class Quality(Block):
    """What share of all questions must find their article: first, and among the first three; `golden` lists real requests."""

    success1: Share = 0.85
    success3: Share = 0.97
    golden: str = ""


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
    hubs: tuple[Text, ...] = ()
    categories: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    priorities: dict[Severity, dict[Affected, Row]]
    desk: Desk = Desk()
    mail: Mail = Mail()
    files: Files = Files()
    web: Web = Web()
    lint: Lint = Lint()
    quality: Quality = Quality()
    limits: Limits = Limits()
    staff: Staff = Staff()
    retention: Retention = Retention()
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
