"""Journey 5: from the first page to a sent request by keys alone, on a screen of 320 px that never scrolls sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import pages
from tests.journeys.installation import Installation

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
MOST_STOPS = 60
# True when the focused element shows on the screen and something marks it: an outline, or its box's own ring.
SEEN = """() => {
  const at = document.activeElement;
  const shown = at.closest(".find, .pick label") || at;
  const place = shown.getBoundingClientRect();
  const inside = place.bottom > 0 && place.top < innerHeight && place.right > 0 && place.left < innerWidth;
  const ring = [at, shown].some((node) => {
    const style = getComputedStyle(node);
    return style.outlineStyle !== "none" || style.boxShadow !== "none";
  });
  return inside && ring;
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; each stop on the way is on the screen and visibly focused."""
    for _ in range(MOST_STOPS):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    pytest.fail(f"{MOST_STOPS} times Tab did not reach {wanted}")


def write(page: Page, where: Locator, words: str) -> None:
    tab_to(page, where)
    page.keyboard.type(words)


def test_the_first_tab_leads_past_the_header(visit: Visit) -> None:
    page = visit(320)
    page.goto(pages.ARTICLE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#main') !== null")


def test_a_request_is_searched_read_rejected_and_sent_by_keys_alone(visit: Visit, portal: Installation) -> None:
    page = visit(320)
    page.goto(pages.HOME)
    with pages.found_for(page, pages.SUBJECT):
        write(page, pages.box(page), pages.SUBJECT)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(pages.NOT_IN_APP)
    tab_to(page, page.get_by_role("banner").get_by_role("link", name="Ask for help"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What is going wrong?")).to_be_visible()
    tab_to(page, page.get_by_role("radio", name="Flow"))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="RSR")).to_be_checked()
    page.keyboard.press("ArrowLeft")
    write(page, pages.subject(page), pages.SUBJECT)
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        write(page, pages.happened(page), pages.HAPPENED)
    expect(pages.happened(page)).to_be_focused()
    read_and_reject(page)
    assert pages.too_wide(page) == 0
    write(page, pages.email(page), "keys@example.org")
    tab_to(page, page.get_by_role("button", name="Send my request"))
    page.keyboard.press("Enter")
    number = pages.number_on(page)
    assert [str(row[0]) for row in portal.tickets_of("keys@example.org")] == [number]


def read_and_reject(page: Page) -> None:
    """Open an article under the form, read it, say that it is not what was needed, and why."""
    article = pages.suggestion(page)
    tab_to(page, article.locator("summary"))
    page.keyboard.press("Enter")
    expect(article.locator(".read li").first).to_be_visible()
    assert pages.too_wide(page) == 0
    tab_to(page, article.get_by_role("button", name="Not what I need"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("It is about something else"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Send this note"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Noted. It will not be shown again here.")).to_be_focused()


@pytest.mark.parametrize(
    "path", [pages.HOME, pages.LANDING, pages.ARTICLE, pages.CONTACT, "/support/", "/lumen/choose-a-chart-type/"]
)
def test_no_page_scrolls_sideways_on_a_small_screen(visit: Visit, path: str) -> None:
    page = visit(320)
    page.goto(path)
    assert pages.too_wide(page) == 0


def test_open_suggestions_do_not_widen_a_small_screen(visit: Visit) -> None:
    page = visit(320)
    page.goto(pages.HOME)
    pages.search(page)
    assert pages.too_wide(page) == 0
    assert all(each.bounding_box()["x"] >= 0 for each in page.get_by_role("option").all())


def test_the_menu_opens_and_closes_by_keys(visit: Visit) -> None:
    page = visit(320)
    page.goto(pages.ARTICLE)
    menu = page.get_by_role("banner").locator("summary").first
    tab_to(page, menu)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    assert pages.too_wide(page) == 0
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Menu")).to_be_hidden()
