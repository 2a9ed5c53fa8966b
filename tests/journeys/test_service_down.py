"""Journey 3: whatever is down while somebody types or sends, the text is safe, and one request arrives."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys import pages
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
SUGGEST, TICKETS = "**/api/v1/suggest", "**/api/v1/tickets"
DOWN = "Suggestions can't be reached just now."
SHORT = "These come from a short list of titles"
NOT_LOADED = "Failed to load resource"


def fill_in(page: Page, email: str) -> None:
    """Everything that a request needs."""
    page.goto(pages.CONTACT)
    pages.describe(page)
    pages.email(page).fill(email)


def test_a_request_is_sent_and_marked_when_suggesting_is_down(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.route(SUGGEST, lambda route: route.abort())
    fill_in(page, "unsearched@example.org")
    expect(pages.beside(page).get_by_text(DOWN)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=DOWN)).to_be_attached()
    pages.send(page)
    pages.number_on(page)
    assert [row[3] for row in portal.tickets_of("unsearched@example.org")] == ["unavailable"]


def test_a_search_that_worked_earlier_counts_when_suggesting_fails_later(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    pages.begin_request(page)
    page.route(SUGGEST, lambda route: route.fulfill(status=503, body="{}"))
    pages.happened(page).press_sequentially(" Still.")
    expect(pages.beside(page).get_by_text(DOWN)).to_be_visible()
    pages.email(page).fill("earlier@example.org")
    pages.send(page)
    pages.number_on(page)
    assert [row[3] for row in portal.tickets_of("earlier@example.org")] == ["yes"]


def test_the_search_box_falls_back_to_a_short_list_and_says_so(visit: Visit) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.route(SUGGEST, lambda route: route.abort())
    page.goto(pages.HOME)
    pages.box(page).press_sequentially("install the app")
    expect(page.locator(".drop").get_by_text(SHORT)).to_be_visible()
    expect(page.locator(".drop [role=option]").first).to_contain_text("Install")
    expect(pages.box(page)).to_have_attribute("aria-expanded", "true")


def test_the_short_list_knows_what_the_product_says(visit: Visit) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.route(SUGGEST, lambda route: route.abort())
    page.goto(pages.HOME)
    pages.box(page).fill("what now, it says No such flow instance: <name>")
    expect(page.locator(".drop [role=option]").first).to_have_attribute("href", re.compile("lumen/import-a-flow-form/$"))


def test_the_search_box_says_that_it_is_down_when_the_list_cannot_be_reached_either(visit: Visit) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.route(SUGGEST, lambda route: route.abort())
    page.route("**/assets/fallback.*", lambda route: route.abort())
    page.goto(pages.HOME)
    pages.box(page).press_sequentially("survey")
    expect(page.locator(".drop").get_by_text(DOWN)).to_be_visible()
    expect(pages.box(page)).to_have_attribute("aria-expanded", "false")


def test_a_request_that_cannot_be_sent_is_held_and_sent_again_with_the_same_key(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    keys = []

    def refuse(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    fill_in(page, "held@example.org")
    expect(pages.suggestion(page)).to_be_visible()
    written = pages.typed(page)
    page.route(TICKETS, refuse)
    pages.send(page)
    held = page.get_by_role("status").filter(has_text="Not sent yet. Your text is safe in this browser")
    expect(held).to_be_visible()
    expect(held.get_by_role("link", name="support@example.org")).to_be_visible()
    assert pages.typed(page) == written
    page.unroute(TICKETS)
    with page.expect_request(TICKETS) as again:
        page.get_by_role("button", name="Try now").click()
    assert keys == [again.value.headers["idempotency-key"]]
    pages.number_on(page)
    assert len(portal.tickets_of("held@example.org")) == 1


def test_an_answer_lost_on_its_way_back_makes_no_second_request(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()

    def lose_the_answer(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    fill_in(page, "lost@example.org")
    expect(pages.suggestion(page)).to_be_visible()
    page.route(TICKETS, lose_the_answer)
    pages.send(page)
    expect(page.get_by_text("Not sent yet.")).to_be_visible()
    page.unroute(TICKETS)
    page.get_by_role("button", name="Try now").click()
    number = pages.number_on(page)
    assert [str(row[0]) for row in portal.tickets_of("lost@example.org")] == [number]


def test_a_held_request_is_tried_again_without_a_click(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.clock.install()
    fill_in(page, "patient@example.org")
    page.clock.fast_forward(1000)
    expect(pages.suggestion(page)).to_be_visible()
    page.route(TICKETS, lambda route: route.abort())
    pages.send(page)
    expect(page.get_by_text("we try again in 5 seconds")).to_be_visible()
    page.unroute(TICKETS)
    page.clock.fast_forward(5100)
    pages.number_on(page)
    assert len(portal.tickets_of("patient@example.org")) == 1


def test_a_draft_survives_a_closed_tab_to_the_last_letter(visit: Visit) -> None:
    first = visit()
    fill_in(first, "later@example.org")
    first.get_by_role("radio", name="Several people").check()
    first.get_by_label("Your Flow address").fill("care.akvoflow.org")
    written = pages.typed(first)
    first.close(run_before_unload=True)
    second = first.context.new_page()
    second.goto(pages.CONTACT)
    expect(second.get_by_text("We kept what you wrote on")).to_be_visible()
    assert pages.typed(second) == written
    expect(pages.suggestion(second)).to_be_visible()


def test_a_draft_is_gone_once_it_was_sent_or_discarded(visit: Visit) -> None:
    page = visit()
    fill_in(page, "gone@example.org")
    expect(page.get_by_text("Saved in this browser as you type.")).to_be_visible()
    page.get_by_role("button", name="Discard draft").click()
    expect(pages.subject(page)).to_have_value("")
    page.reload()
    expect(pages.subject(page)).to_have_value("")
    fill_in(page, "gone@example.org")
    expect(pages.suggestion(page)).to_be_visible()
    pages.send(page)
    pages.number_on(page)
    page.goto(pages.CONTACT)
    expect(pages.subject(page)).to_have_value("")
    assert page.evaluate("localStorage.getItem('help-draft')") is None


@pytest.fixture
def own_portal(tmp_path: Path, release: Path) -> Iterator[Installation]:
    """An installation that the test may kill."""
    (tmp_path / "current").symlink_to(release)
    made = Installation(tmp_path)
    made.start()
    yield made
    made.kill()


def test_a_service_killed_while_somebody_writes_gets_the_request_when_it_is_back(
    chromium: Browser, own_portal: Installation
) -> None:
    visitors = Visitors(chromium, own_portal.url, expected=(NOT_LOADED,))
    page = visitors()
    page.goto(pages.CONTACT)
    own_portal.kill()
    pages.describe(page)
    expect(pages.beside(page).get_by_text(DOWN)).to_be_visible()
    pages.email(page).fill("killed@example.org")
    pages.send(page)
    expect(page.get_by_text("Not sent yet.")).to_be_visible()
    own_portal.start()
    page.get_by_role("button", name="Try now").click()
    pages.number_on(page)
    assert [row[3] for row in own_portal.tickets_of("killed@example.org")] == ["unavailable"]
    visitors.leave()
    assert not visitors.wrongs
