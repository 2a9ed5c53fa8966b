"""Tantivy that forgives a slip in every word and takes each as a beginning: its query parser's own way to search as you type."""

from pathlib import Path

import tantivy

from bench.peers import SECTIONS, Search, distinct, split, tantivy_en

build = tantivy_en.build
FIELDS = ("title_words", "text_words")


def opened(folder: Path) -> Search:
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()
    forgiving = dict.fromkeys(FIELDS, (True, 1, True))  # a prefix, one slip, swapped letters are one slip
    fields = ["title", "text", *FIELDS]

    def search(text: str, limit: int) -> list[str]:
        words, growing = split(text)
        asked = " ".join(filter(None, (*words, growing)))
        if not asked:
            return []
        boosts = {"title": 2.0, "title_words": 2.0}
        query = index.parse_query(asked, fields, field_boosts=boosts, fuzzy_fields=forgiving)
        return distinct((searcher.doc(at)["article"][0] for _, at in searcher.search(query, SECTIONS).hits), limit)

    return search
