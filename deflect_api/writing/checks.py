"""Are the docs fit to publish? The rules of search.lint, as support.yml sets them. It reads sources alone."""

import tempfile
from collections.abc import Collection
from datetime import date
from pathlib import Path

from deflect_api.config import Settings
from deflect_api.errors import ConfigError
from deflect_api.history import at_revision
from deflect_api.writing import start
from search import DocsError
from search.lint import Finding, House, Style, lint, paths
from search.site import read_site


def check(settings: Settings, today: date, *, before: Collection[str] = ()) -> list[Finding]:
    """Everything in the docs that is not fit to publish; `before` are pages that were published once. Raises ConfigError."""
    support, rules = settings.support, settings.support.lint
    hidden = support.portal.exclude
    house = House(products=tuple(support.products), hidden=hidden, hints=start.hints()) if rules.house else None
    style = Style(grade=rules.grade, strict=rules.house, off=rules.skip)
    try:
        return lint(settings.mkdocs, house=house, style_of=style, before=before, today=today)
    except DocsError as error:
        raise ConfigError(str(error)) from error


def pages_at(settings: Settings, revision: str) -> list[str]:
    """The pages that there were at a git revision. Raises ConfigError."""
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        mkdocs = at_revision(settings.mkdocs, revision, Path(folder))
        try:
            return paths(mkdocs)
        except DocsError as error:
            raise ConfigError(str(error)) from error


def docs_prefix(settings: Settings) -> str:
    """The docs folder as it stands in the repository, to put before the file of a finding."""
    site = read_site(settings.mkdocs)
    folder = site.docs_dir.resolve()
    root = next((above for above in folder.parents if (above / ".git").exists()), settings.mkdocs.parent.resolve())
    return f"{folder.relative_to(root).as_posix()}/" if folder.is_relative_to(root) else ""


def docs_folder(settings: Settings) -> Path:
    """Where the site's pages are. Raises ConfigError."""
    try:
        return read_site(settings.mkdocs).docs_dir
    except DocsError as error:
        raise ConfigError(str(error)) from error
