"""Words a slip or two away from one that the index does not know: symmetric deletes over the beginnings of all words. Pure.

Two beginnings are a slip apart when they are alike after at most one letter is taken out of each."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 7
"""Letters of a word's beginning that the table knows."""
SHORTEST = 4
SHORT = 5
TWO_SLIPS_FROM = 8
MAX_CANDIDATES = 5
MOST_LOOKED_AT = 200
LAST = "\U0010ffff"
_FACTOR = 0x9E3779B97F4A7C15
_ALL_BITS = (1 << 64) - 1

Array = NDArray[Any]
Table = tuple[Array, Array]
"""Hashes, sorted, and for each the number of the first word that begins so."""


def table(words: Sequence[str]) -> dict[str, Array]:
    """Every beginning of 3 to LONGEST letters, whole or with a letter taken out: its hash and the first word that has it."""
    hashes, firsts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int32)]
    for length in range(SHORTEST - 1, LONGEST + 1):
        starts = [n for n, w in enumerate(words) if len(w) >= length and (n == 0 or words[n - 1][:length] != w[:length])]
        if starts:
            letters = _letters([words[n][:length] for n in starts], length)
            for variant in _variants(letters):
                hashes.append(_hash(variant, length))
                firsts.append(np.array(starts, np.int32))
    everything, first = np.concatenate(hashes), np.concatenate(firsts)
    order = np.argsort(everything, kind="stable")
    return {"typo_hash": everything[order], "typo_word": first[order]}


def candidates(word: str, words: Sequence[str], known: Table, *, growing: bool = False) -> list[tuple[int, int]]:
    """The nearest known words (their numbers) and their distances, nearest first; none for short words and words with digits.

    A word of up to SHORT letters must keep its first one. A growing word is compared with the beginnings of longer ones."""
    if len(word) < SHORTEST or any(letter.isdigit() for letter in word):
        return []
    reach = 2 if len(word) >= TWO_SLIPS_FROM else 1
    found = []
    for number in _alike(word, words, known):
        near = words[number]
        if len(near) < len(word) - reach or (not growing and len(near) > len(word) + reach):
            continue
        slips = distance(word, near, reach, growing=growing)
        if slips <= reach and (near[0] == word[0] or len(word) > SHORT):
            found.append((slips, near[0] != word[0], len(near), number))
    best = min((slips for slips, *_ in found), default=0)
    return [(number, slips) for slips, _, _, number in sorted(found)[:MAX_CANDIDATES] if slips == best]


def _alike(word: str, words: Sequence[str], known: Table) -> list[int]:
    hashes, firsts = known
    short = min(len(word), LONGEST)
    bases = [_hash_one(variant) for variant in {word[:short], *(word[:n] + word[n + 1 : short] for n in range(short))}]
    lengths = sorted({max(short - 1, SHORTEST - 1), short, min(short + 1, LONGEST)})
    wanted = np.array([base ^ length for length in lengths for base in bases], np.uint64)
    low, high = np.searchsorted(hashes, wanted, "left").tolist(), np.searchsorted(hashes, wanted, "right").tolist()
    numbers: dict[int, None] = {}
    for place, (begin, end) in enumerate(zip(low, high, strict=True)):
        length = lengths[place // len(bases)]
        for first in firsts[begin : min(end, begin + MOST_LOOKED_AT)].tolist():
            last = bisect_left(words, words[first][:length] + LAST, first)
            numbers.update(dict.fromkeys(range(first, min(last, first + MOST_LOOKED_AT))))
    return list(numbers)[:MOST_LOOKED_AT]


def _letters(texts: Sequence[str], length: int) -> Array:
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, np.uint32).reshape(len(texts), length).astype(np.uint64)


def _variants(letters: Array) -> list[Array]:
    """The rows as they are, and with each of their letters taken out."""
    return [letters, *(np.delete(letters, n, axis=1) for n in range(letters.shape[1]))]


def _hash(letters: Array, length: int) -> Array:
    """One number for each row; `length` is that of the beginning it was made from, so that like meets like."""
    mixed = np.zeros(len(letters), np.uint64)
    for column in letters.T:
        mixed = (mixed ^ column) * np.uint64(_FACTOR)
        mixed ^= mixed >> np.uint64(29)
    return mixed ^ np.uint64(length)


def _hash_one(letters: str) -> int:
    """The same for one text, before its length is mixed in."""
    mixed = 0
    for letter in letters:
        mixed = ((mixed ^ ord(letter)) * _FACTOR) & _ALL_BITS
        mixed ^= mixed >> 29
    return mixed


def distance(one: str, two: str, limit: int, *, growing: bool = False) -> int:
    """Slips between two words (a letter wrong, missing, added, or two swapped); above `limit`: limit + 1.

    While the first word is growing, it is compared with any beginning of the second."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i in range(1, len(one) + 1):
        before, row = row, _next_row((one, two), i, (before, row))
        if min(row) > limit:
            return limit + 1
    return min(min(row) if growing else row[-1], limit + 1)


def _next_row(words: tuple[str, str], i: int, rows: tuple[list[int], list[int]]) -> list[int]:
    one, two = words
    before, row = rows
    fresh = [i]
    for j in range(1, len(two) + 1):
        cost = min(row[j] + 1, fresh[j - 1] + 1, row[j - 1] + (one[i - 1] != two[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == two[j - 2] and one[i - 2] == two[j - 1]:
            cost = min(cost, before[j - 2] + 1)
        fresh.append(cost)
    return fresh
