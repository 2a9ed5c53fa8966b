"""The outbox: put what is owed in the transaction that owes it; claim it under a lease; settle it. The caller commits."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from deflect_api.store.models import Attempt, Message

QUEUED, CLAIMED, UNKNOWN, DELIVERED, WAITING = "queued", "claimed", "unknown", "delivered", "waiting for a human"
OPEN = (QUEUED, CLAIMED, UNKNOWN)
LEASE = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
MOST_ATTEMPTS = 40


def put(session: Session, message: Message) -> Message:
    """Owe `message`. Messages of one stream are delivered in the order they were put."""
    session.add(message)
    return message


def owe(kind: str, stream: str, now: datetime, **rest: Any) -> Message:
    """Make a message that is due at once (or at `not_before`)."""
    return Message(kind=kind, stream=stream, created_at=now, not_before=rest.pop("not_before", now), **rest)


def claim(session: Session, now: datetime, *, worker: str, most: int = 10) -> Sequence[Message]:
    """Lease up to `most` due messages to `worker`, at most one per stream and never ahead of an older one of its stream.

    A lease that ran out counts as due: its worker died. Attempts are counted here, so that a message that kills
    its worker is seen by its count.
    """
    earlier = aliased(Message)
    blocked = exists().where(earlier.stream == Message.stream, earlier.id < Message.id, earlier.state.in_(OPEN))
    due = (Message.state.in_((QUEUED, UNKNOWN)) & (Message.not_before <= now)) | (
        (Message.state == CLAIMED) & (Message.leased_until <= now)
    )
    chosen = select(Message.id).where(due, ~blocked).order_by(Message.id).limit(most).with_for_update(skip_locked=True)
    picked = chosen.cte("picked")
    leased = (
        update(Message)
        .where(Message.id.in_(select(picked.c.id)))
        .values(state=CLAIMED, leased_by=worker, leased_until=now + LEASE, attempts=Message.attempts + 1)
        .returning(Message)
    )
    left = set(session.scalars(select(Message.id).where((Message.state == CLAIMED) & (Message.leased_until <= now))))
    taken = sorted(session.scalars(leased, execution_options={"synchronize_session": False}), key=lambda message: message.id)
    for message in taken:
        if message.id in left:
            _record(session, message, now, ("lost", "the worker stopped before it could say how this ended"))
    return taken


def free(session: Session, now: datetime, *, is_gone: Callable[[str], bool]) -> int:
    """End the leases of workers that are known to be gone, so that nobody waits for them; return how many."""
    held = session.scalars(select(Message).where(Message.state == CLAIMED).with_for_update(skip_locked=True)).all()
    left = [message for message in held if is_gone(message.leased_by)]
    for message in left:
        message.leased_until = now
    return len(left)


def still_ours(session: Session, message: Message, worker: str) -> Message | None:
    """Return the row if `worker` still holds its lease; another may have taken it over since."""
    row = session.get(Message, message.id, with_for_update=True)
    held = row is not None and row.state == CLAIMED and row.leased_by == worker and row.attempts == message.attempts
    return row if held else None


def settle(session: Session, row: Message, now: datetime, *, detail: str = "") -> None:
    """Record that what was owed is done."""
    row.state, row.settled_at, row.leased_until = DELIVERED, now, None
    _record(session, row, now, ("delivered", detail))


def postpone(session: Session, row: Message, now: datetime, *, detail: str, pause: timedelta, unknown: bool = False) -> None:
    """Put it back to be tried again, or, after too many tries, keep it for a human."""
    spent = now - row.created_at >= GIVE_UP_AFTER and row.attempts >= 3
    if spent or row.attempts >= MOST_ATTEMPTS:
        park(session, row, now, detail=f"tried {row.attempts} times; last: {detail}")
        return
    row.state, row.not_before, row.leased_until = UNKNOWN if unknown else QUEUED, now + pause, None
    _record(session, row, now, ("unknown" if unknown else "temporary", detail))


def park(session: Session, row: Message, now: datetime, *, detail: str) -> None:
    """Keep it, visibly, until a human decides."""
    row.state, row.leased_until = WAITING, None
    _record(session, row, now, ("waiting", detail))


def replay(session: Session, row: Message, now: datetime) -> None:
    """A human asks for another try, now."""
    row.state, row.not_before, row.attempts, row.created_at = QUEUED, now, 0, now
    _record(session, row, now, ("replayed", ""))


def pause_before(attempts: int, retry_after: float | None, chance: random.Random) -> timedelta:
    """Double the pause with each attempt, spread by up to half of it; never shorter than the other side's Retry-After."""
    full = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    spread: timedelta = full * (0.5 + chance.random() / 2)
    asked = retry_after if retry_after and retry_after > 0 else 0.0  # "not a number" is not above 0 either
    return max(spread, timedelta(seconds=min(asked, 86_400)))


def _record(session: Session, row: Message, now: datetime, ended: tuple[str, str]) -> None:
    outcome, detail = ended
    kept = (
        detail[:500].encode("utf-8", "replace").decode().replace("\x00", "")
    )  # what the other side said, as a database takes it
    session.add(Attempt(message_id=row.id, at=now, outcome=outcome, detail=kept))
