"""Journey 1: the answer is found before anything is sent, and only the person's own word counts as solved."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import pages
from tests.journeys.installation import Installation, wait_until

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


@pytest.fixture
def home(visit: Visit) -> Page:
    """The first page with a real problem typed into its box, and articles under it."""
    page = visit()
    page.goto(pages.HOME)
    pages.search(page)
    return page


def test_the_box_tells_how_many_articles_it_has_found(home: Page) -> None:
    expect(pages.box(home)).to_have_attribute("aria-expanded", "true")
    expect(home.get_by_role("status").filter(has_text="may help")).to_have_text("5 articles may help")
    assert home.get_by_role("option").count() == 5


def test_the_arrow_keys_choose_an_article_and_enter_opens_it(home: Page) -> None:
    box, options = pages.box(home), home.get_by_role("option")
    for key, chosen in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", 4), ("ArrowDown", 0)):
        home.keyboard.press(key)
        expect(options.nth(chosen)).to_have_attribute("aria-selected", "true")
        assert box.get_attribute("aria-activedescendant") == options.nth(chosen).get_attribute("id")
        expect(home.locator("[aria-selected=true]")).to_have_count(1)
        expect(box).to_be_focused()
    title = options.nth(0).locator("b").inner_text()
    home.keyboard.press("Enter")
    expect(home.get_by_role("heading", level=1)).to_have_text(title)
    assert title == pages.NOT_IN_APP


def test_escape_closes_the_list_and_keeps_the_words(home: Page) -> None:
    home.keyboard.press("Escape")
    expect(home.get_by_role("option").first).to_be_hidden()
    expect(pages.box(home)).to_have_attribute("aria-expanded", "false")
    expect(pages.box(home)).to_have_value(pages.SUBJECT)
    home.keyboard.press("ArrowDown")
    expect(home.get_by_role("option").first).to_be_visible()


def test_a_person_who_says_this_solved_it_has_sent_nothing_and_is_counted_as_confirmed(
    visit: Visit, portal: Installation
) -> None:
    page = visit()
    page.goto(pages.HOME)
    page.get_by_role("banner").get_by_role("link", name="Ask for help").click()
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        pages.describe(page)
    session, written = pages.session_of(page), pages.typed(page)
    tickets = portal.rows("SELECT count(*) FROM ticket")

    article = pages.open_suggestion(page)
    expect(article).to_contain_text("Assignments")
    expect(page).to_have_url(portal.url + pages.CONTACT)
    assert pages.typed(page) == written

    article.get_by_role("button", name="This solved it").click()
    expect(page.get_by_role("heading", name="Glad that helped.")).to_be_visible()
    expect(page.get_by_text("Nothing was sent.")).to_be_visible()
    expect(page.locator("#request")).to_be_hidden()
    expect(page.locator(".done")).to_be_focused()

    page.goto(pages.HOME)
    wait_until(lambda: portal.outcome(session) == "confirmed", "the outcome")
    assert [event for event, *_ in portal.events(session) if event in ("opened", "solved", "abandoned")] == ["opened", "solved"]
    assert ("solved", "flow/form-not-in-app/", "") in portal.events(session)
    assert portal.rows("SELECT count(*) FROM ticket") == tickets


def test_a_person_whom_it_did_not_help_after_all_finds_the_form_as_it_was(visit: Visit) -> None:
    page = visit()
    pages.begin_request(page)
    written = pages.typed(page)
    pages.open_suggestion(page).get_by_role("button", name="This solved it").click()
    page.get_by_role("button", name="I still need to send it").click()
    expect(page.locator("#request")).to_be_visible()
    assert pages.typed(page) == written


def test_reading_an_article_and_leaving_is_no_success(visit: Visit, portal: Installation) -> None:
    page = visit()
    pages.begin_request(page)
    session = pages.session_of(page)
    pages.open_suggestion(page)
    page.goto(pages.HOME)
    wait_until(lambda: ("abandoned", "", "") in portal.events(session), "the visit to be noted as left")
    assert portal.outcome(session) == "unconfirmed"
