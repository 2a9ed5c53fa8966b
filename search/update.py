"""What Whoosh has of a generation, kept beside it, so that an edit reads only the articles that it changed.

A merged record equals that of a full build: the same words, in the same sequence."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from search import analysis, arrays, index
from search.impacts import Array, pack, unpack
from search.index import FIELDS, Column, Record
from search.sections import Section

FILE = "record.bin"
MOST_CHANGED = 0.25
"""Above this share of changed articles a full build is as quick."""
MOST_SEGMENTS = 8
"""Each update adds a Whoosh segment; past so many a full build puts them together."""


@dataclass(frozen=True)
class Kept:
    """A record and, for each article in order, its digest and where its sections begin."""

    record: Record
    digests: Mapping[str, str]
    first: Array


def is_of_now(folder: Path) -> bool:
    """Was a generation made by the same analysis and schema? Any other cannot be built upon."""
    return (folder / FILE).is_file() and arrays.is_made_by(arrays.open_mapped(folder / FILE), _made_by())


def _made_by() -> bytes:
    return f"{index.SCHEMA_VERSION} {analysis.VERSION}".encode()


def save(folder: Path, record: Record, sections: Sequence[Section]) -> None:
    """Keep a record for the next build."""
    articles = _by_article(sections)
    made = {"words": pack(record.words), "articles": pack(list(articles))}
    made |= {"digests": pack([_digest(listed) for listed in articles.values()])}
    made["made_by"] = np.frombuffer(_made_by(), np.uint8)
    made["first"] = np.cumsum([0, *(len(listed) for listed in articles.values())])
    for name, column in record.fields.items():
        made |= {f"{name}_flat": column.flat, f"{name}_starts": column.starts}
    arrays.save(folder / FILE, made)


def read_from(before: Path, folder: Path, sections: Sequence[Section]) -> Record | None:
    """Update the Whoosh index of the generation `before` into `folder`; None when a full build is the better way."""
    kept, articles = _kept(before), _by_article(sections)
    changed = {name: listed for name, listed in articles.items() if kept.digests.get(name) != _digest(listed)}
    if len(changed) > MOST_CHANGED * len(articles) or index.segments(before) >= MOST_SEGMENTS:
        return None
    gone = [name for name in kept.digests if name in changed or name not in articles]
    fresh = [section for listed in changed.values() for section in listed]
    return _merged(kept, index.update(before, folder, fresh, gone), articles, changed)


def _kept(folder: Path) -> Kept:
    made = arrays.open_mapped(folder / FILE)
    fields = {name: Column(made[f"{name}_flat"], made[f"{name}_starts"]) for name in FIELDS}
    digests = dict(zip(unpack(made["articles"]), unpack(made["digests"]), strict=True))
    return Kept(Record(unpack(made["words"]), fields), digests, made["first"])


def _merged(kept: Kept, fresh: Record, articles: Mapping[str, Sequence[Section]], changed: Mapping[str, object]) -> Record:
    words = sorted({*kept.record.words, *fresh.words})
    number = {word: n for n, word in enumerate(words)}
    old, new = (np.array([number[word] for word in record.words], np.int32) for record in (kept.record, fresh))
    places = dict(zip(kept.digests, pairwise(kept.first.tolist()), strict=True))
    at, sources = 0, []
    for name, listed in articles.items():
        is_new = name in changed
        sources.append((is_new, (at, at + len(listed)) if is_new else places[name]))
        at += len(listed) if is_new else 0
    fields = {}
    for name in FIELDS:
        both = _numbered(kept.record.fields[name], old), _numbered(fresh.fields[name], new)
        fields[name] = _joined([_cut(both[is_new], *place) for is_new, place in sources])
    return _without_unused(words, fields)


def _numbered(column: Column, numbers: Array) -> Column:
    return Column(numbers[column.flat] if len(column.flat) else column.flat, column.starts)


def _cut(column: Column, begin: int, end: int) -> tuple[Array, Array]:
    return column.flat[column.starts[begin] : column.starts[end]], np.diff(column.starts[begin : end + 1])


def _joined(pieces: Sequence[tuple[Array, Array]]) -> Column:
    flat = np.concatenate([np.zeros(0, np.int32), *(piece for piece, _ in pieces)])
    sizes = np.concatenate([np.zeros(1, np.int64), *(sizes for _, sizes in pieces)])
    return Column(flat, np.cumsum(sizes))


def _without_unused(words: Sequence[str], fields: Mapping[str, Column]) -> Record:
    used = np.unique(np.concatenate([column.flat for column in fields.values()]))
    number = np.zeros(len(words), np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    return Record([words[n] for n in used.tolist()], {name: _numbered(column, number) for name, column in fields.items()})


def _by_article(sections: Sequence[Section]) -> dict[str, list[Section]]:
    found: dict[str, list[Section]] = {}
    for section in sections:
        found.setdefault(section.article, []).append(section)
    return found


def _digest(sections: Sequence[Section]) -> str:
    return hashlib.sha256(json.dumps([asdict(section) for section in sections]).encode()).hexdigest()
