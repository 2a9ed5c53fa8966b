"""Sign-in through a provider: it opens the account whose address it has verified, and believes nothing that is not signed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select

from deflect_api.app import create_app
from deflect_api.config.staff import OpenId
from deflect_api.desk.people import accounts
from deflect_api.store.models import Agent
from deflect_api.store.staff import Identity
from tests.conftest import Desk
from tests.web import openid_provider, staff
from tests.web.openid_provider import Provider

BO = "bo@example.org"


@pytest.fixture
def provider(desk: Desk) -> Iterator[Provider]:
    with openid_provider.serve() as made:
        made.now = int(desk.clock().timestamp())
        yield made


def joined(desk: Desk, provider: Provider, **changes: Any) -> Desk:
    """The desk with this provider in its settings."""
    openid = OpenId(issuer=provider.issuer, client_id="desk", client_secret="of the tests", name="our sign-on")
    rules = desk.settings.support.staff.model_copy(update={"openid": openid, **changes})
    settings = replace(desk.settings, support=desk.settings.support.model_copy(update={"staff": rules}))
    return replace(desk, app=create_app(settings, desk.database, clock=desk.clock), settings=settings)


@pytest.fixture
def here(desk: Desk, provider: Provider) -> Desk:
    staff.add(desk, BO)
    return joined(desk, provider)


def go(desk: Desk, provider: Provider, client: FlaskClient | None = None) -> FlaskClient:
    client = client or desk.app.test_client()
    client.get(provider.authorize(client.get("/desk/sign-in/provider").headers["Location"]))
    return client


def test_a_person_whom_the_provider_knows_is_in(here: Desk, provider: Provider) -> None:
    assert "our sign-on" in here.client.get("/desk/").text
    client = go(here, provider)
    assert staff.is_in(client)
    provider.claims = {"sub": "u-1", "email": "another@example.org", "email_verified": False}
    assert staff.is_in(go(here, provider)), "known by the provider's own number from now on"


def test_another_person_with_the_same_address_does_not_take_an_account_over(here: Desk, provider: Provider) -> None:
    go(here, provider)
    provider.claims = {"sub": "u-2", "email": BO, "email_verified": True}
    assert not staff.is_in(go(here, provider))


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u-1", "email": BO},
        {"sub": "u-1", "email": BO, "email_verified": False},
        {"sub": "u-1", "email": BO, "email_verified": "true"},
        {"sub": "u-1", "email": "nobody@example.org", "email_verified": True},
        {"sub": "u-1"},
    ],
)
def test_an_address_that_is_not_verified_or_unknown_opens_nothing_and_makes_no_account(
    here: Desk, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert not staff.is_in(go(here, provider))
    with here.database.read() as session:
        assert len(session.scalars(select(Agent)).all()) == 1
        assert session.scalars(select(Identity)).all() == []


@pytest.mark.parametrize(
    "lies",
    [{"iss": "http://evil.example.org"}, {"aud": "another client"}, {"nonce": "another"}, {"exp": 1}, {"sub": None}],
    ids=lambda lies: next(iter(lies)),
)
def test_an_id_token_that_is_not_for_us_and_for_now_is_refused(here: Desk, provider: Provider, lies: dict[str, Any]) -> None:
    provider.lies = lies
    assert not staff.is_in(go(here, provider))


def test_an_id_token_of_another_key_is_refused(here: Desk, provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "k1"})
    assert not staff.is_in(go(here, provider))


def test_an_answer_counts_only_in_the_browser_that_asked_once_and_soon(here: Desk, provider: Provider) -> None:
    asked, other = here.app.test_client(), here.app.test_client()
    back = provider.authorize(asked.get("/desk/sign-in/provider").headers["Location"])
    other.get("/desk/sign-in/provider")
    assert other.get(back).status_code == 403
    assert not staff.is_in(other), "somebody else's answer, put under this person"
    assert asked.get(back).status_code == 303
    staff.post(asked, "/desk/sign-out")
    assert asked.get(back).status_code == 403, "a second time"
    late = provider.authorize(asked.get("/desk/sign-in/provider").headers["Location"])
    here.clock.forward(minutes=11)
    assert asked.get(late).status_code == 403


def test_another_site_cannot_start_a_sign_in(here: Desk) -> None:
    answer = here.client.get("/desk/sign-in/provider", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Location"] == "/desk/"


def test_a_disabled_agent_stays_out(here: Desk, provider: Provider) -> None:
    go(here, provider)
    with here.database.write() as session:
        session.scalars(select(Agent)).one().active = False
    assert not staff.is_in(go(here, provider))


def test_where_passwords_are_off_none_is_taken(desk: Desk, provider: Provider) -> None:
    staff.add(desk, BO)
    only = joined(desk, provider, passwords=False)
    assert 'name="password"' not in only.client.get("/desk/").text
    client = staff.sign_in(only, BO)
    assert not staff.is_in(client)
    assert staff.is_in(go(only, provider))


def test_a_provider_that_is_down_is_told(here: Desk, provider: Provider) -> None:
    gone = joined(here, replace(provider, issuer="http://127.0.0.1:9"))
    answer = gone.client.get("/desk/sign-in/provider")
    assert answer.status_code == 503
    assert "our sign-on cannot be reached" in answer.text


def test_without_a_password_only_a_fresh_sign_in_makes_a_token(desk: Desk, provider: Provider) -> None:
    with desk.database.write() as session:
        accounts.add_without_password(session, BO, "Bo", desk.clock())
    here = joined(desk, provider)
    client, form = go(here, provider), {"name": "report", "scope": "read", "days": "1"}
    desk.clock.forward(minutes=16)
    assert "sign-in of the last 15 minutes" in staff.post(client, "/desk/account/tokens", **form).text
    provider.now = int(desk.clock().timestamp())
    assert "Your new token" in staff.post(go(here, provider), "/desk/account/tokens", **form).text
