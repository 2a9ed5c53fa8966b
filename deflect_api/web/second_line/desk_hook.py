"""Where a desk connected by `webhook` tells what happened, by Standard Webhooks. The signature comes first, then the reading."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import AwareDatetime, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.connectors import Change, marks, webhook
from deflect_api.connectors import Said as SaidThere
from deflect_api.errors import NotAllowed, NotFound
from deflect_api.intake import desk_updates
from deflect_api.store.db import wait_for_name
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import HookDelivery
from deflect_api.web.parts import parts
from deflect_api.web.schemas import Line, Said, Schema, read

routes = Blueprint("desk_hook", __name__)
TOLERANCE = timedelta(minutes=5)
UPDATED = "ticket.updated"


class CommentIn(Schema):
    """Something said at the desk. `id` is the desk's own: the same one again is the same comment."""

    id: Annotated[str, Field(min_length=1, max_length=120)]
    body: Said
    at: AwareDatetime | None = None
    author: Line = "support"
    public: bool = True
    from_requester: bool = False


class UpdateIn(Schema):
    """What happened to one ticket: the state it is in now, and what was said."""

    reference: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
    status: Literal["", "new", "open", "pending", "solved", "closed"] = ""
    comments: Annotated[list[CommentIn], Field(max_length=100)] = Field(default_factory=list)


class HookIn(Schema):
    """An event. `timestamp` is when it happened."""

    type: Annotated[str, Field(max_length=100)]
    timestamp: AwareDatetime | None = None


class UpdatedIn(HookIn):
    data: UpdateIn


@routes.post("/hooks/desk")
def desk() -> ResponseReturnValue:
    raw, number, at = request.get_data(), request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
    if not webhook.is_signed(_key(), (number, at), raw, request.headers.get("webhook-signature", "")):
        raise NotAllowed("The signature does not belong to this id, timestamp and body.")
    sent_at = _sent_at(at)
    if read(HookIn, raw).type != UPDATED:
        return {"taken": "not followed"}, 202
    told = read(UpdatedIn, raw)
    with parts().database.write() as session:
        taken = _take(session, number, told, min(told.timestamp or sent_at, parts().clock()))
    parts().wake()
    return {"taken": taken}, 202


def _key() -> bytes:
    """Return the key of the connected desk. Raises NotFound when it has none, or the desk is no webhook."""
    connected = parts().settings.support.desk
    secret = str(connected.settings.get("hook_secret") or "") if connected.connector == "webhook" else ""
    if not secret:
        raise NotFound("No hook is set up here. Set desk.settings.hook_secret of the connector webhook.")
    return webhook.key_of(secret, "hook_secret")


def _sent_at(text: str) -> datetime:
    """Read when it was sent. Raises NotAllowed when that is too far from now, as with one that somebody kept and sends again."""
    digits = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    sent_at = datetime.fromtimestamp(digits, UTC)
    if abs(parts().clock() - sent_at) > TOLERANCE:
        raise NotAllowed("This was sent more than 5 minutes ago, or the clocks differ. Sign it anew.")
    return sent_at


def _take(session: Session, number: str, told: UpdatedIn, at: datetime) -> str:
    """Bring it to its ticket, once for its number; a state that is older than one we have is left out."""
    digest = hashlib.sha256(f"desk:{number}".encode()).hexdigest()
    wait_for_name(session, f"hook:{digest}")
    if session.scalar(select(HookDelivery.id).where(HookDelivery.digest == digest)) is not None:
        return "known already"
    ticket = session.get(Ticket, int(told.data.reference), with_for_update=True)
    if ticket is None:
        raise NotFound("There is no request with this number.")
    about = f"desk:{ticket.id}"
    newer = session.scalar(select(HookDelivery.id).where(HookDelivery.event == about, HookDelivery.at > at).limit(1))
    session.add(HookDelivery(delivery=f"desk:{digest}"[:80], digest=digest, event=about, at=at))
    said = tuple(_said(one, at) for one in told.data.comments if not marks(one.body))
    change = Change(ticket.remote_id or "", "" if newer is not None else told.data.status, said)
    desk_updates.bring(session, ticket, change, parts().clock(), parts().settings.support.calendar)
    return "brought to the request"


def _said(one: CommentIn, at: datetime) -> SaidThere:
    return SaidThere(one.id, one.at or at, one.author or "support", one.body, one.public, one.from_requester)
