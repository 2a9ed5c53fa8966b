"""The passage to show of a section: plain text, HTML-escaped, its matched words in <mark>. No other markup, ever."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from search import analysis

LENGTH = 180
MOST = 20_000
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Looked:
    """What was looked for: whole words by their stems, and the beginning of the one that still grows, if any."""

    stems: frozenset[str]
    growing: str = ""


def passage(text: str, language: str, looked: Looked) -> str:
    """About LENGTH characters of the text around most of the matches, in whole words."""
    read = _read(text[:MOST], language)
    spans = [span for stem in looked.stems for span in read.of_stem.get(stem, ())]
    if looked.growing:
        for place in range(bisect_left(read.words, looked.growing), len(read.words)):
            if not read.words[place].startswith(looked.growing):
                break
            spans += read.of_word[read.words[place]]
    spans.sort()
    start, end = _window(read.flat, spans)
    marked = _marked(read.flat, [span for span in spans if span[0] >= start and span[1] <= end], (start, end))
    return f"{'… ' if start else ''}{marked}{' …' if end < len(read.flat) else ''}"


Spans = dict[str, list[tuple[int, int]]]


@dataclass(frozen=True)
class _Read:
    """A text on one line, its words in order of the alphabet, and where each word and each stem stands."""

    flat: str
    words: list[str]
    of_word: Spans
    of_stem: Spans


@lru_cache(maxsize=4096)
def _read(text: str, language: str) -> _Read:
    flat = _SPACES.sub(" ", text.replace("\t", " · ")).strip()
    of_word: Spans = {}
    of_stem: Spans = {}
    for token in analysis.tokens(flat):
        of_word.setdefault(token.word, []).append((token.start, token.end))
        of_stem.setdefault(analysis.stem(token.word, language), []).append((token.start, token.end))
    return _Read(flat, sorted(of_word), of_word, of_stem)


def _window(flat: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    if len(flat) <= LENGTH:
        return 0, len(flat)
    best, most = 0, -1
    for first, _ in spans[:200]:
        held = len({flat[s:e].casefold() for s, e in spans if s >= first and e <= first + LENGTH - 30})
        if held > most:
            best, most = first, held
    return _whole_words(flat, max(best - 30, 0))


def _whole_words(flat: str, wanted: int) -> tuple[int, int]:
    start = wanted
    if wanted:
        space = flat.find(" ", wanted, wanted + 30)
        start = space + 1 if space >= 0 else wanted
    end = min(start + LENGTH, len(flat))
    if end < len(flat):
        space = flat.rfind(" ", start + 1, end + 1)
        end = space if space > start + LENGTH // 2 else end
    return start, end


def _marked(flat: str, spans: list[tuple[int, int]], window: tuple[int, int]) -> str:
    at, pieces = window[0], []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if start >= at:
            pieces += [escape(flat[at:start]), "<mark>", escape(flat[start:end]), "</mark>"]
            at = end
    return "".join((*pieces, escape(flat[at : window[1]])))
