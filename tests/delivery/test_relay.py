"""The relay: every outcome of a handler has its consequence, nothing is open while one runs, and nothing stops the relay."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.delivery.relay import Done, Handler, Relay
from deflect_api.errors import ConfigError, PermanentFailure, TemporaryFailure, Unavailable, UnknownOutcome
from deflect_api.store.db import Database
from deflect_api.store.models import Message, SupportSession
from tests.conftest import Clock
from tests.delivery.owed import details, outcomes, owe, row, states

LONG = 3600.0


def raises(error: Exception) -> Handler:
    def handle(message: Message) -> Done:
        raise error

    return handle


def one_after_another(*steps: Handler) -> Handler:
    """The first call gets the first step, and so on."""
    left = iter(steps)

    def handle(message: Message) -> Done:
        return next(left)(message)

    return handle


def drain(relay: Relay) -> None:
    """Carry out all that is due."""
    while relay.run_once():
        pass


def delivered(message: Message) -> Done:
    return Done("taken")


def test_what_was_owed_is_done_once_and_on_record(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a", payload={"words": "表單"})
    seen: list[Any] = []

    def handle(message: Message) -> Done:
        seen.append((message.id, message.payload, message.attempts))
        return Done("desk id 7")

    relay = Relay(database, {"test": handle}, clock)
    assert relay.run_once() == 1
    assert relay.run_once() == 0
    assert seen == [(owed, {"words": "表單"}, 1)]
    assert states(database) == ["delivered"]
    assert (outcomes(database, owed), details(database, owed)) == (["delivered"], ["desk id 7"])


def test_messages_of_one_stream_are_delivered_in_order(local: Database, clock: Clock) -> None:
    owed, seen = owe(local, clock(), "a", "a", "b", "a"), []

    def handle(message: Message) -> Done:
        seen.append(message.id)
        return Done()

    drain(Relay(local, {"test": handle}, clock))
    assert [number for number in seen if number != owed[2]] == [owed[0], owed[1], owed[3]]
    assert sorted(seen) == owed


@pytest.mark.parametrize("error", [TemporaryFailure("busy"), Unavailable("our database is locked")])
def test_a_temporary_failure_is_tried_again_later(local: Database, clock: Clock, error: Exception) -> None:
    (owed,) = owe(local, clock(), "a")
    relay = Relay(local, {"test": one_after_another(raises(error), delivered)}, clock)
    relay.run_once()
    assert states(local) == ["queued"]
    assert clock() < row(local, owed).not_before <= clock() + timedelta(seconds=5)
    assert relay.run_once() == 0
    clock.forward(seconds=5)
    assert relay.run_once() == 1
    assert states(local) == ["delivered"]
    assert outcomes(local, owed) == ["temporary", "delivered"]


def test_the_other_sides_retry_after_is_respected(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    Relay(local, {"test": raises(TemporaryFailure("slow down", retry_after=900))}, clock).run_once()
    assert row(local, owed).not_before == clock() + timedelta(minutes=15)


def test_a_retry_after_of_years_is_cut_to_a_day(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    Relay(local, {"test": raises(TemporaryFailure("slow down", retry_after=1e9))}, clock).run_once()
    assert row(local, owed).not_before == clock() + timedelta(days=1)


@pytest.mark.parametrize("error", [PermanentFailure("no such mailbox"), ConfigError("no such field")])
def test_a_permanent_failure_waits_for_a_human(local: Database, clock: Clock, error: Exception) -> None:
    (owed,) = owe(local, clock(), "a")
    relay = Relay(local, {"test": raises(error)}, clock, kinds=frozenset({"test"}))
    relay.run_once()
    clock.forward(days=30)
    assert relay.run_once() == 0
    assert states(local) == ["waiting for a human"]
    assert (outcomes(local, owed), details(local, owed)) == (["waiting"], [str(error)])


def test_an_unknown_outcome_is_kept_apart_and_tried_again(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    relay = Relay(local, {"test": one_after_another(raises(UnknownOutcome("no answer came")), delivered)}, clock)
    relay.run_once()
    assert states(local) == ["unknown"]
    clock.forward(seconds=5)
    relay.run_once()
    assert outcomes(local, owed) == ["unknown", "delivered"]


def test_a_kind_that_nobody_handles_waits_for_a_human(local: Database, clock: Clock) -> None:
    strange, known = owe(local, clock(), "a", kind="telegram") + owe(local, clock(), "b")
    drain(Relay(local, {"test": delivered}, clock))
    assert states(local) == ["waiting for a human", "delivered"]
    assert "telegram" in details(local, strange)[0]
    assert outcomes(local, known) == ["delivered"]


def test_a_defect_in_a_handler_parks_its_message_and_the_others_go_on(database: Database, clock: Clock) -> None:
    (bad,) = owe(database, clock(), "a", kind="bad")
    owe(database, clock(), "b", "c")
    drain(Relay(database, {"bad": raises(ZeroDivisionError("private words")), "test": delivered}, clock))
    assert states(database) == ["waiting for a human", "delivered", "delivered"]
    assert "ZeroDivisionError" in details(database, bad)[0]
    assert "private words" not in details(database, bad)[0]


def test_an_answer_that_no_database_can_hold_does_not_stop_the_relay(database: Database, clock: Clock) -> None:
    owe(database, clock(), "a", kind="nul")
    owe(database, clock(), "b", kind="half")
    owe(database, clock(), "c")
    bad = {"nul": raises(PermanentFailure("550 \x00")), "half": raises(PermanentFailure("550 \udc80"))}
    drain(Relay(database, {**bad, "test": delivered}, clock))
    assert states(database) == ["waiting for a human", "waiting for a human", "delivered"]


def test_a_message_that_never_gets_through_is_kept_for_a_human(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    relay, start = Relay(local, {"test": raises(TemporaryFailure("busy"))}, clock), clock()
    for _ in range(outbox.MOST_ATTEMPTS + 1):
        clock.now = max(clock.now, row(local, owed).not_before)
        relay.run_once()
    end = row(local, owed)
    assert end.state == "waiting for a human"
    assert end.attempts == outbox.MOST_ATTEMPTS
    assert timedelta(days=3) <= clock() - start <= timedelta(days=7)
    assert outcomes(local, owed) == ["temporary"] * (end.attempts - 1) + ["waiting"]
    assert details(local, owed)[-1] == f"tried {end.attempts} times; last: busy"


def test_a_message_that_kills_its_worker_each_time_is_kept_for_a_human(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    for _ in range(outbox.MOST_LOST + 1):  # each claims it, and dies before it settles
        with local.write() as session:
            assert outbox.claim(session, clock(), worker="dies")
        clock.now += outbox.LEASE
    called: list[int] = []

    def handle(message: Message) -> Done:
        called.append(message.id)
        return Done()

    Relay(local, {"test": handle}, clock).run_once()
    assert (called, states(local)) == ([], ["waiting for a human"])
    assert outcomes(local, owed)[-1] == "waiting"


def test_no_transaction_is_open_while_a_handler_runs(database: Database, clock: Clock, address: str) -> None:
    """Another connection may write at once, and finds neither reader nor writer in its way."""
    owe(database, clock(), "a")
    found: list[Any] = []

    def handle(message: Message) -> Done:
        found.append(_others_in_the_way(address))
        return Done()

    Relay(database, {"test": handle}, clock).run_once()
    assert found == [0]
    with database.write() as session:  # the question itself works: an open transaction is seen
        session.execute(select(Message)).all()
        assert _others_in_the_way(address) > 0


def _others_in_the_way(address: str) -> int:
    if not address.startswith("sqlite"):
        with closing(Database(address)) as other, other.read() as session:
            open_now = "state LIKE 'idle in transaction%' AND datname = current_database()"
            return int(session.execute(text(f"SELECT count(*) FROM pg_stat_activity WHERE {open_now}")).scalar_one())
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), timeout=0, isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=0")
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE message SET leased_by = leased_by")
            other.execute("COMMIT")
        except sqlite3.OperationalError:
            return 1
        return int(other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])  # busy when anybody still reads


def test_what_a_handler_records_is_stored_in_the_settling_transaction(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    seen: list[str] = []

    def record(session: Session) -> None:
        session.add(SupportSession(id="recorded", started_at=clock(), last_at=clock()))
        session.flush()
        seen.append(session.get_one(Message, owed).state)
        seen.append(row(database, owed).state)  # as everybody else sees it

    Relay(database, {"test": lambda _: Done(record=record)}, clock).run_once()
    assert seen == ["delivered", "claimed"]
    assert states(database) == ["delivered"]
    with database.read() as session:
        assert session.get(SupportSession, "recorded") is not None


def test_what_cannot_be_recorded_leaves_nothing_and_waits_for_a_human(database: Database, clock: Clock) -> None:
    (owed, other) = owe(database, clock(), "a", "b")

    def record(session: Session) -> None:
        session.add(SupportSession(id="recorded", started_at=clock(), last_at=clock()))
        session.flush()
        raise ZeroDivisionError

    def handle(message: Message) -> Done:
        return Done("desk id 7", record=record if message.id == owed else None)

    drain(Relay(database, {"test": handle}, clock))
    assert states(database) == ["waiting for a human", "delivered"]
    assert outcomes(database, owed) == ["waiting"]
    assert outcomes(database, other) == ["delivered"]
    with database.read() as session:
        assert session.get(SupportSession, "recorded") is None


def test_a_worker_that_took_too_long_settles_and_records_nothing(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a")
    recorded: list[str] = []
    quick = Relay(local, {"test": lambda _: Done("quick", lambda _: recorded.append("quick"))}, clock)

    def slow(message: Message) -> Done:
        clock.now += outbox.LEASE
        quick.run_once()
        return Done("slow", lambda _: recorded.append("slow"))

    Relay(local, {"test": slow}, clock).run_once()
    assert recorded == ["quick"]
    assert details(local, owed)[-1] == "quick"


def test_a_slow_message_does_not_use_up_the_lease_of_the_one_behind_it(local: Database, clock: Clock) -> None:
    slow_one, behind = owe(local, clock(), "a", "b")
    calls: list[tuple[str, int]] = []

    def quick(message: Message) -> Done:
        calls.append(("quick", message.id))
        return Done()

    def slow(message: Message) -> Done:
        calls.append(("slow", message.id))
        clock.now += outbox.LEASE
        drain(Relay(local, {"test": quick}, clock))
        return Done()

    drain(Relay(local, {"test": slow}, clock))
    assert calls == [("slow", slow_one), ("quick", slow_one), ("quick", behind)]


def signalling(now: datetime, ring: Callable[[], None]) -> Callable[[], datetime]:
    """A clock that rings each time the relay looks at it."""

    def look() -> datetime:
        ring()
        return now

    return look


def started(relay: Relay) -> threading.Thread:
    thread = relay.start()
    assert thread.is_alive()
    return thread


def looked(database: Database) -> threading.Event:
    """Tell when a relay on `database` has looked for the first time: it took over what was left, and claimed nothing."""
    commits, twice = [], threading.Event()

    def count(_: Any) -> None:
        commits.append(1)
        if len(commits) == 2:
            twice.set()

    event.listen(database.engine, "commit", count)
    return twice


def test_a_relay_that_is_woken_looks_at_once(local: Database, sqlite_address: str, clock: Clock) -> None:
    done, idle = threading.Event(), looked(local)

    def handle(message: Message) -> Done:
        done.set()
        return Done()

    relay = Relay(local, {"test": handle}, clock, idle=LONG)
    thread = started(relay)
    try:
        assert idle.wait(10), "it looks when it starts"
        with closing(Database(sqlite_address)) as other:
            owe(other, clock.now, "a")
        relay.wake()
        assert done.wait(10), "without the bell it would look in an hour"
    finally:
        relay.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_a_relay_looks_again_by_itself(local: Database, clock: Clock) -> None:
    looks, often = [], threading.Event()

    def ring() -> None:
        looks.append(1)
        if len(looks) == 3:
            often.set()

    relay = Relay(local, {}, signalling(clock.now, ring), idle=0.01)
    thread = started(relay)
    assert often.wait(10)
    relay.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_relay_that_is_told_to_stop_ends_though_it_is_idle(local: Database, clock: Clock) -> None:
    idle = looked(local)
    relay = Relay(local, {}, clock, idle=LONG)
    thread = started(relay)
    assert idle.wait(10)
    relay.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_database_that_is_down_for_a_while_does_not_end_the_relay(sqlite_address: str, clock: Clock) -> None:
    done, looks, refused = threading.Event(), [], threading.Event()

    def look() -> None:
        looks.append(1)

    def handle(message: Message) -> Done:
        done.set()
        return Done()

    with closing(Database(sqlite_address)) as database:
        owe(database, clock.now, "a")
        database.engine.dispose()
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        event.listen(database.engine, "handle_error", lambda _: refused.set())
        relay = Relay(database, {"test": handle}, signalling(clock.now, look), idle=0.01)
        with closing(sqlite3.connect(sqlite_address.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            thread = started(relay)
            assert refused.wait(10)
            assert not done.is_set()
            other.execute("ROLLBACK")
        assert done.wait(10)
        relay.stop()
        thread.join(10)
        assert states(database) == ["delivered"]


def test_a_defect_in_the_relay_itself_does_not_end_it(local: Database, clock: Clock) -> None:
    looks, again = [], threading.Event()

    def look() -> datetime:
        looks.append(1)
        if len(looks) <= 2:
            raise ZeroDivisionError
        again.set()
        return clock.now

    relay = Relay(local, {}, look, idle=0.01)
    thread = started(relay)
    assert again.wait(10)
    relay.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_what_a_killed_worker_of_this_machine_held_is_taken_over_at_once(local: Database, clock: Clock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here, done = Relay(local, {}).worker.partition(":")[0], threading.Event()
    owe(local, clock.now, "killed", "alive", "elsewhere")
    for worker in (f"{here}:{ended.pid}:1", f"{here}:{os.getppid()}:2", f"another-{here}:{ended.pid}:3"):
        with local.write() as session:
            assert len(outbox.claim(session, clock.now, worker=worker, most=1)) == 1

    def handle(message: Message) -> Done:
        done.set()
        return Done()

    relay = Relay(local, {"test": handle}, clock, idle=LONG)
    thread = started(relay)
    assert done.wait(10)
    relay.stop()
    thread.join(10)
    drain(Relay(local, {"test": handle}, clock))  # whatever else was freed would be carried out now
    assert states(local) == ["delivered", "claimed", "claimed"]


def test_after_the_clock_was_put_forward_what_is_in_flight_elsewhere_is_not_taken_over(local: Database, clock: Clock) -> None:
    looks, ticks, done = threading.Semaphore(0), [1000.0], threading.Event()
    owe(local, clock.now, "a")
    with local.write() as session:
        assert outbox.claim(session, clock.now, worker="elsewhere:1:1", most=1)

    def look() -> datetime:
        looks.release()
        return clock.now

    def handle(message: Message) -> Done:
        done.set()
        return Done()

    def let_it_look() -> None:
        while looks.acquire(blocking=False):
            pass
        for _ in range(6):  # two looks at the clock are one look at the outbox
            assert looks.acquire(timeout=10)

    relay = Relay(local, {"test": handle}, look, idle=0.01, ticks=lambda: ticks[0])
    thread = started(relay)
    let_it_look()
    clock.forward(hours=1)
    let_it_look()
    assert states(local) == ["claimed"], "the hour did not pass: its worker may be at it"
    clock.forward(seconds=61)
    ticks[0] += 61
    assert done.wait(10), "a minute did pass, so it would be over"
    relay.stop()
    thread.join(10)
