"""What we send to GitHub and Slack is what they publish: the contracts lie beside the repository, or the tests say so."""

import json

import pytest

from tests.connectors.standins.published import folder
from tests.http_server import Asked
from tests.second_line import contracts
from tests.second_line.conftest import Line
from tests.second_line.test_hooks import tell
from tests.second_line.test_urgent import PRESSING

pytestmark = pytest.mark.skipif(folder() is None, reason="no published contract lies beside the repository")
JSON = {"Content-Type": "application/json", "Authorization": "Bearer t"}


def test_every_call_of_the_loop_is_one_that_github_and_slack_publish(local_line: Line) -> None:
    """The stand-ins fail a test whose calls break a contract; this one sees that they were held against it."""
    before = contracts.checked.copy()
    local_line.request(**PRESSING)
    number = local_line.request()
    local_line.escalate(number)
    local_line.work()
    local_line.agent.post(f"/desk/tickets/{number}/second-line", data=local_line.form(step="search", query="forms"))
    tell(local_line, local_line.github.close(1))
    local_line.desk.clock.forward(minutes=16)
    local_line.work()
    asked = [(method, target.partition("?")[0].rpartition("/")[2]) for method, target, _ in local_line.github.asked]
    assert {("GET", "issues"), ("POST", "issues"), ("GET", "1"), ("GET", "comments")} <= set(asked)
    assert contracts.checked["github"] - before["github"] == len(asked)
    assert len(local_line.slack.posts) == 3, "told, told again in its thread, and to the next"
    assert contracts.checked["slack"] - before["slack"] == 3


@pytest.mark.parametrize(
    ("name", "target", "body"),
    [
        ("slack", "/api/chat.postMessage", {"text": "nobody is named"}),
        ("slack", "/api/chat.postMessage", {"channel": 7, "text": "words"}),
        ("slack", "/api/chat.remember", {"channel": "C1", "text": "words"}),
        ("github", "/repos/akvo/akvo-flow/issues", {"body": "no title"}),
        ("github", "/repos/akvo/akvo-flow/issues/1/comments", {"words": "no body"}),
    ],
)
def test_a_call_that_is_not_published_is_noticed(name: str, target: str, body: dict[str, object]) -> None:
    assert contracts.wrong(name, Asked("POST", target, JSON, json.dumps(body).encode()))
