"""Outcomes -> figures and tables. Pure."""

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from itertools import islice

from bench.corpora import Corpus, Question
from bench.side_by_side import Job, Outcome, job_for

NEVER = 1.5
SHOWN = 3
RESAMPLES = 2000
NAMES = {
    "ours": "**ours**", "ours_first_stage": "ours, first stage", "plain_whoosh": "Whoosh", "tantivy_en": "Tantivy",
    "tantivy_typos": "Tantivy, fuzzy", "fts5": "SQLite FTS5", "bm25s_en": "bm25s", "lunr": "lunr",
    "minisearch": "MiniSearch", "flexsearch": "FlexSearch",
}  # fmt: skip


def table(corpus: Corpus, outcomes: Mapping[str, Outcome]) -> str:
    """Two tables in Markdown: what each search costs, and what it finds."""
    job = job_for(corpus)
    found = {peer: Found(job, outcome) for peer, outcome in outcomes.items()}
    title = f"### {corpus.name}: {len(corpus.sections):,} sections, {len({s.article for s in corpus.sections}):,} articles\n"
    return "\n".join((title, _cost_table(outcomes), "", _quality_table(job, found), ""))


class Found:
    """The answers of one search, by way: of each whole question, and of each beginning of the typed ones."""

    def __init__(self, job: Job, outcome: Outcome) -> None:
        answers = iter(outcome.answers)
        self.typed = {
            way: [(q, [set(found) for found in islice(answers, len(q.text))]) for q in questions]
            for way, questions in job.typed.items()
        }
        self.whole = {way: [(q, next(answers)) for q in questions] for way, questions in job.whole.items()}

    def ranks(self, way: str) -> list[int]:
        return [rank_of(question, found) for question, found in self.whole[way]]

    def keystrokes(self, way: str) -> float:
        return statistics.fmean(needed(question, shown) for question, shown in self.typed[way])

    def ndcg(self, way: str) -> float:
        return statistics.fmean(ndcg(question, found) for question, found in self.whole[way])


def rank_of(question: Question, found: Sequence[str]) -> int:
    return next((n for n, article in enumerate(found, 1) if article in question.answers), 0)


def needed(question: Question, shown: Sequence[set[str]]) -> float:
    """The share of a question after which an answer is among the first three and stays; NEVER if it does not."""
    last = len(shown)
    while last and question.answers.keys() & shown[last - 1]:
        last -= 1
    return NEVER if last == len(shown) else (last + 1) / len(shown)


def ndcg(question: Question, found: Sequence[str]) -> float:
    def gain(grades: Sequence[int]) -> float:
        return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades[:10], 1))

    best = gain(sorted(question.answers.values(), reverse=True))
    return gain([question.answers.get(article, 0) for article in found]) / best if best else 0.0


def success(ranks: Sequence[int], depth: int) -> float:
    return statistics.fmean(0 < rank <= depth for rank in ranks)


def verdict(ours: Sequence[int], theirs: Sequence[int]) -> str:
    """Is success@3 of theirs above ours or below, by a paired bootstrap at 95 %?"""
    chance = random.Random(5)
    gaps = [(0 < b <= SHOWN) - (0 < a <= SHOWN) for a, b in zip(ours, theirs, strict=True)]
    means = sorted(sum(chance.choices(gaps, k=len(gaps))) for _ in range(RESAMPLES))
    low, high = means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]
    return "above" if low > 0 else "below" if high < 0 else "level"


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _cost_table(outcomes: Mapping[str, Outcome]) -> str:
    head = ["search", "build s", "index MB", "open ms", "CPU p50 ms", "p95", "p99", "per second"]
    rows = []
    for peer, out in outcomes.items():
        spent = out.keystrokes
        cuts = [f"{percentile(spent, share):.2f}" for share in (0.5, 0.95, 0.99)]
        size = f"{out.bytes / 1e6:.1f}"
        rows.append([NAMES[peer], f"{out.build:.1f}", size, f"{out.open:.0f}", *cuts, f"{1000 / statistics.fmean(spent):,.0f}"])
    return markdown(head, rows)


def _quality_table(job: Job, found: Mapping[str, Found]) -> str:
    head = ["search", "success@1", "@3", "@5", "MRR@10", "nDCG@10", "@3 against ours"]
    head += [f"@3 {way}" for way in job.whole if way != "clean"]
    head += ["keys to answer", *(f"keys {way}" for way in job.typed if way != "clean")]
    rows = []
    for peer, answers in found.items():
        ranks = answers.ranks("clean")
        row = [NAMES[peer], *(f"{success(ranks, depth):.3f}" for depth in (1, 3, 5))]
        row += [f"{statistics.fmean(1 / rank if rank else 0 for rank in ranks):.3f}", f"{answers.ndcg('clean'):.3f}"]
        row.append("" if peer == "ours" or "ours" not in found else verdict(found["ours"].ranks("clean"), ranks))
        row += [f"{success(answers.ranks(way), SHOWN):.3f}" for way in job.whole if way != "clean"]
        rows.append(row + [f"{answers.keystrokes(way):.3f}" for way in job.typed])
    return markdown(head, rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
