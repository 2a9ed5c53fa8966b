"""Signing in: password, authenticator app, recovery codes, invitations; and waits that nobody can make for somebody else."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from deflect_api.app import create_app
from deflect_api.desk.people import access, attempts, audit
from deflect_api.store.models import SignIn
from deflect_api.store.staff import AuditEntry, RecoveryCode, SecondFactor
from tests.conftest import Desk
from tests.web import staff

BO = "bo@example.org"


@pytest.fixture
def bo(desk: Desk) -> int:
    return staff.add(desk, BO)


def events(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.database.read() as session:
        return [(row.event, row.about, row.detail) for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def with_staff(desk: Desk, **changes: Any) -> Desk:
    """The same desk under other settings of `staff`."""
    rules = desk.settings.support.staff.model_copy(update=changes)
    settings = replace(desk.settings, support=desk.settings.support.model_copy(update={"staff": rules}))
    return replace(desk, app=create_app(settings, desk.database, clock=desk.clock), settings=settings)


def key_on(page: str) -> pyotp.TOTP:
    return pyotp.TOTP(re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", ""))  # type: ignore[index]


def test_with_an_app_the_password_alone_opens_nothing(any_desk: Desk) -> None:
    desk = any_desk
    app = staff.with_app(desk, staff.add(desk, BO))
    client = staff.sign_in(desk, BO)
    assert not staff.is_in(client)
    assert client.get("/desk/").headers["Location"] == "/desk/sign-in/code"
    token = staff.form_token(client, "/desk/sign-in/code")
    wrong = client.post("/desk/sign-in/code", data={"form_token": token, "code": "000000"})
    assert wrong.status_code == 403
    assert not staff.is_in(client)
    code = app.at(desk.clock())
    assert client.post("/desk/sign-in/code", data={"form_token": token, "code": f" {code[:3]} {code[3:]}"}).status_code == 303
    assert staff.is_in(client)
    again = staff.sign_in(desk, BO)
    assert staff.post(again, "/desk/sign-in/code", "/desk/sign-in/code", code=code).status_code == 403, "a code counts once"
    desk.clock.forward(seconds=30)
    assert staff.post(again, "/desk/sign-in/code", "/desk/sign-in/code", code=app.at(desk.clock())).status_code == 303


def test_an_old_code_does_not_count(desk: Desk, bo: int) -> None:
    app = staff.with_app(desk, bo)
    code = app.at(desk.clock())
    desk.clock.forward(seconds=90)
    client = staff.sign_in(desk, BO)
    assert staff.post(client, "/desk/sign-in/code", "/desk/sign-in/code", code=code).status_code == 403


def test_an_agent_sets_up_an_app_and_gets_codes_that_count_once(desk: Desk, bo: int) -> None:
    client, other = staff.sign_in(desk, BO), staff.sign_in(desk, BO)
    refused = staff.post(client, "/desk/account/factor", password="not this one")
    assert refused.status_code == 422
    page = staff.post(client, "/desk/account/factor", password=staff.PASSWORD)
    assert "<svg" in page.text
    app = key_on(page.text)
    assert staff.post(client, "/desk/account/factor/confirm", code="000000").status_code == 422
    done = staff.post(client, "/desk/account/factor/confirm", code=app.at(desk.clock()))
    codes = re.findall(r"<code>([a-z2-9-]{29})</code>", unescape(done.text))
    assert len(codes) == 10
    assert staff.is_in(client)
    assert not staff.is_in(other), "the other sign-ins end"
    with desk.database.read() as session:
        kept = [row.code_hash for row in session.scalars(select(RecoveryCode))]
        factor = session.get_one(SecondFactor, bo)
    assert not any(code.replace("-", "") in kept_hash for code in codes for kept_hash in kept)
    assert app.secret not in factor.secret, "the key is encrypted"
    lost = staff.sign_in(desk, BO)
    assert staff.post(lost, "/desk/sign-in/code", "/desk/sign-in/code", code=codes[0].upper()).status_code == 303
    again = staff.sign_in(desk, BO)
    assert staff.post(again, "/desk/sign-in/code", "/desk/sign-in/code", code=codes[0]).status_code == 403
    assert staff.post(again, "/desk/sign-in/code", "/desk/sign-in/code", code=codes[1]).status_code == 303


def test_where_an_app_is_required_the_first_sign_in_sets_it_up(desk: Desk, bo: int) -> None:
    strict = with_staff(desk, second_factor="required")
    client = staff.sign_in(strict, BO)
    assert not staff.is_in(client)
    assert client.get("/desk/tickets/1001").headers["Location"] == "/desk/sign-in/enrol"
    app = key_on(client.get("/desk/sign-in/enrol").text)
    done = staff.post(client, "/desk/sign-in/enrol", "/desk/sign-in/enrol", code=app.at(strict.clock()))
    assert "recovery codes" in done.text
    assert staff.is_in(client)
    later = app.at(strict.clock() + timedelta(seconds=30))
    refused = staff.post(client, "/desk/account/factor/remove", password=staff.PASSWORD, code=later)
    assert refused.status_code == 422


def test_a_password_of_which_an_attacker_tries_many_makes_only_the_attacker_wait(any_desk: Desk) -> None:
    desk = any_desk
    staff.add(desk, BO)
    known = staff.sign_in(desk, BO)
    staff.post(known, "/desk/sign-out")
    attacker = desk.app.test_client()
    answers = [attacker.post("/desk/sign-in", data={"email": BO, "password": f"wrong {n}"}) for n in range(7)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) <= 2
    right = attacker.post("/desk/sign-in", data={"email": BO, "password": staff.PASSWORD})
    assert right.status_code == 429, "not even the right one is looked at, so that nobody learns that it is right"
    staff.sign_in(desk, BO, known)
    assert staff.is_in(known), "a browser that signed in before does not wait"
    desk.clock.forward(seconds=2)
    staff.sign_in(desk, BO, attacker)
    assert staff.is_in(attacker), "the wait ends, and the count with it"


def test_a_known_browser_has_a_count_of_its_own(desk: Desk, bo: int) -> None:
    known = staff.sign_in(desk, BO)
    answers = [known.post("/desk/sign-in", data={"email": BO, "password": f"wrong {n}"}).status_code for n in range(12)]
    assert answers == [403] * 10 + [429] * 2
    stranger = staff.sign_in(desk, BO)
    assert staff.is_in(stranger), "and makes nobody else wait"


def test_one_network_that_tries_many_accounts_waits(desk: Desk, bo: int) -> None:
    client = desk.client
    codes = [client.post("/desk/sign-in", data={"email": f"no{n}@example.org", "password": "x"}).status_code for n in range(31)]
    assert codes == [403] * 30 + [429]
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert staff.sign_in(desk, BO, environ_base=elsewhere).get("/desk/account/").status_code == 200


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    pauses = [attempts.pause_after(failures, 5).total_seconds() for failures in (0, 4, 5, 6, 7, 13, 14, 500)]
    assert pauses == [0, 0, 2, 4, 8, 512, 900, 900]


def test_the_log_has_sign_ins_and_failures_but_never_what_was_typed(desk: Desk, bo: int) -> None:
    client = staff.sign_in(desk, BO, password="wrong")
    staff.sign_in(desk, "my secret password", client)
    staff.sign_in(desk, BO, client)
    staff.post(client, "/desk/sign-out")
    assert events(desk) == [
        (audit.SIGN_IN_FAILED, BO, "password"),
        (audit.SIGN_IN_FAILED, "no account", "password"),
        (audit.SIGNED_IN, BO, "password"),
        (audit.SIGNED_OUT, "", ""),
    ]


def test_a_lead_invites_and_the_link_sets_a_password_once(any_desk: Desk) -> None:
    desk = any_desk
    staff.add(desk, "lead@example.org", role=access.LEAD)
    lead = staff.sign_in(desk, "lead@example.org")
    made = staff.post(lead, "/desk/people/", email="New@Example.org", name="New", role="agent", product=["flow"])
    link = re.search(r"http://help.example.org(/desk/welcome/[\w-]+)", made.text)[1]  # type: ignore[index]
    new = desk.client
    assert "new@example.org" in new.get(link).text
    assert new.post(link, data={"password": "short"}).status_code == 422
    assert new.post(link, data={"password": "several words of mine"}).status_code == 200
    assert new.post(link, data={"password": "several words of another"}).status_code == 404
    staff.sign_in(desk, "new@example.org", new, password="several words of mine")
    assert staff.is_in(new)
    assert new.get("/desk/people/").status_code == 403


def test_an_invitation_is_over_after_a_week(desk: Desk) -> None:
    staff.add(desk, "lead@example.org", role=access.LEAD)
    made = staff.post(staff.sign_in(desk, "lead@example.org"), "/desk/people/", email="new@example.org")
    link = re.search(r"(/desk/welcome/[\w-]+)", made.text)[1]  # type: ignore[index]
    desk.clock.forward(days=7)
    assert desk.client.get(link).status_code == 404


def test_disabling_ends_sign_ins_and_tokens_at_once(desk: Desk, bo: int) -> None:
    staff.add(desk, "lead@example.org", role=access.LEAD)
    lead, client = staff.sign_in(desk, "lead@example.org"), staff.sign_in(desk, BO)
    assert staff.post(lead, f"/desk/people/{bo}/disable").status_code == 303
    assert not staff.is_in(client)
    assert not staff.is_in(staff.sign_in(desk, BO))
    with desk.database.read() as session:
        assert [row.agent_id for row in session.scalars(select(SignIn))] != [bo]
    staff.post(lead, f"/desk/people/{bo}/enable")
    assert staff.is_in(staff.sign_in(desk, BO))
    assert not staff.is_in(client), "what was ended stays so"
