"""Prints what the knowledge base costs and gives: seconds to build, questions and reported problems found, words, grade.

Run it as `python -m bench.articles`. It judges nothing; tests/test_articles.py does."""

import json
import sys
import tempfile
import time
from pathlib import Path

import yaml

from deflect_api import build, config, writing
from search import Engine, build_index, read_docs, reading

ROOT = Path(__file__).resolve().parents[1]
PROBLEMS = ROOT.parent / "shared" / "relevance" / "akvo-reported-problems.jsonl"
JUDGED = ROOT / "tests" / "search" / "reported_problems.yml"


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        settings = config.load({"DEFLECT_HOME": home, "DEFLECT_CONFIG": str(ROOT / "support.yml")})
        started = time.perf_counter()
        build.build(settings)
        whole = time.perf_counter() - started
    print(f"{'portal and index built':36}{whole:7.1f} s (the index alone: {index_seconds():.1f} s)")
    asked = writing.ask(settings)
    report = asked.report
    print(f"{'articles and their questions':36}{asked.articles:7} and {len(report.ranks)}")
    print(f"{'success@1, success@3, MRR':36}{report.success1:7.3f}, {report.success3:.3f}, {report.mrr:.3f}")
    print_reported()
    print_reading()
    return 0


def index_seconds() -> float:
    with tempfile.TemporaryDirectory() as root:
        started = time.perf_counter()
        index(Path(root))
        return time.perf_counter() - started


def index(root: Path) -> dict[str, str]:
    """Index our articles; which page each address is."""
    articles = read_docs(ROOT / "mkdocs.yml", products=("flow", "rsr", "lumen"), exclude=("team/",))
    build_index((section for article in articles for section in article.sections), root)
    return {article.url: article.path for article in articles}


def print_reported() -> None:
    if not PROBLEMS.is_file():
        print(f"No reported problems: {PROBLEMS} is not there.")
        return
    told = {row["id"]: row for row in map(json.loads, PROBLEMS.read_text("utf-8").splitlines())}
    judged = [problem for problem in yaml.safe_load(JUDGED.read_text("utf-8")) if "article" in problem]
    with tempfile.TemporaryDirectory() as root:
        paths = index(Path(root))
        engine = Engine(Path(root))
        missed = []
        for problem in judged:
            row = told[problem["id"]]
            shown = [paths[s.article] for s in engine.suggest(row["text"], product=row["tool"])]
            if problem["article"] not in shown:
                missed.append((problem["id"], problem["article"], shown))
    share = 1 - len(missed) / len(judged)
    print(f"{'reported problems, of those with one':36}{share:7.3f} see their article among the first 3 ({len(judged)} have one)")
    for name, article, shown in missed:
        print(f"    {name}: {article}, shown {', '.join(shown) or 'nothing'}")


def print_reading() -> None:
    pages = reading.read_pages(ROOT / "mkdocs.yml", ("flow", "rsr", "lumen"))
    print(f"{'words of the middle article':36}{reading.middle(pages):7.0f}")
    hardest = max(pages, key=lambda page: page.grade)
    share = reading.easy_share(pages)
    print(f"{'guides of grade 8 or easier':36}{share:7.1%} (hardest: {hardest.article.path}, {hardest.grade:.1f})")


if __name__ == "__main__":
    sys.exit(main())
