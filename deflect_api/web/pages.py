"""Service pages: a fragment from a template, put into the portal's own shell, so that every page looks one. Knows no Flask."""

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, PackageLoader, select_autoescape

from deflect_api import i18n
from deflect_api.config.support import Support

CONTENT, TITLE = "<!-- deflect:content -->", "<!-- deflect:title -->"


class Pages:
    """Renders templates in a language; `support` gives the team's time zone and names."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self._environment = lru_cache(maxsize=32)(self._make_environment)

    def fragment(self, template: str, language: str = "en", **values: Any) -> str:
        return self._environment(language).get_template(template).render(values, language=language, support=self.support)

    def whole(self, shell: str, title: str, fragment: str, language: str = "en") -> str:
        """Put a fragment into the portal's shell."""
        full_title = f"{escape(title)} - {escape(self.support.portal.title)}"
        page = shell.replace('<html lang="en"', f'<html lang="{escape(language)}"', 1)
        return page.replace(TITLE, full_title).replace(CONTENT, fragment, 1)

    def when(self, moment: Any, language: str = "en") -> str:
        """Say a time in the team's zone, such as "Tuesday 24 November, 16:00"."""
        local = moment.astimezone(ZoneInfo(self.support.calendar.timezone))
        return format_datetime(local, "EEEE d MMMM, HH:mm", locale=i18n.choose(language))

    def soon(self, moment: Any, language: str = "en") -> str:
        """Say a time of these days briefly, such as "Tue 24 Nov, 16:00"."""
        local = moment.astimezone(ZoneInfo(self.support.calendar.timezone))
        return format_datetime(local, "EEE d MMM, HH:mm", locale=i18n.choose(language))

    def _make_environment(self, language: str) -> Environment:
        environment = Environment(
            loader=PackageLoader("deflect_api.web"),
            autoescape=select_autoescape(["html"]),
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(i18n.translations(language), newstyle=True)  # type: ignore[attr-defined]
        environment.filters["bytes"] = size_in_words
        environment.filters["soon"] = lambda moment: self.soon(moment, language)
        environment.filters["pairs"] = lambda words: [(word, word) for word in words]
        environment.filters["when"] = lambda moment: self.when(moment, language)
        return environment


def size_in_words(size: int) -> str:
    """Say a number of bytes as people do: "4.2 MB"."""
    for unit, one in (("MB", 1_000_000), ("KB", 1000)):
        if size >= one:
            return f"{size / one:.1f} {unit}".replace(".0 ", " ")
    return f"{size} B"


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
