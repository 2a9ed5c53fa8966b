"""Query and board -> articles, best first. Pure: sums of impacts find the candidates, a second look puts them in order.

Each step costs the same whatever was typed: at most query.MAX_TERMS rows, then at most CANDIDATES articles."""

import math
from threading import local
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from search import grams, growing, runs
from search.board import Board
from search.query import Query, Term

CANDIDATES = 32
CLOSEST = 16
"""Of how many candidates sections and grams are looked at."""
GRAM_WEIGHT = 0.4
ENOUGH_CHARS = 64
"""A text that still grows has its grams count less, by its length and down to a half: its letters could become anything."""
PAIR_WEIGHT = np.float32(0.15)
VERBATIM_FIRST = np.float32(10)
MINOR_WEIGHT = np.float32(0.2)
COVERAGE = 0.3
"""How much an article loses that lacks words of the text: those with all words come first, then those with any."""

Array = NDArray[Any]
NO_GRAM = np.zeros(1, np.uint16)
"""Closes the row, so that an empty unit at its end still has a place to begin."""
_mine = local()


class Hit(NamedTuple):
    """An article, its best section and its score."""

    article: int
    section: int
    score: float


def rank(board: Board, query: Query, allowed: Array | None = None, limit: int | None = None) -> list[Hit]:
    """The articles that match, best first; `allowed` is 1 for each article that may be shown, else 0 (None: all).

    Only the first `limit` of them are told (None: all that were looked at)."""
    if not query.terms or not board.size:
        return []
    table = np.zeros((len(query.terms), board.size), np.float32)
    weights = [_read(board, term, row) for row, term in zip(table, query.terms, strict=True)]
    scores = table.sum(0)
    passages = runs.find(board, query.pairs)
    titled, verbatim = board.titled(query.gists), runs.verbatim(passages)
    if allowed is not None:
        scores *= allowed
    chosen = _best(scores)
    if len(titled) or len(verbatim):
        told = np.concatenate((titled, board.article_of[verbatim]))
        chosen = np.union1d(chosen, told if allowed is None else told[allowed[told] > 0])
    if not len(chosen):
        return []
    near = table[:, chosen]
    _fill(board, query, near, chosen)
    weights += [term.weight for term in query.minor]
    whole = np.concatenate((near, _minor(board, query, chosen)))
    return _ordered(board, query, _Near(chosen, whole, np.array(weights, np.float32), passages, _among(titled, chosen)), limit)


class _Near(NamedTuple):
    """The candidates, in order of their numbers; the impacts of each term in each; what each term may tell; passages
    found word for word; whether the text is the candidate's title."""

    articles: Array
    table: Array
    weights: Array
    passages: runs.Passages
    titled: Array


def _read(board: Board, term: Term, row: Array) -> float:
    """Put the impacts of a term into its row of the table; return how much it may tell."""
    for stem, share in term.stems:
        documents, impacts = board.row("stem", stem)
        if len(term.stems) == 1:
            row[documents] = impacts if share == 1 else impacts * np.float32(share)
        else:
            row[documents] = np.maximum(row[documents], impacts * np.float32(share))
    if term.grows is None:
        return term.weight
    grown = board.remembered(growing.look, term.grows, term.word)
    row[grown.articles] = np.maximum(row[grown.articles], grown.impacts) if term.stems else grown.impacts
    return float(grown.weight)


def _fill(board: Board, query: Query, table: Array, articles: Array) -> None:
    """Ask of each candidate what a list of the best could not say."""
    for row, term in zip(table, query.terms, strict=True):
        if term.grows is not None and term.word in board.heavy:
            np.maximum(row, growing.exact(board, term.grows, term.word, articles), out=row)


def _minor(board: Board, query: Query, articles: Array) -> Array:
    """What words that say little add, for the candidates alone."""
    table = np.zeros((len(query.minor), len(articles)), np.float32)
    articles = articles.astype(np.int32)  # as the rows are, or each row would be converted
    for row, term in zip(table, query.minor, strict=True):
        documents, impacts = board.row("stem", term.stems[0][0])
        place = documents.searchsorted(articles)
        place[place == len(documents)] = 0
        np.multiply(impacts[place] * MINOR_WEIGHT, documents[place] == articles, out=row)
    return table


def _among(some: Array, articles: Array) -> Array:
    return np.isin(articles, some) if len(some) else np.zeros(len(articles), bool)


def _best(scores: Array) -> Array:
    """The numbers of the best scores above 0, in order of the numbers."""
    top = scores.max()
    if top <= 0:
        return np.zeros(0, np.int64)
    for share in (0.5, 0.25, 0.1, 0.0):
        found = (scores > top * np.float32(share)).nonzero()[0]
        if len(found) >= CANDIDATES:
            break
    if len(found) > CANDIDATES:
        values = scores[found]
        least = np.partition(values, -CANDIDATES)[-CANDIDATES]
        found = found[values >= least][: 2 * CANDIDATES]
    return found  # type: ignore[no-any-return]


def _ordered(board: Board, query: Query, near: _Near, limit: int | None) -> list[Hit]:
    asked = max(float(near.weights.sum()) + query.unknown, 1.0)
    known = (near.weights @ (near.table > 0) / asked) ** np.float32(COVERAGE)
    lexical = near.table.sum(0)
    verbatim = runs.of_articles(board, near.passages, near.articles)
    rough = lexical * known + verbatim * math.sqrt(asked) + near.titled * lexical.max()
    close = (-rough).argsort(kind="stable")[:CLOSEST]
    sections, bonus = _sections(board, query, near.articles[close], near.passages)
    lexical[close] += bonus
    score = lexical * known / math.sqrt(asked)
    alike = _alike(board, query, near.articles[close], sections)
    top = float(alike.max())
    if top > 0:
        weight = gram_weight(query)
        score[close] += weight / top * float(score.max()) * alike
        score *= (1 + GRAM_WEIGHT) / (1 + weight)  # what fits as well scores as high, however much is typed
    score += verbatim + near.titled * float(score.max() + verbatim.max())
    section_of = board.first[near.articles]
    section_of[close] = sections
    order = (-score).argsort(kind="stable")[:limit]  # of equals the one with the lower number
    found = near.articles[order].tolist(), section_of[order].tolist(), score[order].tolist()
    return list(map(Hit, *found))


def gram_weight(query: Query) -> float:
    """What letters in common count beside words in common: less while the last word grows and the text is short."""
    if not query.growing:
        return GRAM_WEIGHT
    typed = sum(map(len, query.words)) + len(query.words) - 1
    return GRAM_WEIGHT * min(max(typed / ENOUGH_CHARS, 0.5), 1)


def _sections(board: Board, query: Query, articles: Array, passages: runs.Passages) -> tuple[Array, Array]:
    """The best section of each article and what it adds to the score."""
    begin = board.first[articles]
    sizes = board.first[articles + 1] - begin
    starts = sizes.cumsum() - sizes
    flat = np.arange(sizes.sum(), dtype=np.int32) + (begin - starts).astype(np.int32).repeat(sizes)
    tells = np.zeros(len(board.article_of), np.float32)
    for term in query.terms:
        for stem, share in term.stems[:1]:
            documents, impacts = board.row("part", stem)
            tells[documents] += impacts * np.float32(share * term.weight)
    sums = tells[flat]
    verbatim, neighbours = runs.of_sections(passages, flat)
    sums += neighbours * PAIR_WEIGHT
    whole = sums + verbatim * VERBATIM_FIRST
    top = np.maximum.reduceat(whole, starts)
    is_top = (whole == top.repeat(sizes)).nonzero()[0]
    chosen = is_top[is_top.searchsorted(starts)]
    return flat[chosen], sums[chosen]


def _alike(board: Board, query: Query, articles: Array, sections: Array) -> Array:
    """The better cosine between the text's grams and those of an article's title or of its best section."""
    asked = grams.of_words(query.words, growing=bool(query.growing))
    rare, ptr, gram = board.arrays["gram_rare"], board.arrays["gram_ptr"], board.arrays["gram"]
    units = np.concatenate((board.arrays["gram_title"][articles], board.arrays["gram_part"][sections]))
    begin, end = ptr[units], ptr[units + 1]
    flat = np.concatenate([*map(gram.__getitem__, map(slice, begin.tolist(), end.tolist())), NO_GRAM])
    sizes = end - begin
    space = _space()
    space[asked] = rare[asked] ** 2
    shared = space[flat]
    space[asked] = 0
    dots = np.add.reduceat(shared, sizes.cumsum() - sizes) * (sizes > 0)
    cosines = dots / board.arrays["gram_norm"][units]
    found: Array = np.maximum(cosines[: len(articles)], cosines[len(articles) :])
    return found


def _space() -> Array:
    """A zero for each gram, made once a thread; who writes there clears it."""
    known: dict[str, Array] = _mine.__dict__
    if "space" not in known:
        known["space"] = np.zeros(grams.BUCKETS, np.float32)
    return known["space"]
