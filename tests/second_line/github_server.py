"""The stand-in for GitHub that keeps its rules: who may ask, what an issue needs, pages, labels, deleted issues, signed hooks."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests import http_server
from tests.http_server import Asked
from tests.second_line import contracts

TOKEN, SECRET = "a token of the tests", "a hook secret of the tests"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
Answer = tuple[int, Any]


@dataclass
class GitHubServer:
    """One repository. `lose` answers are dropped after the work was done; `wrongs` is what broke a rule."""

    repository: str = "akvo/akvo-flow"
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=lambda: {"support", "bug", "question"})
    wrongs: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    lose: int = 0
    url: str = ""
    hook: str = ""
    ticks: int = 0
    start: datetime = START

    def now(self) -> str:
        self.ticks += 1
        return (self.start + timedelta(seconds=self.ticks)).isoformat().replace("+00:00", "Z")

    # What our connector asks.

    def answer(self, asked: Asked) -> http_server.Answer:
        status, told = self._answered(asked)
        lost = asked.method == "POST" and self.lose > 0
        self.lose -= lost
        return http_server.Answer(status, told, drop=lost)

    def _answered(self, asked: Asked) -> Answer:
        sent = json.loads(asked.body) if asked.body else None
        self.asked.append((asked.method, asked.target, sent))
        if problem := contracts.wrong("github", asked):
            self.wrongs.append(problem)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if not asked.headers.get("User-Agent"):
            self.wrongs.append("no User-Agent")
            return 403, {"message": "Request forbidden by administrative rules."}
        return self._routed(asked.method, urlsplit(asked.target).path, parse_qs(urlsplit(asked.target).query), sent)

    def _routed(self, method: str, path: str, query: dict[str, list[str]], sent: Any) -> Answer:
        root = f"/repos/{self.repository}"
        if path == "/search/issues":
            return 200, self._found(query["q"][0])
        if path == f"{root}/labels":
            return 200, [{"name": name} for name in sorted(self.labels)]
        if path == f"{root}/issues":
            return self.open_issue(sent) if method == "POST" else (200, self._listed(query))
        if path.startswith(f"{root}/issues/"):
            return self._one(method, path.removeprefix(f"{root}/issues/").split("/"), query, sent)
        return 404, {"message": "Not Found"}

    def open_issue(self, sent: Any) -> Answer:
        title, body, labels = sent.get("title"), sent.get("body") or "", sent.get("labels", [])
        if not isinstance(title, str) or not title or len(title) > 256 or len(body) > 65_536:
            return 422, {"message": "Validation Failed", "errors": [{"resource": "Issue", "field": "title", "code": "invalid"}]}
        self.labels |= set(labels)
        number, now = len(self.issues) + 1, self.now()
        self.issues[number] = {
            "number": number, "title": title, "body": body, "state": "open", "state_reason": None, "closed_at": None,
            "labels": [{"name": name} for name in labels], "milestone": None, "created_at": now, "updated_at": now,
            "html_url": f"https://github.com/{self.repository}/issues/{number}",
        }  # fmt: skip
        return 201, self.issues[number]

    def _listed(self, query: dict[str, list[str]]) -> list[Any]:
        wanted, since = set(query.get("labels", [""])[0].split(",")) - {""}, query.get("since", [""])[0]
        state, page, most = (
            query.get("state", ["open"])[0],
            int(query.get("page", ["1"])[0]),
            int(query.get("per_page", ["30"])[0]),
        )
        if most > 100:
            self.wrongs.append("more than 100 a page")
        fits = [
            issue for issue in self.issues.values()
            if wanted <= {label["name"] for label in issue["labels"]} and issue["updated_at"] >= since
            and state in ("all", issue["state"]) and issue["state"] != "gone"
        ]  # fmt: skip
        key = "updated_at" if query.get("sort", ["created"])[0] == "updated" else "created_at"
        fits.sort(key=lambda issue: issue[key], reverse=query.get("direction", ["desc"])[0] == "desc")
        return fits[(page - 1) * most : page * most]

    def _found(self, words: str) -> dict[str, Any]:
        plain = [word.lower() for word in words.split() if ":" not in word]
        fits = [issue for issue in self.issues.values() if any(word in issue["title"].lower() for word in plain)]
        return {"total_count": len(fits), "incomplete_results": False, "items": fits}

    def _one(self, method: str, steps: list[str], query: dict[str, list[str]], sent: Any) -> Answer:
        issue = self.issues.get(int(steps[0]))
        if issue is None:
            return 404, {"message": "Not Found"}
        if issue["state"] == "gone":
            return 410, {"message": "This issue was deleted"}
        if steps[1:] != ["comments"]:
            return 200, issue
        said = self.comments.setdefault(issue["number"], [])
        if method == "GET":
            since = query.get("since", [""])[0]
            return 200, [one for one in said if one["updated_at"] >= since]
        said.append({"id": 9000 + len(said), "body": sent["body"], "created_at": self.now(), "updated_at": self.now()})
        return 201, said[-1]

    # What developers do there. Each returns the payload of the hook, which `tell` sends.

    def close(self, number: int, reason: str = "completed", milestone: str = "") -> dict[str, Any]:
        issue = self.issues[number]
        issue.update(state="closed", state_reason=reason, closed_at=self.now(), updated_at=self.now())
        issue["milestone"] = {"title": milestone} if milestone else None
        return self.payload("closed", number)

    def reopen(self, number: int) -> dict[str, Any]:
        self.issues[number].update(state="open", state_reason="reopened", closed_at=None, updated_at=self.now())
        return self.payload("reopened", number)

    def label(self, number: int, name: str) -> dict[str, Any]:
        self.issues[number]["labels"].append({"name": name})
        self.issues[number]["updated_at"] = self.now()
        return {**self.payload("labeled", number), "label": {"name": name}}

    def comment(self, number: int, body: str) -> dict[str, Any]:
        said, now = self.comments.setdefault(number, []), self.now()
        said.append({"id": 9000 + number * 100 + len(said), "body": body, "created_at": now, "updated_at": now})
        self.issues[number]["updated_at"] = now
        return {**self.payload("created", number), "comment": dict(said[-1])}

    def transfer(self, number: int, repository: str, new: int) -> dict[str, Any]:
        url = f"https://github.com/{repository}/issues/{new}"
        self.issues[number]["updated_at"] = self.now()
        changes = {"new_issue": {"number": new, "html_url": url}, "new_repository": {"full_name": repository}}
        return {**self.payload("transferred", number), "changes": changes}

    def delete(self, number: int) -> dict[str, Any]:
        self.issues[number]["updated_at"] = self.now()
        told = self.payload("deleted", number)
        self.issues[number]["state"] = "gone"
        return told

    def payload(self, action: str, number: int) -> dict[str, Any]:
        issue = json.loads(json.dumps(self.issues[number]))
        return {
            "action": action,
            "issue": issue,
            "repository": {"full_name": self.repository, "private": False},
            "sender": {"login": "dev"},
        }

    def tell(self, payload: dict[str, Any], event: str = "issues") -> int:
        """Send a hook as GitHub does, and return the answer's status."""
        body = json.dumps(payload).encode()
        request = urllib.request.Request(self.hook, data=body, headers=signed(body, event), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def signed(body: bytes, event: str = "issues", delivery: str = "", secret: str = SECRET) -> dict[str, str]:
    """The headers of a hook."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


@contextmanager
def running(hook: str = "") -> Iterator[GitHubServer]:
    made = GitHubServer(hook=hook)
    with http_server.running(made.answer) as made.url:
        yield made
