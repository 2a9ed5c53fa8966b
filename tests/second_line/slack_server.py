"""The stand-in for Slack's Web API: it takes posts and keeps them, and checks each call against the published contract."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests import http_server
from tests.http_server import Answer, Asked
from tests.second_line import contracts

TOKEN = "xoxb-of-the-tests"


@dataclass
class SlackServer:
    """`answers` are given instead of its own, the first one first; `wrongs` is what broke a rule."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    origin: str = ""

    @property
    def url(self) -> str:
        return f"{self.origin}/api/"

    def answer(self, asked: Asked) -> Answer:
        # Slack's own client asks auth.test by POST; the description of 2021 has GET alone.
        if asked.target != "/api/auth.test" and (problem := contracts.wrong("slack", asked)):
            self.wrongs.append(problem)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer(200, {"ok": False, "error": "invalid_auth"})
        if asked.target == "/api/auth.test":
            return Answer(200, {"ok": True, "user": "deflect", "team": "Example"})
        return self._post(asked.target, json.loads(asked.body))

    def _post(self, target: str, sent: dict[str, Any]) -> Answer:
        if target != "/api/chat.postMessage" or not sent.get("channel") or not sent.get("text"):
            self.wrongs.append(f"{target} {sent}")
            return Answer(200, {"ok": False, "error": "invalid_arguments"})
        self.posts.append(sent)
        told = {"ok": True, "channel": sent["channel"], "ts": f"1700000000.{len(self.posts):06}"}
        return self.answers.pop(0) if self.answers else Answer(200, told)


@contextmanager
def running() -> Iterator[SlackServer]:
    made = SlackServer()
    with http_server.running(made.answer) as made.origin:
        yield made
