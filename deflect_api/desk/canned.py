"""Canned replies: Markdown files in git, by product and language, read anew when a file changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from deflect_api.store.models import Ticket
from search.frontmatter import split

ANY = "any"
_PLACE = re.compile(r"\{(name|reference|agent|product)\}")


@dataclass(frozen=True)
class Canned:
    """One reply. `name` is its file's, without the ending; `text` may hold {name}, {reference}, {agent} and {product}."""

    name: str
    title: str
    product: str
    language: str
    text: str


def fitting(folder: Path, ticket: Ticket) -> list[Canned]:
    """List the replies for a ticket's product and for any, in its language, in English where there is none."""
    spoken = ticket.language.replace("-", "_").partition("_")[0]
    found: dict[tuple[str, str], Canned] = {}
    for one in every(folder):
        key = (one.product, one.name)
        if (
            one.product in (ticket.product, ANY)
            and one.language in (spoken, "en")
            and (key not in found or one.language == spoken)
        ):
            found[key] = one
    return sorted(found.values(), key=lambda one: (one.product == ANY, one.title))


def filled(canned: Canned, values: Mapping[str, str]) -> str:
    """Put a ticket's words in. A name that is not known leaves no gap before a comma."""
    text = _PLACE.sub(lambda match: values.get(match[1], ""), canned.text)
    return re.sub(r" +(?=[,.!?])", "", text)


def every(folder: Path) -> Sequence[Canned]:
    """Read all replies: PRODUCT/LANGUAGE/NAME.md below `folder`. None when there is no such folder."""
    paths = sorted(folder.glob("*/*/*.md"))
    return _read(tuple((str(path), path.stat().st_mtime_ns) for path in paths))


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[str, int], ...]) -> Sequence[Canned]:
    return tuple(_canned(Path(name)) for name, _ in files)


def _canned(path: Path) -> Canned:
    meta, text = split(path.read_text(encoding="utf-8"))
    title = str(meta.get("title") or path.stem.replace("-", " ").capitalize())
    return Canned(path.stem, title, path.parent.parent.name, path.parent.name, text.strip())
