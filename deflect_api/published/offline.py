"""A product's articles as one file: no network, no server, and a search of its own that runs from a memory card.

It is made from the pages as they were built, so it says what they say. Pictures are inside it; nothing is fetched."""

import base64
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote, urlsplit

_ARTICLE = re.compile(r"<article\b[^>]*\bdata-article\b[^>]*>(.*?)</article>", re.S)
_PERMALINK = re.compile(r'<a class="headerlink"[^>]*>.*?</a>', re.S)
_H1 = re.compile(r"<h1\b[^>]*>.*?</h1>", re.S)
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")')
_SRC = re.compile(r'(<img\b[^>]*?\bsrc=")([^"]*)(")')
_ID = re.compile(r'(\sid=")([^"]+)(")')


@dataclass(frozen=True)
class Copy:
    """One file to make: which pages, in which order, under which name."""

    title: str
    pages: Sequence[Mapping[str, Any]]
    site_url: str
    language: str = "en"


def name_of(product: str) -> str:
    return f"offline/{product}.html"


def can_read(site: Path, url: str) -> bool:
    """Does the site's theme mark the text of its articles?"""
    file = _file(site, url)
    return file.is_file() and bool(_ARTICLE.search(file.read_text(encoding="utf-8")))


def _file(site: Path, url: str) -> Path:
    return site / (unquote(url) + "index.html" if url.endswith("/") or not url else unquote(url))


def make(site: Path, copy: Copy) -> str:
    """The whole file. Links between its pages stay inside; all others go to the portal."""
    inside = {page["url"] for page in copy.pages}
    articles = [_article(site, page, inside, copy.site_url) for page in copy.pages]
    shell = files("deflect_api.published").joinpath("offline.html").read_text("utf-8")
    newest = max((page["changed"][:10] or page["reviewed"] for page in copy.pages), default="")
    values = {
        "title": escape(copy.title),
        "language": escape(copy.language),
        "url": escape(copy.site_url),
        "newest": escape(newest),
    }
    for name, value in values.items():
        shell = shell.replace(f"[[{name}]]", value)
    return shell.replace("[[articles]]", "\n".join(articles))


def _article(site: Path, page: Mapping[str, Any], inside: set[str], site_url: str) -> str:
    url = page["url"]
    found = _ARTICLE.search(_file(site, url).read_text(encoding="utf-8"))
    html = _H1.sub("", _PERMALINK.sub("", found[1] if found else ""), count=1)
    html = _ID.sub(lambda match: f"{match[1]}{anchor(url, match[2])}{match[3]}", html)
    html = _HREF.sub(lambda match: f"{match[1]}{_link(match[2], url, inside, site_url)}{match[3]}", html)
    html = _SRC.sub(lambda match: f"{match[1]}{_picture(match[2], url, site)}{match[3]}", html)
    head = f'<details class="page" id="{anchor(url)}"><summary><h2>{escape(page["title"])}</h2></summary>'
    return f"{head}\n{html.strip()}\n</details>"


def anchor(url: str, part: str = "") -> str:
    """Where a page, or a part of it, stands inside the file."""
    page = re.sub(r"[^a-z0-9]+", "-", url.lower()).strip("-") or "home"
    return f"{page}--{part}" if part else page


def _link(href: str, url: str, inside: set[str], site_url: str) -> str:
    split = urlsplit(href)
    if split.scheme or split.netloc:
        return href
    target = _resolved(url, split.path) if split.path else url
    if target in inside:
        return f"#{anchor(target, split.fragment)}"
    return site_url + target + (f"?{split.query}" if split.query else "") + (f"#{split.fragment}" if split.fragment else "")


def _resolved(url: str, path: str) -> str:
    if path.startswith("/"):
        return path.lstrip("/")
    joined = normpath(join(url if url.endswith("/") else dirname(url), path)).lstrip("./")
    return f"{joined}/" if path.endswith(("/", "..", ".")) and joined else joined


def _picture(source: str, url: str, site: Path) -> str:
    split = urlsplit(source)
    file = site / unquote(_resolved(url, split.path))
    if split.scheme or not file.is_file():
        return source
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
