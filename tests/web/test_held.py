"""Suspected spam: kept apart for a person, told to the one who sent it, mailed to nobody, and never dropped."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from deflect_api.desk.people import accounts
from deflect_api.intake.abuse import receipts
from deflect_api.store.abuse import Holding
from deflect_api.store.models import Message, SupportSession, Ticket
from deflect_api.web.requests.admission import FORM
from tests.conftest import Desk
from tests.web.crowd import send
from tests.web.test_form_without_scripts import TYPED, hidden, opened
from tests.web.test_status_and_desk import PASSWORD, token

SITES = "Buy now: " + " ".join(f"https://shop{n}.example/pills" for n in range(6))


@pytest.fixture
def agent(any_desk: Desk) -> FlaskClient:
    with any_desk.database.write() as session:
        accounts.add(session, "agent@example.org", "Grace", PASSWORD, any_desk.clock.now)
    client = any_desk.client
    client.post("/desk/sign-in", data={"email": "agent@example.org", "password": PASSWORD})
    return client


def relayed(desk: Desk) -> Desk:
    while desk.relay.run_once():
        pass
    return desk


def owed(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        rows = session.scalars(select(Message).where(Message.ticket_id.is_not(None)).order_by(Message.id))
        return [str(row.payload.get("template", row.kind)) for row in rows]


def status_of(desk: Desk, number: int = 1001) -> str:
    with desk.database.read() as session:
        return session.get_one(Ticket, number).status


def act(desk: Desk, agent: FlaskClient, verb: str, **form: Any) -> int:
    answer = agent.post(f"/desk/tickets/1001/{verb}", data={"form_token": token(agent), **form})
    relayed(desk)
    return answer.status_code


def test_a_filled_trap_holds_a_request_but_gives_number_and_link_all_the_same(any_desk: Desk) -> None:
    answer = send(any_desk, 1, website="https://shop.example")
    assert answer.status_code == 201
    assert answer.json["reference"] == "1001"
    page = any_desk.client.get(answer.json["status_url"] + "?sent=1").text
    assert "held for a look by a person, because" in page
    assert "a field was filled in that people do not see" in page
    assert "is on its way to you" not in page
    assert status_of(any_desk) == "suspected"
    assert owed(any_desk) == []
    assert relayed(any_desk).mails() == []


def test_an_empty_trap_is_nothing(any_desk: Desk) -> None:
    assert send(any_desk, 1, website="").status_code == 201
    assert status_of(any_desk) == "new"


def test_the_trap_is_hidden_from_eyes_keyboard_and_assistive_technology(desk: Desk) -> None:
    html = desk.client.get("/support/contact/").text
    found = re.search(r'<div class="sr" aria-hidden="true">(.*?)</div>', html, re.S)
    assert found is not None
    assert '<label for="website">' in found[1]
    (field,) = re.findall(r"<input[^>]*>", found[1])
    assert 'type="text"' in field
    assert 'tabindex="-1"' in field
    assert 'autocomplete="off"' in field
    filled = desk.client.get("/support/contact/?website=https://x.example").text
    assert "x.example" not in filled


def test_the_form_carries_when_it_was_opened(desk: Desk) -> None:
    html = desk.client.get("/support/contact/").text
    stamp = re.search(r'name="opened" value="([^"]+)"', html)
    assert stamp is not None
    assert receipts.stamped_at(desk.settings.secret, FORM, stamp[1], desk.clock()) == desk.clock()
    again = desk.client.post("/support/contact/", data={**TYPED, **opened(desk), "opened": stamp[1], "email": ""})
    assert f'name="opened" value="{stamp[1]}"' in again.text  # the older one proves more


def test_what_is_sent_at_once_is_suspected_with_one_more_sign_only(any_desk: Desk) -> None:
    stamp = receipts.stamp(any_desk.settings.secret, FORM, any_desk.clock())
    two = {"happened": "See https://one.example and https://two.example", "opened": stamp}
    receipt = [any_desk.search(session=f"visit-{number}") for number in range(4)]
    any_desk.clock.forward(seconds=2)
    assert send(any_desk, 0, opened=stamp, receipt=receipt[0]).status_code == 201
    assert send(any_desk, 1, **two, receipt=receipt[1]).status_code == 201
    any_desk.clock.forward(seconds=1)
    assert send(any_desk, 2, **two, receipt=receipt[2]).status_code == 201
    assert [status_of(any_desk, number) for number in (1001, 1002, 1003)] == ["new", "suspected", "new"]


def test_the_first_receipt_of_the_visit_serves_as_the_stamp(any_desk: Desk) -> None:
    two = "See https://one.example and https://two.example"
    first = any_desk.search(session="visit-1")
    any_desk.clock.forward(seconds=30)
    assert send(any_desk, 1, happened=two, opened=first).status_code == 201
    late = any_desk.search(session="visit-2")
    assert send(any_desk, 2, happened=two, opened="made up", receipt=late).status_code == 201
    assert [status_of(any_desk, number) for number in (1001, 1002)] == ["new", "suspected"]


def test_a_visit_that_was_noted_before_is_not_quick(any_desk: Desk) -> None:
    two = "See https://one.example and https://two.example"
    any_desk.client.post("/api/v1/events", data={"session": "visit-1", "event": "shown"})
    any_desk.clock.forward(seconds=10)
    assert send(any_desk, 1, happened=two, receipt=any_desk.search(session="visit-1")).status_code == 201
    assert status_of(any_desk) == "new"


def test_the_same_words_from_many_places_are_held_from_the_eleventh_on(any_desk: Desk) -> None:
    words = "We sell the cheapest phones of the whole region, write to us today."
    for number in range(12):
        assert send(any_desk, number, subject="offer", happened=words, address=f"198.51.100.{number}").status_code == 201
    held = [status_of(any_desk, 1001 + number) for number in range(12)]
    assert held == ["new"] * 10 + ["suspected"] * 2


def test_one_person_may_repeat_themselves(any_desk: Desk) -> None:
    words = {"session": "one-visit", "happened": "The export of my survey never ends, and nothing tells me why it does not."}
    for _ in range(9):
        assert send(any_desk, 1, subject="export", **words).status_code == 201
    with any_desk.database.read() as session:
        assert set(session.scalars(select(Ticket.status))) == {"new"}


def test_the_desk_keeps_them_apart_and_says_why(any_desk: Desk, agent: FlaskClient) -> None:
    send(any_desk, 1, happened=SITES)
    assert "problem 1" not in agent.get("/desk/").text
    assert "problem 1" in agent.get("/desk/?view=suspected").text
    page = agent.get("/desk/tickets/1001").text
    assert "This is a real request" in page
    assert "it links to other sites" in page


def test_one_click_lets_a_real_request_go_and_sends_what_was_owed_once(any_desk: Desk, agent: FlaskClient) -> None:
    url = send(any_desk, 1, happened=SITES).json["status_url"]
    any_desk.clock.forward(minutes=40)
    assert act(any_desk, agent, "real") == 303
    assert status_of(any_desk) == "new"
    assert owed(any_desk) == ["forward", "received"]
    assert len(any_desk.mails()) == 1
    assert act(any_desk, agent, "real") == 422
    for status in ("closed", "open", "closed", "pending"):
        assert act(any_desk, agent, "status", status=status) == 303
    assert owed(any_desk) == ["forward", "received"]
    assert len(any_desk.mails()) == 1
    assert "held for a look" not in any_desk.client.get(url).text
    with any_desk.database.read() as session:
        assert session.get_one(SupportSession, "visit-1").outcome == "submitted"


def test_an_answer_lets_a_request_go_too(any_desk: Desk, agent: FlaskClient) -> None:
    send(any_desk, 1, happened=SITES)
    assert act(any_desk, agent, "reply", body="Which of these is it?", kind="reply") == 303
    assert status_of(any_desk) == "open"
    assert owed(any_desk) == ["forward", "received", "say", "reply"]


def test_a_note_leaves_it_held(any_desk: Desk, agent: FlaskClient) -> None:
    send(any_desk, 1, happened=SITES)
    act(any_desk, agent, "reply", body="Looks odd.", kind="note")
    assert status_of(any_desk) == "suspected"
    assert owed(any_desk) == []


def test_spam_is_closed_told_to_nobody_and_removed_after_thirty_days(any_desk: Desk, agent: FlaskClient) -> None:
    url = send(any_desk, 1, happened=SITES).json["status_url"]
    assert act(any_desk, agent, "spam") == 303
    assert status_of(any_desk) == "closed"
    assert owed(any_desk) == []
    any_desk.clock.forward(days=29, hours=23)
    relayed(any_desk)
    assert any_desk.client.get(url).status_code == 200
    any_desk.clock.forward(hours=1)
    relayed(any_desk)
    assert any_desk.client.get(url).status_code == 404
    assert any_desk.mails() == []
    with any_desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Holding)) == 0
        assert session.scalar(select(func.count()).where(Message.state.not_in(("delivered", "queued")))) == 0


def test_spam_that_is_opened_again_gets_what_it_was_owed_and_stays(any_desk: Desk, agent: FlaskClient) -> None:
    url = send(any_desk, 1, happened=SITES).json["status_url"]
    act(any_desk, agent, "spam")
    act(any_desk, agent, "status", status="open")
    assert owed(any_desk) == ["forward", "received"]
    act(any_desk, agent, "status", status="closed")
    any_desk.clock.forward(days=31)
    relayed(any_desk)
    assert any_desk.client.get(url).status_code == 200


def test_nobody_sets_a_ticket_to_suspected_or_lets_one_go_from_outside(any_desk: Desk, agent: FlaskClient) -> None:
    send(any_desk, 1, happened=SITES)
    send(any_desk, 2)
    assert act(any_desk, agent, "status", status="suspected") == 422
    for verb in ("real", "spam"):
        assert any_desk.client.post(f"/desk/tickets/1001/{verb}").status_code == 403
        assert agent.post("/desk/tickets/1002/" + verb, data={"form_token": token(agent)}).status_code == 422
    assert [status_of(any_desk, number) for number in (1001, 1002)] == ["suspected", "new"]


def test_held_requests_are_not_in_the_figures_until_they_are_let_go(any_desk: Desk) -> None:
    send(any_desk, 1, website="x")
    with any_desk.database.read() as session:
        assert session.get(SupportSession, "visit-1") is None


def test_after_five_mails_an_hour_to_one_address_the_page_says_it_instead(any_desk: Desk) -> None:
    sent = [send(any_desk, number, email="ada@example.org").json["status_url"] + "?sent=1" for number in range(6)]
    relayed(any_desk)
    assert len(any_desk.mails()) == 5
    assert "is on its way to you" in any_desk.client.get(sent[4]).text
    page = any_desk.client.get(sent[5]).text
    assert "No mail goes out about it" in page
    assert "is on its way to you" not in page
    assert owed(any_desk).count("forward") == 6
    any_desk.clock.forward(hours=1)
    send(any_desk, 7, email="ada@example.org")
    assert len(relayed(any_desk).mails()) == 6


def test_the_form_cannot_be_used_to_tell_strangers_something(any_desk: Desk) -> None:
    """Neither the mail's text nor one of its headers holds a word that somebody typed."""
    marks = {part: f"MARK{part}" for part in ("name", "partner", "subject", "happened", "doing", "expected", "steps")}
    send(any_desk, 1, email="stranger@example.net", cc=["other@example.net"], context={"instance": "MARKcontext"}, **marks)
    (mail,) = relayed(any_desk).mails()
    text = mail.read_text(encoding="utf-8")
    assert "MARK" not in text
    assert "other@example.net" not in text
    assert "[1001] We have your request: Flow" in text


def test_without_a_script_the_trap_travels_through_the_middle_page(any_desk: Desk) -> None:
    middle = any_desk.client.post("/support/contact/", data={**TYPED, **opened(any_desk), "website": "https://shop.example"})
    any_desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"})
    assert status_of(any_desk) == "suspected"
