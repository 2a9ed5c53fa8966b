"""Which connected systems answer. One that does not is probed once a minute and holds nobody else's messages.

A failure that is clearly the other system's own counts at once; any other only when several messages fail one after another.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.delivery.forward import KINDS as DESK_KINDS
from deflect_api.errors import DeliveryError
from deflect_api.store.channels import Channel
from deflect_api.store.models import Message

log = logging.getLogger("deflect.relay")
DESK, MAIL = "desk", "mail"
CHANNELS: Mapping[str, tuple[str, ...]] = {DESK: DESK_KINDS, MAIL: ("mail", "your_requests", outbox.ALERT)}
PROBE_EVERY = timedelta(minutes=1)
CLEAR, UNCLEAR = 2, 5  # so many failures in a row: of those that are the system's own, and of others


def of(kind: str) -> str:
    """Return the channel that a kind of message goes through, or "" for our own work."""
    return next((name for name, kinds in CHANNELS.items() if kind in kinds), "")


def held(session: Session, now: datetime) -> tuple[str, ...]:
    """List the kinds of message that nothing is sent of now."""
    closed = [row.name for row in session.scalars(select(Channel)) if row.down_since or _rests(row, now)]
    return tuple(kind for name in closed for kind in CHANNELS.get(name, ()))


def down(session: Session) -> Sequence[Channel]:
    """List the channels that do not answer, for people and monitors."""
    return session.scalars(select(Channel).where(Channel.down_since.is_not(None)).order_by(Channel.name)).all()


def failed(session: Session, message: Message, error: DeliveryError, now: datetime) -> None:
    """Count a failure of a message's channel, and close the channel when there were enough."""
    name = of(message.kind)
    if not name or error.blame == "message":
        return
    row = session.get(Channel, name, with_for_update=True)
    if row is None:
        row = Channel(name=name, failures=0, last_message=0, told="")
        session.add(row)
    if error.blame != "system" and row.last_message == message.id:
        return  # one message that fails again and again says nothing about the others
    row.failures, row.last_message, row.told = row.failures + 1, message.id, error.detail[:500]
    if error.retry_after:
        row.resting_until = now + timedelta(seconds=min(error.retry_after, 86_400))
    if row.down_since is None and row.failures >= (CLEAR if error.blame == "system" else UNCLEAR):
        row.down_since, row.probe_at = now, now + PROBE_EVERY
        outbox.owe_alert(session, now, cause=f"{name} does not answer")
        log.error("event=channel_down channel=%s", name)


def worked(session: Session, message: Message, now: datetime) -> None:
    """Note that a message got through."""
    name = of(message.kind)
    row = session.get(Channel, name) if name else None
    if row is not None and (row.failures or row.down_since):
        opened(session, name, now)


def opened(session: Session, name: str, now: datetime) -> None:
    """Open a channel: what waited for it is due now."""
    row = session.get(Channel, name, with_for_update=True)
    if row is None:
        return
    if row.down_since is not None:
        waiting = Message.kind.in_(CHANNELS[name]) & Message.state.in_((outbox.QUEUED, outbox.UNKNOWN)) & (Message.attempts > 0)
        session.execute(
            update(Message).where(waiting, Message.not_before > now).values(not_before=now),
            execution_options={"synchronize_session": False},
        )
        outbox.owe_alert(session, now, cause=f"{name} answers again")
        log.warning("event=channel_up channel=%s", name)
    row.failures, row.last_message, row.down_since, row.probe_at, row.resting_until, row.told = 0, 0, None, None, None, ""


def take_probe(session: Session, now: datetime, names: Sequence[str]) -> str:
    """Return a closed channel that is to be probed now by the caller alone, or ""."""
    chosen = select(Channel).where(Channel.name.in_(names), Channel.down_since.is_not(None)).with_for_update(skip_locked=True)
    for row in session.scalars(chosen):
        if row.probe_at is None or row.probe_at <= now or row.probe_at > now + 2 * PROBE_EVERY:  # the clock was set back
            row.probe_at = now + PROBE_EVERY
            return row.name
    return ""


def probe_failed(session: Session, name: str, detail: str) -> None:
    """Keep what the channel said last."""
    row = session.get(Channel, name, with_for_update=True)
    if row is not None:
        row.told = detail[:500]


def _rests(row: Channel, now: datetime) -> bool:
    # A rest is never longer than a day; one that is was noted before the clock was set back.
    return row.resting_until is not None and now < row.resting_until <= now + timedelta(days=1)
