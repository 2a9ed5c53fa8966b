"""What people do with the outbox: look, try again, keep, drop. Each is on record with who did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.errors import InputError, NotFound
from deflect_api.store.models import Attempt, Message

DROPPED = "dropped"
MOST_ROWS = 200


class Act(Protocol):
    """One of the verbs below, for a message of any state."""

    def __call__(self, session: Session, row: Message, now: datetime, *, by: str = "") -> None: ...


@dataclass(frozen=True)
class Range:
    """Which messages: of some kind, with numbers from `first` to `last`."""

    kind: str = ""
    first: int = 0
    last: int = 0


def counts(session: Session) -> dict[str, dict[str, int]]:
    """Count messages by kind and state."""
    found: dict[str, dict[str, int]] = {}
    for kind, state, number in session.execute(
        select(Message.kind, Message.state, func.count()).group_by(Message.kind, Message.state)
    ):
        found.setdefault(kind, {})[state] = number
    return found


def rows(session: Session, states: Sequence[str], chosen: Range | None = None) -> Sequence[Message]:
    """List the messages in these states, the oldest first."""
    wanted = select(Message).where(_in(states, chosen)).order_by(Message.id).limit(MOST_ROWS)
    return session.scalars(wanted).all()


def number_of(session: Session, states: Sequence[str], chosen: Range | None = None) -> int:
    """Count the messages in these states; `rows` lists the first of them alone."""
    return session.scalar(select(func.count()).where(_in(states, chosen))) or 0


def _in(states: Sequence[str], chosen: Range | None) -> ColumnElement[bool]:
    wanted: ColumnElement[bool] = Message.state.in_(states)
    if chosen and chosen.kind:
        wanted &= Message.kind == chosen.kind
    if chosen and chosen.last:
        wanted &= Message.id.between(chosen.first, chosen.last)
    return wanted


def attempts(session: Session, number: int) -> Sequence[Attempt]:
    """List what became of each try, the first one first."""
    return session.scalars(select(Attempt).where(Attempt.message_id == number).order_by(Attempt.id)).all()


def get(session: Session, number: int) -> Message:
    """Find a message by its number. Raises NotFound."""
    row = session.get(Message, number, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no message {number}.")
    return row


def replay(session: Session, row: Message, now: datetime, *, by: str = "") -> None:
    """Have it tried again, now and with all its tries. Raises InputError for one that is carried out or done."""
    if row.state not in (outbox.WAITING, outbox.QUEUED, outbox.UNKNOWN, DROPPED):
        raise InputError(f"Message {row.id} is {row.state}, so it is not tried again.", {"message": row.state})
    # What was sent without an answer is looked up first, whoever asks; so unknown stays unknown.
    row.state = outbox.UNKNOWN if row.state == outbox.UNKNOWN else outbox.QUEUED
    row.not_before, row.attempts, row.created_at, row.settled_at = now, 0, now, None
    outbox.record(session, row, now, "replayed", by)


def replay_range(session: Session, chosen: Range, now: datetime, *, by: str = "") -> int:
    """Have all of a range tried again that wait for a human; return how many."""
    wanted = select(Message).where(_in((outbox.WAITING,), chosen)).order_by(Message.id).with_for_update(skip_locked=True)
    found = session.scalars(wanted).all()
    for row in found:
        replay(session, row, now, by=by)
    return len(found)


def park(session: Session, row: Message, now: datetime, *, by: str = "") -> None:
    """Keep it from being tried until a human says so. Raises InputError for one that is carried out or done."""
    if row.state not in (outbox.QUEUED, outbox.UNKNOWN):
        raise InputError(f"Message {row.id} is {row.state}, so it cannot be kept back.", {"message": row.state})
    row.state = outbox.WAITING
    outbox.record(session, row, now, "waiting", f"kept back by {by}" if by else "kept back")


def drop(session: Session, row: Message, now: datetime, *, by: str = "") -> None:
    """Owe it no more. It stays on record and can be replayed. Raises InputError for one that is carried out or done."""
    if row.state not in (outbox.WAITING, outbox.QUEUED, outbox.UNKNOWN):
        raise InputError(f"Message {row.id} is {row.state}, so it cannot be dropped.", {"message": row.state})
    row.state, row.settled_at = DROPPED, now
    outbox.record(session, row, now, DROPPED, by)
