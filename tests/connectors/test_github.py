"""GitHub against a stand-in whose calls and answers keep to the published contract: found by listing, never made twice."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from deflect_api.connectors.github import GitHub
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from tests.connectors.standins import Faulty, answer, asked, sent
from tests.connectors.standins.published import Published

ROOT = "/repos/example/flow"
ADDRESSES = (
    "url", "html_url", "followers_url", "following_url", "gists_url", "starred_url", "subscriptions_url", "organizations_url",
    "repos_url", "events_url", "received_events_url", "avatar_url",
)  # fmt: skip
USER = {
    **dict.fromkeys(ADDRESSES, "https://x.example.org/u"),
    "login": "deflect", "id": 1, "node_id": "U", "gravatar_id": "", "type": "User", "site_admin": False,
}  # fmt: skip


@dataclass
class Tracker:
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    labels: tuple[str, ...] = ("support",)
    may_label: bool = True

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path, verb = request.url.path.removeprefix(ROOT), request.method
        if path == "/labels":
            return answer(200, [self._label(name) for name in self.labels])
        if (verb, path) == ("GET", "/issues"):
            number, size = int(asked(request)["page"]), int(asked(request)["per_page"])
            return answer(200, self.issues[(number - 1) * size : number * size])
        if (verb, path) == ("POST", "/issues"):
            self.issues.append(self._issue(sent(request)))
            return answer(201, self.issues[-1])
        number = int(re.findall(r"\d+", path)[0])
        if path.endswith("/comments"):
            return self._comments(request, number)
        return answer(200, self.issues[number - 1])

    def _comments(self, request: httpx2.Request, number: int) -> httpx2.Response:
        if request.method == "GET":
            return answer(200, [each for each in self.comments if each["issue_url"].endswith(f"/{number}")])
        address = f"https://api.github.com{ROOT}/issues/{number}"
        at = {"created_at": "2026-11-23T09:00:00Z", "updated_at": "2026-11-23T09:00:00Z"}
        made = {"id": len(self.comments) + 1, "node_id": "C", "issue_url": address, "html_url": address, "url": address, **at}
        self.comments.append({**made, "body": sent(request)["body"], "user": USER, "author_association": "NONE"})
        return answer(201, self.comments[-1])

    def _label(self, name: str) -> dict[str, Any]:
        address = "https://x.example.org/l"
        return {"id": 1, "node_id": "L", "url": address, "name": name, "description": "", "color": "ededed", "default": False}

    def _issue(self, given: dict[str, Any]) -> dict[str, Any]:
        number = len(self.issues) + 1
        address = f"https://api.github.com{ROOT}/issues/{number}"
        urls = dict.fromkeys(("url", "repository_url", "labels_url", "comments_url", "events_url", "html_url"), address)
        names = given["labels"] if self.may_label else []
        at = {"created_at": "2026-11-23T09:00:00Z", "updated_at": "2026-11-23T09:00:00Z", "closed_at": None}
        plain = {
            "id": number,
            "node_id": "I",
            "number": number,
            "state": "open",
            "locked": False,
            "comments": 0,
            "milestone": None,
        }
        people = {"user": USER, "assignee": None, "assignees": [], "author_association": "NONE"}
        labels = [self._label(name) for name in names]
        return {**urls, **at, **plain, **people, "title": given["title"], "body": given["body"], "labels": labels}


@dataclass
class Line:
    there: Tracker = field(default_factory=Tracker)

    def __post_init__(self) -> None:
        self.line = Faulty(Published("github", httpx2.MockTransport(self.there)))
        self.tracker = GitHub("example/flow", "key", transport=self.line)


@pytest.fixture
def line() -> Line:
    return Line()


def test_an_issue_is_found_by_its_marker_on_whatever_page_it_stands(line: Line) -> None:
    made = [line.tracker.create(f"m{number}", "title", "words") for number in range(103)]
    assert line.tracker.find("m102") == made[102]
    assert line.tracker.find("m1") == made[1]
    assert line.tracker.find("m10") == made[10]
    assert line.tracker.find("m103") is None


@pytest.mark.parametrize("faults", [["lost answer"] * 3, [None, "lost answer"], [None, None, "lost answer"]])
def test_a_lost_answer_makes_no_second_issue(line: Line, faults: list[str | None]) -> None:
    line.line.faults = [*faults]
    with pytest.raises((TemporaryFailure, UnknownOutcome)):
        assert line.tracker.find("m") or line.tracker.create("m", "title", "words")
    assert line.tracker.find("m") or line.tracker.create("m", "title", "words")
    assert len(line.there.issues) == 1


def test_a_page_of_the_list_whose_answer_was_lost_is_asked_for_again(line: Line) -> None:
    made = [line.tracker.create(f"m{n}", f"title {n}", "words") for n in range(101)]
    line.line.faults = ["lost answer", None, "lost answer", "lost answer"]
    line.line.calls.clear()
    assert line.tracker.find("m100") == made[100]
    assert len(line.line.calls) == 5


def test_a_comment_is_made_once_under_its_key(line: Line) -> None:
    issue = line.tracker.create("m", "title", "words")
    line.line.faults = [None, "lost answer"]
    with pytest.raises(UnknownOutcome):
        line.tracker.comment(issue.id, "1042-3", "more words")
    assert line.tracker.comment(issue.id, "1042-3", "more words") == "1"
    assert line.tracker.comment(issue.id, "1042-30", "other words") == "2"


def test_a_spent_limit_is_waited_for(line: Line) -> None:
    line.line.faults = [httpx2.Response(403, json={"message": "rate limit"}, headers={"retry-after": "60"})]
    with pytest.raises(TemporaryFailure) as caught:
        line.tracker.find("m")
    assert caught.value.retry_after == 60


def test_a_label_that_is_not_kept_or_not_there_is_told(line: Line) -> None:
    assert line.tracker.check() == "GitHub, example/flow, label support"
    line.there.may_label = False
    with pytest.raises(PermanentFailure, match="label"):
        line.tracker.create("m", "title", "words")
    line.there.labels = ()
    with pytest.raises(PermanentFailure, match="no label support"):
        line.tracker.check()


def test_the_marker_shows_nothing_on_the_page(line: Line) -> None:
    line.tracker.create("m", "title", "words")
    assert json.dumps(line.there.issues[0]["body"]) == json.dumps("words\n\n<!-- ref:m -->")
