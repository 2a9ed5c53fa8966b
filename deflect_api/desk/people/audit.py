"""The audit log: sign-ins, failures, exports, erasures and changes of what people may do. Entries are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.store.staff import AuditEntry

COMMAND_LINE = "command line"
SIGNED_IN, SIGN_IN_FAILED, SIGNED_OUT = "signed in", "sign-in failed", "signed out"
SIGN_INS_ENDED, PASSWORD, FACTOR, FACTOR_GONE = "sign-ins ended", "password set", "second factor set", "second factor removed"
ADDED, ROLE, LIMITS, DISABLED, ENABLED, INVITED = "agent added", "role", "limits", "disabled", "enabled", "invited"
TOKEN, TOKEN_REVOKED = "token made", "token revoked"
EXPORTED, ERASED = "person exported", "person erased"
EVENTS = (
    SIGNED_IN, SIGN_IN_FAILED, SIGNED_OUT, SIGN_INS_ENDED, PASSWORD, FACTOR, FACTOR_GONE, ADDED, ROLE, LIMITS, DISABLED, ENABLED,
    INVITED, TOKEN, TOKEN_REVOKED, EXPORTED, ERASED,
)  # fmt: skip
MOST_ROWS = 200


@dataclass(frozen=True)
class By:
    """Who does something, when and from where."""

    actor: str
    now: datetime
    place: str = ""


def note(session: Session, by: By, event: str, about: str = "", detail: str = "") -> None:
    """Put one thing on record. `about` is an agent's address or the mark of a person; nothing else of anybody belongs here."""
    session.add(AuditEntry(at=by.now, actor=by.actor, event=event, about=about, detail=detail, place=by.place))


def latest(session: Session, *, event: str = "", before: int = 0) -> Sequence[AuditEntry]:
    """List entries, the newest first: of one event or of all, older than the entry `before` when it is given."""
    chosen = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(MOST_ROWS)
    if event:
        chosen = chosen.where(AuditEntry.event == event)
    if before:
        chosen = chosen.where(AuditEntry.id < before)
    return session.scalars(chosen).all()
