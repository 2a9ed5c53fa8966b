"""Accounts: hashes only, one answer to every wrong password, weak ones refused, and always a lead left."""

import pytest

from deflect_api.desk.people import access, accounts
from deflect_api.errors import InputError
from deflect_api.store.db import Database
from deflect_api.store.models import Agent
from tests.conftest import Clock

PASSWORD = "correct horse battery"


def add_bo(database: Database, clock: Clock, role: str = access.AGENT) -> int:
    with database.write() as session:
        return accounts.add(session, " Bo@Example.org ", " Bo ", PASSWORD, clock(), role=role).id


def test_a_password_is_kept_as_an_argon2id_hash(local: Database, clock: Clock) -> None:
    bo = add_bo(local, clock)
    with local.read() as session:
        agent = session.get_one(Agent, bo)
    assert agent.password_hash.startswith("$argon2id$")
    assert PASSWORD not in agent.password_hash
    assert (agent.email, agent.name, agent.active, agent.role) == ("bo@example.org", "Bo", True, "agent")


def test_only_the_right_password_is_taken_exactly_as_it_was_typed(database: Database, clock: Clock) -> None:
    add_bo(database, clock)
    with database.read() as session:
        for email, password in (
            ("bo@example.org", "wrong horse battery"),
            ("bo@example.org", PASSWORD + " "),
            ("bo@example.org", PASSWORD.upper()),
            ("nobody@example.org", PASSWORD),
            ("bo@example.org' OR '1'='1", PASSWORD),
            ("bo@example.org\x00", PASSWORD),
        ):
            assert accounts.check(session, email, password) is None, (email, password)
        assert accounts.check(session, " BO@example.ORG", PASSWORD) is not None


def test_a_disabled_agent_and_one_without_a_password_cannot_use_one(local: Database, clock: Clock) -> None:
    bo = add_bo(local, clock)
    with local.write() as session:
        session.get_one(Agent, bo).active = False
        accounts.add_without_password(session, "cy@example.org", "Cy", clock())
    with local.read() as session:
        assert accounts.check(session, "bo@example.org", PASSWORD) is None
        assert accounts.check(session, "cy@example.org", "") is None


@pytest.mark.parametrize(
    "weak",
    ["x" * 11, "password1234", "Passwordpassword1", "bo@example.org12", "aaaaaaaaaaaaaaaa", "123456123456123456", "y" * 1001],
)
def test_a_weak_password_is_refused(local: Database, clock: Clock, weak: str) -> None:
    with pytest.raises(InputError) as refused, local.write() as session:
        accounts.add(session, "bo@example.org", "Bo", weak, clock())
    assert set(refused.value.fields) == {"password"}


def test_a_long_password_of_any_letters_is_taken_whole(local: Database, clock: Clock) -> None:
    long = "ключ от квартиры где деньги лежат 🔑 " * 20
    with local.write() as session:
        accounts.add(session, "bo@example.org", "Bo", long, clock())
    with local.read() as session:
        assert accounts.check(session, "bo@example.org", long) is not None
        assert accounts.check(session, "bo@example.org", long[:-1]) is None


def test_one_address_has_one_account_however_it_is_written(database: Database, clock: Clock) -> None:
    add_bo(database, clock)
    for again in ("bo@example.org", "BO@EXAMPLE.ORG", "  Bo@Example.Org\n"):
        with pytest.raises(InputError, match="already has an account") as refused, database.write() as session:
            accounts.add(session, again, "Another", PASSWORD, clock())
        assert set(refused.value.fields) == {"email"}


def test_an_agent_without_a_name_is_called_by_the_address(local: Database, clock: Clock) -> None:
    with local.write() as session:
        assert accounts.add(session, "bo@example.org", "  ", PASSWORD, clock()).name == "bo@example.org"


def test_the_only_lead_can_neither_go_nor_step_down(database: Database, clock: Clock) -> None:
    bo = add_bo(database, clock, access.LEAD)
    for change in (lambda s, a: accounts.set_active(s, a, False), lambda s, a: accounts.set_role(s, a, access.AGENT)):
        with pytest.raises(InputError, match="only lead"), database.write() as session:
            change(session, session.get_one(Agent, bo))
    with database.write() as session:
        accounts.add_without_password(session, "cy@example.org", "Cy", clock(), role=access.LEAD)
        accounts.set_active(session, session.get_one(Agent, bo), False)
    with pytest.raises(InputError, match="roles"), database.write() as session:
        accounts.set_role(session, session.get_one(Agent, bo), "king")
