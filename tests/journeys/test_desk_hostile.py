"""Journey: attack strings, in every field, comment, tag and file name, runs on no page that staff see.

A control page that is unsafe on purpose shows that the oracle hears them. Skipped where the strings are not at hand.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from deflect_api.delivery import links
from deflect_api.desk import noted_gaps, tags
from deflect_api.intake import deflection, notices, tickets
from deflect_api.store.db import Database
from deflect_api.store.desk import NoticeChoice
from deflect_api.store.models import Agent, Ticket
from deflect_api.store.uploads import Upload
from tests.intake.made import SUPPORT, draft
from tests.journeys import attack_strings, hostile
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not attack_strings.FOLDER.is_dir(), reason="the attack strings (shared/xss) are not at hand"),
]
TOGETHER = 500
SUBMIT = """(form, fields) => {
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    form.append(field);
  }
  HTMLFormElement.prototype.submit.call(form);
}"""
KNOWN = """html head meta title link script body a header nav main form input button span div p h1 h2 section ul ol li dl dt dd b
article label textarea select option fieldset legend table caption thead tbody tr th td aside details summary dialog kbd strong
blockquote br code time small"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, release: Any) -> Iterator[Installation]:
    """An installation whose every record is made of attack strings."""
    home = tmp_path_factory.mktemp("attacked")
    (home / "current").symlink_to(release)
    made = Installation(home, extra={"DEFLECT_AGENT_PASSWORD": "a long one of the tests"})
    assert made.command("agent", "add", "agent@example.org", "--name", "Maria").returncode == 0
    every = hostile.strings()
    with closing(Database(f"sqlite:///{home / 'deflect.db'}")) as database:
        for number, start in enumerate(range(0, len(every), TOGETHER)):
            attack(database, number, every[start : start + TOGETHER])
    made.start()
    yield made
    made.stop()


def attack(database: Database, number: int, some: list[str]) -> None:
    """File a ticket whose fields hold these strings, and do to it what leaves words behind."""
    text, now = "\n".join(some), datetime.now(UTC)
    words = dict.fromkeys(("doing", "expected", "steps", "name", "partner"), text)
    facts = {"instance": text, text[:60]: text, "browser": text}
    session_id = f"attack-{number}"
    with database.write() as session:
        agent = session.scalars(select(Agent)).one()
        session.merge(NoticeChoice(agent_id=agent.id, mail="off", events=list(notices.EVENTS), browser=True))
        told = deflection.Event("rejected", article="flow/form-not-in-app/", reason=text, text=text, shown=tuple(some[:5]))
        deflection.record(session, session_id, told, now)
        sent = draft(subject=text, happened=text, texts=words, context=facts, device=facts, session=session_id)
        ticket = tickets.submit(session, sent, tickets.Key(session_id, text), support=SUPPORT, now=now)
        ticket.hub = text
        tickets.add_information(session, ticket, text, now, calendar=SUPPORT.calendar)
        tickets.reply(session, ticket, agent, text, public=False, now=now)
        tickets.change_status(session, ticket, "escalated", actor=text, now=now, reason=text)
        noted_gaps.note(session, ticket, text, agent, now)
        ticket.priority_reason = ticket.override_reason = ticket.solved_says = text
        for kind in ("partner", "category"):
            tag = tags.add(session, kind, some[0].strip()[:100] + f" {number}", by=text, now=now, words=text, support=SUPPORT)
            tags.put(session, ticket, {kind: [tag.name]}, agent, support=SUPPORT, now=now)
        for state in ("kept", "refused"):
            session.add(Upload(id=f"{session_id}-{state}", ticket_id=ticket.id, name=text, size=1, state=state, created_at=now))


@pytest.fixture
def staff(chromium: Browser, attacked: Installation) -> Iterator[Page]:
    visitors = Visitors(chromium, attacked.url)
    page = visitors(1280)
    page.add_init_script(hostile.LISTEN)
    page.goto("/desk/")
    page.get_by_label("Mail address").fill("agent@example.org")
    page.get_by_label("Password").fill("a long one of the tests")
    page.get_by_role("button", name="Sign in").click()
    page.locator("html[data-keys]").wait_for()
    yield page
    visitors.leave()
    assert not [wrong for wrong in visitors.wrongs if "Failed to load resource" not in wrong]


def test_the_oracle_hears_attacks_on_a_page_that_is_unsafe_on_purpose(chromium: Browser) -> None:
    some = hostile.strings()[:200]
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(hostile.LISTEN)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.route("**/*", lambda route: route.fulfill(body=hostile.control(some), content_type="text/html") if
               route.request.url.endswith("/control") else route.abort())  # fmt: skip
    page.goto("http://unsafe.example.org/control")
    heard = sum(bool(hostile.ran_in(frame)) for frame in page.frames[1:] if not frame.is_detached())
    context.close()
    assert heard >= len(some) / 3, f"only {heard} of {len(some)} were heard"


def check(page: Page) -> None:
    assert hostile.can_act(page.main_frame, KNOWN.split()) == [], page.url
    assert hostile.ran_in(page.main_frame) == [], page.url


def test_no_attack_runs_on_the_desks_lists(staff: Page) -> None:
    for address in ("?view=escalated", "?view=open", "tags", "gaps", "notices", "known-issues", "new", "incident"):
        staff.goto(f"/desk/{address}")
        check(staff)


def test_no_attack_runs_on_any_tickets_page(staff: Page, attacked: Installation) -> None:
    for (number,) in attacked.rows("SELECT id FROM ticket ORDER BY id"):
        staff.goto(f"/desk/tickets/{number}")
        assert staff.locator("h1").inner_text().startswith(f"#{number}")
        check(staff)


def test_no_attack_runs_where_a_page_comes_back_with_what_was_typed(staff: Page, attacked: Installation) -> None:
    text = "\n".join(hostile.strings()[::4])[:18_000]
    line = re.sub(r"\s+", " ", text)[:290]
    number, _ = attacked.send("typed@example.org")

    def send(address: str, form: str, **fields: str) -> None:
        staff.goto(address)
        with staff.expect_navigation():
            staff.locator(form).evaluate(SUBMIT, fields)
        check(staff)

    page = f"/desk/tickets/{number}"
    send("/desk/", "form[action='/desk/search']", words=line, hub=line, partner=line)
    for form, fields in {
        "#answer": {"body": text, "status": line, "kind": line},
        "#evaluation": {"reason": line, "severity": line, "product": line},
        "#tagging": {"hub": line, "category": line, "new_partner": line},
        "#escalate form": {"why": text, "version": line},
        "form[action$='/duplicate']": {"original": line},
        "form[action$='/gap']": {"text": text, "version": "0"},
    }.items():
        send(page, form, **fields)
    send("/desk/new", "#new", email=line, subject=line, happened=text, product=line, key=line)
    send("/desk/tags", "form[action='/desk/tags']", name=line, kind=line, words=line)
    send("/desk/incident", "form[action='/desk/incident']", text=text, product=line)


def test_no_attack_runs_on_the_requesters_page(staff: Page, attacked: Installation) -> None:
    """The page of the first requests, as their requesters see them."""
    with closing(Database(f"sqlite:///{attacked.home / 'deflect.db'}")) as database, database.read() as session:
        first = session.scalars(select(Ticket).order_by(Ticket.id).limit(4)).all()
    for ticket in first:
        staff.goto(link_of(attacked, ticket))
        assert hostile.ran_in(staff.main_frame) == []


def link_of(attacked: Installation, ticket: Ticket) -> str:
    secret = json.loads((attacked.home / "secrets.json").read_text(encoding="utf-8"))["secret"]
    return links.status_url("", secret, ticket)
