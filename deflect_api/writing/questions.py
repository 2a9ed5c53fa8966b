"""Do questions find their articles, now or at a git revision? It makes indexes of its own, and needs no release."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from deflect_api.config import Settings
from deflect_api.errors import ConfigError
from deflect_api.history import at_revision
from search import Article, DocsError, Engine, build_index, read_docs, read_synonyms
from search.explain import Explained, explain
from search.quality import Comparison, Question, Report, Theft, compare, judge, questions_of, thefts

FIELDS = ("title", "heading", "text", "keywords", "description")


@dataclass(frozen=True)
class Asked:
    """The figures over the questions of so many articles, and of so many real requests."""

    articles: int
    golden: int
    report: Report
    thefts: tuple[Theft, ...] = ()


def ask(settings: Settings, revision: str = "", *, typed: bool = False, steal: bool = False) -> Asked:
    """Ask all questions, each as its product, of the files as they are or of a git revision. Raises ConfigError.

    `typed` asks them as they grow, too; `steal` looks for keywords that take another article's questions."""
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        mkdocs = at_revision(settings.mkdocs, revision, Path(folder)) if revision else settings.mkdocs
        return _judged(settings, _articles(settings, mkdocs), typed=typed, steal=steal)


def against(settings: Settings, now: Report, revision: str) -> Comparison:
    """What has been gained, lost and moved since a revision, over the questions asked both times. Raises ConfigError."""
    return compare(ask(settings, revision).report, now)


def _judged(settings: Settings, articles: list[Article], *, typed: bool, steal: bool) -> Asked:
    golden = read_golden(settings, articles)
    with _engine(settings, articles) as engine:
        report = judge(engine, [*questions_of(articles), *golden], typed=typed)
        if not steal:
            return Asked(len(articles), len(golden), report)
        with _engine(settings, articles, without="keywords") as plain:
            return Asked(len(articles), len(golden), report, tuple(thefts(report, engine, plain)))


def why(
    settings: Settings, text: str, *, product: str = "", limit: int = 3, needed: Mapping[str, float] | None = None
) -> list[Explained]:
    """Explain the suggestions for a text: by its words, by the articles' fields and, where given, by how much each is needed.

    Raises ConfigError."""
    articles = _articles(settings, settings.mkdocs)
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        without = {name: _made(settings, articles, Path(folder, name), without=name) for name in FIELDS}
        whole = _made(settings, articles, Path(folder, "whole"))
        return explain(whole, text, product=product or None, limit=limit, without=without, needed=needed)


def read_golden(settings: Settings, articles: list[Article]) -> list[Question]:
    """Real requests, scrubbed, and the articles that answer them, from the file that support.yml names. Raises ConfigError."""
    if not settings.support.quality.golden:
        return []
    path = settings.mkdocs.parent / settings.support.quality.golden
    try:
        listed = yaml.safe_load(path.read_text("utf-8-sig")) or []
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the golden file cannot be read: {error}") from None
    known = {article.path: article for article in articles}
    return [_golden(path, number, entry, known) for number, entry in enumerate(listed, 1)]


def _golden(path: Path, number: int, entry: Any, known: dict[str, Article]) -> Question:
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str) or entry.get("article") not in known:
        raise ConfigError(
            f"{path}: entry {number} should be {{text: …, article: path below docs/}}, and the article should exist."
        )
    article = known[entry["article"]]
    return Question(entry["text"], article.url, article.product or None)


def _articles(settings: Settings, mkdocs: Path) -> list[Article]:
    try:
        return read_docs(mkdocs, products=tuple(settings.support.products), exclude=settings.support.portal.exclude)
    except DocsError as error:
        raise ConfigError(str(error)) from error


@contextmanager
def _engine(settings: Settings, articles: list[Article], *, without: str = "") -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="deflect-") as folder:
        yield _made(settings, articles, Path(folder), without=without)


def _made(settings: Settings, articles: list[Article], root: Path, *, without: str = "") -> Engine:
    sections = (section for article in articles for section in article.sections)
    blank: dict[str, Any] = {without: () if without == "keywords" else ""} if without else {}
    synonyms = read_synonyms(settings.mkdocs, products=tuple(settings.support.products))
    build_index((replace(section, **blank) for section in sections), root, synonyms=synonyms)
    return Engine(root)
