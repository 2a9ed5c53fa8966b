"""What agents do on the desk's pages, in their own words: the journeys of the desk are written with these."""

import re

from playwright.sync_api import Locator, Page, expect


def ready(page: Page) -> Page:
    """Wait until the desk's keys work."""
    expect(page.locator("html[data-keys]")).to_be_attached()
    return page


def open_ticket(page: Page, number: str) -> Page:
    page.goto(f"/desk/tickets/{number}")
    return ready(page)


def queue(page: Page, view: str = "unassigned") -> Page:
    page.goto(f"/desk/?view={view}")
    return ready(page)


def row(page: Page, number: str) -> Locator:
    return page.locator(f"tr[data-reference='{number}']")


def glance(page: Page, term: str) -> Locator:
    """What stands beside a word under "At a glance"."""
    return page.get_by_role("region", name="At a glance").locator(f"dt:text-is('{term}') + dd")


def answer(page: Page, text: str, then: str = "") -> None:
    """Write an answer and send it, with the state that comes with it."""
    page.get_by_label("Your answer").fill(text)
    page.get_by_label("Then").select_option(then)
    press(page, "Send")
    expect(page.get_by_role("article").filter(has_text=text).last).to_be_visible()


def press(page: Page, name: str) -> None:
    """Press a button, and wait until the page that it leads to stands."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    ready(page)


def journal(page: Page) -> Locator:
    return page.get_by_role("region", name="Journal").get_by_role("listitem")


def noted(page: Page, words: str) -> None:
    """Expect the journal to have an entry with these words."""
    expect(journal(page).filter(has_text=re.compile(words)).first).to_be_visible()
