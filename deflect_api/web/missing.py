"""An address that is not there: where it leads now, or else the articles that it seems to ask for."""

import re
from pathlib import PurePosixPath

from flask import Response

from deflect_api.errors import TooMany, Unavailable
from deflect_api.i18n import said
from deflect_api.web import answers, suggest
from deflect_api.web.parts import parts
from deflect_api.web.release import Release

MOST_WORDS, SHOWN = 12, 5
PAGES = ("", ".html", ".htm", ".md", ".php")


def moved_to(release: Release, path: str) -> str | None:
    """Where the page of this address stands now: redirects, then slips such as a missing slash, .html or capitals."""
    forms = (path, f"{path}/", f"{path.removesuffix('index.html')}", f"{path.removesuffix('.html')}/", path.rstrip("/") + ".html")
    for form in (*forms, *(form.lower() for form in forms)):
        if form in release.redirects:
            return release.redirects[form]
        if form != path and release.file(form):
            return form
    return None


def looks_like_a_page(path: str) -> bool:
    return PurePosixPath(path).suffix in PAGES


def page(path: str) -> Response:
    """Say that the page is not here, with what the words of its address find."""
    words = words_of(path)
    first = path.partition("/")[0]
    product = first if first in parts().settings.support.products else ""
    try:
        suggest.check_pace()
        found = suggest.find(words, product, answers.language(), SHOWN) if words else []
    except (Unavailable, TooMany):  # the page is no less gone
        found = []
    return answers.page(said("Page not found"), "missing.html", 404, text=words, product=product, suggestions=found)


def words_of(path: str) -> str:
    """The words of an address, as a person would have typed them: the last part tells most."""
    stem = re.sub(r"\.(html?|md|php)$", "", path.rstrip("/"))
    parts_of_it = [part for part in stem.split("/") if part and part != "index"]
    tail = parts_of_it[1:] or parts_of_it
    return " ".join(re.findall(r"[^\W_]+", " ".join(tail))[:MOST_WORDS])
