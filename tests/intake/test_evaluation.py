"""Evaluating: the table gives the priority and its reason; another priority needs one of its own, and all is noted."""

from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.errors import InputError
from deflect_api.intake import evaluation
from deflect_api.intake.evaluation import Evaluation
from deflect_api.store.db import Database
from deflect_api.store.models import JournalEntry, Ticket
from tests.conftest import MONDAY
from tests.intake.made import SUPPORT, agent, submitted


def evaluated(database: Database, *given: Evaluation) -> tuple[Ticket, list[tuple[str, str, str, str]]]:
    with database.write() as session:
        ticket, bo = submitted(session, MONDAY), agent(session, MONDAY)
        for one in given:
            evaluation.evaluate(session, ticket, one, bo, support=SUPPORT, now=MONDAY)
        session.flush()
        rows = session.scalars(select(JournalEntry).where(JournalEntry.change != "submitted").order_by(JournalEntry.id))
        return ticket, [(row.change, row.before, row.after, row.reason) for row in rows]


def made(**changes: Any) -> Evaluation:
    plain: dict[str, Any] = {
        "product": "flow",
        "type": "question",
        "severity": "minor",
        "affected": "one",
        "needed_by": "no date",
    }
    return Evaluation(**{**plain, **changes})


def test_the_table_gives_the_priority_and_its_reason(database: Database) -> None:
    ticket, noted = evaluated(database, made(type="bug", severity="critical", affected="everyone", needed_by="today"))
    assert (ticket.priority, ticket.priority_reason) == ("urgent", "Work has stopped. Everyone is affected. It is needed today.")
    assert [(change, before, after) for change, before, after, _ in noted] == [
        ("type", "question", "bug"),
        ("severity", "minor", "critical"),
        ("impact", "one", "everyone"),
        ("urgency", "no date", "today"),
        ("priority", "low", "urgent"),
    ]


def test_an_override_without_a_reason_is_refused_and_one_with_a_reason_is_kept(database: Database) -> None:
    with pytest.raises(InputError, match="The table gives low"):
        evaluated(database, made(priority="high"))
    with pytest.raises(InputError):
        evaluated(database, made(priority="high", reason="  "))
    ticket, noted = evaluated(database, made(priority="high", reason="An event tomorrow"))
    assert (ticket.priority, ticket.override_reason) == ("high", "An event tomorrow")
    assert ticket.priority_reason == "Bo: An event tomorrow (The table gives low.)"
    assert noted == [("priority", "low", "high", "An event tomorrow")]


def test_going_back_to_the_table_ends_the_override(local: Database) -> None:
    ticket, noted = evaluated(local, made(priority="high", reason="An event"), made())
    assert (ticket.priority, ticket.override_reason) == ("low", None)
    assert noted[-1][:3] == ("priority", "high", "low")


def test_another_reason_for_the_same_override_is_noted(local: Database) -> None:
    _, noted = evaluated(local, made(priority="high", reason="An event"), made(priority="high", reason="Two events"))
    assert noted[-1] == ("priority", "", "high", "Two events")


def test_saving_it_unchanged_notes_nothing(local: Database) -> None:
    _, noted = evaluated(local, made(), made())
    assert noted == []
