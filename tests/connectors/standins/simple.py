"""Smaller other sides: a mailbox, a receiver of webhooks, Re:amaze as documented, and the example of our own page."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import httpx2

from deflect_api.connectors.contract import Held
from deflect_api.connectors.email import Email
from deflect_api.connectors.reamaze import Reamaze
from deflect_api.connectors.webhook import Webhook
from tests.connectors.standins import ALL, EVERY, Faulty, answer, asked, fresh_reference, pages, sent, ticking
from tests.delivery.reading import as_received

PAGE = Path(__file__).parents[3] / "docs" / "team" / "connectors.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class EmailRig:
    can: frozenset[str] = frozenset({"comment", "files"})
    fields: frozenset[str] = EVERY - {"instance"}
    mails: list[EmailMessage] = field(default_factory=list)
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        self.desk = Email("desk@example.org", self)

    def send(self, mail: EmailMessage) -> None:
        self.mails.append(as_received(mail))

    def check(self) -> str:
        return "a list"

    def held(self, reference: str) -> list[Held]:
        mails = [mail for mail in self.mails if mail["X-Deflect-Reference"] == reference]
        return [self._held(mail, mails) for mail in mails if not mail["In-Reply-To"]]

    def _held(self, first: EmailMessage, mails: list[EmailMessage]) -> Held:
        fields = {
            name.removeprefix("X-Deflect-").lower(): value for name, value in first.items() if name.startswith("X-Deflect-")
        }
        answers = [mail for mail in mails if mail["In-Reply-To"] == first["Message-ID"]]
        files = {part.get_filename(): part.get_content() for mail in mails for part in mail.iter_attachments()}
        files = {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
        return Held(first["Message-ID"], first["Subject"], _text(first), fields, files, [(_text(mail), True) for mail in answers])

    def agent_says(self, remote: str, words: str, *, public: bool) -> None: ...
    def agent_sets(self, remote: str, status: str) -> None: ...


def _text(mail: EmailMessage) -> str:
    body = mail.get_body()
    return str(body.get_content()) if body else ""


@dataclass
class WebhookRig:
    can: frozenset[str] = frozenset({"comment", "files", "private"})
    fields: frozenset[str] = EVERY
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        self.line = Faulty(httpx2.MockTransport(self.receive))
        self.desk = self.connect()

    def connect(self, **changes: Any) -> Webhook:
        return Webhook(**{"url": "https://hooks.example.org/in?a=1", "secret": SECRET, **changes}, transport=self.line)

    def receive(self, request: httpx2.Request) -> httpx2.Response:
        number, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        right = hmac.new(key, f"{number}.{at}.".encode() + request.content, hashlib.sha256).digest()
        if request.headers["webhook-signature"] != f"v1,{base64.b64encode(right).decode()}":
            return answer(401)
        self.events.setdefault(number, json.loads(request.content))
        return answer(204)

    def held(self, reference: str) -> list[Held]:
        mine = [each["data"] for each in self.events.values() if each["data"].get("reference") == reference]
        notes = [each for each in mine if "key" in each]
        return [self._held(each, notes) for each in mine if "key" not in each]

    def _held(self, ticket: dict[str, Any], notes: list[dict[str, Any]]) -> Held:
        fields = {**ticket["fields"], "tags": ", ".join(ticket["tags"])}
        fields |= {name: ticket[name] for name in ("product", "severity", "type", "priority", "reference")}
        files = {file["name"]: base64.b64decode(file["content"]) for each in (ticket, *notes) for file in each["files"]}
        said = [(f"{note['body']} {note['key']}", note["public"]) for note in notes]
        subject = f"{ticket['reference']} {ticket['subject']}"
        return Held(ticket["reference"], subject, ticket["body"], fields, files, said)

    def agent_says(self, remote: str, words: str, *, public: bool) -> None: ...
    def agent_sets(self, remote: str, status: str) -> None: ...


@dataclass
class ReamazeRig:
    can: frozenset[str] = ALL - {"files"}
    fields: frozenset[str] = EVERY
    talks: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keeps_tags: bool = True
    words: ClassVar = {"open": 0, "pending": 1, "solved": 2, "closed": 4}
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        self.now = ticking()
        self.line = Faulty(httpx2.MockTransport(self.receive))
        self.desk = self.connect()

    def connect(self, **changes: Any) -> Reamaze:
        fields = {name: name for name in ("product", "severity", "type", "instance", "priority")}
        settings = {"brand": "example", "user": "d@example.org", "token": "key", "fields": fields, "mails": "desk"}
        return Reamaze(**{**settings, **changes}, transport=self.line)

    def receive(self, request: httpx2.Request) -> httpx2.Response:
        path = f"{request.method} {request.url.path.removeprefix('/api/v1/')}"
        if path == "POST conversations":
            return self._create(sent(request)["conversation"])
        if path == "GET conversations":
            return self._list(asked(request))
        slug = path.split()[1].split("/")[1]
        if path == f"GET conversations/{slug}":
            return answer(200, self.talks[slug])
        if path == f"GET conversations/{slug}/messages":
            return answer(200, {"page_count": 1, "messages": self.messages[slug]})
        if path == f"POST conversations/{slug}/messages":
            given = sent(request)["message"]
            return answer(201, self._say(slug, "d@example.org", given["body"], given["visibility"]))
        self._touch(slug, status=sent(request)["conversation"]["status"])
        return answer(200, self.talks[slug])

    def _create(self, given: dict[str, Any]) -> httpx2.Response:
        slug = f"talk-{len(self.talks) + 1}"
        self.talks[slug] = {
            "slug": slug, "subject": given["subject"], "status": 0, "data": given["data"],
            "tag_list": given["tag_list"] if self.keeps_tags else [],
            "author": given["user"], "message": {"body": given["message"]["body"]}, "created_at": self.now().isoformat(),
        }  # fmt: skip
        self.messages[slug] = []
        self._say(slug, given["user"]["email"], given["message"]["body"], 0)
        return answer(200, self.talks[slug])

    def _list(self, given: dict[str, str]) -> httpx2.Response:
        found = [talk for talk in self.talks.values() if given.get("tag", "") in ("", *talk["tag_list"])]
        found.sort(key=lambda talk: str(talk.get("changed_at", talk["created_at"])), reverse=True)
        count = max(1, -(-len(found) // 30))
        return answer(200, {"page_count": count, "conversations": pages(found, int(given.get("page", 1)), 30)})

    def _say(self, slug: str, who: str, body: str, visibility: int) -> dict[str, Any]:
        at = self.now().isoformat()
        html = "<p>" + body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>") + "</p>"
        said = {"body": html, "visibility": visibility, "created_at": at, "user": {"name": who, "email": who}}
        self.messages[slug].append(said)
        self._touch(slug)
        return said

    def _touch(self, slug: str, **changes: Any) -> None:
        self.talks[slug] |= {"changed_at": self.now().isoformat(), **changes}

    def held(self, reference: str) -> list[Held]:
        return [self._held(talk) for talk in self.talks.values() if f"ref-{reference}" in talk["tag_list"]]

    def _held(self, talk: dict[str, Any]) -> Held:
        status = {theirs: ours for ours, theirs in self.words.items()}[talk["status"]]
        notes = [(_plain(said["body"]), said["visibility"] == 0) for said in self.messages[talk["slug"]][1:]]
        fields = {**talk["data"], "tags": ", ".join(talk["tag_list"])}
        return Held(talk["slug"], talk["subject"], talk["message"]["body"], fields, {}, notes, status)

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        self._say(remote, "agent@example.org", words, 0 if public else 1)

    def agent_sets(self, remote: str, status: str) -> None:
        self._touch(remote, status=self.words[status])


def _plain(html: str) -> str:
    text = html.removeprefix("<p>").removesuffix("</p>").replace("<br>", "\n")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def example() -> str:
    """The worked example of docs/team/connectors.md, as it stands there."""
    return re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[1]  # type: ignore[index]


@dataclass
class NotebookRig:
    can: frozenset[str] = frozenset({"find", "heard", "comment", "private"})
    fields: frozenset[str] = EVERY
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        made: dict[str, Any] = {}
        exec(compile(example(), str(PAGE), "exec"), made)
        self.folder = Path(tempfile.mkdtemp(prefix="notebook-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.desk = made["Notebook"](str(self.folder))

    def held(self, reference: str) -> list[Held]:
        page = self.folder / f"{reference}.json"
        if not page.exists():
            return []
        told = json.loads(page.read_text(encoding="utf-8"))
        fields = {**told["fields"], "tags": ", ".join(told["tags"])}
        notes = [(f"{note['text']}", note["public"]) for note in told["notes"]]
        return [Held(reference, f"{reference} {told['subject']}", told["body"], fields, {}, notes)]

    def agent_says(self, remote: str, words: str, *, public: bool) -> None: ...
    def agent_sets(self, remote: str, status: str) -> None: ...
