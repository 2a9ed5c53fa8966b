"""GitHub issues. An opaque marker in the body ties an issue to us; it is found by listing, because search lags behind."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import httpx2

from deflect_api.connectors import Issue
from deflect_api.connectors._http import Api
from deflect_api.errors import PermanentFailure

VERSION = "2022-11-28"
PAGE = 100
TRIES = 3  # of each page: a list of many pages would hardly ever be read to its end on a line that loses answers


class GitHub:
    def __init__(
        self,
        repository: str,
        token: str,
        label: str = "support",
        url: str = "https://api.github.com",
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        headers = {
            "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION,
        }  # fmt: skip
        self._api = Api("GitHub", f"{url.rstrip('/')}/repos/{repository}", transport=transport, headers=headers)
        self._search = Api("GitHub", url, transport=transport, headers=headers)
        self.repository, self.label = repository, label

    def find(self, marker: str) -> Issue | None:
        """Return the oldest issue with our label whose body holds `marker`."""
        asked = {"labels": self.label, "state": "all", "sort": "created", "direction": "asc"}
        for issue in self._pages("issues", asked):
            if "pull_request" not in issue and _comment(marker) in (issue.get("body") or ""):
                return _issue(issue)
        return None

    def create(self, marker: str, title: str, body: str, labels: Sequence[str] = ()) -> Issue:
        """Create an issue with our label and `labels`, and read it back."""
        whole = {"title": title, "body": f"{body}\n\n{_comment(marker)}", "labels": [self.label, *labels]}
        made = _issue(self._api.send("POST", "issues", json=whole))
        kept = self.get(made.id)
        if self.label not in kept.labels:  # somebody who may not push creates issues whose labels are dropped
            raise PermanentFailure(f"GitHub made issue {made.id} without the label {self.label}: may our token triage?")
        return kept

    def comment(self, issue: str, key: str, body: str) -> str:
        """Add a comment once, and return its id: one that carries the key already is that comment."""
        for comment in self._pages(f"issues/{issue}/comments", {}):
            if _comment(key) in (comment.get("body") or ""):
                return str(comment["id"])
        made = self._api.send("POST", f"issues/{issue}/comments", json={"body": f"{body}\n\n{_comment(key)}"})
        return str(made["id"])

    def get(self, issue: str) -> Issue:
        return _issue(self._api.get(f"issues/{issue}"))

    def search(self, words: str, most: int = 10) -> list[Issue]:
        """List issues that have these words, the best first. Search lags behind: it is for people, never to find our own."""
        plain = " ".join(re.findall(r"[^\W_]+", words))[:200]
        asked = {"q": f"repo:{self.repository} is:issue {plain}", "per_page": most}
        found = self._search.get("search/issues", params=asked)
        return [_issue(issue) for issue in found.get("items", ())]

    def changed(self, since: datetime) -> Iterator[dict[str, Any]]:
        """List the issues that changed at or after `since`, as GitHub tells them, the oldest change first."""
        asked = {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ"), "state": "all", "sort": "updated", "direction": "asc"}
        return (issue for issue in self._pages("issues", asked) if "pull_request" not in issue)

    def comments(self, issue: str, since: datetime) -> Iterator[dict[str, Any]]:
        """List the comments of an issue that changed at or after `since`, as GitHub tells them."""
        return self._pages(f"issues/{issue}/comments", {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def check(self) -> str:
        names = {label["name"] for label in self._pages("labels", {})}
        if self.label not in names:
            raise PermanentFailure(f"{self.repository} has no label {self.label}. Make it, so that our issues are found again.")
        return f"GitHub, {self.repository}, label {self.label}"

    def close(self) -> None:
        self._api.close()
        self._search.close()

    def _pages(self, path: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        number = 1
        while True:
            page = self._api.get(path, tries=TRIES, params={**asked, "per_page": PAGE, "page": number})
            yield from page
            if len(page) < PAGE:
                return
            number += 1


def _comment(marker: str) -> str:
    return f"<!-- ref:{marker} -->"


def _issue(told: dict[str, Any]) -> Issue:
    labels = tuple(label if isinstance(label, str) else str(label["name"]) for label in told.get("labels", ()))
    return Issue(str(told["number"]), str(told["html_url"]), str(told["state"]), str(told["title"]), labels)
