"""Journey: axe-core finds nothing on any page or state of the desk, light and dark, and none scrolls sideways at 320 px."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import desk_pages as desk
from tests.journeys import pages
from tests.journeys.installation import Installation
from tests.journeys.test_accessible import clean  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
ENDLESS = "a1b2c3" * 40
Reach = Callable[[Page, Installation], None]


def some(portal: Installation, **words: str) -> str:
    told = {"subject": "the list stays empty", "type": "bug", "hub": "Asia", "partner": "Green Coast", **words}
    return portal.send(f"{uuid.uuid4().hex[:8]}@example.org", **told)[0]


def queue_with_filters(page: Page, portal: Installation) -> None:
    some(portal, working="stopped", affected="everyone", subject=f"an endless {ENDLESS}")
    page.goto("/desk/?view=unassigned&type=bug&hub=Asia")


def queue_in_the_hands_of_keys(page: Page, portal: Installation) -> None:
    some(portal)
    desk.queue(page).keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def queue_that_is_empty(page: Page, _: Installation) -> None:
    page.goto("/desk/?view=escalated&product=other")


def search_results(page: Page, portal: Installation) -> None:
    some(portal, subject="a needle")
    desk.queue(page).get_by_label("Search requests").fill("needle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search")).to_be_visible()


def ticket_with_everything(page: Page, portal: Installation) -> None:
    first, number = some(portal), some(portal, happened=f"The list stays empty. https://care.akvoflow.org/{ENDLESS}")
    desk.open_ticket(page, first).get_by_label("Solve as a duplicate of").fill(number)
    desk.press(page, "Solve")
    desk.open_ticket(page, number)
    desk.answer(page, "Is the phone online?", then="pending")
    page.keyboard.press("e")
    page.get_by_role("heading", name="Evaluate").click()
    page.get_by_text("What each severity means").click()


def ticket_changed_by_another(page: Page, portal: Installation) -> None:
    number = some(portal)
    desk.open_ticket(page, number).get_by_label("Your answer").fill("Mine")
    page.locator("#answer [name=version]").evaluate("field => { field.value = '0'; }")
    desk.press(page, "Send")
    expect(page.get_by_role("alert")).to_be_visible()


def evaluation_without_a_reason(page: Page, portal: Installation) -> None:
    desk.open_ticket(page, some(portal)).get_by_role("region", name="Evaluate").get_by_label("Priority").select_option("urgent")
    desk.press(page, "Save evaluation")
    expect(page.get_by_role("alert")).to_be_visible()


def tags(page: Page, _: Installation) -> None:
    page.goto("/desk/tags")
    page.locator("summary", has_text="Europe").click()
    page.locator("summary", has_text="Maps and charts").click()


def known_issues(page: Page, _: Installation) -> None:
    page.goto("/desk/known-issues")


def gaps(page: Page, portal: Installation) -> None:
    desk.open_ticket(page, some(portal)).get_by_label("What no article answers").fill(ENDLESS)
    desk.press(page, "Note the gap")
    page.goto("/desk/gaps")


def notices(page: Page, _: Installation) -> None:
    page.goto("/desk/notices?saved=1")


def new_with_errors(page: Page, _: Installation) -> None:
    page.goto("/desk/new")
    page.get_by_role("button", name="Look for articles, then make it").click()
    expect(page.get_by_role("alert")).to_be_visible()


def new_with_articles(page: Page, _: Installation) -> None:
    page.goto("/desk/new")
    page.get_by_label("Mail address of the client").fill("kofi@example.org")
    page.get_by_label("In a few words").fill(pages.SUBJECT)
    page.get_by_label("What happened, in the client's words").fill(pages.HAPPENED)
    page.get_by_role("button", name="Look for articles, then make it").click()
    expect(page.get_by_role("heading", name="Does one of these answer it?")).to_be_visible()


def filed(page: Page, portal: Installation) -> None:
    page.goto(f"/desk/tickets/{some(portal)}/filed")


def solved_status_page(page: Page, portal: Installation) -> None:
    number, link = portal.send(f"{uuid.uuid4().hex[:8]}@example.org")
    desk.answer(desk.open_ticket(page, number), "Done.", then="solved")
    page.goto(link)


STATES = [
    queue_with_filters, queue_in_the_hands_of_keys, queue_that_is_empty, search_results, ticket_with_everything,
    ticket_changed_by_another, evaluation_without_a_reason, tags, known_issues, gaps, notices, new_with_errors,
    new_with_articles, filed, solved_status_page,
]  # fmt: skip


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_axe_finds_nothing_at_the_desk(
    visit: Any,
    portal: Installation,
    at_the_desk: Callable[..., Page],
    clean: Callable[[Page], None],  # noqa: F811 - the fixture
    reach: Reach,
) -> None:
    visit.expect("Failed to load resource")
    page = desk.ready(at_the_desk())
    reach(page, portal)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    clean(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert pages.too_wide(page) == 0
