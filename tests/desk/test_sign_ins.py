"""Sign-ins: only a hash is kept, each ends by time, by idleness and by hand, and a browser ends its own alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from deflect_api.desk.people import sign_ins
from deflect_api.store.db import Database
from deflect_api.store.models import Agent, SignIn
from tests.conftest import Clock
from tests.intake.made import agent

STAY, IDLE = timedelta(hours=12), timedelta(minutes=60)


@pytest.fixture
def bo(local: Database, clock: Clock) -> Agent:
    with local.write() as session:
        return agent(session, clock())


def begin(database: Database, clock: Clock, who: Agent, **how: str) -> str:
    with database.write() as session:
        return sign_ins.begin(session, who, sign_ins.Where("Firefox, Linux", "192.0.2.1"), clock(), stay=STAY, **how)


def opens(database: Database, clock: Clock, token: str) -> bool:
    with database.read() as session:
        return sign_ins.find(session, token, clock(), IDLE) is not None


def test_of_a_sign_in_only_a_hash_is_kept(local: Database, clock: Clock, bo: Agent) -> None:
    token = begin(local, clock, bo)
    with local.read() as session:
        (row,) = session.scalars(select(SignIn))
    assert token not in row.token_hash
    assert len(token) >= 43, "256 bits"
    assert opens(local, clock, token)
    assert not opens(local, clock, row.token_hash), "the hash itself opens nothing"


def test_a_sign_in_ends_after_its_time_however_busy_it_is(local: Database, clock: Clock, bo: Agent) -> None:
    token = begin(local, clock, bo)
    for _ in range(23):
        clock.forward(minutes=31)
        with local.write() as session:
            sign_ins.touch(session, session.scalars(select(SignIn)).one(), clock())
    clock.now -= timedelta(minutes=713 - 719)
    assert opens(local, clock, token)
    clock.forward(minutes=1)
    assert not opens(local, clock, token)
    begin(local, clock, bo)
    with local.read() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1, "the row of the old one goes with the next"


def test_a_sign_in_that_nobody_uses_ends_sooner(local: Database, clock: Clock, bo: Agent) -> None:
    token = begin(local, clock, bo)
    clock.forward(minutes=59, seconds=59)
    assert opens(local, clock, token)
    clock.forward(seconds=1)
    assert not opens(local, clock, token)


def test_a_sign_in_that_waits_for_a_code_lasts_ten_minutes(local: Database, clock: Clock, bo: Agent) -> None:
    token = begin(local, clock, bo, stage=sign_ins.CODE)
    clock.forward(minutes=10)
    assert not opens(local, clock, token)


def test_disabling_an_agent_ends_every_sign_in_at_once(local: Database, clock: Clock, bo: Agent) -> None:
    token = begin(local, clock, bo)
    with local.write() as session:
        session.get_one(Agent, bo.id).active = False
    assert not opens(local, clock, token)


def test_one_all_or_all_others_can_be_ended(local: Database, clock: Clock, bo: Agent) -> None:
    here, there, elsewhere = (begin(local, clock, bo) for _ in range(3))
    with local.write() as session:
        cy = agent(session, clock(), "Cy")
        others = sign_ins.begin(session, cy, sign_ins.Where(), clock(), stay=STAY)
        handles = {sign_ins.handle_of(each): each.token_hash for each in sign_ins.of_agent(session, bo, clock(), IDLE)}
        named = next(handle for handle, kept in handles.items() if kept == sign_ins.hashed(there))
        assert sign_ins.end_one(session, cy, named) == 0, "nobody ends another's by its handle"
        assert sign_ins.end_one(session, bo, named) == 1
    assert [opens(local, clock, token) for token in (here, there, elsewhere, others)] == [True, False, True, True]
    with local.write() as session:
        assert sign_ins.end_all(session, bo, but=here) == 1
        sign_ins.end(session, "no token of ours \ud800")
    assert [opens(local, clock, token) for token in (here, elsewhere, others)] == [True, False, True]


@pytest.mark.parametrize("token", ["", "made up", "\ud800", "\x00", "x" * 100_000])
def test_a_token_that_is_none_opens_nothing(local: Database, clock: Clock, token: str) -> None:
    assert not opens(local, clock, token)
