"""SQLite FTS5: title and text in columns of their own, Porter stems, any word counts, the last word as a prefix."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bench.peers import SECTIONS, Search, distinct, split
from search import Section


def build(sections: Sequence[Section], folder: Path) -> None:
    database = sqlite3.connect(folder / "fts5.db")
    options = "article UNINDEXED, title, text, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '1 2 3'"
    database.execute(f"CREATE VIRTUAL TABLE part USING fts5({options})")
    rows = ((s.article, f"{s.title} {s.heading} {' '.join(s.keywords)}", s.text) for s in sections)
    database.executemany("INSERT INTO part VALUES (?, ?, ?)", rows)
    database.execute("INSERT INTO part(part) VALUES ('optimize')")
    database.commit()
    database.close()


def opened(folder: Path) -> Search:
    database = sqlite3.connect(folder / "fts5.db")
    asked = "SELECT article FROM part WHERE part MATCH ? ORDER BY bm25(part, 0, 2.0, 1.0) LIMIT ?"

    def search(text: str, limit: int) -> list[str]:
        words, growing = split(text)
        terms = [f'"{word}"' for word in words] + ([f'"{growing}"*'] if growing else [])
        if not terms:
            return []
        return distinct((row[0] for row in database.execute(asked, (" OR ".join(terms), SECTIONS))), limit)

    return search
