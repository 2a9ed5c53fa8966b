"""The searches that are compared, each as a sensible person would set it up to search while somebody types.

Each module has `build(sections, folder)` and `opened(folder)`, which returns a function: typed text and a limit -> articles."""

import re
from collections.abc import Callable, Iterable

Search = Callable[[str, int], list[str]]
WORD = re.compile(r"\w+")
SECTIONS = 30
"""How many sections are asked for, so that enough different articles are among them."""


def split(text: str) -> tuple[list[str], str]:
    """The finished words of a text and the one that still grows, if any."""
    words = WORD.findall(text.casefold())
    growing = words.pop() if words and WORD.search(text[-1]) else ""
    return words, growing


def distinct(articles: Iterable[str], limit: int) -> list[str]:
    return list(dict.fromkeys(articles))[:limit]
