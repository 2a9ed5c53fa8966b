"""Whoosh by itself: titles and texts stemmed, any word counts (OR), the last word as a prefix, titles twice."""

from collections.abc import Sequence
from pathlib import Path

from whoosh import index
from whoosh.analysis import StandardAnalyzer, StemmingAnalyzer
from whoosh.fields import ID, TEXT, Schema
from whoosh.query import NullQuery, Or, Prefix, Term

from bench.peers import SECTIONS, Search, distinct, split
from search import Section


def build(sections: Sequence[Section], folder: Path) -> None:
    plain, stemmed = StandardAnalyzer(stoplist=None), StemmingAnalyzer()
    schema = Schema(
        article=ID(stored=True),
        title=TEXT(analyzer=stemmed), text=TEXT(analyzer=stemmed),
        title_words=TEXT(analyzer=plain, phrase=False), text_words=TEXT(analyzer=plain, phrase=False),
    )  # fmt: skip
    writer = index.create_in(str(folder), schema).writer()
    for section in sections:
        title, text = f"{section.title} {section.heading} {' '.join(section.keywords)}", section.text
        writer.add_document(article=section.article, title=title, text=text, title_words=title, text_words=text)
    writer.commit(optimize=True)


def opened(folder: Path) -> Search:
    stemmed = StemmingAnalyzer()
    searcher = index.open_dir(str(folder)).searcher()

    def search(text: str, limit: int) -> list[str]:
        words, growing = split(text)
        stems = [token.text for word in words for token in stemmed(word)]
        asked = [Term(field, stem, boost=boost) for stem in stems for field, boost in (("title", 2.0), ("text", 1.0))]
        if growing:
            asked += [Prefix("title_words", growing, boost=2.0), Prefix("text_words", growing)]
        found = searcher.search(Or(asked) if asked else NullQuery, limit=SECTIONS)
        return distinct((hit["article"] for hit in found), limit)

    return search
