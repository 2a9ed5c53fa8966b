"""How much a page asks of its reader: words, and the Flesch-Kincaid grade of its sentences. Pure but for reading the page.

Only paragraphs and list items count for the grade: code, labels, tables and headings are left out, since the product chose
their words. Counted as textstat 0.7.4 counts: a word's syllables are its hyphenation points and one."""

import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from typing import Any

from search.errors import DocsError
from search.frontmatter import split
from search.sections import Article, read_docs, read_markdown, render
from search.site import read_site

SILENT = frozenset({"code", "strong", "table", "pre", "h1", "h2", "h3", "h4", "svg"})
BLOCKS = frozenset({"p", "li"})
GRADED = ("how-to", "troubleshooting")


@dataclass(frozen=True)
class Read:
    """One article as its reader meets it."""

    article: Article
    words: int
    grade: float


def read_pages(mkdocs: Path, products: tuple[str, ...]) -> list[Read]:
    """Every article of the products; landing pages are lists of links and no articles."""
    site = read_site(mkdocs)
    found = []
    for article in read_docs(mkdocs, products=products, exclude=("team/",)):
        if article.product:
            _, text = split(read_markdown(site.docs_dir / article.path))
            html, _ = render(site, article.path, text)
            words = sum(len(section.text.split()) + len(section.heading.split()) for section in article.sections)
            found.append(Read(article, words, grade(" ".join(prose(html)))))
    return found


def middle(pages: list[Read]) -> float:
    return median(page.words for page in pages)


def easy_share(pages: list[Read], most: float = 8.0) -> float:
    """The share of how-to and troubleshooting pages of this grade or an easier one."""
    graded = [page for page in pages if page.article.meta.get("type") in GRADED]
    return sum(page.grade <= most for page in graded) / len(graded)


def prose(html: str, *, gap: str = "") -> list[str]:
    """The sentences of paragraphs and list items, a text each; `gap` stands for labels and code inside them."""
    reader = _Prose(gap)
    reader.feed(html)
    reader.close()
    return [text for block in reader.blocks if (text := " ".join("".join(block).split()))]


def grade(text: str) -> float:
    """Flesch and Kincaid's grade of a text (https://en.wikipedia.org/wiki/Flesch-Kincaid_readability_tests)."""
    words = _words(text)
    if not words:
        return 0.0
    sentences = [part for part in re.findall(r"\b[^.!?]+[.!?]*", text) if len(_words(part)) > 2]
    return 0.39 * len(words) / max(1, len(sentences)) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w\s']", "", text).lower().split()


@cache
def _syllables(word: str) -> int:
    return len(_hyphens().positions(word)) + 1


@cache
def _hyphens() -> Any:
    try:
        import pyphen  # noqa: PLC0415  only a writer has it
    except ImportError:
        raise DocsError("pyphen is not installed. Install it with: pip install 'deflect[docs]'.") from None
    return pyphen.Pyphen(lang="en_US")


class _Prose(HTMLParser):
    def __init__(self, gap: str) -> None:
        super().__init__(convert_charrefs=True)
        self._gap = gap
        self.blocks: list[list[str]] = []
        self._silent: list[str] = []
        self._open = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.handle_data(self._gap)
            self._silent.append(tag)
        elif tag in BLOCKS and not self._silent:
            self._open += 1
            self.blocks.append([])

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in BLOCKS and not self._silent:
            self._open -= 1

    def handle_data(self, data: str) -> None:
        if self._open and not self._silent:
            self.blocks[-1].append(data)
