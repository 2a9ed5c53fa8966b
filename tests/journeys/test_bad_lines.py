"""Sending over a bad line: offline, a closed tab, a killed service, a flood. One request arrives, whole,
and the page says what is true.

`OFFLINE_SECONDS=60` keeps the line dead for a whole minute; the suite makes do with less.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, Route, expect

from deflect_api.intake.abuse import proof_of_work
from tests.journeys import pages, photos
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation, wait_until
from tests.served import ROOT

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
OFFLINE_SECONDS = float(os.environ.get("OFFLINE_SECONDS", "3"))
TICKETS = "**/api/v1/tickets"
PIECES = re.compile(r"/requests/\d+/[^/]+/files/\w+\?offset=")
NOT_LOADED = "Failed to load resource"
SAFE = "Your request is safe in this browser. We will send it when you are back online."
GOING_ON = "You closed this page before your request had arrived. We go on sending it."
# Asks work.js for each token, one after the other, as line.js does.
WORK = """async ([address, tokens, bits]) => {
  const found = [];
  for (const token of tokens) {
    const worker = new Worker(address);
    found.push(await new Promise((done, failed) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = failed;
      worker.postMessage({ token, bits });
    }));
    worker.terminate();
  }
  return found;
}"""


def filled_in(page: Page, email: str) -> None:
    page.goto(pages.CONTACT)
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        pages.describe(page)
    pages.email(page).fill(email)


@pytest.fixture
def own_portal(tmp_path: Path, release: Path) -> Iterator[Installation]:
    """An installation that the test may kill."""
    (tmp_path / "current").symlink_to(release)
    made = Installation(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def visit_own(chromium: Browser, own_portal: Installation) -> Iterator[Visitors]:
    """Visitors of `own_portal`, whose line may break."""
    visitors = Visitors(chromium, own_portal.url, expected=(NOT_LOADED,))
    yield visitors
    visitors.leave()
    assert not visitors.wrongs


def test_offline_the_request_is_safe_and_goes_by_itself_when_the_line_is_back(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "offline@example.org")
    page.context.set_offline(True)
    pages.send(page)
    held = page.get_by_role("status").filter(has_text=SAFE)
    expect(held).to_be_visible()
    expect(held.get_by_role("link", name="support@example.org")).to_be_visible()
    page.context.set_offline(False)
    number = pages.number_on(page)
    assert [str(row[0]) for row in portal.tickets_of("offline@example.org")] == [number]


def test_a_tab_closed_while_offline_goes_on_when_the_form_is_opened_again(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "closed@example.org")
    page.context.set_offline(True)
    pages.send(page)
    expect(page.get_by_text(SAFE)).to_be_visible()
    page.close()
    page.context.set_offline(False)
    second = page.context.new_page()
    slowly: list[Route] = []
    second.route(TICKETS, lambda route, _: slowly.append(route))
    second.goto(pages.CONTACT)
    expect(second.get_by_text(GOING_ON)).to_be_visible()
    expect(pages.happened(second)).to_have_value(pages.HAPPENED)
    wait_until(lambda: slowly or second.wait_for_timeout(20), "the request to be sent")
    slowly[0].continue_()
    number = pages.number_on(second)
    assert [str(row[0]) for row in portal.tickets_of("closed@example.org")] == [number]
    third = page.context.new_page()
    third.goto(pages.CONTACT)
    expect(pages.subject(third)).to_have_value("")


def test_a_request_that_was_refused_is_not_sent_again_by_opening_the_form(visit: Visit, portal: Installation) -> None:
    visit.expect("422")
    page = visit()
    filled_in(page, "ada@exa_mple.org")
    pages.send(page)
    expect(page.get_by_role("alert")).to_be_focused()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload(wait_until="networkidle")
    expect(pages.happened(page)).to_have_value(pages.HAPPENED)
    assert not any(address.endswith("/tickets") for address in asked)


def test_retry_after_is_waited_for_even_when_the_line_comes_back(visit: Visit) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    page.clock.install()
    page.goto(pages.CONTACT)
    pages.describe(page)
    page.clock.fast_forward(1000)
    expect(pages.suggestion(page)).to_be_visible()
    pages.email(page).fill("limited@example.org")
    asked: list[str] = []

    def not_now(route: Route) -> None:
        asked.append(route.request.headers["idempotency-key"])
        route.fulfill(status=429, headers={"Retry-After": "40"}, json={"error": "too_many", "detail": "Later.", "fields": {}})

    page.route(TICKETS, not_now)
    pages.send(page)
    expect(page.get_by_text("we try again in 40 seconds")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.clock.fast_forward(39_000)
    assert len(asked) == 1
    page.unroute(TICKETS)
    page.clock.fast_forward(2_000)
    pages.number_on(page)


def test_two_photos_arrive_once_and_whole_though_the_line_is_dead_and_the_service_is_killed(
    visit_own: Visitors, own_portal: Installation
) -> None:
    page = visit_own()
    page.goto(pages.CONTACT)
    pages.describe(page)
    pages.email(page).fill("must@example.org")
    (one, one_clean), (two, two_clean) = photos.png(21), photos.png(22)
    photos.add(page, photos.upload("well.png", one), photos.upload("pump.png", two))
    expect(photos.listed(page, "pump.png")).to_contain_text("Kept in this browser until it is sent.")
    page.context.set_offline(True)
    pages.send(page)
    expect(page.get_by_text(SAFE)).to_be_visible()
    own_portal.kill()
    page.wait_for_timeout(OFFLINE_SECONDS * 500)
    page.context.set_offline(False)  # a line, but nobody at its other end
    expect(page.get_by_text("Not sent yet. Your text is safe in this browser")).to_be_visible()
    page.wait_for_timeout(OFFLINE_SECONDS * 500)
    pieces: list[Route] = []
    page.route(PIECES, lambda route: (pieces.append(route), route.abort() if len(pieces) == 3 else route.continue_()))
    own_portal.start()
    page.get_by_role("button", name="Try now").click()
    expect(photos.listed(page, "well.png")).to_contain_text("Interrupted. We go on by ourselves.")
    own_portal.kill()  # once more, between two pieces of the first photo
    photos.listed(page, "well.png").get_by_role("button", name="Try now").click()
    expect(photos.listed(page, "well.png")).to_contain_text("Interrupted. We go on by ourselves.")
    own_portal.start()
    number = pages.number_on(page)
    assert [str(row[0]) for row in own_portal.tickets_of("must@example.org")] == [number]
    assert photos.kept(own_portal, number) == {"well.png": one_clean, "pump.png": two_clean}
    assert own_portal.rows("SELECT count(*) FROM upload") == [(2,)]


@pytest.fixture
def flooded(tmp_path: Path, release: Path) -> Iterator[Installation]:
    """An installation that takes the second request of an address for a flood."""
    settings = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))
    settings["limits"] = {**settings.get("limits", {}), "flood_address": 1}
    config = tmp_path / "support.yml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "current").symlink_to(release)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    made = Installation(tmp_path / "home", config)
    made.start()
    yield made
    made.kill()


def test_the_browsers_work_holds_for_tokens_of_any_length(visit: Visit) -> None:
    """A SHA-256 that is wrong for one length of text would lock some people out."""
    page = visit()
    page.goto(pages.CONTACT)
    tokens = [
        (uuid.uuid4().hex * 5)[:length] for length in (1, 40, 52, 53, 54, 55, 61, 62, 63, 64, 65, 117, 118, 126, 127, 128, 150)
    ]
    address = page.locator("script[data-work]").get_attribute("data-work")
    found = page.evaluate(WORK, [address, tokens, 9])
    assert [work.rpartition(":")[0] for work in found] == tokens
    assert min(proof_of_work.zero_bits(work) for work in found) >= 9
