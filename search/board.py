"""A generation's impacts as they lie on disk, mapped into memory, and the few lookups that ranking makes in them.

Nothing here is ever changed once opened, so threads share it; processes share its pages."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.impacts import LAST, unpack

Array = NDArray[Any]
MOST_REMEMBERED = 20_000
NOBODY = np.zeros(0, np.int64)
Slice = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Board:
    """`arrays` are those of impacts.py by name; `words` and `stems` are sorted."""

    arrays: Mapping[str, Array]
    words: Sequence[str]
    stems: Sequence[str]
    languages: tuple[str, ...]
    synonyms: Mapping[str, Mapping[str, Sequence[str]]]

    @cached_property
    def size(self) -> int:
        """How many articles there are."""
        return len(self.arrays["first"]) - 1

    @cached_property
    def article_of(self) -> Array:
        """The article of each section."""
        return self.arrays["article_of"].astype(np.int64)

    @cached_property
    def first(self) -> Array:
        """The first section of each article, and after the last one the number of sections."""
        return self.arrays["first"]

    @cached_property
    def remembered(self) -> Callable[..., Any]:
        """Call a pure function of the board and remember what it gave: the same words come back at every keystroke."""
        return lru_cache(MOST_REMEMBERED)(lambda make, *given: make(self, *given))

    def forget(self) -> None:
        """Let go of what was remembered: it refers back to this board, and would keep it and its file."""
        vars(self).pop("remembered", None)

    @cached_property
    def heavy(self) -> Mapping[str, int]:
        return {prefix: n for n, prefix in enumerate(unpack(self.arrays["heavy"]))}

    def synonyms_of(self, word: str, product: str | None) -> list[str]:
        """Words that mean the same to those who ask about a product; without one, about any."""
        books = self.synonyms.values() if product is None else (self.synonyms.get(name, {}) for name in ("", product))
        return [other for book in books for other in book.get(word, ())]

    @cached_property
    def typos(self) -> tuple[Array, Array]:
        return self.arrays["typo_hash"], self.arrays["typo_word"]

    def stem_number(self, stem: str) -> int:
        """The number of a stem, or -1."""
        place = bisect_left(self.stems, stem)
        return place if place < len(self.stems) and self.stems[place] == stem else -1

    def word_number(self, word: str) -> int:
        """The number of a word, or -1."""
        return self._number_of.get(word, -1)

    def word_numbers(self, words: Sequence[str]) -> list[int]:
        """The same of many words."""
        return list(map(self._number_of.get, words, repeat(-1)))

    @cached_property
    def _number_of(self) -> Mapping[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    def completions(self, prefix: str) -> Slice:
        """The words that begin with a prefix: from the first to before the last."""
        low = bisect_left(self.words, prefix)
        return low, bisect_left(self.words, prefix + LAST, low)

    def titled(self, gists: Sequence[int]) -> Array:
        """The articles whose titles have one of these gists."""
        found = sorted({article for gist in gists for article in self._of_gist.get(gist, ())})
        return np.array(found, np.int64) if found else NOBODY

    @cached_property
    def _of_gist(self) -> Mapping[int, list[int]]:
        made: dict[int, list[int]] = {}
        for gist, article in zip(self.arrays["title_gist"].tolist(), self.arrays["title_of"].tolist(), strict=True):
            made.setdefault(gist, []).append(article)
        return made

    def row(self, name: str, number: int) -> tuple[Array, Array]:
        """The documents that a term is in, in order, and its impacts there."""
        found: tuple[Array, Array] = self.remembered(_row, name, number)
        return found

    def best_of(self, name: str, words: Slice, articles: Array) -> Array:
        """The best impact that any of these words has in each of these articles; 0 where none is there."""
        keys, impacts = self.arrays[f"{name}_key"], self.arrays[f"{name}_has"]
        base = articles.astype(np.int64) * len(self.words)
        begin, end = keys.searchsorted(base + words[0]), keys.searchsorted(base + words[1])
        found = np.zeros(len(articles), np.float32)
        there = (end > begin).nonzero()[0]
        if len(there):
            sizes = end[there] - begin[there]
            starts = sizes.cumsum() - sizes
            flat = np.arange(sizes.sum()) + (begin[there] - starts).repeat(sizes)
            found[there] = np.maximum.reduceat(impacts[flat], starts)
        return found


def _row(board: Board, name: str, number: int) -> tuple[Array, Array]:
    place = slice(*board.arrays[f"{name}_ptr"][number : number + 2].tolist())
    return board.arrays[f"{name}_doc"][place], board.arrays[f"{name}_imp"][place]
