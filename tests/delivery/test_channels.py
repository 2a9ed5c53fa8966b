"""Connected systems that do not answer: they are probed once a minute, hold nobody else's messages, and people are told."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from deflect_api.delivery import channels, outbox
from deflect_api.delivery.relay import Relay
from deflect_api.delivery.work import Done
from deflect_api.errors import DeliveryError, TemporaryFailure, UnknownOutcome
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import Clock
from tests.delivery.owed import alerts, owe, row

REFUSED = TemporaryFailure("could not be reached", blame="system")


@dataclass
class Systems:
    """A desk that a test switches off, and mail that always works."""

    trouble: DeliveryError | None = None
    seen: list[tuple[str, int]] = field(default_factory=list)
    probes: int = 0

    def forward(self, message: Message) -> Done:
        self.seen.append(("forward", message.id))
        if self.trouble:
            raise self.trouble
        return Done()

    def mail(self, message: Message) -> Done:
        self.seen.append(("mail", message.id))
        return Done()

    def probe(self) -> None:
        self.probes += 1
        if self.trouble:
            raise self.trouble

    def relay(self, database: Database, clock: Clock) -> Relay:
        handlers = {"forward": self.forward, "mail": self.mail, outbox.ALERT: lambda _: Done()}
        return Relay(database, handlers, clock, probes={channels.DESK: self.probe})


@pytest.fixture
def systems() -> Systems:
    return Systems(trouble=REFUSED)


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def down(database: Database) -> list[str]:
    with database.read() as session:
        return [each.name for each in channels.down(session)]


def test_a_dead_desk_is_left_alone_after_two_tries_and_holds_no_mail(database: Database, clock: Clock, systems: Systems) -> None:
    owe(database, clock(), *(f"desk:{n}" for n in range(20)), kind="forward")
    mails = owe(database, clock(), *(f"mail:{n}" for n in range(20)), kind="mail")
    drain(systems.relay(database, clock))
    assert [number for kind, number in systems.seen if kind == "mail"] == mails
    assert len([kind for kind, _ in systems.seen if kind == "forward"]) == 2
    assert down(database) == ["desk"]
    assert alerts(database) == ["desk does not answer"]


def test_it_is_probed_once_a_minute_and_costs_no_message_a_try(database: Database, clock: Clock, systems: Systems) -> None:
    owed = owe(database, clock(), "desk:1", "desk:2", "desk:3", kind="forward")
    relay = systems.relay(database, clock)
    drain(relay)
    for _ in range(60):
        clock.forward(seconds=30)
        relay.run_once()
    assert systems.probes == 30
    assert [row(database, number).attempts for number in owed] == [1, 1, 0]


def test_when_it_answers_again_all_that_waited_is_sent_in_order(database: Database, clock: Clock, systems: Systems) -> None:
    owed = owe(database, clock(), "desk:1", "desk:1", "desk:2", "desk:3", kind="forward")
    relay = systems.relay(database, clock)
    drain(relay)
    clock.forward(hours=1)
    systems.trouble = None
    systems.seen.clear()
    drain(relay)
    assert [number for kind, number in systems.seen if kind == "forward"] == owed
    assert down(database) == []
    assert alerts(database) == ["desk does not answer", "desk answers again"]


def test_a_message_that_fails_alone_does_not_close_the_desk(database: Database, clock: Clock, systems: Systems) -> None:
    systems.trouble = UnknownOutcome("answered 500")
    (owed,) = owe(database, clock(), "desk:1", kind="forward")
    relay = systems.relay(database, clock)
    for _ in range(12):
        clock.now = max(clock.now, row(database, owed).not_before)
        drain(relay)
    assert (down(database), row(database, owed).attempts) == ([], 12)


def test_five_different_messages_that_fail_in_a_row_close_it(database: Database, clock: Clock, systems: Systems) -> None:
    systems.trouble = UnknownOutcome("answered 500")
    owe(database, clock(), *(f"desk:{n}" for n in range(9)), kind="forward")
    drain(systems.relay(database, clock))
    assert len(systems.seen) == 5
    assert down(database) == ["desk"]


def test_what_is_one_messages_own_trouble_never_closes_a_channel(database: Database, clock: Clock, systems: Systems) -> None:
    systems.trouble = TemporaryFailure("mailbox full", blame="message")
    owe(database, clock(), *(f"desk:{n}" for n in range(9)), kind="forward")
    drain(systems.relay(database, clock))
    assert (len(systems.seen), down(database)) == (9, [])


def test_a_retry_after_rests_the_whole_desk(database: Database, clock: Clock, systems: Systems) -> None:
    systems.trouble = TemporaryFailure("answered 429", retry_after=300)
    owe(database, clock(), "desk:1", "desk:2", kind="forward")
    relay = systems.relay(database, clock)
    drain(relay)
    clock.forward(seconds=299)
    drain(relay)
    assert len(systems.seen) == 1
    systems.trouble = None
    clock.forward(seconds=2)
    drain(relay)
    assert len(systems.seen) == 3


def test_a_rest_and_a_probe_survive_a_clock_that_is_put_back(database: Database, clock: Clock, systems: Systems) -> None:
    owed = owe(database, clock(), "desk:1", "desk:2", kind="forward")
    relay = systems.relay(database, clock)
    drain(relay)
    clock.forward(days=-365)
    systems.trouble = None
    drain(relay)
    assert (down(database), systems.probes) == ([], 1)
    assert {row(database, number).state for number in owed} == {"delivered"}


def test_the_team_hears_of_a_parked_message_within_a_minute_and_in_one_mail(database: Database, clock: Clock) -> None:
    owed = owe(database, clock(), "a", "b", "c", kind="test")
    with database.write() as session:
        for number in owed:
            outbox.park(session, session.get_one(Message, number), clock(), detail="refused")
    told: list[list[str]] = []

    def tell(message: Message) -> Done:
        told.append(message.payload["causes"])
        return Done()

    clock.now += timedelta(seconds=59)
    drain(Relay(database, {outbox.ALERT: tell}, clock))
    assert told == [[f"message {number} (test) waits for a human" for number in owed]]
