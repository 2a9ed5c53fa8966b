"""A generation's impacts as they lie on disk, mapped into memory, and the few lookups that ranking makes in them.

Nothing here is ever changed once opened, so threads share it; processes share its pages."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.impacts import LAST, unpack

Array = NDArray[Any]
Slice = tuple[int, int]


@dataclass(frozen=True)
class Board:
    """`arrays` are those of impacts.py by name; `words` and `stems` are sorted."""

    arrays: Mapping[str, Array]
    words: Sequence[str]
    stems: Sequence[str]
    languages: tuple[str, ...]
    synonyms: Mapping[str, tuple[str, ...]]

    @cached_property
    def size(self) -> int:
        """How many articles there are."""
        return len(self.arrays["first"]) - 1

    @cached_property
    def heavy(self) -> Mapping[str, int]:
        return {prefix: n for n, prefix in enumerate(unpack(self.arrays["heavy"]))}

    @cached_property
    def typos(self) -> tuple[Array, Array]:
        return self.arrays["typo_hash"], self.arrays["typo_word"]

    def stem_number(self, stem: str) -> int:
        """The number of a stem, or -1."""
        place = bisect_left(self.stems, stem)
        return place if place < len(self.stems) and self.stems[place] == stem else -1

    def word_number(self, word: str) -> int:
        """The number of a word, or -1."""
        place = bisect_left(self.words, word)
        return place if place < len(self.words) and self.words[place] == word else -1

    def completions(self, prefix: str) -> Slice:
        """The words that begin with a prefix: from the first to before the last."""
        low = bisect_left(self.words, prefix)
        return low, bisect_left(self.words, prefix + LAST, low)

    def row(self, name: str, number: int) -> tuple[Array, Array]:
        """The documents that a term is in, in order, and its impacts there."""
        begin, end = self.arrays[f"{name}_ptr"][number], self.arrays[f"{name}_ptr"][number + 1]
        return self.arrays[f"{name}_doc"][begin:end], self.arrays[f"{name}_imp"][begin:end]

    def best_of(self, words: Slice, articles: Array) -> Array:
        """The best impact that any of these words has in each of these articles; 0 where none is there."""
        keys, impacts = self.arrays["has_key"], self.arrays["has_imp"]
        base = articles.astype(np.int64) * len(self.words)
        begin, end = np.searchsorted(keys, base + words[0]), np.searchsorted(keys, base + words[1])
        found = np.zeros(len(articles), np.float32)
        there = np.flatnonzero(end > begin)
        if len(there):
            sizes = end[there] - begin[there]
            starts = np.cumsum(sizes) - sizes
            flat = np.arange(sizes.sum()) + np.repeat(begin[there] - starts, sizes)
            found[there] = np.maximum.reduceat(impacts[flat], starts)
        return found
