"""A short list of all articles, small enough for the browser to search by itself when the service cannot be reached.

Titles always fit; keywords and messages are left out from the longest on when the list would grow too large. Pure."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence

from search.sections import Article

MOST_BYTES = 28_000
"""Of the list, gzipped; with the script that searches it, it stays below 30 KB."""
Entry = list[str]
"""Address, title, breadcrumb, product, keywords, and messages between line breaks."""


def entries(articles: Sequence[Article], messages: Mapping[str, Iterable[str]]) -> list[Entry]:
    """One entry for each article; `messages` are what each product says, and go to the articles that quote them."""
    listed = [_entry(article, tuple(messages.get(article.product, ()))) for article in articles]
    for extra in (5, 4):
        while len(zipped(listed)) > MOST_BYTES and any(entry[extra] for entry in listed):
            longest = max(listed, key=lambda entry: len(entry[extra]))
            longest[extra] = ""
    return listed


def zipped(listed: Sequence[Entry]) -> bytes:
    return gzip.compress(as_json(listed).encode(), 9, mtime=0)


def as_json(listed: Sequence[Entry]) -> str:
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def _entry(article: Article, messages: Sequence[str]) -> Entry:
    text = "\n".join(" ".join(section.text.split()) for section in article.sections)
    quoted = "\n".join(message for message in messages if " ".join(message.split()) in text)
    return [article.url, article.title, article.breadcrumb, article.product, " ".join(article.keywords), quoted]
