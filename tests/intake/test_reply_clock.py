"""The reply clock: working hours only, and it stands while a ticket waits for its requester."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deflect_api.config.support import Calendar
from deflect_api.intake import reply_clock, tickets
from deflect_api.store.db import Database
from tests.intake.made import SUPPORT, agent, submitted

OFFICE = Calendar(timezone="Europe/Amsterdam")  # 09:00 to 17:00, Monday to Friday
NAIROBI = SUPPORT.calendar


def at(text: str, calendar: Calendar = OFFICE) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 17:00", 8),
        ("2026-11-23 08:00", "2026-11-23 10:00", 1),
        ("2026-11-20 16:00", "2026-11-23 10:00", 2),  # over a weekend
        ("2026-11-21 10:00", "2026-11-22 10:00", 0),
        ("2026-03-27 16:00", "2026-03-30 10:00", 2),  # the clocks went forward that weekend
        ("2026-11-23 12:00", "2026-11-23 11:00", 0),
    ],
)
def test_time_between_counts_working_hours_alone(start: str, end: str, hours: float) -> None:
    assert reply_clock.between(at(start), at(end), OFFICE) == timedelta(hours=hours)


def test_a_pause_moves_the_reply_time_by_the_working_time_that_was_left() -> None:
    due, paused = at("2026-11-24 11:00"), at("2026-11-23 16:00")  # 3 hours left: one on Monday, two on Tuesday
    assert reply_clock.resumed(due, paused, at("2026-11-27 15:00"), OFFICE) == at("2026-11-30 10:00")


def test_what_was_overdue_when_the_pause_began_stays_overdue() -> None:
    due, paused = at("2026-11-23 10:00"), at("2026-11-23 11:00")
    assert reply_clock.resumed(due, paused, at("2026-11-27 15:00"), OFFICE) == due


minutes = st.integers(min_value=0, max_value=60 * 24 * 40).map(lambda n: at("2026-03-01 00:00") + timedelta(minutes=n))


@given(start=minutes, pause=minutes, length=st.integers(min_value=0, max_value=60 * 24 * 10))
def test_a_pause_neither_takes_nor_gives_working_time(start: datetime, pause: datetime, length: int) -> None:
    due = reply_clock.due(start, reply_clock.promised(OFFICE), OFFICE)
    if pause < start or pause >= due:
        return
    again = pause + timedelta(minutes=length)
    later = reply_clock.resumed(due, pause, again, OFFICE)
    spent = reply_clock.between(start, pause, OFFICE) + reply_clock.between(again, later, OFFICE)
    assert spent == reply_clock.promised(OFFICE)


def test_a_pending_ticket_stands_still_and_goes_on_where_it_stood(database: Database) -> None:
    monday = at("2026-11-23 12:00", NAIROBI)
    with database.write() as session:
        ticket, bo = submitted(session, monday), agent(session, monday)
        assert ticket.reply_due_at == at("2026-11-24 12:00", NAIROBI)
        tickets.change_status(session, ticket, "pending", actor=bo.email, now=at("2026-11-23 16:00", NAIROBI))
        friday = at("2026-11-27 09:00", NAIROBI)
        tickets.change_status(session, ticket, "open", actor=bo.email, now=friday, calendar=NAIROBI)
        assert ticket.reply_due_at == at("2026-11-27 13:00", NAIROBI), "four of eight hours were left"
        assert ticket.awaiting


def test_the_clock_cannot_go_on_without_the_calendar(local: Database) -> None:
    monday = at("2026-11-23 12:00", NAIROBI)
    with local.write() as session:
        ticket = submitted(session, monday)
        tickets.change_status(session, ticket, "pending", actor="x", now=monday)
        with pytest.raises(ValueError, match="calendar"):
            tickets.change_status(session, ticket, "open", actor="x", now=monday)


def test_whoever_writes_after_our_reply_waits_anew_and_whoever_adds_before_it_does_not(database: Database) -> None:
    monday, tuesday = at("2026-11-23 12:00", NAIROBI), at("2026-11-24 10:00", NAIROBI)
    with database.write() as session:
        ticket, bo = submitted(session, monday), agent(session, monday)
        due = ticket.reply_due_at
        tickets.add_information(session, ticket, "One more thing", tuesday, calendar=NAIROBI)
        assert ticket.reply_due_at == due, "adding to a request does not push it back"
        tickets.reply(session, ticket, bo, "Try this", public=True, now=tuesday)
        assert not ticket.awaiting
        tickets.add_information(session, ticket, "Still the same", tuesday + timedelta(hours=1), calendar=NAIROBI)
        assert (ticket.awaiting, ticket.reply_due_at) == (True, at("2026-11-25 11:00", NAIROBI))
