"""What the API takes and gives, checked with pydantic here and nowhere below. Every refusal names its fields in plain words."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar, cast, get_args

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from deflect_api.config.support import Affected, NeededBy, Support, Type, Working
from deflect_api.errors import InputError
from deflect_api.i18n import said, saidn

OTHER = "other"
LONGEST_TEXT = 20_000
FileState = Literal["receiving", "kept", "held", "refused"]
Event = Literal["shown", "opened", "solved", "rejected", "abandoned"]
Model = TypeVar("Model", bound="Schema")
SESSION = r"^[A-Za-z0-9_-]{0,64}$"


def _clean(text: Any) -> Any:
    return text.replace("\x00", "").strip() if isinstance(text, str) else text  # PostgreSQL holds no NUL


def _one_line(text: Any) -> Any:
    return " ".join(text.replace("\x00", "").split()) if isinstance(text, str) else text


def _one_of(kind: Any) -> BeforeValidator:
    """Accept a word as people write it: any case, with spaces, hyphens or underscores."""
    known = {word.replace("-", " "): word for word in get_args(kind)}

    def forgive(given: Any) -> Any:
        return (
            known.get(" ".join(given.lower().replace("_", " ").replace("-", " ").split()), given)
            if isinstance(given, str)
            else given
        )

    return BeforeValidator(forgive)


def _address(text: str) -> str:
    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError(said("Write a mail address such as name@example.org.")) from None
    if "." not in checked.domain:
        raise ValueError(said("Write the whole mail address, such as name@example.org."))
    return checked.ascii_email or checked.normalized


def _addresses(given: Any) -> Any:
    if isinstance(given, str):
        return [part.strip() for part in given.replace(";", ",").split(",") if part.strip()]
    return given


Text = Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=LONGEST_TEXT)]
Line = Annotated[str, BeforeValidator(_one_line), StringConstraints(max_length=300)]
Said = Annotated[str, BeforeValidator(_clean), StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
SaidInALine = Annotated[str, BeforeValidator(_one_line), StringConstraints(min_length=1, max_length=300)]
Address = Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=254), AfterValidator(_address)]
Addresses = Annotated[list[Address], BeforeValidator(_addresses), Field(max_length=5)]
Facts = Annotated[
    dict[Annotated[str, StringConstraints(max_length=60)], Annotated[Text, Field(max_length=2000)]], Field(max_length=40)
]


class Schema(BaseModel):
    model_config = ConfigDict(frozen=True, str_max_length=None)


class RequestIn(Schema):
    """What a request holds, whoever writes it down."""

    email: Address
    name: Line = ""
    cc: Addresses = Field(default_factory=list)
    partner: Line = ""
    hub: Line = ""
    product: SaidInALine = Field(description='A product of support.yml, or "other".')
    type: Type = "question"
    subject: SaidInALine = Field(description="What is wrong, in a few words.")
    happened: Said = Field(description="What happened.")
    doing: Text = ""
    expected: Text = ""
    steps: Text = ""
    context: Facts = Field(default_factory=dict, description="The product's own fields, by name.")
    working: Working = "easy workaround"
    affected: Affected = "one"
    needed_by: NeededBy = "no date"
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=20)] = "en"


class TicketIn(RequestIn):
    """A support request. Required: email, product, subject, happened and the receipt of a search."""

    receipt: Annotated[str, Field(max_length=4000)] = Field(
        description='The receipt of the last search of this session, or "unavailable" when suggesting failed.'
    )
    type: Annotated[Type, _one_of(Type)] = "question"
    device: Facts = Field(default_factory=dict, description="Device facts, by name.")
    working: Annotated[Working, _one_of(Working)] = "easy workaround"
    affected: Annotated[Affected, _one_of(Affected)] = "one"
    needed_by: Annotated[NeededBy, _one_of(NeededBy)] = "no date"
    session: Annotated[str, Field(pattern=SESSION)] = ""
    opened: Annotated[str, Field(max_length=4000)] = Field(
        default="", description="When the form was opened: its own stamp, or the first receipt of this session."
    )
    website: Text = Field(default="", description="Not shown to people, so leave it empty.")


class FileIn(Schema):
    """A file that is to come, as its sender describes it."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
    name: Annotated[str, Field(max_length=1000)]
    size: Annotated[int, Field(ge=0, le=10**15)]


class FileOut(Schema):
    id: str
    name: str
    size: int
    received: int
    state: FileState
    reason: str


class TicketOut(Schema):
    reference: str
    status_url: str
    files: list[FileOut] = Field(default_factory=list, description="What became of the files that came with it.")


class SuggestIn(Schema):
    """The text so far, and where to look."""

    text: str = ""  # as typed: a space at its end says that the last word is whole
    product: Line = ""
    language: Annotated[str, Field(max_length=20)] = ""
    limit: int = 3
    session: Annotated[str, Field(pattern=SESSION)] = ""


class SuggestionOut(Schema):
    url: str
    article: str
    title: str
    heading: str
    breadcrumb: str
    snippet: str
    score: float
    known_issue: bool


class SuggestOut(Schema):
    suggestions: list[SuggestionOut]
    receipt: str
    index: str


class EventIn(Schema):
    """One thing that happened in a support session, told at a pause or a choice, never per keystroke."""

    session: Annotated[str, Field(pattern=SESSION, min_length=1)]
    event: Event
    article: Line = ""
    reason: Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=1000)] = ""
    text: Text = ""
    product: Line = ""


class FindIn(Schema):
    email: Address


class CommentIn(Schema):
    body: Said


class ErrorOut(Schema):
    error: str
    detail: str
    fields: dict[str, str] = Field(default_factory=dict)


def read(schema: type[Model], given: bytes | Mapping[str, Any]) -> Model:
    """Check JSON bytes or a mapping. Raises InputError that names every field that cannot be taken."""
    try:
        return schema.model_validate_json(given) if isinstance(given, bytes) else schema.model_validate(given)
    except ValidationError as error:
        found = {_field(e["loc"]): _told(e) for e in error.errors(include_url=False)}
        raise InputError(_summary(found), found) from None


def check_lists(ticket: TicketIn, support: Support) -> None:
    """Raise InputError when product or hub is not one of support.yml's."""
    found = {}
    if ticket.product not in (*support.products, OTHER):
        found["product"] = _choose((*support.products, OTHER))
    if ticket.hub and ticket.hub not in support.hubs:
        found["hub"] = _choose(support.hubs)
    if found:
        raise InputError(_summary(found), found)


def check_product(product: str, support: Support) -> None:
    """Raise InputError when a search names a product that does not exist."""
    if product not in ("", OTHER, *support.products):
        told = _choose((*support.products, OTHER))
        raise InputError(told, {"product": told})


def _choose(words: Iterable[str]) -> str:
    return said("Choose one of: %(words)s.", words=", ".join(words))


def _summary(found: Mapping[str, str]) -> str:
    return said("Some answers need a change: %(fields)s.", fields=", ".join(sorted(found)))


def _field(location: tuple[Any, ...]) -> str:
    return ".".join(str(step) for step in location if step != "[key]") or "body"


MISSING = {
    "email": said("Write your mail address; the reply goes there."),
    "product": said("Choose a product, or “Not sure”."),
    "subject": said("Say in a few words what is wrong."),
    "happened": said("Say what happened."),
    "receipt": said("Search before sending: the request needs the receipt of a search."),
    "body": said("Write something first."),
}


SHOULD_BE = {
    "string_type": said("This should be text."),
    "string_unicode": said("This is not UTF-8 text."),
    "int_parsing": said("This should be a whole number."),
    "int_type": said("This should be a whole number."),
    "int_from_float": said("This should be a whole number."),
    "list_type": said("This should be a list."),
    "dict_type": said("This should be an object with names."),
    "model_type": said("This should be an object with names."),
}


def _told(error: Any) -> str:
    kind, context, field = error["type"], error.get("ctx", {}), _field(error["loc"])
    if kind in ("missing", "string_too_short", "too_short") or (kind == "value_error" and not error["input"]):
        return MISSING.get(field, said("This is needed."))
    if kind in ("string_too_long", "too_long"):
        return _too_long(kind, context["max_length"])
    if kind == "literal_error":
        return said("Choose one of: %(words)s.", words=context["expected"].replace("'", ""))
    if kind == "value_error":
        return cast(str, context["error"].args[0])  # itself, not a copy: it may know its other languages
    if kind == "json_invalid":
        return said("This is not JSON in UTF-8. Send one JSON object.")
    if kind == "string_pattern_mismatch":
        return said("This should look like %(pattern)s.", pattern=context["pattern"])
    return SHOULD_BE.get(kind, said("This is not what can be taken here."))


def _too_long(kind: str, most: int) -> str:
    if kind == "string_too_long":
        return saidn(
            "This is too long. At most %(num)s character fits.", "This is too long. At most %(num)s characters fit.", most
        )
    return saidn("This is too long. At most %(num)s entry fits.", "This is too long. At most %(num)s entries fit.", most)
