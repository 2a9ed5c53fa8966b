"""No text of ours escapes the catalogues: every page, state, refusal and mail is read in the language en-XA.

Left over may be names, what people typed, and what says that it is in English.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from deflect_api.desk import incidents
from deflect_api.desk.people import accounts
from deflect_api.intake import tickets
from deflect_api.intake.files import filetypes
from deflect_api.intake.tickets import STATUSES
from deflect_api.store.models import Agent, Ticket
from deflect_api.store.uploads import HELD, KEPT, REFUSED, Upload
from deflect_api.web import answers
from tests.conftest import Desk
from tests.delivery.reading import part
from tests.escaped import LANGUAGE, Words, escaped, left
from tests.web.test_form_without_scripts import hidden
from tests.web.test_held import relayed

SPOKEN = {"Accept-Language": LANGUAGE}
NAMES = ("Akvo help", "Akvo support", "Flow", "RSR", "Lumen", "Wi-Fi")
# Real examples, and what the products' own screens show, stand in no catalogue.
EXAMPLES = (
    "Water points > Mapping > Registration form", "Mapping, March", "District office 3", "EU Trust Fund for Africa",
    "01 Jan 2024 - 31 Dec 2024", "Windows 10", "Chrome 120", "Moto g5", "4139-k07c-bjw2",
)  # fmt: skip
LABELS = (
    "Contract Admin", "Admin", "M&E Manager", "Project Editor", "User Manager", "Enumerators", "Enumerator", "Users", "User",
    "My projects", "Results Overview", "Results Admin", "Hierarchy", "Updates", "Organisation Reports", "Reports", "Editor",
    "IATI", "My details", "Akvo Flow", "Data File (CSV)", "Link", "GeoTIFF", "Area", "Bar", "Bubble", "Line", "Map", "Polar Area",
    "Pie", "Donut", "Pivot table", "Scatter",
)  # fmt: skip
TYPED = {
    "product": "flow", "subject": "survey is not on the phone", "email": "ada@gmial.com", "type": "bug", "name": "Ada",
    "happened": "The list stays empty. My password: sunshine1, and her number is +254 712 345 678.",
    "working": "stopped", "affected": "everyone", "needed_by": "today",
}  # fmt: skip
WORDS_TYPED = (
    "survey is not on the phone",
    "The list stays empty. My password: ",
    "sunshine1",
    ", and her number is",
    "and her number is",
    "Ada",
    "and her …",
    "… empty.",
    "My password:",
    "empty.",
    "… stays empty.",
    "stays empty.",
)
ALLOWED = (*NAMES, *EXAMPLES, *LABELS, *(TYPED[name] for name in ("subject", "email", "name", "happened")), *WORDS_TYPED)


def check(answer: Any, status: int = 200, allowed: tuple[str, ...] = ()) -> Any:
    html = answer.get_data(as_text=True)
    assert answer.status_code == status, html[:300]
    assert escaped(html, (*ALLOWED, *allowed)) == []
    return answer


def post(desk: Desk, **changes: Any) -> Any:
    form = {**TYPED, "session": "s1", "idempotency_key": "a key of this test", **changes}
    return desk.client.post("/support/contact/", data=form, headers=SPOKEN)


def test_the_reader_finds_a_text_that_escaped_wherever_it_stands() -> None:
    begin = f'<html lang="{LANGUAGE}"><title>⟦Tést~⟧</title>'
    page = begin + '<p>⟦Á {n} ⟦in⟧~~⟧ Flow</p><i lang="en">English</i><textarea>typed</textarea>%s'
    assert escaped(page % "", ("Flow",)) == []
    for wrong in (
        "<p>Send it</p>", '<button aria-label="Send it">⟦x⟧</button>', '<input placeholder="Send it">', "<p>⟦Sénd⟧ it now</p>",
        '<script type="application/json" id="x">{"words": {"send": ["Send it"]}}</script>',
    ):  # fmt: skip
        assert escaped(page % wrong, ("Flow",)) != [], wrong
    assert (
        escaped(page % '<script type="application/json" id="x">{"rules": {"sensitive": {"a": "word"}}}</script>', ("Flow",)) == []
    )


def test_the_form_in_all_its_states(desk: Desk) -> None:
    check(desk.client.get("/support/contact/", headers=SPOKEN))
    check(post(desk, subject="", happened="", email="ada", product=""), 422)
    check(
        post(desk, cc="x, y", hub="Nowhere"),
        422,
        ("East-Africa", "West-Africa", "South-East Asia and Pacific", "Asia", "Europe", "Americas"),
    )
    check(post(desk, step="edit"))


def test_the_page_between_form_and_request(desk: Desk) -> None:
    middle = check(post(desk)).text
    assert "help-strings" in middle
    assert 'id="private"' in middle
    check(post(desk, subject="help", happened="it does not work"), allowed=("help", "it does not work"))
    check(post(desk, subject="qqqq", happened="zzzz xxxx wwww", email="a@example.org"), allowed=("qqqq", "zzzz xxxx wwww"))
    check(desk.client.post("/support/solved/", data={**hidden(middle), "article": "flow/"}, headers=SPOKEN))


def test_searching_and_finding_ones_requests(desk: Desk) -> None:
    check(desk.client.get("/search/", headers=SPOKEN))
    for form in ({"text": "survey is not on the phone", "product": "flow"}, {"text": "qqqq"}):
        check(desk.client.post("/search/", data=form, headers=SPOKEN), allowed=("qqqq",))
    page = check(desk.client.get("/requests/", headers=SPOKEN)).text
    form = {"token": re.search(r'name="token" value="([^"]+)"', page)[1], "email": "ada"}  # type: ignore[index]
    check(desk.client.post("/requests/", data=form, headers=SPOKEN), 422)
    check(desk.client.post("/requests/", data={**form, "email": "ada@example.org"}, headers=SPOKEN))
    check(desk.client.post("/requests/", data={"email": "ada@example.org"}, headers=SPOKEN), 403)


@pytest.fixture
def agent(desk: Desk) -> int:
    with desk.database.write() as session:
        accounts.add(session, "agent@example.org", "Grace", "a long password here", desk.clock.now)
        return session.query(Agent).one().id


def test_the_page_of_a_request_in_every_state(desk: Desk, agent: int) -> None:
    device = {"where": "phone app", "connection": "mobile data", "android_version": "Android 8.1"}
    context = {"instance": "https://care.akvoflow.org/admin", "form_id": "237070018"}
    url = desk.send(language=LANGUAGE, context=context, device=device, doing="Ada", expected="Ada", steps="Ada").json[
        "status_url"
    ]
    said = ("I made an assignment, but the list stays empty.", "Please sync.", "Grace", "Android")
    check(desk.client.get(url + "?sent=1"), allowed=said)
    check(desk.client.post(f"{url}comments", data={"body": ""}), 422, said)
    with desk.database.write() as session:
        ticket = session.get_one(Ticket, 1001)
        tickets.reply(session, ticket, session.get_one(Agent, agent), "Please sync.", public=True, now=desk.clock.now)
        tickets.add_information(session, ticket, "Ada", desk.clock.now, calendar=desk.settings.support.calendar)
    for status in STATUSES:
        with desk.database.write() as session:
            session.get_one(Ticket, 1001).status = status
        check(desk.client.get(url + "?added=1"), allowed=said)


def test_every_reason_to_hold_a_request_or_not_to_take_a_file(desk: Desk) -> None:
    said = ("I made an assignment, but the list stays empty.",)
    url = desk.send(language=LANGUAGE, website="x").json["status_url"]
    assert 'id="held-why"' in check(desk.client.get(url), allowed=said).text
    with desk.database.write() as session:
        for at, word in enumerate([*filetypes.REASONS, "too_many"]):
            state = HELD if word == "scanning" else REFUSED
            session.add(a_file(at, state, f"{word} 10", desk))
        session.add(a_file(99, KEPT, "", desk))
    page = check(desk.client.get(url), allowed=("LOG-FILE", *said)).text
    assert page.count("LOG-FILE") >= len(filetypes.REASONS)
    pages = desk.app.extensions["deflect"].pages
    reasons = ["trap", "quick", "links", "repeated", "flood"]
    assert left(re.sub(r"<[^>]+>", " ", pages.fragment("held.html", "en_XA", held=reasons))) == ""


def a_file(at: int, state: str, reason: str, desk: Desk) -> Upload:
    return Upload(
        id=f"file-{at}-0123456789", ticket_id=1001, name="LOG-FILE", size=1_234_567, received=0, state=state, reason=reason,
        created_at=desk.clock.now,
    )  # fmt: skip


def test_every_refusal_and_page_of_an_error(desk: Desk) -> None:
    check(desk.client.get("/requests/1/x/", headers=SPOKEN), 404)
    check(desk.client.put("/support/contact/", headers=SPOKEN), 405)
    check(
        desk.client.post("/search/", data="x" * 1_100_000, content_type="application/x-www-form-urlencoded", headers=SPOKEN), 413
    )
    for code, (_, text) in answers.HTTP_TEXTS.items():
        with desk.app.test_request_context("/support/contact/", headers=SPOKEN):
            check(answers.refusal(code, "x", text), code)
    for code in (500, 503):
        with desk.app.test_request_context("/support/contact/", headers=SPOKEN):
            check(answers.refusal(code, "x", ""), code)
    told = desk.client.post(
        "/api/v1/tickets", json={"email": "a" * 300, "cc": 3}, headers={**SPOKEN, "Idempotency-Key": "x" * 9}
    ).json
    assert left(told["detail"], told["fields"]) == ""
    assert [text for text in told["fields"].values() if left(text)] == []


def test_an_incident_is_told_in_the_words_of_the_lead_alone(desk: Desk, agent: int) -> None:
    with desk.database.write() as session:
        incidents.put(session, "Exports are slow", product="flow", by="agent@example.org", now=desk.clock.now, hours=1)
    check(desk.client.get("/support/contact/", headers=SPOKEN), allowed=("Exports are slow",))


def mails(desk: Desk) -> list[EmailMessage]:
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in relayed(desk).mails()]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def test_every_mail(desk: Desk, agent: int) -> None:
    desk.send(language=LANGUAGE, email="ada@example.org")
    with desk.database.write() as session:
        ticket, grace = session.get_one(Ticket, 1001), session.get_one(Agent, agent)
        for status in ("open", "solved"):
            tickets.reply(session, ticket, grace, "Please sync.", public=True, now=desk.clock.now, status=status)
        tickets.change_status(session, ticket, "open", actor="agent@example.org", now=desk.clock.now)
        tickets.change_status(session, ticket, "solved", actor="agent@example.org", now=desk.clock.now)
    token = re.search(r'name="token" value="([^"]+)"', desk.client.get("/requests/").text)[1]  # type: ignore[index]
    desk.client.post("/requests/", data={"email": "ada@example.org", "token": token}, headers=SPOKEN)
    allowed = (*ALLOWED, "Please sync.", "Grace", "Africa/Nairobi")
    found = mails(desk)
    assert len(found) == 5
    for mail in found:
        texts = [str(mail["Subject"]), *part(mail, "plain").splitlines(), *Words(part(mail, "html")).texts]
        assert [text for text in texts if left(text, allowed)] == []
        assert f'<html lang="{LANGUAGE}">' in part(mail, "html")
