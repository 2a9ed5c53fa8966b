"""Reading beside the portal's pages: offline from one file, on paper, and saying whether a page helped without a script."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from tests.journeys.installation import Installation
from tests.journeys.test_every_page import ALL, Wrongs, look

pytestmark = pytest.mark.browser


@pytest.fixture
def offline(chromium: Browser, release: Path) -> Page:
    """The file of one product, opened from the disk of a phone that has no network."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, offline=True)
    page = context.new_page()
    page.goto((release / "site" / "offline" / "flow.html").as_uri())
    return page


def test_a_products_guides_are_read_and_searched_without_a_network(offline: Page) -> None:
    assert offline.locator("details.page").count() > 50
    offline.get_by_label("Search these guides").fill("phone clock is wrong")
    expect(offline.get_by_role("status")).to_contain_text("found, best first")
    first = offline.locator("details.page:visible").first
    expect(first.locator("summary")).to_have_text("The app says that my phone time is inaccurate")
    first.locator("summary").click()
    expect(first.get_by_role("heading", level=2).nth(1)).to_be_visible()
    offline.get_by_label("Search these guides").fill("zzzz")
    expect(offline.get_by_role("status")).to_have_text("Nothing fits. Try other words.")
    assert offline.evaluate("document.documentElement.scrollWidth") == 320


def test_a_link_between_two_guides_opens_the_other_one(offline: Page) -> None:
    page = offline.locator("#flow-form-not-in-app")
    page.locator("summary").click()
    page.locator('a[href="#flow-form-greyed-out"]').first.click()
    expect(offline.locator("#flow-form-greyed-out")).to_have_attribute("open", "")


def test_the_file_tells_its_size_and_asks_for_nothing(visit: Callable[..., Page], release: Path) -> None:
    page = visit()
    page.goto("/flow/")
    size = (release / "site" / "offline" / "flow.html").stat().st_size
    expect(page.locator("p.offline")).to_contain_text(f"({round(size / 1000)} KB)")
    page.goto("/offline/flow.html")  # served as a page it has to keep to our own policy for scripts
    expect(page.get_by_label("Search these guides")).to_be_visible()


def test_a_reader_without_scripts_says_why_a_page_did_not_help(visit: Callable[..., Page], portal: Installation) -> None:
    page = visit(320, java_script_enabled=False)
    page.goto("/flow/phone-time/")
    page.get_by_text("No", exact=True).click()
    page.get_by_label("I do not understand it").check()
    page.get_by_label("What did you look for?").fill("where is the clock")
    page.get_by_role("button", name="Send to the writers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    found = portal.rows("SELECT helpful, reason, text FROM helpful_answer WHERE page = 'flow/phone-time.md'")
    assert (0, "not clear", "where is the clock") in found
    page.get_by_role("link", name="Back to: The app says").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The app says that my phone time is inaccurate")


def test_paper_is_white_and_holds_the_article_alone(visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/flow/phone-time/")
    page.emulate_media(color_scheme="dark", media="print")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.get_by_role("heading", level=1)).to_have_css("color", "rgb(0, 0, 0)")
    for gone in (".top", ".foot", ".side", ".toc", ".stuck", ".helped"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator(".reviewed")).to_contain_text("Last reviewed")


def test_axe_finds_nothing_on_the_open_question_and_on_a_page_that_is_not_there(visit: Callable[..., Page]) -> None:
    page, wrong = visit(320), Wrongs()
    page.goto("/flow/phone-time/")
    page.get_by_text("No", exact=True).click()
    page.evaluate(AXE_SCRIPT)
    look([(page, "helpful")], "light", ALL, wrong)
    look([(page, "helpful")], "dark", ALL, wrong)
    visit.expect("404")  # type: ignore[attr-defined]
    page.goto("/flow/phone-time-inaccurate/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    page.evaluate(AXE_SCRIPT)
    look([(page, "missing")], "light", ALL, wrong)
    assert not wrong
