"""Slack through its own client, against a local server: errors have their kind, and what was typed makes no mention."""

from collections.abc import Iterator

import pytest

from deflect_api.connectors.slack import Slack
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from tests.http_server import Answer
from tests.second_line import slack_server
from tests.second_line.slack_server import TOKEN, SlackServer


@pytest.fixture
def workspace() -> Iterator[SlackServer]:
    with slack_server.running() as made:
        yield made
        assert made.wrongs == []


def connect(workspace: SlackServer) -> Slack:
    return Slack(TOKEN, "C1", url=workspace.url)


def test_a_post_carries_its_key_and_what_follows_is_threaded(workspace: SlackServer) -> None:
    chat = connect(workspace)
    first = chat.post("1042", "Urgent <!channel> & more")
    chat.post("1042", "still open", thread=first)
    assert workspace.posts[0]["text"] == "Urgent &lt;!channel&gt; &amp; more\n1042"
    assert workspace.posts[0]["metadata"]["event_payload"] == {"key": "1042"}
    assert workspace.posts[1]["thread_ts"] == "1700000000.000001"
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
def test_each_refusal_has_its_kind(workspace: SlackServer, status: int, headers: dict[str, str], text: str, kind: type) -> None:
    workspace.answers = [Answer(status, text, headers)]
    with pytest.raises(kind) as caught:
        connect(workspace).post("1042", "words")
    assert caught.value.retry_after == (30 if status == 429 else None)


def test_a_line_that_cannot_be_made_sent_nothing() -> None:
    with pytest.raises(TemporaryFailure):
        Slack("xoxb-key", "C1", url="http://127.0.0.1:1/api/").post("1042", "words")
