"""What people type comes back as text alone: on the form, the page of a request, at the desk and in mails.

The Content Security Policy is switched off here, so that it cannot hide what our own escaping lets through.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route
from sqlalchemy import select
from werkzeug.serving import make_server

from deflect_api.app import create_app
from deflect_api.config import Settings
from deflect_api.delivery import links, mail
from deflect_api.desk.people import accounts
from deflect_api.intake import tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from deflect_api.store.uploads import REFUSED, Upload
from tests.conftest import MONDAY, Clock
from tests.intake import made
from tests.journeys import attack_strings

pytestmark = pytest.mark.browser
AGENT = "agent@example.org"
EACH = 499
PASSWORD = "a long one of the tests"
HARMLESS = (
    "my survey does not appear in the app",
    "harmless words",
    "harmless words " * 200,
)  # found articles and errors are part of pages, too
LEAST_ON_THE_CONTROL = 0.4


@dataclass
class Room:
    """A served application in this process, so that a test writes its rows by the product's own verbs."""

    url: str
    database: Database
    settings: Settings


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = attack_strings.strings(EACH)
    if not found:
        pytest.skip("the lists of attack strings are not beside this repository")
    return found


@pytest.fixture
def room(settings: Settings, sqlite_address: str, clock: Clock) -> Iterator[Room]:
    database = Database(sqlite_address)
    ours = replace(settings, database=sqlite_address)
    server = make_server("127.0.0.1", 0, create_app(ours, database, clock=clock), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Room(f"http://127.0.0.1:{server.server_port}", database, ours)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture
def context(chromium: Browser, room: Room) -> Iterator[BrowserContext]:
    made = chromium.new_context(base_url=room.url, bypass_csp=True)
    yield made
    made.close()


def written(room: Room, text: str) -> int:
    """Store a request with the text in every field, in what follows it, and as the name of a file and of the agent."""
    names = [field.name for field in room.settings.support.products["flow"].fields]
    texts = dict.fromkeys(("name", "partner", "doing", "expected", "steps"), text) | {"hub": text[:60]}
    everywhere = {
        "subject": text, "happened": text, "texts": texts,
        "context": dict.fromkeys([*names, text], text), "device": {"model": text, "browser": text, text: text},
    }  # fmt: skip
    with room.database.write() as session:
        agent = accounts.by_email(session, AGENT) or accounts.add(session, AGENT, "Maria", PASSWORD, MONDAY)
        agent.name = text
        ticket = made.submitted(session, MONDAY, **everywhere)
        tickets.add_information(session, ticket, text, MONDAY, calendar=made.SUPPORT.calendar)
        tickets.reply(session, ticket, agent, text, public=True, now=MONDAY, status=tickets.SOLVED)
        file = {"id": f"file-{ticket.id}", "ticket_id": ticket.id, "name": text, "size": 3, "created_at": MONDAY}
        session.add(Upload(**file, state=REFUSED, reason="kind"))
        return ticket.id


def look_at_the_form(page: Page, room: Room, text: str) -> str:
    """Post the form without a script, with the text in every field: it comes back with errors and every answer."""
    names = [field.name for field in room.settings.support.products["flow"].fields]
    plain = ("subject", "happened", "doing", "expected", "steps", "name", "email", "cc", "partner", "hub", "type", "working")
    form = dict.fromkeys((*plain, "session", "receipt", "language"), text) | {f"context.{name}": text for name in names}
    body = urlencode({**form, "product": "flow"}, errors="replace")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": room.url}

    def post(route: Route) -> None:
        route.fulfill(response=route.fetch(method="POST", post_data=body, headers=headers))

    page.route("**/support/contact/", post)
    html = go(page, "/support/contact/", 422)
    page.unroute("**/support/contact/")
    return html


def go(page: Page, address: str, status: int = 200) -> str:
    """Open a page and return its HTML as the service sent it."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status, address
    return answer.text()


def look_at_the_request(page: Page, room: Room, number: int) -> str:
    with room.database.read() as session:
        ticket = session.get_one(Ticket, number)
        address = links.status_url(room.url, room.settings.secret, ticket)
    return go(page, address)


def look_at_its_mails(page: Page, room: Room, number: int) -> Iterator[tuple[str, str]]:
    """Show the HTML part of every mail that this request has caused; yields its template and the part."""
    with room.database.read() as session:
        owed = session.scalars(select(Message).where(Message.ticket_id == number, Message.kind == "mail")).all()
    page.goto("/healthz")
    for message in owed:
        body = mail.compose(mail.letter_for(room.database, message, room.settings), room.settings).get_body(("html",))
        assert body is not None
        page.set_content(body.get_content())
        yield message.payload["template"], body.get_content()


def sign_in(page: Page) -> None:
    page.goto("/desk/")
    page.get_by_label("Mail address").fill(AGENT)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Queue").wait_for()


def looked_at(page: Page, room: Room, text: str) -> Iterator[tuple[str, set[str]]]:
    """Each page on which the text stands, by name, with its elements; the browser shows it when it is yielded."""
    yield "form", attack_strings.shape(page, look_at_the_form(page, room, text))
    number = written(room, text)
    yield "request", attack_strings.shape(page, look_at_the_request(page, room, number))
    yield "ticket at the desk", attack_strings.shape(page, go(page, f"/desk/tickets/{number}"))
    for template, html in look_at_its_mails(page, room, number):
        yield f"mail {template}", attack_strings.shape(page, html)


def test_nothing_that_people_type_runs_or_makes_an_element_anywhere(
    context: BrowserContext, room: Room, texts: list[str]
) -> None:
    written(room, HARMLESS[0])
    asked = attack_strings.watch(context, room.url)
    page = context.new_page()
    sign_in(page)
    calm: dict[str, set[str]] = {}
    for text in HARMLESS:
        for name, found in looked_at(page, room, text):
            calm[name] = calm.get(name, set()) | found
    assert len(calm) >= 5
    for text in texts:
        for name, found in looked_at(page, room, text):
            assert attack_strings.ran(page, asked) == [], (name, text)
            assert found <= calm[name], (name, text, found - calm[name])
    go(page, "/desk/")
    assert attack_strings.ran(page, asked) == []


def test_the_same_oracle_sees_them_run_on_a_page_that_escapes_nothing(
    context: BrowserContext, room: Room, texts: list[str]
) -> None:
    asked = attack_strings.watch(context, room.url)
    shown = ""
    context.route("**/unsafe/", lambda route: route.fulfill(content_type="text/html", body=shown))
    fired = 0
    for text in texts:
        shown, page = attack_strings.unsafe(text), context.new_page()
        page.goto("/unsafe/", wait_until="commit")
        fired += bool(attack_strings.ran(page, asked))
        page.close()
    assert fired >= LEAST_ON_THE_CONTROL * len(texts), f"{fired} of {len(texts)}"
