"""The word that is still growing: what its beginning tells of each article. Pure.

Titles, keywords and headings are asked first; a beginning that half the site has is answered from a list made with the index."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.board import Board, Slice
from search.impacts import prefix_scores, rarity

Array = NDArray[Any]


@dataclass(frozen=True)
class Grown:
    """Articles and what the beginning tells of each; how rare it is; whether other articles must still be asked."""

    articles: Array
    impacts: Array
    weight: float
    partial: bool


def look(board: Board, words: Slice, prefix: str) -> Grown:
    """What a beginning tells of the articles that have a word with it."""
    number = board.heavy.get(prefix)
    if number is not None:
        place = slice(*board.arrays["heavy_ptr"][number : number + 2].tolist())
        weight = float(rarity(board.size, int(board.arrays["heavy_n"][number, 1])))
        return Grown(board.arrays["heavy_doc"][place], board.arrays["heavy_imp"][place], weight, partial=True)
    early, late = _best(board, "early", words), _best(board, "late", words)
    scores, counts = prefix_scores(early, late)
    articles = scores.nonzero()[0]
    return Grown(articles, scores[articles], float(rarity(board.size, counts[1])), partial=False)


def exact(board: Board, words: Slice, prefix: str, articles: Array) -> Array:
    """The same for certain articles, whatever the list has."""
    early_n, all_n = board.arrays["heavy_n"][board.heavy[prefix]].tolist()
    rare = rarity(board.size, np.array([early_n, all_n]))
    early, late = board.best_of("early", words, articles), board.best_of("late", words, articles)
    return early * ((rare[0] + rare[1]) / 2) + late * rare[1]  # type: ignore[no-any-return]


def _best(board: Board, name: str, words: Slice) -> Array:
    ptr = board.arrays[f"{name}_ptr"]
    place = slice(ptr[words[0]], ptr[words[1]])
    best = np.zeros(board.size, np.float32)
    np.maximum.at(best, board.arrays[f"{name}_doc"][place], board.arrays[f"{name}_imp"][place])
    return best
