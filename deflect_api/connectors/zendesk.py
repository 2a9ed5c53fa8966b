"""Zendesk Support through its tickets API. `external_id` holds our reference; an Idempotency-Key guards each create as well."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import httpx2

from deflect_api.connectors import Change, Changes, File, Note, Request, Said, marks
from deflect_api.connectors._http import Api
from deflect_api.errors import PermanentFailure, TemporaryFailure

PRIORITIES = {"urgent": "urgent", "high": "high", "normal": "normal", "low": "low"}
TYPES = {"bug": "problem", "question": "question", "feature request": "task"}
STATES = {"new": "new", "open": "open", "pending": "pending", "hold": "open", "solved": "solved", "closed": "closed"}


class Zendesk:
    def __init__(
        self,
        url: str,
        user: str,
        token: str,
        fields: Mapping[str, int] | None = None,
        mails: str = "us",
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        root = f"{url.rstrip('/')}/api/v2"
        self._api = Api("Zendesk", root, transport=transport, auth=(f"{user}/token", token))
        self.user, self.mails, self._clock = user, mails, clock
        self.fields = dict(fields or {})

    def find(self, reference: str) -> str | None:
        tickets = self._api.get("tickets", params={"external_id": reference})["tickets"]
        found = sorted(int(ticket["id"]) for ticket in tickets if ticket.get("external_id") == reference)
        return str(found[0]) if found else None

    def create(self, request: Request) -> str:
        headers = {"Idempotency-Key": f"deflect-{request.reference}"}
        made = self._api.send("POST", "tickets", json={"ticket": self._ticket(request)}, headers=headers)["ticket"]
        remote = str(made["id"])
        ticket = self._api.get(f"tickets/{remote}")["ticket"]
        if ticket.get("external_id") != request.reference:
            raise PermanentFailure(f"Zendesk made ticket {remote} without our reference")
        kept = {int(field["id"]): field.get("value") for field in ticket.get("custom_fields") or ()}
        dropped = [name for name, number in self.fields.items() if request.values.get(name) and not kept.get(number)]
        if dropped:
            told = ", ".join(f"{name}: {request.values[name]}" for name in dropped)
            self._say(remote, f"Not taken by the fields: {told}\n\nReference {request.reference}-0", public=False)
        return remote

    def heard(self, remote: str, key: str) -> bool:
        return any(key in marks(comment["plain_body"]) for comment in self._comments(remote))

    def comment(self, remote: str, note: Note) -> None:
        # What is public is mailed to the requester by Zendesk's triggers. Where we mail, it must not be.
        public = note.public and self.mails == "desk"
        self._say(remote, note.text, public=public, uploads=[self._upload(file) for file in note.files], reopens=note.reopens)

    def changes(self, cursor: str) -> Changes:
        # The contract wants the start with every call, though Zendesk goes by the cursor once there is one.
        start, _, place = (cursor or str(int(self._clock()) - 60)).partition(" ")
        page = self._api.get("incremental/tickets/cursor", params={"start_time": start, **({"cursor": place} if place else {})})
        ours = [ticket for ticket in page["tickets"] if ticket.get("external_id")]
        following = f"{start} {page['after_cursor']}" if page.get("after_cursor") else cursor or start
        return Changes(following, tuple(self._change_of(ticket) for ticket in ours), more=not page.get("end_of_stream", True))

    def check(self) -> str:
        me = self._api.get("users/me")["user"]
        if not me.get("email"):  # an anonymous caller is answered 200 too
            raise TemporaryFailure("Zendesk does not take our token: it sees nobody")
        return f"Zendesk as {me['email']}"

    def close(self) -> None:
        self._api.close()

    def _ticket(self, request: Request) -> dict[str, Any]:
        body = request.body
        whom: dict[str, Any] = {"name": request.requester_name or request.requester_email, "email": request.requester_email}
        return {
            "external_id": request.reference,
            "subject": f"[{request.reference}] {request.subject}",
            "comment": {"body": body, "public": self.mails == "desk", "uploads": [self._upload(file) for file in request.files]},
            "priority": PRIORITIES[request.priority],
            "type": TYPES[request.type],
            "tags": [_tag(tag) for tag in (*request.tags, request.product, request.severity)],
            "custom_fields": [
                {"id": number, "value": request.values[name]} for name, number in self.fields.items() if request.values.get(name)
            ],
            **({"requester": whom, "email_ccs": [{"user_email": one} for one in request.cc]} if self.mails == "desk" else {}),
        }

    def _upload(self, file: File) -> str:
        sent = self._api.send(
            "POST", "uploads", params={"filename": file.name}, content=file.read(),
            headers={"Content-Type": "application/binary"},
        )  # fmt: skip
        return str(sent["upload"]["token"])

    def _say(self, remote: str, text: str, *, public: bool, uploads: list[str] | None = None, reopens: bool = False) -> None:
        comment = {"body": text, "public": public, "uploads": uploads or []}
        self._api.send(
            "PUT", f"tickets/{remote}", json={"ticket": {"comment": comment, **({"status": "open"} if reopens else {})}}
        )

    def _comments(self, remote: str) -> list[dict[str, Any]]:
        comments: list[dict[str, Any]] = []
        address: str | None = f"tickets/{remote}/comments"
        while address:
            page = self._api.get(address)
            comments += page["comments"]
            address = page.get("next_page")
        return comments

    def _change_of(self, ticket: dict[str, Any]) -> Change:
        remote = str(ticket["id"])
        comments = self._comments(remote)
        author = comments[0]["author_id"] if comments else None  # the first is the request itself, and its author is our user
        said = [
            Said(
                str(comment["id"]), datetime.fromisoformat(comment["created_at"]), "support", comment["plain_body"].strip(),
                bool(comment["public"]), comment["author_id"] == ticket.get("requester_id") != author,
            )
            for comment in comments[1:]
            if not marks(comment["plain_body"])
        ]  # fmt: skip
        return Change(remote, STATES.get(str(ticket["status"]), ""), tuple(said))


def _tag(text: str) -> str:
    """Zendesk's tags hold no spaces."""
    return "_".join(text.split())
