"""The portal's frame around service pages, in the reader's language. MkDocs builds it once, in the source language.

Texts and labels of the frame that the catalogues know are replaced; all else stays as it is.
"""

import re
from functools import lru_cache
from html import escape, unescape

from deflect_api import i18n
from deflect_api.i18n import said, say

# As they stand in overrides/ and mkdocs.yml, which must not depend on this service.
TEXTS = {
    str(text): text
    for text in (
        said("Guides and answers for Akvo Flow, RSR and Lumen, and a way to ask for help."),
        said("Skip to the content"),
        said("Products"),
        said("Ask for help"),
        said("Menu"),
        said("How support works"),
        said("Search all guides"),
        said("Search"),
        said("Footer"),
        said("What changed in Akvo help"),
        said("For the team"),
        said("What you type here stays between you and our support team. These pages load nothing from third parties."),
        said("Colours follow your device. Switch to light"),
        said("Light colours. Switch to dark"),
        said("Dark colours. Switch to what your device uses"),
    )
}
_TEXT = re.compile(r'(?<=>)([^<>]+)(?=<)|(?<=\s)((?:aria-label|placeholder|title|content)=")([^"]+)(?=")')


@lru_cache(maxsize=16)  # one shell a release, and its languages
def spoken(shell: str, language: str) -> str:
    """Return the shell in a language."""
    if language == i18n.SOURCE_LANGUAGE:
        return shell
    translated = _TEXT.sub(lambda found: (found[2] or "") + _spoken(found[1] or found[3], language), shell)
    return translated.replace('<html lang="en"', f'<html lang="{escape(i18n.tag(language))}"', 1)


def _spoken(text: str, language: str) -> str:
    known = TEXTS.get(unescape(text).strip())
    if known is None:
        return text
    return text.replace(text.strip(), escape(say(known, language)))
