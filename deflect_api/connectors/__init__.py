"""The seams to other systems: what a help desk must be able to do, and how a connector is found.

A connector is a class under the entry-point group `deflect_api.connectors`; its settings are its constructor's parameters.
It alone knows the other system; it raises only the DeliveryErrors of `deflect_api.errors`.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Protocol

from deflect_api.config.support import Desk
from deflect_api.connectors.mailer import Mailer
from deflect_api.errors import ConfigError

GROUP = "deflect_api.connectors"
OURS = ("mailer", "mails", "transport", "clock")  # parameters that we fill in; no setting of support.yml may
_MARK = re.compile(r"^Reference ([0-9]{1,12}-[0-9]{1,12})\s*$", re.M)


@dataclass(frozen=True)
class File:
    """A file of a ticket. `read` opens it anew at each call and may raise a DeliveryError."""

    name: str
    media_type: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Request:
    """A ticket as a help desk receives it: plain words, nothing of our tables."""

    reference: str
    subject: str
    body: str
    product: str
    type: str
    severity: str
    priority: str
    requester_name: str
    requester_email: str
    link: str
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """Everything that may have a field of its own at the desk, by name."""
        ours = ("reference", "product", "type", "severity", "priority", "requester_name", "requester_email", "link")
        return {**self.fields, **{name: str(getattr(self, name)) for name in ours}}


@dataclass(frozen=True)
class Note:
    """Something said here, for the desk. `key` is the same at each try; `reopens` asks for an open ticket after it."""

    key: str
    author: str
    body: str
    public: bool = True
    reopens: bool = False
    files: tuple[File, ...] = ()

    @property
    def text(self) -> str:
        """The words for the desk; their last line is the mark by which the note is known again."""
        return f"{self.author} wrote:\n\n{self.body}\n\nReference {self.key}"


@dataclass(frozen=True)
class Said:
    """Something said at the desk. `id` is the desk's own."""

    id: str
    at: datetime
    author: str
    body: str
    public: bool
    from_requester: bool = False


@dataclass(frozen=True)
class Change:
    """What happened to a ticket at the desk: its status in our words ("" when it has none), and what was said there."""

    remote: str
    status: str
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Changes:
    """Changes since a cursor, and the cursor to ask with next. More are waiting when `more` is set."""

    cursor: str
    changed: tuple[Change, ...] = ()
    more: bool = False


class HelpDesk(Protocol):
    """One help desk. `create` is called once `find` knows no such ticket, and `comment` once `heard` knows no such note."""

    def find(self, reference: str) -> str | None:
        """Return the desk's own id of the ticket that carries our reference, or None."""

    def create(self, request: Request) -> str:
        """Create the ticket, read it back, and return the desk's own id."""

    def heard(self, remote: str, key: str) -> bool:
        """Tell whether the ticket has the note with this key already."""

    def comment(self, remote: str, note: Note) -> None:
        """Add a note to a ticket."""

    def changes(self, cursor: str) -> Changes:
        """Return what happened since `cursor`; "" asks for the cursor of now."""

    def check(self) -> str:
        """Try credentials, place and fields; say as whom we are known. Raises a DeliveryError that names the mend."""


@dataclass(frozen=True)
class Issue:
    """An issue of a tracker, as far as we need it."""

    id: str
    url: str
    state: str
    title: str
    labels: tuple[str, ...] = ()


class IssueTracker(Protocol):
    """One issue tracker. An opaque `marker` in the body ties an issue to what it is about."""

    def find(self, marker: str) -> Issue | None: ...
    def create(self, marker: str, title: str, body: str, labels: Sequence[str] = ()) -> Issue: ...
    def comment(self, issue: str, key: str, body: str) -> str: ...
    def get(self, issue: str) -> Issue: ...
    def search(self, words: str, most: int = 10) -> list[Issue]: ...
    def changed(self, since: datetime) -> Iterator[dict[str, Any]]: ...
    def comments(self, issue: str, since: datetime) -> Iterator[dict[str, Any]]: ...
    def check(self) -> str: ...
    def close(self) -> None: ...


class Chat(Protocol):
    """One chat. It has no look-up: a post whose answer was lost may appear twice, with the same `key` in its text."""

    def post(self, key: str, text: str, thread: str = "") -> str:
        """Post and return the id by which what follows is threaded."""

    def check(self) -> str: ...


def marks(text: str) -> set[str]:
    """Return the keys of our own notes that stand in `text`."""
    return set(_MARK.findall(text.replace("\r", "")))


def open_desk(desk: Desk, mailer: Mailer) -> HelpDesk:
    """Make the connector that support.yml names, with `mailer` and `mails` where it asks for them. Raises ConfigError."""
    made: HelpDesk = open_connector(desk.connector, dict(desk.settings), where="desk", mailer=mailer, mails=desk.mails)
    return made


def open_connector(name: str, settings: dict[str, Any], *, where: str, **ours: Any) -> Any:
    """Make a connector by its name. Raises ConfigError that names the setting to mend."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise ConfigError(f"{where}.connector is {name!r}, which is not installed. Choose one of {', '.join(sorted(found))}.")
    kind: Any = found[name].load()
    wanted = inspect.signature(kind).parameters
    given = {**settings, **{key: value for key, value in ours.items() if key in wanted}}
    try:
        if taken := set(settings) & set(OURS):
            raise TypeError(f"{sorted(taken)[0]!r} is not a setting")
        inspect.signature(kind).bind(**given)
    except TypeError as error:
        raise ConfigError(f"{where}.settings of {name}: {error}. Its page in docs/team/connectors.md lists them.") from None
    return kind(**given)
