"""The knowledge base as its readers need it: complete, in plain words, true to the product, and found by what people type.

What only the facts beside the repository can tell is skipped, and says so, where they are not there.
"""

import hashlib
import json
import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deflect_api import config, writing
from deflect_api.config import Settings
from search import Article, Engine, build_index, read_docs, reading
from search.frontmatter import split
from search.labels import Book, read_book
from search.sections import render
from search.site import nav_places, read_site
from tests.conftest import ROOT, SHARED

PRODUCTS = ("flow", "rsr", "lumen")
DOCS = ROOT / "docs"
MKDOCS = ROOT / "mkdocs.yml"
REPORTED = ROOT / "tests" / "search" / "reported_problems.yml"
PROBLEMS = SHARED / "relevance" / "akvo-reported-problems.jsonl"
FACTS = SHARED / "facts"
MOST_IN_A_MENU = 9
FORBIDDEN = re.compile(r"\b(simply|just|easy|easily|please|invalid|oops|obviously|note that)\b", re.I)
NOT_IN_THE_FACTS = {
    # From the same files as their neighbours in the facts, which give one of several alike.
    "Invalid longitude", "Invalid height", "Can't load video preview", "Project needs to have a subtitle.",
    "It is not possible to update the end period of this indicator, because it is linked to a parent result.",
    "It is not possible to update the indicator of this indicator period, because it is linked to a parent result.",
    "Password must contain N or more uppercase characters.", "Password must contain N or more lowercase characters.",
    "Password must contain N or more symbol characters.", "Save your visualisation before sharing",
    "Save your visualisation before exporting", "Cell as percentage of column", "Cell as percentage of table total",
    # From the products' public code; the facts do not have the subject.
    "There was an error when updating the app. You are not connected to the internet.", "Pre-fill Responses",
    "Error saving signature, please try again.", "No Scanner app installed on this device. Do you want to install one now?",
    # As users quoted them in public issues.
    "Column mismatch. Following columns are missed in new data version: ...", "null", "Failed to fetch dataset",
    "There is more than one column with this name: ...",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return config.load({"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(ROOT / "support.yml")})


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return read_docs(MKDOCS, products=PRODUCTS, exclude=("team/",))


@cache
def pages() -> list[reading.Read]:
    return reading.read_pages(MKDOCS, PRODUCTS)


def public_pages() -> list[Path]:
    return sorted(path for folder in (*PRODUCTS, "support") for path in (DOCS / folder).glob("*.md"))


@cache
def html_of(path: Path) -> str:
    _, text = split(path.read_text(encoding="utf-8"))
    return render(read_site(MKDOCS), path.relative_to(DOCS).as_posix(), text)[0]


def test_the_docs_are_fit_to_publish(settings: Settings) -> None:
    """Front matter, links, images, menu, labels: as `deflect lint` says."""
    wrong = [finding for finding in writing.check(settings, date(2026, 11, 23)) if not finding.minor]
    assert not wrong


def test_no_menu_has_more_entries_than_one_can_take_in() -> None:
    def levels(items: list[Any], title: str) -> list[tuple[str, int]]:
        below = [entry for item in items if isinstance(item, dict) for entry in item.items() if isinstance(entry[1], list)]
        return [(title, len(items)), *(level for name, part in below for level in levels(part, name))]

    nav = [item for item in read_site(MKDOCS).nav if "For the team" not in item]
    crowded = [level for level in levels(nav, "the first level") if level[1] > MOST_IN_A_MENU]
    assert not crowded


def test_every_page_is_in_the_menu_once() -> None:
    places = Counter(path for path, _, _ in nav_places(read_site(MKDOCS).nav))
    assert {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} == set(places)
    assert set(places.values()) == {1}


def test_an_article_is_read_in_two_minutes() -> None:
    assert 150 <= reading.middle(pages()) <= 500


def test_people_who_read_in_a_second_language_can_read_nine_in_ten_guides() -> None:
    assert reading.easy_share(pages()) >= 0.9


def test_the_grade_is_the_formula_of_flesch_and_kincaid() -> None:
    assert reading.grade("The cat sat on the mat. The dog ran to the big red barn.") == pytest.approx(0.39 * 7 + 11.8 - 15.59)
    assert reading.grade("Institutional considerations necessitate comprehensive organisational transformation.") > 20
    assert reading.prose("<p>Open <strong>Data</strong> now.</p><table><td>Not this.</td></table>") == ["Open now."]


def test_each_list_item_is_a_sentence() -> None:
    wrong = {}
    for path in public_pages():
        for item in re.findall(r"<li>(.*?)(?=</li>|<ul>|<ol>)", html_of(path), re.S):
            text = re.sub(r"<[^>]+>", "", item).strip()
            if not text.endswith((".", "?", "!", ":", '."', '?"')):
                wrong.setdefault(path.name, []).append(text[-60:])
    assert not wrong


def test_no_word_blames_or_fills() -> None:
    wrong = {}
    for path in public_pages():
        prose = re.sub(r"<(code|strong|svg)\b.*?</\1>|<[^>]+>", "", html_of(path), flags=re.S)
        if found := FORBIDDEN.findall(prose):
            wrong[path.name] = found
    assert not wrong


def test_the_articles_questions_find_their_articles(settings: Settings) -> None:
    """The same as `deflect quality`."""
    report = writing.ask(settings).report
    wanted = settings.support.quality
    assert (wanted.success1, wanted.success3) == (0.85, 0.97)
    assert report.success1 >= wanted.success1
    assert report.success3 >= wanted.success3


def test_the_pages_about_support_promise_what_the_settings_say(settings: Settings) -> None:
    calendar = settings.support.calendar
    said = (DOCS / "support" / "response-time.md").read_text(encoding="utf-8")
    assert (calendar.reply_days, len(calendar.days), calendar.timezone) == (1, 5, "Africa/Nairobi")
    assert f"from {calendar.opens:%H:%M} to {calendar.closes:%H:%M}, Nairobi time" in said
    kept = (DOCS / "support" / "privacy.md").read_text(encoding="utf-8")
    assert f"| {settings.support.limits.spam_days} days. |" in kept


# What needs the facts and the reported problems beside the repository.


def beside(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside the repository")
    return path


def problems() -> list[dict[str, str]]:
    loaded: list[dict[str, str]] = yaml.safe_load(REPORTED.read_text(encoding="utf-8"))
    return loaded


def test_each_topic_to_write_first_has_its_page() -> None:
    map_of = yaml.safe_load((ROOT / "tests" / "topics.yml").read_text(encoding="utf-8"))
    for product in PRODUCTS:
        first = beside(FACTS / f"{product}.md").read_text(encoding="utf-8").partition("Write these first (")[2]
        number, listed = int(first.partition(")")[0]), first.partition("Second round")[0]
        wanted = topics(listed)
        assert len(wanted) == number
        assert set(map_of[product]) == wanted
        assert len(set(map_of[product].values())) == number, "two topics share a page"
        missing = [page for page in map_of[product].values() if not (DOCS / product / f"{page}.md").is_file()]
        assert not missing


def topics(listed: str) -> set[str]:
    found = set()
    for letter, start, end in re.findall(r"\b([FRL])(\d\d)(?:-[FRL](\d\d))?", listed):
        found |= {f"{letter}{number:02}" for number in range(int(start), int(end or start) + 1)}
    return found


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_the_product_says_is_in_the_facts(product: str) -> None:
    facts = plain("\n".join(beside(FACTS / name).read_text(encoding="utf-8") for name in (f"{product}.md", "tool-context.md")))
    book: Book = read_book(DOCS, f"{product}/labels.yml")
    unknown = {quote.text for quote in book.quotes if quote.kind in ("labels", "messages") and not all_in(quote.text, facts)}
    assert unknown <= NOT_IN_THE_FACTS


def test_no_exception_from_the_facts_is_left_over() -> None:
    quoted = {quote.text for product in PRODUCTS for quote in read_book(DOCS, f"{product}/labels.yml").quotes}
    assert quoted >= NOT_IN_THE_FACTS


def all_in(text: str, facts: str) -> bool:
    """A message's own words, without the names and numbers that the product fills in."""
    parts = (plain(part).strip(" .,:") for part in re.split(r"<[^>]*>|\{[^}]*\}|\b[NX]\b|\.\.\.", text))
    return all(part in facts for part in parts)


def plain(text: str) -> str:
    return " ".join(re.sub(r"[`\"'\\]", "", text).lower().split())


def test_the_sample_of_reported_problems_is_chosen_by_its_rule() -> None:
    ids = [json.loads(line)["id"] for line in beside(PROBLEMS).read_text(encoding="utf-8").splitlines()]
    in_order = sorted(ids, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert sorted(problem["id"] for problem in problems()) == sorted(in_order[::3][:60])


def test_each_reported_problem_is_judged_and_its_article_exists() -> None:
    for problem in problems():
        verdicts = problem.keys() - {"id"}
        assert verdicts in ({"article"}, {"none"}, {"not_an_end_users"})
        assert "article" not in verdicts or (DOCS / problem["article"]).is_file()


def test_people_with_a_reported_problem_see_its_article(articles: list[Article], tmp_path: Path) -> None:
    told = {row["id"]: row for row in map(json.loads, beside(PROBLEMS).read_text(encoding="utf-8").splitlines())}
    paths = {article.url: article.path for article in articles}
    build_index((section for article in articles for section in article.sections), tmp_path)
    engine, found = Engine(tmp_path), []
    for problem in problems():
        if "article" in problem:
            row = told[problem["id"]]
            shown = [paths[s.article] for s in engine.suggest(row["text"], product=row["tool"], limit=3)]
            found.append(problem["article"] in shown)
    assert len(found) >= 40
    assert sum(found) / len(found) >= 0.85


def test_the_page_on_privacy_tells_the_times_that_support_yml_sets() -> None:
    rules = config.read_support(ROOT / "support.yml", {}).retention.model_dump()
    told = (ROOT / "docs/support/privacy.md").read_text(encoding="utf-8")
    missing = {kind: days for kind, days in rules.items() if f"{days} days" not in told}
    assert not missing, f"docs/support/privacy.md should tell these days: {missing}"
