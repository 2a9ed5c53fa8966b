"""The passage to show of a section: plain text, HTML-escaped, its matched words in <mark>. No other markup, ever."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from search import analysis

LENGTH = 180
BEFORE = 30
"""How much is shown before the first match."""
MOST, MOST_PLACES = 20_000, 200
_SPACES = re.compile(r"\s+")
_UNSAFE = re.compile(r"[&<>\"']")


@dataclass(frozen=True)
class Looked:
    """What was looked for: whole words by their stems, and the beginning of the one that still grows, if any."""

    stems: frozenset[str]
    growing: str = ""


def passage(text: str, language: str, looked: Looked) -> str:
    """About LENGTH characters of the text around most of the matches, in whole words."""
    read = _read(text[:MOST], language)
    places = {place for stem in looked.stems for place in read.of_stem.get(stem, ())}
    if looked.growing:
        for at in range(bisect_left(read.words, looked.growing), len(read.words)):
            if not read.words[at].startswith(looked.growing):
                break
            places.update(read.of_word[read.words[at]])
    found = sorted(places)
    start, end = _window(read.flat, found)
    marked = _marked(read.flat, found, (start, end))
    return f"{'… ' if start else ''}{marked}{' …' if end < len(read.flat) else ''}"


Place = tuple[int, int, str]
"""Where a word stands: its start, its end with a minus (of two that start together the longer comes first), the word."""
Places = dict[str, list[Place]]


@dataclass(frozen=True)
class _Read:
    """A text on one line, its words in order of the alphabet, and where each word and each stem stands."""

    flat: str
    words: list[str]
    of_word: Places
    of_stem: Places


@lru_cache(maxsize=4096)
def _read(text: str, language: str) -> _Read:
    flat = _SPACES.sub(" ", text.replace("\t", " · ")).strip()
    of_word: Places = {}
    of_stem: Places = {}
    for token in analysis.tokens(flat):
        place = (token.start, -token.end, token.word)
        of_word.setdefault(token.word, []).append(place)
        of_stem.setdefault(analysis.stem(token.word, language), []).append(place)
    return _Read(flat, sorted(of_word), of_word, of_stem)


def _window(flat: str, places: Sequence[Place]) -> tuple[int, int]:
    """Where to cut so that the most different words are inside: one walk with a window over the places."""
    if len(flat) <= LENGTH:
        return 0, len(flat)
    best, most, ahead = 0, 0, 0
    inside: dict[str, int] = {}
    for start, _, word in places[:MOST_PLACES]:
        while ahead < len(places) and -places[ahead][1] <= start + LENGTH - BEFORE:
            inside[places[ahead][2]] = inside.get(places[ahead][2], 0) + 1
            ahead += 1
        if len(inside) > most:
            best, most = start, len(inside)
        inside[word] = inside.get(word, 1) - 1
        if not inside[word]:
            del inside[word]
    return _whole_words(flat, max(best - BEFORE, 0))


def _whole_words(flat: str, wanted: int) -> tuple[int, int]:
    start = wanted
    if wanted:
        space = flat.find(" ", wanted, wanted + BEFORE)
        start = space + 1 if space >= 0 else wanted
    end = min(start + LENGTH, len(flat))
    if end < len(flat):
        space = flat.rfind(" ", start + 1, end + 1)
        end = space if space > start + LENGTH // 2 else end
    return start, end


def _marked(flat: str, places: Sequence[Place], window: tuple[int, int]) -> str:
    (at, last), pieces = window, list[str]()
    for start, end in _joined(places):
        if start >= at and end <= last:
            pieces += (_escaped(flat[at:start]), "<mark>", _escaped(flat[start:end]), "</mark>")
            at = end
    return "".join((*pieces, _escaped(flat[at:last])))


def _joined(places: Sequence[Place]) -> list[tuple[int, int]]:
    """Where marks begin and end: matches that lie over each other, as pairs of Chinese characters do, are one."""
    joined: list[tuple[int, int]] = []
    for start, minus_end, _ in places:
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], -minus_end)
        else:
            joined.append((start, -minus_end))
    return joined


def _escaped(text: str) -> str:
    return escape(text) if _UNSAFE.search(text) else text
