"""The corpus of nasty texts: read, scrubbed, counted. What {{name|…}} marks need only be pointed out; the rest must be gone."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from deflect_api.desk.scrubbing import scrub
from deflect_api.desk.scrubbing.folded import fold
from deflect_api.desk.scrubbing.names import Person

FILES = sorted(Path(__file__).parent.glob("scrub_corpus*.txt"))
_MARK = re.compile(r"\{\{(\w+)\|(.*?)\}\}", re.S)
KNOWN = scrub.Known(
    people=(
        Person(("Amina Diallo-Touré", "amina.diallo")),
        Person(("j.mwangi",)),
        Person(("Maria Okonkwo",)),
        Person(("Łukasz Wiśniewski",)),
        Person(("Анна Иванова",)),
        Person(("محمد الفاسي",)),
        Person(("王小明",)),
        Person(("अमित शर्मा",)),
        Person(("Clear Water Trust",), "partner"),
    ),
)


@dataclass
class Figures:
    texts: int = 0
    alarms: int = 0
    found: dict[str, tuple[int, int]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def count(self, kind: str, hit: bool, told: str) -> None:
        found, there = self.found.get(kind, (0, 0))
        self.found[kind] = (found + hit, there + 1)
        if not hit:
            self.missed.append(f"{kind}: {told}")

    def share(self, kind: str) -> float:
        found, there = self.found[kind]
        return found / there


def texts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each text as it was pasted, with the pieces that it holds and their kinds."""
    lines = [
        line for file in FILES for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    whole = [line.replace("\\\\", "\x01").replace("\\n", "\n").replace("\\t", "\t").replace("\x01", "\\") for line in lines]
    return [(_MARK.sub(lambda mark: mark[2], text), [(mark[1], mark[2]) for mark in _MARK.finditer(text)]) for text in whole]


def measure(known: scrub.Known = KNOWN) -> Figures:
    """Scrub every text and count what was found."""
    figures = Figures()
    for text, pieces in texts():
        figures.texts += 1
        done = scrub.scrub({"text": text}, known)
        out, marked = done.texts["text"], " ".join(done.names)
        right = 0
        for kind, piece in pieces:
            hit, is_name = _is_found(kind, piece, out, marked)
            right += is_name
            figures.count(kind, hit, f"{piece!r} in {out!r}")
        figures.alarms += max(0, len(done.names) - right)
    return figures


def _is_found(kind: str, piece: str, out: str, marked: str) -> tuple[bool, bool]:
    if kind == "keep":
        return piece in out, False
    if kind == "name":
        hit = all(word in marked or word not in out for word in piece.split() if len(word) > 3 or len(piece.split()) == 1)
        return hit, hit
    return fold(piece) not in fold(out), False
