"""OWASP ASVS 5.0, level 2, for sessions, cookies and forged requests: each test names its rule. CSRF by route: test_access."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from deflect_api.app import create_app
from deflect_api.desk.people import access
from deflect_api.store.models import SignIn
from tests.conftest import ROOT, Desk
from tests.web import staff

PAGES = ("/desk/", "/desk/account/", "/desk/people/", "/desk/people/1", "/desk/audit", "/desk/privacy/")
BO, LEAD = "bo@example.org", "lead@example.org"
TEAM_PAGE = (ROOT / "docs/team/access.md").read_text(encoding="utf-8")


@pytest.fixture
def bo(desk: Desk) -> FlaskClient:
    staff.add(desk, BO)
    return staff.sign_in(desk, BO)


def cookies_of(desk: Desk, url: str) -> list[str]:
    settings = replace(desk.settings, url=url)
    app = create_app(settings, desk.database, clock=desk.clock)
    answer = app.test_client().post("/desk/sign-in", data={"email": BO, "password": staff.PASSWORD}, base_url=url)
    return answer.headers.getlist("Set-Cookie")


def test_v3_3_cookies_are_secure_host_bound_http_only_and_same_site(desk: Desk) -> None:
    """3.3.1 Secure and a prefix; 3.3.2 SameSite; 3.3.3 __Host-; 3.3.4 HttpOnly; 3.3.5 at most 4096 bytes."""
    staff.add(desk, BO)
    found = cookies_of(desk, "https://help.example.org")
    assert [cookie.partition("=")[0] for cookie in found] == ["__Host-desk", "__Host-desk_device"]
    for cookie in found:
        parts = [part.strip() for part in cookie.split(";")]
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts)
        assert not any(part.startswith("Domain") for part in parts)
        assert len(cookie) < 4096
    for cookie in cookies_of(desk, "http://127.0.0.1:8000"):
        assert "Secure" not in cookie
        assert "HttpOnly; Path=/; SameSite=Lax" in cookie


def test_v3_3_4_the_token_is_in_the_cookie_alone(desk: Desk, bo: FlaskClient) -> None:
    token = bo.get_cookie("desk", path="/")
    assert token is not None
    for page in ("/desk/", "/desk/account/"):
        assert token.value not in bo.get(page).text


def test_v3_4_answers_of_the_desk_carry_the_headers(desk: Desk, bo: FlaskClient) -> None:
    """3.4.1 HSTS on https; 3.4.3 CSP; 3.4.4 nosniff; 3.4.5 no referrer; 3.4.6 no framing."""
    headers = bo.get("/desk/account/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Strict-Transport-Security" in desk.client.get("/desk/", base_url="https://help.example.org").headers


def test_v3_5_1_a_sign_in_form_of_another_site_is_refused(desk: Desk) -> None:
    staff.add(desk, BO)
    client = staff.sign_in(desk, BO, headers={"Origin": "https://evil.example.org"})
    assert not staff.is_in(client)
    behind = staff.sign_in(desk, BO, headers={"Origin": "http://help.example.org", "Sec-Fetch-Site": "same-origin"})
    assert staff.is_in(behind), "the public address is ours, whatever the proxy calls us"


def test_v3_5_3_nothing_is_changed_by_a_get(desk: Desk, bo: FlaskClient) -> None:
    unsafe = [rule for rule in desk.app.url_map.iter_rules() if "POST" in (rule.methods or ()) and rule.rule.startswith("/desk/")]
    both = [rule.rule for rule in unsafe if "GET" in (rule.methods or ())]
    assert both == [], "one view answers reading and changing"


def test_v6_2_passwords_may_be_long_pasted_and_are_not_shown(desk: Desk, bo: FlaskClient) -> None:
    """6.2.6 type=password; 6.2.7 paste and managers; 6.2.9 long ones; 6.2.5 any letters: no rule of composition."""
    page = desk.client.get("/desk/").text
    assert 'type="password" autocomplete="current-password"' in page
    assert "maxlength" not in page
    long = "ein langer Satz mit Leerzeichen " * 4
    assert staff.post(bo, "/desk/account/password", password=staff.PASSWORD, new_password=long).status_code == 200
    assert staff.is_in(staff.sign_in(desk, BO, password=long))


def test_v6_2_3_changing_a_password_needs_the_old_one(desk: Desk, bo: FlaskClient) -> None:
    for wrong in ("", "not this one"):
        assert staff.post(bo, "/desk/account/password", password=wrong, new_password="several new words").status_code == 422
    assert staff.is_in(staff.sign_in(desk, BO))


def test_v7_1_the_rules_are_written_down(desk: Desk) -> None:
    """7.1.1 and 7.1.2: life, idleness and number of sign-ins are documented; 7.1.3 so is what the provider decides."""
    rules = desk.settings.support.staff
    for told in (f"{rules.session_hours} hours", f"{rules.idle_minutes} minutes", "as many browsers", "provider"):
        assert told in TEAM_PAGE


def test_v7_2_1_a_token_is_checked_here_and_v7_2_3_cannot_be_guessed(desk: Desk, bo: FlaskClient) -> None:
    """7.2.1 checked by the service; 7.2.2 made for this sign-in; 7.2.3 at least 128 random bits."""
    tokens = {client.get_cookie("desk", path="/").value for client in (bo, *(staff.sign_in(desk, BO) for _ in range(3)))}  # type: ignore[union-attr]
    assert len(tokens) == 4
    assert all(len(token) >= 43 for token in tokens)
    forged = desk.client
    forged.set_cookie("desk", next(iter(tokens))[:-1] + "x", path="/")
    assert not staff.is_in(forged)


def test_v7_2_4_signing_in_makes_a_new_token_and_ends_the_old_one(desk: Desk, bo: FlaskClient) -> None:
    before = bo.get_cookie("desk", path="/")
    staff.sign_in(desk, BO, bo)
    after = bo.get_cookie("desk", path="/")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    old = desk.client
    old.set_cookie("desk", before.value, path="/")
    assert not staff.is_in(old)
    planted = desk.client
    planted.set_cookie("desk", "planted-by-somebody-else", path="/")
    staff.sign_in(desk, BO, planted)
    assert planted.get_cookie("desk", path="/").value != "planted-by-somebody-else"  # type: ignore[union-attr]


def test_v7_3_1_an_idle_sign_in_ends(desk: Desk, bo: FlaskClient) -> None:
    minutes = desk.settings.support.staff.idle_minutes
    desk.clock.forward(minutes=minutes - 1)
    assert staff.is_in(bo)
    desk.clock.forward(minutes=minutes - 1)
    assert staff.is_in(bo), "it was used in between"
    desk.clock.forward(minutes=minutes)
    assert not staff.is_in(bo)


def test_v7_3_2_a_sign_in_ends_however_busy_it_is(desk: Desk, bo: FlaskClient) -> None:
    for _ in range(desk.settings.support.staff.session_hours * 2 - 1):
        desk.clock.forward(minutes=30)
        assert staff.is_in(bo)
    desk.clock.forward(minutes=30)
    assert not staff.is_in(bo)


def test_v7_4_1_signing_out_ends_the_sign_in_on_the_server(desk: Desk, bo: FlaskClient) -> None:
    cookie = bo.get_cookie("desk", path="/")
    assert cookie is not None
    staff.post(bo, "/desk/sign-out")
    bo.set_cookie("desk", cookie.value, path="/")
    assert not staff.is_in(bo)
    with desk.database.read() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_v7_4_3_a_new_password_ends_all_other_sign_ins(desk: Desk, bo: FlaskClient) -> None:
    other = staff.sign_in(desk, BO)
    staff.post(bo, "/desk/account/password", password=staff.PASSWORD, new_password="several new words")
    assert staff.is_in(bo)
    assert not staff.is_in(other)
    assert not staff.is_in(staff.sign_in(desk, BO)), "the old password is over"


def test_v7_4_4_every_page_offers_to_sign_out(desk: Desk) -> None:
    staff.add(desk, LEAD, role=access.LEAD)
    lead = staff.sign_in(desk, LEAD)
    for page in (
        "/desk/",
        "/desk/account/",
        "/desk/people/",
        "/desk/people/1",
        "/desk/audit",
        "/desk/privacy/",
        "/desk/incident",
    ):
        assert 'action="/desk/sign-out"' in lead.get(page).text, page


def test_v7_4_5_a_lead_ends_all_sign_ins_of_anybody(desk: Desk, bo: FlaskClient) -> None:
    """And 7.4.2: disabling an account does, see test_sign_in."""
    staff.add(desk, LEAD, role=access.LEAD)
    assert staff.post(staff.sign_in(desk, LEAD), "/desk/people/1/sign-ins/end").status_code == 303
    assert not staff.is_in(bo)


@pytest.mark.parametrize("change", ["password", "factor", "factor/remove", "recovery-codes", "tokens"])
def test_v7_5_1_what_opens_the_account_asks_for_the_password_again(desk: Desk, bo: FlaskClient, change: str) -> None:
    answer = staff.post(bo, f"/desk/account/{change}", new_password="several new words", name="x", scope="read", days="1")
    assert answer.status_code == 422
    assert "This is not your password" in answer.text


def test_v7_5_1_guessing_the_password_there_waits_as_at_the_door(desk: Desk, bo: FlaskClient) -> None:
    for _ in range(10):
        staff.post(bo, "/desk/account/password", password="a guess", new_password="several new words")
    answer = staff.post(bo, "/desk/account/password", password=staff.PASSWORD, new_password="several new words")
    assert "Too many wrong passwords" in answer.text


def test_v7_5_2_an_agent_sees_their_sign_ins_and_ends_them(desk: Desk, bo: FlaskClient) -> None:
    phone = staff.sign_in(desk, BO, headers={"User-Agent": "Mozilla/5.0 (Android 14; Mobile) Firefox/130.0"})
    page = bo.get("/desk/account/").text
    assert "Firefox, Android" in page
    handle = page.partition('<option value="">')[2].partition('<option value="')[2].partition('"')[0]
    assert staff.post(bo, "/desk/account/sign-ins/end", handle=handle, password="wrong").status_code == 422
    assert staff.is_in(phone)
    assert staff.post(bo, "/desk/account/sign-ins/end", handle=handle, password=staff.PASSWORD).status_code == 200
    assert not staff.is_in(phone)
    assert staff.is_in(bo)


def test_v14_3_2_personal_pages_are_kept_by_nobody(desk: Desk) -> None:
    """Cache-Control: no-store on every page with something of a person: requests by link, the desk, exports."""
    sent = desk.send().json
    staff.add(desk, LEAD, role=access.LEAD)
    lead = staff.sign_in(desk, LEAD)
    answers = [lead.get(page) for page in ("/desk/tickets/1001", *PAGES)] + [
        desk.client.get(sent["status_url"]),
        desk.client.get("/requests/"),
    ]
    answers += [staff.post(lead, f"/desk/privacy/{what}", email="ada@example.org") for what in ("look", "export")]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store", answer.request.path
        answer.close()
