"""Journey 7: axe-core finds nothing on any page or state of these journeys, light and dark, wide and at 320 px.

`SHOTS=folder` keeps a picture of each, to be looked at.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.journeys import pages
from tests.journeys.bad_line_states import BAD_LINE
from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  for (const each of document.getAnimations()) try { each.finish(); } catch { each.cancel(); }
  const found = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`));
}"""
PAPER = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 25, 30)"}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What shows depends on the width, so every rule runs at both; the other colours of the same page need only their own rules.
SETTINGS = [("light", 1280, RULES), ("dark", 1280, COLOURS), ("dark", 320, RULES), ("light", 320, COLOURS)]


def home(page: Page) -> None:
    page.goto(pages.HOME)


def home_with_articles(page: Page) -> None:
    page.goto(pages.HOME)
    pages.search(page)
    page.keyboard.press("ArrowDown")


def home_with_nothing_found(page: Page) -> None:
    page.goto(pages.HOME)
    pages.box(page).fill("qqqqq xxxxx")
    expect(page.locator(".drop .none")).to_be_visible()


def landing(page: Page) -> None:
    page.goto(pages.LANDING)


def article(page: Page) -> None:
    page.goto(pages.ARTICLE)


def form(page: Page) -> None:
    page.goto(pages.CONTACT)


def form_with_articles(page: Page) -> None:
    pages.begin_request(page)
    page.get_by_text("About Flow").wait_for()


def form_with_an_article_open(page: Page) -> None:
    pages.begin_request(page)
    pages.open_suggestion(page)


def form_with_an_article_rejected(page: Page) -> None:
    form_with_an_article_open(page)
    page.get_by_role("button", name="Not what I need").click()
    expect(page.get_by_label("In your words")).to_be_visible()


def form_with_errors(page: Page) -> None:
    page.goto(pages.CONTACT)
    pages.send(page)
    expect(page.get_by_role("alert")).to_be_visible()


def form_without_suggestions(page: Page) -> None:
    page.route("**/api/v1/suggest", lambda route: route.abort())
    page.goto(pages.CONTACT)
    pages.describe(page)
    expect(pages.beside(page).get_by_text("can't be reached")).to_be_visible()


def form_not_sent(page: Page) -> None:
    page.route("**/api/v1/tickets", lambda route: route.abort())
    pages.begin_request(page)
    pages.email(page).fill("axe@example.org")
    pages.send(page)
    expect(page.get_by_text("Not sent yet.")).to_be_visible()


def form_with_a_prompt(page: Page) -> None:
    page.goto(pages.CONTACT)
    pages.describe(page, "help", "it doesn't work pls")
    pages.email(page).fill("axe@gmial.com")
    page.get_by_label("Your name").focus()
    expect(page.get_by_text("Tell us, in a few words")).to_be_visible()
    expect(page.get_by_text("Did you mean")).to_be_visible()
    page.locator("#sofar").evaluate("fold => { fold.open = true; }")


def form_with_private_pieces(page: Page) -> None:
    pages.begin_request(page)
    pages.happened(page).fill("Kofi has +233 24 123 4567 and the password: sunshine")
    page.get_by_label("Your Flow address").fill("https://care.akvoflow.org/admin/")
    page.get_by_label("Form ID").fill("my form")
    pages.email(page).fill("axe@example.org")
    pages.send(page)
    expect(page.locator("#private")).to_be_focused()
    expect(page.get_by_text("We read this as care.akvoflow.org.")).to_be_visible()


def form_with_the_device(page: Page) -> None:
    page.goto(pages.CONTACT)
    page.locator("#device summary").click()
    page.get_by_label("This is a shared computer").check()
    expect(page.get_by_text("Nothing is kept in this browser.")).to_be_visible()


def thanked(page: Page) -> None:
    form_with_an_article_open(page)
    page.get_by_role("button", name="This solved it").click()
    expect(page.get_by_role("heading", name="Glad that helped.")).to_be_visible()


def sent(page: Page) -> None:
    pages.begin_request(page)
    pages.email(page).fill("axe@example.org")
    pages.send(page)
    pages.number_on(page)


def results(page: Page) -> None:
    page.goto(pages.ARTICLE)
    pages.box(page).fill(pages.SUBJECT)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search the guides")).to_be_visible()


def not_found(page: Page) -> None:
    page.goto("/flow/no-such-page/")


@pytest.fixture
def clean(tmp_path: Path) -> Callable[[Page], None]:
    """Call it to let axe look at a page in both colours and both widths."""

    def check(page: Page) -> None:
        found: dict[str, Any] = {}
        page.evaluate(AXE_SCRIPT)
        for scheme, width, rules in SETTINGS:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # light or dark
            page.set_viewport_size({"width": width, "height": 900 if width > 600 else 640})
            expect(page.locator("body")).to_have_css("background-color", PAPER[scheme])
            keep_picture(page, f"{scheme}-{width}")
            found[f"{scheme} at {width}"] = page.evaluate(RUN, rules)
        assert not any(found.values()), found

    return check


def keep_picture(page: Page, setting: str) -> None:
    folder = os.environ.get("SHOTS")
    if folder:
        name = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition(" ")[0]
        page.screenshot(path=Path(folder) / f"{name}-{setting}.png", full_page=True)


STATES = [
    home,
    home_with_articles,
    home_with_nothing_found,
    landing,
    article,
    form,
    form_with_articles,
    form_with_an_article_open,
    form_with_an_article_rejected,
    form_with_errors,
    form_without_suggestions,
    form_not_sent,
    form_with_a_prompt,
    form_with_private_pieces,
    form_with_the_device,
    thanked,
    sent,
    results,
    not_found,
    *BAD_LINE,
]


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_axe_finds_nothing(visit: Visit, clean: Callable[[Page], None], reach: Callable[[Page], None]) -> None:
    visit.expect("Failed to load resource")
    page = visit()
    reach(page)
    clean(page)


def test_axe_finds_nothing_on_the_pages_of_a_browser_without_scripts(visit: Visit, clean: Callable[[Page], None]) -> None:
    """A page that was reached by posting is looked at where scripts run, so that axe can."""
    visit.expect("Failed to load resource")
    page = visit()
    page.route("**/assets/request.js", lambda route: route.abort())
    pages.begin_request(page)
    page.locator("#request [name=receipt]").evaluate("field => { field.value = ''; }")
    page.locator("#request").evaluate("form => form.submit()")
    expect(page.get_by_role("alert")).to_be_visible()
    clean(page)
    pages.email(page).fill("posted@example.org")
    page.locator("#request [name=receipt]").evaluate("field => { field.value = ''; }")
    page.locator("#request").evaluate("form => form.submit()")
    expect(page.get_by_role("heading", name="Before we send it")).to_be_visible()
    page.get_by_text("Read it here").first.click()
    clean(page)
    page.get_by_role("button", name="This solved it").first.click()
    expect(page.get_by_role("heading", name="Glad that helped.")).to_be_visible()
    clean(page)


def test_axe_finds_nothing_on_the_page_of_a_request_and_at_the_desk(
    visit: Visit, portal: Installation, at_the_desk: Callable[..., Page], clean: Callable[[Page], None]
) -> None:
    visit.expect("422")
    number, link = portal.send("axe@example.org", working="stopped", affected="everyone")
    page = at_the_desk()
    clean(page)
    page.goto(f"/desk/tickets/{number}")
    clean(page)
    page.get_by_label("Your answer").fill("Is the phone online?")
    page.get_by_label("Then").select_option("pending")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("article")).to_be_visible()
    clean(page)
    page.goto(link)
    clean(page)
    page.get_by_role("button", name="Add to my request").click()
    expect(page.get_by_role("alert")).to_be_visible()
    clean(page)


def test_axe_finds_nothing_at_the_door_of_the_desk(visit: Visit, clean: Callable[[Page], None]) -> None:
    visit.expect("403")
    page = visit()
    page.goto("/desk/")
    clean(page)
    page.get_by_label("Mail address").fill("agent@example.org")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    clean(page)
