"""Files with a request: the words arrive first, the files follow in pieces, and what is kept is whole and names no place."""

import base64
import gzip
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.journeys import pages, photos
from tests.journeys.installation import Installation, wait_until
from tests.served import ROOT

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
FILES = re.compile(r"/requests/\d+/[^/]+/files")
PIECES = re.compile(FILES.pattern + r"/\w+\?offset=")
ARRIVED = "Your request has arrived"
NOT_LOADED = "Failed to load resource"
FILES_BYTES = 6_000
HTML = b"<!doctype html><script>alert(1)</script>"
DROP = """async ([name, bytes]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const target = document.querySelector("footer");
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true });
    if (target.dispatchEvent(event)) throw new Error("the browser would open the file instead of the form: " + type);
  }
}"""
PASTE = """([bytes, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
  if (text) clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""
# The content of the first file that this browser keeps, as base64.
FIRST_KEPT = """async () => {
  const opening = indexedDB.open("help-files");
  const base = await new Promise((done) => { opening.onsuccess = () => done(opening.result); });
  const found = await new Promise((done) => {
    const asked = base.transaction("files").objectStore("files").getAll();
    asked.onsuccess = () => done(asked.result);
  });
  base.close();
  const reader = new FileReader();
  return new Promise((done) => {
    if (!found.length) done("");
    reader.onload = () => done(reader.result.split(",")[1]);
    if (found.length) reader.readAsDataURL(found[0].blob);
  });
}"""


def in_the_browser(page: Page) -> bytes:
    return base64.b64decode(page.evaluate(FIRST_KEPT))


def filled_in(page: Page, email: str) -> None:
    """A whole request, but for its files."""
    page.goto(pages.CONTACT)
    with pages.found_for(page, f"{pages.SUBJECT}\n{pages.HAPPENED}"):
        pages.describe(page)
    pages.email(page).fill(email)


def only_ticket(portal: Installation, email: str) -> str:
    found = portal.tickets_of(email)
    assert len(found) == 1
    return str(found[0][0])


def nothing_left(page: Page) -> bool:
    """True when neither words nor files are in this browser any more."""
    left: list[str] = page.evaluate(
        """async () => {
          const opening = indexedDB.open("help-files");
          const base = await new Promise((done) => { opening.onsuccess = () => done(opening.result); });
          const stores = [...base.objectStoreNames];
          const files = stores.length && await new Promise((done) => {
            const asked = base.transaction("files").objectStore("files").getAllKeys();
            asked.onsuccess = () => done(asked.result);
          });
          base.close();
          return [...(files || []), ...Object.keys(localStorage).filter((name) => name.startsWith("help-"))];
        }"""
    )
    return left == []


def test_two_photos_follow_their_request_whole_and_without_the_place_they_show(visit: Visit, portal: Installation) -> None:
    page = visit()
    filled_in(page, "photos@example.org")
    (one, one_clean), (two, two_clean) = photos.png(1), photos.png(2)
    photos.add(page, photos.upload("well.png", one), photos.upload("pump.png", two))
    expect(page.locator(".file-list canvas")).to_have_count(2)
    sent: list[Request] = []
    page.on("request", lambda asked: (asked.url.endswith("/tickets") or FILES.search(asked.url)) and sent.append(asked))
    pages.send(page)
    number = pages.number_on(page)
    assert only_ticket(portal, "photos@example.org") == number
    assert photos.kept(portal, number) == {"well.png": one_clean, "pump.png": two_clean}
    assert sent[0].url.endswith("/api/v1/tickets")
    offsets = [offset_of(request.url) for request in sent if request.method == "PUT"]
    assert offsets[:4] == [0, 65536, 196608, 458752]
    for name in ("well.png", "pump.png"):
        expect(page.get_by_role("main").get_by_text(name)).to_be_visible()
    assert nothing_left(page)


def test_a_file_that_is_dropped_or_pasted_goes_with_the_request(visit: Visit, portal: Installation) -> None:
    page = visit()
    filled_in(page, "dropped@example.org")
    (one, one_clean), (two, two_clean) = photos.png(3, 40, 40), photos.png(4, 40, 40)
    page.evaluate(DROP, ["dropped.png", list(one)])
    expect(photos.listed(page, "dropped.png")).to_be_visible()
    pages.happened(page).focus()
    page.evaluate(PASTE, [list(two), ""])
    expect(photos.listed(page, "screenshot-2.png")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Added: screenshot-2.png.")).to_be_attached()
    pages.send(page)
    assert photos.kept(portal, pages.number_on(page)) == {"dropped.png": one_clean, "screenshot-2.png": two_clean}


def test_a_copied_table_is_pasted_as_text_not_as_its_picture(visit: Visit) -> None:
    page = visit()
    page.goto(pages.CONTACT)
    pages.happened(page).focus()
    page.evaluate(PASTE, [list(photos.png(5, 8, 8)[0]), "a\tb"])
    photos.add(page, photos.upload("chosen.png", photos.png(6, 8, 8)[0]))
    expect(page.locator(".file-list li")).to_have_text([re.compile("chosen.png")])


def test_a_photo_is_made_smaller_when_asked_and_loses_its_place_in_the_browser(visit: Visit, portal: Installation) -> None:
    page = visit()
    filled_in(page, "smaller@example.org")
    photo = photos.jpeg(page, 2000, 1500)
    photos.add(page, photos.upload("IMG_1.jpeg", photo, "image/jpeg"))
    line = photos.listed(page, "IMG_1.jp")
    expect(line).to_contain_text("3.1 MB · Kept")
    assert photos.PLACE in in_the_browser(page)
    smaller = line.get_by_role("button", name=re.compile(r"Make it smaller for a slow line: 3.1 MB → \d+ KB"))
    smaller.click()
    expect(line.get_by_role("button", name="Take the original again: 3.1 MB")).to_be_focused()
    line.get_by_role("button", name="Take the original again").click()
    expect(line.locator(".tip")).to_contain_text("3.1 MB")
    smaller.click()
    expect(line.locator(".tip")).to_contain_text("KB · Kept")
    smaller_one = in_the_browser(page)
    assert photos.PLACE not in smaller_one
    pages.send(page)
    assert photos.kept(portal, pages.number_on(page)) == {"IMG_1.jpg": smaller_one}
    assert len(smaller_one) < len(photo) * 0.7


def test_too_many_too_large_and_empty_files_are_told_before_sending(visit: Visit, portal: Installation) -> None:
    page = visit()
    filled_in(page, "many@example.org")
    photos.add(page, *(photos.upload(f"log-{n}.txt", b"line %d\n" % n, "text/plain") for n in range(6)))
    expect(
        page.get_by_role("status").filter(has_text="Only 5 files can go with a request. Not added: log-5.txt.")
    ).to_be_visible()
    expect(page.locator(".file-list li")).to_have_count(5)
    for name in ("log-3.txt", "log-4.txt"):
        photos.listed(page, name).get_by_role("button", name="Remove").click()
    photos.add(
        page,
        photos.upload("large.zip", bytes(10 * 1024 * 1024 + 1), "application/zip"),
        photos.upload("nothing.txt", b"", "text/plain"),
    )
    expect(photos.listed(page, "large.zip")).to_contain_text("This is larger than 10 MB and cannot be sent.")
    expect(photos.listed(page, "nothing.txt")).to_contain_text("This file is empty and cannot be sent.")
    pages.send(page)
    expect(page.get_by_role("heading", name=ARRIVED)).to_be_visible()
    expect(page.get_by_text("Your request is complete, but for the files marked below.")).to_be_visible()
    assert sorted(photos.kept(portal, only_ticket(portal, "many@example.org"))) == ["log-0.txt", "log-1.txt", "log-2.txt"]


def test_a_file_that_the_service_refuses_stops_neither_the_request_nor_the_others(visit: Visit, portal: Installation) -> None:
    page = visit()
    filled_in(page, "refused@example.org")
    photos.add(page, photos.upload("page.png", HTML), photos.upload("good.png", photos.png(7, 40, 40)[0]))
    pages.send(page)
    expect(photos.listed(page, "page.png")).to_contain_text("Not taken: ")
    expect(photos.listed(page, "good.png")).to_contain_text("Sent")
    assert list(photos.kept(portal, only_ticket(portal, "refused@example.org"))) == ["good.png"]
    page.get_by_role("link", name="To my request").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(pages.SUBJECT)
    assert nothing_left(page)


def test_a_paused_file_is_not_sent_until_it_goes_on_where_it_stopped(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "paused@example.org")
    content, clean = photos.png(8)
    photos.add(page, photos.upload("slow.png", content))
    held: list[Route] = []
    page.route(PIECES, lambda route: held.append(route) if len(held) == 2 else (held.append(route), route.continue_())[1])
    pages.send(page)
    line = photos.listed(page, "slow.png")
    expect(line.locator(".tip")).to_have_text("Sending: 197 KB of 751 KB")
    line.get_by_role("button", name="Pause").click()
    expect(line.locator(".tip")).to_have_text("Paused: 197 KB of 751 KB sent")
    asked: list[str] = []
    page.on("request", lambda request: request.method == "PUT" and asked.append(request.url))
    page.unroute(PIECES)
    line.get_by_role("button", name="Go on").click()
    number = pages.number_on(page)
    assert offset_of(asked[0]) in (196608, 196608 + 262144)  # the piece that was on its way may have arrived
    assert photos.kept(portal, number) == {"slow.png": clean}


def offset_of(address: str) -> int:
    return int(parse_qs(urlparse(address).query)["offset"][0])


def test_a_line_that_breaks_in_a_piece_goes_on_at_the_byte_that_the_service_has(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "broken@example.org")
    content, clean = photos.png(9)
    photos.add(page, photos.upload("broken.png", content))
    offsets: list[int] = []

    def lose_the_second(route: Route) -> None:
        offsets.append(offset_of(route.request.url))
        if len(offsets) == 2:
            assert route.fetch().status == 200  # it arrived, but the answer never came back
            route.abort()
        else:
            route.continue_()

    page.route(PIECES, lose_the_second)
    pages.send(page)
    expect(photos.listed(page, "broken.png")).to_contain_text("Interrupted. We go on by ourselves.")
    number = pages.number_on(page)
    assert offsets[:3] == [0, 65536, 196608]
    assert photos.kept(portal, number) == {"broken.png": clean}


def test_files_survive_a_reload_while_they_are_sent(visit: Visit, portal: Installation) -> None:
    visit.expect(NOT_LOADED)
    page = visit()
    filled_in(page, "reload@example.org")
    content, clean = photos.png(10)
    photos.add(page, photos.upload("again.png", content))
    page.route(PIECES, lambda route: route.abort())
    pages.send(page)
    expect(page.get_by_text("If this page closes, open the request form again in this browser")).to_be_visible()
    expect(photos.listed(page, "again.png")).to_contain_text("Interrupted.")
    number = page.locator(".number strong").inner_text()
    page.close()
    second = page.context.new_page()
    second.goto(pages.CONTACT)
    assert pages.number_on(second) == number == only_ticket(portal, "reload@example.org")
    assert photos.kept(portal, number) == {"again.png": clean}
    assert nothing_left(second)


def test_files_come_back_with_the_draft_and_go_with_it(visit: Visit) -> None:
    page = visit()
    filled_in(page, "draft@example.org")
    photos.add(page, photos.upload("draft.png", photos.png(11, 40, 40)[0]))
    expect(photos.listed(page, "draft.png")).to_contain_text("Kept in this browser until it is sent.")
    page.close()
    second = page.context.new_page()
    second.goto(pages.CONTACT)
    expect(photos.listed(second, "draft.png")).to_be_visible()
    second.get_by_role("button", name="Discard draft").click()
    expect(second.locator(".file-list li")).to_have_count(0)
    second.reload()
    expect(second.locator("#files-choose")).to_be_visible()
    expect(second.locator(".file-list li")).to_have_count(0)
    assert nothing_left(second)


def test_files_of_a_draft_older_than_7_days_are_removed(visit: Visit) -> None:
    page = visit()
    filled_in(page, "old@example.org")
    photos.add(page, photos.upload("old.png", photos.png(12, 40, 40)[0]))
    expect(photos.listed(page, "old.png")).to_contain_text("Kept in this browser")
    page.close()
    later = page.context.new_page()
    later.add_init_script("const now = Date.now; Date.now = () => now() + 7.1 * 24 * 3600 * 1000;")
    later.goto(pages.CONTACT)
    expect(later.locator("#files-choose")).to_be_visible()
    expect(pages.subject(later)).to_have_value("")
    expect(later.locator(".file-list li")).to_have_count(0)
    wait_until(lambda: later.evaluate("localStorage.getItem('help-files') === null"), "the old files to go")
    assert in_the_browser(later) == b""


def test_without_scripts_files_come_in_one_request_with_the_words(visit: Visit, portal: Installation) -> None:
    page = visit(java_script_enabled=False)
    page.goto(pages.CONTACT)
    pages.describe(page)
    pages.email(page).fill("plain@example.org")
    content, clean = photos.png(13, 60, 60)
    photos.add(page, photos.upload("plain.png", content))
    pages.send(page)
    expect(page.get_by_role("heading", name="Before we send it")).to_be_visible()
    expect(page.get_by_text("plain.png", exact=True)).to_be_visible()
    page.get_by_role("button", name="None of these helped, send my request").click()
    assert photos.kept(portal, pages.number_on(page)) == {"plain.png": clean}


def test_the_script_for_files_is_small_and_comes_only_with_a_file(visit: Visit) -> None:
    static = ROOT / "deflect_api" / "web" / "static"
    assert len(gzip.compress((static / "files.js").read_bytes(), 9, mtime=0)) < FILES_BYTES
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages.CONTACT, wait_until="networkidle")
    wanted = re.compile(r"/assets/(files|work)\.")
    assert not any(wanted.search(address) for address in asked)
    photos.add(page, photos.upload("first.png", photos.png(14, 8, 8)[0]))
    expect(photos.listed(page, "first.png")).to_be_visible()
    assert len([address for address in asked if wanted.search(address)]) == 1
