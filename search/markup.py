"""Rendered HTML -> its parts: a heading, its anchor and the visible text below it.

A part begins at each heading that has an id, because only such a heading can be linked to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SILENT = frozenset({"script", "style", "template", "noscript", "title"})
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_CELLS = frozenset({"td", "th"})
_INLINE_NAMES = """a abbr acronym b bdi bdo big cite code data del dfn em font g i img ins kbd mark path q rp rt ruby s samp
    small span strike strong sub sup svg time tt u use var wbr"""
_INLINE = frozenset(_INLINE_NAMES.split())
_SILENT_CLASSES = frozenset({"linenos", "lineno", "linenodiv", "footnote-backref", "toc"})
_BREAKS = re.compile(r"\s*\n\s*")
_CELL_GAPS = re.compile(r"[^\S\n]*\t[^\S\n]*")
_SPACES = re.compile(r"[^\S\n\t]+")


@dataclass
class Part:
    """One heading (level 0: the text above the first) and the text up to the next."""

    level: int = 0
    anchor: str = ""
    heading: str = ""
    text: str = ""


@dataclass
class _Open:
    level: int
    anchor: str
    heading: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def close(self) -> Part:
        return Part(self.level, self.anchor, tidy("".join(self.heading)), tidy("".join(self.text)))


def tidy(text: str) -> str:
    """Collapse white space: a line for each block, a tab between the cells of a table row."""
    text = _SPACES.sub(" ", text.replace("\xa0", " "))
    text = _CELL_GAPS.sub("\t", text)
    return _BREAKS.sub("\n", text).strip()


def parts(html: str, *, permalink_classes: Iterable[str] = ("headerlink",)) -> list[Part]:
    """Split rendered HTML; the first part is always the one above the first heading."""
    reader = _Reader(_SILENT_CLASSES.union(permalink_classes))
    reader.feed(html)
    reader.close()
    return [part.close() for part in reader.parts]


class _Reader(HTMLParser):
    def __init__(self, silent_classes: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = [_Open(0, "")]
        self._silent_classes = silent_classes
        self._heading = ""
        self._skipped, self._depth = "", 0
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth:
            self._depth += tag == self._skipped
            return
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID and self._is_silent(tag, given):
            self._skipped, self._depth = tag, 1
        elif tag in _HEADINGS and given.get("id"):
            self.parts.append(_Open(int(tag[1]), given["id"]))
            self._heading = tag
        else:
            self._show(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._depth and (tag in _VOID or tag not in _SILENT):
            self._show(tag, {name: value or "" for name, value in attrs})
            self._pre -= tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if self._depth:
            self._depth -= tag == self._skipped
        elif tag == self._heading:
            self._heading = ""
        elif tag not in _INLINE:
            self._pre -= tag == "pre" and self._pre > 0
            self._say("\t" if tag in _CELLS else "\n")

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self._say(data.replace("\t", " ") if self._pre else " ".join(re.split(r"\s+", data)))

    def _show(self, tag: str, given: dict[str, str]) -> None:
        self._pre += tag == "pre"
        if tag == "img":
            self._say(f" {given.get('alt', '')} ")
        elif tag == "wbr":
            return
        elif tag not in _INLINE and tag not in _CELLS:
            self._say("\n")

    def _is_silent(self, tag: str, given: dict[str, str]) -> bool:
        footnote = tag == "sup" and given.get("id", "").startswith("fnref")
        hidden = "hidden" in given or bool(self._silent_classes.intersection(given.get("class", "").split()))
        return tag in _SILENT or footnote or hidden

    def _say(self, text: str) -> None:
        part = self.parts[-1]
        (part.heading if self._heading else part.text).append(text)
