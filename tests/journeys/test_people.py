"""People at the desk, in a browser: an authenticator app, a limited agent, a sign-in that is ended, a person who is erased."""

import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.installation import Installation, wait_until
from tests.journeys.test_accessible import clean  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
PASSWORD = "several words of the tests"
LEAD = "lead@example.org"


@pytest.fixture(scope="module")
def lead(portal: Installation) -> str:
    portal.extra["DEFLECT_AGENT_PASSWORD"] = PASSWORD
    made = portal.command("agent", "add", LEAD, "--name", "Lena", "--role", "lead")
    assert made.returncode == 0, made.stderr
    return LEAD


def add(portal: Installation, email: str) -> None:
    portal.extra["DEFLECT_AGENT_PASSWORD"] = PASSWORD
    made = portal.command("agent", "add", email, "--role", "agent")
    assert made.returncode == 0, made.stderr


def sign_in(page: Page, email: str, password: str = PASSWORD) -> Page:
    page.goto("/desk/")
    page.get_by_label("Mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


def at_the_queue(page: Page) -> None:
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def unfold(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()


def test_an_agent_sets_up_an_app_and_signs_in_with_its_code(
    visit: Visit,
    portal: Installation,
    clean: Callable[[Page], None],  # noqa: F811 - the fixture
) -> None:
    visit.expect("403")  # type: ignore[attr-defined]
    add(portal, "app@example.org")
    page = sign_in(visit(), "app@example.org")
    at_the_queue(page)
    page.get_by_role("link", name="app@example.org").click()
    clean(page)
    page.locator("#on-password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    expect(page.locator(".picture svg")).to_be_visible()
    clean(page)
    app = pyotp.TOTP(page.locator("code").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows now").fill(app.now())
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator(".codes code")
    expect(codes).to_have_count(10)
    code = codes.first.inner_text()
    clean(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    again = sign_in(visit(320), "app@example.org")
    expect(again.get_by_role("heading", name="One more step")).to_be_visible()
    clean(again)
    again.get_by_label("Code from your authenticator app").fill("000000")
    again.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_contain_text("not right")
    again.get_by_label("Code from your authenticator app").fill(code)
    again.keyboard.press("Enter")
    at_the_queue(again)


def test_a_lead_adds_an_agent_for_one_product_who_sees_no_other(
    visit: Visit,
    portal: Installation,
    lead: str,
    clean: Callable[[Page], None],  # noqa: F811
) -> None:
    visit.expect("404")  # type: ignore[attr-defined]
    flow, _ = portal.send("asks@example.org", subject="Only Flow people see this")
    rsr, _ = portal.send("asks@example.org", product="rsr", subject="Only RSR people see this")
    page = sign_in(visit(), lead)
    page.get_by_role("link", name="People", exact=True).click()
    clean(page)
    page.get_by_label("Mail address").fill("limited@example.org")
    page.get_by_label("Name", exact=True).fill("Lim")
    page.get_by_label("RSR").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Give this link to Lim")).to_be_visible()
    clean(page)
    link = page.locator("code").inner_text()

    new = visit()
    new.goto(link)
    clean(new)
    new.get_by_label("New password").fill(PASSWORD)
    new.get_by_role("button", name="Set the password").click()
    new.get_by_label("Password").fill(PASSWORD)
    new.get_by_role("button", name="Sign in").click()
    at_the_queue(new)
    expect(new.get_by_role("link", name=re.compile("Only RSR people"))).to_be_visible()
    expect(new.get_by_role("link", name=re.compile("Only Flow people"))).to_have_count(0)
    expect(new.get_by_role("link", name="People", exact=True)).to_have_count(0)
    new.goto(f"/desk/tickets/{flow}")
    expect(new.get_by_text("There is no request with this number.")).to_be_visible()
    new.goto(f"/desk/tickets/{rsr}")
    expect(new.get_by_role("heading", name=re.compile("Only RSR people"))).to_be_visible()

    page.get_by_role("link", name="Lim").click()
    clean(page)
    page.get_by_role("button", name="Disable the account").click()
    expect(page.get_by_role("button", name="Enable the account")).to_be_visible()
    new.reload()
    expect(new.get_by_role("heading", name="Sign in to the desk")).to_be_visible()
    page.goto("/desk/audit")
    expect(page.get_by_role("cell", name="disabled").first).to_be_visible()
    clean(page)


def test_an_agent_ends_the_sign_in_of_a_lost_phone(visit: Visit, portal: Installation) -> None:
    add(portal, "phone@example.org")
    phone, page = sign_in(visit(320), "phone@example.org"), sign_in(visit(), "phone@example.org")
    at_the_queue(phone)
    at_the_queue(page)
    page.goto("/desk/account/")
    expect(page.get_by_text("this one")).to_be_visible()
    unfold(page, "End a sign-in")
    page.locator("#end-password").fill(PASSWORD)
    page.get_by_role("button", name="End it").click()
    expect(page.locator(".told")).to_contain_text("All your other sign-ins have ended.")
    phone.reload()
    expect(phone.get_by_role("heading", name="Sign in to the desk")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_a_program_gets_a_token_that_is_shown_once(visit: Visit, portal: Installation, clean: Callable[[Page], None]) -> None:  # noqa: F811
    add(portal, "program@example.org")
    page = sign_in(visit(), "program@example.org")
    at_the_queue(page)
    page.goto("/desk/account/")
    unfold(page, "Make a token")
    page.get_by_label("What it is for").fill("weekly report")
    page.locator("#token-password").fill(PASSWORD)
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    token = page.locator("code").inner_text()
    assert token.startswith("desk_")
    clean(page)
    page.get_by_role("link", name="Back to your account").click()
    expect(page.get_by_text(token)).to_have_count(0)
    page.get_by_role("button", name="Revoke weekly report").click()
    expect(page.get_by_text("weekly report")).to_have_count(0)


def test_a_lead_exports_and_erases_a_person_without_scripts(
    visit: Visit,
    portal: Installation,
    lead: str,
    clean: Callable[[Page], None],  # noqa: F811
) -> None:
    who, word = "Erase.Me@example.org", "quokkawords"
    number, link = portal.send(who.lower(), subject=f"About {word}", happened=f"{word} again")
    portal.wait_for_mail(who.lower())
    looks = sign_in(visit(), lead)
    looks.goto("/desk/privacy/")
    clean(looks)
    looks.get_by_label("Mail address").fill(who)
    looks.get_by_role("button", name="Look").click()
    expect(looks.get_by_role("heading", name="What we hold of erase.me@example.org")).to_be_visible()
    clean(looks)
    with looks.expect_download() as saved:
        looks.get_by_role("button", name="Export as zip").click()
    assert saved.value.suggested_filename == "person.zip"

    page = sign_in(visit(320, java_script_enabled=False), lead)
    page.goto("/desk/privacy/")
    page.get_by_label("Mail address").fill(who)
    page.get_by_role("button", name="Look").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="Erased")).to_be_visible()
    # The database's files are cleaned once nobody reads them; the relay tries again, and again.
    wait_until(lambda: not left(portal, [who.lower().encode(), word.encode()]), "nothing of the person in any file", patience=60)
    assert portal.rows("SELECT subject FROM ticket WHERE id = ?", int(number)) == [("(erased)",)]
    visit.expect("404")  # type: ignore[attr-defined]
    looks.goto(link)
    expect(looks.get_by_text("There is no request with this number.")).to_be_visible()
    looks.goto("/desk/privacy/")
    expect(looks.get_by_role("cell", name="erasure").first).to_be_visible()
    clean(looks)


def left(portal: Installation, pieces: list[bytes]) -> list[str]:
    """List the files of the installation in whose raw bytes something is found, whatever its letters."""
    places = [*portal.home.glob("deflect.db*"), *(portal.home / "mail").glob("*"), *(portal.home / "files").rglob("*")]
    files = [path for path in places if path.is_file()]
    return [path.name for path in files if any(piece in path.read_bytes().lower() for piece in pieces)]
