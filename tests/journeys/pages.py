"""What people do on our pages, in their own words: the journeys are written with these."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qs

from playwright.sync_api import Locator, Page, Request, Response, expect

HOME, CONTACT, ARTICLE, LANDING = "/", "/support/contact/", "/flow/form-not-in-app/", "/flow/"
NOT_IN_APP = "My survey does not appear in the app"
SUBJECT = "survey is not showing on the phone"
HAPPENED = "I published the form and made an assignment, but the app does not show the survey."
HELPS = "Articles that may help"


def box(page: Page) -> Locator:
    return page.get_by_role("combobox")


def beside(page: Page) -> Locator:
    """The region of suggestions under the text of a request."""
    return page.get_by_role("region", name=HELPS)


def suggestion(page: Page, title: str = NOT_IN_APP) -> Locator:
    return beside(page).locator("details").filter(has=page.locator("summary b", has_text=title))


def words_of(request: Request) -> str | None:
    """The text that a request for suggestions carries; None for any other request."""
    if not request.url.endswith("/api/v1/suggest"):
        return None
    return parse_qs(request.post_data or "", keep_blank_values=True)["text"][0]


@contextmanager
def found_for(page: Page, text: str) -> Iterator[None]:
    """Wait until the suggestions for just this text have come, so that the list no longer changes."""

    def last(response: Response) -> bool:
        return (words_of(response.request) or "").strip() == text

    with page.expect_response(last):
        yield


def search(page: Page, words: str = SUBJECT) -> None:
    """Type into the page's search box, key by key, until its articles are there."""
    with found_for(page, words):
        box(page).press_sequentially(words)
    expect(page.get_by_role("option").first).to_be_visible()


def subject(page: Page) -> Locator:
    return page.get_by_label("In a few words")


def happened(page: Page) -> Locator:
    return page.get_by_label("What happened?")


def email(page: Page) -> Locator:
    return page.get_by_label("Your mail address")


def choose_product(page: Page, name: str = "Flow") -> None:
    page.get_by_role("radio", name=name).check()


def describe(page: Page, words: str = SUBJECT, more: str = HAPPENED) -> None:
    """Choose Flow and write what is wrong."""
    choose_product(page)
    subject(page).fill(words)
    happened(page).fill(more)


def begin_request(page: Page) -> None:
    """Open the form and describe the problem until the right article stands under it."""
    page.goto(CONTACT)
    with found_for(page, f"{SUBJECT}\n{HAPPENED}"):
        describe(page)
    expect(suggestion(page)).to_be_visible()


def open_suggestion(page: Page, title: str = NOT_IN_APP) -> Locator:
    """Unfold an article in place, and wait for its text."""
    found = suggestion(page, title)
    found.locator("summary").click()
    expect(found.locator(".read li").first).to_be_visible()
    return found


def send(page: Page) -> None:
    page.get_by_role("button", name="Send my request").click()


def session_of(page: Page) -> str:
    return page.locator("#request [name=session]").input_value()


def number_on(page: Page) -> str:
    """The reference that a page shows after sending."""
    expect(page.get_by_role("heading", name="We have your request")).to_be_visible()
    return page.locator(".number strong").inner_text()


def typed(page: Page) -> dict[str, str]:
    """What the form holds: the words of every field that a person fills in."""
    values: Mapping[str, str] = page.locator("#request").evaluate("form => Object.fromEntries(new FormData(form))")
    unseen = ("session", "receipt", "idempotency_key", "language", "opened")
    return {name: value for name, value in values.items() if value and name not in unseen}


def too_wide(page: Page) -> int:
    """By how many pixels a page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
