"""Service pages: a fragment from a template, put into the portal's own shell, so that every page looks one. Knows no Flask."""

from collections.abc import Mapping
from functools import lru_cache, partial
from gettext import NullTranslations
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, select_autoescape

from deflect_api import i18n
from deflect_api.config.support import Support
from deflect_api.web import frame

_MEGABYTES, _KILOBYTES, _BYTES = i18n.said("%(size)s MB"), i18n.said("%(size)s KB"), i18n.said("%(size)s B")
CONTENT, TITLE = "<!-- deflect:content -->", "<!-- deflect:title -->"


class Pages:
    """Renders templates in a language; `support` gives the team's time zone and names."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self._environment = lru_cache(maxsize=32)(self._make_environment)

    def fragment(self, template: str, language: str = "en", **values: Any) -> str:
        own = {"language": language, "tag": i18n.tag(language), "languages": i18n.named(), "support": self.support}
        return self._environment(language).get_template(template).render(values, **own)

    def whole(self, shell: str, title: str, fragment: str, language: str = "en") -> str:
        """Put a fragment into the portal's shell, with the words of the suggestion element where it needs others than its own."""
        full_title = f"{escape(title)} - {escape(self.support.portal.title)}"
        if language != i18n.SOURCE_LANGUAGE and 'id="help-strings"' not in fragment:
            fragment += self.fragment("suggest_words.html", language)
        return frame.spoken(shell, language).replace(TITLE, full_title).replace(CONTENT, fragment, 1)

    def when(self, moment: Any, language: str = "en") -> str:
        """Say a time in the team's zone, such as "Tuesday 24 November, 16:00"."""
        local = moment.astimezone(ZoneInfo(self.support.calendar.timezone))
        return i18n.moment(local, language)

    def soon(self, moment: Any, language: str = "en") -> str:
        """Say a time of these days briefly, such as "Tue 24 Nov, 16:00"."""
        local = moment.astimezone(ZoneInfo(self.support.calendar.timezone))
        return format_datetime(local, "EEE d MMM, HH:mm", locale=i18n.spelling(language))

    def _make_environment(self, language: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("deflect_api.web"),
            autoescape=select_autoescape(["html"]),
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue = i18n.translations(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.globals["counted"] = partial(counted, catalogue, language)
        environment.filters["bytes"] = partial(size_in_words, language=language)
        environment.filters["soon"] = lambda moment: self.soon(moment, language)
        environment.filters["pairs"] = lambda words: [(word, word) for word in words]
        environment.filters["when"] = lambda moment: self.when(moment, language)
        return environment


def size_in_words(size: int, language: str = i18n.SOURCE_LANGUAGE) -> str:
    """Say a number of bytes as people do: "4.2 MB"."""
    for told, one in ((_MEGABYTES, 1_000_000), (_KILOBYTES, 1000), (_BYTES, 1)):
        if size >= one or one == 1:
            number = format_decimal(round(size / one, 1), "0.#", locale=i18n.spelling(language))
            return i18n.say(i18n.said(told.msgid, size=number), language)
    return ""


def counted(catalogue: NullTranslations, language: str, one: str, many: str) -> dict[str, str]:
    """Say a text for each plural category that the language has, with {n} for the number, for a script to choose from."""
    forms = i18n.number_forms(language)
    return {category: catalogue.ngettext(one, many, number).replace("%(num)s", "{n}") for category, number in forms.items()}


def content_security_policy(scripts: tuple[str, ...] = (), styles: tuple[str, ...] = ()) -> str:
    """Return a policy that allows our own files and the named inline hashes, nothing else, and no framing."""
    sources: Mapping[str, str] = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *scripts)),
        "style-src": " ".join(("'self'", *styles)),
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())
