"""A desk connected to the stand-ins of GitHub and Slack, with an agent signed in."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from deflect_api.app import create_app, handlers
from deflect_api.config.second_line import Escalate, Inbound, Urgent
from deflect_api.delivery.relay import Relay
from deflect_api.desk.people import accounts
from deflect_api.store.db import Database
from tests.conftest import Desk
from tests.second_line import github_server, slack_server
from tests.second_line.github_server import GitHubServer
from tests.second_line.slack_server import SlackServer

PASSWORD = "correct horse battery"


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with github_server.running() as made:
        yield made
        assert made.wrongs == []


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server.running() as made:
        yield made
        assert made.wrongs == []


@dataclass
class Line:
    """The desk, its outside, and an agent's browser."""

    desk: Desk
    github: GitHubServer
    slack: SlackServer
    agent: FlaskClient

    def work(self) -> None:
        """Carry out all that is owed now."""
        while self.desk.relay.run_once():
            pass

    def form(self, **values: Any) -> dict[str, Any]:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.agent.get("/desk/").text)
        assert token
        return {"form_token": token[1], **values}

    def request(self, **changes: Any) -> str:
        """Send a request and return its number."""
        return str(self.desk.send(**changes).json["reference"])

    def escalate(self, number: str, hide: tuple[str, ...] = (), **values: Any) -> Any:
        """Open the issue as an agent does: look, take names out, look again, send."""
        address = f"/desk/tickets/{number}/second-line"
        page = self.agent.get(address).text
        if hide:
            page = self.agent.post(address, data=self.form(step="look", hide=list(hide), **_texts(page))).text
        form = self.form(step="send", read="on", label=["bug"], hide=list(hide), **{**_texts(page), **values})
        return self.agent.post(f"/desk/tickets/{number}/second-line", data=form)


def _texts(page: str) -> dict[str, str]:
    return {name: _value(page, name) for name in ("title", "actual", "expected", "steps", "version", "device")}


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?(?:value="([^"]*)"|>([^<]*)</textarea>)', page)
    assert found, name
    return html.unescape(found[1] or found[2] or "")


@pytest.fixture
def connected(settings: Any, github: GitHubServer, slack: SlackServer) -> Any:
    """Settings with both connected, and a mailbox named."""
    escalate = Escalate(
        settings={"token": github_server.TOKEN, "url": github.url},
        repositories={"flow": "akvo/akvo-flow"},
        hook_secret=github_server.SECRET,
    )
    urgent = Urgent(settings={"token": slack_server.TOKEN, "url": slack.url}, line={"flow": ("C-FLOW", "U-NEXT")}, minutes=15)
    inbound = Inbound(host="imap.example.org", staff_domains=("staff.example.org",))
    return replace(
        settings, support=settings.support.model_copy(update={"escalate": escalate, "urgent": urgent, "inbound": inbound})
    )


@pytest.fixture
def line(connected: Any, github: GitHubServer, slack: SlackServer, clock: Any, address: str) -> Iterator[Line]:
    """On SQLite and on PostgreSQL in turn."""
    yield from _line(connected, github, slack, clock, address)


@pytest.fixture
def local_line(connected: Any, github: GitHubServer, slack: SlackServer, clock: Any, sqlite_address: str) -> Iterator[Line]:
    """On SQLite alone."""
    yield from _line(connected, github, slack, clock, sqlite_address)


def _line(connected: Any, github: GitHubServer, slack: SlackServer, clock: Any, address: str) -> Iterator[Line]:
    database = Database(address)
    ours = replace(connected, database=address)
    app = create_app(ours, database, clock=clock)
    desk = Desk(app, database, ours, clock, Relay(database, handlers(ours, database, clock), clock))
    with database.write() as session:
        accounts.add(session, "maria@example.org", "Maria Okonkwo", PASSWORD, clock.now)
    client = desk.client
    assert client.post("/desk/sign-in", data={"email": "maria@example.org", "password": PASSWORD}).status_code == 303
    yield Line(desk, github, slack, client)
    database.close()
