"""Journey: after the answer. Yes and no are kept, a requester's words open it again for 14 days, then a new request follows."""

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import desk_pages as desk
from tests.journeys import pages
from tests.journeys.installation import Installation, text_of

pytestmark = pytest.mark.browser
AtTheDesk = Callable[..., Page]
Visit = Callable[..., Page]


@pytest.fixture
def solved(portal: Installation, at_the_desk: AtTheDesk) -> tuple[str, str, str, Page]:
    """Number, link and mail address of a request that was just solved, and the agent's page."""
    email = f"{uuid.uuid4().hex[:8]}@example.org"
    number, link = portal.send(email, name="Ada")
    page = desk.open_ticket(at_the_desk(), number)
    desk.answer(page, "Sync the app once.", then="solved")
    return number, link, email, page


def age(portal: Installation, number: str, days: int) -> None:
    """Let a request have been solved some days ago."""
    with closing(sqlite3.connect(portal.home / "deflect.db", timeout=10)) as database, database:
        database.execute("UPDATE ticket SET solved_at = datetime(solved_at, ?) WHERE id = ?", (f"-{days} days", number))


def test_the_solved_mail_asks_and_a_yes_is_kept(visit: Visit, portal: Installation, solved: tuple[str, str, str, Page]) -> None:
    number, link, email, page = solved
    mail = text_of(portal.wait_for_mail(email, with_text="Did this solve it?"))
    assert f"{link}#solved" in mail
    requester = visit()
    requester.goto(f"{link}#solved")
    assert portal.rows("SELECT solved_says FROM ticket WHERE id = ?", number) == [(None,)], "opening the link says nothing"
    requester.get_by_role("button", name="Yes, it did").click()
    expect(requester.get_by_text("You said yes. Thank you.")).to_be_visible()
    desk.open_ticket(page, number)
    expect(page.get_by_text("The requester said that it is solved.")).to_be_visible()
    expect(desk.glance(page, "State")).to_have_text("solved")
    desk.noted(page, "requester: solved\\?.*yes")


def test_a_no_is_kept_and_opens_it_again(visit: Visit, solved: tuple[str, str, str, Page]) -> None:
    number, link, _, page = solved
    requester = visit()
    requester.goto(link)
    requester.get_by_role("button", name="No, it did not").click()
    expect(requester.get_by_text("your request is open again")).to_be_visible()
    desk.queue(page, "mine")
    expect(desk.row(page, number)).to_be_visible()
    desk.open_ticket(page, number)
    desk.noted(page, "requester: solved\\?.*no")
    desk.noted(page, "requester: status solved → open")


def test_within_fourteen_days_what_the_requester_writes_opens_it_again(
    visit: Visit, portal: Installation, solved: tuple[str, str, str, Page]
) -> None:
    number, link, _, page = solved
    age(portal, number, 13)
    requester = visit()
    requester.goto(link)
    requester.get_by_label("Add information").fill("It is back.")
    requester.get_by_role("button", name="Add to my request").click()
    expect(requester.get_by_text("Someone in support is working on it.")).to_be_visible()
    desk.open_ticket(page, number)
    expect(desk.glance(page, "State")).to_have_text("open")


def test_after_fourteen_days_a_new_request_follows_and_is_linked_both_ways(
    visit: Visit, portal: Installation, solved: tuple[str, str, str, Page]
) -> None:
    number, link, email, page = solved
    age(portal, number, 15)
    requester = visit()
    requester.goto(link)
    expect(requester.get_by_text("becomes a new one that follows it")).to_be_visible()
    requester.get_by_label("Add information").fill("It is back after weeks.")
    requester.get_by_role("button", name="Add to my request").click()
    new = pages.number_on(requester)
    assert new != number
    portal.wait_for_mail(email, with_text=new)
    desk.open_ticket(page, new)
    expect(page.get_by_text("It is back after weeks.")).to_be_visible()
    page.get_by_role("link", name=f"#{number}").click()
    expect(page.get_by_role("link", name=f"#{new}")).to_be_visible()
    expect(desk.glance(page, "State")).to_have_text("solved")


def test_a_canned_reply_in_the_requesters_language_is_sent_and_the_state_set_in_one_step(
    portal: Installation, at_the_desk: AtTheDesk
) -> None:
    email = f"{uuid.uuid4().hex[:8]}@example.org"
    number, _ = portal.send(email, name="Awa", language="fr")
    page = desk.open_ticket(at_the_desk(), number)
    page.get_by_label("Canned reply").select_option(label="Nous cherchons la cause")
    page.get_by_role("button", name="Insert", exact=True).first.click()
    expect(page.get_by_label("Your answer")).to_have_value("Bonjour Awa,\n\nmerci pour ces précisions. Nous voyons la même chose "
        "de notre côté et nous cherchons la cause. Nous vous écrivons dès que nous en savons plus.\n\nMaria")  # fmt: skip
    page.get_by_label("Then").select_option("pending")
    desk.press(page, "Send")
    expect(desk.glance(page, "State")).to_have_text("pending")
    expect(desk.glance(page, "Agent")).to_have_text("Maria")
    portal.wait_for_mail(email, with_text="nous cherchons la cause")
