"""For writers: what in the docs is not fit to publish, each with the file, the line and the mend.

Rules about links and images hold on any MkDocs site; the ones about our front matter, navigation and labels only where
they are asked for."""

import posixpath
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from search import frontmatter, labels, schema
from search.findings import Finding, line_of
from search.sections import read_markdown, render
from search.site import MARKDOWN_SUFFIXES, Site, nav_places, page_files, read_site

__all__ = ["Finding", "House", "lint"]


@dataclass(frozen=True)
class House:
    """Our own rules: pages below `products` say what they quote and from where; `hidden` prefixes have no front matter."""

    products: Collection[str] = ()
    hidden: tuple[str, ...] = ()
    today: date | None = None


@dataclass(frozen=True)
class _Page:
    path: str
    source: str
    meta: dict[str, Any]
    html: str
    seen: "_Seen"


@dataclass
class _Seen(HTMLParser):
    """The links, images and anchors of one rendered page."""

    links: list[str] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "img" and given.get("aria-hidden") != "true" and given.get("role") != "presentation":
            self.images.append((given.get("src", ""), given.get("alt", "")))


def lint(config_file: Path, *, house: House | None = None) -> list[Finding]:
    """Check all pages of a site, sorted by file and line; `house` adds our own rules. Raises DocsError."""
    site = read_site(Path(config_file))
    pages = {path: _read(site, path) for path in page_files(site)}
    found: list[Finding] = []
    for page in pages.values():
        found += _front_matter_readable(page)
        found += _links(site, page, pages)
        found += _images(site, page)
    if house:
        found += _house(site, pages, house)
    return sorted(set(found))


def _read(site: Site, path: str) -> _Page:
    source = read_markdown(site.docs_dir / path)
    meta, text = frontmatter.split(source)
    html, _ = render(site, path, text)
    seen = _Seen()
    seen.feed(html)
    seen.close()
    return _Page(path, source, meta, html, seen)


def _front_matter_readable(page: _Page) -> Iterator[Finding]:
    if page.source.startswith("---\n") and not page.meta and "\n---" in page.source[3:]:
        what = "the front matter is not readable as YAML, so it is shown as text"
        yield Finding(page.path, 1, "front-matter", what, "put texts with a colon or a # into quotes")


def _links(site: Site, page: _Page, pages: dict[str, _Page]) -> Iterator[Finding]:
    for href in page.seen.links:
        split, target = urlsplit(href), _target(page, href)
        if target is None:
            continue
        line = _line(page, href)
        if target in pages:
            if split.fragment and unquote(split.fragment) not in pages[target].seen.anchors:
                what = f"{target} has no heading or anchor #{split.fragment}"
                yield Finding(page.path, line, "anchor", what, "copy the anchor from the page as it is published")
        elif target.endswith(MARKDOWN_SUFFIXES) or not (site.docs_dir / target).is_file():
            mend = "link to the .md file, relative to this one"
            yield Finding(page.path, line, "link", f"the link {href} leads nowhere", mend)


def _images(site: Site, page: _Page) -> Iterator[Finding]:
    for source, alt in page.seen.images:
        if not alt.strip():
            what = f"the image {source} has no text alternative"
            yield Finding(page.path, _line(page, source), "image-alt", what, "say in [ ] what the picture tells")
        target = _target(page, source)
        if target is not None and not (site.docs_dir / target).is_file():
            what = f"there is no image {source}"
            yield Finding(page.path, _line(page, source), "image", what, "give its path relative to this page")


def _target(page: _Page, href: str) -> str | None:
    """The file below docs_dir that a link means; None when it leads out of the site or is absolute."""
    split = urlsplit(href)
    if split.scheme or split.netloc or split.path.startswith("/"):
        return None
    folder = posixpath.dirname(page.path)
    return posixpath.normpath(posixpath.join(folder, unquote(split.path))) if split.path else page.path


def _house(site: Site, pages: dict[str, _Page], house: House) -> Iterator[Finding]:
    books = {name: labels.read_book(site.docs_dir, f"{name}/{labels.FILE}") for name in house.products}
    for book in books.values():
        yield from book.findings
    for page in pages.values():
        folder = _folder(page.path)
        if folder in books:
            yield from labels.unknown(page.path, page.source, page.html, books[folder])
        if not _is_hidden(page.meta) and not page.path.startswith(house.hidden or "\0"):
            yield from _front_matter(site, page, house, sourced=folder in books)
    yield from _in_nav(site, pages)
    yield from _asked_once(pages)


def _front_matter(site: Site, page: _Page, house: House, *, sourced: bool) -> Iterator[Finding]:
    for name, what, mend in schema.check(page.meta, sourced=sourced):
        yield Finding(page.path, _line_of_field(page, name), name, what, mend)
    for path in frontmatter.words(page.meta, "related"):
        if path == page.path or not (site.docs_dir / path).is_file():
            what = "the page is related to itself" if path == page.path else f"there is no {path}"
            yield Finding(
                page.path, _line_of_field(page, "related"), "related", what, "give the path of another page below docs/"
            )
    if house.today and schema.is_stale(page.meta, house.today):
        what = f"nobody has reviewed the page since {page.meta['reviewed']}"
        mend = "compare it with the product, then set reviewed: to today"
        yield Finding(page.path, _line_of_field(page, "reviewed"), "stale", what, mend, minor=True)


def _in_nav(site: Site, pages: dict[str, _Page]) -> Iterator[Finding]:
    places = Counter(path.lstrip("/") for path, _, _ in nav_places(site.nav) if not urlsplit(path).scheme)
    for path in pages if site.nav else ():
        if places[path] != 1:
            what = "no menu leads to this page" if not places[path] else "the page is in the menu more than once"
            yield Finding(path, 1, "nav", what, f"put it into nav of {site.config_file.name} once")


def _asked_once(pages: dict[str, _Page]) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for page in pages.values():
        for text in dict.fromkeys(frontmatter.lines(page.meta, "questions")):
            other = first.setdefault((_folder(page.path), text.casefold()), page.path)
            if other != page.path:
                what = f"{other} asks {text!r} too"
                mend = "decide which page answers it, and take it out of the other"
                yield Finding(page.path, _line(page, text), "questions", what, mend)


def _folder(path: str) -> str:
    """The first folder of a page, its product where there is one; pages beside it have none."""
    return PurePosixPath(path).parts[0] if "/" in path else ""


def _is_hidden(meta: dict[str, Any]) -> bool:
    search = meta.get("search")
    return isinstance(search, dict) and search.get("exclude") is True


def _line(page: _Page, text: str) -> int:
    return line_of(page.source, text, before=("(", '"', ""))


def _line_of_field(page: _Page, name: str) -> int:
    lines = enumerate(page.source.splitlines(), 1)
    return next((number for number, line in lines if line.startswith(f"{name}:")), 1)
