"""Finding tickets by their words, in the index that each database is good at: SQLite's FTS5, PostgreSQL's tsvector.

Both hold the same folded words, so both find the same tickets. Only the migration and this module know the difference.
"""

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Select, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from deflect_api.store.desk import TicketWords

INDEX = "ticket_fts"  # SQLite's; its shadow tables begin with the same word
LONGEST_WORD, MOST_WORDS, MOST_ASKED = 40, 4000, 12
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts that put no spaces between words
_WORD = re.compile(f"[{UNSPACED}]|[^\\W_{UNSPACED}]+")


def fold(written: str) -> list[str]:
    """Return the words of a text in small letters without accents; a script without spaces gives one word a letter."""
    apart = unicodedata.normalize("NFKD", written)
    plain = "".join(letter for letter in apart if not unicodedata.category(letter).startswith("M")).lower()
    return [word[:LONGEST_WORD] for word in _WORD.findall(unicodedata.normalize("NFKC", plain))]


def store(session: Session, ticket_id: int, written: Iterable[str]) -> None:
    """Keep the words that a ticket is found by, each once, in place of those it had."""
    words = " ".join(list(dict.fromkeys(fold(" ".join(written))))[:MOST_WORDS])
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(TicketWords).values(ticket_id=ticket_id, words=words)
    session.execute(row.on_conflict_do_update(index_elements=["ticket_id"], set_={"words": words}))


def matching(session: Session, asked: str) -> Select[int] | None:
    """Select the tickets that hold every word asked for, each word as a beginning. None when nothing was asked."""
    words = fold(asked)[:MOST_ASKED]
    if not words:
        return None
    if session.get_bind().dialect.name == "postgresql":
        query, found = " & ".join(f"'{word}':*" for word in words), "ticket_vector(words) @@ CAST(:query AS tsquery)"
    else:
        query = " ".join(f'"{word}"*' for word in words)
        found = "ticket_id IN (SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH :query)"
    return select(TicketWords.ticket_id).where(text(found).bindparams(query=query))
