"""Notices: each agent hears what they chose, as they chose, and never of what they did themselves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.desk import notice_mails
from deflect_api.errors import InputError
from deflect_api.intake import notices, tickets
from deflect_api.store.db import Database
from deflect_api.store.desk import Notice
from deflect_api.store.models import Agent, Message, Ticket
from tests.conftest import MONDAY, Desk
from tests.intake.made import SUPPORT, agent, submitted

CALENDAR = SUPPORT.calendar


def hears(session: Any, one: Agent, *events: str, mail: str = "each", browser: bool = False) -> None:
    choice = notices.choose(session, one, mail=mail, events=events, browser=browser)
    session.flush()
    notice_mails.choose(session, one, choice, calendar=CALENDAR, now=MONDAY)


def told(session: Any) -> list[tuple[str, str]]:
    session.flush()
    rows = session.execute(select(Agent.name, Notice.event).join(Agent, Agent.id == Notice.agent_id).order_by(Notice.id))
    return [(name, event) for name, event in rows]


def owed(session: Any) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.kind == "notice_mail").order_by(Message.id)))


def test_those_who_chose_it_hear_of_a_new_ticket(database: Database) -> None:
    with database.write() as session:
        bo, cy, dee, eve = (agent(session, MONDAY, name) for name in ("Bo", "Cy", "Dee", "Eve"))
        hears(session, bo, "new")
        hears(session, cy, "replied")
        hears(session, dee, "new", mail="off", browser=True)
        hears(session, eve, "new", mail="off")
        submitted(session, MONDAY)
        assert told(session) == [("Bo", "new"), ("Dee", "new")]
        assert [message.payload["agent"] for message in owed(session)] == [bo.id]


def test_a_ticket_that_somebody_works_on_concerns_that_agent_alone(database: Database) -> None:
    with database.write() as session:
        bo, cy = agent(session, MONDAY, "Bo"), agent(session, MONDAY, "Cy")
        hears(session, bo, "replied")
        hears(session, cy, "replied")
        ticket = submitted(session, MONDAY)
        tickets.add_information(session, ticket, "One", MONDAY, calendar=CALENDAR)
        tickets.take(session, ticket, cy, MONDAY)
        session.flush()
        tickets.add_information(session, ticket, "Two", MONDAY, calendar=CALENDAR)
        assert told(session) == [("Bo", "replied"), ("Cy", "replied"), ("Cy", "replied")]


def test_nobody_is_told_what_they_did_themselves(local: Database) -> None:
    with local.write() as session:
        bo, ticket = agent(session, MONDAY), submitted(session, MONDAY)
        hears(session, bo, "new", "replied", "overdue")
        notices.record(session, ticket, notices.NEW, MONDAY, actor=bo.email)
        assert told(session) == []


def test_many_notices_at_once_are_one_mail(any_desk: Desk) -> None:
    with any_desk.database.write() as session:
        hears(session, agent(session, MONDAY), "new")
        for subject in ("First", "Second"):
            submitted(session, MONDAY, subject=subject)
    while any_desk.relay.run_once():
        pass
    (mail,) = [
        path.read_text(encoding="utf-8") for path in any_desk.mails() if "2 notices from the desk" in path.read_text("utf-8")
    ]
    assert "New: #1001 First" in mail
    assert "New: #1002 Second" in mail
    assert "ada@example.org" not in mail, "a mail to an agent says nothing of the requester"


def test_a_digest_comes_once_at_the_start_of_each_working_day(any_desk: Desk) -> None:
    with any_desk.database.write() as session:
        hears(session, agent(session, MONDAY), "new", mail="digest")
        submitted(session, MONDAY)
        (digest,) = owed(session)
        assert digest.not_before == MONDAY.replace(hour=6) + timedelta(days=1), "09:00 in Nairobi, the next day"

    def digests() -> int:
        while any_desk.relay.run_once():
            pass
        return sum("from the desk" in path.read_text(encoding="utf-8") for path in any_desk.mails())

    assert digests() == 0
    any_desk.clock.forward(days=1)
    assert digests() == 1
    any_desk.clock.forward(days=1)
    assert digests() == 1, "nothing new, no mail"


def test_an_overdue_ticket_is_told_once(any_desk: Desk) -> None:
    with any_desk.database.write() as session:
        bo = agent(session, MONDAY)
        hears(session, bo, "overdue")
        ticket, answered = submitted(session, MONDAY), submitted(session, MONDAY)
        tickets.reply(session, answered, bo, "Done", public=True, now=MONDAY)

    def overdue() -> list[int]:
        while any_desk.relay.run_once():
            pass
        with any_desk.database.read() as session:
            return list(session.scalars(select(Notice.ticket_id).where(Notice.event == "overdue")))

    assert overdue() == []
    any_desk.clock.forward(days=1, minutes=1)
    assert overdue() == [ticket.id]
    any_desk.clock.forward(minutes=10)
    assert overdue() == [ticket.id]
    with any_desk.database.write() as session:
        session.get_one(Ticket, ticket.id).reply_due_at = any_desk.clock() - timedelta(seconds=1)
    any_desk.clock.forward(minutes=10)
    assert overdue() == [ticket.id, ticket.id], "it was answered, and is overdue anew"


@pytest.mark.parametrize("choice", [{"mail": "often"}, {"events": ["solved"]}])
def test_a_choice_that_is_none_is_refused(local: Database, choice: dict[str, Any]) -> None:
    with local.write() as session, pytest.raises(InputError):
        notices.choose(session, agent(session, MONDAY), **{"mail": "off", "events": [], "browser": False, **choice})
