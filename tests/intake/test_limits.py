"""Limits: windows that slide, Retry-After that is true, and nothing kept that says who it was."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from deflect_api.config.limits import Limits, rate_of
from deflect_api.delivery.relay import Relay
from deflect_api.errors import TooMany
from deflect_api.intake.abuse import limits
from deflect_api.store.abuse import Tally
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import Clock

SECRET = "a secret of the tests"
FEW = Limits(visit="3 in 10 minutes", unproven="2 in 10 minutes", mail="5 in 1 hour", address="8 in 10 minutes")


def sender(visit: str = "v1", mail: str = "ada@example.org", address: str = "203.0.113.5") -> limits.Who:
    return limits.who(SECRET, address=address, visit=visit, mail=mail)


def send(database: Database, clock: Clock, who: limits.Who, rules: Limits = FEW) -> int:
    """Send one request; return 0, or the seconds to wait."""
    try:
        with database.write() as session:
            limits.hold_places(session, who)
            limits.check(session, who, rules, clock())
            limits.note(session, who, rules, clock())
    except TooMany as error:
        return error.retry_after
    return 0


def test_each_scope_has_its_own_limit(database: Database, clock: Clock) -> None:
    assert [send(database, clock, sender()) for _ in range(4)] == [0, 0, 0, 600]
    other_visits = [send(database, clock, sender(f"w{n}")) for n in range(3)]
    assert other_visits == [0, 0, 3600]  # the fifth of this mail address was the last
    others = [send(database, clock, sender(f"x{n}", f"x{n}@example.org")) for n in range(4)]
    assert others == [0, 0, 0, 600]  # the eighth from here was the last
    assert send(database, clock, sender("y", "y@example.org", "203.0.113.6")) == 0


def test_a_visit_counts_together_with_its_address(database: Database, clock: Clock) -> None:
    rules = Limits(visit="1 in 10 minutes")
    assert send(database, clock, sender(), rules) == 0
    assert send(database, clock, sender(mail="b@example.org"), rules) > 0
    assert send(database, clock, sender(address="203.0.113.6"), rules) == 0


def test_requests_without_a_visit_of_their_own_count_together(database: Database, clock: Clock) -> None:
    sent = [send(database, clock, sender("", f"m{n}@example.org")) for n in range(3)]
    assert sent == [0, 0, 600]


def test_the_window_slides_and_the_wait_is_true_to_the_second(database: Database, clock: Clock) -> None:
    for seconds in (0, 100, 50.5):
        clock.forward(seconds=seconds)
        assert send(database, clock, sender()) == 0
    clock.forward(seconds=30)
    wait = send(database, clock, sender())
    assert wait == 420  # 600 s after the first, which is 180.5 s ago, rounded up
    clock.forward(seconds=wait - 1)
    assert send(database, clock, sender()) == 1
    clock.forward(seconds=1)
    assert send(database, clock, sender()) == 0
    assert send(database, clock, sender()) == 100  # the second came at 100 s; it is 600.5 s now


def test_the_longest_of_several_waits_is_told(database: Database, clock: Clock) -> None:
    rules = Limits(visit="1 in 10 minutes", mail="1 in 1 hour")
    assert send(database, clock, sender(), rules) == 0
    wait = send(database, clock, sender(), rules)
    assert wait == 3600
    clock.forward(seconds=wait)
    assert send(database, clock, sender(), rules) == 0


def test_what_is_refused_takes_no_place(database: Database, clock: Clock) -> None:
    for _ in range(100):
        send(database, clock, sender())
    with database.read() as session:
        assert session.scalar(select(func.count()).where(Tally.scope == limits.ADDRESS)) == 3
    assert send(database, clock, sender("real", "real@example.org")) == 0


def test_two_at_once_do_not_pass_one_place(database: Database, clock: Clock) -> None:
    rules, ended, start = Limits(visit="1 in 10 minutes"), list[int](), threading.Barrier(6)

    def one() -> None:
        start.wait()
        ended.append(send(database, clock, sender(), rules))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [0, 600, 600, 600, 600, 600]


def test_no_address_and_no_session_is_kept_in_clear(database: Database, clock: Clock) -> None:
    send(database, clock, sender("my-visit"))
    with database.write() as session:
        limits.others_with(session, limits.keyed(SECRET, limits.WORDS, "the words"), sender("my-visit"), clock())
    with database.read() as session:
        kept = repr([(row.who, row.mark) for row in session.scalars(select(Tally))])
    assert not [word for word in ("203.0.113.5", "ada", "my-visit", "the words") if word in kept]
    other = limits.who("another secret", address="203.0.113.5", visit="my-visit", mail="ada@example.org")
    assert other.address not in kept


def test_what_was_counted_is_removed_after_its_window(database: Database, clock: Clock) -> None:
    send(database, clock, sender())
    relay = Relay(database, {limits.FORGET: limits.forgetter(clock)}, clock)
    for _ in range(2):
        assert relay.run_once() == 0
        clock.forward(minutes=30)
    assert relay.run_once() == 1
    with database.read() as session:
        assert session.scalars(select(Tally)).all() == []
        assert session.scalar(select(func.count()).where(Message.state != "delivered")) == 0


def test_one_timer_is_enough_and_goes_on_while_something_is_counted(database: Database, clock: Clock) -> None:
    rules = Limits(visit="100 in 5 hours")
    for _ in range(5):
        send(database, clock, sender(), rules)
    relay = Relay(database, {limits.FORGET: limits.forgetter(clock)}, clock)
    clock.forward(hours=1)
    assert relay.run_once() == 1
    assert relay.run_once() == 0
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Tally)) == 5
        assert session.scalar(select(func.count()).where(Message.state == "queued")) == 1
    clock.forward(days=10)
    assert [relay.run_once() for _ in range(2)] == [1, 0]  # once, whatever time has gone by
    with database.read() as session:
        assert session.scalars(select(Tally)).all() == []


def test_a_flood_is_many_visits_in_one_minute(database: Database, clock: Clock) -> None:
    rules = Limits(flood_address=5, flood_everywhere=8)

    def floods(address: str = "203.0.113.5") -> bool:
        with database.read() as session:
            return limits.is_flood(session, sender(address=address), rules, clock())

    for number in range(4):
        send(database, clock, sender(f"v{number}", f"m{number}@example.org"), rules)
        send(database, clock, sender(f"v{number}", f"n{number}@example.org"), rules)
    assert not floods()  # eight requests, four visits
    send(database, clock, sender("v5", "m5@example.org"), rules)
    assert floods()
    assert not floods("203.0.113.6")
    for number in range(3):
        send(database, clock, sender(f"w{number}", f"w{number}@example.org", f"198.51.100.{number}"), rules)
    assert floods("203.0.113.6")  # eight visits in all
    clock.forward(seconds=60)
    assert not floods()


def test_the_same_words_are_counted_by_visit_and_by_place(database: Database, clock: Clock) -> None:
    def others(visit: str, place: int = 5) -> tuple[int, int]:
        with database.write() as session:
            return limits.others_with(session, "words", sender(visit, address=f"203.0.113.{place}"), clock())

    assert [others(visit) for visit in ("a", "a", "b", "a", "c")] == [(0, 0), (0, 0), (1, 0), (1, 0), (2, 0)]
    assert others("e", 6) == (3, 1)
    assert others("f", 6) == (4, 1)
    clock.forward(days=1)
    assert others("g") == (0, 0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.5", "203.0.113.6", False),
        ("203.0.113.5", "::ffff:203.0.113.5", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("unknown", "", True),
    ],
)
def test_an_address_is_one_household(one: str, other: str, same: bool) -> None:
    assert (limits.network_of(one) == limits.network_of(other)) is same


def test_rates_are_written_as_people_say_them() -> None:
    assert rate_of("10 in 5 minutes") == (10, timedelta(minutes=5))
    assert rate_of("1 in 1 hour") == (1, timedelta(hours=1))
    for wrong in ("10", "0 in 5 minutes", "10 in 0 hours", "ten in 5 minutes", "10 in 5 days", "10 in 5 minutes "):
        with pytest.raises(ValueError, match="such as `10 in 5 minutes`"):
            Limits(visit=wrong)


def test_what_was_counted_before_the_clock_was_put_back_holds_nobody_for_long(database: Database, clock: Clock) -> None:
    now = clock()
    clock.now = now + timedelta(days=365)
    assert [send(database, clock, sender()) for _ in range(4)] == [0, 0, 0, 600]
    clock.now = now
    assert [send(database, clock, sender()) for _ in range(4)] == [0, 0, 0, 600]


def test_a_flood_ends_when_the_clock_is_put_back(local: Database, clock: Clock) -> None:
    now, rules = clock(), Limits(flood_address=2)
    clock.now = now + timedelta(days=365)
    for visit in ("v1", "v2"):
        send(local, clock, sender(visit), rules)
    with local.read() as session:
        assert limits.is_flood(session, sender("v3"), rules, clock())
        assert not limits.is_flood(session, sender("v3"), rules, now)
