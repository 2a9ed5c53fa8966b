"""Tokens of the desk's API: shown once, kept as a hash, no more than their scope, over by date, ended at once."""

import pytest
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from deflect_api.desk.people import access
from deflect_api.store.staff import StaffToken
from deflect_api.web.accounts import identity
from tests.conftest import Desk
from tests.web import staff

probe = Blueprint("probe", __name__, url_prefix="/api/v1/desk/probe")


@probe.get("/")
@probe.post("/")
def who() -> ResponseReturnValue:
    return jsonify(who=identity.known().email)


@probe.post("/rule")
@identity.needs(access.ADMIN)
def rule() -> ResponseReturnValue:
    return jsonify(who=identity.known().email)


@probe.get("/tickets/<reference>")
def ticket(reference: str) -> ResponseReturnValue:
    return jsonify(reference=reference)


@pytest.fixture
def api(desk: Desk) -> Desk:
    """The desk with a few calls that do nothing but tell who asks: the door stands before every call alike."""
    desk.app.register_blueprint(probe)
    return desk


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ask(desk: Desk, token: str) -> list[int]:
    """Read, write and rule with a token."""
    client, headers = desk.client, bearer(token)
    asked = (client.get("/api/v1/desk/probe/", headers=headers), client.post("/api/v1/desk/probe/", headers=headers))
    return [answer.status_code for answer in (*asked, client.post("/api/v1/desk/probe/rule", headers=headers))]


def test_a_token_may_do_its_scope_and_no_more(api: Desk) -> None:
    lead = staff.add(api, "lead@example.org", role=access.LEAD)
    found = {scope: ask(api, staff.api_token(api, lead, scope)) for scope in access.SCOPES}
    assert found == {"read": [200, 403, 403], "write": [200, 200, 403], "admin": [200, 200, 200]}


def test_an_admin_token_of_somebody_who_is_no_lead_any_more_rules_nothing(api: Desk) -> None:
    staff.add(api, "first@example.org", role=access.LEAD)
    lead = staff.add(api, "lead@example.org", role=access.LEAD)
    token = staff.api_token(api, lead, "admin")
    client = staff.sign_in(api, "first@example.org")
    staff.post(client, f"/desk/people/{lead}/access", role="agent")
    assert ask(api, token) == [200, 200, 403]


def test_a_token_ends_by_date_by_hand_and_with_its_agent(api: Desk) -> None:
    staff.add(api, "lead@example.org", role=access.LEAD)
    bo = staff.add(api, "bo@example.org")
    first, second, third = (staff.api_token(api, bo, "read") for _ in range(3))
    client = staff.sign_in(api, "bo@example.org")
    with api.database.read() as session:
        row = session.scalars(select(StaffToken)).first()
    assert row is not None
    assert staff.post(client, f"/desk/account/tokens/{row.id}/revoke").status_code == 303
    assert [ask(api, token)[0] for token in (first, second)] == [401, 200]
    staff.post(staff.sign_in(api, "lead@example.org"), f"/desk/people/{bo}/disable")
    assert ask(api, second)[0] == 401
    staff.post(staff.sign_in(api, "lead@example.org"), f"/desk/people/{bo}/enable")
    assert ask(api, third)[0] == 401, "disabling ended them for good"
    fourth = staff.api_token(api, bo, "read")
    api.clock.forward(days=30)
    assert ask(api, fourth)[0] == 401


def test_a_token_is_shown_once_and_kept_as_a_hash(api: Desk) -> None:
    staff.add(api, "bo@example.org")
    client = staff.sign_in(api, "bo@example.org")
    form = {"name": "report", "scope": "read", "days": "30"}
    assert staff.post(client, "/desk/account/tokens", password="wrong", **form).status_code == 422
    assert staff.post(client, "/desk/account/tokens", password=staff.PASSWORD, **{**form, "scope": "admin"}).status_code == 422
    assert staff.post(client, "/desk/account/tokens", password=staff.PASSWORD, **{**form, "days": "91"}).status_code == 422
    page = staff.post(client, "/desk/account/tokens", password=staff.PASSWORD, **form).text
    token = page.partition("<code>")[2].partition("</code>")[0]
    assert ask(api, token) == [200, 403, 403]
    assert token not in client.get("/desk/account/").text
    with api.database.read() as session:
        (row,) = session.scalars(select(StaffToken))
    assert token not in row.token_hash
    assert row.used_at is not None


def test_a_cookie_changes_something_only_with_the_form_token(api: Desk) -> None:
    staff.add(api, "bo@example.org")
    client = staff.sign_in(api, "bo@example.org")
    assert client.get("/api/v1/desk/probe/").json == {"who": "bo@example.org"}
    assert client.post("/api/v1/desk/probe/").status_code == 403
    headers = {"Form-Token": staff.form_token(client)}
    assert client.post("/api/v1/desk/probe/", headers=headers).status_code == 200
    assert client.post("/api/v1/desk/probe/rule", headers=headers).status_code == 403


def test_a_token_opens_the_api_alone_and_never_a_page(api: Desk) -> None:
    token = staff.api_token(api, staff.add(api, "bo@example.org"), "write")
    assert api.client.get("/desk/account/", headers=bearer(token)).status_code == 303
    assert api.client.get("/api/v1/desk/probe/").status_code == 401
    for none in ("", "x", "desk_", "é", "\x00"):
        assert ask(api, none)[0] == 401


def test_a_limited_agents_token_sees_what_the_agent_sees(api: Desk) -> None:
    api.send(session=None)
    api.send(session=None, product="rsr")
    token = staff.api_token(api, staff.add(api, "bo@example.org", products=("rsr",)), "read")
    codes = [api.client.get(f"/api/v1/desk/probe/tickets/{number}", headers=bearer(token)).status_code for number in (1001, 1002)]
    assert codes == [404, 200]
