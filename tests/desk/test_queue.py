"""The queue: the most pressing first, each ticket in one view, and a page with everything about it."""

import itertools
from datetime import datetime, timedelta

import pytest

from deflect_api.desk import queue
from deflect_api.errors import NotFound
from deflect_api.intake import deflection, tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Ticket
from tests.conftest import MONDAY
from tests.intake.made import agent, submitted


def store(database: Database, *told: tuple[str, str, datetime]) -> list[str]:
    """Store a ticket for each status, priority and time its reply is due."""
    with database.write() as session:
        made = []
        for status, priority, due in told:
            ticket = submitted(session, MONDAY)
            ticket.status, ticket.priority, ticket.reply_due_at = status, priority, due
            made.append(ticket)
        session.flush()
        return [ticket.reference for ticket in made]


def view(database: Database, name: str) -> list[str]:
    with database.read() as session:
        return [ticket.reference for ticket in queue.rows(session, name)]


def test_the_queue_is_ordered_by_priority_then_by_when_the_reply_is_due(database: Database) -> None:
    soon, late = MONDAY, MONDAY + timedelta(days=1)
    pressing = list(itertools.product(["urgent", "high", "normal", "low", "another desk's"], [soon, late]))
    stored = dict(zip(pressing[::-1], store(database, *(("new", *each) for each in pressing[::-1])), strict=True))
    assert view(database, "open") == [stored[each] for each in pressing]


def test_of_equals_the_older_request_comes_first(database: Database) -> None:
    numbers = store(database, *[("new", "normal", MONDAY)] * 12)
    with database.write() as session:  # an update moves a row to another place in PostgreSQL's table
        session.get_one(Ticket, int(numbers[0])).subject = "changed"
    assert view(database, "open") == numbers


def test_every_status_is_in_one_view_and_counted_there(database: Database) -> None:
    statuses = {
        "open": ["new", "open"],
        "waiting": ["pending"],
        "escalated": ["escalated"],
        "suspected": ["suspected"],
        "done": ["solved", "closed"],
    }
    assert set(itertools.chain(*statuses.values())) >= set(tickets.STATUSES)
    for name, inside in statuses.items():
        store(database, *((status, "normal", MONDAY) for status in inside))
        with database.read() as session:
            assert {ticket.status for ticket in queue.rows(session, name)} == set(inside)
    store(database, ("new", "low", MONDAY))
    with database.read() as session:
        assert queue.counts(session) == {"open": 3, "waiting": 1, "escalated": 1, "suspected": 1, "done": 2}


def test_an_empty_desk_counts_nothing(database: Database) -> None:
    with database.read() as session:
        assert queue.counts(session) == dict.fromkeys(queue.VIEWS, 0)
        assert list(queue.rows(session, "open")) == []


def test_a_long_queue_shows_its_first_hundred_and_counts_all(local: Database) -> None:
    store(local, *[("new", "low", MONDAY)] * 100, ("new", "urgent", MONDAY), ("new", "low", MONDAY))
    shown = view(local, "open")
    assert len(shown) == queue.MOST_ROWS == 100
    assert shown[0] == "1101"
    with local.read() as session:
        assert queue.counts(session)["open"] == 102


def test_a_tickets_page_has_its_history_and_what_is_owed(database: Database) -> None:
    with database.write() as session:
        deflection.record(session, "s1", deflection.Event(deflection.OPENED, article="flow/a/"), MONDAY)
        ticket = submitted(session, MONDAY, session="s1")
        submitted(session, MONDAY, session="s2")
        bo = agent(session, MONDAY)
        tickets.take(session, ticket, bo, MONDAY)
        tickets.reply(session, ticket, bo, "Please sync.", public=True, now=MONDAY)
    with database.read() as session:
        found = queue.dossier(session, ticket.reference)
    assert [event.event for event in found.history] == ["opened", "submitted"]
    assert [message.kind for message in found.owed] == ["forward", "mail", "say", "mail"]
    assert [comment.body for comment in found.ticket.comments] == ["Please sync."]
    assert [entry.change for entry in found.ticket.journal] == ["submitted", "taken", "status"]
    assert found.ticket.assignee is not None
    assert found.ticket.assignee.name == "Bo"


def test_a_ticket_that_is_not_there_has_no_page(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound):
        queue.dossier(session, "4711")
