"""Sections -> a Whoosh index, the record of what can be found; and back: its postings, read once for ranking.

Keywords and title are indexed once an article, on its first section: on each section they would flood the list."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from whoosh import index as whoosh_index
from whoosh.analysis import RegexTokenizer
from whoosh.fields import ID, STORED, TEXT, Schema
from whoosh.reading import IndexReader

from search import analysis, generations
from search.sections import Section

SCHEMA_VERSION = 1
FIELDS = ("title", "keywords", "description", "heading", "text", "pairs", "words")
"""`pairs` holds neighbouring words, so that a message pasted word for word stands out; `words` the unstemmed ones."""


@dataclass(frozen=True)
class Generation:
    """One index, read whole: its sections and, for each field, term -> [(section number, weight)]."""

    digest: str
    sections: tuple[Section, ...]
    postings: dict[str, dict[str, list[tuple[int, float]]]]


def build_index(sections: Iterable[Section], root: Path) -> Path:
    """Make a new generation under `root` and switch it in; return its folder.

    The same sections give the same digest, and then there is nothing to do."""
    listed = list(sections)
    return generations.publish(Path(root), digest_of(listed), lambda folder: _write(listed, folder))


def digest_of(sections: Iterable[Section]) -> str:
    """The digest of what is indexed and of how: 64 hexadecimal digits."""
    whole = hashlib.sha256(f"{SCHEMA_VERSION} {analysis.VERSION}\n".encode())
    for section in sections:
        whole.update(json.dumps(asdict(section), sort_keys=True).encode() + b"\n")
    return whole.hexdigest()


def read_index(root: Path) -> Generation:
    """Read the live generation, or the newest intact one if it is damaged. Raises IndexUnavailable."""
    for folder, digest in generations.intact(root):
        with suppress(OSError, whoosh_index.IndexError):  # it was whole a moment ago: a builder has just removed it
            return _read(whoosh_index.open_dir(str(folder)), digest)
    raise generations.missing(root)


def field_terms(section: Section, keywords: Iterable[str], *, first: bool) -> dict[str, Sequence[str]]:
    """What each field of a section's document holds, as terms; what belongs to the article is in its first only."""
    texts = {
        "title": section.title if first else "",
        "keywords": "\n".join(keywords) if first else "",
        "description": section.description if first else "",
        "heading": section.heading,
        "text": section.text,
    }
    terms: dict[str, Sequence[str]] = {name: analysis.terms(text, section.language) for name, text in texts.items()}
    words = [token.word for token in analysis.tokens("\n".join(texts.values()))]
    return {**terms, "pairs": analysis.pairs(terms["text"]), "words": words}


def _schema() -> Schema:
    terms = {name: TEXT(analyzer=RegexTokenizer(r"\S+"), phrase=False) for name in FIELDS}
    return Schema(url=ID, product=ID, language=ID, section=STORED, **terms)


def _write(sections: list[Section], folder: Path) -> None:
    keywords = _keywords(sections)
    seen: set[str] = set()
    writer = whoosh_index.create_in(str(folder), _schema()).writer()
    for section in sections:
        terms = field_terms(section, keywords[section.article], first=section.article not in seen)
        seen.add(section.article)
        joined = {name: " ".join(listed) for name, listed in terms.items()}
        stored = json.dumps(asdict(section))
        writer.add_document(url=section.url, product=section.product, language=section.language, section=stored, **joined)
    writer.commit(optimize=True)


def _keywords(sections: list[Section]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for section in sections:
        found.setdefault(section.article, {}).update(dict.fromkeys(section.keywords))
    return {article: tuple(keywords) for article, keywords in found.items()}


def _read(found: whoosh_index.Index, digest: str) -> Generation:
    with found.reader() as reader:
        sections = tuple(_section(stored["section"]) for _, stored in reader.iter_docs())
        postings = {name: dict(_postings(reader, name)) for name in FIELDS}
    return Generation(digest, sections, postings)


def _section(stored: str) -> Section:
    known = {name.name for name in fields(Section)}
    values = {name: value for name, value in json.loads(stored).items() if name in known}
    return Section(**{**values, "keywords": tuple(values["keywords"])})


def _postings(reader: IndexReader, name: str) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    for term in reader.lexicon(name):
        matcher = reader.postings(name, term)
        listed: list[tuple[int, float]] = []
        while matcher.is_active():
            listed.append((matcher.id(), matcher.weight()))
            matcher.next()
        yield term.decode("utf-8"), listed
