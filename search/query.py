"""Text as typed -> the terms to look for. Pure: it sees the index only as a Board.

Every word is optional; the last one may still be growing; a long text is cut down to the words that tell most."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search import analysis, typos
from search.board import Board, Slice
from search.impacts import rarity

MAX_CHARS = 10_000
MAX_TERMS = 24
MAX_MINOR = 8
"""Words such as "how" and "my" say little, but so many of them help to tell like from like."""
_GROWING = re.compile(r"[\w'’]\Z")
TYPO_WEIGHT = 0.8
FORM_WEIGHT = 0.95
SYNONYM_WEIGHT = 0.5


@dataclass(frozen=True)
class Term:
    """One word as typed: the stems that stand for it with their shares (1: the word itself), and what it may become."""

    word: str
    stems: tuple[tuple[int, float], ...]
    grows: Slice | None
    weight: float


@dataclass(frozen=True)
class Query:
    """What to look for: the telling words, those that only tell among likely articles, how much the unknown ones could
    have told, all neighbours, and the words as typed."""

    terms: tuple[Term, ...]
    minor: tuple[Term, ...]
    unknown: float
    pairs: NDArray[np.int64]
    words: Sequence[str]
    growing: str


def clipped(text: str) -> str:
    """At most MAX_CHARS: the beginning and the end, where people say what they want."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return f"{text[:half].rsplit(maxsplit=1)[0]} {text[-half:].split(maxsplit=1)[-1]}"


def parse(text: str, board: Board, language: str | None = None) -> Query:
    """The query for a text as typed so far. White space or a full stop at its end says that the last word is whole."""
    text = clipped(text)
    typed = analysis.words(text)
    growing = typed[-1] if typed and _GROWING.search(text) else ""
    languages = board.languages
    if language and (own := analysis.primary(language)) not in languages:
        languages = (own, *languages)
    words = list(dict.fromkeys(typed))
    empty = analysis.stop_words(languages)
    telling = [word for word in words if word == growing or word not in empty] or words
    guess = len(telling) <= MAX_TERMS
    terms = [board.remembered(term_of, word, languages, (word == growing, guess)) for word in telling]
    known = [term for term in terms if term.stems or term.grows]
    lost = sum(not (term.stems or term.grows) and term.word != growing for term in terms)
    if len(known) > MAX_TERMS:
        rare = set(sorted(range(len(known)), key=lambda n: (known[n].grows is None, -known[n].weight))[:MAX_TERMS])
        known = [term for n, term in enumerate(known) if n in rare]
    rest = [word for word in words if word in empty and word != growing][:MAX_MINOR] if len(telling) < len(words) else []
    minor = tuple(term for word in rest if (term := board.remembered(term_of, word, languages, (False, False))).stems)
    return Query(tuple(known), minor, lost * float(rarity(board.size, 0)), _pairs(board, typed), typed, growing)


def term_of(board: Board, word: str, languages: tuple[str, ...], how: tuple[bool, bool]) -> Term:
    """What stands for a word that is (how[0]) still growing; how[1]: guess at slips when nothing does."""
    growing, guess = how
    shares = dict.fromkeys(_stems(board, word, languages), 1.0)
    for other in analysis.forms(word, languages):
        _add(shares, _stems(board, other, languages), FORM_WEIGHT)
    for other in (*analysis.synonyms(word, languages), *board.synonyms.get(word, ())):
        _add(shares, _stems(board, other, languages), SYNONYM_WEIGHT)
    grows = board.completions(word) if growing else None
    if grows is not None and grows[0] == grows[1]:
        grows = None
    if not shares and grows is None and guess:
        for number, slips in typos.candidates(word, board.words, board.typos, growing=growing):
            _add(shares, set(board.arrays["stem_of"][:, number].tolist()), TYPO_WEIGHT**slips)
    return Term(word, tuple(shares.items()), grows, _weight(board, shares))


def _weight(board: Board, shares: dict[int, float]) -> float:
    ptr = board.arrays["stem_ptr"]
    return float(rarity(board.size, max((int(ptr[stem + 1] - ptr[stem]) for stem in shares), default=0)))


def _stems(board: Board, word: str, languages: Sequence[str]) -> list[int]:
    numbers = [board.stem_number(analysis.stem(word, language)) for language in languages]
    known = board.word_number(word)
    if known >= 0:
        numbers += board.arrays["stem_of"][:, known].tolist()
    return [number for number in dict.fromkeys(numbers) if number >= 0]


def _add(shares: dict[int, float], stems: Sequence[int] | set[int], weight: float) -> None:
    for stem in stems:
        shares[stem] = max(shares.get(stem, 0.0), weight)


def _pairs(board: Board, typed: Sequence[str]) -> NDArray[np.int64]:
    """The number of each pair of neighbours, -1 for one that cannot be there."""
    known = {word: board.word_number(word) for word in set(typed)}
    numbers = np.array([known[word] for word in typed], np.int64)
    one, two = numbers[:-1], numbers[1:]
    return np.where((one < 0) | (two < 0), -1, one * len(board.words) + two)
