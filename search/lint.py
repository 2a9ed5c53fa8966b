"""For writers: what in the docs is not fit to publish, each with the file, the line and the mend.

Rules about links and images hold on any MkDocs site; the ones about our front matter only where they are asked for."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from search import frontmatter
from search.sections import read_markdown, render
from search.site import MARKDOWN_SUFFIXES, Site, page_files, read_site

TYPES = ("getting-started", "how-to", "troubleshooting", "reference", "faq")
FEWEST_QUESTIONS = 3
LONGEST_DESCRIPTION = 150


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend: `file` is relative to docs_dir, `line` counts from 1."""

    file: str
    line: int
    rule: str
    what: str
    mend: str


@dataclass
class _Page:
    path: str
    source: str
    meta: dict[str, Any]
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


def lint(config_file: Path, *, house: bool = False) -> list[Finding]:
    """Check all pages of a site, sorted by file and line; `house` adds the rules for our own front matter."""
    site = read_site(Path(config_file))
    pages = {path: _read(site, path) for path in page_files(site)}
    found: list[Finding] = []
    for page in pages.values():
        found += _front_matter_readable(page)
        found += _links(site, page, pages)
        found += _images(page)
        if house and not _is_hidden(page.meta):
            found += _front_matter(site, page)
    return sorted(set(found))


def _read(site: Site, path: str) -> _Page:
    source = read_markdown(site.docs_dir / path)
    meta, text = frontmatter.split(source)
    html, _ = render(site, path, text)
    seen = _Seen()
    seen.feed(html)
    seen.close()
    return _Page(path, source, meta, seen)


def _front_matter_readable(page: _Page) -> Iterator[Finding]:
    if page.source.startswith("---\n") and not page.meta and "\n---" in page.source[3:]:
        what = "the front matter is not readable as YAML, so it is shown as text"
        yield Finding(page.path, 1, "front-matter", what, "put texts with a colon or a # into quotes")


def _links(site: Site, page: _Page, pages: dict[str, _Page]) -> Iterator[Finding]:
    for href in page.seen.links:
        split = urlsplit(href)
        if split.scheme or split.netloc or split.path.startswith("/"):
            continue
        folder = posixpath.dirname(page.path)
        target = posixpath.normpath(posixpath.join(folder, unquote(split.path))) if split.path else page.path
        line = _line(page, href)
        if target in pages:
            if split.fragment and unquote(split.fragment) not in pages[target].seen.anchors:
                what = f"{target} has no heading or anchor #{split.fragment}"
                yield Finding(page.path, line, "anchor", what, "copy the anchor from the page as it is published")
        elif target.endswith(MARKDOWN_SUFFIXES) or not (site.docs_dir / target).is_file():
            mend = "link to the .md file, relative to this one"
            yield Finding(page.path, line, "link", f"the link {href} leads nowhere", mend)


def _images(page: _Page) -> Iterator[Finding]:
    for source, alt in page.seen.images:
        if not alt.strip():
            what = f"the image {source} has no text alternative"
            yield Finding(page.path, _line(page, source), "image-alt", what, "say in [ ] what the picture tells")


def _front_matter(site: Site, page: _Page) -> Iterator[Finding]:
    for rule, what, mend in (*_texts(page.meta), *_lists(page.meta)):
        yield Finding(page.path, _line(page, f"{rule}:"), rule, what, mend)
    for path in frontmatter.words(page.meta, "related"):
        if not (site.docs_dir / path).is_file():
            line = _line(page, path)
            yield Finding(page.path, line, "related", f"there is no {path}", "give the path below docs/")


def _texts(meta: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    description = str(meta.get("description") or "")
    if not meta.get("title"):
        yield "title", "the page has no title", "add title: as the person would ask it"
    if not description:
        yield "description", "the page has no description", "add one sentence that answers the question"
    if len(description) > LONGEST_DESCRIPTION:
        what = f"the description has {len(description)} characters"
        yield "description", what, f"shorten it to {LONGEST_DESCRIPTION}"
    if meta.get("type") not in TYPES:
        yield "type", f"the type is {meta.get('type')}", f"choose one of {', '.join(TYPES)}"


def _lists(meta: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    questions = frontmatter.lines(meta, "questions")
    if len(questions) < FEWEST_QUESTIONS:
        what = f"{len(questions)} questions test the search for this page"
        yield "questions", what, f"add how users really type it, {FEWEST_QUESTIONS} at least"
    if not frontmatter.words(meta, "keywords"):
        yield "keywords", "the page has no keywords", "add other words that users say"


def _is_hidden(meta: dict[str, Any]) -> bool:
    search = meta.get("search")
    return isinstance(search, dict) and search.get("exclude") is True


def _line(page: _Page, text: str) -> int:
    lines = list(enumerate(page.source.splitlines(), 1))
    found = (number for ahead in ("(", '"', "") for number, line in lines if text and f"{ahead}{text}" in line)
    return next(found, 1)
