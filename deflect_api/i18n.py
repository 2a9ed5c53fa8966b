"""Words in the reader's language: gettext catalogues, compiled in memory from their .po files when first asked for.

A text that is made far from any reader remembers how it was made (`said`), and is put into a language where it is shown (`say`).
"""

import gettext
import io
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel.core import Locale, negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from deflect_api import pseudo

SOURCE_LANGUAGE = "en"
BRITISH = "en_GB"  # what Babel calls the English of our texts
_FOLDER = files("deflect_api") / "locale"


class Said(str):
    """A text in the source language, with the message and the values that it was made from."""

    __slots__ = ("msgid", "number", "plural", "values")
    msgid: str
    plural: str
    number: int
    values: Mapping[str, Any]


class Words(str):
    """A text of support.yml in the source language, with what it is in the others."""

    __slots__ = ("others",)
    others: Mapping[str, str]


def said(msgid: str, /, **values: Any) -> Said:
    """Mark a text for the catalogues, and fill in its values: `said("At most %(n)s.", n=3)`."""
    made = Said(msgid % values if values else msgid)
    made.msgid, made.plural, made.number, made.values = msgid, "", 0, values
    return made


def saidn(one: str, many: str, num: int, /, **values: Any) -> Said:
    """Mark a text that depends on a number; `%(num)s` stands for it."""
    filled = {"num": num, **values}
    made = Said((one if num == 1 else many) % filled)
    made.msgid, made.plural, made.number, made.values = one, many, num, filled
    return made


def words(by_language: Mapping[str, str]) -> Words:
    """Make a text of support.yml from what it is in each language."""
    made = Words(by_language[SOURCE_LANGUAGE])
    made.others = {language: text for language, text in by_language.items() if language != SOURCE_LANGUAGE}
    return made


def say(text: str, language: str) -> str:
    """Return a text of ours in a language. What has no translation stays as it is."""
    if isinstance(text, Words):
        return pseudo.text(str(text)) if language == pseudo.LANGUAGE else text.others.get(language, str(text))
    if not isinstance(text, Said):
        return text
    catalogue = translations(language)
    found = catalogue.ngettext(text.msgid, text.plural, text.number) if text.plural else catalogue.gettext(text.msgid)
    return found % {name: say_all(value, language) for name, value in text.values.items()} if text.values else found


def say_all(value: Any, language: str) -> Any:
    """Put what is a text of ours, or a list of such, into a language."""
    if isinstance(value, str):
        return say(value, language)
    return [say_all(each, language) for each in value] if isinstance(value, list | tuple) else value


@cache
def languages() -> tuple[str, ...]:
    """List the languages that pages and mails can be read in, the source language first."""
    found = sorted(entry.name for entry in _FOLDER.iterdir() if entry.is_dir()) if _FOLDER.is_dir() else []
    return (SOURCE_LANGUAGE, *(name for name in found if name != SOURCE_LANGUAGE))


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of `language`; one without a catalogue reads in the source language."""
    if language == pseudo.LANGUAGE:
        return pseudo.Catalogue()
    source = _FOLDER / language / "LC_MESSAGES" / "deflect.po"
    if language not in languages() or not source.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes())))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(*wishes: str) -> str:
    """Pick the first wished language that we have ("fr-CA" finds "fr"), else the source language."""
    return known(*wishes) or SOURCE_LANGUAGE


def known(*wishes: str) -> str:
    """Pick the first wished language that we have, or "" when we have none of them."""
    have = {language.lower(): language for language in (*languages(), pseudo.LANGUAGE)}
    found = negotiate_locale([wish.replace("-", "_") for wish in wishes if wish], have.values(), sep="_")
    return have[found.lower()] if found else ""


def tag(language: str) -> str:
    """Name a language as HTML and HTTP do ("pt-BR")."""
    return language.replace("_", "-")


@cache
def named() -> tuple[tuple[str, str], ...]:
    """List the languages to choose from, each by its own name."""
    return tuple((language, str(Locale.parse(language).display_name).capitalize()) for language in languages())


def moment(local: datetime, language: str) -> str:
    """Say a day and a time as the language does: "Tuesday 24 November, 16:00"."""
    if language == pseudo.LANGUAGE:
        return pseudo.text(moment(local, SOURCE_LANGUAGE))
    # Other languages put their own words between the parts ("martes, 24 de noviembre de 2026"), so they get the whole date.
    day = format_date(local, "EEEE d MMMM" if language == SOURCE_LANGUAGE else "full", locale=language)
    return f"{day}, {local:%H:%M}"


def date(local: datetime, language: str) -> str:
    """Say a date in full: "24 November 2026"."""
    if language == pseudo.LANGUAGE:
        return pseudo.text(date(local, SOURCE_LANGUAGE))
    return format_date(local, "long", locale=BRITISH if language == SOURCE_LANGUAGE else language)


def spelling(language: str) -> str:
    """Name the language whose rules for numbers hold."""
    return SOURCE_LANGUAGE if language == pseudo.LANGUAGE else language


@cache
def number_forms(language: str) -> dict[str, int]:
    """Name each of the language's plural categories (CLDR) with a number that takes it; browsers know the same names."""
    rule = Locale.parse(spelling(language)).plural_form
    return {rule(number): number for number in (*range(1000, 1, -1), 0, 1)}
