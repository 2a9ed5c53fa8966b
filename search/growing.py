"""The word that is still growing: what its beginning tells of each article. Pure.

Titles, keywords and headings are asked first; a beginning that half the site has is answered from a list made with the index."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.board import Board, Slice
from search.impacts import prefix_scores, rarity

PREFIX_WEIGHT = np.float32(0.9)
"""What the beginning of a word tells, beside what the whole word would."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Grown:
    """Articles and what the beginning tells of each, as far as it was asked; how rare it is."""

    articles: Array
    impacts: Array
    weight: float


def look(board: Board, words: Slice, prefix: str) -> Grown:
    """What a beginning tells of the articles that have a word with it."""
    number = board.heavy.get(prefix)
    if number is not None:
        place = slice(*board.arrays["heavy_ptr"][number : number + 2].tolist())
        weight = float(rarity(board.size, int(board.arrays["heavy_n"][number, 1])))
        return Grown(board.arrays["heavy_doc"][place], board.arrays["heavy_imp"][place] * PREFIX_WEIGHT, weight)
    early, late = _best(board, "early", words), _best(board, "late", words)
    scores, counts = prefix_scores(early, late)
    articles = scores.nonzero()[0]
    return Grown(articles, scores[articles] * PREFIX_WEIGHT, float(rarity(board.size, counts[1])))


def exact(board: Board, words: Slice, prefix: str, articles: Array) -> Array:
    """The same for certain articles, whatever the list has."""
    early_n, all_n = board.arrays["heavy_n"][board.heavy[prefix]].tolist()
    rare = rarity(board.size, np.array([early_n, all_n]))
    early, late = board.best_of("early", words, articles), board.best_of("late", words, articles)
    return (early * ((rare[0] + rare[1]) / 2) + late * rare[1]) * PREFIX_WEIGHT  # type: ignore[no-any-return]


def _best(board: Board, name: str, words: Slice) -> Array:
    ptr = board.arrays[f"{name}_ptr"]
    place = slice(ptr[words[0]], ptr[words[1]])
    best = np.zeros(board.size, np.float32)
    np.maximum.at(best, board.arrays[f"{name}_doc"][place], board.arrays[f"{name}_imp"][place])
    return best
