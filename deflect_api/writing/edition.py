"""The writer's edition: what a change of a page makes of a release that is built, without building it anew.

First the index, so that suggestions follow within a second; then the text of the page. A whole build comes after a pause."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import dirname, normpath
from typing import Any
from urllib.parse import quote, urlsplit

from deflect_api import build
from deflect_api.config import Settings
from deflect_api.published import switching
from search import build_index, frontmatter, read_docs
from search.sections import Memory, read_markdown, render
from search.site import MARKDOWN_SUFFIXES, Site, page_url, read_site

_ARTICLE = re.compile(r"(<article\b[^>]*\bdata-article\b[^>]*>).*?(</article>)", re.S)
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")')


def reindex(settings: Settings, memory: Memory) -> None:
    """Bring the index of the live release up to date with the sources. Raises DocsError."""
    support = settings.support
    articles = read_docs(settings.mkdocs, products=tuple(support.products), exclude=support.portal.exclude, memory=memory)
    build_index((section for article in articles for section in article.sections), settings.home / "current" / "index")


def rewrite(settings: Settings, changed: Collection[str]) -> Path:
    """Switch to a copy of the live release in which these pages have their new text."""
    live = (settings.home / "current").resolve()
    mark = hashlib.sha256(live.name.encode() + b"".join(_source(settings, path) for path in sorted(changed))).hexdigest()[:12]
    target = live.with_name(f"edition-{mark}")
    if target != live:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(live, target, copy_function=os.link)
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        manifest["digest"] = mark
        site = read_site(settings.mkdocs)
        for path in changed:
            _rewrite_page(site, target, path, manifest)
        _replace(target / "manifest.json", json.dumps(manifest))
        switching.switch(settings.home, target)
        switching.remove_old(settings.home, target)
    return target


def _source(settings: Settings, path: str) -> bytes:
    return (read_site(settings.mkdocs).docs_dir / path).read_bytes()


def _rewrite_page(site: Site, release: Path, path: str, manifest: dict[str, Any]) -> None:
    url = page_url(site, path)
    name = f"{url}index.html" if url.endswith("/") or not url else url
    file = release / "site" / name
    if not file.is_file():
        return
    meta, source = frontmatter.split(read_markdown(site.docs_dir / path))
    html, has_title = render(site, path, source)
    title = "" if has_title else f"<h1>{escape(str(meta.get('title') or ''))}</h1>\n"
    inner = title + _HREF.sub(lambda match: f"{match[1]}{_published(site, path, match[2])}{match[3]}", html)
    whole = _ARTICLE.sub(lambda match: match[1] + inner + match[2], file.read_text(encoding="utf-8"), count=1)
    _replace(file, whole)
    file.with_name(file.name + ".gz").unlink(missing_ok=True)
    manifest["files"][name] = {"sha256": hashlib.sha256(whole.encode()).hexdigest(), **build.inline_hashes(whole.encode())}


def _published(site: Site, path: str, href: str) -> str:
    """A link to a source file as the link to its page, from the root of the portal."""
    split = urlsplit(href)
    if split.scheme or split.netloc or not split.path.endswith(MARKDOWN_SUFFIXES):
        return href
    target = normpath(str(PurePosixPath(dirname(path)) / split.path))
    return f"/{page_url(site, target)}" + (f"#{quote(split.fragment)}" if split.fragment else "")


def _replace(file: Path, text: str) -> None:
    """Write beside and rename: the other release has a link to the same bytes."""
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
