"""Support sessions: silence is not success, a person's own word is, and a ticket counts most."""

import itertools
from datetime import timedelta

from sqlalchemy import func, select

from deflect_api.intake import deflection
from deflect_api.intake.deflection import ABANDONED, MOST_EVENTS, OPENED, REJECTED, SHOWN, SOLVED, SUBMITTED, Event
from deflect_api.store.db import Database
from deflect_api.store.models import SessionEvent, SupportSession
from tests.conftest import MONDAY

EVENTS = (SHOWN, OPENED, SOLVED, REJECTED, ABANDONED, SUBMITTED)


def outcome(database: Database, name: str = "s1") -> str:
    with database.read() as session:
        return session.get_one(SupportSession, name).outcome


def happen(database: Database, *events: str, name: str = "s1") -> str:
    for event in events:
        with database.write() as session:
            deflection.record(session, name, Event(event), MONDAY)
    return outcome(database, name)


def test_a_session_ends_as_what_was_done_in_it_says(database: Database) -> None:
    for number, (events, result) in enumerate(
        [
            ([SHOWN], ""),
            ([SHOWN, REJECTED], ""),
            ([SHOWN, REJECTED, ABANDONED], "abandoned"),
            ([SHOWN, OPENED, ABANDONED], "unconfirmed"),
            ([ABANDONED, OPENED], "unconfirmed"),
            ([SOLVED, OPENED, ABANDONED], "confirmed"),
            ([OPENED, SUBMITTED], "submitted"),
            ([SUBMITTED, SOLVED, ABANDONED], "submitted"),
        ]
    ):
        assert happen(database, *events, name=f"s{number}") == result, events


def test_whatever_the_order_a_ticket_beats_a_word_beats_reading_beats_leaving(local: Database) -> None:
    ranked = {SUBMITTED: "submitted", SOLVED: "confirmed", OPENED: "unconfirmed", ABANDONED: "abandoned"}
    orders = [order for length in (1, 2, 3) for order in itertools.product(EVENTS, repeat=length)]
    with local.write() as session:
        for number, order in enumerate(orders):
            for event in order:
                deflection.record(session, f"s{number}", Event(event), MONDAY)
    with local.read() as session:
        for number, order in enumerate(orders):
            expected = next((ranked[event] for event in ranked if event in order), "")
            assert session.get_one(SupportSession, f"s{number}").outcome == expected, order


def test_silence_is_never_confirmed(local: Database) -> None:
    assert happen(local, SHOWN, OPENED, OPENED, REJECTED, ABANDONED) != "confirmed"


def test_what_happened_is_kept_in_order_and_whole(database: Database) -> None:
    told = [
        Event(SHOWN, text="survey is not on the phone", shown=("flow/a/", "flow/b/"), product="flow"),
        Event(OPENED, article="flow/a/"),
        Event(REJECTED, article="flow/a/", reason="not my phone"),
    ]
    for minutes, event in enumerate(told):
        with database.write() as session:
            deflection.record(session, "s1", event, MONDAY + timedelta(minutes=minutes))
    with database.read() as session:
        kept = deflection.history(session, "s1")
        assert [(row.event, row.article, row.reason, row.text, tuple(row.shown)) for row in kept] == [
            (event.event, event.article, event.reason, event.text, event.shown) for event in told
        ]
        visit = session.get_one(SupportSession, "s1")
        assert (visit.started_at, visit.last_at, visit.product) == (MONDAY, MONDAY + timedelta(minutes=2), "flow")


def test_events_of_one_transaction_are_all_kept(database: Database) -> None:
    with database.write() as session:
        for event in (SHOWN, OPENED, SUBMITTED):
            deflection.record(session, "s1", Event(event), MONDAY)
    with database.read() as session:
        assert [row.event for row in deflection.history(session, "s1")] == [SHOWN, OPENED, SUBMITTED]
    assert outcome(database) == "submitted"


def test_sessions_are_told_apart(database: Database) -> None:
    happen(database, SOLVED, name="s1")
    happen(database, OPENED, name="s2")
    assert (outcome(database, "s1"), outcome(database, "s2")) == ("confirmed", "unconfirmed")
    with database.read() as session:
        assert len(deflection.history(session, "s2")) == 1
        assert deflection.history(session, "") == ()
        assert list(deflection.history(session, "nobody")) == []


def test_a_session_that_goes_on_for_ever_is_cut_but_its_ticket_is_noted(database: Database) -> None:
    happen(database, SHOWN)
    with database.write() as session:
        session.add_all(SessionEvent(session_id="s1", at=MONDAY, event=SHOWN) for _ in range(MOST_EVENTS - 2))
    assert happen(database, OPENED, SOLVED, SHOWN) == "unconfirmed", "the event after the last is not noted"
    assert happen(database, SUBMITTED) == "submitted"
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SessionEvent)) == MOST_EVENTS + 1
