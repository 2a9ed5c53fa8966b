"""Query and board -> articles, best first. Pure: sums of impacts find the candidates, a second look puts them in order.

Each step costs the same whatever was typed: at most query.MAX_TERMS rows, then at most CANDIDATES articles."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search import grams
from search.board import Board
from search.impacts import HEAVY
from search.query import PREFIX_WEIGHT, Query, Term

CANDIDATES = 48
CLOSEST = 16
"""Of how many candidates the sections are looked at."""
GRAM_CANDIDATES = 30
GRAM_WEIGHT = 0.35
COVERAGE = 0.25
RUN_WEIGHT = 0.2
CHANCE_RUN = 10.0
"""The rarity of word pairs in a row that texts about different things may still share."""
PAIR_WEIGHT = 0.3

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Hit:
    """An article, its best section and its score."""

    article: int
    section: int
    score: float


def rank(board: Board, query: Query, allowed: Floats | None = None) -> list[Hit]:
    """The articles that match, best first; `allowed` is 1 for each article that may be shown, else 0 (None: all)."""
    if not query.terms or not board.size:
        return []
    table = _table(board, query)
    scores = table.sum(0)
    runs = _runs(board, query.pairs)
    if allowed is not None:
        scores *= allowed
    chosen = _best(scores, CANDIDATES)
    if len(runs[0]):
        extra = board.arrays["article_of"][runs[0]]
        if allowed is not None:
            extra = extra[allowed[extra] > 0]
        chosen = np.union1d(chosen, extra)
    if not len(chosen):
        return []
    return _ordered(board, query, _exact(board, query, table[:, chosen], chosen), chosen, runs)


def _table(board: Board, query: Query) -> Floats:
    """The impacts of each term in each article."""
    table = np.zeros((len(query.terms), board.size), np.float32)
    for row, term in zip(table, query.terms, strict=True):
        for stem, share in sorted(term.stems, key=lambda one: one[1]):
            documents, impacts = board.row("stem", stem)
            if share == 1.0 and len(term.stems) == 1:
                row[documents] = impacts
            else:
                row[documents] = np.maximum(row[documents], impacts * np.float32(share))
        if term.grows is not None:
            _grow(board, term, row)
    return table


def _grow(board: Board, term: Term, row: Floats) -> None:
    ptr = board.arrays["word_ptr"]
    begin, end = ptr[term.grows[0]], ptr[term.grows[1]]
    if end - begin <= HEAVY:
        documents = board.arrays["word_doc"][begin:end]
        impacts = board.arrays["word_imp"][begin:end] * np.float32(PREFIX_WEIGHT * term.weight)
        np.maximum.at(row, documents, impacts)
    elif (number := board.heavy.get(term.word)) is not None:
        ptr = board.arrays["heavy_ptr"]
        documents = board.arrays["heavy_doc"][ptr[number] : ptr[number + 1]]
        best = board.best_of(term.grows, documents) * np.float32(PREFIX_WEIGHT * term.weight)
        row[documents] = np.maximum(row[documents], best)


def _exact(board: Board, query: Query, table: Floats, chosen: Numbers) -> Floats:
    """The same for the candidates alone, where a prefix that was too heavy to be read whole is filled in."""
    for row, term in zip(table, query.terms, strict=True):
        if term.grows is not None:
            best = board.best_of(term.grows, chosen) * np.float32(PREFIX_WEIGHT * term.weight)
            np.maximum(row, best, out=row)
    return table


def _best(scores: Floats, count: int) -> Numbers:
    """The numbers of the best scores above 0, in order of the numbers."""
    top = scores.max()
    for share in (0.5, 0.25, 0.1, 0.0):
        found = np.flatnonzero(scores > top * share)
        if len(found) >= count or share == 0.0:
            break
    if len(found) > count:
        values = scores[found]
        least = np.partition(values, -count)[-count]
        found = found[values >= least][: 2 * count]
    return found


def _ordered(board: Board, query: Query, table: Floats, chosen: Numbers, runs: tuple[Numbers, Floats]) -> list[Hit]:
    weights = np.array([term.weight for term in query.terms], np.float32)
    asked = max(float(weights.sum()) + query.unknown, 1.0)
    known = ((table > 0).T @ weights / asked) ** COVERAGE
    lexical = table.sum(0)
    run_of = _run_of(board, chosen, runs)
    rough = lexical * known + run_of * 100
    close = np.argsort(-rough, kind="stable")[:CLOSEST]
    sections, bonus = _sections(board, query, chosen[close], runs)
    lexical[close] += bonus
    score = lexical * known / math.sqrt(asked) + run_of
    best = float(score.max())
    nearest = np.argsort(-score, kind="stable")[:GRAM_CANDIDATES]
    alike = np.zeros(len(score), np.float32)
    alike[nearest] = _alike(board, query, chosen[nearest])
    top = float(alike.max())
    if top > 0:
        score = score + GRAM_WEIGHT * best * alike / top
    section_of = board.arrays["first"][chosen].astype(np.int64)
    section_of[close] = sections
    order = np.lexsort((chosen, -score))
    return [Hit(int(chosen[n]), int(section_of[n]), float(score[n])) for n in order]


def _sections(board: Board, query: Query, articles: Numbers, runs: tuple[Numbers, Floats]) -> tuple[Numbers, Floats]:
    """The best section of each article and what it adds to the score."""
    first = board.arrays["first"]
    sizes = first[articles + 1] - first[articles]
    starts = np.cumsum(sizes) - sizes
    flat = np.arange(sizes.sum()) + np.repeat(first[articles] - starts, sizes)
    sums = np.zeros(len(flat), np.float32)
    for term in query.terms:
        best = np.zeros(len(flat), np.float32)
        for stem, share in term.stems:
            documents, impacts = board.row("part", stem)
            if len(documents):
                place = np.minimum(np.searchsorted(documents, flat), len(documents) - 1)
                np.maximum(best, np.where(documents[place] == flat, impacts[place] * np.float32(share), 0), out=best)
        sums += best * np.float32(term.weight)
    if len(runs[0]):
        place = np.minimum(np.searchsorted(runs[0], flat), len(runs[0]) - 1)
        sums_and_runs = sums + np.where(runs[0][place] == flat, runs[1][place], 0)
    else:
        sums_and_runs = sums
    top = np.maximum.reduceat(sums_and_runs, starts)
    is_top = np.flatnonzero(sums_and_runs == np.repeat(top, sizes))
    owner = np.repeat(np.arange(len(articles)), sizes)[is_top]
    chosen = is_top[np.searchsorted(owner, np.arange(len(articles)))]
    return flat[chosen], sums[chosen]


def _alike(board: Board, query: Query, articles: Numbers) -> Floats:
    """The best cosine between the text's grams and those of an article's title and sections."""
    asked = grams.of_words(query.words)
    rare = board.arrays["gram_rare"]
    space = np.zeros(grams.BUCKETS, np.float32)
    space[asked] = rare[asked] ** 2
    first, ptr = board.arrays["gram_first"], board.arrays["gram_ptr"]
    units = np.concatenate([np.arange(first[a], first[a + 1]) for a in articles])
    flat = np.concatenate([board.arrays["gram"][ptr[first[a]] : ptr[first[a + 1]]] for a in articles])
    sizes = ptr[units + 1] - ptr[units]
    sums = np.concatenate((space[flat].cumsum(dtype=np.float64), [0]))
    ends = np.cumsum(sizes)
    dots = sums[ends - 1] - np.where(ends - sizes > 0, sums[ends - sizes - 1], 0)
    cosines = np.where(sizes > 0, dots, 0) / board.arrays["gram_norm"][units]
    starts = np.cumsum(first[articles + 1] - first[articles]) - (first[articles + 1] - first[articles])
    return np.maximum.reduceat(cosines, starts).astype(np.float32)


def _runs(board: Board, pairs: Numbers) -> tuple[Numbers, Floats]:
    """The sections that hold a passage of the text word for word, in order, and how far it exceeds what chance gives."""
    keys, ptr = board.arrays["pair_key"], board.arrays["pair_ptr"]
    none = np.zeros(0, np.int64), np.zeros(0, np.float32)
    if not len(pairs) or not len(keys):
        return none
    place = np.minimum(np.searchsorted(keys, pairs), len(keys) - 1)
    known = np.flatnonzero(keys[place] == pairs)
    begin = ptr[place[known]]
    sizes = ptr[place[known] + 1] - begin
    weights = np.log(1 + (max(len(board.arrays["article_of"]), 100) - sizes + 0.5) / (sizes + 0.5))
    if not len(known) or weights.sum() <= CHANCE_RUN:
        return none
    return _longest(board, known, begin, sizes, weights)


def _longest(board: Board, known, begin, sizes, weights):  # type: ignore[no-untyped-def]
    starts = np.cumsum(sizes) - sizes
    flat = np.arange(sizes.sum()) + np.repeat(begin - starts, sizes)
    sections = board.arrays["pair_doc"][flat].astype(np.int64)
    at = np.repeat(known, sizes)
    key = (sections << 16) + at
    order = np.argsort(key, kind="stable")
    key, weight = key[order], np.repeat(weights, sizes)[order]
    breaks = np.flatnonzero(np.diff(key, prepend=-9) != 1)
    strength = np.add.reduceat(weight, breaks)
    where = key[breaks] >> 16
    keep = strength > CHANCE_RUN
    found, inverse = np.unique(where[keep], return_inverse=True)
    best = np.zeros(len(found), np.float32)
    np.maximum.at(best, inverse, (RUN_WEIGHT * (strength[keep] - CHANCE_RUN)).astype(np.float32))
    return found, best


def _run_of(board: Board, chosen: Numbers, runs: tuple[Numbers, Floats]) -> Floats:
    found = np.zeros(len(chosen), np.float32)
    if len(runs[0]):
        place = np.searchsorted(chosen, board.arrays["article_of"][runs[0]])
        inside = np.flatnonzero((place < len(chosen)))
        inside = inside[chosen[place[inside]] == board.arrays["article_of"][runs[0]][inside]]
        np.maximum.at(found, place[inside], runs[1][inside])
    return found
