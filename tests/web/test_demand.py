"""What many people needed comes first after fewer letters, where that is on; one person's clicks never bring it there."""

import logging
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.app import create_app
from deflect_api.config.popularity import Popularity
from deflect_api.store.db import Database
from deflect_api.store.models import SupportSession
from tests.conftest import Desk

NEEDED, TYPED = "rsr/export-to-iati/", "export to iati"
FAR_APART = [f"198.51.{number}.7" for number in range(40)]


def with_popularity(desk: Desk, **rules: Any) -> Desk:
    """The same desk with other rules."""
    portal = desk.settings.support.portal.model_copy(update={"popularity": Popularity(**rules)})
    ours = replace(desk.settings, support=desk.settings.support.model_copy(update={"portal": portal}))
    desk.settings, desk.app = ours, create_app(ours, desk.database, clock=desk.clock)
    return desk


def tell(desk: Desk, visit: str, address: str, event: str = "opened", article: str = NEEDED) -> None:
    told = {"session": visit, "event": event, "article": article}
    answer = desk.client.post("/api/v1/events", data=told, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 204


def shown(desk: Desk, text: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = desk.client.post("/api/v1/suggest", data={"text": text}).json["suggestions"]
    return listed


def first(desk: Desk, text: str) -> str:
    return next((str(one["article"]) for one in shown(desk, text)), "")


def count_anew(desk: Desk) -> None:
    """Let the time pass after which a keystroke makes what people need be counted, and wait until it is."""
    desk.clock.forward(minutes=10)
    first(desk, TYPED)
    for thread in threading.enumerate():
        if thread.name == "demand":
            thread.join()


def letters(desk: Desk) -> int:
    """How many letters bring the needed article first."""
    return next(size for size in range(3, len(TYPED) + 1) if first(desk, TYPED[:size]) == NEEDED)


def test_what_many_needed_is_first_after_fewer_letters(any_desk: Desk) -> None:
    off = letters(any_desk)
    with_popularity(any_desk, weight=1)
    for number, address in enumerate(FAR_APART[:30]):
        tell(any_desk, f"v{number}", address)
        tell(any_desk, f"v{number}", address, "solved")
    count_anew(any_desk)
    assert letters(any_desk) < off
    whole = shown(any_desk, "how do I export my project to iati")
    with_popularity(any_desk, weight=0)
    assert letters(any_desk) == off
    assert shown(any_desk, "how do I export my project to iati") == whole


def test_one_persons_many_clicks_change_nothing(any_desk: Desk) -> None:
    off = letters(any_desk)
    with_popularity(any_desk, weight=1, people=3)
    for number in range(60):
        tell(any_desk, f"v{number}", f"192.0.2.{number}", "solved")
    count_anew(any_desk)
    assert letters(any_desk) == off


def test_few_people_change_nothing_and_many_who_reject_take_it_back(desk: Desk) -> None:
    off = letters(desk)
    with_popularity(desk, weight=1, people=20)
    for number, address in enumerate(FAR_APART[:15]):
        tell(desk, f"v{number}", address, "solved")
    count_anew(desk)
    assert letters(desk) == off
    for number, address in enumerate(FAR_APART):
        tell(desk, f"more-{number}", address, "solved")
    count_anew(desk)
    assert letters(desk) < off
    for number, address in enumerate(FAR_APART):
        tell(desk, f"more-{number}", address, "rejected")
    count_anew(desk)
    assert letters(desk) == off


def test_what_lies_too_far_back_counts_no_more(desk: Desk) -> None:
    off = letters(desk)
    with_popularity(desk, weight=1, days=30)
    for number, address in enumerate(FAR_APART):
        tell(desk, f"v{number}", address, "solved")
    count_anew(desk)
    assert letters(desk) < off
    desk.clock.forward(days=31)
    count_anew(desk)
    assert letters(desk) == off


def test_this_solved_it_without_a_script_counts_too(desk: Desk) -> None:
    off = letters(desk)
    with_popularity(desk, weight=1)
    for number, address in enumerate(FAR_APART):
        told = {"session": f"v{number}", "article": NEEDED}
        assert desk.client.post("/support/solved/", data=told, environ_base={"REMOTE_ADDR": address}).status_code == 200
    count_anew(desk)
    assert letters(desk) < off


def test_nothing_is_noted_while_it_is_off(any_desk: Desk) -> None:
    assert any_desk.settings.support.portal.popularity.weight == 0
    tell(any_desk, "off", FAR_APART[0])
    with_popularity(any_desk, weight=0.5)
    tell(any_desk, "on", FAR_APART[0])
    with any_desk.database.read() as session:
        places = {visit.id: visit.place for visit in session.scalars(select(SupportSession))}
    assert places["off"] is None
    assert places["on"] in range(256)


def test_while_the_database_is_away_what_was_known_stays(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    off = letters(desk)
    with_popularity(desk, weight=1)
    for number, address in enumerate(FAR_APART):
        tell(desk, f"v{number}", address, "solved")
    count_anew(desk)
    known = letters(desk)
    assert known < off
    with desk.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE session_event RENAME TO away")
    with caplog.at_level(logging.WARNING, "deflect.demand"):
        count_anew(desk)
    assert "could not be counted" in caplog.text
    assert letters(desk) == known
    with desk.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO session_event")
    desk.clock.forward(days=100)
    count_anew(desk)
    assert letters(desk) == off


def test_a_keystroke_does_not_wait_for_the_count(desk: Desk) -> None:
    with_popularity(desk, weight=1)
    asked, answered = threading.Event(), threading.Event()

    class Slow(Database):
        """Reads only once the keystroke has been answered."""

        def read(self) -> Any:
            if threading.current_thread().name == "demand":
                asked.set()
                assert answered.wait(60)
            return super().read()

    slow = Slow(desk.settings.database)
    desk.app = create_app(desk.settings, slow, clock=desk.clock)
    assert first(desk, TYPED)
    assert asked.wait(60)
    assert first(desk, TYPED)
    assert [thread.name for thread in threading.enumerate()].count("demand") == 1
    answered.set()
    count_anew(desk)
    slow.close()
