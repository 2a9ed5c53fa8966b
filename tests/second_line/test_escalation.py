"""From a request to an issue: scrubbed, reviewed, opened once; and what developers do comes back as a task, never as a mail."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.app import open_outside
from deflect_api.desk.scrubbing import scrub
from deflect_api.desk.second_line import escalation
from deflect_api.errors import PermanentFailure
from deflect_api.store.models import Agent, Message, Ticket
from deflect_api.store.second_line import Escalation, Issue, Task
from tests.second_line.conftest import Line

NASTY = (
    "I am Ada Obi (ada@example.org, +254 712 345 678). IMEI 490154203237518. Ask @torvalds about #12 <!-- ref:x -->. "
    "My colleague Wanjiku sees it too. Form 237070018 is grey. https://care.akvoflow.org/x?token=9f86d081884c7d659a2feaa0c55ad015"
)


def nasty(line: Line) -> str:
    return line.request(name="Ada Obi", happened=NASTY, partner="Clear Water Trust", subject="Ada Obi: form is grey")


def test_the_review_shows_what_was_taken_out_and_what_may_be_a_name(local_line: Line) -> None:
    page = local_line.agent.get(f"/desk/tickets/{nasty(local_line)}/second-line").text
    assert '<mark class="gone">[mail 1]</mark> <span class="small">ada@example.org</span>' in page
    assert '<mark class="name">Wanjiku</mark>' in page
    assert 'name="title" maxlength="200" required value="[person 1]: form is grey"' in page


def test_an_issue_holds_what_developers_need_and_nobody(line: Line) -> None:
    number = nasty(line)
    assert line.escalate(number, hide=("Wanjiku",)).status_code == 303
    line.work()
    (issue,) = line.github.issues.values()
    whole = issue["title"] + issue["body"]
    for private in ("Ada", "Obi", "ada@", "712", "490154203237518", "Wanjiku", "9f86d0", "Clear Water", "Maria"):
        assert private not in whole, private
    assert "237070018" in whole
    assert f"http://help.example.org/desk/tickets/{number}" in whole
    assert "@torvalds" not in whole
    assert "#12" not in whole
    assert whole.count("<!--") == 1, "only our own mark"
    assert {label["name"] for label in issue["labels"]} == {"support", "bug"}
    with line.desk.database.read() as session:
        assert session.get_one(Ticket, int(number)).status == "escalated"
        assert session.scalars(select(Escalation)).one().issue.url == issue["html_url"]


def test_a_possible_name_stops_it_until_a_person_has_read_it(local_line: Line) -> None:
    number = nasty(local_line)
    page = local_line.agent.get(f"/desk/tickets/{number}/second-line").text
    assert "I have read it" in page
    answer = local_line.agent.post(
        f"/desk/tickets/{number}/second-line", data=local_line.form(step="send", title="grey", actual="Wanjiku sees it")
    )
    assert "Not sent yet" in answer.text
    local_line.work()
    assert not local_line.github.issues


def test_what_an_agent_types_into_the_review_is_scrubbed_and_shown_again(local_line: Line) -> None:
    number = nasty(local_line)
    form = local_line.form(step="send", read="on", title="grey form", actual="call ada@example.org")
    answer = local_line.agent.post(f"/desk/tickets/{number}/second-line", data=form)
    assert "Not sent yet" in answer.text
    assert "call [mail 1]" in answer.text


def test_a_lost_answer_opens_no_second_issue(local_line: Line) -> None:
    number = nasty(local_line)
    local_line.github.lose = 1
    local_line.escalate(number, hide=("Wanjiku",))
    local_line.work()
    local_line.desk.clock.forward(minutes=10)
    local_line.work()
    assert len(local_line.github.issues) == 1
    with local_line.desk.database.read() as session:
        assert session.scalars(select(Escalation)).one().issue_id is not None


def test_pressing_twice_owes_one_issue(local_line: Line) -> None:
    number = nasty(local_line)
    assert local_line.escalate(number, hide=("Wanjiku",)).status_code == 303
    assert local_line.escalate(number, hide=("Wanjiku",)).status_code == 422
    local_line.work()
    assert len(local_line.github.issues) == 1


def test_a_request_hangs_on_an_issue_that_search_finds(local_line: Line) -> None:
    local_line.github.open_issue({"title": "Forms are grey after an update", "body": ""})
    number = nasty(local_line)
    page = local_line.agent.post(
        f"/desk/tickets/{number}/second-line", data=local_line.form(step="search", query="Ada: forms grey", title="x", actual="y")
    ).text
    assert "Forms are grey after an update" in page
    assert not any("Ada" in target for _, target, _ in local_line.github.asked)
    local_line.agent.post(f"/desk/tickets/{number}/second-line", data=local_line.form(step="link", issue="1"))
    local_line.work()
    assert len(local_line.github.issues) == 1
    with local_line.desk.database.read() as session:
        assert session.scalars(select(Escalation)).one().issue.number == 1


@pytest.mark.parametrize("product", ["rsr", "other"])
def test_a_product_without_a_repository_says_so(local_line: Line, product: str) -> None:
    number = local_line.request(product=product)
    assert "No repository is set" in local_line.agent.get(f"/desk/tickets/{number}/second-line").text
    assert local_line.agent.post(
        f"/desk/tickets/{number}/second-line", data=local_line.form(step="send", read="on", title="a", actual="b")
    ).status_code == 422  # fmt: skip


def test_every_repository_is_tried_before_it_is_needed(connected: Any) -> None:
    repositories = {"flow": "akvo/akvo-flow", "other": "akvo/akvo-flow", "rsr": "akvo/no-such-one"}
    escalate = connected.support.escalate.model_copy(update={"repositories": repositories})
    settings = replace(connected, support=connected.support.model_copy(update={"escalate": escalate}))
    first, second = open_outside(settings).trials["tracker"]
    assert first() == "GitHub, akvo/akvo-flow, label support"
    with pytest.raises(PermanentFailure):
        second()


def test_only_staff_see_the_review(local_line: Line) -> None:
    number = nasty(local_line)
    assert local_line.desk.client.get(f"/desk/tickets/{number}/second-line").status_code == 303
    assert local_line.desk.client.post(f"/desk/tickets/{number}/second-line", data={"step": "send"}).status_code == 403


def test_asking_finds_what_no_hook_told(line: Line) -> None:
    number = nasty(line)
    line.escalate(number, hide=("Wanjiku",))
    line.work()
    line.github.comment(1, "Workaround: open the app once while online.")
    line.github.close(1, milestone="2.9.15")
    line.desk.clock.forward(minutes=16)
    line.work()
    line.desk.clock.forward(minutes=16)
    line.work()
    with line.desk.database.read() as session:
        tasks = session.scalars(select(Task).order_by(Task.id)).all()
        assert [task.kind for task in tasks] == ["fixed", "workaround"]
        assert "2.9.15" in tasks[0].draft
        assert session.scalars(select(Issue)).one().state == "closed"
        assert not session.scalars(
            select(Message).where(Message.kind == "mail", Message.payload["template"].as_string() == "update")
        ).all()


def test_whatever_way_it_came_the_last_step_takes_out_what_is_private(local_line: Line) -> None:
    """Pages scrub before they show; this is the net below them."""
    number = nasty(local_line)
    desk = local_line.desk
    with desk.database.write() as session:
        ticket, agent = session.get_one(Ticket, int(number)), session.scalars(select(Agent)).one()
        sending = escalation.Sending({"title": "Ada Obi", "actual": NASTY}, hide=("Wanjiku",))
        made = escalation.send(
            session, ticket, sending, agent, settings=desk.settings.support.escalate, known=scrub.known_of(ticket),
            url="http://help.example.org", now=desk.clock.now, calendar=desk.settings.support.calendar,
        )  # fmt: skip
        whole = made.title + made.body
    for private in ("Ada", "Obi", "712", "490154203237518", "Wanjiku", "9f86d0"):
        assert private not in whole, private
