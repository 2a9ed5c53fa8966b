"""A generation's postings -> impacts: for each field and term, what a match adds to whose score. Pure, done once.

Title, keywords, description and body are scored apart: a title's word counts the same however long its article is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search import analysis
from search.index import Generation
from search.vocabulary import Vocabulary, gather

Impacts = Mapping[str, tuple[tuple[int, float], ...]]
Counts = dict[str, dict[int, float]]

OF_ARTICLE = ("title", "keywords", "description", "body")
OF_SECTION = ("heading", "text")


@dataclass(frozen=True)
class Shape:
    """How a field counts: BM25's saturation and length normalisation, and its weight among the fields."""

    weight: float
    saturation: float
    length: float


# Chosen on two public sets of questions (bench/relevance.py); broad plateaus, not sharp peaks.
SHAPES = {
    "title": Shape(2.0, 1.2, 0.5),
    "keywords": Shape(1.5, 0.6, 0.2),
    "description": Shape(0.5, 1.2, 0.5),
    "body": Shape(0.6, 1.5, 0.9),
    "heading": Shape(0.6, 1.0, 0.3),
    "text": Shape(0.4, 1.2, 0.9),
    "pairs": Shape(0.3, 0.5, 0.2),
}


@dataclass(frozen=True)
class Board:
    """Everything ranking needs, in memory. Articles and sections are numbered in the order of the index."""

    articles: tuple[str, ...]
    article_of: tuple[int, ...]
    first_section: tuple[int, ...]
    impacts: Mapping[str, Impacts]
    vocabulary: Vocabulary


def compile_board(generation: Generation) -> Board:
    """Turn the postings of a generation into impacts, field weights included."""
    numbers: dict[str, int] = {}
    article_of = tuple(numbers.setdefault(section.article, len(numbers)) for section in generation.sections)
    counts = _counts(generation, article_of)
    impacts = {name: _impacts(counts[name], shape) for name, shape in SHAPES.items()}
    frequency: dict[str, int] = {}
    for name in OF_ARTICLE:
        for term, found in counts[name].items():
            frequency[term] = max(frequency.get(term, 0), len(found))
    vocabulary = gather(
        generation.postings["words"],
        frequency,
        {section.language for section in generation.sections},
        early=_early(generation),
    )
    first = tuple(article_of.index(number) for number in range(len(numbers)))
    return Board(tuple(numbers), article_of, first, impacts, vocabulary)


def _counts(generation: Generation, article_of: tuple[int, ...]) -> dict[str, Counts]:
    by_section = {name: _by(range(len(article_of)), generation.postings[name]) for name in (*OF_SECTION, "pairs")}
    names = ("title", "keywords", "description", "text", "heading")
    by_article = {name: _by(article_of, generation.postings[name]) for name in names}
    body = _added(by_article.pop("text"), by_article.pop("heading"))
    return {**by_article, **by_section, "body": body}


def _by(number_of: Iterable[int], postings: Mapping[str, list[tuple[int, float]]]) -> Counts:
    numbers = tuple(number_of)
    whole: Counts = {}
    for term, listed in postings.items():
        found = whole.setdefault(term, {})
        for section, weight in listed:
            found[numbers[section]] = found.get(numbers[section], 0.0) + weight
    return whole


def _added(one: Counts, two: Counts) -> Counts:
    whole = {term: dict(found) for term, found in one.items()}
    for term, found in two.items():
        target = whole.setdefault(term, {})
        for number, weight in found.items():
            target[number] = target.get(number, 0.0) + weight
    return whole


def _impacts(counts: Counts, shape: Shape) -> Impacts:
    lengths: dict[int, float] = {}
    for found in counts.values():
        for number, count in found.items():
            lengths[number] = lengths.get(number, 0.0) + count
    average = sum(lengths.values()) / len(lengths) if lengths else 1.0
    k = {n: shape.saturation * (1 - shape.length + shape.length * size / average) for n, size in lengths.items()}
    top = shape.weight * (shape.saturation + 1)
    return {term: tuple((n, top * c / (c + k[n])) for n, c in found.items()) for term, found in counts.items()}


def _early(generation: Generation) -> set[str]:
    texts = (f"{section.title}\n{section.heading}" for section in generation.sections)
    return {token.word for text in texts for token in analysis.tokens(text)}
