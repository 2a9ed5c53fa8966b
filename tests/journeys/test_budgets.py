"""What a page may weigh on a slow line, and what may never stand in an address. Nothing here looks at the clock."""

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import pages

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
OURS = ("help.css", "suggest.js", "request.js")
OWN_BYTES, COACH_BYTES, FIRST_LOAD_BYTES = 15_000, 6_000, 250_000


def weight(release: Path, name: str) -> int:
    """Bytes on the wire of one of our own files, as it is built."""
    stem, _, ending = name.rpartition(".")
    (built,) = (release / "site" / "assets").glob(f"{stem}.????????.{ending}")
    return len(gzip.compress(built.read_bytes(), 9, mtime=0))


def test_our_own_script_and_style_stay_under_15_kb_gzipped(release: Path) -> None:
    weights = {name: weight(release, name) for name in OURS}
    assert sum(weights.values()) < OWN_BYTES, weights


def test_what_advises_beside_the_form_stays_under_6_kb_gzipped(release: Path) -> None:
    assert weight(release, "coach.js") < COACH_BYTES


def test_the_short_list_for_when_the_service_is_down_stays_under_30_kb_gzipped(release: Path) -> None:
    assert 1_000 < weight(release, "fallback.js") < 30_000


@pytest.mark.parametrize("path", [pages.CONTACT, pages.HOME, pages.ARTICLE])
def test_the_first_load_of_a_page_stays_under_250_kb(visit: Visit, path: str) -> None:
    page = visit()
    sizes = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda loaded: sizes.append(loaded["encodedDataLength"]))
    page.goto(path, wait_until="networkidle")
    assert len(sizes) > 3
    assert sum(sizes) < FIRST_LOAD_BYTES


def test_what_is_typed_stands_in_no_address(visit: Visit) -> None:
    page = visit()
    asked = []
    page.on("request", lambda request: asked.append(unquote_plus(request.url)))
    page.goto(pages.HOME)
    pages.search(page, "zebra survey is not on the phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Search the guides")).to_be_visible()
    page.goto(pages.CONTACT)
    with pages.found_for(page, "zebra survey\nThe giraffe is not on the phone"):
        pages.describe(page, "zebra survey", "The giraffe is not on the phone")
    pages.email(page).fill("okapi@example.org")
    pages.send(page)
    pages.number_on(page)
    assert any(address.endswith("/api/v1/suggest") for address in asked)
    assert [address for address in asked if any(word in address for word in ("zebra", "giraffe", "okapi"))] == []
