"""Token buckets: a burst is let through, a stream is slowed to its pace, and memory is bounded."""

from deflect_api.intake.abuse.buckets import Buckets
from tests.conftest import Clock

PACE = {"per_second": 10, "burst": 30}


def taken(buckets: Buckets, clock: Clock, times: int, key: str = "one") -> int:
    return sum(buckets.take(key, clock(), **PACE) for _ in range(times))


def test_a_burst_is_let_through_and_then_the_pace_holds(clock: Clock) -> None:
    buckets = Buckets()
    assert taken(buckets, clock, 100) == 30
    clock.forward(seconds=1)
    assert taken(buckets, clock, 100) == 10
    clock.forward(seconds=0.05)
    assert taken(buckets, clock, 1) == 0
    clock.forward(seconds=0.05)
    assert taken(buckets, clock, 2) == 1
    clock.forward(hours=1)
    assert taken(buckets, clock, 100) == 30


def test_one_address_takes_nothing_from_another(clock: Clock) -> None:
    buckets = Buckets()
    taken(buckets, clock, 100)
    assert taken(buckets, clock, 30, "other") == 30


def test_a_clock_that_goes_back_gives_nothing_away(clock: Clock) -> None:
    buckets = Buckets()
    taken(buckets, clock, 30)
    clock.forward(seconds=-100)
    assert taken(buckets, clock, 5) == 0
    clock.forward(seconds=100)
    assert taken(buckets, clock, 5) == 0


def test_memory_is_bounded(clock: Clock) -> None:
    buckets = Buckets(most=100)
    for number in range(1000):
        buckets.take(str(number), clock(), **PACE)
    assert len(buckets) == 100
