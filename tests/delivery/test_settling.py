"""A message that was carried out while the database went away is recorded once it is back: nothing is sent a second time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import event

from deflect_api.delivery import outbox
from deflect_api.delivery.relay import Done, Relay
from deflect_api.errors import Unavailable
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import Clock
from tests.delivery.owed import owe, states


@pytest.fixture
def impatient(sqlite_address: str) -> Iterator[Database]:
    """A database that refuses at once while another process writes."""
    with closing(Database(sqlite_address)) as made:
        event.listen(made.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        yield made


@pytest.fixture
def other(sqlite_address: str) -> Iterator[sqlite3.Connection]:
    path = sqlite_address.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as made:
        yield made


def test_what_was_done_is_recorded_when_the_database_is_back(
    impatient: Database, other: sqlite3.Connection, clock: Clock
) -> None:
    sent, refused = list[int](), threading.Event()

    def handle(message: Message) -> Done:
        sent.append(message.id)
        other.execute("BEGIN IMMEDIATE")  # from here on nothing can be recorded
        return Done()

    owe(impatient, clock.now, "a")
    event.listen(impatient.engine, "handle_error", lambda _: refused.set())
    thread = threading.Thread(target=Relay(impatient, {"test": handle}, clock, idle=0.01).run_once)
    thread.start()
    assert refused.wait(10)
    other.execute("ROLLBACK")
    thread.join(10)
    assert (len(sent), states(impatient)) == (1, ["delivered"])


def test_once_the_lease_is_over_another_worker_may_have_it(impatient: Database, other: sqlite3.Connection, clock: Clock) -> None:
    refused = list[int]()

    def handle(message: Message) -> Done:
        other.execute("BEGIN IMMEDIATE")
        clock.now += outbox.LEASE
        return Done()

    owe(impatient, clock.now, "a")
    event.listen(impatient.engine, "handle_error", lambda _: refused.append(1))
    with pytest.raises(Unavailable):
        Relay(impatient, {"test": handle}, clock, idle=0.01).run_once()
    other.execute("ROLLBACK")
    assert (len(refused), states(impatient)) == (1, ["claimed"])


def test_a_claim_whose_answer_was_lost_is_carried_out_at_once_by_the_same_worker(
    impatient: Database, other: sqlite3.Connection, clock: Clock
) -> None:
    owe(impatient, clock.now, "a")
    relay = Relay(impatient, {"test": lambda _: Done()}, clock)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        relay.run_once()
    other.execute("ROLLBACK")
    with impatient.write() as session:  # what the server did before it could say so
        outbox.claim(session, clock.now, worker=relay.worker, most=1)
    assert relay.run_once() == 1
    assert states(impatient) == ["delivered"]
