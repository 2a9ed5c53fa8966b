"""The outbox: put what is owed in the transaction that owes it; claim it under a lease; settle it. The caller commits.

Times say when something is tried, never whether: counts decide what a human gets, so that a clock that jumps parks nothing.
"""

import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from deflect_api.delivery.redact import redacted
from deflect_api.store.models import Attempt, Message

QUEUED, CLAIMED, UNKNOWN, DELIVERED, WAITING = "queued", "claimed", "unknown", "delivered", "waiting for a human"
OPEN = (QUEUED, CLAIMED, UNKNOWN)
ALERT, FORWARD_KIND = "alert", "forward"
ALERT_AFTER = timedelta(seconds=20)
LEASE = timedelta(seconds=110)  # more than twice what the calls for one message may take; taken up within 2 minutes
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
LONGEST_WAIT = timedelta(days=1)
MOST_ATTEMPTS = 36  # even the shortest pauses between so many make more than three days
MOST_LOST = 5  # so many workers died with it: it is the message that kills them


def put(session: Session, message: Message) -> Message:
    """Owe `message`. Messages of one stream are delivered in the order they were put."""
    session.add(message)
    return message


def owe(kind: str, stream: str, now: datetime, **rest: Any) -> Message:
    """Make a message that is due at once (or at `not_before`)."""
    return Message(kind=kind, stream=stream, created_at=now, not_before=rest.pop("not_before", now), **rest)


def owe_alert(session: Session, now: datetime, *, cause: str) -> None:
    """Owe the team a word about `cause`: one mail for all that happens before it leaves."""
    open_one = select(Message).where(Message.kind == ALERT, Message.state == QUEUED, Message.attempts == 0).limit(1)
    known = session.scalars(open_one.with_for_update(skip_locked=True)).first()
    if known is None:
        put(session, owe(ALERT, ALERT, now, not_before=now + ALERT_AFTER, payload={"causes": [cause]}))
    elif cause not in known.payload["causes"]:
        known.payload = {"causes": [*known.payload["causes"], cause][-20:]}


def claim(
    session: Session,
    now: datetime,
    *,
    worker: str,
    most: int = 10,
    kinds: Collection[str] | None = None,
    besides: Collection[str] = (),
    take_over: bool = True,
) -> Sequence[Message]:
    """Lease up to `most` due messages to `worker`, at most one per stream and never ahead of an older one of its stream.

    Only of `kinds` when they are given, and none of `besides`. A lease that ran out counts as due, unless `take_over` is off:
    its worker died.
    Attempts are counted here, so that a message that kills its worker is seen by its count.
    """
    earlier = aliased(Message)
    blocked = exists().where(earlier.stream == Message.stream, earlier.id < Message.id, earlier.state.in_(OPEN))
    wanted = Message.state.in_(OPEN) & _due(now, take_over=take_over) & ~Message.kind.in_(besides)
    if kinds is not None:
        wanted &= Message.kind.in_(kinds)
    chosen = select(Message.id).where(wanted, ~blocked).order_by(Message.id).limit(most).with_for_update(skip_locked=True)
    picked = chosen.cte("picked")
    leased = (
        update(Message)
        .where(Message.id.in_(select(picked.c.id)))
        .values(state=CLAIMED, leased_by=worker, leased_until=now + LEASE, attempts=Message.attempts + 1)
        .returning(Message)
    )
    left = set(session.scalars(select(Message.id).where(_left(now))))
    taken = sorted(session.scalars(leased, execution_options={"synchronize_session": False}), key=lambda message: message.id)
    for message in taken:
        if message.id in left:
            _record(session, message, now, ("lost", "the worker stopped before it could say how this ended"))
    return taken


def _left(now: datetime) -> ColumnElement[bool]:
    return and_(Message.state == CLAIMED, Message.leased_until <= now)


def _due(now: datetime, *, take_over: bool) -> ColumnElement[bool]:
    # Pauses are a day at most: one that looks longer was set before the clock was put back. So was a message of the future.
    at_once = or_(Message.not_before <= Message.created_at, Message.kind == ALERT)
    set_back = or_(
        and_(Message.attempts > 0, Message.not_before > now + LONGEST_WAIT),
        and_(Message.attempts == 0, Message.created_at > now, at_once),
    )
    ready = Message.state.in_((QUEUED, UNKNOWN)) & or_(Message.not_before <= now, set_back)
    return or_(ready, _left(now)) if take_over else ready


def shorten(session: Session, now: datetime) -> None:
    """After the clock was put back: let no lease last longer from now than a lease does."""
    endless = and_(Message.state == CLAIMED, Message.leased_until > now + LEASE)
    session.execute(
        update(Message).where(endless).values(leased_until=now + LEASE), execution_options={"synchronize_session": False}
    )


def replan(session: Session, now: datetime) -> None:
    """After the clock was put back: what was planned ahead keeps its span, from now on."""
    ahead = and_(Message.created_at > now, Message.not_before > Message.created_at, Message.not_before > now)
    untried = select(Message).where(Message.state == QUEUED, Message.attempts == 0, Message.kind != ALERT, ahead)
    for row in session.scalars(untried.with_for_update(skip_locked=True)):
        row.not_before, row.created_at = now + (row.not_before - row.created_at), now


def free(session: Session, now: datetime, *, is_gone: Callable[[str], bool]) -> int:
    """End the leases of workers that are known to be gone, so that nobody waits for them; return how many."""
    held = session.scalars(select(Message).where(Message.state == CLAIMED).with_for_update(skip_locked=True)).all()
    left = [message for message in held if is_gone(message.leased_by)]
    for message in left:
        message.leased_until = now
    return len(left)


def times_lost(session: Session, message: Message) -> int:
    """Count the workers that died with this message since a human last looked at it."""
    since = select(func.max(Attempt.id)).where(Attempt.message_id == message.id, Attempt.outcome == "replayed").scalar_subquery()
    lost = select(func.count()).where(
        Attempt.message_id == message.id, Attempt.outcome == "lost", Attempt.id > func.coalesce(since, 0)
    )
    return session.scalar(lost) or 0


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
    if row.attempts >= MOST_ATTEMPTS:
        park(session, row, now, detail=f"tried {row.attempts} times; last: {detail}")
        return
    row.state, row.not_before, row.leased_until = UNKNOWN if unknown else QUEUED, now + pause, None
    _record(session, row, now, ("unknown" if unknown else "temporary", detail))


def park(session: Session, row: Message, now: datetime, *, detail: str) -> None:
    """Keep it, visibly, until a human decides; tell the team, and the requester whose request does not reach the desk."""
    row.state, row.leased_until = WAITING, None
    _record(session, row, now, ("waiting", detail))
    if row.kind != ALERT:
        owe_alert(session, now, cause=f"message {row.id} ({row.kind}) waits for a human")
    if row.kind == FORWARD_KIND and row.ticket_id is not None:
        told = {"template": "delayed"}
        mail = owe("mail", f"mail:{row.ticket_id}", now, ticket_id=row.ticket_id, payload=told)
        before = select(Message.payload).where(Message.ticket_id == row.ticket_id, Message.kind == "mail")
        if told not in session.scalars(before).all():
            put(session, mail)


def pause_before(attempts: int, retry_after: float | None, chance: random.Random) -> timedelta:
    """Double the pause with each attempt, spread by up to half of it; never shorter than the other side's Retry-After."""
    full = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    spread: timedelta = full * (0.5 + chance.random() / 2)
    asked = retry_after if retry_after and retry_after > 0 else 0.0  # "not a number" is not above 0 either
    return max(spread, timedelta(seconds=min(asked, LONGEST_WAIT.total_seconds())))


def record(session: Session, row: Message, now: datetime, outcome: str, detail: str = "") -> None:
    """Put on record what a human did with a message."""
    _record(session, row, now, (outcome, detail))


def _record(session: Session, row: Message, now: datetime, ended: tuple[str, str]) -> None:
    outcome, detail = ended
    kept = redacted(detail)[:500].encode("utf-8", "replace").decode().replace("\x00", "")  # as a database takes it
    session.add(Attempt(message_id=row.id, at=now, outcome=outcome, detail=kept))
