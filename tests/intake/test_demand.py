"""What many people needed: each session counts once, each place once, and only what many needed counts at all."""

from datetime import datetime, timedelta

import pytest

from deflect_api.config.popularity import Popularity
from deflect_api.intake import deflection, demand
from deflect_api.intake.deflection import OPENED, REJECTED, SHOWN, SOLVED, Event
from deflect_api.intake.demand import Count
from deflect_api.intake.personal_data import privacy
from deflect_api.store.db import Database
from deflect_api.store.models import SupportSession
from tests.conftest import MONDAY

GUIDE, OTHER = "flow/log-in/", "flow/skip-logic/"
ON = Popularity(weight=1)


def tell(
    database: Database, visit: str, *events: str, place: int | None = 0, article: str = GUIDE, at: datetime = MONDAY
) -> None:
    for event in events:
        with database.write() as session:
            deflection.record(session, visit, Event(event, article), at, place=place)


def counted(database: Database, *, days: int = 90, people: int = 1, now: datetime = MONDAY) -> list[Count]:
    with database.read() as session:
        return demand.counts(session, now, days=days, people=people)


def test_what_a_session_said_last_of_an_article_counts_and_opening_it_says_nothing(database: Database) -> None:
    said = [(OPENED,), (OPENED, SOLVED), (SOLVED, OPENED), (OPENED, REJECTED), (REJECTED, SOLVED), (SOLVED, REJECTED), (SHOWN,)]
    for place, events in enumerate(said):
        tell(database, f"v{place}", *events, place=place)
    assert counted(database) == [Count(GUIDE, people=4, worth=1 + 2 + 2 - 1 + 2 - 1, opened=1, solved=3, rejected=2)]


def test_a_session_counts_once_however_often_it_opens_an_article(database: Database) -> None:
    tell(database, "v1", *[OPENED] * 30)
    assert counted(database) == [Count(GUIDE, people=1, worth=1, opened=1, solved=0, rejected=0)]


def test_all_sessions_of_one_place_count_as_one(database: Database) -> None:
    for number in range(40):
        tell(database, f"v{number}", SOLVED, place=7)
    tell(database, "other", OPENED, place=8, article=OTHER)
    tell(database, "more", OPENED, place=9, article=OTHER)
    assert counted(database) == [
        Count(GUIDE, people=1, worth=2, opened=0, solved=40, rejected=0),
        Count(OTHER, people=2, worth=2, opened=2, solved=0, rejected=0),
    ]
    assert counted(database, people=2) == [Count(OTHER, people=2, worth=2, opened=2, solved=0, rejected=0)]


def test_a_place_where_most_reject_is_no_one_who_needed_it(database: Database) -> None:
    for number, event in enumerate((OPENED, REJECTED, REJECTED)):
        tell(database, f"v{number}", event, place=7)
    tell(database, "other", OPENED, place=8)
    assert counted(database) == [Count(GUIDE, people=1, worth=pytest.approx(1 - 1 / 3), opened=2, solved=0, rejected=2)]


def test_what_is_older_than_the_days_looked_back_is_let_go(database: Database) -> None:
    tell(database, "old", OPENED, place=1, at=MONDAY - timedelta(days=31))
    tell(database, "new", OPENED, place=2, at=MONDAY - timedelta(days=29))
    assert [one.people for one in counted(database, days=30)] == [1]
    assert [one.people for one in counted(database, days=32)] == [2]


def test_sessions_without_a_place_and_events_without_an_article_do_not_count(database: Database) -> None:
    tell(database, "v1", OPENED, place=None)
    tell(database, "v2", OPENED, place=3, article="")
    assert counted(database) == []


def test_a_session_keeps_the_place_where_it_began(database: Database) -> None:
    tell(database, "v1", SHOWN, place=3)
    tell(database, "v1", OPENED, place=4)
    tell(database, "before", SHOWN, place=None)
    tell(database, "before", OPENED, place=5)
    with database.read() as session:
        assert [session.get_one(SupportSession, visit).place for visit in ("v1", "before")] == [3, 5]


def test_an_erased_visit_counts_no_more(database: Database) -> None:
    tell(database, "v1", OPENED, place=1)
    assert counted(database)
    with database.write() as session:
        privacy.forget_visits(session, ["v1"])
    assert counted(database) == []


def of(article: str, people: int, worth: float) -> Count:
    return Count(article, people, worth, opened=0, solved=0, rejected=0)


def test_what_few_people_needed_does_not_count_at_all() -> None:
    assert demand.shares([of(GUIDE, 4, 8), of(OTHER, 5, 5)], ON).keys() == {OTHER}
    assert demand.shares([of(GUIDE, 4, 8), of(OTHER, 5, 5)], Popularity(weight=1, people=4)).keys() == {GUIDE, OTHER}
    assert demand.shares([of(GUIDE, 5, 0), of(OTHER, 9, -3)], ON) == {}


def test_ten_times_as_many_people_weigh_less_than_twice_as_much() -> None:
    shares = demand.shares([of("a", 400, 400), of("b", 40, 40), of("c", 5, 5)], ON)
    assert 1 == shares["a"] > shares["b"] > shares["c"] > 0
    assert shares["a"] < 2 * shares["b"]


def test_a_handful_of_people_weighs_little_where_nobody_else_has_come_yet() -> None:
    assert demand.shares([of(GUIDE, 5, 5)], ON)[GUIDE] < 0.6


def test_the_weight_of_the_settings_bounds_what_need_adds() -> None:
    shares = demand.shares([of(GUIDE, 100, 200), of(OTHER, 9, 9)], Popularity(weight=0.25))
    assert max(shares.values()) == 0.25


def test_neighbouring_addresses_are_one_place_and_far_ones_are_spread_over_few() -> None:
    def places(*addresses: str) -> set[int]:
        return {demand.place_of("secret", address) for address in addresses}

    assert len(places("192.0.2.1", "192.0.2.254", "::ffff:192.0.2.9")) == 1
    assert len(places("2001:db8:1::1", "2001:db8:1:ffff::2")) == 1
    assert len(places("192.0.2.1", "192.0.3.1", "2001:db8:1::1", "2001:db8:2::1")) == 4
    many = places(*(f"10.{high}.{low}.1" for high in range(40) for low in range(100)))
    assert many == set(range(256))
    assert demand.place_of("another secret", "192.0.2.1") != demand.place_of("secret", "192.0.2.1")


@pytest.mark.parametrize("address", ["", "unix:", "no address", "fe80::1%eth0"])
def test_what_is_no_address_has_a_place_too(address: str) -> None:
    assert 0 <= demand.place_of("secret", address) < 256
