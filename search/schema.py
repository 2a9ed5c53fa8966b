"""The front matter that our articles have: each field, what it may hold, and whether it must be there.

Pure: `today` is a parameter. What the fields mean to a writer stands in docs/team/writing.md."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any

from search import frontmatter

TYPES = ("getting-started", "how-to", "troubleshooting", "reference", "faq")
STATES = ("open", "fixed")
FEWEST_QUESTIONS = 3
LONGEST_DESCRIPTION = 150
FOREIGN = ("search", "template", "hide", "language", "lang", "icon", "status")
_SOURCE = re.compile(r"[\w.-]+/[\w.-]+(@[0-9a-f]{7,40}:\S.*|#\d+)")
_EVERY = re.compile(r"([1-9]\d?) months?")

Wrong = tuple[str, str, str]
"""The field, what is wrong with it, how to mend it."""


def check(meta: Mapping[str, Any], *, sourced: bool = False) -> Iterator[Wrong]:
    """What is wrong with a page's front matter; `sourced` pages must say where their facts come from."""
    needed = [name for name in FIELDS if name not in ("related", "search", "known_issue", *(() if sourced else ("sources",)))]
    for name in needed:
        if meta.get(name) in (None, "", []):
            yield name, f"the page has no {name}", MISSING.get(name, f"add {name}: as docs/team/writing.md shows")
    for name, value in meta.items():
        if name not in FIELDS:
            if name not in FOREIGN:
                yield str(name), f"{name} is no field", f"check its spelling; there are {', '.join(FIELDS)}"
        elif value not in (None, "", []):
            yield from ((name, what, mend) for what, mend in FIELDS[name](value))


def is_stale(meta: Mapping[str, Any], today: date) -> bool:
    """Has nobody looked at the page for longer than it says?"""
    reviewed, every = meta.get("reviewed"), _EVERY.fullmatch(str(meta.get("review_every", "")))
    if not isinstance(reviewed, date) or not every:
        return False
    return (today - reviewed).days > int(every[1]) * 31


def is_source(text: str) -> bool:
    """Does it name a public repository, a commit and a path, or an issue?"""
    return bool(_SOURCE.fullmatch(text))


Told = Iterator[tuple[str, str]]


def _text(value: Any) -> Told:
    if not isinstance(value, str):
        yield f"{value!r} is not a text", "put it into quotes"


def _description(value: Any) -> Told:
    yield from _text(value)
    if len(str(value)) > LONGEST_DESCRIPTION:
        yield f"the description has {len(str(value))} characters", f"shorten it to {LONGEST_DESCRIPTION}"


def _list(value: Any) -> Told:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        yield "this is not a list of texts", "write [one, two], with quotes around numbers and around texts with a colon"


def _questions(value: Any) -> Told:
    yield from _list(value)
    asked = frontmatter.lines({"questions": value}, "questions")
    if len(asked) < FEWEST_QUESTIONS:
        yield (
            f"{len(asked)} questions test the search for this page",
            f"add how users really type it, {FEWEST_QUESTIONS} at least",
        )
    for again in sorted({text for text in asked if asked.count(text) > 1}):
        yield f"the question {again!r} stands here twice", "keep one of the two"


def _sources(value: Any) -> Told:
    yield from _list(value)
    for source in value if isinstance(value, list) else ():
        if not is_source(str(source)):
            yield f"{source} is no source", "write owner/repository@commit:path or owner/repository#issue"


def _one_of(allowed: Collection[str]) -> Callable[[Any], Told]:
    def check_value(value: Any) -> Told:
        if value not in allowed:
            yield f"the type is {value}", f"choose one of {', '.join(allowed)}"

    return check_value


def _state(value: Any) -> Told:
    if value not in STATES:
        yield f"a known issue is not {value}", f"write {' or '.join(STATES)}, or leave the line out"


def _date(value: Any) -> Told:
    if not isinstance(value, date):
        yield f"{value!r} is not a date", "write year-month-day without quotes, such as 2026-11-23"


def _every(value: Any) -> Told:
    if not _EVERY.fullmatch(str(value)):
        yield f"{value!r} is no span of time", "write a number of months, such as 12 months"


FIELDS: dict[str, Callable[[Any], Told]] = {
    "title": _text,
    "description": _description,
    "type": _one_of(TYPES),
    "keywords": _list,
    "questions": _questions,
    "applies_to": _list,
    "roles": _list,
    "sources": _sources,
    "reviewed": _date,
    "review_every": _every,
    "related": _list,
    "known_issue": _state,
}
MISSING = {
    "title": "add title: as the person would ask it",
    "description": "add one sentence that answers the question",
    "type": f"add one of {', '.join(TYPES)}",
    "keywords": "add other words that users say",
    "questions": f"add how users really type it, {FEWEST_QUESTIONS} at least",
    "sources": "say where the facts come from: owner/repository@commit:path",
}
