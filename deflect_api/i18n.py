"""Words in the reader's language: gettext catalogues, compiled in memory from their .po files when first asked for."""

import gettext
import io
from functools import cache
from importlib.resources import files

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"
_FOLDER = files("deflect_api") / "locale"


@cache
def languages() -> tuple[str, ...]:
    """List the languages that pages and mails can be read in, the source language first."""
    found = sorted(entry.name for entry in _FOLDER.iterdir() if entry.is_dir()) if _FOLDER.is_dir() else []
    return (SOURCE_LANGUAGE, *(name for name in found if name != SOURCE_LANGUAGE))


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of `language`; one without a catalogue reads in the source language."""
    source = _FOLDER / language / "LC_MESSAGES" / "deflect.po"
    if language not in languages() or not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes())))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(*wishes: str) -> str:
    """Pick the first wished language that we have ("fr-CA" finds "fr"), else the source language."""
    wished = [wish.replace("-", "_") for wish in wishes if wish]
    return negotiate_locale(wished, languages(), sep="_") or SOURCE_LANGUAGE
