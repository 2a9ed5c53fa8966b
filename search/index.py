"""Sections -> a Whoosh index, the record of what can be found; and back: its postings, as one sequence of words a field.

Keywords and title are indexed once an article, on its first section: on each section they would flood the list."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh import index as whoosh_index
from whoosh.analysis import Token, Tokenizer
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.reading import IndexReader

from search import analysis
from search.sections import Section

SCHEMA_VERSION = 3
FIELDS = ("title", "keywords", "description", "heading", "text")
MOST_SEGMENTS = 8
"""An update adds a Whoosh segment; past so many they are merged into one."""

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Column:
    """The words of one field: those of section n are `flat[starts[n]:starts[n + 1]]`, as numbers of words."""

    flat: Ints
    starts: NDArray[np.int64]


@dataclass(frozen=True)
class Record:
    """What Whoosh has of so many sections: all words, sorted, and for each field their sequence."""

    words: list[str]
    fields: Mapping[str, Column]


class Folded(Tokenizer):  # type: ignore[misc]
    """The words of a text as `analysis.words` has them, for Whoosh."""

    def __call__(self, value: str, positions: bool = False, start_pos: int = 0, **_: Any) -> Iterator[Token]:
        token = Token(positions)
        token.boost = 1.0
        for place, word in enumerate(analysis.words(value), start_pos):
            token.text = word
            token.pos = place
            yield token


def write(sections: Sequence[Section], folder: Path) -> Record:
    """Write a new Whoosh index of all sections and read it back."""
    found = whoosh_index.create_in(str(folder), _schema())
    _add(found.writer(), sections, optimize=True)
    with found.reader() as reader:
        return _read([reader], sections)


def update(before: Path, folder: Path, changed: Sequence[Section], gone: Iterable[str]) -> Record:
    """Copy the Whoosh index in `before`, put `changed` in place of the articles `gone`, and read back only what is new."""
    for path in (*before.glob("*.seg"), *before.glob("*.toc")):
        shutil.copyfile(path, folder / path.name)
    found = whoosh_index.open_dir(str(folder))
    known = {leaf.segment().segment_id() for leaf in _leaves(found)}
    writer = found.writer()
    for article in gone:
        writer.delete_by_term("article", article)
    _add(writer, changed, merge=False)
    return _read([leaf for leaf in _leaves(found) if leaf.segment().segment_id() not in known], changed)


def segments(folder: Path) -> int:
    """How many segments the Whoosh index in a folder has."""
    return len(_leaves(whoosh_index.open_dir(str(folder))))


def _leaves(found: Any) -> list[IndexReader]:
    return [leaf for leaf, _ in found.reader().leaf_readers()]


def _schema() -> Schema:
    texts = {name: TEXT(analyzer=Folded(), phrase=True) for name in FIELDS}
    return Schema(article=ID, url=ID, product=ID, language=ID, section=STORED, **texts)


def _add(writer: Any, sections: Sequence[Section], **how: bool) -> None:
    keywords = _keywords(sections)
    seen: set[str] = set()
    for section in sections:
        texts = {"heading": section.heading, "text": section.text}
        if section.article not in seen:
            texts |= {"title": section.title, "description": section.description}
            texts["keywords"] = "\n".join(keywords[section.article])
        seen.add(section.article)
        names = {"article": section.article, "url": section.url, "product": section.product, "language": section.language}
        writer.add_document(**names, section=json.dumps(asdict(section)), **{n: text for n, text in texts.items() if text})
    writer.commit(**how)


def _keywords(sections: Iterable[Section]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for section in sections:
        found.setdefault(section.article, {}).update(dict.fromkeys(section.keywords))
    return {article: tuple(keywords) for article, keywords in found.items()}


def _read(readers: Sequence[IndexReader], sections: Sequence[Section]) -> Record:
    """Whoosh numbers documents in the order in which they were added, so its numbers are those of the sections."""
    numbers: dict[str, int] = {}
    columns = {name: _postings(readers, name, numbers) for name in FIELDS}
    words = sorted(numbers)
    order = np.zeros(len(words), np.int32)
    order[np.array([numbers[word] for word in words], np.int64)] = np.arange(len(words), dtype=np.int32)
    fields = {name: _sequence(*column, order=order, size=len(sections)) for name, column in columns.items()}
    return Record(words, fields)


def _postings(readers: Sequence[IndexReader], name: str, numbers: dict[str, int]) -> tuple[list[int], list[int]]:
    """Each posting's place (document and position as one number) and its word."""
    places: list[int] = []
    words: list[int] = []
    for reader in readers:
        for term in reader.lexicon(name):
            number = numbers.setdefault(term.decode("utf-8"), len(numbers))
            matcher = reader.postings(name, term)
            while matcher.is_active():
                document = matcher.id() << 32
                found = matcher.value_as("positions")
                places += [document + place for place in found]
                words += [number] * len(found)
                matcher.next()
    return places, words


def _sequence(places: list[int], words: list[int], *, order: Ints, size: int) -> Column:
    at = np.array(places, np.int64)
    sorting = np.argsort(at, kind="stable")
    flat = order[np.array(words, np.int64)[sorting]] if words else np.zeros(0, np.int32)
    counts = np.bincount(at >> 32, minlength=size) if words else np.zeros(size, np.int64)
    return Column(flat, np.concatenate(([0], np.cumsum(counts))))
