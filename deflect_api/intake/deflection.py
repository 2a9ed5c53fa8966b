"""Support sessions: what was searched, shown, opened, rejected and solved, whether or not a ticket follows.

Silence is not success: only a person who says so counts as a confirmed deflection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from deflect_api.store.models import SessionEvent, SupportSession

SHOWN, OPENED, SOLVED, REJECTED, ABANDONED, SUBMITTED = "shown", "opened", "solved", "rejected", "abandoned", "submitted"
CONFIRMED, UNCONFIRMED = "confirmed", "unconfirmed"
MOST_EVENTS = 500  # a session that goes on for ever is not a person


@dataclass(frozen=True)
class Event:
    """One thing a person did, as their browser told it."""

    event: str
    article: str = ""
    reason: str = ""
    text: str = ""
    shown: tuple[str, ...] = ()
    product: str = ""


def record(session: Session, session_id: str, event: Event, now: datetime, *, place: int | None = None) -> None:
    """Note one event, making the support session when it is the first. `place` is where it came from, when that counts."""
    visit = _visit(session, session_id, now)
    visit.place = place if visit.place is None else visit.place
    if event.event != SUBMITTED and len(visit.events) >= MOST_EVENTS:
        return
    visit.last_at = now
    visit.product = event.product or visit.product
    visit.outcome = _outcome(visit.outcome, event.event)
    visit.events.append(
        SessionEvent(
            at=now, event=event.event, article=event.article, reason=event.reason, text=event.text, shown=list(event.shown)
        )
    )


def history(session: Session, session_id: str) -> Sequence[SessionEvent]:
    """List a session's events, oldest first."""
    if not session_id:
        return ()
    return session.scalars(select(SessionEvent).where(SessionEvent.session_id == session_id).order_by(SessionEvent.id)).all()


def _outcome(before: str, event: str) -> str:
    """A ticket counts most, then a person's own "this solved it"; leaving after reading is only unconfirmed."""
    if event == SUBMITTED or before == SUBMITTED:
        return SUBMITTED
    if event == SOLVED or before == CONFIRMED:
        return CONFIRMED
    if event == OPENED or before == UNCONFIRMED:
        return UNCONFIRMED
    return ABANDONED if event == ABANDONED else before


def _visit(session: Session, session_id: str, now: datetime) -> SupportSession:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"id": session_id, "product": "", "started_at": now, "last_at": now, "outcome": ""}
    session.execute(dialect.insert(SupportSession).values(row).on_conflict_do_nothing())
    return session.get_one(SupportSession, session_id, with_for_update=True)
