"""What uploads are tried with: each is refused or taken in clear words, none is served to be run, and memory stays small."""

import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from deflect_api.intake.files import examination
from deflect_api.store.shelf import Snapshot
from tests.conftest import Desk
from tests.intake import made_files as made
from tests.web.sending_files import Sender, rows, sender, stored

GIF_JS = b"GIF89a/*\0\0\0\0\0*/=1;alert(1)//"
GIF_JS_WHOLE = made.gif(comment=b"*/=1;alert(document.domain);/*", after=b"*/;alert(1)//<script>alert(1)</script>")
PDF_HTML = made.pdf(b"<html><body><script>alert(1)</script></body></html>\n")
LONG, RIGHT_TO_LEFT = "n" * 300 + ".png", "photo\u202egnp.exe"

TRIED: dict[str, tuple[str, bytes, str, str]] = {  # what is sent, and what is told or what it is called
    "GIF/JS": ("a.gif", GIF_JS, "refused", "damaged"),
    "GIF/JS, a whole GIF": ("a.gif", GIF_JS_WHOLE, "kept", "a.gif"),
    "GIF/JS, named script": ("a.js", GIF_JS_WHOLE, "kept", "a.js.gif"),
    "PDF/HTML": ("a.pdf", PDF_HTML, "refused", "web page"),
    "PDF/HTML, named page": ("a.html", PDF_HTML, "refused", "web page"),
    "SVG": ("a.svg", made.SVG, "refused", "SVG"),
    "SVG named .png": ("a.png", made.SVG, "refused", "SVG"),
    "PNG/SVG": ("a.svg", made.png(after=made.SVG), "kept", "a.svg.png"),
    "JPEG/HTML": ("a.html", made.jpeg(after=made.HTML), "kept", "a.html.jpg"),
    "ZIP/JPEG": ("a.zip", made.jpeg(after=made.zipped({"a.js": b"alert(1)"})), "kept", "a.jpg"),
    "HTML named .png": ("a.png", made.HTML, "refused", "web page"),
    "program named .jpg": ("a.jpg", made.program(), "refused", "program"),
    "two endings": ("photo.jpg.exe", made.jpeg(), "kept", "photo.jpg"),
    "two endings, program": ("photo.jpg.exe", made.program(), "refused", "program"),
    "NUL": ("photo.png\x00.html", made.png(), "kept", "photo.png"),
    "path": ("../../../../etc/cron.d/job", b"* * * * * root true", "kept", "job.txt"),
    "path, backwards": ("..\\..\\windows\\win.ini", b"[fonts]", "kept", "win.ini"),
    "300 letters": (LONG, made.png(), "kept", "n" * 116 + ".png"),
    "right to left": (RIGHT_TO_LEFT, made.png(), "kept", "photognp.exe.png"),
    "markup": ('"><img src=x onerror=alert(1)>.txt', b"a", "kept", "__img src=x onerror=alert(1)_.txt"),
    "zip bomb": ("a.zip", made.zip_bomb(), "refused", "far too large when it is unpacked"),
    "gzip bomb": ("a.gz", made.gzip_bomb(), "refused", "far too large when it is unpacked"),
    "100,000 files": ("a.zip", made.many_files_zip(), "refused", "more than 10000 files"),
    "nested zip": ("a.zip", made.zipped({"b.zip": made.zipped({"c.zip": made.zipped({"d": b""})})}), "kept", "a.zip"),
    "XML bomb": ("a.xml", made.XML_BOMB, "kept", "a.xml"),
    "empty": ("a.txt", b"", "refused", "empty"),
}


@pytest.fixture
def ours(desk: Desk) -> Sender:
    return sender(desk)


@pytest.mark.parametrize("trick", TRIED)
def test_it_is_refused_or_taken_in_clear_words_and_never_served_to_be_run(desk: Desk, ours: Sender, trick: str) -> None:
    name, content, state, told = TRIED[trick]
    answer = ours.send(name, content)
    assert answer["state"] == state, answer
    assert told in answer["reason" if state == "refused" else "name"]
    (row,) = rows(desk)
    page = ours.page()
    assert "<img src=x" not in page
    assert (answer["reason"] or answer["name"]) in page
    served = ours.download(row.id)
    assert served.status_code == (200 if state == "kept" else 404)
    if state == "kept":
        _is_only_saved(served)
        assert [path.name for path in stored(desk)] == [row.stored_as]
    else:
        assert stored(desk) == []


def _is_only_saved(served: Any) -> None:
    assert served.headers["Content-Disposition"].startswith("attachment; ")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert served.headers["Content-Type"].partition(";")[0] not in ("text/html", "image/svg+xml", "text/xml", "application/xml")
    assert made.SECRET not in served.data


def test_pictures_lose_what_was_hidden_behind_them(desk: Desk, ours: Sender) -> None:
    ours.send("a.gif", GIF_JS_WHOLE)
    ours.send("b.png", made.png(after=made.SVG))
    assert len(stored(desk)) == 2
    assert not any(b"alert(1)" in path.read_bytes() for path in stored(desk))


def test_a_gigabyte_is_refused_by_what_is_told_of_it_before_any_of_it_is_sent(desk: Desk, ours: Sender) -> None:
    answer = ours.announce("film.zip", 1_000_000_000)
    assert (answer.status_code, answer.json["state"]) == (201, "refused")
    assert "larger than 10 MB" in answer.json["reason"]
    assert ours.piece(0, b"x").json["state"] == "refused"
    assert "larger than 10 MB" in ours.page()
    assert stored(desk) == []


def test_nothing_is_stored_outside_of_our_own_folder(desk: Desk, ours: Sender, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    ours.send("../../../../" + str(tmp_path / "escaped.txt"), b"a")
    fresh = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path.parent for path in fresh} == {desk.settings.files_folder / "kept"}
    assert desk.client.get(f"/files/kept/{next(iter(fresh)).name}").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", made.jpeg(end=made.JPEG_PIXELS * 40 + b"\xff\xd9")),
        ("large.log", b"a line of a log\n" * 600_000),
        ("wide.csv", b"\xff\xfe" + "größer,".encode("utf-16-le") * 600_000),
        ("photo.heic", made.heic().replace(b"PIXELS", b"PIXEL5")),
        ("many.zip", made.many_files_zip()),
        ("bomb.zip", made.zip_bomb()),
        ("comments.txt", b"<!---->" * 1_300_000),
        ("parts.gif", made.GIF_HEAD + b"!\xfe" + b"\x01a" * 4_000_000 + b"\0;"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_memory_stays_small_whatever_comes(desk: Desk, ours: Sender, tmp_path: Path, name: str, content: bytes) -> None:
    ours.send("warm.png", made.png())
    storage, path = desk.app.extensions["deflect"].storage, tmp_path / "sent"
    path.write_bytes(content)
    with path.open("rb") as file:
        tracemalloc.start()
        outcome = examination.examine(storage, name, Snapshot(file))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 3_000_000, "objects of Python while a file is examined"
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
    answer = ours.send(name, content)
    assert answer["state"] == outcome.state
    assert resident("VmHWM") - before < 100_000_000, "the whole process while it is sent"


def resident(what: str) -> int:
    found = re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) * 1024
