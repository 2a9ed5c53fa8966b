"""The outbox against a model of itself: whatever happens in whatever order, each message is done once, in order, or kept."""

import os
from datetime import timedelta

import hypothesis
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, select

from deflect_api.delivery import outbox, steering
from deflect_api.delivery.relay import Relay
from deflect_api.delivery.work import Done
from deflect_api.errors import DeflectError, PermanentFailure, TemporaryFailure, UnknownOutcome
from deflect_api.store.db import Database
from deflect_api.store.models import Attempt, Message
from tests.conftest import Clock

RUNS, STEPS = (int(os.environ.get(name, default)) for name, default in (("MODEL_RUNS", "40"), ("MODEL_STEPS", "30")))
STREAMS = ("a", "b", "c")
ENDINGS = ("done", "temporary", "permanent", "sent, no answer", "lost before sending", "dies", "defect")


class Outbox(RuleBasedStateMachine):
    """`desk` is what the other side holds; the handler looks there first, as every forward does."""

    database: Database

    @initialize()
    def begin(self) -> None:
        self.clock, self.desk, self.held, self.touched = Clock(), list[int](), dict[int, str](), set[int]()
        self.order: dict[str, list[int]] = {stream: [] for stream in STREAMS}
        self.ending = "done"
        with self.database.write() as session:
            session.execute(delete(Attempt))
            session.execute(delete(Message))

    def handle(self, message: Message) -> Done:
        if message.id in self.desk:
            return Done("it is there")
        if self.ending == "temporary":
            raise TemporaryFailure("busy")
        if self.ending == "permanent":
            raise PermanentFailure("refused")
        if self.ending == "lost before sending":
            raise UnknownOutcome("no answer")
        if self.ending == "defect":
            raise ZeroDivisionError
        self.desk.append(message.id)
        if self.ending == "sent, no answer":
            raise UnknownOutcome("no answer")
        return Done()

    @rule(stream=some.sampled_from(STREAMS))
    def owe(self, stream: str) -> None:
        with self.database.write() as session:
            row = outbox.put(session, outbox.owe("test", stream, self.clock()))
            session.flush()
            self.order[stream].append(row.id)

    @rule(ending=some.sampled_from(ENDINGS))
    def work(self, ending: str) -> None:
        self.ending = ending
        relay = Relay(self.database, {"test": self.handle}, self.clock, kinds=frozenset({"test"}))
        if ending == "dies":
            with self.database.write() as session:
                outbox.claim(session, self.clock(), worker="dies", most=1, kinds={"test"})
            return
        relay.run_once()

    @rule(seconds=some.sampled_from([1, 5, 110, 3600, 86_400, -3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += timedelta(seconds=seconds)

    @precondition(lambda self: any(self.order.values()))
    @rule(verb=some.sampled_from([steering.replay, steering.park, steering.drop]), pick=some.integers(0, 1000))
    def steer(self, verb: steering.Act, pick: int) -> None:
        every = sorted(number for numbers in self.order.values() for number in numbers)
        number = every[pick % len(every)]
        try:
            with self.database.write() as session:
                verb(session, steering.get(session, number), self.clock())
        except DeflectError:
            return
        self.touched.add(number)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "desk"):
            return
        with self.database.read() as session:
            rows = {row.id: row for row in session.scalars(select(Message).where(Message.kind == "test"))}
            parked = set(session.scalars(select(Attempt.message_id).where(Attempt.outcome == "waiting")))
        assert len(self.desk) == len(set(self.desk)), "nothing is sent twice"
        assert set(rows) == {number for numbers in self.order.values() for number in numbers}, "nothing is lost"
        for row in rows.values():
            assert row.state in (*outbox.OPEN, outbox.DELIVERED, outbox.WAITING, steering.DROPPED)
            assert row.state != outbox.DELIVERED or row.id in self.desk, "done is said only of what is done"
            assert (row.leased_until is not None) == (row.state == outbox.CLAIMED)
        for numbers in self.order.values():
            sent = [number for number in self.desk if number in numbers]
            untouched = [number for number in sent if number not in self.touched | parked]
            assert untouched == sorted(untouched), "a stream goes in order, but for what people steered"

    def teardown(self) -> None:
        """Left alone with a desk that works, everything that is open is done."""
        if not hasattr(self, "desk"):
            return
        self.ending = "done"
        relay = Relay(self.database, {"test": self.handle}, self.clock, kinds=frozenset({"test"}))
        for _ in range(4):
            self.clock.forward(days=2)
            while relay.run_once():
                pass
        with self.database.read() as session:
            left = session.scalars(select(Message.state).where(Message.kind == "test", Message.state.in_(outbox.OPEN))).all()
        assert left == [], "nothing stays open for ever"
        assert len(self.desk) == len(set(self.desk))


def test_the_outbox_keeps_to_its_model(sqlite_address: str) -> None:
    Outbox.database = Database(sqlite_address)
    settings = hypothesis.settings(
        max_examples=RUNS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    try:
        hypothesis.stateful.run_state_machine_as_test(Outbox, settings=settings)
    finally:
        Outbox.database.close()
