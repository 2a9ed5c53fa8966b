"""Any system that takes a signed call: Standard Webhooks (https://www.standardwebhooks.com), one event for each happening.

A repeat carries the same `webhook-id`; the receiver drops what it has seen. It may answer a ticket with {"id": "…"}.
What comes back is signed the same way, with a secret of its own.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx2

from deflect_api.connectors import Changes, File, Note, Request
from deflect_api.connectors._http import Api
from deflect_api.errors import ConfigError

MOST_SIGNATURES = 10  # a sender that changes its secret sends two


class Webhook:
    def __init__(
        self,
        url: str,
        secret: str,
        hook_secret: str = "",
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = Api("the webhook's receiver", url, transport=transport)
        self._url, self._key, self._clock = url, key_of(secret), clock
        if hook_secret and key_of(hook_secret, "hook_secret") == self._key:
            raise ConfigError("desk.settings.hook_secret: make it another than secret, or what we send could be sent back to us.")

    def find(self, reference: str) -> str | None:
        return None

    def create(self, request: Request) -> str:
        ticket = {
            "reference": request.reference, "subject": request.subject, "body": request.body, "product": request.product,
            "type": request.type, "severity": request.severity, "priority": request.priority,
            "requester": {"name": request.requester_name, "email": request.requester_email}, "link": request.link,
            "tags": list(request.tags), "cc": list(request.cc), "fields": request.fields, "files": _files(request.files),
        }  # fmt: skip
        answer = self._post(f"ticket-{request.reference}", "ticket.created", ticket)
        given = answer.get("id") if isinstance(answer, dict) else None
        return str(given) if given else request.reference

    def heard(self, remote: str, key: str) -> bool:
        return False

    def comment(self, remote: str, note: Note) -> None:
        said = {
            "id": remote, "reference": note.key.partition("-")[0], "key": note.key, "author": note.author, "body": note.body,
            "public": note.public, "reopens": note.reopens, "files": _files(note.files),
        }  # fmt: skip
        self._post(f"note-{note.key}", "ticket.commented", said)

    def changes(self, cursor: str) -> Changes:
        return Changes(cursor)

    def check(self) -> str:
        self._post(f"check-{int(self._clock())}", "check", {})
        return f"a signed check was taken by {httpx2.URL(self._url).host}"

    def close(self) -> None:
        self._api.close()

    def _post(self, number: str, event: str, data: dict[str, Any]) -> Any:
        body = json.dumps({"type": event, "data": data}, ensure_ascii=False).encode()
        at = str(int(self._clock()))
        headers = {"webhook-id": number, "webhook-timestamp": at, "webhook-signature": sign(self._key, (number, at), body)}
        answer = self._api.call("POST", self._url, content=body, headers={**headers, "Content-Type": "application/json"})
        try:
            return answer.json()
        except ValueError:  # a receiver owes us no words
            return None


def sign(key: bytes, parts: tuple[str, str], body: bytes) -> str:
    """Return `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots."""
    said = ".".join(parts).encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def is_signed(key: bytes, parts: tuple[str, str], body: bytes, given: str) -> bool:
    """Tell whether one of the signatures in `given`, divided by spaces, is ours."""
    right = sign(key, parts, body).encode()
    return any(hmac.compare_digest(right, one.encode("utf-8", "replace")) for one in given.split()[:MOST_SIGNATURES])


def key_of(secret: str, setting: str = "secret") -> bytes:
    """Read a secret of Standard Webhooks. Raises ConfigError."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ConfigError(f"desk.settings.{setting}: a webhook's secret is whsec_ and the base64 of 24 to 64 random bytes.")
    return key


def _files(files: tuple[File, ...]) -> list[dict[str, str]]:
    return [
        {"name": file.name, "media_type": file.media_type, "content": base64.b64encode(file.read()).decode()} for file in files
    ]
