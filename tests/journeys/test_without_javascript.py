"""Journey 4: the same way in a browser that runs no scripts, with a page of articles between form and request."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import pages
from tests.journeys.installation import Installation, text_of

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
NONE_HELPED = "None of these helped, send my request"


@pytest.fixture
def form(visit: Visit) -> Page:
    """The form with everything but a mail address."""
    page = visit(java_script_enabled=False)
    page.goto(pages.HOME)
    page.get_by_role("banner").get_by_role("link", name="Ask for help").click()
    pages.describe(page)
    page.get_by_label("What were you doing?").fill("Line one\nline two")
    page.get_by_role("radio", name="A bug: something fails").check()
    page.get_by_text("About Flow").click()
    page.get_by_label("Your Flow address").fill("care.akvoflow.org")
    page.get_by_role("radio", name="No, work has stopped").check()
    page.get_by_role("radio", name="Several people").check()
    page.get_by_role("radio", name="Today").check()
    page.get_by_label("Hub").select_option("East-Africa")
    return page


def before_sending(page: Page, email: str) -> None:
    pages.email(page).fill(email)
    pages.send(page)
    expect(page.get_by_role("heading", name="Before we send it")).to_be_visible()


def found(page: Page) -> Locator:
    """The right article on the page between form and request."""
    return page.get_by_role("main").locator("li").filter(has=page.get_by_role("heading", name=pages.NOT_IN_APP))


def say_that_it_solved_it(page: Page) -> None:
    found(page).get_by_role("button", name="This solved it").click()


def answers(page: Page) -> dict[str, str]:
    """What the form holds, read without a script in the page."""
    texts = page.locator("#request").locator("input:not([type=hidden]):not([type=radio]), textarea, select")
    chosen = page.locator("#request input:checked")
    found = {each.get_attribute("id"): each.input_value() for each in texts.all()}
    found |= {each.get_attribute("name"): each.get_attribute("value") for each in chosen.all()}
    return {str(name): str(value).replace("\r\n", "\n") for name, value in found.items() if value}


def test_the_request_is_sent_past_the_articles_and_nothing_is_typed_twice(form: Page, portal: Installation) -> None:
    before_sending(form, "noscript@example.org")
    expect(form.get_by_text("Priority: urgent.")).to_be_visible()
    found(form).locator("summary").click()
    expect(found(form).locator(".read :is(p, li)").first).to_be_visible()
    form.get_by_role("button", name=NONE_HELPED).click()
    number = pages.number_on(form)
    link = form.url.partition("?")[0]
    assert link in text_of(portal.wait_for_mail("noscript@example.org"))
    assert [(str(row[0]), row[3]) for row in portal.tickets_of("noscript@example.org")] == [(number, "yes")]
    assert portal.rows("SELECT doing, hub, priority, context FROM ticket WHERE id = ?", number) == [
        ("Line one\r\nline two", "East-Africa", "urgent", '{"instance": "care.akvoflow.org"}')
    ]
    form.goto(link)
    form.get_by_label("Add information").fill("Without scripts too.")
    form.get_by_role("button", name="Add to my request").click()
    expect(form.get_by_role("list").filter(has_text="Without scripts too.")).to_be_visible()


def test_an_error_keeps_every_answer_and_links_to_its_field(form: Page, visit: Visit) -> None:
    visit.expect("422")
    written = answers(form)
    pages.send(form)
    errors = form.get_by_role("alert")
    expect(errors.get_by_role("link")).to_have_text(["Write your mail address; the reply goes there."])
    assert answers(form) == written
    errors.get_by_role("link").click()
    expect(form).to_have_url(re.compile("#email$"))
    expect(pages.email(form)).to_have_attribute("aria-invalid", "true")


def test_the_request_can_be_changed_before_it_is_sent(form: Page) -> None:
    pages.email(form).fill("change@example.org")
    written = answers(form)
    before_sending(form, "change@example.org")
    form.get_by_role("button", name="Change my request").click()
    expect(pages.subject(form)).to_have_value(pages.SUBJECT)
    assert answers(form) == written


def test_this_solved_it_sends_nothing_and_is_counted(form: Page, portal: Installation) -> None:
    session = pages.session_of(form)
    before_sending(form, "solved@example.org")
    say_that_it_solved_it(form)
    expect(form.get_by_role("heading", name="Glad that helped.")).to_be_visible()
    assert portal.tickets_of("solved@example.org") == []
    assert portal.outcome(session) == "confirmed"
    assert portal.events(session)[-1] == ("solved", "flow/form-not-in-app/", "")


def test_after_this_solved_it_the_request_is_still_there_for_who_needs_it(form: Page) -> None:
    pages.email(form).fill("after@example.org")
    written = answers(form)
    before_sending(form, "after@example.org")
    say_that_it_solved_it(form)
    form.get_by_role("button", name="I still need to send it").click()
    assert answers(form) == written


def test_the_search_box_posts_its_words_and_shows_results(visit: Visit, portal: Installation) -> None:
    page = visit(java_script_enabled=False)
    page.goto(pages.ARTICLE)
    find = page.get_by_role("banner").get_by_role("textbox", name="Search all guides")
    find.fill("cannot log in to rsr")
    find.press("Enter")
    expect(page).to_have_url(f"{portal.url}/search/")
    expect(page.get_by_role("heading", level=3).first).to_be_visible()
    expect(page.get_by_role("textbox", name="Search the guides")).to_have_value("cannot log in to rsr")
    page.get_by_role("heading", level=3).first.get_by_role("link").click()
    expect(page.get_by_role("article")).to_be_visible()
