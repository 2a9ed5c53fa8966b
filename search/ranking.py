"""Postings -> scores. Pure: BM25 for title, keywords and whole text of an article, and for each of its sections, added.

Title and text are scored apart, so that a word in a title counts the same however long the article is."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search.index import Generation
from search.query import Query, Term
from search.vocabulary import Vocabulary, gather

Impacts = Mapping[str, tuple[tuple[int, float], ...]]

WEIGHTS = {"title": 1.4, "keywords": 0.7, "description": 0.5, "body": 1.0, "heading": 0.6, "text": 0.5, "pairs": 0.3}
_K1 = {"title": 1.2, "keywords": 0.6, "description": 1.2, "body": 1.5, "heading": 1.0, "text": 1.2, "pairs": 0.5}
_B = {"title": 0.5, "keywords": 0.2, "description": 0.5, "body": 0.75, "heading": 0.3, "text": 0.6, "pairs": 0.2}
OF_ARTICLE = ("title", "keywords", "description", "body")
OF_SECTION = ("heading", "text")


@dataclass(frozen=True)
class Board:
    """Everything ranking needs, in memory: impacts by field and term. Articles and sections are numbered."""

    articles: tuple[str, ...]
    article_of: tuple[int, ...]
    impacts: Mapping[str, Impacts]
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Hit:
    """An article, its best section and its score."""

    article: int
    section: int
    score: float


def compile_board(generation: Generation) -> Board:
    """Turn the postings of a generation into impacts."""
    numbers: dict[str, int] = {}
    article_of = tuple(numbers.setdefault(section.article, len(numbers)) for section in generation.sections)
    postings = generation.postings
    by_article = {name: _by_article(postings[name], article_of) for name in ("title", "keywords", "description", "heading", "text")}
    by_article["body"] = _added(by_article.pop("text"), by_article.pop("heading"))
    counted: dict[str, Mapping[str, Mapping[int, float]]] = {
        **by_article,
        **{name: {term: dict(listed) for term, listed in postings[name].items()} for name in (*OF_SECTION, "pairs")},
    }
    impacts = {name: _impacts(counted[name], name) for name in counted}
    frequency: dict[str, int] = {}
    for name in OF_ARTICLE:
        for term, found in by_article[name].items():
            frequency[term] = max(frequency.get(term, 0), len(found))
    vocabulary = gather(
        postings["words"],
        frequency,
        {section.language for section in generation.sections},
        early=_early(generation),
        pairs=impacts["pairs"],
    )
    return Board(tuple(numbers), article_of, impacts, vocabulary)


def rank(board: Board, query: Query, allowed: frozenset[int] | None = None) -> list[Hit]:
    """The articles that match, best first; `allowed` are article numbers (None: all)."""
    articles: dict[int, float] = {}
    sections: dict[int, float] = {}
    for term in query.terms:
        weight = _rarity(board, term)
        for name in OF_ARTICLE:
            _collect(articles, board.impacts[name], term, weight * WEIGHTS[name])
        for name in OF_SECTION:
            _collect(sections, board.impacts[name], term, weight * WEIGHTS[name])
    for pair in query.pairs:
        found = board.impacts["pairs"].get(pair, ())
        weight = WEIGHTS["pairs"] * _idf(len(board.article_of), len(found))
        for section, impact in found:
            sections[section] = sections.get(section, 0.0) + weight * impact
    return _hits(board, (articles, sections), allowed)


def _hits(board: Board, scores: tuple[dict[int, float], dict[int, float]], allowed: frozenset[int] | None) -> list[Hit]:
    articles, sections = scores
    best: dict[int, tuple[float, int]] = {}
    for section, score in sections.items():
        article = board.article_of[section]
        if article not in best or score > best[article][0] or (score == best[article][0] and section < best[article][1]):
            best[article] = (score, section)
    hits = []
    for article, score in articles.items():
        if allowed is None or article in allowed:
            extra, section = best.get(article, (0.0, board.article_of.index(article)))
            hits.append(Hit(article, section, score + extra))
    return sorted(hits, key=lambda hit: (-hit.score, hit.article))


def _collect(scores: dict[int, float], impacts: Impacts, term: Term, weight: float) -> None:
    """Add one word's share: of the terms that stand for it, the best counts, not their sum."""
    if len(term.options) == 1:
        ((option, share),) = term.options.items()
        for number, impact in impacts.get(option, ()):
            scores[number] = scores.get(number, 0.0) + weight * share * impact
        return
    best: dict[int, float] = {}
    for option, share in term.options.items():
        for number, impact in impacts.get(option, ()):
            best[number] = max(best.get(number, 0.0), share * impact)
    for number, impact in best.items():
        scores[number] = scores.get(number, 0.0) + weight * impact


def _rarity(board: Board, term: Term) -> float:
    found = {number for option in term.options for name in OF_ARTICLE for number, _ in board.impacts[name].get(option, ())}
    return _idf(len(board.articles), len(found))


def _idf(total: int, found: int) -> float:
    return math.log(1 + (total - found + 0.5) / (found + 0.5))


def _by_article(
    postings: Mapping[str, Iterable[tuple[int, float]]], article_of: tuple[int, ...]
) -> dict[str, dict[int, float]]:
    whole: dict[str, dict[int, float]] = {}
    for term, listed in postings.items():
        found = whole.setdefault(term, {})
        for section, weight in listed:
            found[article_of[section]] = found.get(article_of[section], 0.0) + weight
    return whole


def _added(one: dict[str, dict[int, float]], two: dict[str, dict[int, float]]) -> dict[str, dict[int, float]]:
    whole = {term: dict(found) for term, found in one.items()}
    for term, found in two.items():
        target = whole.setdefault(term, {})
        for number, weight in found.items():
            target[number] = target.get(number, 0.0) + weight
    return whole


def _impacts(counted: Mapping[str, Mapping[int, float]], name: str) -> Impacts:
    lengths: dict[int, float] = {}
    for found in counted.values():
        for number, weight in found.items():
            lengths[number] = lengths.get(number, 0.0) + weight
    average = sum(lengths.values()) / len(lengths) if lengths else 1.0
    k1, b = _K1[name], _B[name]
    return {
        term: tuple((n, w * (k1 + 1) / (w + k1 * (1 - b + b * lengths[n] / average))) for n, w in found.items())
        for term, found in counted.items()
    }


def _early(generation: Generation) -> set[str]:
    from search import analysis

    return {
        token.word for section in generation.sections for token in analysis.tokens(f"{section.title}\n{section.heading}")
    }
