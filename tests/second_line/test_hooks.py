"""GitHub's hooks: signed or refused, once for a number and once for a body, safe when late, and always a task, never a mail."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from deflect_api.intake.personal_data import privacy_retention
from deflect_api.store.models import JournalEntry, Message, Ticket
from deflect_api.store.second_line import Escalation, HookDelivery, Issue, Task
from deflect_api.web.second_line.hooks import is_signed
from tests.connectors.standins.published import folder as contracts_folder
from tests.second_line import github_server
from tests.second_line.conftest import Line
from tests.second_line.github_server import signed
from tests.web import staff

OUR_BODY = '{"action":"closed","zen":"Größe ist nicht alles \\u2713"}'.encode()
OUR_SIGNATURE = "sha256=e82e052c2a28bcfa4e15bb21181374fab57ea0b0b12ba06a5ee357b83b921cc6"  # computed by OpenSSL 3.0


@pytest.fixture
def escalated(line: Line) -> Line:
    return _escalated(line)


@pytest.fixture
def local(local_line: Line) -> Line:
    return _escalated(local_line)


def _escalated(line: Line) -> Line:
    assert line.escalate(line.request()).status_code == 303
    line.work()
    return line


def tell(line: Line, payload: dict[str, Any], event: str = "issues", **how: Any) -> Any:
    body = json.dumps(payload).encode()
    answer = line.desk.client.post("/hooks/github", data=body, headers=signed(body, event, **how))
    line.work()
    return answer


def tasks(line: Line) -> list[Task]:
    with line.desk.database.read() as session:
        found = list(session.scalars(select(Task).order_by(Task.id)))
        _ = [(task.ticket, task.issue) for task in found]
        return found


def mails(line: Line, template: str) -> int:
    with line.desk.database.read() as session:
        payloads = session.scalars(select(Message.payload).where(Message.kind == "mail")).all()
        return sum(payload["template"] == template for payload in payloads)


def test_the_published_vector_and_our_own_hold() -> None:
    github = {"secret": "It's a Secret to Everybody", "body": "Hello, World!"}
    right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed(github["secret"], github["body"].encode(), right)
    assert not is_signed(github["secret"], b"Hello, World", right)
    assert not is_signed("another", github["body"].encode(), right)
    assert is_signed("a hook secret of our own", OUR_BODY, OUR_SIGNATURE)
    for other in ("", "sha256=", right.upper(), right.replace("sha256", "sha1"), right[:-1], "é" * 71):
        assert not is_signed(github["secret"], b"Hello, World!", other)


def test_the_vectors_beside_the_repository_hold() -> None:
    folder = contracts_folder()
    if folder is None:
        pytest.skip("no published vectors lie beside the repository")
    vector = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))["github"]
    assert is_signed(vector["secret"], vector["body"].encode(), vector["signature"])


def test_what_is_not_signed_is_refused_before_it_is_read(local_line: Line) -> None:
    post = local_line.desk.client.post
    for headers in ({}, signed(b"{}", secret="another"), {**signed(b"{}"), "X-Hub-Signature-256": ""}):
        assert post("/hooks/github", data=b"{", headers=headers).status_code == 403
    assert post("/hooks/github", data=b"{", headers=signed(b"{")).status_code == 422, "only now it is read"
    assert post("/hooks/github", data=b"[1]", headers=signed(b"[1]")).status_code == 422
    with local_line.desk.database.read() as session:
        assert session.scalar(select(func.count(HookDelivery.id))) == 0


def test_a_ping_and_other_events_are_taken_and_nothing_is_owed(local_line: Line) -> None:
    for event in ("ping", "push", "star", ""):
        assert local_line.desk.client.post("/hooks/github", data=b"{}", headers=signed(b"{}", event)).status_code == 202


def test_without_a_secret_there_is_no_hook(desk: Any) -> None:
    assert desk.client.post("/hooks/github", data=b"{}", headers=signed(b"{}")).status_code == 404


def test_closing_makes_a_task_for_an_agent_and_no_mail(escalated: Line) -> None:
    payload = escalated.github.close(1, milestone="2.9.15")
    assert tell(escalated, payload).status_code == 202
    (task,) = tasks(escalated)
    assert task.kind == "fixed"
    assert "2.9.15" in task.draft
    assert mails(escalated, "update") == mails(escalated, "solved") == 0


def test_the_same_number_or_the_same_body_does_nothing_again(escalated: Line) -> None:
    payload = escalated.github.comment(1, "A workaround: turn it off and on.")
    assert tell(escalated, payload, "issue_comment", delivery="one").json["taken"] == "owed"
    assert tell(escalated, payload, "issue_comment", delivery="two").json["taken"] == "known already"
    other = escalated.github.close(1)
    assert tell(escalated, other, delivery="one").json["taken"] == "known already"
    assert [task.kind for task in tasks(escalated)] == ["workaround"]


def test_numbers_and_digests_go_after_their_time_and_a_repeat_still_does_nothing(escalated: Line) -> None:
    said, closed = escalated.github.comment(1, "A workaround: turn it off and on."), escalated.github.close(1)
    tell(escalated, said, "issue_comment", delivery="one")
    tell(escalated, closed, delivery="two")
    before = [(task.kind, task.state) for task in tasks(escalated)]
    kept = escalated.desk.settings.support.retention.deliveries
    days_pass(escalated, kept - 1)
    assert deliveries(escalated) == 2
    assert tell(escalated, said, "issue_comment", delivery="one").json["taken"] == "known already"
    days_pass(escalated, 2)
    assert deliveries(escalated) == 0
    staff.sign_in(escalated.desk, "maria@example.org", escalated.agent)
    late = escalated.request(email="late@example.org")
    escalated.agent.post(f"/desk/tickets/{late}/second-line", data=escalated.form(step="link", number="1"))
    escalated.work()
    for payload, event, number in ((said, "issue_comment", "one"), (closed, "issues", "two"), (closed, "issues", "three")):
        assert tell(escalated, payload, event, delivery=number).json["taken"] == "too old"
    assert [(task.kind, task.state) for task in tasks(escalated)] == before
    assert deliveries(escalated) == 0


def test_the_end_of_an_issue_that_nobody_touched_for_long_is_heard(local: Line) -> None:
    gone = local.github.delete(1)
    days_pass(local, local.desk.settings.support.retention.deliveries + 10)
    assert tell(local, gone).json["taken"] == "owed"
    assert tell(local, gone, delivery="again").json["taken"] == "known already"
    assert [task.kind for task in tasks(local)] == ["deleted"]


def days_pass(line: Line, days: int) -> None:
    """Let days pass, and the relay do what is due at their end."""
    line.desk.clock.forward(days=days)
    with line.desk.database.write() as session:
        privacy_retention.owe(session, line.desk.clock())
    line.work()


def deliveries(line: Line) -> int:
    with line.desk.database.read() as session:
        return session.scalar(select(func.count(HookDelivery.id))) or 0


def test_what_comes_late_or_in_another_order_ends_the_same(local: Line) -> None:
    closed, again = local.github.close(1), local.github.reopen(1)
    labelled, over = local.github.label(1, "regression"), local.github.close(1, reason="not_planned")
    for payload in (over, labelled, closed, again):
        tell(local, payload)
    with local.desk.database.read() as session:
        issue = session.scalars(select(Issue)).one()
        assert (issue.state, issue.state_reason) == ("closed", "not_planned")
        assert "regression" in issue.labels
    assert [task.kind for task in tasks(local)] == ["not planned"]


def test_reopening_takes_back_what_was_not_sent_and_tells_who_was_told(local: Line) -> None:
    tell(local, local.github.close(1))
    tell(local, local.github.reopen(1))
    assert [(task.kind, task.state) for task in tasks(local)] == [("fixed", "overtaken")]
    tell(local, local.github.close(1))
    task = tasks(local)[-1]
    local.agent.post(f"/desk/tasks/{task.id}", data=local.form(step="send", body=task.draft, solve="on"))
    tell(local, local.github.reopen(1))
    assert tasks(local)[-1].kind == "reopened"


def test_labels_transfers_and_deletion_are_reflected(local: Line) -> None:
    tell(local, local.github.label(1, "P1"))
    tell(local, local.github.transfer(1, "akvo/akvo-flow-mobile", 7))
    with local.desk.database.read() as session:
        issue = session.scalars(select(Issue)).one()
        assert (issue.repository, issue.number) == ("akvo/akvo-flow-mobile", 7)
        assert issue.url.endswith("/akvo-flow-mobile/issues/7")
        changes = session.scalars(select(JournalEntry.change).where(JournalEntry.actor == "developers")).all()
        assert changes == ["labels", "issue moved"]
    local.github.issues[7] = {**local.github.issues[1], "number": 7}
    local.github.repository = "akvo/akvo-flow-mobile"
    tell(local, local.github.delete(7))
    (task,) = tasks(local)
    assert (task.kind, task.draft, task.issue.state) == ("deleted", "", "deleted")


def test_several_requests_on_one_issue_are_told_by_one_click(escalated: Line) -> None:
    second, third = escalated.request(email="ben@example.org"), escalated.request(email="cai@example.org", language="en")
    for number in (second, third):
        escalated.agent.post(f"/desk/tickets/{number}/second-line", data=escalated.form(step="link", number="1"))
    escalated.work()
    tell(escalated, escalated.github.close(1, milestone="3.0"))
    first = tasks(escalated)[0]
    assert len(tasks(escalated)) == 3
    form = escalated.form(step="send", body="It is mended in 3.0. Update the app.", solve="on", all="on")
    assert escalated.agent.post(f"/desk/tasks/{first.id}", data=form).status_code == 303
    assert {task.state for task in tasks(escalated)} == {"sent"}
    assert mails(escalated, "solved") == 3
    with escalated.desk.database.read() as session:
        assert {ticket.status for ticket in session.scalars(select(Ticket))} == {"solved"}


def test_a_comment_that_is_edited_or_taken_back_before_it_is_sent(local: Line) -> None:
    payload = local.github.comment(1, "Work around it: see @dev <!-- secret --> `settings`")
    tell(local, payload, "issue_comment")
    (task,) = tasks(local)
    assert task.kind == "workaround"
    assert "secret" not in task.draft
    assert "@" not in task.draft
    edited = {**payload, "action": "edited", "comment": {**payload["comment"], "body": "It comes in June."}}
    tell(local, edited, "issue_comment")
    assert [(task.kind, task.draft.splitlines()[-1]) for task in tasks(local)] == [("news", "It comes in June.")]
    tell(local, {**edited, "action": "deleted"}, "issue_comment")
    assert tasks(local)[0].state == "overtaken"


def test_an_agent_may_leave_it_and_nothing_is_sent(local: Line) -> None:
    tell(local, local.github.close(1))
    local.agent.post(f"/desk/tasks/{tasks(local)[0].id}", data=local.form(step="leave"))
    assert tasks(local)[0].state == "dismissed"
    assert mails(local, "solved") == 0
    assert "Nothing waits." in local.agent.get("/desk/tasks").text


def test_an_update_is_sent_once(local: Line) -> None:
    tell(local, local.github.close(1))
    form = local.form(step="send", body="Mended.", solve="on")
    number = tasks(local)[0].id
    assert local.agent.post(f"/desk/tasks/{number}", data=form).status_code == 303
    assert local.agent.post(f"/desk/tasks/{number}", data=form).status_code == 422
    assert mails(local, "solved") == 1


def test_an_issue_that_we_have_not_heard_of_yet_is_known_by_its_mark(local_line: Line) -> None:
    number = local_line.request()
    local_line.escalate(number)
    with local_line.desk.database.read() as session:
        marker = session.scalars(select(Escalation)).one().marker
    local_line.github.open_issue({"title": "x", "body": f"y <!-- ref:{marker} -->", "labels": ["support"]})
    payload = local_line.github.close(1)
    body = json.dumps(payload).encode()
    local_line.desk.client.post("/hooks/github", data=body, headers=signed(body))
    local_line.work()
    assert len(local_line.github.issues) == 1
    assert [task.kind for task in tasks(local_line)] == ["fixed"]


@pytest.mark.parametrize("payload", [{}, {"action": 1}, {"action": "closed"}, {"action": "closed", "issue": []}])
def test_a_payload_that_says_nothing_is_taken_and_left(local_line: Line, payload: dict[str, Any]) -> None:
    assert tell(local_line, payload).json["taken"] == "not followed"


def test_a_form_encoded_hook_is_read_too(local: Line) -> None:
    body = urlencode({"payload": json.dumps(local.github.close(1))}).encode()
    headers = {**signed(body), "Content-Type": "application/x-www-form-urlencoded"}
    assert local.desk.client.post("/hooks/github", data=body, headers=headers).json == {"taken": "owed"}
    local.work()
    assert [task.kind for task in tasks(local)] == ["fixed"]


def test_the_stand_in_signs_as_github_does() -> None:
    assert is_signed(github_server.SECRET, b"{}", signed(b"{}")["X-Hub-Signature-256"])
