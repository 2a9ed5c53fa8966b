"""Finds the words of a page that did not go through the catalogues: in the language en-XA each text of ours stands in marks."""

import json
import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from typing import Any

from deflect_api import pseudo

LANGUAGE = "en-XA"
IN_MARKS = re.compile(rf"{pseudo.BEGIN}[^{pseudo.BEGIN}{pseudo.END}]*{pseudo.END}")
ADDRESS = re.compile(r"\{\w+\}|https?://\S+|\S+@\S+|\S*[a-z]\.\S+\.\S+")
READ_OUT = ("aria-label", "placeholder", "title", "alt", "content")
VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "path", "use")
# What a browser's script computes with, by its place in the page's JSON blocks; all else there is shown to people.
RULES = (
    "rules.sensitive",
    "rules.typos",
    "rules.address",
    "rules.ours",
    "rules.coaching.apps",
    "rules.coaching.vague",
    "rules.coaching.unspaced",
)
KEYS = ("key", "product", "when", "extract", "pattern", "priority")


def left(text: str, allowed: Collection[str] = ()) -> str:
    """Return the words of a text that stand in no marks and are not allowed to: names, and what people typed."""
    while IN_MARKS.search(text):
        text = IN_MARKS.sub(" ", text)
    text = ADDRESS.sub(" ", text)
    for word in sorted(allowed, key=len, reverse=True):
        text = text.replace(ADDRESS.sub(" ", word), " ")
    return " ".join(re.findall(r"[^\W\d_]{2,}", text))


class Words(HTMLParser):
    """The texts that a page shows or reads out, but for what says that it is in another language than the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.language = ""
        self.json = False
        self.feed(html)

    @property
    def foreign(self) -> bool:
        return any(elsewhere for _, elsewhere in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        foreign = tag in ("style", "textarea") or given.get("lang", self.language) != self.language
        self.json = (
            tag == "script" and given.get("type") == "application/json" and given.get("id") != "__config"
        )  # the theme's: our pages show none of it
        if tag == "script" and not self.json:
            foreign = True
        if not foreign and not self.foreign:
            named = tag != "meta" or given.get("name") == "description"
            self.texts += [given[name] for name in READ_OUT if name in given and named]
        if tag not in VOID:
            self.open.append((tag, foreign))

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag in [name for name, _ in self.open]:
            if self.open.pop()[0] == tag:
                break
        self.json = False

    def handle_data(self, data: str) -> None:
        if self.json:
            self.scripts.append(data)
        elif data.strip() and not self.foreign:
            self.texts.append(data)


def escaped(html: str, allowed: Collection[str] = ()) -> list[str]:
    """List the texts of a page, and of the words in it for scripts, that escaped the catalogues."""
    page = Words(html)
    assert page.language == LANGUAGE, page.language
    texts = [*whole(page.texts), *(text for script in page.scripts for text in shown(json.loads(script)))]
    return [text.strip() for text in texts if left(text, allowed)]


def whole(texts: Collection[str]) -> Iterator[str]:
    """Join what belongs together: a script may put a link into the middle of a text."""
    begun = ""
    for text in texts:
        begun += text
        if begun.count(pseudo.BEGIN) <= begun.count(pseudo.END):
            yield begun
            begun = ""
    if begun:
        yield begun


def shown(value: Any, path: str = "") -> Iterator[str]:
    """Walk a JSON block: the texts that a script shows."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key not in KEYS:
                yield from shown(below, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for below in value:
            yield from shown(below, path)
    elif isinstance(value, str) and not path.startswith(RULES):
        yield value
