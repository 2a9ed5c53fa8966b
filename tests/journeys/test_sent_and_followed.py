"""Journey 2: nothing helped, so the request is sent, arrives with its history, and is followed by its link."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import pages
from tests.journeys.installation import Installation, text_of, wait_until

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def reject(page: Page, reason: str) -> None:
    pages.open_suggestion(page).get_by_role("button", name="Not what I need").click()
    expect(page.get_by_role("group", name="Thank you. What was wrong with it?")).to_be_focused()
    page.get_by_label(reason).check()
    page.get_by_label("In your words").fill("The phone is new")
    page.get_by_role("button", name="Send this note").click()
    expect(page.get_by_text("Noted. It will not be shown again here.")).to_be_visible()


def fill_the_rest(page: Page, email: str) -> None:
    page.get_by_label("What did you expect?").fill("The survey in the list")
    page.get_by_role("radio", name="A bug: something fails").check()
    page.get_by_label("Your Flow address").fill("care.akvoflow.org")
    page.get_by_role("radio", name="No, work has stopped").check()
    page.get_by_role("radio", name="Everyone").check()
    page.get_by_role("radio", name="Today").check()
    expect(page.locator("#priority")).to_contain_text("Priority: urgent.")
    pages.email(page).fill(email)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your organisation").fill("Water for All")
    page.get_by_label("Hub").select_option("East-Africa")


def test_a_rejected_article_does_not_stop_the_request_and_its_link_is_the_same_in_the_mail(
    visit: Visit, portal: Installation
) -> None:
    page = visit()
    pages.begin_request(page)
    session = pages.session_of(page)
    reject(page, "I tried it, and it did not help")
    fill_the_rest(page, "ada@example.org")
    pages.send(page)
    number, link = pages.number_on(page), page.url.partition("?")[0]
    mail = portal.wait_for_mail("ada@example.org")
    assert re.findall(r"https?://\S+/requests/\S+", text_of(mail)) == [link]
    assert number in str(mail["Subject"])
    assert [str(row[0]) for row in portal.tickets_of("ada@example.org")] == [number]
    follow_as_somebody_else(visit(), link)
    events = portal.events(session)
    assert ("opened", "flow/form-not-in-app/", "") in events
    assert ("rejected", "flow/form-not-in-app/", "I tried it, and it did not help: The phone is new") in events
    assert events[-1][0] == "submitted"
    assert portal.outcome(session) == "submitted"


def follow_as_somebody_else(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(pages.SUBJECT)
    for sent in (pages.HAPPENED, "The survey in the list", "care.akvoflow.org"):
        expect(page.get_by_text(sent)).to_be_visible()
    page.get_by_label("Add information").fill("It is the same on a second phone.")
    page.get_by_role("button", name="Add to my request").click()
    expect(page.get_by_role("status").filter(has_text="We have added it")).to_be_visible()
    expect(page.get_by_role("list").filter(has_text="It is the same on a second phone.")).to_be_visible()


def test_what_was_shown_is_recorded_at_a_pause_whether_or_not_a_request_follows(visit: Visit, portal: Installation) -> None:
    page = visit()
    pages.begin_request(page)
    session = pages.session_of(page)
    wait_until(lambda: portal.events(session), "the pause to be noted")
    shown = portal.rows("SELECT article, shown, text FROM session_event WHERE session_id = ? AND event = 'shown'", session)
    assert len(shown) == 1
    assert "flow/form-not-in-app/" in f"{shown[0][0]} {shown[0][1]}"
    assert shown[0][2] == f"{pages.SUBJECT}\n{pages.HAPPENED}"


def test_a_rejected_article_is_not_suggested_again(visit: Visit) -> None:
    page = visit()
    pages.begin_request(page)
    pages.open_suggestion(page).get_by_role("button", name="Not what I need").click()
    page.get_by_role("button", name="Send this note").click()
    more = pages.HAPPENED + " Still not there."
    with pages.found_for(page, f"{pages.SUBJECT}\n{more}"):
        pages.happened(page).fill(more)
    expect(pages.beside(page).locator("details").first).to_be_visible()
    expect(pages.suggestion(page)).to_have_count(0)


def test_a_request_with_answers_missing_says_which_and_keeps_the_others(visit: Visit) -> None:
    page = visit()
    pages.begin_request(page)
    pages.happened(page).fill("")
    pages.send(page)
    errors = page.get_by_role("alert")
    expect(errors).to_be_focused()
    expect(errors.get_by_role("link")).to_have_text(["Say what happened.", "Write your mail address; the reply goes there."])
    errors.get_by_role("link").first.click()
    expect(pages.happened(page)).to_be_focused()
    expect(pages.happened(page)).to_have_attribute("aria-invalid", "true")
    expect(pages.subject(page)).to_have_value(pages.SUBJECT)


def test_what_the_form_overlooks_is_told_by_the_service_at_the_same_place(visit: Visit) -> None:
    visit.expect("422")
    page = visit()
    pages.begin_request(page)
    pages.email(page).fill("ada@exa mple.org".replace(" ", "_"))
    pages.send(page)
    errors = page.get_by_role("alert")
    expect(errors).to_be_focused()
    errors.get_by_role("link").click()
    expect(pages.email(page)).to_be_focused()
    expect(pages.subject(page)).to_have_value(pages.SUBJECT)


def test_nothing_is_sent_before_the_person_has_seen_what_was_found(visit: Visit, portal: Installation) -> None:
    """The search was too late for the receipt, so sending waits once and points at the articles."""
    page = visit()
    slow = [True]
    page.route("**/api/v1/suggest", lambda route: None if slow else route.continue_())
    page.goto(pages.CONTACT)
    with page.expect_request(lambda request: (pages.words_of(request) or "").strip() == f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        pages.describe(page)
    pages.email(page).fill("hasty@example.org")
    slow.clear()
    pages.send(page)
    expect(page.locator("#held")).to_contain_text("Before we send:")
    assert portal.tickets_of("hasty@example.org") == []
    pages.send(page)
    pages.number_on(page)
    assert len(portal.tickets_of("hasty@example.org")) == 1
