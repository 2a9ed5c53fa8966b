"""Journey 6: an agent answers in the desk; the requester gets the mail and reads the same on the request's page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import pages
from tests.journeys.installation import Installation, text_of

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
ANSWER = "Open the app with a connection once; the form then comes by itself."


def test_an_answer_reaches_the_requester_by_mail_and_on_the_page(
    visit: Visit, portal: Installation, at_the_desk: Callable[..., Page]
) -> None:
    _, link = portal.send("asker@example.org", subject="the form is grey")
    page = at_the_desk()
    page.get_by_role("link", name="the form is grey").click()
    expect(page.get_by_text(pages.HAPPENED)).to_be_visible()
    page.get_by_label("Your answer").fill(ANSWER)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("article").filter(has_text=ANSWER)).to_be_visible()

    mail = portal.wait_for_mail("asker@example.org", with_text=ANSWER)
    assert link in text_of(mail)
    assert mail["In-Reply-To"] in [earlier["Message-ID"] for earlier in portal.mails_to("asker@example.org")]
    requester = visit()
    requester.goto(link)
    expect(requester.get_by_role("list").filter(has_text=ANSWER)).to_be_visible()


def test_a_note_of_the_team_never_reaches_the_requester(
    visit: Visit, portal: Installation, at_the_desk: Callable[..., Page]
) -> None:
    number, link = portal.send("private@example.org")
    page = at_the_desk()
    page.goto(f"/desk/tickets/{number}")
    page.get_by_label("Your answer").fill("They asked this before.")
    page.get_by_label("Only the team").check()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("private note")).to_be_visible()
    requester = visit()
    requester.goto(link)
    expect(requester.get_by_role("heading", level=1)).to_be_visible()
    expect(requester.get_by_text("They asked this before.")).to_have_count(0)
    assert len(portal.mails_to("private@example.org")) <= 1


def test_a_solved_request_says_so_and_what_is_added_opens_it_again(
    visit: Visit, portal: Installation, at_the_desk: Callable[..., Page]
) -> None:
    number, link = portal.send("mended@example.org")
    desk = at_the_desk()
    desk.goto(f"/desk/tickets/{number}")
    desk.get_by_label("Your answer").fill(ANSWER)
    desk.get_by_label("Then").select_option("solved")
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(desk.get_by_role("article").filter(has_text=ANSWER)).to_be_visible()
    requester = visit()
    requester.goto(link)
    expect(requester.get_by_text("It is solved. If it is not, write below and it opens again.")).to_be_visible()
    requester.get_by_label("Add information").fill("It came back.")
    requester.get_by_role("button", name="Add to my request").click()
    expect(requester.get_by_text("Someone in support is working on it.")).to_be_visible()
    desk.goto("/desk/?view=mine")
    expect(desk.locator(f"a[href='/desk/tickets/{number}']")).to_be_visible()


def test_a_wrong_password_opens_nothing(visit: Visit) -> None:
    visit.expect("403")
    page = visit()
    page.goto("/desk/")
    page.get_by_label("Mail address").fill("agent@example.org")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Mail address")).to_have_value("agent@example.org")
    page.goto("/desk/tickets/1")
    expect(page.get_by_role("heading", name="Sign in to the desk")).to_be_visible()


@pytest.mark.parametrize("where", ["/desk/", "/desk/tickets/{number}", "{link}"])
def test_no_page_of_a_request_scrolls_sideways_on_a_small_screen(
    portal: Installation, at_the_desk: Callable[..., Page], where: str
) -> None:
    """A word that never ends is the test: a pasted address or identifier."""
    number, link = portal.send(f"small{len(where)}@example.org", happened="https://care.akvoflow.org/" + "a1b2c3" * 60)
    page = at_the_desk(320)
    page.goto(where.format(number=number, link=link))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert pages.too_wide(page) == 0
