"""Our own rules for writers: front matter, labels, the menu, and questions that only one page asks.

They hold where they are asked for; another MkDocs site need not have front matter."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from search import frontmatter, labels, schema
from search.findings import Finding
from search.pages import Page
from search.site import Site, nav_places


@dataclass(frozen=True)
class House:
    """Pages below `products` say what they quote and from where; `hidden` prefixes have no front matter; `hints` are the
    lines that a new page begins with, for the writer alone."""

    products: Collection[str] = ()
    hidden: tuple[str, ...] = ()
    hints: frozenset[str] = frozenset()


def rules(site: Site, pages: Mapping[str, Page], house: House) -> Iterator[Finding]:
    books = {name: labels.read_book(site.docs_dir, f"{name}/{labels.FILE}") for name in house.products}
    for book in books.values():
        yield from book.findings
    for page in pages.values():
        if page.folder in books:
            yield from labels.unknown(page.path, page.source, page.html, books[page.folder])
        if not page.is_hidden and not page.path.startswith(house.hidden or "\0"):
            yield from _front_matter(site, page, sourced=page.folder in books)
            yield from _hints(page, house.hints)
    yield from _in_nav(site, pages)
    yield from _asked_once(pages)


def overdue(pages: Mapping[str, Page], today: date) -> Iterator[Finding]:
    """Remind of pages that nobody has reviewed for longer than they say, on any site that says so."""
    for page in pages.values():
        if schema.is_stale(page.meta, today):
            what = f"nobody has reviewed the page since {page.meta['reviewed']}"
            mend = "compare it with the product, then set reviewed: to today"
            yield Finding(page.path, page.line_of_field("reviewed"), "stale", what, mend, minor=True)


def _front_matter(site: Site, page: Page, *, sourced: bool) -> Iterator[Finding]:
    for name, what, mend in schema.check(page.meta, sourced=sourced):
        yield Finding(page.path, page.line_of_field(name), name, what, mend)
    for path in frontmatter.words(page.meta, "related"):
        if path == page.path or not (site.docs_dir / path).is_file():
            what = "the page is related to itself" if path == page.path else f"there is no {path}"
            mend = "give the path of another page below docs/"
            yield Finding(page.path, page.line_of_field("related"), "related", what, mend)


def _hints(page: Page, hints: frozenset[str]) -> Iterator[Finding]:
    for number, line in enumerate(page.source.splitlines(), 1):
        if line.strip() in hints:
            what = "the template's hint is still here"
            yield Finding(page.path, number, "hint", what, "write what it asks for, or take the part away")


def _in_nav(site: Site, pages: Mapping[str, Page]) -> Iterator[Finding]:
    places = Counter(path.lstrip("/") for path, _, _ in nav_places(site.nav) if not urlsplit(path).scheme)
    for path in pages if site.nav else ():
        if places[path] != 1:
            what = "no menu leads to this page" if not places[path] else "the page is in the menu more than once"
            yield Finding(path, 1, "nav", what, f"put it into nav of {site.config_file.name} once")


def _asked_once(pages: Mapping[str, Page]) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for page in pages.values():
        for text in dict.fromkeys(frontmatter.lines(page.meta, "questions")):
            other = first.setdefault((page.folder, text.casefold()), page.path)
            if other != page.path:
                what = f"{other} asks {text!r} too"
                mend = "decide which page answers it, and take it out of the other"
                yield Finding(page.path, page.line(text), "questions", what, mend)
