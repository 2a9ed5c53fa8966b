"""Journey: a ticket's page helps to evaluate and to answer: what is missing, what fits, what is like it, who changed what."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import desk_pages as desk
from tests.journeys import pages
from tests.journeys.installation import Installation, text_of

pytestmark = pytest.mark.browser
AtTheDesk = Callable[..., Page]


def address() -> str:
    return f"{uuid.uuid4().hex[:8]}@example.org"


def test_missing_parts_are_asked_for_with_one_click(portal: Installation, at_the_desk: AtTheDesk) -> None:
    email = address()
    number, _ = portal.send(
        email, type="bug", name="Ada", subject="it fails", happened="The export stops with a red line each time."
    )
    page = desk.open_ticket(at_the_desk(), number)
    missing = page.get_by_role("region", name="Missing")
    expect(missing.get_by_text("Steps to see it again")).to_be_visible()
    expect(missing.get_by_text("Your Flow address")).to_be_visible()
    desk.press(page, "Ask for these")
    expect(desk.glance(page, "State")).to_have_text("pending")
    mail = text_of(portal.wait_for_mail(email, with_text="we need a little more"))
    assert "Hello Ada," in mail
    assert "* Which steps lead to it, one by one?" in mail


def test_an_article_is_inserted_and_never_one_that_was_rejected(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    requester, email = visit(), address()
    pages.begin_request(requester)
    pages.open_suggestion(requester)
    requester.get_by_role("button", name="Not what I need").click()
    requester.get_by_label("It is about something else").check()
    requester.get_by_role("button", name="Send this note").click()
    pages.email(requester).fill(email)
    pages.send(requester)
    page = desk.open_ticket(at_the_desk(), pages.number_on(requester))
    tried = page.get_by_role("region", name="Searched before sending")
    expect(tried.get_by_role("listitem").filter(has_text="rejected").last).to_contain_text("It is about something else")
    fit = page.get_by_role("region", name="Articles that fit")
    expect(fit.get_by_role("link").first).to_be_visible()
    expect(fit.get_by_role("link", name=pages.NOT_IN_APP)).to_have_count(0)
    title = fit.get_by_role("link").first.inner_text().splitlines()[0]
    page.get_by_label("Your answer").fill("Hello,")
    page.get_by_label("Your answer").press("End")
    fit.get_by_role("button").first.click()
    expect(page.get_by_label("Your answer")).to_be_focused()
    assert title in page.get_by_label("Your answer").input_value()
    assert f"{portal.url}/flow/" in page.get_by_label("Your answer").input_value()


def test_texts_are_inserted_without_a_script_too(portal: Installation, at_the_desk: AtTheDesk) -> None:
    number, _ = portal.send(address(), name="Ada")
    page = at_the_desk(java_script_enabled=False)
    page.goto(f"/desk/tickets/{number}")
    page.get_by_label("Your answer").fill("My own words.")
    page.get_by_label("Canned reply").select_option(label="We look into it")
    page.get_by_role("button", name="Insert", exact=True).first.click()
    written = page.get_by_label("Your answer").input_value()
    assert written.startswith("My own words.\n\nHello Ada,")
    assert written.endswith("Maria")


def test_similar_open_tickets_are_shown_and_solved_as_duplicates(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    words = {"subject": "Quokka export stops at 90 percent", "happened": "The quokka export stops at 90 percent each time."}
    (first, _), second_email = portal.send(address(), **words), address()
    second, second_link = portal.send(second_email, **words)
    page = desk.open_ticket(at_the_desk(), second)
    expect(page.get_by_role("region", name="Similar and known").get_by_role("link", name=f"#{first}")).to_be_visible()
    page.get_by_label("Solve as a duplicate of").fill(f"#{first}")
    desk.press(page, "Solve")
    expect(page.get_by_text("Its requester hears what solves that one.")).to_be_visible()
    portal.wait_for_mail(second_email, with_text="we solve both together")
    desk.open_ticket(page, first)
    desk.answer(page, "We mended the export.", then="solved")
    portal.wait_for_mail(second_email, with_text="We mended the export.")
    requester = visit()
    requester.goto(second_link)
    expect(requester.get_by_role("list").filter(has_text="We mended the export.")).to_be_visible()


def test_the_priority_comes_from_the_table_and_an_override_needs_a_reason(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    visit.expect("422")  # type: ignore[attr-defined]
    number, _ = portal.send(address())
    page = desk.open_ticket(at_the_desk(), number)
    box = page.get_by_role("region", name="Evaluate")
    for label, choice in (("Type", "bug"), ("Severity", "critical"), ("Impact", "everyone"), ("Urgency", "today")):
        box.get_by_label(label, exact=True).select_option(choice)
    desk.press(page, "Save evaluation")
    expect(desk.glance(page, "Priority")).to_contain_text("urgent")
    expect(desk.glance(page, "Priority")).to_contain_text("Work has stopped. Everyone is affected. It is needed today.")
    box.get_by_label("Priority").select_option("low")
    desk.press(page, "Save evaluation")
    expect(page.get_by_role("alert")).to_contain_text("The table gives urgent. Say why it should be low.")
    expect(box.get_by_label("Priority")).to_have_value("low")
    box.get_by_label("Reason").fill("A test phone")
    desk.press(page, "Save evaluation")
    expect(desk.glance(page, "Priority")).to_contain_text("Maria: A test phone (The table gives urgent.)")
    desk.noted(page, "agent@example.org: priority urgent → low.*A test phone")
    desk.noted(page, "severity minor → critical")


def test_tags_are_suggested_and_a_rename_and_a_merge_keep_history(portal: Installation, at_the_desk: AtTheDesk) -> None:
    partner = f"Water {uuid.uuid4().hex[:6]}"
    number, _ = portal.send(
        address(), hub="Asia", partner=partner, happened="The excel export does not download.", subject="export"
    )
    page = desk.open_ticket(at_the_desk(), number)
    box = page.get_by_role("region", name="Evaluate")
    expect(box.get_by_label("Hub")).to_have_value("Asia")
    expect(box.get_by_role("checkbox", name="Import and export")).to_be_checked()
    box.get_by_label(f"Add “{partner}” to the list").check()
    desk.press(page, "Save tags")
    desk.noted(page, f"tag partner {partner}")
    expect(box.get_by_label("Partner")).to_have_value(partner)

    page.goto("/desk/tags")
    page.get_by_text(partner, exact=True).first.click()
    page.locator("li").filter(has=page.get_by_text(partner, exact=True)).get_by_label("New name").fill(f"{partner} Kenya")
    with page.expect_navigation():
        page.locator("li").filter(has=page.get_by_text(partner, exact=True)).get_by_role("button", name="Rename").click()
    expect(page.get_by_role("region", name="Changes")).to_contain_text(f"renamed {partner} → {partner} Kenya")
    desk.open_ticket(page, number)
    expect(box.get_by_label("Partner")).to_have_value(f"{partner} Kenya")
    desk.queue(page, "open")
    page.get_by_text("Filters").click()
    page.get_by_label("Partner").select_option(f"{partner} Kenya")
    desk.press(page, "Show")
    expect(desk.row(page, number)).to_be_visible()


def test_an_escalation_says_why_and_only_the_team_reads_it(portal: Installation, at_the_desk: AtTheDesk) -> None:
    number, link = portal.send(address())
    page = desk.open_ticket(at_the_desk(), number)
    page.keyboard.press("e")
    page.get_by_label("What the developers should know").fill("The log shows a time-out.")
    desk.press(page, "Escalate it")
    expect(desk.glance(page, "State")).to_have_text("escalated")
    expect(page.get_by_text("private note")).to_be_visible()
    desk.noted(page, "status new → escalated.*The log shows a time-out.")
    desk.queue(page, "escalated")
    expect(desk.row(page, number)).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("Our developers are looking at it.")).to_be_visible()
    expect(page.get_by_text("time-out")).to_have_count(0)
