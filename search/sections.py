"""A docs folder and its mkdocs.yml -> articles and their sections, the units of search.

Addresses and anchors are the ones that `mkdocs build` gives, on any MkDocs site: front matter is optional."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

import markdown
from markdown.treeprocessors import Treeprocessor

from search import frontmatter
from search.errors import DocsError
from search.markup import Part, parts
from search.site import Site, nav_places, page_files, page_url, read_site, title_of_name


@dataclass(frozen=True)
class Section:
    """An article's part under one heading. `article` and `url` are relative to the site's root."""

    article: str
    url: str
    title: str
    text: str
    product: str = ""
    heading: str = ""
    keywords: tuple[str, ...] = ()
    language: str = "en"
    breadcrumb: str = ""
    description: str = ""


@dataclass(frozen=True)
class Article:
    """One page. `path` is its source below docs_dir; `questions` test the search and are never indexed."""

    path: str
    url: str
    title: str
    product: str
    description: str
    language: str
    breadcrumb: str
    keywords: tuple[str, ...]
    questions: tuple[str, ...]
    meta: Mapping[str, Any]
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class _Page:
    path: str
    meta: Mapping[str, Any]
    parts: tuple[Part, ...]
    title: str


@dataclass(frozen=True)
class _Place:
    title: str | None
    above: tuple[str, ...]


Memory = dict[str, tuple[tuple[int, int], "_Page"]]
"""Pages that were read before, by path, each with the time and size that its file had."""


def read_docs(
    config_file: Path,
    *,
    products: Collection[str] = (),
    exclude: Iterable[str] = (),
    hidden: bool = False,
    memory: Memory | None = None,
) -> list[Article]:
    """Read every page that may be suggested, in the order of the files.

    A page is left out by `search: {exclude: true}` in its front matter (but kept with `hidden`) or by a path prefix
    in `exclude` ("team/"). The first part of the address is the product when it is one of `products`; a single product
    without a folder of its own has all pages. `memory` spares reading what has not changed. Raises DocsError."""
    site = read_site(Path(config_file))
    prefixes = tuple(exclude)
    known = {} if memory is None else memory
    pages = [_remembered(site, path, known) for path in page_files(site) if not path.startswith(prefixes)]
    place_of = _places(site, pages)
    kept = [page for page in pages if hidden or not _is_excluded(page.meta)]
    whole = next(iter(products)) if len(products) == 1 and not (site.docs_dir / next(iter(products))).is_dir() else ""
    return [_article(site, page, place_of(page.path), products=products, whole=whole) for page in kept]


def _remembered(site: Site, path: str, memory: Memory) -> "_Page":
    try:
        found = (site.docs_dir / path).stat()
    except OSError as error:
        raise DocsError(f"{site.docs_dir / path}: cannot be read ({error.strerror})") from error
    mark = (found.st_mtime_ns, found.st_size)
    if path not in memory or memory[path][0] != mark:
        memory[path] = (mark, _read_page(site, path))
    return memory[path][1]


def read_markdown(path: Path) -> str:
    """The text of one source file, or a DocsError that names it."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise DocsError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except OSError as error:
        raise DocsError(f"{path}: cannot be read ({error.strerror})") from error


def render(site: Site, path: str, source: str) -> tuple[str, bool]:
    """The page as HTML, with the site's own extensions, and whether its first block is its title."""
    site.folders[""] = str((site.docs_dir / path).parent)
    try:
        reader = markdown.Markdown(extensions=list(site.extensions), extension_configs=site.extension_configs)
    except (ImportError, AttributeError, KeyError, TypeError) as error:
        raise DocsError(f"{site.config_file}: a Markdown extension cannot be loaded: {error}") from error
    first = _FirstBlock(reader)
    reader.treeprocessors.register(first, "first_block", 1)
    return reader.convert(source), first.is_title


class _FirstBlock(Treeprocessor):
    """Notes whether a page begins with a level 1 heading written in Markdown, which then is its title."""

    is_title = False

    def run(self, root: Element) -> None:
        self.is_title = len(root) > 0 and root[0].tag == "h1"


def _read_page(site: Site, path: str) -> _Page:
    meta, source = frontmatter.split(read_markdown(site.docs_dir / path))
    html, has_title = render(site, path, source)
    found = parts(html, permalink_classes=(site.permalink_class,))
    heading = found[1].heading if has_title and len(found) > 1 else ""
    if has_title and len(found) > 1:
        lead = Part(text="\n".join(filter(None, (found[0].text, found[1].text))))
        found = [lead, *found[2:]]
    return _Page(path, meta, tuple(found), str(meta.get("title") or heading))


def _places(site: Site, pages: Iterable[_Page]) -> Callable[[str], _Place]:
    in_nav: dict[str, _Place] = {}
    for path, title, above in nav_places(site.nav):
        in_nav.setdefault(path.lstrip("/"), _Place(title, above))
    indexes = {str(PurePosixPath(p.path).parent): p.title for p in pages if PurePosixPath(p.path).stem in _INDEXES}

    def place_of(path: str) -> _Place:
        folder = PurePosixPath(path).parent
        if PurePosixPath(path).stem in _INDEXES:
            folder = folder.parent
        above = [part for part in (folder, *folder.parents) if str(part) != "."]
        titles = (indexes.get(str(part)) or title_of_name(part.name) for part in reversed(above))
        return in_nav.get(path) or _Place(None, tuple(titles))

    return place_of


_INDEXES = ("index", "README")


def _is_excluded(meta: Mapping[str, Any]) -> bool:
    search = meta.get("search")
    return isinstance(search, dict) and search.get("exclude") is True


def _article(site: Site, page: _Page, place: _Place, *, products: Collection[str], whole: str) -> Article:
    first = PurePosixPath(page.path).parts[0]
    article = Article(
        path=page.path,
        url=page_url(site, page.path),
        title=page.title or place.title or _title_of_file(page.path),
        product=first if first in products else whole,
        description=str(page.meta.get("description") or ""),
        language=str(page.meta.get("language") or page.meta.get("lang") or site.language),
        breadcrumb=" › ".join(place.above),
        keywords=frontmatter.words(page.meta, "keywords"),
        questions=frontmatter.lines(page.meta, "questions"),
        meta=page.meta,
    )
    return replace(article, sections=tuple(_section(article, part) for part in page.parts))


def _section(article: Article, part: Part) -> Section:
    return Section(
        article=article.url,
        url=f"{article.url}#{part.anchor}" if part.anchor else article.url,
        title=article.title,
        text=part.text,
        product=article.product,
        heading=part.heading,
        keywords=article.keywords,
        language=article.language,
        breadcrumb=article.breadcrumb,
        description=article.description,
    )


def _title_of_file(path: str) -> str:
    source = PurePosixPath(path)
    if source.stem not in _INDEXES:
        return title_of_name(source.stem)
    return title_of_name(source.parent.name) if source.parent.name else "Home"
