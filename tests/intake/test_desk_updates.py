"""What is said and done at a connected desk comes back once; what we said goes there once and does not come back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.config.support import Calendar
from deflect_api.connectors.builtin import Builtin
from deflect_api.delivery import forward
from deflect_api.delivery.relay import Relay
from deflect_api.delivery.work import Done
from deflect_api.intake import desk_updates, tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Comment, Message, Ticket
from tests.conftest import Clock
from tests.connectors.standins import answer
from tests.connectors.standins.redmine import RedmineRig
from tests.connectors.standins.rt import RtRig
from tests.intake.made import agent, submitted


@pytest.fixture(params=[RtRig, RedmineRig], ids=["rt", "redmine"])
def rig(request: pytest.FixtureRequest) -> Any:
    return request.param()


class Office:
    """One ticket that is at the desk, and a relay that carries words both ways."""

    def __init__(self, database: Database, rig: Any, clock: Clock) -> None:
        self.database, self.rig, self.clock = database, rig, clock
        way = forward.Way(database, rig.desk, lambda ticket: f"https://help.example.org/requests/{ticket.id}/secret/")
        handlers = {
            **forward.handlers(way),
            "mail": lambda _: Done(),
            desk_updates.POLL: desk_updates.poll(rig.desk, clock, Calendar()),
        }
        self.relay = Relay(database, handlers, clock)
        with database.write() as session:
            self.number = submitted(session, clock()).id
            desk_updates.plan(session, rig.desk, clock())
        self.drain()

    def drain(self) -> None:
        while self.relay.run_once():
            pass

    def look(self) -> None:
        self.clock.now += desk_updates.EVERY
        self.drain()

    @property
    def ticket(self) -> Ticket:
        with self.database.read() as session:
            return session.get_one(Ticket, self.number)

    def comments(self) -> list[tuple[str, bool]]:
        with self.database.read() as session:
            return [(one.body, one.public) for one in session.scalars(select(Comment).order_by(Comment.id))]

    def mails(self) -> list[str]:
        with self.database.read() as session:
            rows = session.scalars(select(Message).where(Message.kind == "mail").order_by(Message.id))
            return [row.payload["template"] for row in rows]

    def next_look(self) -> Message:
        with self.database.read() as session:
            return session.scalars(select(Message).where(Message.kind == desk_updates.POLL).order_by(Message.id.desc())).all()[0]

    def add(self, words: str) -> None:
        with self.database.write() as session:
            tickets.add_information(session, session.get_one(Ticket, self.number), words, self.clock(), calendar=Calendar())


@pytest.fixture
def office(database: Database, rig: Any, clock: Clock) -> Office:
    return Office(database, rig, clock)


def test_an_agents_answer_comes_back_once_and_is_mailed_once(office: Office, rig: Any) -> None:
    rig.agent_says(office.ticket.remote_id, "Have you tried again?", public=True)
    rig.agent_says(office.ticket.remote_id, "ask the developers", public=False)
    rig.agent_sets(office.ticket.remote_id, "pending")
    for _ in range(3):
        office.look()
    assert office.comments() == [("Have you tried again?", True), ("ask the developers", False)]
    assert office.mails() == ["received", "reply"]
    assert office.ticket.status == "pending"


def test_a_look_that_begins_again_at_an_older_place_brings_nothing_twice(office: Office, rig: Any) -> None:
    cursor = office.next_look().payload["cursor"]
    rig.agent_says(office.ticket.remote_id, "Have you tried again?", public=True)
    office.look()
    with office.database.write() as session:
        session.merge(office.next_look()).payload = {"cursor": cursor}
    office.look()
    assert office.comments() == [("Have you tried again?", True)]
    assert office.mails() == ["received", "reply"]


def test_what_a_requester_adds_goes_to_the_desk_once_opens_it_and_does_not_come_back(office: Office, rig: Any) -> None:
    rig.agent_sets(office.ticket.remote_id, "solved")
    office.look()
    office.add("It came back.")
    office.drain()
    for _ in range(3):
        office.look()
    (held,) = rig.held(office.ticket.reference)
    assert len([text for text, _ in held.notes if "It came back." in text]) == 1
    assert held.status == "open"
    assert office.ticket.status == "open"
    assert office.comments() == [("It came back.", True)]


@pytest.mark.parametrize("lost", range(3))
def test_a_note_whose_answer_was_lost_is_not_said_twice(office: Office, rig: Any, lost: int) -> None:
    office.add("More to know.")
    rig.line.faults = [None] * lost + ["lost answer"]
    office.drain()
    rig.line.faults = []
    office.clock.now += timedelta(minutes=5)
    office.drain()
    (held,) = rig.held(office.ticket.reference)
    assert len([text for text, _ in held.notes if "More to know." in text]) == 1


def test_a_desk_that_does_not_answer_is_asked_again_for_ever(office: Office, rig: Any) -> None:
    for _ in range(100):
        rig.line.faults = [answer(500)]
        office.look()
    rig.agent_sets(office.ticket.remote_id, "solved")
    rig.line.faults = []
    office.look()
    assert office.ticket.status == "solved"
    with office.database.read() as session:
        assert len(session.scalars(select(Message).where(Message.kind == desk_updates.POLL)).all()) <= 2


def test_a_look_is_planned_once_and_never_for_the_built_in_desk(database: Database, clock: Clock, rig: Any) -> None:
    with database.write() as session:
        desk_updates.plan(session, Builtin(), clock())
        assert session.scalars(select(Message)).all() == []
        for _ in range(2):
            desk_updates.plan(session, rig.desk, clock())
        assert len(session.scalars(select(Message)).all()) == 1


def test_a_reply_written_in_our_own_desk_goes_to_the_connected_one(office: Office, rig: Any) -> None:
    with office.database.write() as session:
        bo = agent(session, office.clock())
        tickets.reply(session, session.get_one(Ticket, office.number), bo, "Sync first.", public=True, now=office.clock())
    office.drain()
    (held,) = rig.held(office.ticket.reference)
    assert [text for text, _ in held.notes if "Bo wrote" in text and "Sync first." in text]
