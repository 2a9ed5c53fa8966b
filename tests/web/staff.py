"""People at the desk as the tests of its doors need them: an account, a browser that signs in, a token."""

import re
from typing import Any

import pyotp
from flask.testing import FlaskClient

from deflect_api.desk.people import access, accounts, tokens, totp
from deflect_api.store.models import Agent
from tests.conftest import Desk

PASSWORD = "correct horse battery"


def add(desk: Desk, email: str, *, role: str = access.AGENT, products: tuple[str, ...] = (), hubs: tuple[str, ...] = ()) -> int:
    with desk.database.write() as session:
        made = accounts.add(session, email, email.partition("@")[0].capitalize(), PASSWORD, desk.clock(), role=role)
        access.limit(session, made, products=products, hubs=hubs)
        return made.id


def sign_in(desk: Desk, email: str, client: FlaskClient | None = None, password: str = PASSWORD, **how: Any) -> FlaskClient:
    """Sign in and return the browser."""
    client = client or desk.client
    client.post("/desk/sign-in", data={"email": email, "password": password}, **how)
    return client


def is_in(client: FlaskClient) -> bool:
    """Tell whether this browser is at the desk."""
    return client.get("/desk/account/").status_code == 200


def form_token(client: FlaskClient, page: str = "/desk/account/") -> str:
    return re.search(r'name="form_token" value="([0-9a-f]+)"', client.get(page).text)[1]  # type: ignore[index]


def post(client: FlaskClient, address: str, page: str = "/desk/account/", **fields: Any) -> Any:
    """Send a form with its token, as a page does."""
    return client.post(address, data={"form_token": form_token(client, page), **fields})


def with_app(desk: Desk, agent_id: int) -> pyotp.TOTP:
    """Set up an authenticator app for an agent."""
    with desk.database.write() as session:
        agent, secret = session.get_one(Agent, agent_id), desk.settings.secret
        app = pyotp.TOTP(totp.begin(session, agent, secret, desk.clock()))
        session.flush()
        assert totp.confirm(session, agent, secret, app.at(desk.clock()), desk.clock())
    desk.clock.forward(seconds=30)
    return app


def api_token(desk: Desk, agent_id: int, scope: str) -> str:
    with desk.database.write() as session:
        agent = session.get_one(Agent, agent_id)
        return tokens.make(session, agent, f"for {scope}", scope, desk.clock(), days=30, most_days=90)
