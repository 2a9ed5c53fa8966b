"""Fifteen articles that people need most, five of each product: every question of theirs brings them among the first three."""

from pathlib import Path

import pytest

from search import Article, Engine, build_index, read_docs

ROOT = Path(__file__).parents[2]
MOST_NEEDED = [
    "flow/log-in/",
    "flow/install-the-app/",
    "flow/set-up-the-app/",
    "flow/form-not-in-app/",
    "flow/data-not-on-dashboard/",
    "rsr/create-an-account/",
    "rsr/sign-in-and-find-projects/",
    "rsr/create-a-project/",
    "rsr/publish-a-project/",
    "rsr/report-a-value/",
    "lumen/accept-your-invitation/",
    "lumen/import-a-flow-form/",
    "lumen/import-a-csv-file/",
    "lumen/refresh-a-dataset/",
    "lumen/share-a-dashboard/",
]


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    found = read_docs(ROOT / "mkdocs.yml", products=("flow", "rsr", "lumen"), exclude=("team/",))
    return {article.url: article for article in found}


@pytest.fixture(scope="module")
def engine(articles: dict[str, Article], tmp_path_factory: pytest.TempPathFactory) -> Engine:
    root = tmp_path_factory.mktemp("index")
    build_index((section for article in articles.values() for section in article.sections), root)
    return Engine(root)


@pytest.mark.parametrize("url", MOST_NEEDED)
def test_every_question_brings_its_article(url: str, articles: dict[str, Article], engine: Engine) -> None:
    article = articles[url]
    assert len(article.questions) >= 2
    for question in article.questions:
        shown = [found.article for found in engine.suggest(question, product=article.product, limit=3)]
        assert url in shown, f"{question!r} shows {shown}"
