"""Postings -> impacts: for each term and article, what a match adds to its score, precomputed. Pure; numpy arrays by name.

Title, keywords, description and body are scored apart and added: a title's word counts the same however long its article is."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import analysis, grams
from search.index import Column, Record
from search.sections import Section

Array = NDArray[Any]
Arrays = dict[str, Array]
VERSION = 3
"""Raise it when the same postings would give other arrays."""

LAST = "\U0010ffff"
HEAVY = 3000
"""A prefix with more postings than this is answered from a list made beforehand: of the TOP articles that have it best."""
TOP = 200
LONGEST_HEAVY = 6
FEWEST = 100
"""A handful of articles is no measure of how rare a word is."""


@dataclass(frozen=True)
class Shape:
    """How a field counts: its weight, and BM25's saturation and length normalisation."""

    weight: float
    saturation: float
    length: float


# Broad plateaus on public sets of questions (bench/relevance.py), not sharp peaks.
OF_ARTICLE = {
    "title": Shape(2.0, 1.2, 0.5),
    "keywords": Shape(1.5, 0.6, 0.2),
    "description": Shape(0.5, 1.2, 0.5),
    "body": Shape(0.6, 1.5, 0.9),
}
EARLY = {"title": Shape(2.0, 1.2, 0.5), "keywords": Shape(1.5, 0.6, 0.2), "heading": Shape(0.6, 1.0, 0.3)}
LATE = {"description": Shape(0.5, 1.2, 0.5), "text": Shape(0.6, 1.5, 0.9)}
"""The fields in which a growing word is looked for: first those that say what an article is about, then the rest."""

OF_SECTION = {"heading": Shape(0.6, 1.0, 0.3), "text": Shape(0.4, 1.2, 0.9)}


def compile_impacts(record: Record, sections: Sequence[Section]) -> Arrays:
    """All arrays that ranking needs, but what words look like."""
    numbers: dict[str, int] = {}
    article_of = np.array([numbers.setdefault(s.article, len(numbers)) for s in sections], np.int32)
    languages = sorted({analysis.primary(section.language) for section in sections})
    of_language = {language: number for number, language in enumerate(languages)}
    tongue = np.array([of_language[analysis.primary(s.language)] for s in sections], np.int64)
    stems, stem_of = stem_table(record.words, languages)
    size = len(numbers)
    fields = {name: _spread(record.fields[name]) for name in record.fields}
    stemmed = {name: (stem_of[tongue[where], words], where) for name, (words, where) in fields.items()}
    first = np.searchsorted(article_of, np.arange(size + 1)).astype(np.int32)
    made: Arrays = {
        "article_of": article_of,
        "first": first,
        "stem_of": stem_of,
        "words": pack(record.words),
        "stems": pack(stems),
    }
    made |= _named("stem", _article_rows(stemmed, article_of, (len(stems), size)))
    for name, shapes in (("early", EARLY), ("late", LATE)):
        made |= _named(name, _word_rows(fields, article_of, (len(record.words), size), shapes))
        made |= _forward(made, name, len(record.words))
    made |= _named("part", _section_rows(stemmed, (len(stems), len(sections))))
    made |= _pairs(fields, len(record.words))
    made |= _heavy_prefixes(made, record.words, size)
    made |= _titles(record, first[:-1], [[stems[n] for n in stem_of[language]] for language in range(len(languages))], tongue)
    return made | _grams(record, article_of)


def rarity(total: int, found: Any) -> Any:
    """What a match tells when `found` of `total` have it."""
    return np.log(1 + (max(total, FEWEST) - found + 0.5) / (found + 0.5))


def stem_table(words: Sequence[str], languages: Sequence[str]) -> tuple[list[str], Array]:
    """All stems, sorted, and the number of each word's stem in each language."""
    tables = [[analysis.stem(word, language) for word in words] for language in languages]
    stems = sorted({stem for table in tables for stem in table})
    number = {stem: n for n, stem in enumerate(stems)}
    table = np.array([[number[stem] for stem in table] for table in tables], np.int32).reshape(len(languages), len(words))
    return stems, table


def _spread(column: Column) -> tuple[Array, Array]:
    """The words of a column, and for each the number of its section."""
    return column.flat, np.repeat(np.arange(len(column.starts) - 1, dtype=np.int32), np.diff(column.starts))


def _named(name: str, rows: tuple[Array, Array, Array]) -> Arrays:
    return {f"{name}_ptr": rows[0], f"{name}_doc": rows[1], f"{name}_imp": rows[2]}


def _article_rows(fields: dict[str, tuple[Array, Array]], article_of: Array, shape: tuple[int, int]) -> Any:
    given = {name: (terms, article_of[where]) for name, (terms, where) in fields.items()}
    given["body"] = tuple(np.concatenate(pair) for pair in zip(given.pop("text"), given.pop("heading"), strict=True))  # type: ignore[assignment]
    counted = {name: _counted(*given[name], shape[1]) for name in OF_ARTICLE}
    found = np.bincount(np.unique(np.concatenate([keys for keys, _ in counted.values()])) // max(shape[1], 1), minlength=shape[0])
    impacts = [(keys, _bm25(keys, counts, OF_ARTICLE[n], shape[1])) for n, (keys, counts) in counted.items()]
    return _rows([(keys, impact * _mixed_rarity(keys, found, shape)) for keys, impact in impacts], shape)


def _word_rows(
    fields: dict[str, tuple[Array, Array]], article_of: Array, shape: tuple[int, int], shapes: dict[str, Shape]
) -> Any:
    """How rare a beginning is shows only when it is typed, so these impacts do not know."""
    impacts = []
    for name, form in shapes.items():
        words, where = fields[name]
        keys, counts = _counted(words, article_of[where], shape[1])
        impacts.append((keys, _bm25(keys, counts, form, shape[1])))
    return _rows(impacts, shape)


def _mixed_rarity(keys: Array, found: Array, shape: tuple[int, int]) -> Array:
    """Half of it that of the term in this field, half that in the article as a whole."""
    terms = keys // max(shape[1], 1)
    here = np.bincount(terms, minlength=shape[0])
    return (rarity(shape[1], here[terms]) + rarity(shape[1], found[terms])) / 2  # type: ignore[no-any-return]


def _section_rows(fields: dict[str, tuple[Array, Array]], shape: tuple[int, int]) -> Any:
    impacts = []
    for name, form in OF_SECTION.items():
        keys, counts = _counted(*fields[name], shape[1])
        impacts.append((keys, _bm25(keys, counts, form, shape[1])))
    return _rows(impacts, shape)


def _counted(terms: Array, documents: Array, size: int) -> tuple[Array, Array]:
    return np.unique(terms.astype(np.int64) * size + documents, return_counts=True)


def _bm25(keys: Array, counts: Array, shape: Shape, size: int) -> Array:
    documents = keys % max(size, 1)
    lengths = np.bincount(documents, weights=counts, minlength=size)
    average = lengths.sum() / max((lengths > 0).sum(), 1) or 1.0
    k = shape.saturation * (1 - shape.length + shape.length * lengths[documents] / average)
    return shape.weight * (shape.saturation + 1) * counts / (counts + k)  # type: ignore[no-any-return]


def _rows(impacts: list[tuple[Array, Array]], shape: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Compressed sparse rows of the sums over the fields."""
    keys, place = np.unique(np.concatenate([keys for keys, _ in impacts]), return_inverse=True)
    sums = np.bincount(place, weights=np.concatenate([impact for _, impact in impacts]), minlength=len(keys))
    terms = keys // max(shape[1], 1)
    return np.searchsorted(terms, np.arange(shape[0] + 1)), (keys % max(shape[1], 1)).astype(np.int32), sums.astype(np.float32)


def _pairs(fields: dict[str, tuple[Array, Array]], size: int) -> Arrays:
    """Neighbouring words, as they stand, of titles, headings and texts, and the sections that have them."""
    keys, places = [], []
    for name in ("title", "heading", "text"):
        terms, where = fields[name]
        same = where[1:] == where[:-1]
        keys.append((terms[:-1].astype(np.int64) * size + terms[1:])[same])
        places.append(where[1:][same])
    both = np.unique(np.stack([np.concatenate(keys), np.concatenate(places)]), axis=1)
    pairs, starts = np.unique(both[0], return_index=True)
    return {"pair_key": pairs, "pair_ptr": np.append(starts, len(both[0])), "pair_doc": both[1].astype(np.int32)}


def _forward(made: Arrays, name: str, words: int) -> Arrays:
    """The same impacts of words, by article: as one sorted number for each article and word."""
    terms = np.repeat(np.arange(words, dtype=np.int64), np.diff(made[f"{name}_ptr"]))
    keys = made[f"{name}_doc"] * np.int64(words) + terms
    order = np.argsort(keys, kind="stable")
    return {f"{name}_key": keys[order], f"{name}_has": made[f"{name}_imp"][order]}


def prefix_scores(early: Array, late: Array) -> tuple[Array, tuple[int, int]]:
    """What a beginning tells of each article, from its best impacts there; and how many have it early, and at all."""
    counts = int((early > 0).sum()), int(((early > 0) | (late > 0)).sum())
    rare = rarity(len(early), np.array(counts))
    scores: Array = early * np.float32((rare[0] + rare[1]) / 2) + late * np.float32(rare[1])
    return scores, counts


def _heavy_prefixes(made: Arrays, words: Sequence[str], articles: int) -> Arrays:
    """For beginnings that half the site has: the articles of which they tell most, so that no keystroke reads them all."""
    heavy: list[str] = []
    numbers: list[tuple[int, int]] = []
    documents, impacts = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for length in range(1, LONGEST_HEAVY + 1):
        for low, high in _ranges(words, length):
            if max(int(made[f"{name}_ptr"][high] - made[f"{name}_ptr"][low]) for name in ("early", "late")) > HEAVY:
                scores, counts = prefix_scores(*(_best_of(made, name, (low, high), articles) for name in ("early", "late")))
                heavy.append(words[low][:length])
                numbers.append(counts)
                documents.append(np.sort(np.argsort(-scores, kind="stable")[:TOP]).astype(np.int32))
                impacts.append(scores[documents[-1]].astype(np.float32))
    starts = np.cumsum([0, *(len(listed) for listed in documents[1:])])
    rows = {"heavy_ptr": starts, "heavy_doc": np.concatenate(documents), "heavy_imp": np.concatenate(impacts)}
    return {"heavy": pack(heavy), "heavy_n": np.array(numbers, np.int64).reshape(-1, 2), **rows}


def _best_of(made: Arrays, name: str, words: tuple[int, int], articles: int) -> Array:
    place = slice(made[f"{name}_ptr"][words[0]], made[f"{name}_ptr"][words[1]])
    best = np.zeros(articles, np.float32)
    np.maximum.at(best, made[f"{name}_doc"][place], made[f"{name}_imp"][place])
    return best


def _ranges(words: Sequence[str], length: int) -> Iterator[tuple[int, int]]:
    """The words that share their first letters: where they begin and end in the sorted list."""
    starts = [n for n, word in enumerate(words) if len(word) >= length and (n == 0 or words[n - 1][:length] != word[:length])]
    for low in starts:
        yield low, bisect_left(words, words[low][:length] + LAST, low)


def _titles(record: Record, first: Array, stem_of: list[list[str]], tongue: Array) -> Arrays:
    """The gist of each title, sorted, and whose it is: who types a title means its article."""
    column = record.fields["title"]
    gists = [
        analysis.gist(stem_of[tongue[section]][word] for word in column.flat[column.starts[section] : column.starts[section + 1]])
        for section in first.tolist()
    ]
    order = np.argsort(np.array(gists, np.int64), kind="stable")
    return {"title_gist": np.array(gists, np.int64)[order], "title_of": order}


def _grams(record: Record, article_of: Array) -> Arrays:
    """The grams of each article's title and of each of its sections, one unit after the other."""

    def text(name: str, section: int) -> list[str]:
        column = record.fields[name]
        return [record.words[word] for word in column.flat[column.starts[section] : column.starts[section + 1]]]

    units: list[grams.Buckets] = []
    titles, parts = [], []
    before = -1
    for section, article in enumerate(article_of.tolist()):
        if before != article:
            titles.append(len(units))
            units.append(grams.of_words(text("title", section)))
            before = article
        parts.append(len(units))
        units.append(grams.of_words(text("heading", section) + text("text", section)))
    sizes = np.array([len(unit) for unit in units], np.int64)
    flat = np.concatenate([*units, np.zeros(0, np.uint16)])
    telling = np.log(1 + len(units) / (1 + np.bincount(flat, minlength=grams.BUCKETS))).astype(np.float32)
    ptr = np.concatenate(([0], np.cumsum(sizes)))
    squares = np.concatenate(([0], np.cumsum(telling[flat].astype(np.float64) ** 2)))
    norm = np.sqrt(squares[ptr[1:]] - squares[ptr[:-1]]).astype(np.float32)
    made = {"gram": flat, "gram_ptr": ptr, "gram_norm": np.maximum(norm, 1e-6), "gram_rare": telling}
    return {**made, "gram_title": np.array(titles, np.int64), "gram_part": np.array(parts, np.int64)}


def pack(texts: Sequence[str]) -> Array:
    """Texts without line breaks as bytes."""
    return np.frombuffer("".join(f"{text}\n" for text in texts).encode("utf-8", "surrogatepass"), np.uint8)


def unpack(packed: Array) -> list[str]:
    return packed.tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
