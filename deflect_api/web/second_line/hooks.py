"""Where GitHub tells what happened. The signature over the raw body comes first; the work is owed, not done here."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.desk.second_line import issue_updates
from deflect_api.errors import InputError, NotAllowed, NotFound
from deflect_api.intake.inbound import github_events
from deflect_api.intake.inbound.github_events import IssueEvent
from deflect_api.store.db import wait_for_name
from deflect_api.store.second_line import HookDelivery
from deflect_api.web.parts import parts

routes = Blueprint("hooks", __name__)
PREFIX = "sha256="
ENDINGS = ("deleted", "transferred", "comment deleted")


@routes.post("/hooks/github")
def github() -> ResponseReturnValue:
    secret, raw = parts().settings.support.escalate.hook_secret, request.get_data()
    if not secret:
        raise NotFound("No hook is set up here. Set escalate.hook_secret.")
    if not is_signed(secret, raw, request.headers.get("X-Hub-Signature-256", "")):
        raise NotAllowed("The signature does not belong to this body.")
    event, delivery = request.headers.get("X-GitHub-Event", ""), request.headers.get("X-GitHub-Delivery", "")
    if event not in github_events.ACTIONS:
        return {"taken": "not followed"}, 202
    body = _read(raw)
    with parts().database.write() as session:
        taken = _take(session, event, delivery or hashlib.sha256(raw).hexdigest(), raw, body)
    parts().wake()
    return {"taken": taken}, 202


def is_signed(secret: str, raw: bytes, given: str) -> bool:
    """Tell whether `given` is GitHub's signature of the raw body, in constant time."""
    right = PREFIX + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


def _take(session: Session, event: str, delivery: str, raw: bytes, body: Any) -> str:
    """Note the delivery and owe its reading, once for its number and once for its body."""
    digest = hashlib.sha256(raw).hexdigest()
    wait_for_name(session, f"hook:{digest}")
    wait_for_name(session, f"hook:{delivery[:80]}")
    known = select(HookDelivery.id).where((HookDelivery.delivery == delivery[:80]) | (HookDelivery.digest == digest)).limit(1)
    if session.scalar(known) is not None:
        return "known already"
    now, found = parts().clock(), github_events.read(event, body)
    if found is not None and _is_too_old(found, now):
        return "too old"
    session.add(HookDelivery(delivery=delivery[:80], digest=digest, event=event, at=now))
    if found is None:
        return "not followed"
    issue_updates.owe(session, event, _short(body), stream=f"hook:{found.repository}#{found.number}", now=now)
    return "owed"


def _is_too_old(event: IssueEvent, now: datetime) -> bool:
    """Tell whether it may be a repeat of a delivery that is kept no more. What is so late is found out by asking.

    What ends an issue or a comment does not set its time of change, and changes nothing when it is told again.
    """
    days = parts().settings.support.retention.deliveries
    return bool(days) and event.action not in ENDINGS and event.at < now - timedelta(days=days)


def _short(body: Any) -> Any:
    """Keep only what is read: a whole payload tells much of people that is no business of ours."""
    kept = ("action", "issue", "comment", "changes", "repository")
    repository = body.get("repository")
    name = repository.get("full_name") if isinstance(repository, dict) else ""
    return {**{key: body[key] for key in kept if key in body}, "repository": {"full_name": name}}


def _read(raw: bytes) -> Any:
    text = raw
    if request.mimetype == "application/x-www-form-urlencoded":
        text = parse_qs(raw.decode("utf-8", "replace")).get("payload", [""])[0].encode()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InputError("The body is no JSON object.", {"body": "The body is no JSON object."})
    return body
