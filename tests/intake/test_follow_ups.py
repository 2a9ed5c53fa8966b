"""After the answer: a requester's words open it again for 14 days, then a new request follows; yes and no are kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.errors import InputError
from deflect_api.intake import duplicates, follow_ups, tickets
from deflect_api.store.db import Database
from deflect_api.store.desk import Relation
from deflect_api.store.models import JournalEntry, Message, Ticket
from tests.conftest import MONDAY
from tests.intake.made import SUPPORT, agent, submitted

DAY = timedelta(days=1)
ON = {"support": SUPPORT}
RECORD_ONLY = SUPPORT.model_copy(update={"desk": SUPPORT.desk.model_copy(update={"no_reopens": False})})


def solved(session: Any, now: datetime = MONDAY) -> Ticket:
    ticket = submitted(session, now, texts={"name": "Ada", "hub": "Asia"}, context={"instance": "care.akvoflow.org"})
    bo = session.scalar(select(tickets.Agent)) or agent(session, now)
    tickets.reply(session, ticket, bo, "Sync the app.", public=True, now=now, status="solved")
    return ticket


def templates(session: Any, ticket: Ticket) -> list[str]:
    rows = session.scalars(
        select(Message.payload).where(Message.ticket_id == ticket.id, Message.kind == "mail").order_by(Message.id)
    )
    return [payload["template"] for payload in rows]


def test_within_fourteen_days_a_solved_request_opens_again(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        again = follow_ups.write(session, ticket, "It came back.", now=MONDAY + 14 * DAY, **ON)
        assert again.id == ticket.id
        assert (ticket.status, ticket.awaiting, ticket.solved_at) == ("open", True, None)


def test_after_that_a_new_request_follows_it_and_both_say_so(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        later = MONDAY + 14 * DAY + timedelta(seconds=1)
        new = follow_ups.write(session, ticket, "It came back.", now=later, **ON)
        session.flush()
        assert (ticket.status, new.status, new.happened) == ("solved", "new", "It came back.")
        assert (new.email, new.name, new.hub, new.context) == (ticket.email, "Ada", "Asia", {"instance": "care.akvoflow.org"})
        assert session.get_one(Relation, (new.id, "follows")).other_id == ticket.id
        assert templates(session, new) == ["received"]
        entries = session.execute(select(JournalEntry.ticket_id, JournalEntry.change, JournalEntry.after)).all()
        assert (new.id, "follows", f"#{ticket.reference}") in entries
        assert (ticket.id, "followed", f"#{new.reference}") in entries


def test_a_closed_request_never_opens_but_is_followed(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        tickets.change_status(session, ticket, "closed", actor="bo", now=MONDAY)
        assert follow_ups.write(session, ticket, "More", now=MONDAY, **ON).id != ticket.id
        assert ticket.status == "closed"


def test_yes_is_recorded_and_changes_nothing_else(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        assert follow_ups.answer(session, ticket, "yes", now=MONDAY, **ON).id == ticket.id
        assert (ticket.status, ticket.solved_says) == ("solved", "yes")
        assert session.scalars(select(JournalEntry.after).where(JournalEntry.change == "solved?")).all() == ["yes"]


def test_no_is_recorded_and_opens_it_again(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        follow_ups.answer(session, ticket, "no", now=MONDAY + DAY, **ON)
        assert (ticket.status, ticket.solved_says) == ("open", "no")


def test_where_the_settings_say_so_a_bare_no_is_only_recorded(database: Database) -> None:
    with database.write() as session:
        ticket = solved(session)
        follow_ups.answer(session, ticket, "no", support=RECORD_ONLY, now=MONDAY)
        assert (ticket.status, ticket.solved_says) == ("solved", "no")


def test_an_open_request_has_nothing_to_say_yes_to(local: Database) -> None:
    with local.write() as session, pytest.raises(InputError):
        follow_ups.answer(session, submitted(session, MONDAY), "yes", now=MONDAY, **ON)


def test_both_requesters_hear_what_solves_a_duplicates_original(database: Database) -> None:
    with database.write() as session:
        bo, first, second = (
            agent(session, MONDAY),
            submitted(session, MONDAY),
            submitted(session, MONDAY, email="eve@example.org"),
        )
        duplicates.mark(session, second, first, bo, now=MONDAY, calendar=SUPPORT.calendar)
        assert second.status == "solved"
        assert templates(session, second) == ["received", "duplicate"]
        later = MONDAY + 20 * DAY
        assert duplicates.tell(session, first, bo, "It is mended.", now=later, calendar=SUPPORT.calendar) == 1
        session.flush()
        assert templates(session, second) == ["received", "duplicate", "solved"]
        assert second.solved_at == later, "its requester has 14 days from now on"
        assert follow_ups.opens_again(second, later + 14 * DAY)


def test_a_request_is_no_duplicate_of_itself_nor_in_a_circle(local: Database) -> None:
    with local.write() as session:
        bo, first, second = agent(session, MONDAY), submitted(session, MONDAY), submitted(session, MONDAY)
        on: dict[str, Any] = {"now": MONDAY, "calendar": SUPPORT.calendar}
        with pytest.raises(InputError):
            duplicates.mark(session, first, first, bo, **on)
        duplicates.mark(session, second, first, bo, **on)
        with pytest.raises(InputError):
            duplicates.mark(session, first, second, bo, **on)


def test_the_duplicates_of_a_duplicate_move_to_its_original(local: Database) -> None:
    with local.write() as session:
        bo, (first, second, third) = agent(session, MONDAY), [submitted(session, MONDAY) for _ in range(3)]
        on: dict[str, Any] = {"now": MONDAY, "calendar": SUPPORT.calendar}
        duplicates.mark(session, third, second, bo, **on)
        duplicates.mark(session, second, first, bo, **on)
        session.flush()
        assert [one.id for one in duplicates.of(session, first)] == [second.id, third.id]
