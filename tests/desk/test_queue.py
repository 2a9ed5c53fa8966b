"""The queue: the most pressing first, what there is to do at a glance, and tickets found by filter or words on both databases."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from deflect_api.desk import queue, tags
from deflect_api.intake import duplicates, tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Agent, Ticket
from tests.conftest import MONDAY
from tests.intake.made import SUPPORT, agent, submitted

LATER = MONDAY + timedelta(days=9)
Seen = Callable[..., list[str]]


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


@pytest.fixture
def bo(database: Database) -> Agent:
    with database.write() as session:
        return agent(session, MONDAY)


@pytest.fixture
def seen(database: Database, bo: Agent) -> Seen:
    """Call it with what is asked for, to get the numbers of the tickets shown."""

    def look(view: str = "", *, now: datetime = MONDAY, **asked: Any) -> list[str]:
        with database.read() as session:
            return [ticket.reference for ticket in queue.rows(session, queue.Asked(bo, now, view, **asked))]

    return look


@pytest.fixture
def count(database: Database, bo: Agent) -> Callable[..., dict[str, int]]:
    def look(now: datetime = MONDAY) -> dict[str, int]:
        with database.read() as session:
            return queue.counts(session, queue.Asked(bo, now))

    return look


def test_the_queue_is_ordered_by_priority_then_by_when_the_reply_is_due(database: Database, seen: Seen) -> None:
    soon, late = MONDAY, MONDAY + timedelta(days=1)
    pressing = list(itertools.product(["urgent", "high", "normal", "low", "another desk's"], [soon, late]))
    stored = dict(zip(pressing[::-1], store(database, *(("new", *each) for each in pressing[::-1])), strict=True))
    assert seen("open") == [stored[each] for each in pressing]


def test_of_equals_the_older_request_comes_first(database: Database, seen: Seen) -> None:
    numbers = store(database, *[("new", "normal", MONDAY)] * 12)
    with database.write() as session:  # an update moves a row to another place in PostgreSQL's table
        session.get_one(Ticket, int(numbers[0])).subject = "changed"
    assert seen("open") == numbers


def test_within_a_priority_whoever_waits_for_us_comes_before_whoever_was_answered(database: Database, seen: Seen) -> None:
    answered, waits = store(database, ("open", "normal", MONDAY), ("open", "normal", LATER))
    with database.write() as session:
        session.get_one(Ticket, int(answered)).awaiting = False
    assert seen("open") == [waits, answered]


def test_every_view_shows_what_it_counts(database: Database, bo: Agent, seen: Seen, count: Any) -> None:
    mine, fresh, waits, up, late, held, over = store(
        database,
        *(("open", "low", LATER), ("new", "low", LATER), ("pending", "low", MONDAY), ("escalated", "low", LATER)),
        *(("open", "low", MONDAY - timedelta(minutes=1)), ("suspected", "low", LATER), ("closed", "low", LATER)),
    )
    with database.write() as session:
        session.get_one(Ticket, int(mine)).assignee_id = bo.id
    shown = {view: seen(view) for view in queue.VIEWS}
    assert shown == {
        "unassigned": [late, fresh],
        "mine": [mine],
        "waiting": [waits],
        "escalated": [up],
        "overdue": [late],
        "open": [late, mine, fresh],
        "suspected": [held],
        "done": [over],
    }
    assert count() == {view: len(numbers) for view, numbers in shown.items()}


def test_an_answered_or_pending_request_is_never_overdue(database: Database, seen: Seen) -> None:
    pending, answered = store(database, ("pending", "low", MONDAY), ("open", "low", MONDAY))
    with database.write() as session:
        session.get_one(Ticket, int(answered)).awaiting = False
    assert seen("overdue", now=LATER) == []
    assert pending not in seen("open")


def test_an_empty_desk_counts_nothing(seen: Seen, count: Any) -> None:
    assert count() == dict.fromkeys(queue.VIEWS, 0)
    assert seen("open") == []


def test_a_long_queue_has_pages_and_counts_all(database: Database, seen: Seen, count: Any) -> None:
    store(database, *[("new", "low", MONDAY)] * 100, ("new", "urgent", MONDAY), ("new", "low", MONDAY))
    first = seen("open")
    assert len(first) == queue.MOST_ROWS + 1, "one more tells that there is another page"
    assert first[0] == "1101"
    assert seen("open", page=2) == ["1100", "1102"]
    assert count()["open"] == 102


def test_filters_narrow_a_view_by_column_and_by_tag(database: Database, bo: Agent, seen: Seen) -> None:
    with database.write() as session:
        one = submitted(session, MONDAY, product="rsr", type="bug", texts={"hub": "Asia", "partner": "Green Coast"})
        other = submitted(session, MONDAY, product="flow", type="bug", texts={"hub": "Asia"})
        submitted(session, MONDAY, product="flow", type="question", texts={"hub": "Europe"})
        tags.add(session, "category", "Syncing", by=bo.email, now=MONDAY, support=SUPPORT)
        tags.put(session, other, {"category": ["Syncing"]}, bo, support=SUPPORT, now=MONDAY)
    assert seen("open", filters={"type": "bug"}) == [one.reference, other.reference]
    assert seen("open", filters={"type": "bug", "product": "rsr"}) == [one.reference]
    assert seen("open", filters={"hub": "Asia"}) == [one.reference, other.reference], "untagged: as the requester wrote it"
    assert seen("open", filters={"partner": "Green Coast"}) == [one.reference]
    assert seen("open", filters={"category": "Syncing"}) == [other.reference]
    assert seen("open", filters={"severity": "critical"}) == []


def test_what_an_agent_may_see_narrows_every_list_and_every_count(database: Database, bo: Agent) -> None:
    with database.write() as session:
        one = submitted(session, MONDAY, product="rsr")
        submitted(session, MONDAY, product="flow")
    limited = queue.Asked(bo, MONDAY, "open", within=(Ticket.product == "rsr",))
    words = queue.Asked(bo, MONDAY, words="phone", within=(Ticket.product == "rsr",))
    with database.read() as session:
        assert [ticket.id for ticket in queue.rows(session, limited)] == [one.id]
        assert [ticket.id for ticket in queue.rows(session, words)] == [one.id]
        assert queue.counts(session, limited)["open"] == 1


@pytest.mark.parametrize(
    "words",
    [
        "export",
        "EXPORT excel",
        "exp",
        "données",
        "donnees",
        "care.akvoflow.org",
        "4139-k07c",
        "ada@example.org",
        "ලංකා",
        "表格",
        "note",
    ],
)
def test_a_ticket_is_found_by_the_beginnings_of_its_words(database: Database, bo: Agent, seen: Seen, words: str) -> None:
    told = {"subject": "The Excel-export fails", "happened": "Les données… care.akvoflow.org 4139-k07c-bjw2 ශ්‍රී ලංකාව 我的表格"}
    with database.write() as session:
        submitted(session, MONDAY, email="other@example.com", subject="something else", texts={})
        ticket = submitted(session, MONDAY, **told)
        tickets.reply(session, ticket, bo, "A note about it", public=False, now=MONDAY)
    assert seen(words=words) == [ticket.reference]


@pytest.mark.parametrize("words", ["' OR zz=1", '"', "*", "AND", "zz:*", "&|!()", "\\", ":*", "NEAR(a b)", "-x", "😀", "\x00"])
def test_no_signs_of_a_query_language_break_the_search(database: Database, seen: Seen, words: str) -> None:
    store(database, ("new", "low", MONDAY))
    assert seen(words=words) == []


def test_the_number_that_was_typed_comes_first_then_the_newest(database: Database, seen: Seen) -> None:
    with database.write() as session:
        first = submitted(session, MONDAY)
        later = [submitted(session, MONDAY, happened=f"It is like {first.reference}.") for _ in range(2)]
    assert seen(words=f"#{first.reference}") == [first.reference, later[1].reference, later[0].reference]


def test_a_search_keeps_to_the_filters_and_finds_solved_ones(database: Database, seen: Seen) -> None:
    with database.write() as session:
        one = submitted(session, MONDAY, product="lumen")
        submitted(session, MONDAY, product="flow")
        one.status = "solved"
    assert seen(words="survey", filters={"product": "lumen"}) == [one.reference]


def test_what_was_removed_is_not_found_again(database: Database, seen: Seen) -> None:
    (number,) = store(database, ("new", "low", MONDAY))
    with database.write() as session:
        session.execute(delete(Ticket).where(Ticket.id == int(number)))
    assert seen(words="survey") == []


def test_a_duplicate_is_out_of_the_queue_and_leads_to_its_original(database: Database, bo: Agent, seen: Seen) -> None:
    with database.write() as session:
        first, second, third = (submitted(session, MONDAY) for _ in range(3))
        duplicates.mark(session, second, first, bo, now=MONDAY, calendar=SUPPORT.calendar)
        duplicates.mark(session, third, second, bo, now=MONDAY, calendar=SUPPORT.calendar)
        assert [duplicates.original_of(session, each) for each in (second, third)] == [first, first]
    assert seen("open") == [first.reference]
