"""Request Tracker and Redmine as seen from their own side, by an agent's account and never through the connector."""

import base64
import hashlib
import os
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx2

from deflect_api.connectors.contract import Held
from deflect_api.connectors.redmine import Redmine
from deflect_api.connectors.rt import RequestTracker

RT_URL = os.environ.get("SOAK_RT", "http://127.0.0.1:8091")
REDMINE_URL = os.environ.get("SOAK_REDMINE", "http://127.0.0.1:8092")
ALL = frozenset({"find", "heard", "comment", "changes", "files", "private"})
EVERY = frozenset({"product", "severity", "type", "instance", "reference", "priority", "tags"})


def fresh_reference() -> str:
    """Digits that no run before this one used."""
    return str(1_000_000_000 + uuid.uuid4().int % 1_000_000_000)


def _key(login: str) -> str:
    return hashlib.sha1(f"soak-{login}".encode(), usedforsecurity=False).hexdigest()


RT_SETTINGS: dict[str, Any] = {
    "user": "deflect", "password": "soak-api-password", "queue": "Support", "tags_field": "tags",
    "fields": {"product": "product", "severity": "severity", "type": "request_type", "instance": "instance"},
}  # fmt: skip
REDMINE_SETTINGS: dict[str, Any] = {
    "key": _key("deflect"), "project": "support", "reference_field": 1, "tracker": "Support", "tags_field": 6,
    "fields": {"product": 2, "severity": 3, "type": 4, "instance": 5},
}  # fmt: skip


def rt_connector(mails: str = "us", transport: httpx2.BaseTransport | None = None, **changes: Any) -> RequestTracker:
    return RequestTracker(RT_URL, **{**RT_SETTINGS, **changes}, mails=mails, transport=transport)


@dataclass
class RtRig:
    """Fields of the queue by our names."""

    desk: RequestTracker
    can: frozenset[str] = ALL
    fields: frozenset[str] = EVERY
    words: ClassVar = {"open": "open", "pending": "stalled", "solved": "resolved", "closed": "rejected"}

    def __post_init__(self) -> None:
        self.agent = httpx2.Client(base_url=f"{RT_URL}/REST/2.0/", auth=("agent", "soak-agent-password"), timeout=30)

    fresh_reference = staticmethod(fresh_reference)

    def ids(self, reference: str) -> list[str]:
        titled = f"Queue = 'Support' AND Subject LIKE '[{reference}]' AND Status != 'rejected'"
        claimed = f"Queue = 'Support' AND CF.{{external_ref}} = '{reference}'"
        both = [self._get("tickets", query=query, per_page=100)["items"] for query in (titled, claimed)]
        return sorted({item["id"] for items in both for item in items}, key=int)

    def held(self, reference: str) -> list[Held]:
        return [self._held(number) for number in self.ids(reference)]

    def _held(self, number: str) -> Held:
        ticket = self._get(f"ticket/{number}")
        fields = {field["name"]: ", ".join(field["values"]) for field in ticket["CustomFields"]}
        priority = {100: "urgent", 70: "high", 50: "normal", 20: "low"}[int(ticket["Priority"])]
        named = {"type": fields["request_type"], "reference": fields["external_ref"], "priority": priority}
        status = {"new": "new", **{theirs: ours for ours, theirs in self.words.items()}}[ticket["Status"]]
        made = Held(number, ticket["Subject"], "", {**fields, **named}, status=status)
        for entry in self._get(f"ticket/{number}/history", fields="Type", per_page=100)["items"]:
            if entry["Type"] in ("Create", "Comment", "Correspond"):
                self._read(made, entry)
        return made

    def _read(self, made: Held, entry: dict[str, Any]) -> None:
        texts = []
        for part in self._get(f"transaction/{entry['id']}/attachments", fields="ContentType")["items"]:
            whole = self._get(f"attachment/{part['id']}")
            content = base64.b64decode(whole.get("Content") or "")
            if whole.get("Filename"):
                made.files[whole["Filename"]] = content
            elif content:
                texts.append(content.decode())
        if entry["Type"] == "Create":
            made.body = texts[0]
        else:
            made.notes.append(("\n".join(texts), entry["Type"] == "Correspond"))

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        verb = "correspond" if public else "comment"
        self.agent.post(f"ticket/{remote}/{verb}", json={"ContentType": "text/plain", "Content": words}).raise_for_status()

    def agent_sets(self, remote: str, status: str) -> None:
        self.agent.put(f"ticket/{remote}", json={"Status": self.words[status]}).raise_for_status()

    def _get(self, path: str, **asked: Any) -> Any:
        return self.agent.get(path, params=asked).raise_for_status().json()


def redmine_connector(transport: httpx2.BaseTransport | None = None, **changes: Any) -> Redmine:
    return Redmine(REDMINE_URL, **{**REDMINE_SETTINGS, **changes}, transport=transport)


@dataclass
class RedmineRig:
    desk: Redmine
    can: frozenset[str] = ALL
    fields: frozenset[str] = EVERY
    words: ClassVar = {"open": "In Progress", "pending": "Feedback", "solved": "Resolved", "closed": "Closed"}

    def __post_init__(self) -> None:
        headers = {"X-Redmine-API-Key": _key("agent")}
        self.agent = httpx2.Client(base_url=REDMINE_URL, headers=headers, timeout=30)

    fresh_reference = staticmethod(fresh_reference)

    def ids(self, reference: str) -> list[str]:
        asked = {"project_id": "support", "status_id": "*", "limit": 100, "subject": f"~[{reference}]"}
        return [str(issue["id"]) for issue in self._get("/issues.json", **asked)["issues"]]

    def held(self, reference: str) -> list[Held]:
        return [self._held(number) for number in self.ids(reference)]

    def _held(self, number: str) -> Held:
        issue = self._get(f"/issues/{number}.json", include="journals,attachments")["issue"]
        fields = {field["name"]: field["value"] for field in issue["custom_fields"]}
        named = {"type": fields["request_type"], "priority": issue["priority"]["name"].lower()}
        status = {"New": "new", **{theirs: ours for ours, theirs in self.words.items()}}[issue["status"]["name"]]
        files = {
            file["filename"]: self.agent.get(file["content_url"]).raise_for_status().content for file in issue["attachments"]
        }
        notes = [(entry["notes"], not entry["private_notes"]) for entry in issue["journals"] if entry["notes"]]
        return Held(number, issue["subject"], issue["description"], {**fields, **named}, files, notes, status)

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        self._put(remote, notes=words, private_notes=not public)

    def agent_sets(self, remote: str, status: str) -> None:
        known = {entry["name"]: entry["id"] for entry in self._get("/issue_statuses.json")["issue_statuses"]}
        self._put(remote, status_id=known[self.words[status]])

    def _file(self, address: str) -> bytes:
        return self.agent.get(address).raise_for_status().content

    def _put(self, remote: str, **change: Any) -> None:
        self.agent.put(f"/issues/{remote}.json", json={"issue": change}).raise_for_status()

    def _get(self, path: str, **asked: Any) -> Any:
        return self.agent.get(path, params=asked).raise_for_status().json()
