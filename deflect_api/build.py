"""Build a release: portal and search index together, beside the live one, then switched in by one link.

The same sources give the same digest, and then there is nothing to do.
"""

import base64
import gzip
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from deflect_api import history
from deflect_api.config import Settings
from deflect_api.errors import ConfigError
from deflect_api.published import beside, known, switching
from deflect_api.web.pages import Pages
from deflect_api.web.requests import form
from search import Article, DocsError, build_index, labels, read_docs, read_synonyms, shortlist
from search.moved import FILE as REDIRECTS
from search.site import read_site

PLAIN_SHELL = Path(str(files("deflect_api.published") / "shell.html"))
STATIC = Path(str(files("deflect_api.web") / "static"))
OURS = ("help.css", "suggest.js", "request.js", "line.js", "files.js", "work.js", "coach.js", "fallback.js")
SHORT_LIST, EMPTY_LIST = "fallback.js", "const LIST = [];"
ZIPPED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".map"}
_INLINE = re.compile(rb"<(script|style)\b([^>]*)>(.*?)</\1>", re.S | re.I)
_HASHED_NAME = re.compile(r"\.[0-9a-f]{8}\.")


def build(settings: Settings, changed: Mapping[str, str] | None = None) -> tuple[Path, bool]:
    """Return the live release's folder and whether it had to be built. Raises ConfigError that says what to mend.

    `changed` says when each page was changed last, by its path below docs_dir; by default git is asked."""
    root = settings.home / "releases"
    root.mkdir(parents=True, exist_ok=True)
    if changed is None:
        changed = history.changed_on(_docs_folder(settings.mkdocs))
    digest = sources_digest(settings, changed)
    target = root / digest[:20]
    with switching.alone(root):
        fresh = not (target / "manifest.json").is_file()
        if fresh:
            _build_into(settings, target, digest, changed)
        if (settings.home / "current").resolve() != target:
            switching.switch(settings.home, target)
        switching.remove_old(settings.home, target)
    return target, fresh


def sources_digest(settings: Settings, changed: Mapping[str, str]) -> str:
    """Digest everything a release is made from: articles, theme, settings, templates and the generators' versions.

    Where the sources stand does not matter, so the same commit makes the same release wherever it is checked out."""
    folder, ours = settings.mkdocs.parent, STATIC.parent
    whole = hashlib.sha256(settings.site_url.encode() + json.dumps(sorted(changed.items())).encode())
    for name in ("deflect", "mkdocs", "mkdocs-material", "markdown", "numpy", "whoosh-reloaded"):
        whole.update(f"{name} {version(name)}\n".encode())
    site = [folder / "docs", folder / "overrides", _docs_folder(settings.mkdocs), settings.mkdocs, folder / REDIRECTS]
    for base, places in ((folder, site), (ours, [STATIC, ours / "templates"]), (settings.config.parent, [settings.config])):
        for path in _source_files(places):
            placed = path.relative_to(base) if path.is_relative_to(base) else path
            whole.update(f"{placed}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _source_files(places: list[Path]) -> list[Path]:
    found = {file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()}
    return sorted(file for file in found if "__pycache__" not in file.parts)


def _docs_folder(mkdocs_yml: Path) -> Path:
    try:
        return read_site(mkdocs_yml).docs_dir
    except DocsError as error:
        raise ConfigError(str(error)) from error


def _build_into(settings: Settings, target: Path, digest: str, changed: Mapping[str, str]) -> None:
    draft = target.parent / f".building-{secrets.token_hex(4)}"
    try:
        _build_site(settings, draft / "site", changed)
        pages, redirects = _known(settings, changed)
        articles = _index(settings, draft / "index")
        beside.write(settings, draft / "site", pages)
        found = {"pages": pages, "redirects": redirects, "known_issues": known_issues(articles)}
        manifest = {"digest": digest, "files": _finish_site(settings, draft / "site", articles), **found}
        (draft / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        os.sync()  # every file of the release is on disk before any reader is sent to it
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _known(settings: Settings, changed: Mapping[str, str]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    products, exclude = tuple(settings.support.products), settings.support.portal.exclude
    try:
        pages = known.pages(settings.mkdocs, products=products, exclude=exclude, changed=changed)
        return pages, known.redirects(settings.mkdocs)
    except DocsError as error:
        raise ConfigError(str(error)) from error


def _build_site(settings: Settings, site: Path, changed: Mapping[str, str]) -> None:
    try:
        # Imported here: the service runs without MkDocs, and a start with nothing to build should not wait for it.
        from mkdocs.commands.build import build as mkdocs_build  # noqa: PLC0415
        from mkdocs.config import load_config  # noqa: PLC0415
        from mkdocs.exceptions import Abort, ConfigurationError, MkDocsException  # noqa: PLC0415
    except ImportError:
        raise ConfigError("Building the portal needs MkDocs. Install it with: pip install 'deflect[docs]'.") from None
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    try:
        made = load_config(str(settings.mkdocs), site_dir=str(site), site_url=settings.site_url, strict=True)
        made["extra"]["changed"] = {path: date.fromisoformat(when[:10]) for path, when in changed.items()}
        if settings.support.portal.edit:
            made["edit_uri_template"] = settings.support.portal.edit
        mkdocs_build(made)
    except (Abort, ConfigurationError, MkDocsException) as error:
        raise ConfigError(f"MkDocs could not build the portal. What it said stands above. {error}".strip()) from error


def known_issues(articles: list[Article]) -> list[dict[str, str]]:
    """List the articles whose front matter marks them as a known issue, with what it says: open or fixed."""
    marked = [article for article in articles if article.meta.get("known_issue")]
    return [
        {"article": one.url, "title": one.title, "product": one.product, "state": str(one.meta["known_issue"])} for one in marked
    ]


def _index(settings: Settings, root: Path) -> list[Article]:
    portal, live = settings.support.portal, settings.home / "current" / "index"
    try:
        articles = read_docs(settings.mkdocs, products=tuple(settings.support.products), exclude=portal.exclude)
        synonyms = read_synonyms(settings.mkdocs, products=tuple(settings.support.products))
        build_index((section for article in articles for section in article.sections), root, synonyms=synonyms, before=live)
        return articles
    except DocsError as error:
        raise ConfigError(str(error)) from error


def _finish_site(settings: Settings, site: Path, articles: list[Article]) -> dict[str, dict[str, Any]]:
    """Add our assets under hashed names, the contact page, zipped twins and the list of what is served."""
    names = _add_assets(site, shortlist.as_json(shortlist.entries(articles, _messages(settings))))
    if not (site / "shell.html").is_file():  # another theme: service pages then have a plain frame
        shutil.copyfile(PLAIN_SHELL, site / "shell.html")
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        _rewrite(page, names)
    _write_contact(settings, site)
    return {path.relative_to(site).as_posix(): _facts(path) for path in _served(site)}


def _served(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*")) if path.is_file() and path.suffix != ".gz"]


def _messages(settings: Settings) -> dict[str, list[str]]:
    """What each product says, from its labels.yml where there is one."""
    folder, products = _docs_folder(settings.mkdocs), settings.support.products
    books = {name: labels.read_book(folder, f"{name}/{labels.FILE}") for name in products}
    return {name: [quote.text for quote in book.quotes if quote.kind == "messages"] for name, book in books.items()}


def _add_assets(site: Path, listed: str) -> dict[str, str]:
    names = {}
    (site / "assets").mkdir(exist_ok=True)
    for name in OURS:
        text = slim(name, (STATIC / name).read_text(encoding="utf-8"))
        content = (text.replace(EMPTY_LIST, f"const LIST = {listed};", 1) if name == SHORT_LIST else text).encode()
        stem, dot, ending = name.rpartition(".")
        names[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:8]}{dot}{ending}"
        (site / "assets" / names[name]).write_bytes(content)
    return names


def slim(name: str, text: str) -> str:
    """Take indentation, blank lines and whole-line comments out of our own style and scripts.

    It knows no language: our scripts hold no text of several lines, and a test says so.
    """
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    lines = [line.strip() for line in text.splitlines()]
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def _rewrite(page: Path, names: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    for name, hashed in names.items():
        text = text.replace(f'assets/{name}"', f'assets/{hashed}"')
    page.write_text(text, encoding="utf-8")


def _write_contact(settings: Settings, site: Path) -> None:
    shell, target = site / "shell.html", site / "support" / "contact" / "index.html"
    pages = Pages(settings.support)
    fragment = pages.fragment("contact.html", form=form.blank(settings.support))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(pages.whole(shell.read_text(encoding="utf-8"), form.TITLE, fragment), encoding="utf-8")


def _facts(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    facts: dict[str, Any] = {"sha256": hashlib.sha256(content).hexdigest()}
    if path.suffix in ZIPPED and len(content) > 500:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
        facts["zipped"] = True
    if _HASHED_NAME.search(path.name):
        facts["immutable"] = True
    if path.suffix == ".html":
        facts.update(inline_hashes(content))
    return facts


def inline_hashes(html: bytes) -> dict[str, list[str]]:
    """List the CSP hashes of a page's inline scripts and styles (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    found: dict[str, set[str]] = {"scripts": set(), "styles": set()}
    for tag, attributes, content in _INLINE.findall(html):
        is_style = tag.lower() == b"style"
        if is_style or not re.search(rb"\bsrc=|application/(ld\+)?json", attributes):
            digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
            found["styles" if is_style else "scripts"].add(f"'sha256-{digest}'")
    return {kind: sorted(hashes) for kind, hashes in found.items() if hashes}
