"""One page as a check sees it: its source, its front matter, and the links, pictures and headings it is published with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any

from search import frontmatter
from search.findings import line_of
from search.sections import read_markdown, render
from search.site import Site

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass
class Seen(HTMLParser):
    """The links, images, anchors and headings of one rendered page."""

    links: list[str] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    headings: list[tuple[int, str]] = field(default_factory=list)
    _text: list[str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given and "headerlink" not in given.get("class", "").split():
            self.links.append(given["href"])
        if tag == "img" and given.get("aria-hidden") != "true" and given.get("role") != "presentation":
            self.images.append((given.get("src", ""), given.get("alt", "")))
        if tag in HEADINGS:
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS and self._text is not None:
            self.headings.append((int(tag[1]), " ".join("".join(self._text).replace("¶", "").split())))
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


@dataclass(frozen=True)
class Page:
    """`path` is below docs_dir, `html` what its Markdown becomes, before any theme."""

    path: str
    source: str
    meta: Mapping[str, Any]
    html: str
    seen: Seen

    @property
    def title(self) -> str:
        """What the page calls itself; "" when it has neither a title nor a level 1 heading."""
        first = next((text for level, text in self.seen.headings if level == 1), "")
        return str(self.meta.get("title") or first)

    @property
    def folder(self) -> str:
        """The first folder of the page, its product where there is one; pages beside it have none."""
        return PurePosixPath(self.path).parts[0] if "/" in self.path else ""

    @property
    def is_hidden(self) -> bool:
        """Is it published but never suggested?"""
        search = self.meta.get("search")
        return isinstance(search, dict) and search.get("exclude") is True

    def language(self, default: str) -> str:
        return str(self.meta.get("language") or self.meta.get("lang") or default).split("-")[0].split("_")[0].lower()

    def line(self, text: str) -> int:
        return line_of(self.source, text, before=("(", '"', ""))

    def line_of_field(self, name: str) -> int:
        lines = enumerate(self.source.splitlines(), 1)
        return next((number for number, line in lines if line.startswith(f"{name}:")), 1)


def read_page(site: Site, path: str) -> Page:
    """Read and render one page. Raises DocsError."""
    source = read_markdown(site.docs_dir / path)
    meta, text = frontmatter.split(source)
    html, _ = render(site, path, text)
    seen = Seen()
    seen.feed(html)
    seen.close()
    return Page(path, source, meta, html, seen)
