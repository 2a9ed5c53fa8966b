"""What a file is, by its content alone, and whether it is taken. Pure; a name never decides, it only gets its true ending."""

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deflect_api import i18n
from deflect_api.intake.files import file_names, zip_bounds

Read = Callable[[int, int], bytes]
PIECE = 65_536
HEAD = 4096
MOST_PACKED = 1_000_000_000  # what a gzip says it becomes


@dataclass(frozen=True)
class Kind:
    """One kind that is taken. The first ending is the one that a wrongly named file gets."""

    media_type: str
    endings: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "png": Kind("image/png", ("png",)),
    "jpeg": Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif")),
    "gif": Kind("image/gif", ("gif",)),
    "webp": Kind("image/webp", ("webp",)),
    "heif": Kind("image/heic", ("heic", "heif", "hif")),
    "avif": Kind("image/avif", ("avif",)),
    "pdf": Kind("application/pdf", ("pdf",)),
    "zip": Kind("application/zip", ("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "kmz")),
    "gzip": Kind("application/gzip", ("gz", "tgz")),
    "text": Kind(
        "text/plain",
        ("txt", "log", "csv", "tsv", "json", "geojson", "xml", "gpx", "kml", "yml", "yaml", "md", "ini", "conf", "properties"),
    ),
}
TAKEN = tuple(ending for kind in KINDS.values() for ending in kind.endings)
REASONS: Mapping[str, i18n.Said] = {
    "empty": i18n.said("It is empty. Check that it opens on your device, and choose it again."),
    "too_large": i18n.said("It is larger than %(value)s MB. Send a smaller one, or the part of it that matters."),
    "unknown": i18n.said("This kind of file is not taken. Send a picture, a PDF, a text, CSV or log file, or a zip."),
    "damaged": i18n.said(
        "It is damaged, or not the kind of file that its content begins as. Check that it opens, and save it again."
    ),
    "page": i18n.said("It is a web page, which can run scripts. Save the page as PDF or take a screenshot, and send that."),
    "drawing": i18n.said("It is an SVG drawing, which can run scripts. Save it as PNG or take a screenshot, and send that."),
    "program": i18n.said("It is a program. Programs are not taken; tell us its name and version instead."),
    "many_entries": i18n.said("This zip holds more than %(value)s files. Send only those that matter."),
    "zip_bomb": i18n.said("This would become far too large when it is unpacked. Send only the files that matter."),
    "virus": i18n.said("The virus scanner found %(value)s in it. Check your device, and send another file."),
    "scanning": i18n.said(
        "It waits for the virus scanner, which cannot be reached just now. Support gets it once it has been checked."
    ),
    "no_room": i18n.said(
        "There is no room for it just now. Send your request without it, and add it later on the request's page."
    ),
    "not_whole": i18n.said("It did not arrive whole. Choose it again."),
}
_BEGINNINGS = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF....WEBP", re.S)),
    ("avif", re.compile(rb"....ftypavi[fs]", re.S)),
    ("heif", re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.S)),
    ("zip", re.compile(rb"PK(\x03\x04|\x05\x06)")),
    ("gzip", re.compile(rb"\x1f\x8b\x08")),
    ("pdf", re.compile(rb"(\xef\xbb\xbf)?\s{0,64}%PDF-\d")),
)
_PROGRAM = re.compile(rb"MZ|\x7fELF|dex\n|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]")
_NOT_TEXT = bytes([*range(9), 11, *range(14, 27), *range(28, 32), 127])  # ESC may stay: logs have colours
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Atomic and possessive: a file of nothing but comments must not make the search try every way to split them.
_COMMENTS = r"\A\s*+(?><!--.*?-->\s*)*+"
_BEFORE_ROOT = r"\A\s*+(?>(?:<\?.*?\?>|<!--.*?-->|<!doctype\s++(?!html|svg)[^>[]*+(?:\[.*?\]\s*)?>)\s*)*+"
_PAGE_TAGS = "html|head|body|title|script|style|iframe|div|table|h1|p|a|b|br|font|img|object|embed"
_PAGE = re.compile(
    rf"{_BEFORE_ROOT}(?:<!doctype\s+html|<(?:\w+:)?html[\s/>])|{_COMMENTS}(?:<(?:{_PAGE_TAGS})[\s/>]|<!--)", re.I | re.S
)
_DRAWING = re.compile(rf"{_BEFORE_ROOT}(?:<!doctype\s+svg|<(?:\w+:)?svg[\s/>])", re.I | re.S)
_IN_PDF = re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe|svg)[\s/>]", re.I)
_NAMED_PAGE = ("html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml")
_NAMED_DRAWING = ("svg", "svgz")


@dataclass(frozen=True)
class Verdict:
    """Either a `kind` with its media type and the name with its true ending, or the `reason` why it is not taken."""

    kind: str = ""
    media_type: str = ""
    name: str = ""
    reason: str = ""


def judge(name: str, read: Read, size: int) -> Verdict:
    """Judge a whole file. `name` is harmless already; `read(offset, length)` gives its bytes; `reason` is a word of REASONS."""
    head = read(0, HEAD)
    kind = next((word for word, begins in _BEGINNINGS if begins.match(head)), "")
    reason = _CHECKS[kind](read, size) if kind in _CHECKS else ""
    if not kind:
        kind, reason = _as_text(name, read, size)
    if reason:
        return Verdict(reason=f"{reason} {zip_bounds.MOST_ENTRIES}" if reason == "many_entries" else reason)
    replaced = () if kind == "text" else TAKEN  # a text's own ending says more than ".txt" does
    return Verdict(kind, KINDS[kind].media_type, file_names.with_true_ending(name, KINDS[kind].endings, replaced))


def why(reason: str) -> str:
    """Put a stored reason ("too_large 10") into words, to be said in any language; "" when there is none."""
    word, _, value = reason.partition(" ")
    if word == "too_many":
        return i18n.saidn(
            "A request takes %(num)s file. Remove one, or put several into one zip.",
            "A request takes %(num)s files. Remove one, or put several into one zip.",
            int(value),
        )
    return i18n.said(REASONS[word].msgid, value=value) if word in REASONS else ""


def _as_text(name: str, read: Read, size: int) -> tuple[str, str]:
    head = read(0, HEAD)
    encoding = _WIDE.get(head[:2], "")
    if not (_is_wide_text(read, size, encoding) if encoding else _is_text(read, size)):
        return "", "program" if _PROGRAM.match(head) else "unknown"
    begins = head.decode(encoding or "utf-8", "replace").lstrip("\ufeff")
    said = file_names.ending(name)
    if said in _NAMED_DRAWING or _DRAWING.match(begins):
        return "", "drawing"
    return "text", "page" if said in _NAMED_PAGE or _PAGE.match(begins) else _of_a_namespace(begins)


def _of_a_namespace(begins: str) -> str:
    """XML of any root may hold a page or a drawing, and a browser would run it."""
    if not begins.lstrip().startswith("<"):
        return ""
    if "//www.w3.org/2000/svg" in begins:
        return "drawing"
    return "page" if "//www.w3.org/1999/xhtml" in begins else ""


def _is_text(read: Read, size: int) -> bool:
    """UTF-8 or Latin-1: no control bytes but those that texts and logs have."""
    pieces = (read(at, PIECE) for at in range(0, size, PIECE))
    return all(len(piece.translate(None, _NOT_TEXT)) == len(piece) for piece in pieces)


def _is_wide_text(read: Read, size: int, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    unfit = dict.fromkeys(_NOT_TEXT)
    try:
        for at in range(0, size, PIECE):
            text = decoder.decode(read(at, PIECE), final=at + PIECE >= size)
            if len(text.translate(unfit)) != len(text):
                return False
    except UnicodeDecodeError:
        return False
    return True


def _pdf_problem(read: Read, size: int) -> str:
    """A PDF ends as one; a page that only begins as one is a page."""
    if _IN_PDF.search(read(0, 1024)):
        return "page"
    return "" if b"%%EOF" in read(max(0, size - HEAD), HEAD) else "damaged"


def _gzip_problem(read: Read, size: int) -> str:
    if size < 20:  # header and trailer, and at least the smallest block between
        return "damaged"
    becomes = int.from_bytes(read(size - 4, 4), "little")
    too_dense = becomes > zip_bounds.ALWAYS_FINE and becomes > size * zip_bounds.MOST_RATIO
    return "zip_bomb" if too_dense or becomes > MOST_PACKED else ""


_CHECKS: Mapping[str, Callable[[Read, int], str]] = {
    "zip": zip_bounds.problem,
    "pdf": _pdf_problem,
    "gzip": _gzip_problem,
}
