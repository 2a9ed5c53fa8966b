"""What many people needed, while little has been typed: it puts what matches in another order. Pure.

It finds nothing that does not match, changes no score, and is silent before a whole question is typed."""

from collections.abc import Mapping, Sequence
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import runs
from search.board import Board
from search.query import Query
from search.ranking import CANDIDATES, Hit, rank

Array = NDArray[Any]
FULL, SILENT = 6, 12
"""Letters: up to FULL the need counts in full, from SILENT on not at all. Our shortest whole question has 12."""


def dense(needed: Mapping[str, float], articles: Sequence[str]) -> Array:
    """The need of each article, 0 to 1; 0 for what is not named."""
    return np.array([min(max(needed.get(name, 0.0), 0.0), 1.0) for name in articles], np.float64)


def strength(query: Query) -> float:
    """How much need counts for a text: 1 for its first letters, 0 once its last word is whole or much is typed."""
    if not query.growing:
        return 0.0
    letters = sum(map(len, query.words))
    return min(max((SILENT - letters) / (SILENT - FULL), 0.0), 1.0)


def lifted(board: Board, query: Query, hits: list[Hit], *, need: Array, allowed: Array | None = None) -> list[Hit]:
    """What `ranking.rank` found, best first, in the order of score and need; each keeps its score.

    Need adds at most the best score. An article comes before none that has more of the words in title, keywords or headings,
    that has them in a row, or whose title or message the text is, unless its score alone brings it there."""
    share = strength(query)
    if not share or not hits or not need.any():
        return hits
    if len(hits) >= CANDIDATES:
        hits = hits + _others(board, query, need if allowed is None else need * allowed, hits)
    numbers = np.array([hit.article for hit in hits], np.int64)
    places = _held(hits, need[numbers] * share, _told(board, query, numbers))
    return [hits[at] for at in sorted(range(len(hits)), key=lambda at: -places[at])]


def _others(board: Board, query: Query, need: Array, hits: Sequence[Hit]) -> list[Hit]:
    """Needed articles that match and are not among the best: worth no more than the last of these."""
    others = (need > 0).astype(np.float32)
    others[[hit.article for hit in hits]] = 0
    last = hits[-1].score
    return [Hit(hit.article, hit.section, min(hit.score, last)) for hit in rank(board, query, others)] if others.any() else []


def _held(hits: Sequence[Hit], need: Array, told: Array) -> list[float]:
    """Where each hit comes to stand; `hits` are in the order of their scores."""
    best, lowest, places = hits[0].score, dict[int, float](), []
    for hit, more, own in zip(hits, need.tolist(), told.tolist(), strict=True):
        place = hit.score
        if more:
            above = min((score for tier, score in lowest.items() if tier > own), default=inf)
            place = max(place, min(place + best * more, nextafter(above, 0)))
        places.append(place)
        lowest[own] = hit.score
    return places


def _told(board: Board, query: Query, articles: Array) -> Array:
    """How much of the text each article has where it says what it is about: the more, the higher it stands."""
    told = np.zeros(len(articles), np.int64)
    for term in query.terms:
        told += _early(board, [term.word, *(board.stems[stem] for stem, _ in term.stems)], articles)
    passages = runs.find(board, query.pairs)
    if len(passages.sections):
        told += np.isin(articles, board.article_of[passages.sections])
    whole = np.concatenate((board.titled(query.gists), board.article_of[runs.verbatim(passages)]))
    if len(whole):
        told[np.isin(articles, whole)] += len(query.terms) + 2
    return told


def _early(board: Board, beginnings: Sequence[str], articles: Array) -> Array:
    """Whether title, keywords or headings have a word with one of these beginnings."""
    found = [board.best_of("early", board.completions(beginning), articles) > 0 for beginning in dict.fromkeys(beginnings)]
    return np.any(found, axis=0)  # type: ignore[no-any-return]
