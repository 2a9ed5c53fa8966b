"""Pages as people with their own settings see them: text at twice its size, and colours that the system forces on a page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import pages

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
LOOKED_AT = [pages.HOME, pages.LANDING, pages.ARTICLE, pages.CONTACT, "/requests/", "/desk/"]

# Controls and lines of text whose words do not fit: cut off inside their own box, or out of the window.
CUT_OFF = """() => [...document.querySelectorAll("a, button, label, legend, summary, h1, h2, h3, p, li")].filter((node) => {
  const box = node.getBoundingClientRect();
  const style = getComputedStyle(node);
  if (!box.width || node.closest(".sr, [hidden]") || style.visibility === "hidden" || style.position === "absolute") return false;
  const cut = style.overflow !== "visible"
    && (node.scrollHeight > node.clientHeight + 2 || node.scrollWidth > node.clientWidth + 2);
  return cut || (box.right > innerWidth + 1 && !node.closest("pre, table"));
}).map((node) => node.outerHTML.slice(0, 120))"""

# What tells a chosen answer from the others, and a focused control from the others, when only the system's colours show.
DRAWN = """(node) => {
  const style = getComputedStyle(node);
  return [style.outlineStyle, style.outlineWidth, style.borderTopWidth, style.borderTopColor, style.backgroundColor].join(" ");
}"""


@pytest.mark.parametrize("path", LOOKED_AT)
@pytest.mark.parametrize("width", [1280, 640])
def test_nothing_is_cut_off_when_text_is_twice_its_size(visit: Visit, path: str, width: int) -> None:
    page = visit(width)
    page.goto(path)
    page.evaluate("document.documentElement.style.fontSize = '250%'")  # ours is 125 %
    assert page.evaluate(CUT_OFF) == []
    assert pages.too_wide(page) == 0


def test_the_form_can_be_sent_with_text_at_twice_its_size(visit: Visit) -> None:
    page = visit(640)
    pages.begin_request(page)
    page.evaluate("document.documentElement.style.fontSize = '250%'")
    pages.email(page).fill("large@example.org")
    assert page.evaluate(CUT_OFF) == []
    pages.send(page)
    pages.number_on(page)


def test_with_forced_colours_a_chosen_answer_and_the_focus_still_show(visit: Visit) -> None:
    page = visit(forced_colors="active")
    page.goto(pages.CONTACT)
    pages.choose_product(page, "RSR")
    labels = page.locator(".pick").first.locator("label")
    chosen, other = labels.filter(has=page.locator(":checked")), labels.filter(has_not=page.locator(":checked")).first
    assert chosen.evaluate(DRAWN) != other.evaluate(DRAWN)
    before = pages.subject(page).evaluate(DRAWN)
    pages.subject(page).focus()
    expect(pages.subject(page)).to_be_focused()
    assert pages.subject(page).evaluate(DRAWN) != before


def test_with_forced_colours_the_article_to_open_still_shows(visit: Visit) -> None:
    page = visit(forced_colors="active")
    page.goto(pages.HOME)
    pages.search(page)
    page.keyboard.press("ArrowDown")
    options = page.get_by_role("option")
    assert options.nth(0).evaluate(DRAWN) != options.nth(1).evaluate(DRAWN)
