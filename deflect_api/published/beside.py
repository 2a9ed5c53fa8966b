"""Writes what stands beside the pages of a built site: offline copies, the feed of changes, robots.txt, sizes."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deflect_api.config import Settings
from deflect_api.published import feed, offline
from search.site import nav_places, read_site

_SIZE = re.compile(r"deflect:size:([\w/.-]+)")
_VERSION = "deflect:version"


def write(settings: Settings, site: Path, pages: Sequence[Mapping[str, Any]]) -> None:
    """Add the files, then say in the pages how large they are and which version each page is."""
    for product in settings.support.products:
        _offline(settings, site, product, [page for page in pages if page["product"] == product])
    title = settings.support.portal.title
    (site / "changes.xml").write_text(feed.feed(pages, title=title, site_url=settings.site_url), encoding="utf-8")
    (site / "robots.txt").write_text(feed.robots(settings.site_url), encoding="utf-8")
    for page in site.rglob("*.html"):
        _fill_in(site, page)


def _offline(settings: Settings, site: Path, product: str, pages: list[Mapping[str, Any]]) -> None:
    if not pages:
        return
    places = [path.lstrip("/") for path, _, _ in nav_places(read_site(settings.mkdocs).nav)]
    pages.sort(key=lambda page: places.index(page["path"]) if page["path"] in places else len(places))
    title = f"{settings.support.products[product].name}: {settings.support.portal.title}"
    if not offline.can_read(site, pages[0]["url"]):  # a theme that does not mark its articles
        return
    whole = offline.make(site, offline.Copy(title, pages, settings.site_url, pages[0]["language"]))
    target = site / offline.name_of(product)
    target.parent.mkdir(exist_ok=True)
    target.write_text(whole, encoding="utf-8")


def _fill_in(site: Path, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if _VERSION in text or _SIZE.search(text):
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        text = _SIZE.sub(lambda match: _size(site / match[1]), text.replace(_VERSION, version))
        page.write_text(text, encoding="utf-8")


def _size(file: Path) -> str:
    """The size in words; nothing for a file that was not made."""
    return f"{max(1, round(file.stat().st_size / 1000))} KB" if file.is_file() else ""
