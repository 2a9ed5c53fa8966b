"""Slack through its own client, against a local server: errors have their kind, and what was typed makes no mention."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deflect_api.connectors.slack import Slack
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome


@dataclass
class Workspace:
    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)

    def chat(self) -> Slack:
        return Slack("xoxb-key", "C1", url=self.url)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    made = Workspace()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path.endswith("chat.postMessage"):
                made.posts.append(json.loads(body))
            answer = {"ok": True, "ts": f"{len(made.posts)}.0001", "user": "deflect", "team": "Example"}
            status, headers, text = made.answers.pop(0) if made.answers else (200, {}, json.dumps(answer))
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_post_carries_its_key_and_what_follows_is_threaded(workspace: Workspace) -> None:
    chat = workspace.chat()
    first = chat.post("1042", "Urgent <!channel> & more")
    chat.post("1042", "still open", thread=first)
    assert workspace.posts[0]["text"] == "Urgent &lt;!channel&gt; &amp; more\n1042"
    assert workspace.posts[0]["metadata"]["event_payload"] == {"key": "1042"}
    assert workspace.posts[1]["thread_ts"] == "1.0001"
    assert chat.check() == "Slack as deflect, team Example"


@pytest.mark.parametrize(
    ("status", "headers", "text", "kind"),
    [
        (429, {"Retry-After": "30"}, '{"ok": false, "error": "ratelimited"}', TemporaryFailure),
        (200, {}, '{"ok": false, "error": "invalid_auth"}', TemporaryFailure),
        (200, {}, '{"ok": false, "error": "channel_not_found"}', PermanentFailure),
        (200, {}, '{"ok": false, "error": "internal_error"}', UnknownOutcome),
        (503, {}, "{}", UnknownOutcome),
    ],
)
def test_each_refusal_has_its_kind(workspace: Workspace, status: int, headers: dict[str, str], text: str, kind: type) -> None:
    workspace.answers = [(status, headers, text)]
    with pytest.raises(kind) as caught:
        workspace.chat().post("1042", "words")
    assert caught.value.retry_after == (30 if status == 429 else None)


def test_a_line_that_cannot_be_made_sent_nothing() -> None:
    with pytest.raises(TemporaryFailure):
        Slack("xoxb-key", "C1", url="http://127.0.0.1:1/api/").post("1042", "words")
