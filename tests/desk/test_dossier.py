"""One ticket's page: everything about it, and nothing that was rejected."""

import pytest

from deflect_api.desk import dossier
from deflect_api.errors import NotFound
from deflect_api.intake import deflection, tickets
from deflect_api.store.db import Database
from tests.conftest import MONDAY
from tests.intake.made import SUPPORT, agent, submitted


def test_a_tickets_page_has_its_history_and_what_is_owed(database: Database) -> None:
    with database.write() as session:
        deflection.record(session, "s1", deflection.Event(deflection.OPENED, article="flow/a/"), MONDAY)
        deflection.record(session, "s1", deflection.Event(deflection.REJECTED, article="flow/b/"), MONDAY)
        ticket = submitted(session, MONDAY, session="s1")
        submitted(session, MONDAY, session="s2")
        bo = agent(session, MONDAY)
        tickets.take(session, ticket, bo, MONDAY)
        tickets.reply(session, ticket, bo, "Please sync.", public=True, now=MONDAY)
    with database.read() as session:
        found = dossier.read(session, ticket.reference, SUPPORT)
    assert [event.event for event in found.history] == ["opened", "rejected", "submitted"]
    assert dossier.rejected(found.history) == {"flow/b/"}
    assert [message.kind for message in found.owed] == ["forward", "mail", "say", "mail"]
    assert [comment.body for comment in found.ticket.comments] == ["Please sync."]
    assert [entry.change for entry in found.ticket.journal] == ["submitted", "taken", "status"]
    assert found.ticket.assignee is not None
    assert found.ticket.assignee.name == "Bo"


def test_a_tickets_page_says_what_is_missing_and_which_open_ones_are_like_it(database: Database) -> None:
    words = {"subject": "Excel export stops at 90 percent", "happened": "The export of the water points form stops each time."}
    with database.write() as session:
        ticket = submitted(session, MONDAY, type="bug", **words)
        like = submitted(session, MONDAY, subject="export stops", happened="Excel export of water points stops at 90 percent")
        over = submitted(session, MONDAY, **words)
        over.status = "solved"
        for number in range(30):
            submitted(session, MONDAY, subject=f"Something else {number}", happened="The phone shows no list of forms.")
    with database.read() as session:
        found = dossier.read(session, ticket.reference, SUPPORT)
    assert [one.reference for one in found.near.similar] == [like.reference]
    keys = [part.key for part in found.missing]
    assert {"doing", "expected", "steps", "context.instance", "device.where"} <= set(keys)
    assert "happened" not in keys


def test_a_ticket_that_is_not_there_has_no_page(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound):
        dossier.read(session, "4711", SUPPORT)
