"""What a request holds of a well documented one, what would help most next, and whether a text says anything at all. Pure.

The rules are data: `as_data` goes into the page once, coach.js reads it there, and so there is one source.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deflect_api.config.support import Support, Wanted
from deflect_api.intake.facts import APP
from deflect_api.intake.wording.vague_words import VAGUE

EVERY: tuple[Wanted, ...] = ("bug", "question", "feature request")
HAPPENED, FILES = "happened", "files"
LONG_ENOUGH = 120


@dataclass(frozen=True)
class Part:
    """One thing to tell. `key` is its name in the form; it is there with so many words; the lowest `rank` helps most."""

    key: str
    rank: int
    words: int
    when: tuple[Wanted, ...]
    product: str = ""
    label: str = ""


GENERAL = (
    Part("happened", 1, 6, EVERY),
    Part("doing", 5, 3, EVERY),
    Part("expected", 6, 2, ("bug", "feature request")),
    Part("steps", 7, 5, ("bug",)),
    Part("device.where", 3, 1, ("bug",)),
    Part("device.app_version", 4, 1, ("app",)),
    Part("device.android_version", 9, 1, ("app",)),
    Part(FILES, 8, 1, ("bug",)),
)
FIELD_RANK, AFTER = 2, "steps"

_WORD = re.compile(r"[^\W_]+")
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts that put no spaces between words
_UNSPACED = re.compile(f"[{UNSPACED}]")


@dataclass(frozen=True)
class Progress:
    """Keys of the parts that fit this request, by state; `next` is the missing one that helps most ("" when all is there)."""

    there: tuple[str, ...]
    missing: tuple[str, ...]
    next: str
    vague: bool


def parts_of(support: Support) -> tuple[Part, ...]:
    """List every part that may be told, in the form's order: the products' own fields stand after the general questions."""
    fields = tuple(
        Part(f"context.{field.name}", FIELD_RANK, 1, field.wanted, key, field.label)
        for key, product in support.products.items()
        for field in product.fields
        if field.wanted
    )
    cut = [part.key for part in GENERAL].index(AFTER) + 1
    return GENERAL[:cut] + fields + GENERAL[cut:]


def look(values: Mapping[str, str], parts: tuple[Part, ...]) -> Progress:
    """Say what is there and what is missing. `values` are the form's, by name ("context.instance", "device.where")."""
    fitting = [part for part in parts if fits(part, values)]
    vague = is_vague(f"{values.get('subject', '')} {values.get(HAPPENED, '')}")
    there = [part for part in fitting if _is_there(part, values) and not (vague and part.key == HAPPENED)]
    missing = [part for part in fitting if part not in there]
    first = min(missing, key=lambda part: part.rank, default=None)
    return Progress(tuple(part.key for part in there), tuple(part.key for part in missing), first.key if first else "", vague)


def fits(part: Part, values: Mapping[str, str]) -> bool:
    """A question needs no steps, and RSR no device ID."""
    in_app = values.get("device.where") in APP
    kind = values.get("type") or "question"
    return (not part.product or part.product == values.get("product")) and (kind in part.when or (in_app and "app" in part.when))


def is_vague(text: str) -> bool:
    """Whether a text says nothing but that it does not work ("help", "ne marche pas", "no funciona pls")."""
    *begin, _cut = _WORD.findall(fold(text[:LONG_ENOUGH])) or [""]
    if any(word not in VAGUE for word in begin):
        return False  # most texts say something at once: the rest need not be read
    words = _WORD.findall(fold(text))
    return bool(words) and all(word in VAGUE for word in words)


def fold(text: str) -> str:
    """Lower case without accents and apostrophes, as the words of VAGUE are written."""
    apart = unicodedata.normalize("NFKD", re.sub("['’‘`´]", "", text))
    return "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M")).lower()


def count_words(text: str) -> int:
    return len(_WORD.findall(text)) + len(_UNSPACED.findall(text)) // 2


def as_data(support: Support, say: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the rules as the page carries them, for coach.js; `say` translates the fields' labels."""
    parts = [{**asdict(part), "label": say(part.label)} for part in parts_of(support)]
    return {"parts": parts, "apps": APP, "vague": " ".join(sorted(VAGUE)), "unspaced": UNSPACED}


def _is_there(part: Part, values: Mapping[str, str]) -> bool:
    return count_words(values.get(part.key, "")) >= part.words
