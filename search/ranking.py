"""Query and impacts -> articles, best first. Pure: sums of BM25 over the fields, for each article and its best section.

The score says how sure we are: a text of which little was found scores low, but a message found word for word does not."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.board import OF_ARTICLE, OF_SECTION, Board, Impacts
from search.query import Query, Term

COVERAGE = 0.25
RUN_WEIGHT = 0.2
CHANCE_RUN = 10.0
"""The rarity of word pairs in a row that texts about different things may still share."""

FEWEST = 100


@dataclass(frozen=True)
class Hit:
    """An article, its best section and its score."""

    article: int
    section: int
    score: float


@dataclass
class _Tally:
    """Sums while the words of one query are gone through."""

    articles: dict[int, float]
    sections: dict[int, float]
    found: dict[int, float]
    asked: float


def rank(board: Board, query: Query, allowed: frozenset[int] | None = None) -> list[Hit]:
    """The articles that match, best first; `allowed` are article numbers (None: all).

    Scores of short and of long texts are made alike by the square root of what all their words could tell."""
    tally = _tallied(board, query)
    runs = _runs(board, query.pairs)
    best = _best_sections(board, tally.sections, runs)
    length = math.sqrt(max(tally.asked, 1.0))
    found = []
    for article, score in tally.articles.items():
        if allowed is None or article in allowed:
            section = best.get(article, board.first_section[article])
            known = (tally.found[article] / tally.asked) ** COVERAGE
            whole = (score + tally.sections.get(section, 0.0)) * known
            found.append(Hit(article, section, whole / length + runs.get(section, 0.0)))
    return sorted(found, key=lambda hit: (-hit.score, hit.article))


def rarity(total: int, found: int) -> float:
    """What a match tells when `found` of `total` have it. A handful of articles is no measure of how rare a word is."""
    total = max(total, FEWEST)
    return math.log(1 + (total - found + 0.5) / (found + 0.5))


def _tallied(board: Board, query: Query) -> _Tally:
    total = len(board.articles)
    tally = _Tally({}, {}, {}, query.unknown * rarity(total, 0))
    for term in query.terms:
        shares = _shares(board, term)
        weight = rarity(total, len(shares))
        tally.asked += weight
        _add(tally.found, shares, weight)
        for name in OF_ARTICLE:
            matches = _matches(board.impacts[name], term)
            _add(tally.articles, matches, (weight + rarity(total, len(matches))) / 2)
        for name in OF_SECTION:
            _add(tally.sections, _matches(board.impacts[name], term), weight)
    for options in set(query.pairs):
        matches = _paired(board, options)
        _add(tally.sections, matches, rarity(len(board.article_of), len(matches)))
    return tally


def _shares(board: Board, term: Term) -> dict[int, float]:
    """How fully each article has a word: 1 for the word itself, less for what only stands for it.

    A growing word that an article may complete is as good as there: it cannot be known better yet."""
    shares: dict[int, float] = {}
    for option, share in sorted(term.options.items(), key=lambda item: item[1]):
        for name in OF_ARTICLE:
            for number, _ in board.impacts[name].get(option, ()):
                shares[number] = share
    return shares


def _matches(impacts: Impacts, term: Term) -> dict[int, float]:
    """One word's impacts: of the terms that stand for it, the best counts, not their sum."""
    best: dict[int, float] = {}
    for option, share in term.options.items():
        for number, impact in impacts.get(option, ()):
            best[number] = max(best.get(number, 0.0), share * impact)
    return best


def _add(scores: dict[int, float], matches: Mapping[int, float], weight: float) -> None:
    for number, impact in matches.items():
        scores[number] = scores.get(number, 0.0) + weight * impact


def _paired(board: Board, options: Sequence[str]) -> dict[int, float]:
    return {section: impact for pair in options for section, impact in board.impacts["pairs"].get(pair, ())}


def _runs(board: Board, pairs: Sequence[Sequence[str]]) -> dict[int, float]:
    """For each section, how far its longest passage found word for word exceeds what chance would give."""
    total = len(board.article_of)
    running: dict[int, float] = {}
    longest: dict[int, float] = {}
    for options in pairs:
        found = _paired(board, options)
        weight = rarity(total, len(found))
        running = {section: running.get(section, 0.0) + weight for section in found}
        for section, strength in running.items():
            longest[section] = max(longest.get(section, 0.0), strength)
    return {section: RUN_WEIGHT * (s - CHANCE_RUN) for section, s in longest.items() if s > CHANCE_RUN}


def _best_sections(board: Board, scores: Mapping[int, float], runs: Mapping[int, float]) -> dict[int, int]:
    best: dict[int, int] = {}
    ordered = sorted(scores, key=lambda section: (-scores[section] - runs.get(section, 0.0), section))
    for section in ordered:
        best.setdefault(board.article_of[section], section)
    return best
