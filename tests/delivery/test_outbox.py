"""The outbox: who gets a message, in which order, for how long, and when a human gets it."""

import random
import threading
from collections import Counter
from datetime import timedelta

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.delivery import outbox, steering
from deflect_api.store.db import Database
from tests.conftest import Clock
from tests.delivery.owed import details, outcomes, owe, row, states


def claim(database: Database, clock: Clock, worker: str = "one", most: int = 10) -> list[int]:
    with database.write() as session:
        return [message.id for message in outbox.claim(session, clock(), worker=worker, most=most, besides=["alert"])]


def settle(database: Database, clock: Clock, number: int) -> None:
    with database.write() as session:
        outbox.settle(session, session.get_one(outbox.Message, number), clock())


def test_a_claim_takes_no_more_than_it_may_and_the_oldest_first(database: Database, clock: Clock) -> None:
    owed = owe(database, clock(), *(f"stream {n}" for n in range(7)))
    assert claim(database, clock, most=3) == owed[:3]
    assert claim(database, clock, most=3) == owed[3:6]
    assert claim(database, clock, most=3) == owed[6:]
    assert claim(database, clock, most=3) == []


def test_one_message_of_a_stream_is_out_at_a_time_and_in_order(database: Database, clock: Clock) -> None:
    first, other, second, third = owe(database, clock(), "a", "b", "a", "a")
    assert claim(database, clock) == [first, other]
    assert claim(database, clock) == []
    settle(database, clock, first)
    assert claim(database, clock) == [second]
    settle(database, clock, second)
    assert claim(database, clock) == [third]


def test_a_message_that_waits_to_be_tried_again_holds_up_its_stream(database: Database, clock: Clock) -> None:
    first, second = owe(database, clock(), "a", "a")
    claim(database, clock)
    for unknown in (False, True):
        with database.write() as session:
            held = session.get_one(outbox.Message, first)
            outbox.postpone(session, held, clock(), detail="no", pause=timedelta(minutes=5), unknown=unknown)
        assert claim(database, clock) == []
        clock.forward(minutes=5)
        assert claim(database, clock) == [first]
    settle(database, clock, first)
    assert claim(database, clock) == [second]


def test_a_parked_message_lets_its_stream_go_on(database: Database, clock: Clock) -> None:
    first, second = owe(database, clock(), "a", "a")
    claim(database, clock)
    with database.write() as session:
        outbox.park(session, session.get_one(outbox.Message, first), clock(), detail="refused for good")
    assert claim(database, clock) == [second]
    assert states(database) == ["waiting for a human", "claimed"]


def test_nothing_is_taken_before_its_time(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a", not_before=clock() + timedelta(hours=1))
    clock.forward(minutes=59, seconds=59)
    assert claim(database, clock) == []
    clock.forward(seconds=1)
    assert claim(database, clock) == [owed]


def test_a_claimed_message_comes_back_when_its_worker_dies(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    for attempt in (1, 2, 3):
        assert claim(database, clock, worker=f"worker {attempt}") == [owed]
        assert row(database, owed).attempts == attempt
        clock.now += outbox.LEASE - timedelta(seconds=1)
        assert claim(database, clock, worker="impatient") == []
        clock.forward(seconds=1)


def test_an_attempt_whose_worker_died_is_on_record(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    claim(database, clock, worker="dies")
    assert outcomes(database, owed) == []
    clock.now += outbox.LEASE
    claim(database, clock, worker="takes over")
    assert outcomes(database, owed) == ["lost"]


def test_a_worker_that_lost_its_lease_cannot_settle(database: Database, clock: Clock) -> None:
    owe(database, clock(), "a")
    with database.write() as session:
        (late,) = outbox.claim(session, clock(), worker="slow")
    with database.write() as session:
        assert outbox.still_ours(session, late, "slow") is not None
        assert outbox.still_ours(session, late, "another") is None
    clock.now += outbox.LEASE
    with database.write() as session:
        (taken,) = outbox.claim(session, clock(), worker="quick")
    with database.write() as session:
        assert outbox.still_ours(session, late, "slow") is None
        assert outbox.still_ours(session, taken, "quick") is not None


def test_a_worker_that_claimed_twice_cannot_settle_for_its_first_claim(database: Database, clock: Clock) -> None:
    owe(database, clock(), "a")
    with database.write() as session:
        (before,) = outbox.claim(session, clock(), worker="same")
    clock.now += outbox.LEASE
    claim(database, clock, worker="same")
    with database.write() as session:
        assert outbox.still_ours(session, before, "same") is None


def test_a_settled_message_is_nobodys(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    with database.write() as session:
        (claimed,) = outbox.claim(session, clock(), worker="one")
    settle(database, clock, owed)
    with database.write() as session:
        assert outbox.still_ours(session, claimed, "one") is None
    done = row(database, owed)
    assert (done.state, done.settled_at, done.leased_until) == ("delivered", clock(), None)
    assert outcomes(database, owed) == ["delivered"]
    clock.forward(days=1)
    assert claim(database, clock) == []


def test_workers_at_the_same_time_take_every_message_and_none_twice(database: Database, clock: Clock) -> None:
    owed = owe(database, clock(), *(f"stream {n}" for n in range(40)))
    gate, taken, failed = threading.Barrier(4), Counter[int](), []

    def work(worker: str) -> None:
        gate.wait()
        try:
            empty = 0
            while empty < 2:  # another's open transaction may hide a message from one look
                got = claim(database, clock, worker, most=3)
                assert len(got) <= 3
                taken.update(got)
                empty = 0 if got else empty + 1
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=work, args=[f"worker {n}"]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.update(claim(database, clock, "last"))
    assert failed == []
    assert taken == Counter(owed)


def fail(database: Database, clock: Clock, number: int, **pause: float) -> None:
    """Claim it and put it back, after the shortest pause that could follow."""
    assert claim(database, clock) == [number]
    with database.write() as session:
        row = session.get_one(outbox.Message, number)
        shortest = outbox.pause_before(row.attempts, None, AtLeast())
        outbox.postpone(session, row, clock(), detail="busy", pause=timedelta(**pause) if pause else shortest)
        clock.now += shortest


class AtLeast(random.Random):
    def random(self) -> float:
        return 0.0


def test_a_human_gets_it_after_so_many_tries_that_three_days_went_by_at_least(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    started = clock()
    for _ in range(outbox.MOST_ATTEMPTS):
        assert states(database) == ["queued"]
        fail(database, clock, owed)
    assert states(database)[0] == "waiting for a human"
    assert clock() - started >= timedelta(days=3)


def test_a_clock_that_jumps_ahead_by_a_year_parks_nothing(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    for _ in range(5):
        fail(database, clock, owed)
        clock.forward(days=365)
    assert states(database) == ["queued"]


def test_a_clock_that_is_put_back_keeps_nothing_waiting(database: Database, clock: Clock) -> None:
    tried, fresh, held = owe(database, clock(), "a", "b", "c")
    claim(database, clock, most=1)
    with database.write() as session:
        outbox.postpone(session, session.get_one(outbox.Message, tried), clock(), detail="busy", pause=timedelta(seconds=5))
        session.get_one(outbox.Message, held).state = "claimed"
        session.get_one(outbox.Message, held).leased_until = clock() + outbox.LEASE
    clock.forward(days=-365)
    with database.write() as session:
        outbox.shorten(session, clock())
    assert claim(database, clock) == [tried, fresh]
    clock.now += outbox.LEASE
    assert claim(database, clock) == [tried, fresh, held]


def test_a_timer_is_not_early_because_the_clock_was_put_back(database: Database, clock: Clock) -> None:
    owe(database, clock(), "a", not_before=clock() + timedelta(days=30))
    clock.forward(hours=-5)
    assert claim(database, clock) == []


def test_a_human_can_have_it_tried_again_at_once(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    claim(database, clock)
    with database.write() as session:
        outbox.park(session, session.get_one(outbox.Message, owed), clock(), detail="no such mailbox")
    clock.forward(days=30)
    assert claim(database, clock) == []
    with database.write() as session:
        steering.replay(session, session.get_one(outbox.Message, owed), clock())
    assert claim(database, clock) == [owed]
    with database.write() as session:
        outbox.postpone(session, session.get_one(outbox.Message, owed), clock(), detail="busy", pause=timedelta(seconds=5))
    assert states(database) == ["queued"], "a replayed message has all its tries again"
    assert outcomes(database, owed) == ["waiting", "replayed", "temporary"]


def test_any_answer_of_the_other_side_can_be_put_on_record(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    for detail in ("nul \x00 byte", "half a pair \ud800", "x" * 10_000, "表單 🙂"):
        with database.write() as session:
            outbox.park(session, session.get_one(outbox.Message, owed), clock(), detail=detail)
    assert outcomes(database, owed) == ["waiting"] * 4
    assert details(database, owed) == ["nul  byte", "half a pair ?", "x" * 500, "表單 🙂"]


def test_what_the_other_side_repeats_is_put_on_record_without_addresses(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "a")
    with database.write() as session:
        outbox.park(session, session.get_one(outbox.Message, owed), clock(), detail="no mailbox ada@example.org here")
    assert details(database, owed) == ["no mailbox …@… here"]


def test_what_workers_held_that_are_known_to_be_gone_is_free_at_once(database: Database, clock: Clock) -> None:
    owed = owe(database, clock(), "a", "b", "c")
    for worker in ("gone", "alive", "gone too"):
        claim(database, clock, worker, most=1)
    with database.write() as session:
        assert outbox.free(session, clock(), is_gone=lambda worker: worker.startswith("gone")) == 2
    assert claim(database, clock, "next") == [owed[0], owed[2]]
    with database.write() as session:
        assert outbox.free(session, clock(), is_gone=lambda worker: worker.startswith("gone")) == 0


retry_afters = some.none() | some.floats(min_value=0, max_value=1e12)


@hypothesis.settings(deadline=None)
@hypothesis.given(attempts=some.integers(1, 10_000), retry_after=retry_afters, seed=some.integers())
def test_a_pause_doubles_is_spread_by_half_and_honours_retry_after(attempts: int, retry_after: float | None, seed: int) -> None:
    pause = outbox.pause_before(attempts, retry_after, random.Random(seed))
    longest = min(timedelta(seconds=5) * 2 ** min(attempts - 1, 30), timedelta(hours=6))
    asked = timedelta(seconds=min(retry_after or 0, 24 * 60 * 60))
    assert pause >= asked
    assert longest / 2 <= pause <= max(longest, asked)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -5.0, -float("inf"), 0.0])
def test_a_retry_after_that_makes_no_sense_still_gives_a_pause(nonsense: float) -> None:
    assert timedelta(seconds=2.5) <= outbox.pause_before(1, nonsense, random.Random(1)) <= timedelta(days=1)


def test_two_messages_that_failed_together_are_not_tried_together() -> None:
    chance = random.Random(7)
    assert len({outbox.pause_before(5, None, chance) for _ in range(20)}) > 15


def test_what_is_planned_ahead_keeps_its_span_when_the_clock_is_put_back(database: Database, clock: Clock) -> None:
    now = clock()
    clock.now = now + timedelta(days=365)
    (owed,) = owe(database, clock(), "a", not_before=clock() + timedelta(minutes=5))
    clock.now = now
    with database.write() as session:
        outbox.replan(session, clock())
    clock.forward(minutes=4, seconds=59)
    assert claim(database, clock) == []
    clock.forward(seconds=1)
    assert claim(database, clock) == [owed]


def test_what_is_planned_ahead_is_not_planned_anew_while_the_clock_is_right(local: Database, clock: Clock) -> None:
    (owed,) = owe(local, clock(), "a", not_before=clock() + timedelta(minutes=5))
    clock.forward(minutes=4)
    with local.write() as session:
        outbox.replan(session, clock())
    clock.forward(minutes=1)
    assert claim(local, clock) == [owed]
