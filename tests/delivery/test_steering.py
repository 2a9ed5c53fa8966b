"""What people may do with a message in each state, and that none of it sends anything twice."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox, steering
from deflect_api.delivery.redact import redacted
from deflect_api.errors import InputError, NotFound
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import Clock
from tests.delivery.owed import outcomes, owe, row

Act = Callable[[Session, Message, datetime], None]
STATES = ("queued", "claimed", "unknown", "delivered", "waiting for a human", "dropped")
MAY = {
    steering.replay: ("queued", "unknown", "waiting for a human", "dropped"),
    steering.park: ("queued", "unknown"),
    steering.drop: ("queued", "unknown", "waiting for a human"),
}


def in_state(database: Database, clock: Clock, state: str) -> int:
    (owed,) = owe(database, clock(), "a")
    with database.write() as session:
        session.get_one(Message, owed).state = state
    return owed


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", MAY, ids=lambda act: act.__name__)
def test_a_person_may_only_steer_what_is_not_carried_out_or_done(local: Database, clock: Clock, act: Act, state: str) -> None:
    owed = in_state(local, clock, state)
    with local.write() as session:
        message = steering.get(session, owed)
        if state in MAY[act]:
            act(session, message, clock())
            return
        with pytest.raises(InputError, match=state):
            act(session, message, clock())
    assert row(local, owed).state == state


def test_a_replay_of_an_unknown_outcome_still_looks_it_up_first(local: Database, clock: Clock) -> None:
    owed = in_state(local, clock, "unknown")
    with local.write() as session:
        steering.replay(session, steering.get(session, owed), clock())
    assert row(local, owed).state == "unknown"


def test_a_range_replays_only_what_waits_for_a_human(database: Database, clock: Clock) -> None:
    owed = owe(database, clock(), "a", "b", "c", "d")
    with database.write() as session:
        for number in owed[:3]:
            session.get_one(Message, number).state = outbox.WAITING
        assert steering.replay_range(session, steering.Range("test", owed[1], owed[3]), clock(), by="Bo") == 2
    assert [row(database, number).state for number in owed] == ["waiting for a human", "queued", "queued", "queued"]
    assert outcomes(database, owed[1]) == ["replayed"]
    assert outcomes(database, owed[3]) == []


def test_a_number_that_there_is_not_is_told(local: Database) -> None:
    with local.write() as session, pytest.raises(NotFound):
        steering.get(session, 4711)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("550 no mailbox ada@example.org here", "550 no mailbox …@… here"),
        (
            "see https://help.example.org/requests/1042/AbCdEf0123456789_-AbCdEf0123/",
            "see https://help.example.org/requests/1042/…/",
        ),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("https://user:pass@desk.example.org", "https://…@desk.example.org"),
        ("answered 422 (subject is too long)", "answered 422 (subject is too long)"),
    ],
)
def test_what_is_kept_of_an_attempt_holds_no_address_link_or_key(told: str, kept: str) -> None:
    assert redacted(told) == kept
