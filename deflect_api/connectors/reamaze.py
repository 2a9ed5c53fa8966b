"""Re:amaze through its conversations API, written from its public documentation (https://www.reamaze.com/api).

A tag holds our reference, and conversations are found by it. Re:amaze mails its customers each reply, so it mails the requester.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2

from deflect_api.connectors import Change, Changes, Note, Request, Said, marks
from deflect_api.connectors._http import Api
from deflect_api.connectors._text import without_tags
from deflect_api.errors import ConfigError, PermanentFailure

STATES = {0: "open", 1: "pending", 2: "solved", 3: "closed", 4: "closed", 5: "pending", 6: "solved"}
OPEN = 0
REGULAR, INTERNAL = 0, 1


class Reamaze:
    def __init__(
        self,
        brand: str,
        user: str,
        token: str,
        channel: str = "support",
        fields: Mapping[str, str] | None = None,
        url: str = "",
        mails: str = "us",
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        if mails != "desk":
            raise ConfigError("desk.mails: Re:amaze mails each reply to the requester itself. Set it to desk.")
        root = f"{(url or f'https://{brand}.reamaze.io').rstrip('/')}/api/v1"
        self._api = Api("Re:amaze", root, transport=transport, auth=(user, token), headers={"Accept": "application/json"})
        self.user, self.channel = user, channel
        self.fields = dict(fields or {})

    def find(self, reference: str) -> str | None:
        mark = _tag(reference)
        page = self._api.get("conversations", params={"filter": "all", "tag": mark})
        found = [one for one in page["conversations"] if mark in one.get("tag_list", ())]
        return str(min(found, key=lambda one: str(one["created_at"]))["slug"]) if found else None

    def create(self, request: Request) -> str:
        made = self._api.send("POST", "conversations", json={"conversation": self._conversation(request)})
        slug = str(made["slug"])
        if _tag(request.reference) not in self._api.get(f"conversations/{slug}").get("tag_list", ()):
            raise PermanentFailure(f"Re:amaze made the conversation {slug} without our tag, so it would not be found again")
        return slug

    def heard(self, remote: str, key: str) -> bool:
        return any(key in marks(without_tags(message["body"])) for message in self._messages(remote))

    def comment(self, remote: str, note: Note) -> None:
        message = {"body": _with_files(note), "visibility": REGULAR if note.public else INTERNAL, "suppress_notifications": True}
        self._api.send("POST", f"conversations/{remote}/messages", json={"message": message})
        if note.reopens:
            self._api.send("PUT", f"conversations/{remote}", json={"conversation": {"status": OPEN}})

    def changes(self, cursor: str) -> Changes:
        if not cursor:
            return Changes(datetime.now(UTC).isoformat(timespec="seconds"))
        since, last, number, changed = datetime.fromisoformat(cursor), datetime.fromisoformat(cursor), 1, []
        while True:  # newest first, so a page that holds nothing new is the last
            page = self._api.get("conversations", params={"filter": "all", "sort": "changed", "page": number})
            fresh = [one for one in page["conversations"] if _changed(one) >= since]
            changed += [self._change_of(one, since) for one in fresh if any(_is_tag(tag) for tag in one.get("tag_list", ()))]
            last = max([last, *(_changed(one) for one in fresh)])
            if len(fresh) < len(page["conversations"]) or number >= int(page["page_count"]):
                return Changes(last.isoformat(), tuple(changed))
            number += 1

    def check(self) -> str:
        self._api.get("conversations", params={"filter": "open"})
        return f"Re:amaze as {self.user}, channel {self.channel}"

    def close(self) -> None:
        self._api.close()

    def _conversation(self, request: Request) -> dict[str, Any]:
        named = {"product": request.product, "severity": request.severity, "type": request.type, "priority": request.priority}
        data = {field: request.values[name] for name, field in self.fields.items() if request.values.get(name)}
        whom = {"name": request.requester_name or request.requester_email, "email": request.requester_email}
        return {
            "subject": f"[{request.reference}] {request.subject}",
            "category": self.channel,
            "tag_list": [_tag(request.reference), *request.tags, *named.values()],
            "data": {"reference": request.reference, **data},
            "message": {"body": request.body, "recipients": list(request.cc)},
            "user": whom,
        }

    def _messages(self, slug: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        number = 1
        while True:
            page = self._api.get(f"conversations/{slug}/messages", params={"page": number})
            messages += page["messages"]
            if number >= int(page["page_count"]):
                return messages
            number += 1

    def _change_of(self, one: dict[str, Any], since: datetime) -> Change:
        slug = str(one["slug"])
        said = []
        for message in sorted(self._messages(slug), key=lambda each: str(each["created_at"]))[1:]:  # the first is the request
            at, words = datetime.fromisoformat(message["created_at"]), without_tags(message["body"])
            if at < since or marks(words):
                continue
            by = message["user"]["email"]
            number = str(message.get("origin_id") or f"{slug} {message['created_at']}")
            public = message["visibility"] == REGULAR
            said.append(Said(number, at, message["user"]["name"], words, public, by == one["author"]["email"]))
        return Change(slug, STATES.get(int(one["status"]), ""), tuple(said))


def _tag(reference: str) -> str:
    return f"ref-{reference}"


def _is_tag(tag: str) -> bool:
    return tag.startswith("ref-") and tag[4:].isdigit()


def _changed(one: dict[str, Any]) -> datetime:
    times = [one["created_at"], one.get("changed_at"), (one.get("last_customer_message") or {}).get("created_at")]
    return max(datetime.fromisoformat(at) for at in times if at)


def _with_files(note: Note) -> str:
    """The API's documentation tells no way to send a file, so files are named; the request's link opens them."""
    names = "".join(f"\nFile: {file.name}" for file in note.files)
    return f"{names.lstrip()}\n{note.text}" if names else note.text
