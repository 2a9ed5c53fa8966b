"""Journey 9: a search as one types. Only the newest words count, and too few letters ask nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.journeys import pages
from tests.journeys.installation import wait_until

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
SUGGEST = "**/api/v1/suggest"
PAUSE = 400


def answer(title: str) -> dict[str, Any]:
    found = {"url": "flow/", "article": "flow/", "heading": title, "breadcrumb": "Flow", "snippet": "", "score": 9.0}
    return {"suggestions": [{**found, "title": title}], "receipt": "none", "index": "none"}


class Held(dict[str, Route]):
    """Searches that wait for the test to answer them, by the words they ask for."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        page.route(SUGGEST, lambda route: self.update({str(pages.words_of(route.request)): route}))

    def type(self, words: str) -> None:
        """Type, and go on once the search for it has begun."""
        pages.box(self.page).fill(words)
        wait_until(lambda: self.page.wait_for_timeout(20) or words in self, f"a search for {words}")


def searches(page: Page) -> list[str]:
    """Keep a list of what the page searches from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.extend(filter(None, [pages.words_of(request)])))
    return asked


def type_twice(page: Page) -> Held:
    page.goto(pages.HOME)
    held = Held(page)
    held.type("the older")
    held.type("the older and the newer")
    return held


def test_an_older_search_is_aborted_when_a_newer_one_begins(visit: Visit) -> None:
    page = visit()
    failed: list[Request] = []
    page.on("requestfailed", lambda request: failed.append(request))  # noqa: PLW0108 - Playwright takes no built-in method
    held = type_twice(page)
    held["the older and the newer"].fulfill(json=answer("The newer"))
    expect(page.get_by_role("option")).to_have_text(["The newerFlow"])
    assert [(pages.words_of(each), each.failure) for each in failed] == [("the older", "net::ERR_ABORTED")]


def test_an_older_answer_that_comes_last_is_ignored(visit: Visit) -> None:
    """Even where aborting does nothing, as when the answer is already on its way up."""
    page = visit()
    page.add_init_script("AbortController.prototype.abort = () => {};")
    held = type_twice(page)
    held["the older and the newer"].fulfill(json=answer("The newer"))
    expect(page.get_by_role("option")).to_have_text(["The newerFlow"])
    with page.expect_event("requestfinished"):
        held["the older"].fulfill(json=answer("The older"))
    page.wait_for_timeout(PAUSE)
    expect(page.get_by_role("option")).to_have_text(["The newerFlow"])


def test_an_older_failure_that_comes_last_is_ignored(visit: Visit) -> None:
    visit.expect("Failed to load resource")
    page = visit()
    page.add_init_script("AbortController.prototype.abort = () => {};")
    held = type_twice(page)
    held["the older and the newer"].fulfill(json=answer("The newer"))
    expect(page.get_by_role("option")).to_have_text(["The newerFlow"])
    with page.expect_event("requestfailed"):
        held["the older"].abort()
    page.wait_for_timeout(PAUSE)
    expect(page.locator(".drop")).not_to_contain_text("can't be reached")
    expect(page.get_by_role("option")).to_have_text(["The newerFlow"])


@pytest.mark.parametrize(("too_few", "enough"), [("ab", "abc"), ("水", "水泵")])
def test_nothing_is_asked_before_three_letters_or_two_chinese_ones(visit: Visit, too_few: str, enough: str) -> None:
    page = visit()
    page.goto(pages.HOME)
    asked = searches(page)
    pages.box(page).fill(too_few)
    page.wait_for_timeout(PAUSE)
    assert asked == []
    with page.expect_response(SUGGEST):
        pages.box(page).fill(enough)
    assert asked == [enough]


def test_keys_in_quick_succession_make_one_search(visit: Visit) -> None:
    page = visit()
    page.goto(pages.HOME)
    asked = searches(page)
    with page.expect_response(SUGGEST):
        page.evaluate(
            """() => {
              const box = document.querySelector("help-suggest input[name=text]");
              for (let end = 3; end <= 12; end += 1) {
                box.value = "form missing".slice(0, end);
                box.dispatchEvent(new Event("input", { bubbles: true }));
              }
            }"""
        )
    assert asked == ["form missing"]


def test_clearing_the_box_closes_the_list_and_ignores_what_still_comes(visit: Visit) -> None:
    page = visit()
    page.add_init_script("AbortController.prototype.abort = () => {};")
    page.goto(pages.HOME)
    held = Held(page)
    held.type("the survey")
    pages.box(page).fill("")
    with page.expect_event("requestfinished"):
        held["the survey"].fulfill(json=answer("Too late"))
    page.wait_for_timeout(PAUSE)
    expect(page.get_by_role("option")).to_have_count(0)


def test_a_snippet_is_text_with_marks_and_nothing_else(visit: Visit) -> None:
    page = visit()
    page.goto(pages.HOME)
    held = Held(page)
    held.type("the survey")
    found = answer("A title <b>with</b> signs")
    found["suggestions"][0]["snippet"] = "a <mark>survey</mark> <img src=/x> <i>here</i>"
    held["the survey"].fulfill(json=found)
    option = page.get_by_role("option")
    expect(option.locator("b")).to_have_text("A title <b>with</b> signs")
    expect(option.locator("mark")).to_have_text("survey")
    expect(option.locator("img, i")).to_have_count(0)


def test_typing_moves_no_focus_and_the_news_is_polite(visit: Visit) -> None:
    page = visit()
    pages.begin_request(page)
    expect(pages.happened(page)).to_be_focused()
    said = page.locator("help-suggest[mode=beside] [role=status]")
    expect(said).to_have_text("3 articles may help")


def test_an_article_that_is_being_read_stays_when_new_words_find_others(visit: Visit) -> None:
    page = visit()
    pages.begin_request(page)
    opened = pages.open_suggestion(page)
    with pages.found_for(page, "log in to the dashboard\npassword forgotten"):
        pages.subject(page).fill("log in to the dashboard")
        pages.happened(page).fill("password forgotten")
    expect(pages.beside(page).locator("details")).not_to_have_count(3)
    expect(opened.locator(".read li").first).to_be_visible()
