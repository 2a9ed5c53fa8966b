"""Real payloads of GitHub's hooks, from npm's @octokit/webhooks-examples, through our hook: each is taken, none is a defect."""

import json
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.app import create_app, handlers
from deflect_api.config.second_line import Escalate
from deflect_api.delivery import outbox
from deflect_api.delivery.relay import Relay
from deflect_api.intake.inbound import github_events
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.second_line import Escalation, HookDelivery, Issue, Task
from tests.conftest import *  # noqa: F403 - its fixtures
from tests.conftest import Desk
from tests.second_line.github_server import SECRET, signed

PACKAGE = "@octokit/webhooks-examples@7.6.1"


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    folder = tmp_path_factory.mktemp("octokit")
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed.extract("package/api.github.com/index.json", folder, filter="data")
    kinds = json.loads((folder / "package/api.github.com/index.json").read_text(encoding="utf-8"))
    return [(kind["name"], example) for kind in kinds for example in kind["examples"]]


@pytest.fixture
def hooked(settings: Any, clock: Any, sqlite_address: str) -> Iterator[Desk]:
    """A desk with a hook."""
    for_ever = settings.support.retention.model_copy(update={"deliveries": 0})  # the examples are years old
    support = settings.support.model_copy(update={"escalate": Escalate(hook_secret=SECRET), "retention": for_ever})
    ours, database = replace(settings, support=support, database=sqlite_address), Database(sqlite_address)
    yield Desk(
        create_app(ours, database, clock=clock), database, ours, clock, Relay(database, handlers(ours, database, clock), clock)
    )
    database.close()


def post(desk: Desk, event: str, payload: Any) -> int:
    body = json.dumps(payload).encode()
    return int(desk.client.post("/hooks/github", data=body, headers=signed(body, event, str(uuid.uuid4()))).status_code)


def test_each_is_taken_and_none_is_a_defect(hooked: Desk, examples: list[tuple[str, Any]]) -> None:
    assert len(examples) > 250
    assert {post(hooked, event, payload) for event, payload in examples} == {202}
    while hooked.relay.run_once():
        pass
    with hooked.database.read() as session:
        assert not session.scalars(select(Message).where(Message.state != outbox.DELIVERED)).all()
        assert session.scalars(select(HookDelivery)).all()
        assert not session.scalars(select(Task)).all()


def test_all_that_are_about_issues_are_read_in_our_words(examples: list[tuple[str, Any]]) -> None:
    followed = [(event, payload) for event, payload in examples if payload.get("action") in github_events.ACTIONS.get(event, ())]
    read = [github_events.read(event, payload) for event, payload in followed]
    assert len(read) > 20
    for (event, payload), found in zip(followed, read, strict=True):
        if "pull_request" not in payload["issue"]:
            assert found is not None
            assert (found.number, found.repository) == (payload["issue"]["number"], payload["repository"]["full_name"])
            assert bool(found.comment) == (event == "issue_comment")


def test_a_real_comment_becomes_a_task(hooked: Desk, examples: list[tuple[str, Any]]) -> None:
    payload = next(payload for event, payload in examples if event == "issue_comment" and payload["action"] == "created")
    event = github_events.read("issue_comment", payload)
    assert event is not None
    reference = hooked.send().json["reference"]
    with hooked.database.write() as session:
        issue = Issue(repository=event.repository, number=event.number, url=event.url, title=event.title, labels=[])
        now = hooked.clock.now
        session.add(
            Escalation(ticket_id=int(reference), issue=issue, marker="m", repository=event.repository, by="a", at=now, labels=[])
        )
    assert post(hooked, "issue_comment", payload) == 202
    while hooked.relay.run_once():
        pass
    with hooked.database.read() as session:
        assert [task.kind for task in session.scalars(select(Task))] == ["news"]
