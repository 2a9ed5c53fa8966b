"""Accounts: hashes only, one answer to every wrong sign-in, and a sign-in that ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from deflect_api.desk import accounts
from deflect_api.errors import InputError
from deflect_api.store.db import Database
from deflect_api.store.models import Agent, SignIn
from tests.conftest import Clock

PASSWORD = "correct horse battery"


def add_bo(database: Database, clock: Clock) -> int:
    with database.write() as session:
        return accounts.add(session, " Bo@Example.org ", " Bo ", PASSWORD, clock()).id


def sign_in(database: Database, clock: Clock, email: str = "bo@example.org", password: str = PASSWORD) -> str | None:
    with database.write() as session:
        return accounts.sign_in(session, email, password, clock())


def who(database: Database, clock: Clock, token: str) -> str | None:
    with database.read() as session:
        agent = accounts.signed_in(session, token, clock())
        return agent.name if agent else None


def test_a_password_is_kept_as_an_argon2id_hash(local: Database, clock: Clock) -> None:
    bo = add_bo(local, clock)
    with local.read() as session:
        agent = session.get_one(Agent, bo)
    assert agent.password_hash.startswith("$argon2id$")
    assert PASSWORD not in agent.password_hash
    assert (agent.email, agent.name, agent.active) == ("bo@example.org", "Bo", True)


def test_an_agent_signs_in_and_is_known_by_the_token(database: Database, clock: Clock) -> None:
    add_bo(database, clock)
    first, second = sign_in(database, clock), sign_in(database, clock, " BO@example.ORG")
    assert first is not None
    assert second is not None
    assert first != second
    assert (who(database, clock, first), who(database, clock, second)) == ("Bo", "Bo")


def test_of_a_sign_in_only_a_hash_is_kept(local: Database, clock: Clock) -> None:
    add_bo(local, clock)
    token = sign_in(local, clock)
    assert token is not None
    assert len(token) >= 32
    with local.read() as session:
        (row,) = session.scalars(select(SignIn))
    assert token not in row.token_hash
    assert who(local, clock, row.token_hash) is None, "the hash itself opens nothing"


def test_every_wrong_sign_in_has_the_same_answer(database: Database, clock: Clock) -> None:
    add_bo(database, clock)
    for email, password in (
        ("bo@example.org", "wrong horse battery"),
        ("bo@example.org", PASSWORD + " "),
        ("bo@example.org", PASSWORD.upper()),
        ("nobody@example.org", PASSWORD),
        ("bo@example.org' OR '1'='1", PASSWORD),
        ("bo@example.org\x00", PASSWORD),
    ):
        assert sign_in(database, clock, email, password) is None, (email, password)
    with database.read() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_a_disabled_agent_is_signed_out_and_cannot_come_back(local: Database, clock: Clock) -> None:
    bo = add_bo(local, clock)
    token = sign_in(local, clock)
    assert token is not None
    with local.write() as session:
        session.get_one(Agent, bo).active = False
    assert who(local, clock, token) is None
    assert sign_in(local, clock) is None


def test_a_sign_in_ends_after_twelve_hours_and_its_row_goes_with_the_next(local: Database, clock: Clock) -> None:
    add_bo(local, clock)
    token = sign_in(local, clock)
    assert token is not None
    clock.now += timedelta(hours=12) - timedelta(seconds=1)
    assert who(local, clock, token) == "Bo"
    clock.forward(seconds=1)
    assert who(local, clock, token) is None
    sign_in(local, clock)
    with local.read() as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


def test_signing_out_ends_this_browsers_sign_in_only(local: Database, clock: Clock) -> None:
    add_bo(local, clock)
    here, there = sign_in(local, clock), sign_in(local, clock)
    assert here is not None
    assert there is not None
    with local.write() as session:
        accounts.sign_out(session, here)
        accounts.sign_out(session, "no token of ours \ud800")
    assert (who(local, clock, here), who(local, clock, there)) == (None, "Bo")


@pytest.mark.parametrize("token", ["", "made up", "\ud800", "\x00", "x" * 100_000])
def test_a_token_that_is_none_opens_nothing(local: Database, clock: Clock, token: str) -> None:
    assert who(local, clock, token) is None


def test_a_short_password_is_refused(local: Database, clock: Clock) -> None:
    with pytest.raises(InputError, match="12 characters") as refused, local.write() as session:
        accounts.add(session, "bo@example.org", "Bo", "x" * 11, clock())
    assert set(refused.value.fields) == {"password"}
    with local.write() as session:
        accounts.add(session, "bo@example.org", "Bo", "x" * 12, clock())


def test_one_address_has_one_account_however_it_is_written(database: Database, clock: Clock) -> None:
    add_bo(database, clock)
    for again in ("bo@example.org", "BO@EXAMPLE.ORG", "  Bo@Example.Org\n"):
        with pytest.raises(InputError, match="already has an account") as refused, database.write() as session:
            accounts.add(session, again, "Another", PASSWORD, clock())
        assert set(refused.value.fields) == {"email"}


def test_an_agent_without_a_name_is_called_by_the_address(local: Database, clock: Clock) -> None:
    with local.write() as session:
        assert accounts.add(session, "bo@example.org", "  ", PASSWORD, clock()).name == "bo@example.org"
