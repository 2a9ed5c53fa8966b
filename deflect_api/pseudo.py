"""A language that nobody speaks: each text of ours in marks, with accents and a third longer, so that one that escaped is seen.

No page offers it. Ask for it by `?language=en-XA`, as writers of translations and a test do.
"""

import gettext
import re

LANGUAGE = "en_XA"  # "English with accents", after the private regions of Unicode's CLDR
BEGIN, END = "⟦", "⟧"
_ACCENTS = str.maketrans("aceinouyAEIOUY", "áçéíñóúýÁÉÍÓÚÝ")
_VALUES = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\})")


def text(source: str) -> str:
    """Mark a text; the values to be filled in stay as they are. Empty stays empty."""
    if not source:
        return source
    parts = [part if _VALUES.fullmatch(part) else part.translate(_ACCENTS) for part in _VALUES.split(source)]
    return f"{BEGIN}{''.join(parts)}{'~' * (len(source) // 3)}{END}"


class Catalogue(gettext.NullTranslations):
    """What gettext asks."""

    def gettext(self, message: str) -> str:
        return text(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return text(msgid1 if n == 1 else msgid2)
