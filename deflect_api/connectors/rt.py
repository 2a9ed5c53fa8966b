"""Request Tracker 5 through REST 2. The unique custom field that holds our reference is the claim that makes a ticket ours.

RT answers 201 and drops what it does not like: a list value that is not allowed, a reference that is taken. So each new ticket
is read back, and one that lost its reference to another is closed and points at the winner.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from deflect_api.connectors import Change, Changes, File, Note, Request, Said, marks
from deflect_api.connectors._http import Api
from deflect_api.connectors._text import without_tags
from deflect_api.errors import PermanentFailure

PRIORITIES = {"urgent": 100, "high": 70, "normal": 50, "low": 20}
STATES = {"new": "new", "open": "open", "stalled": "pending", "resolved": "solved", "rejected": "closed", "deleted": "closed"}
PAGE = 20


class RequestTracker:
    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        queue: str = "General",
        reference_field: str = "external_ref",
        tags_field: str = "",
        fields: Mapping[str, str] | None = None,
        states: Mapping[str, str] | None = None,
        mails: str = "us",
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._api = Api("Request Tracker", f"{url.rstrip('/')}/REST/2.0", transport=transport, auth=(user, password))
        self.user, self.queue, self.mails = user, queue, mails
        self.reference_field, self.tags_field = reference_field, tags_field
        self.fields = dict(fields or {})
        self.states = {**STATES, **(states or {})}

    def close(self) -> None:
        self._api.close()

    def find(self, reference: str) -> str | None:
        found = self._search(f"CF.{{{self.reference_field}}} = '{_quoted(reference)}' AND {self._here}")
        if not found:
            return None
        winner = found[0]
        # What a worker left behind that died between losing the claim and closing its ticket.
        lost = f"Subject LIKE '[{_quoted(reference)}]' AND Creator = '{_quoted(self.user)}' AND id != {winner}"
        for loser in self._search(f"{lost} AND CF.{{{self.reference_field}}} IS NULL AND Status != 'rejected' AND {self._here}"):
            self._give_way(loser, winner)
        return winner

    def create(self, request: Request) -> str:
        made = self._api.send("POST", "ticket", json=self._ticket(request))
        remote = str(made["id"])
        kept = _fields_of(self._api.get(f"ticket/{remote}"))
        if request.reference not in kept.get(self.reference_field, ()):
            return self._settle_claim(request, remote)
        dropped = [name for name, field in self.fields.items() if request.values.get(name) and not kept.get(field)]
        if dropped:
            told = ", ".join(f"{name}: {request.values[name]}" for name in dropped)
            text = f"Not taken by this queue's fields: {told}\n\nReference {request.reference}-0"
            self._api.send("POST", f"ticket/{remote}/comment", json={"ContentType": "text/plain", "Content": text})
        return remote

    def heard(self, remote: str, key: str) -> bool:
        return any(key in marks(self._words(entry["id"])) for entry in self._spoken(remote))

    def comment(self, remote: str, note: Note) -> None:
        # RT mails its requesters what is said by `correspond`. Where we mail them, it must not.
        verb = "correspond" if note.public and self.mails == "desk" else "comment"
        said = {"ContentType": "text/plain", "Content": note.text, "Attachments": [_attached(file) for file in note.files]}
        self._api.send("POST", f"ticket/{remote}/{verb}", json=said)
        if note.reopens and self._api.get(f"ticket/{remote}")["Status"] != "open":
            self._change(remote, {"Status": "open"})

    def changes(self, cursor: str) -> Changes:
        if not cursor:
            return Changes(_stamp(datetime.now(UTC) - timedelta(minutes=1)))
        since, _, _ = cursor.partition(" ")
        when = since.replace("T", " ").rstrip("Z")
        query = f"{self._here} AND LastUpdated >= '{when}'"
        page = self._api.get(
            "tickets", params={"query": query, "fields": "Status,LastUpdated", "orderby": "LastUpdated", "per_page": PAGE}
        )
        items = page["items"]
        last = max([since, *(str(item["LastUpdated"]) for item in items)])
        full = int(page.get("total") or 0) > len(items)
        if full and last == since:  # one second with more than a page: go on after it, its rest comes with a later change
            last = _stamp(_time(since) + timedelta(seconds=1))
        return Changes(last, tuple(self._change_of(item, since) for item in items), more=full)

    def check(self) -> str:
        version = self._api.get("rt")["Version"]
        found = self._api.call("GET", f"queue/{self.queue}", fine=(403, 404))
        if not found.is_success:
            raise PermanentFailure(f"Request Tracker has no queue {self.queue}, or {self.user} lacks the right SeeQueue there")
        have = {field["name"] for field in found.json().get("TicketCustomFields") or ()}
        wanted = {self.reference_field, self.tags_field, *self.fields.values()} - {""}
        if missing := sorted(wanted - have):
            raise PermanentFailure(f"the queue {self.queue} has no custom field {', '.join(missing)} that {self.user} can see")
        return f"Request Tracker {version} as {self.user}, queue {self.queue}"

    @property
    def _here(self) -> str:
        return f"Queue = '{_quoted(self.queue)}'"

    def _search(self, query: str) -> list[str]:
        found = self._api.get("tickets", params={"query": query, "orderby": "id", "per_page": 100})
        return [str(item["id"]) for item in found["items"]]

    def _ticket(self, request: Request) -> dict[str, Any]:
        fields: dict[str, Any] = {self.reference_field: request.reference}
        fields |= {field: request.values[name] for name, field in self.fields.items() if request.values.get(name)}
        if self.tags_field:
            fields[self.tags_field] = list(request.tags)
        people = {"Requestor": request.requester_email, "Cc": list(request.cc)} if self.mails == "desk" else {}
        return {
            "Queue": self.queue,
            "Subject": f"[{request.reference}] {request.subject}",
            "ContentType": "text/plain",
            "Content": request.body,
            "Priority": PRIORITIES.get(request.priority, PRIORITIES["normal"]),
            "CustomFields": fields,
            "Attachments": [_attached(file) for file in request.files],
            **people,
        }

    def _settle_claim(self, request: Request, remote: str) -> str:
        winner = self.find(request.reference)
        if winner is None:
            raise PermanentFailure(
                f"Request Tracker made ticket {remote} but did not keep {self.reference_field}: is the field on the queue, "
                "and may our user modify it?"
            )
        if winner != remote:
            self._give_way(remote, winner)
        return winner

    def _give_way(self, loser: str, winner: str) -> None:
        if self._api.get(f"ticket/{loser}")["Status"] != "rejected":
            self._api.send("PUT", f"ticket/{loser}", json={"RefersTo": winner})
            self._change(loser, {"Status": "rejected"})

    def _change(self, remote: str, values: dict[str, Any]) -> None:
        """Change and read back: RT answers 200 with a sentence when it did not."""
        told = self._api.send("PUT", f"ticket/{remote}", json=values)
        now = self._api.get(f"ticket/{remote}")
        if any(now.get(name) != value for name, value in values.items()):
            raise PermanentFailure(f"Request Tracker did not change ticket {remote}: {str(told)[:200]}")

    def _spoken(self, remote: str) -> list[dict[str, Any]]:
        history: list[dict[str, Any]] = []
        page = 1
        while True:
            asked = {"fields": "Type,Creator,Created", "per_page": 100, "page": page}
            items = self._api.get(f"ticket/{remote}/history", params=asked)["items"]
            history += [item for item in items if item["Type"] in ("Correspond", "Comment")]
            if len(items) < 100:
                return history
            page += 1

    def _words(self, transaction: str) -> str:
        parts = self._api.get(f"transaction/{transaction}/attachments", params={"fields": "ContentType"})["items"]
        for part in parts:
            if str(part["ContentType"]).startswith("text/"):
                whole = base64.b64decode(self._api.get(f"attachment/{part['id']}").get("Content") or "").decode(
                    "utf-8", "replace"
                )
                return without_tags(whole) if part["ContentType"] == "text/html" else whole
        return ""

    def _change_of(self, item: dict[str, Any], since: str) -> Change:
        remote, said = str(item["id"]), []
        for entry in self._spoken(remote):
            if entry["Created"] < since:
                continue
            words = self._words(str(entry["id"]))
            if not marks(words):
                author = str(entry["Creator"]["id"])
                public = entry["Type"] == "Correspond"
                said.append(Said(str(entry["id"]), _time(entry["Created"]), author, words.strip(), public))
        return Change(remote, self.states.get(str(item["Status"]), ""), tuple(said))


def _attached(file: File) -> dict[str, str]:
    content = base64.b64encode(file.read()).decode()
    return {"FileName": file.name, "FileType": file.media_type or "application/octet-stream", "FileContent": content}


def _fields_of(ticket: dict[str, Any]) -> dict[str, list[str]]:
    return {field["name"]: field["values"] for field in ticket.get("CustomFields") or ()}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
