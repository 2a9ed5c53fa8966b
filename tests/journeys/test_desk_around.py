"""Journeys around the answer: a request in a client's name, notices to agents, and from answer to article."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import desk_pages as desk
from tests.journeys.installation import Installation, text_of

pytestmark = pytest.mark.browser
AtTheDesk = Callable[..., Page]


def test_staff_file_a_request_for_a_client_who_gets_the_mail(portal: Installation, at_the_desk: AtTheDesk) -> None:
    client = f"client{uuid.uuid4().hex[:8]}@example.org"
    page = desk.ready(at_the_desk())
    page.get_by_role("link", name="New for a client").click()
    for label, text in {
        "Mail address of the client": client,
        "Name of the client": "Kofi",
        "In a few words": "survey is not showing on the phone",
        "What happened, in the client's words": "He phoned me: the list stays empty since Monday.",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Product").select_option("flow")
    page.get_by_role("button", name="Look for articles, then make it").click()
    maybe = page.get_by_role("region", name="Does one of these answer it?")
    expect(maybe.get_by_role("link").first).to_be_visible()
    assert portal.tickets_of(client) == []
    maybe.get_by_role("button", name="None of these: make the request").click()
    told = page.locator("#tell")
    expect(told).to_contain_text("for you, so that it does not wait for me.")
    expect(told).to_contain_text(f"Akvo support will write to you by mail at {client} from now on.")
    page.get_by_role("link", name="Open the request").click()
    desk.noted(desk.ready(page), "agent@example.org: submitted")
    mail = text_of(portal.wait_for_mail(client, with_text="A request was made in your name."))
    assert "Support has it now and writes to you by mail." in mail
    assert "/requests/" in mail


def test_a_client_request_with_errors_keeps_what_was_typed(
    visit: Callable[..., Page], portal: Installation, at_the_desk: AtTheDesk
) -> None:
    visit.expect("422")  # type: ignore[attr-defined]
    page = desk.ready(at_the_desk())
    page.goto("/desk/new")
    page.get_by_label("Mail address of the client").fill("kofi at example")
    page.get_by_label("In a few words").fill("It fails")
    page.get_by_label("What happened, in the client's words").fill("A long story.")
    page.get_by_role("button", name="Look for articles, then make it").click()
    expect(page.get_by_text("Write a mail address such as name@example.org.")).to_be_visible()
    expect(page.get_by_label("What happened, in the client's words")).to_have_value("A long story.")


@pytest.fixture
def hears_all(at_the_desk: AtTheDesk) -> Page:
    """An agent's page who hears of everything, each by mail and in the browser."""
    page = desk.ready(at_the_desk())
    page.context.grant_permissions(["notifications"])
    page.goto("/desk/notices")
    for event in page.get_by_role("group", name="Tell me of").get_by_role("checkbox").all():
        event.check()
    page.get_by_label("each at once").check()
    page.get_by_label("show notifications while the desk is open").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    return page


def test_an_agent_hears_of_what_others_did_and_not_of_their_own(portal: Installation, hears_all: Page) -> None:
    subject = f"notice {uuid.uuid4().hex[:8]}"
    number, link = portal.send(f"{uuid.uuid4().hex[:8]}@example.org", subject=subject)
    mail = portal.wait_for_mail("agent@example.org", with_text=f"New: #{number} {subject}")
    assert f"/desk/tickets/{number}" in text_of(mail)
    page = desk.open_ticket(hears_all, number)
    desk.answer(page, "Which version is it?", then="pending")
    requester = page.context.new_page()
    requester.goto(link)
    requester.get_by_label("Add information").fill("2.10")
    requester.get_by_role("button", name="Add to my request").click()
    portal.wait_for_mail("agent@example.org", with_text=f"The requester wrote: #{number} {subject}")
    page.goto("/desk/notices")
    mine = page.get_by_role("region", name="Told lately").get_by_role("listitem").filter(has_text=subject)
    assert [text.split()[0] for text in mine.all_inner_texts()] == ["replied", "new"]


def test_the_browser_shows_its_own_notification(portal: Installation, hears_all: Page) -> None:
    page = hears_all
    page.add_init_script("""window.told = [];
      window.Notification = class { constructor(title, more) { window.told.push(`${title}: ${more.body}`); }
        static permission = "granted"; static requestPermission() { return Promise.resolve("granted"); } };""")
    with page.expect_response("**/desk/notices/new**"):
        desk.queue(page)
    subject = f"browser {uuid.uuid4().hex[:8]}"
    number, _ = portal.send(f"{uuid.uuid4().hex[:8]}@example.org", subject=subject)
    desk.queue(page)
    page.wait_for_function("told => window.told.includes(told)", arg=f"New request: #{number} {subject}")


def test_a_solved_ticket_becomes_a_scrubbed_draft_and_a_gap_is_noted(
    portal: Installation, at_the_desk: AtTheDesk, tmp_path: Path
) -> None:
    email = f"ada.lovelace{uuid.uuid4().hex[:4]}@example.org"
    number, _ = portal.send(
        email, name="Ada Lovelace", subject="Export stops for Ada Lovelace",
        happened=f"I am Ada Lovelace, write to {email} or +254 712 345 678. The export stops.",
    )  # fmt: skip
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_label("What no article answers").fill("Which exports are too large, as Ada Lovelace asked")
    desk.press(page, "Note the gap")
    desk.answer(page, "Hello Ada,\n\nchoose a shorter period. Then export again.", then="solved")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Draft an article from this").click()
    assert taken.value.suggested_filename == "export-stops-for-person-1.md"
    draft = Path(taken.value.path()).read_text(encoding="utf-8")
    assert "choose a shorter period. Then export again." in draft
    assert draft.startswith("---\ntitle: ")
    for private in ("Ada", "Lovelace", email, "712", "Maria"):
        assert private not in draft, draft
    page.goto("/desk/gaps")
    expect(page.get_by_text("Which exports are too large, as [person 1] asked").first).to_be_visible()
