"""Sections -> a new generation: the Whoosh index, and beside it what is compiled from its postings for every keystroke.

An edit is an update: only its articles are analysed and indexed again, and the result is that of a full build."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from search import analysis, arrays, generations, impacts, index, typos, update
from search.board import Board
from search.impacts import Array, Arrays, pack, unpack
from search.sections import Section
from search.wordbook import Synonyms

IMPACTS = "impacts.bin"
MADE_BY = f"{index.SCHEMA_VERSION} {analysis.VERSION} {impacts.VERSION}\n".encode()
"""The versions that a generation is made by. One of others may lack what is read here: it is not opened."""
MOST_REMEMBERED = 4096


@dataclass(frozen=True, eq=False)
class Shelf:
    """The sections of a generation; each is read from disk when it is shown."""

    texts: Arrays

    def __len__(self) -> int:
        return len(self.texts["section_ptr"]) - 1

    def __getitem__(self, number: int) -> Section:
        if number >= len(self):
            raise IndexError(number)
        return self._remembered(number)

    def forget(self) -> None:
        """Let go of what was read: it refers back to this shelf, and would keep it."""
        vars(self).pop("_remembered", None)

    @cached_property
    def _remembered(self) -> Callable[[int], Section]:
        return lru_cache(MOST_REMEMBERED)(self._read)

    def _read(self, number: int) -> Section:
        begin, end = self.texts["section_ptr"][number : number + 2]
        values = json.loads(self.texts["sections"][begin:end].tobytes())
        return Section(**{**values, "keywords": tuple(values["keywords"])})


def build_index(sections: Iterable[Section], root: Path, *, synonyms: Synonyms | None = None, before: Path | None = None) -> Path:
    """Make a new generation under `root` and switch it in; return its folder.

    The same sections give the same digest, and then there is nothing to do. `synonyms` are those of wordbook.py; `before`
    is another index of nearly the same sections, to update from when `root` has none."""
    listed = _grouped(sections)
    known = synonyms or {}
    return generations.publish(
        Path(root), digest_of(listed, known), lambda folder: _write(listed, known, _updatable(root, before), folder)
    )


def digest_of(sections: Iterable[Section], synonyms: Synonyms | None = None) -> str:
    """The digest of what is indexed and of how: 64 hexadecimal digits."""
    whole = hashlib.sha256(MADE_BY)
    whole.update(json.dumps(synonyms or {}, sort_keys=True).encode())
    for section in sections:
        whole.update(json.dumps(asdict(section), sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def _grouped(sections: Iterable[Section]) -> list[Section]:
    """An article's sections together, where its first one stands."""
    articles: dict[str, list[Section]] = {}
    for section in sections:
        articles.setdefault(section.article, []).append(section)
    return [section for listed in articles.values() for section in listed]


def _updatable(*roots: Path | None) -> Path | None:
    """The generation to update from: the live one of the first root that has one of this version."""
    made = (folder for root in roots if root for folder, _ in generations.intact(Path(root)))
    return next((folder for folder in made if update.is_of_now(folder)), None)


def _write(sections: list[Section], synonyms: Synonyms, before: Path | None, folder: Path) -> None:
    record = update.read_from(before, folder, sections) if before else None
    if record is None:
        record = index.write(sections, folder)
    update.save(folder, record, sections)
    blob, ptr = _packed(sections)
    made = impacts.compile_impacts(record, sections)
    made |= typos.table(record.words)
    made |= {"sections": blob, "section_ptr": ptr, "languages": pack(_languages(sections))}
    products = sorted({section.product for section in sections})
    made |= {"products": pack(products), "product_of": np.array([products.index(s.product) for s in sections], np.int16)}
    made["made_by"] = np.frombuffer(MADE_BY, np.uint8)
    made["synonyms"] = np.frombuffer(json.dumps(synonyms).encode(), np.uint8)
    arrays.save(folder / IMPACTS, made)


def _languages(sections: Iterable[Section]) -> list[str]:
    return sorted({analysis.primary(section.language) for section in sections})


def _packed(sections: Sequence[Section]) -> tuple[Array, Array]:
    texts = [json.dumps(asdict(section)).encode() for section in sections]
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)])


@dataclass(frozen=True)
class Opened:
    digest: str
    board: Board
    sections: Shelf
    products: tuple[str, ...]


def open_index(root: Path) -> Opened:
    """Open the live generation, or the newest intact one if it is damaged. Raises IndexUnavailable."""
    for folder, digest in generations.intact(root):
        try:
            found = arrays.open_mapped(folder / IMPACTS)
        except OSError:  # it was whole a moment ago: a builder has just removed it
            continue
        if not arrays.is_made_by(found, MADE_BY):
            continue
        synonyms = json.loads(found["synonyms"].tobytes())
        board = Board(found, unpack(found["words"]), unpack(found["stems"]), tuple(unpack(found["languages"])), synonyms)
        return Opened(digest, board, Shelf(found), tuple(unpack(found["products"])))
    raise generations.missing(root)
