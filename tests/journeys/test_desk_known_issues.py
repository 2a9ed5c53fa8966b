"""Journey: a known issue is shown first and followed without a ticket; its end is told once, by a message an agent reviewed."""

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from deflect_api.desk.known_issues import Issue
from tests.journeys import desk_pages as desk
from tests.journeys import pages
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation, text_of
from tests.sites import marked

pytestmark = pytest.mark.browser
ARTICLE, TITLE = "flow/form-not-in-app/", pages.NOT_IN_APP


@pytest.fixture(scope="module")
def issue_portal(tmp_path_factory: pytest.TempPathFactory, release: Path) -> Iterator[Installation]:
    """Our portal with one of its articles marked as a known issue."""
    home = tmp_path_factory.mktemp("issues")
    (home / "current").symlink_to(marked(release, home / "releases" / "marked", Issue(ARTICLE, TITLE, "flow", "open")))
    made = Installation(home, extra={"DEFLECT_AGENT_PASSWORD": "a long one of the tests"})
    assert made.command("agent", "add", "agent@example.org", "--name", "Maria").returncode == 0
    made.start()
    yield made
    made.stop()


@pytest.fixture
def visit(chromium: Browser, issue_portal: Installation) -> Iterator[Callable[..., Page]]:
    visitors = Visitors(chromium, issue_portal.url)
    yield visitors
    visitors.leave()
    assert not visitors.wrongs


@pytest.fixture
def agent() -> tuple[str, str]:
    return "agent@example.org", "a long one of the tests"


def follow(page: Page, email: str) -> None:
    page.get_by_label("Your mail address").fill(email)
    page.get_by_role("button", name="Me too, tell me when it is fixed").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()


def link_in(mail: Any) -> str:
    found = re.search(r"\S+/known-issues/following/\S+", text_of(mail))
    assert found is not None
    return found[0]


def test_a_known_issue_is_first_and_its_end_is_told_to_followers_and_requesters(
    visit: Any, issue_portal: Installation, at_the_desk: Callable[..., Page]
) -> None:
    writer, follower, silent, asker = visit(), *(f"{who}{uuid.uuid4().hex[:6]}@example.org" for who in ("fay", "sil", "ask"))
    tickets = len(issue_portal.rows("SELECT id FROM ticket"))
    pages.begin_request(writer)
    first = pages.beside(writer).locator("details").first
    expect(first).to_contain_text("Known issue")
    expect(first).to_contain_text(TITLE)
    pages.open_suggestion(writer)
    with writer.context.expect_page() as opened:
        first.get_by_role("link", name="Me too, tell me when it is fixed").click()
    follow(opened.value, follower)
    expect(pages.happened(writer)).to_have_value(pages.HAPPENED)

    again = visit()
    again.goto(f"/known-issues/follow/{ARTICLE}")
    follow(again, silent)
    confirming = visit()
    confirming.goto(link_in(issue_portal.wait_for_mail(follower, with_text="Confirm it here")))
    assert issue_portal.rows("SELECT confirmed_at FROM follower WHERE email = ?", follower) == [(None,)]
    confirming.get_by_role("button", name="Yes, tell me").click()
    expect(confirming.get_by_role("heading", name="We tell you when it is fixed")).to_be_visible()
    assert len(issue_portal.rows("SELECT id FROM ticket")) == tickets, "no ticket is made"

    number, link = issue_portal.send(asker)
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_role("button", name="It is this one").click()
    expect(page.get_by_role("button", name="Not this one")).to_be_visible()
    page.goto("/desk/known-issues")
    expect(page.get_by_text("1 follower, 1 request waits")).to_be_visible()
    page.get_by_role("link", name="It is fixed: review the message").click()
    expect(page.get_by_label("What everybody is told")).to_have_value(re.compile(re.escape(TITLE)))
    assert not issue_portal.rows("SELECT id FROM fix"), "nothing goes out before it was read"
    page.get_by_label("What everybody is told").fill("Version 2.11 mends it. Update the app.")
    page.get_by_role("button", name="Tell them").click()
    expect(page.get_by_text("1 followers, 1 requesters")).to_be_visible()

    issue_portal.wait_for_mail(follower, with_text="Version 2.11 mends it.")
    issue_portal.wait_for_mail(asker, with_text="Version 2.11 mends it.")
    assert len(issue_portal.mails_to(silent)) == 1, "who did not confirm hears nothing more"
    requester = visit()
    requester.goto(link)
    expect(requester.get_by_role("list").filter(has_text="Version 2.11 mends it.")).to_be_visible()
    expect(requester.get_by_text("It is solved.", exact=False).first).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="It is fixed: review the message")).to_have_count(0)


def test_a_follower_who_changes_their_mind_is_forgotten(visit: Any, issue_portal: Installation) -> None:
    email, page = f"{uuid.uuid4().hex[:8]}@example.org", visit(320, java_script_enabled=False)
    page.goto(f"/known-issues/follow/{ARTICLE}")
    follow(page, email)
    page.goto(link_in(issue_portal.wait_for_mail(email, with_text="Confirm it here")))
    page.get_by_role("button", name="No, forget my address").click()
    expect(page.get_by_role("heading", name="You will not hear of it")).to_be_visible()
    assert issue_portal.rows("SELECT id FROM follower WHERE email = ?", email) == []


def test_without_a_script_the_page_before_sending_offers_it_too(visit: Any) -> None:
    page = visit(java_script_enabled=False)
    page.goto(pages.CONTACT)
    pages.describe(page)
    pages.email(page).fill("noscript@example.org")
    pages.send(page)
    first = page.locator(".found li").first
    expect(first.get_by_text("Known issue", exact=True)).to_be_visible()
    expect(first.get_by_role("link", name="Me too, tell me when it is fixed")).to_be_visible()
