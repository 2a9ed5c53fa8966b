"""Retention: each kind goes when support.yml says so, once a day, and what went is on record."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from deflect_api.app import handlers
from deflect_api.config.staff import Retention
from deflect_api.delivery.relay import Relay
from deflect_api.desk.people import audit
from deflect_api.intake.personal_data import privacy_retention
from deflect_api.store.models import JournalEntry, Message, SessionEvent, Table, Ticket
from deflect_api.store.privacy import Removal
from deflect_api.store.uploads import Upload
from tests.conftest import Desk
from tests.intake.test_privacy import PIECES, files_with, rows_with, store_one

NEVER = dict.fromkeys(Retention.model_fields, 0)


def run(desk: Desk, **rules: int) -> None:
    """Let the relay do what is due now, under these rules and no others."""
    settings = replace(
        desk.settings, support=desk.settings.support.model_copy(update={"retention": Retention(**{**NEVER, **rules})})
    )
    with desk.database.write() as session:
        privacy_retention.owe(session, desk.clock())
    relay = Relay(desk.database, handlers(settings, desk.database, desk.clock), desk.clock)
    while relay.run_once():
        pass


def removed(desk: Desk) -> dict[str, int]:
    with desk.database.read() as session:
        newest = session.scalar(select(func.max(Removal.at)))
        return {row.kind: row.count for row in session.scalars(select(Removal).where(Removal.at == newest)) if row.count}


def count(desk: Desk, table: type[Table]) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_solved_ticket_goes_after_its_time_and_its_figures_stay(any_desk: Desk) -> None:
    desk = any_desk
    store_one(desk, 10)
    desk.clock.forward(days=29)
    run(desk, tickets=30)
    assert removed(desk) == {}
    desk.clock.forward(days=1, seconds=1)
    run(desk, tickets=30, messages=30)
    assert removed(desk)["tickets"] == 1
    assert rows_with(desk, PIECES) == []
    assert files_with([desk.settings.home], PIECES) == []
    if desk.database.is_sqlite:
        assert files_with([desk.settings.home.parent], PIECES) == [], "nothing in the raw bytes of the database either"
    with desk.database.read() as session:
        assert [(row.product, row.status) for row in session.scalars(select(Ticket))] == [("flow", "closed")]


def test_what_is_still_open_is_never_removed(desk: Desk) -> None:
    desk.send(session=None)
    desk.clock.forward(days=3000)
    run(desk, tickets=1, files=1, journal=1)
    with desk.database.read() as session:
        assert session.get_one(Ticket, 1001).email == "ada@example.org"
        assert [row.change for row in session.scalars(select(JournalEntry))] == ["submitted"]


KINDS = [("files", Upload, 0), ("searches", SessionEvent, 2), ("messages", Message, 2), ("journal", JournalEntry, 3)]


@pytest.mark.parametrize(("kind", "table", "left"), KINDS)
def test_each_kind_has_a_time_of_its_own(desk: Desk, kind: str, table: type[Table], left: int) -> None:
    store_one(desk, 10)
    with desk.database.write() as session:
        session.add(JournalEntry(ticket_id=1001, at=desk.clock(), actor="x", change="file", after="a.txt", reason="r"))
    while desk.relay.run_once():
        pass
    desk.clock.forward(days=31)
    run(desk, **{kind: 30})
    assert removed(desk)[kind] >= 1
    assert count(desk, table) == left if kind != "messages" else count(desk, table) <= left
    assert count(desk, Ticket) == 1
    with desk.database.read() as session:
        assert session.get_one(Ticket, 1001).email != "", "the ticket itself has its own time"
        if kind == "searches":
            assert {(row.text, row.reason) for row in session.scalars(select(SessionEvent))} == {("", "")}


def test_the_audit_log_is_kept_for_its_time(desk: Desk) -> None:
    with desk.database.write() as session:
        audit.note(session, audit.By("lead@example.org", desk.clock()), audit.SIGNED_IN)
        audit.note(session, audit.By("lead@example.org", desk.clock() + timedelta(days=5)), audit.SIGNED_OUT)
    desk.clock.forward(days=31)
    run(desk, audit=30)
    with desk.database.read() as session:
        assert [row.event for row in audit.latest(session)] == [audit.SIGNED_OUT]


def test_each_run_is_on_record_and_the_next_is_owed_a_day_later(desk: Desk) -> None:
    for _ in range(3):
        run(desk, tickets=30)
        desk.clock.forward(days=1)
    with desk.database.read() as session:
        rows = session.scalars(select(Removal).where(Removal.kind == "tickets")).all()
        owed = session.scalars(select(Message).where(Message.kind == privacy_retention.KIND, Message.state == "queued")).all()
    assert [row.at for row in rows] == [desk.clock() - timedelta(days=day) for day in (3, 2, 1)]
    assert [row.before for row in rows] == [row.at - timedelta(days=30) for row in rows]
    assert [row.not_before for row in owed] == [desk.clock()]


def test_a_long_backlog_goes_in_batches(desk: Desk) -> None:
    with desk.database.write() as session:
        for _ in range(privacy_retention.AT_ONCE + 50):
            audit.note(session, audit.By("x", desk.clock()), audit.SIGNED_IN)
    desk.clock.forward(days=31)
    run(desk, audit=30)
    assert removed(desk) == {"audit": privacy_retention.AT_ONCE + 50}
