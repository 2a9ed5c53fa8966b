"""Passages of the text that stand in a section word for word, such as an error message in a paste. Pure."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.board import Board
from search.impacts import rarity

RUN_WEIGHT = 0.3
CHANCE_RUN = 10.0
"""The rarity of word pairs in a row that texts about different things may still share."""
MOST = 20_000
"""Pairs are followed from the rarest on, until so many of their places have been looked at."""

Array = NDArray[Any]
FIRST = np.zeros(1, np.int64)


@dataclass(frozen=True)
class Passages:
    """Sections, in order; how far the longest passage of each exceeds what chance gives; what its neighbours tell in all."""

    sections: Array
    strengths: Array
    neighbours: Array


NONE = Passages(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))


def find(board: Board, pairs: Array) -> Passages:
    """The sections that hold more of the text in a row than chance gives."""
    keys, ptr = board.arrays["pair_key"], board.arrays["pair_ptr"]
    if not len(pairs) or not len(keys):
        return NONE
    place = keys.searchsorted(pairs)
    place[place == len(keys)] = 0
    known = (keys[place] == pairs).nonzero()[0]
    if not len(known):
        return NONE
    begin = ptr[place[known]]
    sizes = ptr[place[known] + 1] - begin
    weights = board.remembered(_rarities)[sizes]
    if sizes.sum() > MOST:
        kept = np.sort(sizes.argsort(kind="stable")[: int((np.sort(sizes).cumsum() <= MOST).sum())])
        known, begin, sizes, weights = known[kept], begin[kept], sizes[kept], weights[kept]
    once = np.zeros(len(known), bool)
    once[_firsts(place[known].tolist())] = True
    return _longest(board, known, (begin, sizes), np.array((weights, weights * once)))


def _rarities(board: Board) -> Array:
    """How rare a pair is, by the number of sections that have it."""
    sections = len(board.article_of)
    return rarity(sections, np.arange(sections + 1))  # type: ignore[no-any-return]


def _firsts(numbers: list[int]) -> list[int]:
    """Where each number stands first."""
    return list({number: at for at, number in reversed(list(enumerate(numbers)))}.values())


def _longest(board: Board, known: Array, rows: tuple[Array, Array], weights: Array) -> Passages:
    """`weights`: of each pair, and the same with 0 for a pair that has been there before."""
    begin, sizes = rows
    starts = sizes.cumsum() - sizes
    flat = np.arange(sizes.sum()) + (begin - starts).repeat(sizes)
    keys = (board.arrays["pair_doc"][flat].astype(np.int64) << 16) + known.repeat(sizes)
    order = keys.argsort(kind="stable")
    keys, told = keys[order], weights.repeat(sizes, axis=1)[:, order]
    breaks = (keys[1:] - keys[:-1] != 1).nonzero()[0] + 1
    breaks = np.concatenate((FIRST, breaks))
    (runs, once), owners = np.add.reduceat(told, breaks, axis=1), keys[breaks] >> 16
    firsts = np.concatenate((FIRST, (owners[1:] != owners[:-1]).nonzero()[0] + 1))
    strengths = np.maximum(np.maximum.reduceat(runs, firsts) - CHANCE_RUN, 0) * RUN_WEIGHT
    return Passages(owners[firsts], strengths, np.add.reduceat(once, firsts))


def verbatim(passages: Passages) -> Array:
    """The sections with a passage that chance does not give."""
    return passages.sections[passages.strengths > 0]


def of_sections(passages: Passages, sections: Array) -> tuple[Array, Array]:
    """The strength of each of these sections and what its neighbours tell, 0 where there is nothing."""
    if not len(passages.sections):
        none = np.zeros(len(sections), np.float32)
        return none, none
    place = passages.sections.searchsorted(sections)
    place[place == len(passages.sections)] = 0
    there = passages.sections[place] == sections
    return passages.strengths[place] * there, passages.neighbours[place] * there


def of_articles(board: Board, passages: Passages, articles: Array) -> Array:
    """The strength of each article's best section; `articles` in order of their numbers."""
    found = np.zeros(len(articles), np.float32)
    strong = passages.strengths.nonzero()[0]
    if len(strong):
        owners = board.article_of[passages.sections[strong]]
        place = articles.searchsorted(owners)
        place[place == len(articles)] = 0
        here = (articles[place] == owners).nonzero()[0]
        np.maximum.at(found, place[here], passages.strengths[strong[here]])
    return found
