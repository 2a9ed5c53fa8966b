"""Words by which a possible name is known, by what they are for: read from name_words.txt, which says it."""

import re
from functools import cache
from importlib.resources import files


@cache
def words(block: str) -> frozenset[str]:
    """Return the words of one block of name_words.txt."""
    text = (files("deflect_api.desk.scrubbing") / "name_words.txt").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^\[(\w+)\][^\n]*\n((?:(?!\[)[^\n]*\n)*)", text, re.M))
    return frozenset(blocks[block].split())


@cache
def ordinary() -> frozenset[str]:
    """Words that our articles write small, and common ones of other languages: no names, even at the start of a sentence."""
    return frozenset((files("deflect_api.desk.scrubbing") / "ordinary_words.txt").read_text(encoding="utf-8").split())
