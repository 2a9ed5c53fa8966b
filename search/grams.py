"""Character 4-grams: what two texts share letter for letter, whatever the words. Pure; a gram is a number below BUCKETS."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 16
SIZE = 4
MOST_CHARS = 2000
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], np.uint32)

Buckets = NDArray[np.uint16]


def of_words(words: Sequence[str], *, growing: bool = False) -> Buckets:
    """The distinct grams of words in a row, in order of their numbers; nothing is said of the end of a growing word."""
    text = f" {' '.join(words)}" if growing else f" {' '.join(words)} "
    if len(text) > MOST_CHARS:
        text = text[: MOST_CHARS // 2] + text[-MOST_CHARS // 2 :]
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    if len(letters) < SIZE:
        return np.zeros(0, np.uint16)
    mixed = sum(letters[n : len(letters) - SIZE + 1 + n] * _FACTORS[n] for n in range(SIZE))
    found = ((mixed ^ (mixed >> np.uint32(15))) * _FACTORS[0] >> np.uint32(16)).astype(np.uint16)
    found.sort()
    fresh = np.ones(len(found), bool)
    np.not_equal(found[1:], found[:-1], out=fresh[1:])
    distinct: Buckets = found[fresh]
    return distinct
