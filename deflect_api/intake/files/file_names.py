"""The name a file is shown and saved under: what was sent, made harmless. Pure; a name is a label and never a path."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

LONGEST = 120
MOST_BYTES = 200  # with room for what a browser adds ("(1)"), below the 255 bytes of most file systems
LONGEST_ENDING = 10
NAMELESS = "file"
_UNFIT = re.compile(r'[<>:"|?*]')  # Windows takes none of these in a name
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.I)


def harmless(name: str) -> str:
    """Return the last part of a path, on one line, without control or direction marks, at most 120 characters."""
    last = re.split(r"[/\\]", name)[-1] or name
    plain = unicodedata.normalize("NFC", "".join(letter for letter in last if _is_shown(letter)))
    fit = " ".join(_UNFIT.sub("_", plain.replace("/", "_").replace("\\", "_")).split()).strip(". ")
    if _DEVICE.match(fit):
        fit = f"_{fit}"
    return _short(fit) or NAMELESS


def ending(name: str) -> str:
    """Return what follows the last dot, in lower case; "" when there is none, or nothing but a dot before it."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def with_true_ending(name: str, right: Sequence[str], replaced: Sequence[str]) -> str:
    """Give a harmless name one of the endings `right`, the first one by default, unless it has one already.

    An ending of `replaced` is exchanged. Any other stays and gets the right one after it, unless the name before it is right:
    photo.jpg.exe becomes photo.jpg, run.bat becomes run.bat.txt.
    """
    last = ending(name)
    if last in right:
        return name
    stem = name.rpartition(".")[0] if last else name
    if last and ending(stem) in right:
        return stem
    return _short(f"{stem if last in replaced else name}.{right[0]}")


def disposition(name: str) -> str:
    """Say "save this as …" in a header (RFC 6266): plain letters for old browsers, and the whole name for all others."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_shown(letter: str) -> bool:
    """Spaces become plain ones later; what has no shape of its own (control, direction, joiner, surrogate) goes."""
    return letter.isspace() or unicodedata.category(letter)[0] != "C"


def _short(name: str) -> str:
    last = ending(name)
    tail = f".{last}" if last and len(last) <= LONGEST_ENDING else ""
    stem = name[: len(name) - len(tail)]
    room = MOST_BYTES - len(tail.encode())
    cut = stem[: LONGEST - len(tail)].encode()[:room].decode("utf-8", "ignore")
    return (cut.rstrip(". ") if cut != stem else cut) + name[len(name) - len(tail) :]
