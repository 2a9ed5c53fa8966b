"""What the form looks like on a bad line: each function brings a page into one state, for whoever wants to look at it."""

import re

from playwright.sync_api import Page, Route, expect

from tests.journeys import pages, photos

PIECES = re.compile(r"/requests/\d+/[^/]+/files/\w+\?offset=")


def _with_a_file(page: Page, name: str = "photo.png", content: bytes = b"") -> None:
    pages.begin_request(page)
    pages.email(page).fill("axe@example.org")
    photos.add(page, photos.upload(name, content or photos.png(41)[0]))
    expect(photos.listed(page, name)).to_contain_text("Kept in this browser")


def form_with_files(page: Page) -> None:
    _with_a_file(page)
    expect(page.get_by_role("button", name=re.compile("Make it smaller"))).to_be_visible()
    photos.add(page, photos.upload("empty.log", b"", "text/plain"))
    expect(photos.listed(page, "empty.log")).to_contain_text("cannot be sent")


def form_offline(page: Page) -> None:
    _with_a_file(page)
    page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    page.route("**/api/v1/tickets", lambda route: route.abort())
    pages.send(page)
    expect(page.get_by_text("Your request is safe in this browser.")).to_be_visible()


def form_waiting_for_a_slow_reply(page: Page) -> None:
    _with_a_file(page)
    page.route("**/api/v1/tickets", lambda _route: None)
    pages.send(page)
    expect(page.get_by_text("Still trying.")).to_be_visible(timeout=12_000)


def files_uploading(page: Page) -> None:
    _with_a_file(page)
    seen: list[Route] = []
    page.route(PIECES, lambda route: (seen.append(route), route.continue_() if len(seen) < 3 else None))
    pages.send(page)
    expect(page.get_by_text("Sending: 197 KB of 751 KB")).to_be_visible()


def files_paused(page: Page) -> None:
    files_uploading(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: 197 KB of 751 KB sent")).to_be_visible()


def files_interrupted(page: Page) -> None:
    _with_a_file(page)
    page.route(PIECES, lambda route: route.abort())
    pages.send(page)
    expect(page.get_by_text("Interrupted. We go on by ourselves.")).to_be_visible()


def file_refused(page: Page) -> None:
    _with_a_file(page, "page.png", b"<!doctype html><script>alert(1)</script>")
    pages.send(page)
    expect(photos.listed(page, "page.png")).to_contain_text("Not taken: ")


BAD_LINE = [
    form_with_files,
    form_offline,
    form_waiting_for_a_slow_reply,
    files_uploading,
    files_paused,
    files_interrupted,
    file_refused,
]
