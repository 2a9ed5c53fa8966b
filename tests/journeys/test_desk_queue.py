"""Journey: the queue says what to do next, is narrowed and searched, and is worked through by keys alone."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import desk_pages as desk
from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
AtTheDesk = Callable[..., Page]


def send(portal: Installation, subject: str, **words: str) -> str:
    return portal.send(f"{uuid.uuid4().hex[:8]}@example.org", subject=subject, **words)[0]


def test_an_agent_works_through_the_queue_by_keys(portal: Installation, at_the_desk: AtTheDesk) -> None:
    urgent = send(portal, "all phones stopped", working="stopped", affected="everyone", needed_by="today")
    page = desk.ready(at_the_desk())
    page.keyboard.press("j")
    first = page.locator("tr[data-reference]").first
    expect(first.get_by_role("link")).to_be_focused()
    for _ in range(page.locator("tr[data-reference]").count()):
        if page.evaluate("document.activeElement.closest('tr')?.dataset.reference") == urgent:
            break
        page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page).to_have_url(f"{portal.url}/desk/tickets/{urgent}")
    expect(desk.glance(page, "Agent")).to_have_text("Maria")
    desk.ready(page).keyboard.press("r")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("t and j are letters here")
    expect(page.get_by_label("Your answer")).to_have_value("t and j are letters here")
    page.get_by_label("Your answer").blur()
    page.keyboard.press("e")
    expect(page.get_by_label("What the developers should know")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_views_and_filters_show_what_there_is_to_do(portal: Installation, at_the_desk: AtTheDesk) -> None:
    wish = send(portal, "legend order", product="lumen", type="feature request", hub="Asia")
    other = send(portal, "update declined", product="rsr", hub="Europe")
    page = desk.ready(at_the_desk())
    expect(desk.row(page, wish)).to_be_visible()
    page.get_by_text("Filters").click()
    page.get_by_label("Product").select_option("lumen")
    page.get_by_label("Hub").select_option("Asia")
    desk.press(page, "Show")
    expect(desk.row(page, wish)).to_be_visible()
    expect(desk.row(page, other)).to_have_count(0)
    desk.open_ticket(page, other)
    desk.press(page, "Take it")
    desk.queue(page, "mine")
    expect(desk.row(page, other)).to_be_visible()
    expect(desk.row(page, wish)).to_have_count(0)
    expect(page.get_by_role("navigation", name="Views").get_by_role("link", name="Mine")).to_have_attribute(
        "aria-current", "page"
    )


def test_a_search_finds_a_ticket_by_its_words_and_stands_in_no_address(portal: Installation, at_the_desk: AtTheDesk) -> None:
    secret = f"zebra{uuid.uuid4().hex[:6]}"
    number = send(portal, "points are missing", happened=f"The map of {secret} is empty since Monday.")
    page = desk.ready(at_the_desk())
    page.keyboard.press("/")
    expect(page.get_by_label("Search requests")).to_be_focused()
    page.keyboard.type(f"{secret[:9].upper()} map")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(desk.row(page, number)).to_be_visible()
    expect(page.locator("tr[data-reference]")).to_have_count(1)
    assert secret[:9].lower() not in page.url.lower()
    assert secret not in (portal.home / "serve.log").read_text(encoding="utf-8")


def test_a_stale_save_is_refused_and_shows_both_versions(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    visit.expect("409")  # type: ignore[attr-defined]
    number = send(portal, "two agents at once")
    mine, theirs = desk.open_ticket(at_the_desk(), number), desk.open_ticket(at_the_desk(), number)
    mine.get_by_label("Your answer").fill("My long and careful answer.")
    desk.answer(theirs, "I was quicker.")
    desk.press(mine, "Send")
    alert = mine.get_by_role("alert")
    expect(alert).to_contain_text("Somebody else changed this request")
    expect(alert.get_by_role("row", name="Last message")).to_contain_text("I was quicker.")
    expect(alert.get_by_role("row", name="Last message")).to_contain_text("My long and careful answer.")
    expect(mine.get_by_label("Your answer")).to_have_value("My long and careful answer.")
    desk.press(mine, "Send")
    expect(mine.get_by_role("article").filter(has_text="My long and careful answer.")).to_be_visible()


def test_tags_that_came_too_late_are_still_chosen(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    visit.expect("409")  # type: ignore[attr-defined]
    number = send(portal, "tags at once")
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_role("checkbox", name="Maps and charts").check()
    page.locator("#tagging [name=version]").evaluate("field => { field.value = '0'; }")
    desk.press(page, "Save tags")
    expect(page.get_by_role("alert").get_by_role("row", name="category")).to_contain_text("Maps and charts")
    expect(page.get_by_role("checkbox", name="Maps and charts")).to_be_checked()
    desk.press(page, "Save tags")
    desk.noted(page, "tag category.*Maps and charts")


def test_what_is_typed_survives_a_lost_page(portal: Installation, at_the_desk: AtTheDesk) -> None:
    number = send(portal, "the line broke")
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_label("Your answer").press_sequentially("Half an answer")
    page.goto("about:blank")
    desk.open_ticket(page, number)
    expect(page.get_by_label("Your answer")).to_have_value("Half an answer")
    desk.press(page, "Send")
    expect(page.get_by_role("article").filter(has_text="Half an answer")).to_be_visible()
    expect(page.get_by_label("Your answer")).to_have_value("")


def test_the_clock_stands_while_it_waits_for_the_requester(portal: Installation, at_the_desk: AtTheDesk) -> None:
    number = send(portal, "which version?")
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_label("Change state").select_option("pending")
    desk.press(page, "Set")
    expect(desk.glance(page, "Reply due")).to_contain_text("The clock stands")
    desk.queue(page, "waiting")
    expect(desk.row(page, number)).to_contain_text("clock stands")
