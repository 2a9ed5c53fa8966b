"""A new page from its type's template: in its product's folder, front matter filled in, and in the menu."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import yaml

from deflect_api.errors import InputError
from search.schema import TYPES

__all__ = ["TYPES", "Draft", "create", "hints", "in_menu", "page", "slug"]


@dataclass(frozen=True)
class Draft:
    """What a writer knows of a page before it is written."""

    title: str
    product: str
    type: str
    questions: Sequence[str] = ()


def create(docs_dir: Path, draft: Draft, today: date) -> Path:
    """Write the page; return its path below docs_dir. Raises InputError when there is one of that name."""
    path = Path(draft.product, f"{slug(draft.title)}.md")
    target = docs_dir / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(page(draft, today))
    except FileExistsError:
        raise InputError(f"There is a page {path} already. Edit it, or choose another title.") from None
    return path


def slug(title: str) -> str:
    """A title as a file's name: plain letters, words joined by hyphens, small words left out."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower().replace("'", "")
    words = [word for word in re.findall(r"[a-z0-9]+", plain) if word not in _SMALL] or re.findall(r"[a-z0-9]+", plain)
    if not words:
        raise InputError("Give a title with letters or digits in it.")
    return "-".join(words)[:60].strip("-")


_SMALL = frozenset({"a", "an", "the", "my", "i", "do", "does", "to", "of", "in", "on", "is", "are", "be", "it", "and", "or"})


def page(draft: Draft, today: date) -> str:
    """The whole text of the page. What only the writer knows stays empty, and `deflect lint` asks for it."""
    template = files("deflect_api.writing").joinpath("templates", f"{draft.type}.md").read_text("utf-8")
    return f"---\n{_front_matter(draft, today)}---\n\n{template}"


def hints() -> frozenset[str]:
    """The lines of all templates that tell the writer what to write."""
    texts = (files("deflect_api.writing").joinpath("templates", f"{kind}.md").read_text("utf-8") for kind in TYPES)
    return frozenset(line.strip() for text in texts for line in text.splitlines() if line and line[0] not in "#|")


def _front_matter(draft: Draft, today: date) -> str:
    questions = "".join(f"  - {_quoted(text)}\n" for text in draft.questions)
    return (
        f"title: {_quoted(draft.title)}\n"
        "description:\n"
        f"type: {draft.type}\n"
        "keywords: []\n"
        f"questions:{' []' if not questions else ''}\n{questions}"
        "applies_to: []\n"
        "roles: [anyone]\n"
        "sources: []\n"
        f"reviewed: {today.isoformat()}\n"
        "review_every: 12 months\n"
        "related: []\n"
    )


def _quoted(text: str) -> str:
    """A text as YAML has it on one line, in quotes only where it needs them."""
    return yaml.safe_dump(" ".join(text.split()), allow_unicode=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def in_menu(mkdocs: str, path: str, product: str, group: str = "") -> str | None:
    """The text of mkdocs.yml with the page below its group, or after its product's last page; None when there is no place."""
    lines = mkdocs.splitlines(keepends=True)
    entry = re.compile(rf"\s*-\s+(?:[^:#]+:\s*)?{re.escape(product)}/\S+\.md\s*(?:#.*)?$")
    places = [number for number, line in enumerate(lines) if entry.match(line)]
    if group:
        head = re.compile(rf"\s*-\s+[\"']?{re.escape(group)}[\"']?:\s*$")
        heads = [number for number, line in enumerate(lines) if head.match(line)]
        places = [number for one in heads for number in _below(lines, one) if number in places]
    if not places:
        return None
    last = places[-1]
    indent = re.match(r"\s*", lines[last])
    lines.insert(last + 1, f"{indent[0] if indent else ''}- {path}\n")
    return "".join(lines)


def _below(lines: Sequence[str], head: int) -> list[int]:
    """The lines that are indented more than the head, up to the first that is not."""
    depth, found = _depth(lines[head]), []
    for number in range(head + 1, len(lines)):
        if lines[number].strip() and _depth(lines[number]) <= depth:
            break
        found.append(number)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
