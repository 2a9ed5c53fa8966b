"""Words as other systems give them, made plain."""

import re
from html import unescape

_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr)\b[^>]*>", re.I)
_HIDDEN = re.compile(r"<\s*(style|script)\b.*?<\s*/\s*\1\s*>", re.I | re.S)
_TAG = re.compile(r"<[^>]*>")
_GAP = re.compile(r"\n{3,}")


def without_tags(html: str) -> str:
    """Return the text of a piece of HTML, a line for each paragraph."""
    text = unescape(_TAG.sub("", _BREAK.sub("\n", _HIDDEN.sub("", html))))
    return _GAP.sub("\n\n", text.replace("\r", "")).strip()
