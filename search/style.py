"""Spelling, prose and reading grade, as our house writes: short, plain, without blame. On any language that has a word list.

The tools are pyspellchecker (words), proselint (prose) and pyphen (syllables); all of them carry their data with them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from search import labels, reading
from search.errors import DocsError
from search.findings import Finding
from search.pages import Page
from search.site import Site

WORDS = "spelling.txt"
FILLER = re.compile(r"\b(simply|just|easy|easily|please|invalid|oops|obviously|note that)\b", re.I)
LANGUAGES = ("en", "es", "fr", "it", "pt", "de", "ru", "ar", "lv", "eu", "nl")
# Not our style: quotes and signs that a keyboard has are fine, and times are written from 09:00 to 17:00.
NOT_OURS = ("typography", "dates_times", "weasel_words", "cliches")
GRADED = ("how-to", "troubleshooting")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_BRITISH = (
    (r"is(e[sd]?|ing|ations?|ational)$", r"iz\1"), (r"yse(d|s|r)?$", r"yze\1"), (r"our(ed|ing|s|ful|less|able|ite)?$", r"or\1"),
    (r"l(l)(ed|ing|er|ers)$", r"l\2"), (r"tre(s|d)?$", r"ter\1"), (r"ogue(s)?$", r"og\1"), (r"ence(s)?$", r"ense\1"),
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """`grade` is the hardest that a guide may be; what is `strict` stops a publish, else it is a reminder."""

    grade: float = 8.0
    strict: bool = False
    off: tuple[str, ...] = ()


def rules(site: Site, pages: Mapping[str, Page], style: Style) -> Iterator[Finding]:
    """What reads badly. Raises DocsError when a tool is not installed."""
    known = _known_words(site)
    for page in pages.values():
        language = page.language(site.language)
        text = "\n".join(reading.prose(page.html, gap="…"))
        if language in LANGUAGES and "spelling" not in style.off:
            yield from _spelling(page, f"{page.title}\n{text}", language, known, style)
        if language == "en":
            if "prose" not in style.off and not page.is_hidden:
                yield from _prose(page, text, style)
            if "grade" not in style.off:
                yield from _grade(page, style)


def _spelling(page: Page, text: str, language: str, known: frozenset[str], style: Style) -> Iterator[Finding]:
    checker = _checker(language)
    for word in dict.fromkeys(_WORD.findall(text)):
        plain = word.replace("’", "'").casefold()
        stem = plain.removesuffix("'s")
        is_name = any(letter.isupper() for letter in word[1:])  # JSON, MkDocs
        if is_name or len(stem) < 3 or {plain, stem, stem.removesuffix("s")} & known or {plain, stem} & checker.keys():
            continue
        if language == "en" and any(other in checker for other in _american(stem)):
            continue
        mend = f"mend it, or add it to {WORDS} if it is right"
        yield Finding(page.path, page.line(word), "spelling", f"{word!r} is in no word list", mend, minor=not style.strict)


def _prose(page: Page, text: str, style: Style) -> Iterator[Finding]:
    for word in dict.fromkeys(match[0] for match in FILLER.finditer(text)):
        mend = "leave it out: it blames or fills"
        yield Finding(page.path, page.line(word), "prose", f"the word {word!r}", mend, minor=not style.strict)
    for piece, told in _proselint(text):
        yield Finding(page.path, page.line(piece), "prose", f"{piece!r}: {told}", "say it otherwise", minor=not style.strict)


def _grade(page: Page, style: Style) -> Iterator[Finding]:
    grade = reading.grade(" ".join(reading.prose(page.html)))
    if page.meta.get("type") in GRADED and grade > style.grade:
        what = f"the text is of grade {grade:.1f}, harder than {style.grade:g}"
        yield Finding(page.path, 1, "grade", what, "make sentences shorter and words plainer", minor=True)


def _american(word: str) -> Iterator[str]:
    """The other spelling of a British word: the word list has only one of the two."""
    return (re.sub(pattern, other, word) for pattern, other in _BRITISH if re.search(pattern, word))


def _known_words(site: Site) -> frozenset[str]:
    """The words of the site's own list and of all labels.yml."""
    listed = site.config_file.parent / WORDS
    lines = listed.read_text("utf-8-sig").splitlines() if listed.is_file() else []
    texts = [line.partition("#")[0] for line in lines]
    for file in sorted(site.docs_dir.rglob(labels.FILE)):
        texts += labels.read_book(site.docs_dir, file.relative_to(site.docs_dir).as_posix()).texts
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


@cache
def _checker(language: str) -> Mapping[str, int]:
    words: Mapping[str, int] = _tool("spellchecker").SpellChecker(language=language).word_frequency.dictionary
    return words


@cache
def _checks() -> Callable[[str], list[tuple[str, str]]]:
    """proselint with the checks that are ours: from a text to pieces of it and what is told of each."""
    tools, checks, registry = (_tool(f"proselint.{name}") for name in ("tools", "checks", "registry"))
    settings = dict(_tool("proselint.config").DEFAULT)
    registry.CheckRegistry().register_many(checks.__register__)
    settings["checks"] = {name: on and name not in NOT_OURS for name, on in settings["checks"].items()}

    def look(text: str) -> list[tuple[str, str]]:
        file = tools.LintFile(source=Path("page"), content=text)
        places = [one.check_result for one in file.lint(settings)]
        return [(file.content[slice(*place.span)].strip(), place.message) for place in places]

    return look


def _proselint(text: str) -> list[tuple[str, str]]:
    return _checks()(text) if text else []  # an empty text would make it read a file


def _tool(name: str) -> Any:
    import importlib  # noqa: PLC0415  only a writer has these tools

    try:
        return importlib.import_module(name)
    except ImportError:
        raise DocsError(f"{name.partition('.')[0]} is not installed. Install it with: pip install 'deflect[docs]'.") from None
