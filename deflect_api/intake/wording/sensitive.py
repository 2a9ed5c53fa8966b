"""Finds what a writer may not want to send: passwords, tokens, payment cards, IMEI, other people's addresses and numbers.

Pure. It points out and never removes by itself. The rules are data (sensitive_rules), and the browser runs the same ones.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from deflect_api.intake.wording.sensitive_rules import RULES, Kind, Rule

REMOVED = "[removed]"
TEXTS = ("subject", "doing", "expected", "happened", "steps")
LOOK_BACK = 40


@dataclass(frozen=True)
class Finding:
    """A piece of a text, by the offsets of its letters."""

    kind: Kind
    start: int
    end: int
    piece: str


def find(text: str, own: Collection[str] = ()) -> list[Finding]:
    """List what stands in a text, in its order. `own` are mail addresses that belong there: the writer's, and copies."""
    ours = {address.strip().lower() for address in own}
    found: list[Finding] = []
    for rule in RULES:
        for match in _read(rule.pattern).finditer(text):
            one = Finding(rule.kind, match.start(2), match.end(2), match[2])
            taken = any(one.start < other.end and other.start < one.end for other in found)
            if not taken and one.piece.lower() not in ours and _holds(rule, one, text):
                found.append(one)
    return sorted(found, key=lambda finding: finding.start)


def _holds(rule: Rule, one: Finding, text: str) -> bool:
    digits = re.sub("[^0-9]", "", one.piece)
    if (rule.digits and not _read(rule.digits).search(digits)) or (rule.luhn and not luhn(digits)):
        return False
    before = text[max(0, one.start - LOOK_BACK) : one.start]
    return not (rule.unless and _read(rule.unless).search(before)) and not (rule.shape and _read(rule.shape).search(one.piece))


@cache
def _read(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def find_in(values: Mapping[str, str], own: Iterable[str] = ()) -> list[tuple[str, Finding]]:
    """List what stands in the free texts of a request, each with the name of its field."""
    mine = [*re.split("[,;]", f"{values.get('email', '')},{values.get('cc', '')}"), *own]
    return [(name, finding) for name in TEXTS for finding in find(values.get(name, ""), mine)]


def remove(text: str, piece: str, mark: str = REMOVED) -> str:
    """Put "[removed]", or what it is in the writer's language, wherever the piece stands."""
    return text.replace(piece, mark) if piece else text


def luhn(digits: str) -> bool:
    """The check digit of cards and IMEI (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return bool(digits) and sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def as_data(mark: str = REMOVED) -> dict[str, Any]:
    """Return the rules as the page carries them, for coach.js."""
    rules = [{name: value for name, value in asdict(rule).items() if value} for rule in RULES]
    return {"rules": rules, "texts": TEXTS, "removed": mark, "back": LOOK_BACK}
