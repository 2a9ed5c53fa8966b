"""An issue of the developers that is a known issue: its fix reaches everybody who waits, once, after one look by an agent."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.desk import known_issues
from deflect_api.desk.known_issues import Issue
from deflect_api.store.desk import Fix, Follower, IssueLink
from deflect_api.store.models import Agent, Comment, JournalEntry, Message, Ticket
from deflect_api.store.second_line import Escalation, Task
from tests.conftest import Desk
from tests.journeys.installation import wait_until
from tests.second_line.conftest import Line
from tests.second_line.test_hooks import tasks, tell
from tests.sites import marked
from tests.web import staff

KNOWN = Issue("flow/form-not-in-app/", "The form is not in the app", "flow", "open")
NAME = "akvo/akvo-flow#1"


@pytest.fixture(scope="module")
def release_with(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marked(release, tmp_path_factory.mktemp("known") / "marked", KNOWN)


@pytest.fixture(autouse=True)
def _live(settings: Any, release_with: Path) -> None:
    """The known issue is in the live release."""
    current = settings.home / "current"
    current.unlink()
    current.symlink_to(release_with)


@pytest.fixture
def waiting(line: Line) -> Line:
    return _waiting(line)


@pytest.fixture
def local(local_line: Line) -> Line:
    return _waiting(local_line)


def _waiting(line: Line) -> Line:
    """Ada's request hangs on issue 1, which is the known issue; Ben's was linked by hand; Cai follows."""
    first = line.request(email="ada@example.org")
    second = line.request(email="ben@example.org", language="fr")
    line.escalate(first)
    line.work()
    staff.post(line.agent, f"/desk/tickets/{second}/known-issue", article=KNOWN.article)
    follow(line, "cai@example.org", "es")
    assert mark(line, first).status_code == 303
    return line


def follow(line: Line, email: str, language: str = "en") -> None:
    with line.desk.database.write() as session:
        follower = known_issues.follow(session, KNOWN, email, language=language, now=line.desk.clock())
        known_issues.confirm(follower, line.desk.clock())


def mark(line: Line, number: str) -> Any:
    return staff.post(line.agent, f"/desk/tickets/{number}/issue-is-known", issue=NAME, article=KNOWN.article)


def send(line: Line, task: Task, body: str = "", **ticked: str) -> None:
    form = line.form(step="send", body=body or task.draft, solve="on", **ticked)
    assert line.agent.post(f"/desk/tasks/{task.id}", data=form).status_code == 303
    line.work()


def said(line: Line) -> dict[str, list[str]]:
    """What agents said to each requester."""
    found: dict[str, list[str]] = {}
    with line.desk.database.read() as session:
        for email, body in session.execute(select(Ticket.email, Comment.body).join(Comment).order_by(Comment.id)):
            found.setdefault(email, []).append(body)
    return found


def followed(line: Line) -> list[str]:
    """What followers were told of the end, and that it reached the post."""
    with line.desk.database.read() as session:
        rows = session.scalars(select(Message).where(Message.kind == "follower_mail").order_by(Message.id)).all()
        told = [row for row in rows if row.payload["template"] == "follow_fixed"]
        assert {row.state for row in told} <= {"delivered"}
        return [row.payload["text"] for row in told]


def waits(line: Line) -> list[str]:
    """Whose requests wait for the end of the known issue."""
    with line.desk.database.read() as session:
        return [ticket.email for ticket in known_issues.standing(session, KNOWN).tickets]


def test_a_fix_is_told_to_all_who_wait_by_one_click_and_to_each_once(waiting: Line) -> None:
    assert waits(waiting) == ["ada@example.org", "ben@example.org"]
    tell(waiting, waiting.github.close(1, milestone="2.9.15"))
    (task,) = tasks(waiting)
    assert not said(waiting), "nothing goes out before an agent has read it"
    assert "akvo/akvo-flow#1</a> closed" in waiting.agent.get("/desk/known-issues").text
    for page in ("/desk/tasks", "/desk/tickets/1001"):
        assert "1 follower, 1 other requester" in waiting.agent.get(page).text
    send(waiting, task, "It is mended in 2.9.15.", known="on")
    assert said(waiting) == {"ada@example.org": ["It is mended in 2.9.15."], "ben@example.org": ["It is mended in 2.9.15."]}
    assert followed(waiting) == ["It is mended in 2.9.15."]
    with waiting.desk.database.read() as session:
        assert [ticket.status for ticket in session.scalars(select(Ticket))] == ["solved", "solved"]
        assert session.scalars(select(Follower)).all() == []
        fix = session.scalars(select(Fix)).one()
        assert (fix.followers, fix.requesters) == (1, 2)
    assert waits(waiting) == []


def test_a_draft_that_nobody_changed_goes_to_each_in_their_language(local: Line) -> None:
    tell(local, local.github.close(1, milestone="2.9.15"))
    send(local, tasks(local)[0], known="on")
    whole = said(local)
    assert "The fix is in version 2.9.15." in whole["ada@example.org"][0]
    assert "version 2.9.15" in whole["ben@example.org"][0]
    assert "Our developers" not in whole["ben@example.org"][0] + followed(local)[0]


def test_who_follows_and_asked_as_well_gets_one_message(local: Line) -> None:
    follow(local, "Ada@example.org")
    follow(local, "BEN@example.org")
    tell(local, local.github.close(1))
    send(local, tasks(local)[0], "Mended.", known="on")
    assert followed(local) == ["Mended."], "Cai alone"
    with local.desk.database.read() as session:
        assert session.scalars(select(Follower)).all() == []


def test_without_the_tick_the_others_wait_on(local: Line) -> None:
    tell(local, local.github.close(1))
    send(local, tasks(local)[0], "Mended.")
    assert said(local) == {"ada@example.org": ["Mended."]}
    assert followed(local) == []
    assert waits(local) == ["ben@example.org"]


def test_telling_it_under_known_issues_leaves_no_task_that_tells_it_again(local: Line) -> None:
    tell(local, local.github.close(1))
    staff.post(local.agent, "/desk/known-issues/tell", article=KNOWN.article, text="Mended.")
    local.work()
    assert said(local) == {"ada@example.org": ["Mended."], "ben@example.org": ["Mended."]}
    assert [(task.state, task.done_by) for task in tasks(local)] == [("sent", "maria@example.org")]
    assert "Nothing waits." in local.agent.get("/desk/tasks").text


def test_opened_again_those_who_were_told_hear_it_and_wait_again(waiting: Line) -> None:
    tell(waiting, waiting.github.close(1))
    send(waiting, tasks(waiting)[0], "Mended.", known="on")
    tell(waiting, waiting.github.reopen(1))
    again = [task for task in tasks(waiting) if task.kind == "reopened"]
    assert [task.ticket.email for task in again] == ["ada@example.org", "ben@example.org"]
    assert waiting.agent.get("/desk/tasks").text.count('class="task"') == 1, "one thing is shown once"
    assert waits(waiting) == ["ada@example.org", "ben@example.org"]
    tell(waiting, waiting.github.close(1))
    assert {task.state for task in tasks(waiting) if task.kind == "reopened"} == {"overtaken"}


def test_an_issue_that_is_none_after_all_keeps_followers_out_of_it(local: Line) -> None:
    answer = staff.post(local.agent, "/desk/tickets/1001/issue-is-not-known", issue=NAME)
    assert answer.status_code == 303
    assert waits(local) == ["ben@example.org"]
    tell(local, local.github.close(1))
    assert "1 follower" not in local.agent.get("/desk/tasks").text
    send(local, tasks(local)[0], "Mended.")
    assert said(local) == {"ada@example.org": ["Mended."]}
    assert followed(local) == []
    with local.desk.database.read() as session:
        changes = session.scalars(select(JournalEntry.change).where(JournalEntry.ticket_id == 1001)).all()
    assert "issue is known" in changes
    assert "issue is not known" in changes


def test_who_was_told_before_the_issue_was_marked_does_not_wait(local_line: Line) -> None:
    number = local_line.request()
    local_line.escalate(number)
    local_line.work()
    tell(local_line, local_line.github.close(1))
    send(local_line, tasks(local_line)[0], "Mended.")
    mark(local_line, number)
    assert waits(local_line) == []
    tell(local_line, local_line.github.reopen(1))
    assert waits(local_line) == ["ada@example.org"]


def test_an_article_that_is_known_no_more_is_still_named_and_can_be_unmarked(local: Line, release: Path) -> None:
    current = local.desk.settings.home / "current"
    tell(local, local.github.close(1))
    current.unlink()
    current.symlink_to(release)
    wait_until(lambda: "other requester" not in local.agent.get("/desk/tasks").text, "the other release")
    assert f'<a href="/{KNOWN.article}">{KNOWN.article}</a>' in local.agent.get("/desk/tickets/1001").text
    assert staff.post(local.agent, "/desk/tickets/1001/issue-is-not-known", issue=NAME).status_code == 303


def test_only_an_issue_of_the_request_and_a_known_article_can_be_marked(local_line: Line) -> None:
    number, other = local_line.request(), local_line.request()
    local_line.escalate(number)
    local_line.work()
    assert mark(local_line, other).status_code == 404
    form = {"issue": NAME, "article": "flow/no-such/"}
    assert staff.post(local_line.agent, f"/desk/tickets/{number}/issue-is-known", **form).status_code == 404
    assert "Mark it" in local_line.agent.get(f"/desk/tickets/{number}").text


def test_the_api_shows_and_marks_it(local_line: Line) -> None:
    number = local_line.request()
    local_line.escalate(number)
    local_line.work()
    with local_line.desk.database.read() as session:
        agent = session.scalars(select(Agent.id)).one()
    headers = {"Authorization": f"Bearer {staff.api_token(local_line.desk, agent, 'write')}"}
    base = f"/api/v1/desk/tickets/{number}"
    made = local_line.desk.client.post(
        f"{base}/issue-is-known", json={"issue": NAME, "article": KNOWN.article}, headers=headers
    ).json
    assert made["issues"] == [
        {"issue": NAME, "url": "https://github.com/akvo/akvo-flow/issues/1", "state": "open", "known_issue": KNOWN.article}
    ]
    gone = local_line.desk.client.post(f"{base}/issue-is-not-known", json={"issue": NAME}, headers=headers).json
    assert gone["issues"][0]["known_issue"] is None


def test_a_link_by_hand_survives_the_end_of_a_mark(local_line: Line) -> None:
    number = local_line.request()
    local_line.escalate(number)
    local_line.work()
    staff.post(local_line.agent, f"/desk/tickets/{number}/known-issue", article=KNOWN.article)
    mark(local_line, number)
    staff.post(local_line.agent, f"/desk/tickets/{number}/issue-is-not-known", issue=NAME)
    with local_line.desk.database.read() as session:
        assert session.scalars(select(IssueLink.article)).all() == [KNOWN.article]


def test_a_request_of_the_known_issue_is_offered_its_issue(local: Line) -> None:
    page = local.agent.get("/desk/tickets/1002/second-line").text
    assert 'type="radio" name="issue" value="1"' in page
    staff.post(local.agent, "/desk/tickets/1002/second-line", step="link", issue="1")
    local.work()
    assert waits(local) == ["ada@example.org", "ben@example.org"]
    tell(local, local.github.close(1))
    assert [task.ticket.email for task in tasks(local)] == ["ada@example.org", "ben@example.org"]


@pytest.mark.parametrize(("products", "status"), [((), 200), (("flow",), 200), (("rsr",), 404)])
def test_a_limited_agent_sees_and_tells_of_known_issues_in_reach_alone(
    desk: Desk, products: tuple[str, ...], status: int
) -> None:
    staff.add(desk, "limited@example.org", products=products)
    client = staff.sign_in(desk, "limited@example.org")
    listed = client.get("/api/v1/desk/known-issues").json["known_issues"]
    assert [one["article"] for one in listed] == [KNOWN.article] * (status == 200)
    assert client.get(f"/desk/known-issues/tell?article={KNOWN.article}").status_code == status


def test_an_agent_who_may_not_tell_of_the_known_issue_is_not_asked_to_and_cannot(local_line: Line) -> None:
    """A request of another product hangs on the same issue."""
    local_line.escalate(local_line.request())
    rsr = local_line.request(product="rsr", email="ben@example.org")
    local_line.work()
    mark(local_line, "1001")
    with local_line.desk.database.write() as session:
        made = session.scalars(select(Escalation)).one()
        session.add(
            Escalation(
                ticket_id=int(rsr), issue_id=made.issue_id, marker="m", repository=made.repository, labels=[], by="a", at=made.at
            )
        )
    follow(local_line, "cai@example.org")
    tell(local_line, local_line.github.close(1))
    staff.add(local_line.desk, "limited@example.org", products=("rsr",))
    limited = staff.sign_in(local_line.desk, "limited@example.org", local_line.desk.app.test_client())
    page = limited.get("/desk/tasks").text
    assert "draft-" in page
    assert "1 follower" not in page
    task = next(task for task in tasks(local_line) if task.ticket_id == int(rsr))
    assert staff.post(limited, f"/desk/tasks/{task.id}", step="send", body="Mended.", known="on").status_code == 404
    local_line.work()
    assert not said(local_line)
    assert followed(local_line) == []
