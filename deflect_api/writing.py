"""What the writers' commands do: check the docs, and ask the search the articles' own questions, now or at a git revision.

It reads sources alone: no release, no database, no network.
"""

import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from deflect_api.config import Settings
from deflect_api.errors import ConfigError
from search import Article, DocsError, Engine, build_index, read_docs
from search.lint import Finding, House, lint
from search.quality import Comparison, Report, compare, judge, questions_of

_DOCS = re.compile(r"^docs_dir:\s*[\"']?([^\"'#\n]+)", re.M)


@dataclass(frozen=True)
class Asked:
    """The figures over the questions of so many articles."""

    articles: int
    report: Report


def check(settings: Settings, today: date) -> list[Finding]:
    """Everything in the docs that is not fit to publish. Raises ConfigError."""
    support = settings.support
    house = House(products=tuple(support.products), hidden=support.portal.exclude, today=today)
    try:
        return lint(settings.mkdocs, house=house)
    except DocsError as error:
        raise ConfigError(str(error)) from error


def ask(settings: Settings, mkdocs: Path | None = None, *, typed: bool = False) -> Asked:
    """Ask all questions of the articles, each as its product, of an index made for this. Raises ConfigError."""
    articles = _articles(settings, mkdocs or settings.mkdocs)
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        build_index((section for article in articles for section in article.sections), Path(folder))
        return Asked(len(articles), judge(Engine(Path(folder)), questions_of(articles), typed=typed))


def against(settings: Settings, now: Report, revision: str) -> Comparison:
    """What has been gained and lost since a git revision, over the questions asked both times. Raises ConfigError."""
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        before = ask(settings, at_revision(settings.mkdocs, revision, Path(folder)))
    return compare(before.report, now)


def at_revision(mkdocs: Path, revision: str, target: Path) -> Path:
    """Put the site's sources of a git revision into `target` and return its mkdocs file there. Raises ConfigError."""
    folder = mkdocs.parent
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    settings = _git(folder, "show", f"{commit}:./{mkdocs.name}").decode("utf-8", "replace")
    named = _DOCS.search(settings)
    docs = named[1].strip() if named else "docs"
    packed = _git(folder, "archive", "--format=tar", commit, "--", mkdocs.name, docs)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(target, filter="data")
    return target / mkdocs.name


def _articles(settings: Settings, mkdocs: Path) -> list[Article]:
    try:
        return read_docs(mkdocs, products=tuple(settings.support.products), exclude=settings.support.portal.exclude)
    except DocsError as error:
        raise ConfigError(str(error)) from error


def _git(folder: Path, *words: str) -> bytes:
    try:
        # No shell, and the one word that a person gives is told apart from options by --end-of-options.
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise ConfigError("git is not installed, so no revision can be read. Install it, or leave out --base.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or "it knows no such revision"
        raise ConfigError(
            f"git cannot read {words[-1]} in {folder}: {said}. Name a branch, a tag or a commit of this repository."
        )
    return done.stdout
