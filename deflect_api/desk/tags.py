"""Managed lists of hubs, partners and categories, so that reports add up. What support.yml names is there from the start.

A rename or a merge keeps history: tickets keep their tag, the old word finds the new one, and each change is noted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from deflect_api.config.support import Support
from deflect_api.errors import InputError
from deflect_api.intake import tickets
from deflect_api.store.desk import CATEGORY, HUB, KINDS, Tag, TagChange, TicketTag
from deflect_api.store.full_text import fold
from deflect_api.store.models import Agent, JournalEntry, Ticket

LONGEST = 120
ADDED, RENAMED, MERGED = "added", "renamed", "merged"


@dataclass(frozen=True)
class Offered:
    """A word that may be chosen. `words` are those of a request that suggest it; `id` is None until it was first used."""

    kind: str
    name: str
    words: tuple[str, ...] = ()
    id: int | None = None


def offered(session: Session, support: Support) -> dict[str, list[Offered]]:
    """List what may be chosen, by kind: the desk's own tags, and what support.yml names and nobody has changed since."""
    rows = session.scalars(select(Tag)).all()
    known = {(tag.kind, name) for tag in rows for name in (tag.name, tag.origin)}
    found = [Offered(tag.kind, tag.name, tuple(fold(tag.words)), tag.id) for tag in rows if tag.into_id is None]
    found += [one for one in _configured(support) if (one.kind, one.name) not in known]
    return {kind: sorted((one for one in found if one.kind == kind), key=lambda one: one.name.lower()) for kind in KINDS}


def on_ticket(session: Session, ticket: Ticket) -> dict[str, list[str]]:
    """List the names of a ticket's tags, by kind."""
    rows = session.execute(_tags_of([ticket.id])).all()
    return {kind: [tag.name for _, tag in rows if tag.kind == kind] for kind in KINDS}


def on_tickets(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """List the names of the tags of several tickets."""
    found: dict[int, list[str]] = {}
    for ticket_id, tag in session.execute(_tags_of(ids)):
        found.setdefault(ticket_id, []).append(tag.name)
    return found


def put(
    session: Session, ticket: Ticket, chosen: Mapping[str, Iterable[str]], agent: Agent, *, support: Support, now: datetime
) -> None:
    """Set the tags of each kind that is named. What is on no list is refused. Raises InputError."""
    before = on_ticket(session, ticket)
    for kind, names in chosen.items():
        wanted = [get(session, support, kind, name, now) for name in names if name.strip()]
        after = sorted({tag.name for tag in wanted})
        if after == sorted(before[kind]):
            continue
        ids = select(Tag.id).where(Tag.kind == kind)
        session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id.in_(ids)))
        session.add_all(TicketTag(ticket_id=ticket.id, tag_id=tag_id) for tag_id in {tag.id for tag in wanted})
        change = JournalEntry(
            at=now, actor=agent.email, change=f"tag {kind}", before=", ".join(before[kind]), after=", ".join(after)
        )
        tickets.note(session, ticket, change)


def add(session: Session, kind: str, name: str, *, by: str, now: datetime, words: str = "", support: Support) -> Tag:
    """Put a word on a list. Raises InputError when it is there already."""
    line = _line(name)
    if kind not in KINDS or _known(session, kind, line) or any(one.name == line for one in offered(session, support)[kind]):
        raise InputError(f"{line} is on the list already.", {"name": "on the list already"})
    return _made(session, Tag(kind=kind, name=line, origin=line, words=" ".join(words.split()), created_at=now), by)


def rename(session: Session, tag: Tag, name: str, *, by: str, now: datetime, words: str | None = None) -> None:
    """Call a tag otherwise, on every ticket at once. Raises InputError when another has that name: merge them instead."""
    line = _line(name)
    other = _known(session, tag.kind, line)
    if other is not None and other.id != tag.id:
        raise InputError(f"{line} is on the list already. Merge the two.", {"name": "on the list already"})
    if words is not None:
        tag.words = " ".join(words.split())
    if line != tag.name:
        session.add(TagChange(tag_id=tag.id, at=now, actor=by, change=RENAMED, before=tag.name, after=line))
        tag.name = line


def merge(session: Session, tag: Tag, into: Tag, *, by: str, now: datetime) -> None:
    """Let `into` stand for `tag`, on every ticket. Raises InputError."""
    if tag.id == into.id or tag.kind != into.kind or into.into_id is not None:
        raise InputError("Choose another tag of the same list.", {"into": "another tag of the same list"})
    both = select(TicketTag.ticket_id).where(TicketTag.tag_id == into.id)
    mine = select(TicketTag).where(TicketTag.tag_id == tag.id)
    for one in session.scalars(mine.where(TicketTag.ticket_id.not_in(both))).all():
        session.add(TicketTag(ticket_id=one.ticket_id, tag_id=into.id))
    session.execute(delete(TicketTag).where(TicketTag.tag_id == tag.id))
    for earlier in session.scalars(select(Tag).where(Tag.into_id == tag.id)).all():
        earlier.into_id = into.id
    tag.into_id = into.id
    session.add(TagChange(tag_id=tag.id, at=now, actor=by, change=MERGED, before=tag.name, after=into.name))


def get(session: Session, support: Support, kind: str, name: str, now: datetime) -> Tag:
    """Return the tag of this name, or of this old name; one of support.yml becomes a row. Raises InputError."""
    line = _line(name)
    tag = _known(session, kind, line)
    if tag is not None:
        return tag
    if any((one.kind, one.name) == (kind, line) for one in _configured(support)):
        words = " ".join(support.categories.get(line, ())) if kind == CATEGORY else ""
        return _made(session, Tag(kind=kind, name=line, origin=line, words=words, created_at=now), "support.yml")
    raise InputError(f"{line} is not on the list of {kind} tags. Add it there first.", {kind: "not on the list"})


def changes(session: Session) -> Sequence[TagChange]:
    """List what became of the tags, the newest first."""
    return session.scalars(select(TagChange).order_by(TagChange.id.desc()).limit(100)).all()


def _made(session: Session, tag: Tag, by: str) -> Tag:
    session.add(tag)
    session.flush()
    session.add(TagChange(tag_id=tag.id, at=tag.created_at, actor=by, change=ADDED, after=tag.name))
    return tag


def _known(session: Session, kind: str, name: str) -> Tag | None:
    """Find a tag by its name, then by the name it began with; a merged one leads to the one that stands for it."""
    for column in (Tag.name, Tag.origin):
        tag = session.scalar(select(Tag).where(Tag.kind == kind, column == name))
        if tag is not None:
            return tag if tag.into_id is None else session.get_one(Tag, tag.into_id)
    return None


def _configured(support: Support) -> list[Offered]:
    categories = [Offered(CATEGORY, name, tuple(fold(" ".join(words)))) for name, words in support.categories.items()]
    return [*(Offered(HUB, name) for name in support.hubs), *categories]


def _tags_of(ids: Sequence[int]) -> Select[int, Tag]:
    joined = select(TicketTag.ticket_id, Tag).join(Tag, Tag.id == TicketTag.tag_id)
    return joined.where(TicketTag.ticket_id.in_(ids)).order_by(Tag.kind, Tag.name)


def _line(name: str) -> str:
    line = " ".join(name.replace("\x00", "").split())
    if not line or len(line) > LONGEST:
        raise InputError(f"Write a name of at most {LONGEST} characters.", {"name": "a short name"})
    return line
