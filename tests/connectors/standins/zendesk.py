"""Zendesk in memory, each call and answer checked against the published contract where it is at hand."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2

from deflect_api.connectors.contract import Held
from deflect_api.connectors.zendesk import Zendesk
from tests.connectors.standins import ALL, EVERY, Faulty, answer, asked, fresh_reference, sent, ticking
from tests.connectors.standins.published import Published

FIELDS = {101: "product", 102: "severity", 103: "type", 104: "instance", 105: "priority", 106: "reference"}
LISTS = {101: ("flow", "rsr", "lumen")}
DEFLECT, AGENT = 1, 2


@dataclass
class Bench:
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    comments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    anonymous: bool = False
    answers_keys: bool = True
    keeps_references: bool = True

    def __post_init__(self) -> None:
        self.now = ticking()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/api/v2/")
        if path == "users/me":
            return answer(
                200, {"user": {"id": 0 if self.anonymous else DEFLECT, "email": None if self.anonymous else "d@example.org"}}
            )
        for pattern, does in ROUTES:
            found = re.fullmatch(pattern, f"{request.method} {path}")
            if found:
                return does(self, request, *found.groups())
        return answer(404, {"error": "RecordNotFound"})

    def create(self, request: httpx2.Request) -> httpx2.Response:
        key = request.headers.get("idempotency-key", "")
        if self.answers_keys and key in self.seen:
            return answer(201, {"ticket": self.tickets[self.seen[key]]}, **{"x-idempotency-lookup": "hit"})
        given, number = sent(request)["ticket"], str(len(self.tickets) + 1)
        self.seen[key] = number
        fields = [{"id": n, "value": ""} for n in FIELDS]
        for each in given["custom_fields"]:
            if each["value"] in LISTS.get(each["id"], (each["value"],)):
                fields[list(FIELDS).index(each["id"])]["value"] = each["value"]
        self.tickets[number] = {
            "id": int(number), "external_id": given["external_id"] if self.keeps_references else "",
            "subject": given["subject"], "status": "new",
            "priority": given["priority"], "type": given["type"], "tags": given["tags"], "custom_fields": fields,
            "requester_id": DEFLECT, "updated_at": self._stamp(),
        }  # fmt: skip
        self.comments[number] = []
        self.say(number, DEFLECT, given["comment"])
        return answer(201, {"ticket": self.tickets[number]}, **{"x-idempotency-lookup": "miss"})

    def _stamp(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%SZ}"

    def say(self, number: str, who: int, given: dict[str, Any]) -> None:
        files = [self.uploads[token] for token in given.get("uploads", ())]
        said = {
            "id": sum(len(each) for each in self.comments.values()) + 1, "author_id": who, "public": given["public"],
            "body": given["body"], "plain_body": given["body"], "created_at": self._stamp(),
        }  # fmt: skip
        self.comments[number].append({**said, "_files": files})
        self.touch(number)

    def touch(self, number: str) -> None:
        self.tickets[number]["updated_at"] = self._stamp()
        self.log.append(number)

    def search(self, request: httpx2.Request) -> httpx2.Response:
        wanted = asked(request).get("external_id")
        return answer(200, {"tickets": [each for each in self.tickets.values() if each["external_id"] == wanted]})

    def show(self, _: httpx2.Request, number: str) -> httpx2.Response:
        return answer(200, {"ticket": self.tickets[number]})

    def change(self, request: httpx2.Request, number: str) -> httpx2.Response:
        given = sent(request)["ticket"]
        if "status" in given:
            self.tickets[number]["status"] = given["status"]
        self.say(number, DEFLECT, given["comment"])
        return answer(200, {"ticket": self.tickets[number]})

    def comments_of(self, _: httpx2.Request, number: str) -> httpx2.Response:
        shown = [{k: v for k, v in each.items() if k != "_files"} for each in self.comments[number]]
        return answer(200, {"comments": shown, "next_page": None})

    def upload(self, request: httpx2.Request) -> httpx2.Response:
        token = f"token{len(self.uploads) + 1}"
        self.uploads[token] = (asked(request)["filename"], request.content)
        return answer(201, {"upload": {"token": token}})

    def since(self, request: httpx2.Request) -> httpx2.Response:
        start = int(asked(request).get("cursor", "0"))
        changed = list(dict.fromkeys(self.log[start:]))
        page = {"tickets": [self.tickets[n] for n in changed], "after_cursor": str(len(self.log)), "end_of_stream": True}
        return answer(200, {**page, "after_url": None, "before_cursor": None, "before_url": None})


ROUTES = (
    (r"POST tickets", Bench.create),
    (r"GET tickets", Bench.search),
    (r"GET tickets/(\d+)", Bench.show),
    (r"PUT tickets/(\d+)", Bench.change),
    (r"GET tickets/(\d+)/comments", Bench.comments_of),
    (r"POST uploads", Bench.upload),
    (r"GET incremental/tickets/cursor", Bench.since),
)


@dataclass
class ZendeskRig:
    there: Bench = field(default_factory=Bench)
    can: frozenset[str] = ALL
    fields: frozenset[str] = EVERY
    fresh_reference = staticmethod(fresh_reference)
    words: ClassVar = {"open": "open", "pending": "pending", "solved": "solved", "closed": "closed"}

    def __post_init__(self) -> None:
        self.published = Published("zendesk", httpx2.MockTransport(self.there), unknown=("/api/v2/users/me",))
        self.line = Faulty(self.published)
        self.desk = self.connect()

    def connect(self, **changes: Any) -> Zendesk:
        fields = {name: number for number, name in FIELDS.items()}
        settings = {"user": "d@example.org", "token": "key", "fields": fields}
        return Zendesk("https://example.zendesk.com", **{**settings, **changes}, transport=self.line)

    def held(self, reference: str) -> list[Held]:
        return [self._held(one) for one in self.there.tickets.values() if one["external_id"] == reference]

    def _held(self, ticket: dict[str, Any]) -> Held:
        first, *rest = self.there.comments[str(ticket["id"])]
        fields = {FIELDS[each["id"]]: each["value"] or "" for each in ticket["custom_fields"]}
        files = {name: content for comment in (first, *rest) for name, content in comment["_files"]}
        notes = [(comment["body"], comment["public"]) for comment in rest]
        body = first["body"]
        more = {"tags": ", ".join(ticket["tags"])}
        return Held(str(ticket["id"]), ticket["subject"], body, {**fields, **more}, files, notes, ticket["status"])

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        self.there.say(remote, AGENT, {"body": words, "public": public})

    def agent_sets(self, remote: str, status: str) -> None:
        self.there.tickets[remote]["status"] = status
        self.there.touch(remote)
