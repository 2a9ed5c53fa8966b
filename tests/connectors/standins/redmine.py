"""Redmine in memory: it ignores a filter and drops a field it does not know, and an upload token serves once."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2

from deflect_api.connectors.contract import Held
from deflect_api.connectors.redmine import Redmine
from tests.connectors.standins import ALL, EVERY, Faulty, answer, asked, fresh_reference, sent, ticking

FIELDS = {1: "reference", 2: "product", 3: "severity", 4: "request_type", 5: "instance", 6: "tags"}
STATES = ("New", "In Progress", "Feedback", "Resolved", "Closed")
PRIORITIES = ("Low", "Normal", "High", "Urgent")


def named(group: str, names: tuple[str, ...]) -> dict[str, Any]:
    return {group: [{"id": number, "name": name} for number, name in enumerate(names, 1)]}


@dataclass
class Bench:
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()  # fields that this Redmine does not have
    lists: dict[int, tuple[str, ...]] = field(default_factory=dict)
    closes: bool = True  # whether its workflow lets our user change states

    def __post_init__(self) -> None:
        self.now = ticking()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        known = request.headers.get("x-redmine-api-key") == "key"
        path = request.url.path
        if path == "/users/current.json":
            return answer(200, {"user": {"login": "deflect"}}) if known else answer(401)
        for pattern, does in ROUTES:
            found = re.fullmatch(pattern, f"{request.method} {path}")
            if found:
                return does(self, request, *found.groups())
        return answer(404)

    def project(self, _: httpx2.Request, name: str) -> httpx2.Response:
        return answer(200, {"project": {"trackers": [{"id": 1, "name": "Support"}]}}) if name == "support" else answer(404)

    def upload(self, request: httpx2.Request) -> httpx2.Response:
        token = f"{len(self.uploads) + 1}.token"
        self.uploads[token] = (asked(request)["filename"], request.content)
        return answer(201, {"upload": {"token": token}})

    def create(self, request: httpx2.Request) -> httpx2.Response:
        given, number = sent(request)["issue"], str(len(self.issues) + 1)
        files = self._files(given)
        if files is None:
            return answer(422, {"errors": ["Upload token is invalid"]})
        values = {each["id"]: each["value"] for each in given["custom_fields"] if each["id"] not in self.unknown}
        kept = {n: v for n, v in values.items() if n not in self.lists or v in self.lists[n]}
        self.issues[number] = {
            "id": int(number), "subject": given["subject"], "description": given["description"].replace("\n", "\r\n"),
            "fields": kept, "status": "New", "priority": PRIORITIES[given["priority_id"] - 1], "journals": [],
            "updated_on": self._stamp(), "files": files,
        }  # fmt: skip
        return answer(201, {"issue": self._shown(number)})

    def _files(self, given: dict[str, Any]) -> dict[str, bytes] | None:
        tokens = [each["token"] for each in given.get("uploads", ())]
        if any(token not in self.uploads for token in tokens):
            return None
        return dict(self.uploads.pop(token) for token in tokens)

    def _shown(self, number: str) -> dict[str, Any]:
        issue = self.issues[number]
        fields = [
            {"id": n, "name": name, "value": issue["fields"].get(n, "")} for n, name in FIELDS.items() if n not in self.unknown
        ]
        return {
            **{k: v for k, v in issue.items() if k not in ("fields", "files")},
            "custom_fields": fields,
            "status": {"name": issue["status"]},
        }

    def _stamp(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%SZ}"

    def show(self, _: httpx2.Request, number: str) -> httpx2.Response:
        return answer(200, {"issue": self._shown(number)})

    def search(self, request: httpx2.Request) -> httpx2.Response:
        found = [self._shown(number) for number in self.issues]
        if asked(request).get("status_id") != "*":
            found = [issue for issue in found if issue["status"]["name"] != "Closed"]
        for name, value in asked(request).items():
            if name.startswith("cf_") and int(name[3:]) in FIELDS and int(name[3:]) not in self.unknown:
                found = [one for one in found if self.issues[str(one["id"])]["fields"].get(int(name[3:])) == value]
            if name == "updated_on":
                found = [issue for issue in found if issue["updated_on"] >= value.removeprefix(">=")]
        found.sort(key=lambda issue: issue["updated_on"] if "updated_on" in asked(request).get("sort", "") else issue["id"])
        return answer(200, {"issues": found[: int(asked(request).get("limit", 25))], "total_count": len(found)})

    def statuses(self, _: httpx2.Request) -> httpx2.Response:
        listed = named("issue_statuses", STATES)["issue_statuses"]
        return answer(200, {"issue_statuses": [{**one, "is_closed": one["name"] == "Closed"} for one in listed]})

    def change(self, request: httpx2.Request, number: str) -> httpx2.Response:
        return self.apply(number, sent(request)["issue"], "deflect")

    def apply(self, number: str, given: dict[str, Any], who: str) -> httpx2.Response:
        issue, files = self.issues[number], self._files(given)
        if files is None:
            return answer(422, {"errors": ["Upload token is invalid"]})
        issue["files"] |= files
        if "status_id" in given and (self.closes or who != "deflect"):
            issue["status"] = STATES[given["status_id"] - 1]
        issue["updated_on"] = self._stamp()
        private = bool(given.get("private_notes"))
        entry = {"id": sum(len(one["journals"]) for one in self.issues.values()) + 1, "user": {"name": who}}
        issue["journals"].append(
            {**entry, "notes": given.get("notes", ""), "created_on": self._stamp(), "private_notes": private}
        )
        issue["updated_on"] = self._stamp()
        return answer(204)


ROUTES = (
    (r"GET /projects/(\w+)\.json", Bench.project),
    (r"POST /uploads\.json", Bench.upload),
    (r"POST /issues\.json", Bench.create),
    (r"GET /issues\.json", Bench.search),
    (r"GET /issues/(\d+)\.json", Bench.show),
    (r"PUT /issues/(\d+)\.json", Bench.change),
    (r"GET /issue_statuses\.json", Bench.statuses),
    (r"GET /enumerations/issue_priorities\.json", lambda *_: answer(200, named("issue_priorities", PRIORITIES))),
    (r"GET /trackers\.json", lambda *_: answer(200, named("trackers", ("Support",)))),
)


@dataclass
class RedmineRig:
    there: Bench = field(default_factory=Bench)
    can: frozenset[str] = ALL
    fields: frozenset[str] = EVERY
    words: ClassVar = {"open": "In Progress", "pending": "Feedback", "solved": "Resolved", "closed": "Closed"}
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        self.line = Faulty(httpx2.MockTransport(self.there))
        self.desk = self.connect()

    def connect(self, **changes: Any) -> Redmine:
        fields = {"product": 2, "severity": 3, "type": 4, "instance": 5}
        settings = {
            "key": "key",
            "project": "support",
            "reference_field": 1,
            "tracker": "Support",
            "tags_field": 6,
            "fields": fields,
        }
        return Redmine("http://redmine.example.org", **{**settings, **changes}, transport=self.line)

    def held(self, reference: str) -> list[Held]:
        return [self._held(one) for one in self.there.issues.values() if f"[{reference}]" in one["subject"]]

    def _held(self, issue: dict[str, Any]) -> Held:
        fields = {FIELDS[number]: value for number, value in issue["fields"].items()}
        named = {"type": fields.get("request_type", ""), "priority": issue["priority"].lower()}
        status = {theirs: ours for ours, theirs in {"new": "New", **self.words}.items()}[issue["status"]]
        notes = [(entry["notes"], not entry["private_notes"]) for entry in issue["journals"] if entry["notes"]]
        body = issue["description"].replace("\r", "")
        return Held(str(issue["id"]), issue["subject"], body, {**fields, **named}, dict(issue["files"]), notes, status)

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        self.there.apply(remote, {"notes": words, "private_notes": not public}, "agent")

    def agent_sets(self, remote: str, status: str) -> None:
        self.there.apply(remote, {"status_id": STATES.index(self.words[status]) + 1}, "agent")
