"""Does a page quote the product word for word? What may be bold or in code style stands in the folder's labels.yml.

Bold in the title of an admonition and in the head of a table is not a label, nor is a number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import yaml

from search import schema
from search.findings import Finding, line_of

FILE = "labels.yml"
KINDS = ("labels", "messages", "limits", "values")
_NUMBER = re.compile(r"[\d.,:% ]+")


@dataclass(frozen=True)
class Quote:
    """What a product says, where it stands in labels.yml and where it was read."""

    text: str
    kind: str
    line: int
    source: str


@dataclass(frozen=True)
class Book:
    """One labels.yml: `file` is relative to docs_dir."""

    file: str
    quotes: tuple[Quote, ...]
    findings: tuple[Finding, ...]

    @property
    def texts(self) -> frozenset[str]:
        return frozenset(_tidy(quote.text) for quote in self.quotes)


def read_book(docs_dir: Path, file: str) -> Book:
    """Read one labels.yml; what is wrong with it is among its findings."""
    try:
        node = yaml.compose((docs_dir / file).read_text("utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError:
        mend = "list in it what the product says: see docs/team/writing.md"
        return Book(file, (), (Finding(file, 1, "labels", "there is no such file", mend),))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Book(file, (), (Finding(file, 1, "labels", f"not readable as YAML: {error}", "check quotes and colons"),))
    quotes, found = [], []
    for entry in node.value if isinstance(node, yaml.SequenceNode) else ():
        more, wrong = _entry(file, entry)
        quotes += more
        found += wrong
    return Book(file, tuple(quotes), tuple(found))


def _entry(file: str, entry: yaml.Node) -> tuple[list[Quote], list[Finding]]:
    parts = {key.value: value for key, value in entry.value} if isinstance(entry, yaml.MappingNode) else {}
    line = entry.start_mark.line + 1
    source = parts["source"].value if isinstance(parts.get("source"), yaml.ScalarNode) else ""
    found = []
    if not schema.is_source(str(source)):
        mend = "add source: owner/repository@commit:path"
        found.append(Finding(file, line, "label-source", "this entry has no source", mend))
    mend = f"use one of {', '.join(KINDS)}"
    unknown_kinds = sorted(parts.keys() - {"source", *KINDS})
    found += [Finding(file, line, "labels", f"{name} is no kind", mend) for name in unknown_kinds]
    listed = ((kind, item) for kind in KINDS for item in _items(parts.get(kind)))
    return [Quote(item.value, kind, item.start_mark.line + 1, str(source)) for kind, item in listed], found


def _items(node: yaml.Node | None) -> list[yaml.ScalarNode]:
    return [item for item in node.value if isinstance(item, yaml.ScalarNode)] if isinstance(node, yaml.SequenceNode) else []


def unknown(file: str, source: str, html: str, book: Book) -> Iterator[Finding]:
    """What a page shows in bold or code style that its labels.yml does not have."""
    seen = _Quoted()
    seen.feed(html)
    seen.close()
    for mark, rule, quoted in (("**", "label", seen.bold), ("`", "message", seen.code)):
        for text in dict.fromkeys(quoted):
            if text and text not in book.texts and not _NUMBER.fullmatch(text):
                what = f"{mark}{text}{mark} is not in {book.file}"
                mend = "write it as the product does, add it there with its source, or take the style away"
                yield Finding(file, line_of(source, text, before=(mark, "")), rule, what, mend)


@dataclass
class _Quoted(HTMLParser):
    """The bold and code-styled texts of a rendered page."""

    bold: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    _open: list[tuple[str, bool]] = field(default_factory=list)
    _text: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        silent = tag in ("th", "pre") or "admonition-title" in (dict(attrs).get("class") or "").split()
        if tag in ("strong", "code", "th", "pre", "p"):
            self._open.append((tag, silent))
        if tag in ("strong", "code") and not any(quiet for _, quiet in self._open):
            self._text[tag] = []

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, (name, _) in enumerate(self._open) if name == tag]
        if places:
            del self._open[places[-1] :]
        if tag in self._text:
            (self.bold if tag == "strong" else self.code).append(_tidy("".join(self._text.pop(tag))))

    def handle_data(self, data: str) -> None:
        for pieces in self._text.values():
            pieces.append(data)


def _tidy(text: str) -> str:
    return " ".join(text.split())
