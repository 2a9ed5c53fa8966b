"""What people see while a part is down: the truth, and nothing that they wrote is lost or sent twice.

Suggestions down and service down are in test_service_down.py; offline and killed in test_bad_lines.py.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.journeys import pages, photos
from tests.journeys.conftest import Visitors
from tests.journeys.installation import Installation, wait_until
from tests.postgres import free_port
from tests.served import ROOT

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
NOT_LOADED = "Failed to load resource"
NOT_YET = "Not sent yet. Your text is safe in this browser"
STILL = "Still trying. The line or our service is slow. Nothing is lost, and nothing is sent twice."
NO_MAIL = "Our mails do not go out at this moment; we try again."
ON_ITS_WAY = "A mail with this number and a link to this page is on its way to you."
UNKEPT = "This browser keeps nothing, so leave this page open"
SHIFTED = """(() => {
  const Real = Date, shift = SECONDS * 1000;
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [Real.now() + shift])); }
    static now() { return Real.now() + shift; }
  };
})();"""


def filled_in(page: Page, email: str) -> None:
    page.goto(pages.CONTACT)
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        pages.describe(page)
    pages.email(page).fill(email)


@pytest.fixture
def start(chromium: Browser, release: Path) -> Iterator[Callable[..., tuple[Installation, Visitors]]]:
    """Call it for an installation in a folder of the test's own, with other settings where it says so, and its visitors."""
    began: list[tuple[Installation, Visitors]] = []

    def begin(home: Path, **blocks: dict[str, Any]) -> tuple[Installation, Visitors]:
        settings = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))
        config = home.with_name(f"{home.name}.yml")
        config.write_text(yaml.safe_dump({**settings, **blocks}), encoding="utf-8")
        shutil.copy(ROOT / "mkdocs.yml", config.parent)
        home.mkdir(exist_ok=True)
        (home / "current").symlink_to(release)
        made = Installation(home, config)
        made.start()
        began.append((made, Visitors(chromium, made.url, expected=(NOT_LOADED,))))
        return began[-1]

    yield begin
    for made, visitors in began:
        made.kill()
        visitors.leave()
        assert not visitors.wrongs


@contextmanager
def locked(portal: Installation) -> Iterator[None]:
    """Hold the only place from which this database can be written."""
    database = sqlite3.connect(portal.home / "deflect.db", isolation_level=None, timeout=10)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()


def test_a_locked_database_delays_a_request_and_the_page_says_so(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "locked@example.org")
    with locked(portal):
        pages.send(page)
        expect(page.get_by_text(STILL)).to_be_visible(timeout=20_000)
        expect(page.get_by_text(NOT_YET)).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Try now").click()
    number = pages.number_on(page)
    assert [str(row[0]) for row in portal.tickets_of("locked@example.org")] == [number]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root may mount the small disk that this test fills up")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(disk: Path) -> Path:
    """Leave no byte free, and return the file to remove."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_full_disk_takes_no_request_and_no_file_but_loses_none(
    start: Callable[..., tuple[Installation, Visitors]], small_disk: Path
) -> None:
    portal, visit = start(small_disk / "home")
    page = visit()
    filled_in(page, "full@example.org")
    content, clean = photos.png(31)
    photos.add(page, photos.upload("full.png", content))
    expect(photos.listed(page, "full.png")).to_contain_text("Kept in this browser")
    with sqlite3.connect(portal.home / "deflect.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # no room is left in the log either
    database.close()
    filler = fill_up(small_disk)
    pages.send(page)
    expect(page.get_by_text(NOT_YET)).to_be_visible()
    assert portal.answers()
    filler.unlink()
    page.route("**/files/*", lambda route: (fill_up(small_disk), route.continue_()), times=1)
    page.get_by_role("button", name="Try now").click()
    expect(photos.listed(page, "full.png")).to_contain_text("Interrupted. We go on by ourselves.")
    filler.unlink()
    photos.listed(page, "full.png").get_by_role("button", name="Try now").click()
    number = pages.number_on(page)
    assert photos.kept(portal, number) == {"full.png": clean}
    assert len(portal.tickets_of("full@example.org")) == 1


def test_a_mail_server_that_is_down_stops_no_request_and_the_page_promises_no_mail(
    start: Callable[..., tuple[Installation, Visitors]], tmp_path: Path
) -> None:
    portal, visit = start(tmp_path / "home", mail={"transport": "smtp", "host": "127.0.0.1", "port": free_port()})
    page = visit()
    filled_in(page, "nomail@example.org")
    pages.send(page)
    number = pages.number_on(page)
    failed = "SELECT count(*) FROM attempt JOIN message ON message.id = message_id WHERE ticket_id = ? AND outcome = 'temporary'"
    wait_until(lambda: portal.rows(failed, number)[0][0], "the mail to fail")
    page.reload()
    assert pages.number_on(page) == number
    expect(page.get_by_text(NO_MAIL)).to_be_visible()
    expect(page.get_by_text(ON_ITS_WAY)).to_have_count(0)


def test_a_slow_reply_is_waited_for_and_makes_one_request(visit: Visit, portal: Installation) -> None:
    page = visit()
    page.clock.install()
    page.goto(pages.CONTACT)
    pages.describe(page)
    page.clock.fast_forward(1000)
    expect(pages.suggestion(page)).to_be_visible()
    pages.email(page).fill("slow@example.org")
    waiting: list[Route] = []
    page.route("**/api/v1/tickets", lambda route, _: waiting.append(route))
    pages.send(page)
    expect(page.get_by_text("Sending …")).to_be_visible()
    wait_until(lambda: waiting or page.wait_for_timeout(20), "the request to be on its way")
    page.clock.fast_forward(10_000)
    expect(page.get_by_role("status").filter(has_text=STILL)).to_be_visible()
    page.get_by_role("button", name="Send my request").click(force=True)  # an impatient one
    assert len(waiting) == 1
    waiting[0].continue_()
    number = pages.number_on(page)
    assert [str(row[0]) for row in portal.tickets_of("slow@example.org")] == [number]


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_a_day_wrong_changes_nothing(visit: Visit, portal: Installation, days: int) -> None:
    page = visit()
    page.add_init_script(SHIFTED.replace("SECONDS", str(days * 86_400)))
    email = f"clock{days}@example.org"
    filled_in(page, email)
    expect(page.get_by_text("Saved in this browser as you type.")).to_be_visible()
    page.reload()
    expect(pages.happened(page)).to_have_value(pages.HAPPENED)
    photos.add(page, photos.upload("clock.png", photos.png(32, 40, 40)[0]))
    pages.send(page)
    number = pages.number_on(page)
    made = portal.rows("SELECT id, created_at, searched FROM ticket WHERE email = ?", email)
    assert [(str(row[0]), row[2]) for row in made] == [(number, "yes")]
    at = datetime.fromisoformat(made[0][1]).replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert list(photos.kept(portal, number)) == ["clock.png"]


BLOCKED = """(() => {
  const deny = () => { throw new DOMException("Access is denied for this document.", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: deny });
  IDBFactory.prototype.open = deny;
  Object.defineProperty(Document.prototype, "cookie", { get: () => "", set: () => {} });
})()"""
"""What a page meets where its reader has forbidden all sites to keep anything."""


@pytest.fixture
def nothing_kept(chromium: Browser, portal: Installation) -> Iterator[BrowserContext]:
    """A browser whose owner has forbidden all sites to keep anything: no cookies, no storage."""
    context = chromium.new_context(base_url=portal.url, locale="en-GB")
    context.add_init_script(BLOCKED)
    yield context
    context.close()


def test_where_storage_is_blocked_nothing_is_called_safe_and_all_arrives(
    nothing_kept: BrowserContext, portal: Installation
) -> None:
    page = nothing_kept.new_page()
    filled_in(page, "blocked@example.org")
    with pytest.raises(Exception, match="Access is denied"):
        page.evaluate("localStorage.length")
    content, clean = photos.png(33, 80, 80)
    photos.add(page, photos.upload("blocked.png", content))
    expect(photos.listed(page, "blocked.png")).to_contain_text("Your files are only in this page: leave it open.")
    nothing_kept.set_offline(True)
    pages.send(page)
    expect(page.get_by_role("status").filter(has_text=UNKEPT)).to_be_visible()
    told = page.get_by_role("main").inner_text()
    assert "safe in this browser" not in told
    assert "Kept in this browser" not in told
    assert "Saved in this browser" not in told
    nothing_kept.set_offline(False)
    number = pages.number_on(page)
    assert photos.kept(portal, number) == {"blocked.png": clean}
    assert len(portal.tickets_of("blocked@example.org")) == 1


def test_in_a_flood_the_browser_does_its_work_and_the_request_arrives_once(
    start: Callable[..., tuple[Installation, Visitors]], tmp_path: Path
) -> None:
    portal, visitors = start(tmp_path / "flooded", limits={"flood_address": 2, "work_bits": 12})
    for number in range(2):
        portal.send(f"crowd{number}@example.org")
    page = visitors()
    asked: list[int] = []
    page.on("response", lambda response: response.url.endswith("/tickets") and asked.append(response.status))
    filled_in(page, "flooded@example.org")
    pages.send(page)
    number = pages.number_on(page)
    assert asked == [428, 201]
    assert [str(row[0]) for row in portal.tickets_of("flooded@example.org")] == [number]
