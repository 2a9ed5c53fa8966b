"""Text as typed -> the terms to look for. Pure: it sees the index only as a Board.

Every word is optional; the last one may still be growing; a long text is cut down to the words that tell most."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search import analysis, typos
from search.board import Board, Slice
from search.impacts import rarity

MAX_CHARS = 10_000
MAX_TERMS = 24
MAX_LOOKED_UP = 4 * MAX_TERMS
"""Of a text with more words only the rarest of those that stand in the index are looked up."""
MAX_TITLE = 60
"""No title has more words; of a longer text no gist is taken."""
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


class Reading(NamedTuple):
    """How a word is read: as one that still grows; guessing at slips when nothing else is known; with whose synonyms."""

    growing: bool
    guess: bool
    product: str | None


class Query(NamedTuple):
    """What to look for: the telling words, those that only tell among likely articles, how much the unknown ones could
    have told, all neighbours, the words as typed, and the gist of it all in each language."""

    terms: tuple[Term, ...]
    minor: tuple[Term, ...]
    unknown: float
    pairs: NDArray[np.int64]
    words: Sequence[str]
    growing: str
    gists: tuple[int, ...]


def clipped(text: str) -> str:
    """At most MAX_CHARS: the beginning and the end, where people say what they want."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    begin, end = text[:half].rsplit(maxsplit=1), text[-half:].split(maxsplit=1)
    return f"{begin[0] if begin else ''} {end[-1] if end else ''}"


def parse(text: str, board: Board, language: str | None = None, product: str | None = None) -> Query:
    """The query for a text as typed so far; `product` chooses the synonyms.

    White space or a full stop at its end says that the last word is whole."""
    text = clipped(text)
    if not text.isascii():
        text = clipped(unicodedata.normalize("NFKC", text))  # one sign may stand for eighteen letters
    typed = analysis.words(text)
    growing = typed[-1] if typed and _GROWING.search(text) else ""
    languages = board.languages
    if language and (own := analysis.primary(language)) not in languages:
        languages = (own, *languages)
    words = list(dict.fromkeys(typed))
    empty = analysis.stop_words(languages)
    telling = [word for word in words if word == growing or word not in empty] or words
    guess = len(telling) <= MAX_TERMS
    looked_up, lost = (telling, 0) if len(telling) <= MAX_LOOKED_UP else _rarest(board, telling, growing)
    terms = [board.remembered(term_of, word, languages, Reading(word == growing, guess, product)) for word in looked_up]
    lost += sum(not (term.stems or term.grows) and term.word != growing for term in terms)
    rest = [word for word in words if word in empty and word != growing] if len(telling) < len(words) else []
    minor = [board.remembered(term_of, word, languages, Reading(False, False, product)) for word in rest[:MAX_MINOR]]
    return Query(
        terms=_most_telling([term for term in terms if term.stems or term.grows]),
        minor=tuple(term for term in minor if term.stems),
        unknown=lost * float(rarity(board.size, 0)),
        pairs=_pairs(board, typed),
        words=typed,
        growing=growing,
        gists=_gists(board, words, languages) if len(words) <= MAX_TITLE else (),
    )


def _most_telling(terms: list[Term]) -> tuple[Term, ...]:
    """The rarest and the one that grows, in the order typed."""
    if len(terms) <= MAX_TERMS:
        return tuple(terms)
    rare = sorted(range(len(terms)), key=lambda n: (terms[n].grows is None, -terms[n].weight))[:MAX_TERMS]
    return tuple(terms[n] for n in sorted(rare))


def term_of(board: Board, word: str, languages: tuple[str, ...], how: Reading) -> Term:
    """What stands for a word."""
    shares = dict.fromkeys(_stems(board, word, languages), 1.0)
    for other in analysis.forms(word, languages):
        _add(shares, _stems(board, other, languages), FORM_WEIGHT)
    for other in (*analysis.synonyms(word, languages), *board.synonyms_of(word, how.product)):
        _add(shares, _stems(board, other, languages), SYNONYM_WEIGHT)
    grows = board.completions(word) if how.growing else None
    if grows is not None and grows[0] == grows[1]:
        grows = None
    if not shares and grows is None and how.guess:
        for number, slips in typos.candidates(word, board.words, board.typos, growing=how.growing):
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


def _rarest(board: Board, words: Sequence[str], growing: str) -> tuple[list[str], float]:
    """The words that fewest articles have and the first of those that none has as written, in the order typed, with the one
    that grows; and how many of the others none has."""
    numbers = board.word_numbers(words)
    known = [(word, number) for word, number in zip(words, numbers, strict=True) if number >= 0]
    strange = [word for word, number in zip(words, numbers, strict=True) if number < 0 and word != growing]
    kept = set(strange[:MAX_LOOKED_UP])
    if known:
        stems = board.arrays["stem_of"][:, [number for _, number in known]]
        ptr = board.arrays["stem_ptr"]
        spread = (ptr[stems + 1] - ptr[stems]).max(0)
        kept |= {known[place][0] for place in spread.argsort(kind="stable")[:MAX_LOOKED_UP].tolist()}
    return [word for word in words if word in kept or word == growing], max(len(strange) - MAX_LOOKED_UP, 0)


def _gists(board: Board, words: Sequence[str], languages: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(analysis.gist, zip(*(board.remembered(_in_each, word, languages) for word in words), strict=True)))


def _in_each(_board: Board, word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(analysis.stem(word, language) for language in languages)


def _pairs(board: Board, typed: Sequence[str]) -> NDArray[np.int64]:
    """The number of each pair of neighbours, -1 for one that cannot be there."""
    numbers, size = board.word_numbers(typed), len(board.words)
    return np.array([-1 if one < 0 or two < 0 else one * size + two for one, two in pairwise(numbers)], np.int64)
