"""Prints how well the search ranks two public sets of questions kept beside the repository, and how fast. Judges nothing.

Run it as `python -m bench.relevance`. The data are read from ../shared/relevance beside the repository, or from RELEVANCE."""

import json
import math
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import corpora
from search import Engine, Section, build_index

DATA = corpora.RELEVANCE
SETS = (("stackfaq", "en"), ("faquad-pt", "pt"))


@dataclass(frozen=True)
class Figures:
    """Means over all questions; times in milliseconds."""

    ndcg10: float
    success1: float
    success3: float
    p50: float
    p95: float


def main() -> int:
    if not DATA.is_dir():
        print(f"No relevance data: {DATA} is not there, so there is nothing to measure.")
        return 0
    print(f"{'set':12} {'nDCG@10':>8} {'S@1':>6} {'S@3':>6} {'p50 ms':>7} {'p95 ms':>7}")
    for name, language in SETS:
        found = measure(DATA / name, language)
        print(f"{name:12} {found.ndcg10:8.3f} {found.success1:6.3f} {found.success3:6.3f} {found.p50:7.2f} {found.p95:7.2f}")
    return 0


def measure(folder: Path, language: str) -> Figures:
    sections = [
        Section(article=row["id"], url=row["id"], title=row["title"], text=row["text"], language=language)
        for row in _rows(folder / "corpus.jsonl")
    ]
    right = _judgements(folder / "qrels.tsv")
    with tempfile.TemporaryDirectory() as root:
        build_index(sections, Path(root))
        engine = Engine(Path(root))
        engine.suggest("warm up")
        return _figures(engine, _rows(folder / "queries.jsonl"), right)


def _figures(engine: Engine, queries: list[dict[str, str]], right: dict[str, dict[str, int]]) -> Figures:
    gains: list[float] = []
    ranks: list[int] = []
    times: list[float] = []
    for query in queries:
        started = time.perf_counter()
        found = [s.article for s in engine.suggest(query["text"] + "\n", limit=10, floor=0)]
        times.append((time.perf_counter() - started) * 1000)
        grades = right.get(query["id"], {})
        gains.append(_ndcg([grades.get(article, 0) for article in found], list(grades.values())))
        ranks.append(next((n for n, article in enumerate(found, 1) if grades.get(article, 0) > 0), 99))
    times.sort()
    count = len(queries)
    return Figures(
        ndcg10=sum(gains) / count,
        success1=sum(rank == 1 for rank in ranks) / count,
        success3=sum(rank <= 3 for rank in ranks) / count,
        p50=times[count // 2],
        p95=times[int(count * 0.95)],
    )


def _ndcg(found: list[int], ideal: list[int]) -> float:
    def gain(grades: list[int]) -> float:
        return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades[:10], 1))

    best = gain(sorted(ideal, reverse=True))
    return gain(found) / best if best else 0.0


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    right: dict[str, dict[str, int]] = {}
    for line in path.read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")
        right.setdefault(query, {})[document] = int(grade)
    return right


if __name__ == "__main__":
    sys.exit(main())
