"""For writers: what in the docs is not fit to publish, each with the file, the line and the mend.

Rules about links, images, headings, titles and moved pages hold on any MkDocs site; our own (house) and those of style
are added where they are asked for."""

import posixpath
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

from search import house as ours
from search import moved, style
from search.findings import Finding
from search.house import House
from search.pages import Page, read_page
from search.site import MARKDOWN_SUFFIXES, Site, page_files, read_site
from search.style import Style

__all__ = ["Finding", "House", "Style", "lint", "paths"]


def lint(
    config_file: Path,
    *,
    house: House | None = None,
    style_of: Style | None = None,
    before: Collection[str] = (),
    today: date | None = None,
) -> list[Finding]:
    """Check all pages of a site, sorted by file and line. Raises DocsError.

    `house` and `style_of` add more rules; `before` are the paths of pages whose addresses were published."""
    site = read_site(Path(config_file))
    pages = {path: read_page(site, path) for path in page_files(site)}
    found: list[Finding] = []
    for page in pages.values():
        found += _front_matter_readable(page)
        found += _links(site, page, pages)
        found += _images(site, page)
        found += _levels(page)
    found += _titles(pages)
    found += moved.rules(site, pages, before)
    if house:
        found += ours.rules(site, pages, house)
    if today:
        found += ours.overdue(pages, today)
    if style_of:
        found += style.rules(site, pages, style_of)
    return sorted(set(found))


def paths(config_file: Path) -> list[str]:
    """The pages of a site, as paths below docs_dir. Raises DocsError."""
    return page_files(read_site(Path(config_file)))


def _front_matter_readable(page: Page) -> Iterator[Finding]:
    if page.source.startswith("---\n") and not page.meta and "\n---" in page.source[3:]:
        what = "the front matter is not readable as YAML, so it is shown as text"
        yield Finding(page.path, 1, "front-matter", what, "put texts with a colon or a # into quotes")


def _links(site: Site, page: Page, pages: Mapping[str, Page]) -> Iterator[Finding]:
    for href in page.seen.links:
        split, target = urlsplit(href), _target(page, href)
        if target is None:
            continue
        line = page.line(href)
        if target in pages:
            if split.fragment and unquote(split.fragment) not in pages[target].seen.anchors:
                what = f"{target} has no heading or anchor #{split.fragment}"
                yield Finding(page.path, line, "anchor", what, "copy the anchor from the page as it is published")
        elif target.endswith(MARKDOWN_SUFFIXES) or not (site.docs_dir / target).is_file():
            mend = "link to the .md file, relative to this one"
            yield Finding(page.path, line, "link", f"the link {href} leads nowhere", mend)


def _images(site: Site, page: Page) -> Iterator[Finding]:
    for source, alt in page.seen.images:
        if not alt.strip():
            what = f"the image {source} has no text alternative"
            yield Finding(page.path, page.line(source), "image-alt", what, "say in [ ] what the picture tells")
        target = _target(page, source)
        if target is not None and not (site.docs_dir / target).is_file():
            what = f"there is no image {source}"
            yield Finding(page.path, page.line(source), "image", what, "give its path relative to this page")


def _levels(page: Page) -> Iterator[Finding]:
    """A screen reader goes from heading to heading: a level that is left out looks like a part that is missing."""
    above = 1
    for level, text in page.seen.headings:
        if level > above + 1:
            what = f"the heading {text!r} is of level {level}, below one of level {above}"
            yield Finding(page.path, page.line(f"# {text}"), "heading-level", what, f"write {'#' * (above + 1)} before it")
        above = level


def _titles(pages: Mapping[str, Page]) -> Iterator[Finding]:
    first: dict[tuple[str, str], str] = {}
    for page in pages.values():
        title = page.title.casefold().strip()
        other = first.setdefault((page.folder, title), page.path) if title else page.path
        if other != page.path:
            what = f"{other} has the title {page.title!r} too"
            mend = "say in each title what only its page answers"
            yield Finding(page.path, page.line_of_field("title"), "duplicate-title", what, mend)


def _target(page: Page, href: str) -> str | None:
    """The file below docs_dir that a link means; None when it leads out of the site or is absolute."""
    split = urlsplit(href)
    if split.scheme or split.netloc or split.path.startswith("/"):
        return None
    folder = posixpath.dirname(page.path)
    return posixpath.normpath(posixpath.join(folder, unquote(split.path))) if split.path else page.path
