"""What the desk's forms and its API take, checked here and nowhere below."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from deflect_api.config.support import Affected, NeededBy, Priority, Severity, Type
from deflect_api.intake import tickets
from deflect_api.web.schemas import Line, RequestIn, Said, SaidInALine, Schema, Text

Status = Literal["", "new", "open", "pending", "escalated", "solved", "closed"]
Set = Literal["new", "open", "pending", "escalated", "solved", "closed"]
assert {"", *tickets.STATUSES} == set(Status.__args__)  # type: ignore[attr-defined]


def _list(given: Any) -> Any:
    return given if isinstance(given, list) else [given] if given else []


def _number(given: Any) -> Any:
    return given if given not in ("", None) else None


def _ticked(given: Any) -> Any:
    return given not in ("", "off", "0", False, None)


Names = Annotated[list[Line], BeforeValidator(_list), Field(max_length=20)]
Ticked = Annotated[bool, BeforeValidator(_ticked)]


class Seen(Schema):
    """`version` is that of the ticket as the sender saw it; a change made since then is refused. Without it, nothing is."""

    version: Annotated[int | None, BeforeValidator(_number)] = None


class ReplyIn(Seen):
    body: Said
    kind: Literal["reply", "note"] = "reply"
    status: Status = ""


class StatusIn(Seen):
    status: Set


class EvaluateIn(Seen):
    product: SaidInALine
    type: Type
    severity: Severity
    affected: Affected
    needed_by: NeededBy
    priority: Priority | Literal[""] = ""
    reason: Line = ""


class TagsIn(Seen):
    hub: Names = Field(default_factory=list)
    partner: Names = Field(default_factory=list)
    category: Names = Field(default_factory=list)
    new_partner: Line = Field(default="", description="A partner to put on the list first, and on this ticket.")


class EscalateIn(Seen):
    why: Text = ""


class DuplicateIn(Seen):
    original: SaidInALine


class IssueIn(Seen):
    article: SaidInALine


class IssueMarkIn(IssueIn):
    issue: SaidInALine = Field(description="An issue that the request hangs on, such as akvo/akvo-flow#2187.")


class IssueUnmarkIn(Seen):
    issue: SaidInALine


class GapIn(Seen):
    text: Said


class TellIn(Schema):
    article: SaidInALine
    text: Said


class TagIn(Schema):
    kind: Literal["hub", "partner", "category"]
    name: SaidInALine
    words: Line = ""


class RenameIn(TagIn):
    """`to` is the new name of the tag `name`; `words`, when they are sent, are the ones that suggest it."""

    to: SaidInALine


class MergeIn(Schema):
    kind: Literal["hub", "partner", "category"]
    name: SaidInALine
    into: SaidInALine


class NoticesIn(Schema):
    mail: Literal["off", "each", "digest"] = "off"
    events: Annotated[list[Literal["new", "replied", "overdue"]], BeforeValidator(_list)] = Field(default_factory=list)
    browser: Ticked = False


class FindIn(Schema):
    """Words to find tickets by, and filters as the queue has them."""

    words: Line
    product: Line = ""
    type: Line = ""
    severity: Line = ""
    priority: Line = ""
    hub: Line = ""
    partner: Line = ""
    category: Line = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1


class ClientIn(RequestIn):
    """A request that a member of staff files in a client's name. `searched` says that suggestions were looked at."""

    searched: Ticked = False
