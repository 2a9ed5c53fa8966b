"""What a file is, by its content: each trick of the book is refused in clear words, or taken under its true ending."""

import codecs
import gzip

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api import i18n
from deflect_api.intake.files import filetypes
from deflect_api.intake.files.filetypes import Verdict
from tests.intake import made_files as made
from tests.intake.made_files import reader


def judged(name: str, content: bytes) -> Verdict:
    return filetypes.judge(name, reader(content), len(content))


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", made.png(), "image/png"),
        ("a.jpeg", made.jpeg(), "image/jpeg"),
        ("a.gif", made.gif(), "image/gif"),
        ("a.webp", made.webp(), "image/webp"),
        ("a.heic", made.heic(), "image/heic"),
        ("a.avif", made.heic(b"avif"), "image/avif"),
        ("a.pdf", made.pdf(), "application/pdf"),
        ("a.zip", made.zipped({"a.txt": b"a"}), "application/zip"),
        ("a.docx", made.zipped({"[Content_Types].xml": b"<a/>"}), "application/zip"),
        ("a.xlsx", made.zipped({"xl/workbook.xml": b"<a/>"}), "application/zip"),
        ("a.kmz", made.zipped({"doc.kml": b"<kml/>"}), "application/zip"),
        ("a.log.gz", gzip.compress(b"a log" * 100, mtime=0), "application/gzip"),
        ("a.txt", "Ça marche: 表單 🙂\r\n\tyes".encode(), "text/plain"),
        ("a.log", b"\x1b[31mred\x1b[0m 10:00 E/Flow: out of memory", "text/plain"),
        ("a.csv", "name;place\nZoë;Mbalé\n".encode("latin-1"), "text/plain"),
        ("a.csv", codecs.BOM_UTF16_LE + "naïve,1\r\n".encode("utf-16-le"), "text/plain"),
        ("a.tsv", codecs.BOM_UTF16_BE + "naïve\t1\n".encode("utf-16-be"), "text/plain"),
        ("a.json", b'{"page": "<html>"}', "text/plain"),
        ("a.geojson", b'{"type": "FeatureCollection"}', "text/plain"),
        ("a.xml", b'<?xml version="1.0"?><survey name="x"/>', "text/plain"),
        ("a.xml", b"<form><title>not HTML: an XML root</title></form>", "text/plain"),
        ("a.xml", made.XML_BOMB, "text/plain"),
        ("a.gpx", b'<?xml version="1.0"?><!-- <html> --><gpx/>', "text/plain"),
    ],
)
def test_what_people_send_is_taken_under_its_own_name(name: str, content: bytes, media_type: str) -> None:
    verdict = judged(name, content)
    assert (verdict.reason, verdict.name, verdict.media_type) == ("", name, media_type)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("page.png", made.HTML, "page"),
        ("page.txt", b"  \n<HTML lang=en>", "page"),
        ("page.txt", b"<!-- hello --><script>alert(1)</script>", "page"),
        ("page.txt", b"<!-- never ends <html>", "page"),
        ("page.txt", b"<?xml version='1.0'?>\n<!DOCTYPE  html><html/>", "page"),
        ("page.xml", b"<a xmlns:h='http://www.w3.org/1999/xhtml'><h:script/></a>", "page"),
        ("page.csv", codecs.BOM_UTF16_LE + "<html><script>".encode("utf-16-le"), "page"),
        ("page.csv", codecs.BOM_UTF8 + b"<iframe src=x>", "page"),
        ("page.html", b"only words", "page"),
        ("drawing.png", made.SVG, "drawing"),
        ("drawing.svg", b"only words", "drawing"),
        ("drawing.xml", b"<?xml version='1.0'?><!-- x --><s:svg/>", "drawing"),
        ("drawing.xml", b"<g xmlns='http://www.w3.org/2000/svg'><script/></g>", "drawing"),
        ("both.pdf", made.pdf(b"%<html><script>alert(1)</script></html>\n"), "page"),
        ("cut.pdf", b"%PDF-1.4\n" + b"x" * 9000, "damaged"),
        ("setup.jpg", made.program(), "program"),
        ("setup.exe", made.program(), "program"),
        ("tool", b"\x7fELF\x02\x01\x01\0" + bytes(50), "program"),
        ("app.apk", made.zipped({"AndroidManifest.xml": b"\0"}), "program"),
        ("app.zip", made.zipped({"META-INF/MANIFEST.MF": b"Main-Class: x"}), "program"),
        ("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(50), "unknown"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "unknown"),
        ("noise.txt", bytes(range(256)), "unknown"),
        ("broken.txt", codecs.BOM_UTF16_LE + b"\0\xd8", "unknown"),
        ("control.txt", codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le"), "unknown"),
        ("bomb.zip", made.zip_bomb(), "zip_bomb"),
        ("bomb.gz", made.gzip_bomb(), "zip_bomb"),
        ("cut.gz", b"\x1f\x8b\x08\0", "damaged"),
        ("many.zip", made.many_files_zip(), "many_entries 10000"),
    ],
)
def test_what_is_not_taken_is_told_why(name: str, content: bytes, reason: str) -> None:
    assert judged(name, content) == Verdict(reason=reason)
    told = filetypes.why(reason)
    assert told.endswith(".")
    assert "{" not in told


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("photo.png", made.jpeg(), "photo.jpg"),
        ("photo.jpg.exe", made.jpeg(), "photo.jpg"),
        ("photo", made.png(), "photo.png"),
        ("setup.exe", made.png(), "setup.exe.png"),
        ("page.html", made.jpeg(), "page.html.jpg"),
        ("data.csv", made.zipped({"a": b"a"}), "data.zip"),
        ("run.bat", b"del *.*", "run.bat.txt"),
        ("run.js", b"alert(1)", "run.js.txt"),
        ("table.csv.exe", b"a,b", "table.csv"),
        ("photo.png", b"words only", "photo.png.txt"),
        ("flow v2.10", b"words", "flow v2.10.txt"),
    ],
)
def test_a_name_whose_ending_lies_gets_the_true_one(name: str, content: bytes, shown: str) -> None:
    assert judged(name, content).name == shown


def test_a_text_that_becomes_another_thing_after_its_beginning_is_not_text() -> None:
    assert judged("a.log", b"line\n" * 20_000 + b"\0").reason == "unknown"
    assert judged("a.log", b"line\n" * 20_000).kind == "text"


def test_a_virus_test_file_is_text_to_us_so_that_the_scanner_decides() -> None:
    assert judged("eicar.txt", made.EICAR).kind == "text"


@pytest.mark.parametrize("trick", [b"<!---->" * 600, b"<?x?>" * 800, b"<!doctype a [" + b"]" * 4000, b"<!--" * 1000, b" " * 4096])
def test_no_beginning_makes_the_search_for_pages_slow(trick: bytes) -> None:
    verdict = judged("a.txt", trick + b"=")  # a pattern that backtracks would not come back
    assert bool(verdict.kind) != bool(verdict.reason)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(content=some.binary(max_size=300) | some.sampled_from([b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-1", b"<"]))
def test_whatever_is_sent_there_is_a_verdict(content: bytes) -> None:
    verdict = judged("a.bin", content)
    assert bool(verdict.kind) != bool(verdict.reason)
    assert not verdict.reason or filetypes.why(verdict.reason)


def test_every_reason_can_be_said_with_and_without_its_value() -> None:
    for word in (*filetypes.REASONS, "too_many"):
        assert filetypes.why(f"{word} 5").endswith(".")
    assert filetypes.why("") == ""
    assert (
        filetypes.why("virus A {0} {x}") == "The virus scanner found A {0} {x} in it. Check your device, and send another file."
    )
    assert i18n.say(filetypes.why("virus A %(x)s"), "fr").startswith("L’antivirus y a trouvé A %(x)s.")
