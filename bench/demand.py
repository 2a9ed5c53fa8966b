"""Prints what popularity is worth: letters until the answer is in sight, without it and by its weight. Judges nothing.

Run it as `python -m bench.demand`. Demand is made up: Zipf's over our articles, in a random order. Half of each article's
questions make the counts, through the service's own tables; the other half, drawn by that demand or another, are judged."""

import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from deflect_api.config.popularity import Popularity
from deflect_api.intake import deflection, demand
from deflect_api.intake.deflection import OPENED, REJECTED, SOLVED, Event
from deflect_api.store import migrate
from deflect_api.store.db import Database
from search import Engine, build_index, read_docs, read_synonyms
from search.quality import NEVER, SHOWN, Question, questions_of

ROOT = Path(__file__).resolve().parents[1]
PRODUCTS = ("flow", "rsr", "lumen")
FLOOR = 3.5
SESSIONS = 3000
OPENS_ANYWAY, SAYS_SO = 0.5, 0.3
"""How many open the first suggestion where the right one is not shown, and how many say whether an article helped."""
SEEDS = 5
WEIGHTS = (0.0, 0.5, 1.0)
LETTERS = (3, 5, 8, 12)
NOW = datetime(2026, 1, 5, tzinfo=UTC)

Weights = Mapping[Question, float]


class Asked:
    """The engine with what many people needed, and a memory: most texts are asked again and again."""

    def __init__(self, engine: Engine, needed: Mapping[str, float], *, told: bool) -> None:
        self.engine, self.needed, self.told = engine, needed, told
        self._known: dict[tuple[str, str | None], tuple[str, ...]] = {}

    def shown(self, question: Question, letters: int) -> tuple[str, ...]:
        key = question.text[:letters], question.product if self.told else None
        if key not in self._known:
            found = self.engine.suggest(key[0], product=key[1], limit=SHOWN, floor=FLOOR, needed=self.needed)
            self._known[key] = tuple(one.article for one in found)
        return self._known[key]


@dataclass(frozen=True)
class Figures:
    """Means by demand, and `alike` those over all questions: share typed until the article stays in sight, and is first
    seen; how often it is in sight after some letters; how often it is first after 8."""

    stays: float
    seen: float
    sight: tuple[float, ...]
    first: float
    alike: float


def main() -> int:
    articles = read_docs(ROOT / "mkdocs.yml", products=PRODUCTS, exclude=("team/",))
    questions = questions_of(articles)
    with tempfile.TemporaryDirectory() as folder:
        sections = (section for article in articles for section in article.sections)
        build_index(sections, Path(folder, "index"), synonyms=read_synonyms(ROOT / "mkdocs.yml", products=PRODUCTS))
        engine = Engine(Path(folder, "index"))
        head = "".join(f"{f'sight {letters}':>9}" for letters in LETTERS)
        print(f"{'product':8} {'demand':8} {'weight':>6} {'stays':>7} {'seen':>7}{head} {'first 8':>8} {'alike':>7}")
        for told in (True, False):
            _print(engine, questions, Path(folder), told=told)
    return 0


def _print(engine: Engine, questions: list[Question], folder: Path, *, told: bool) -> None:
    found: dict[tuple[str, float], list[Figures]] = defaultdict(list)
    for seed in range(SEEDS):
        chance = random.Random(seed)
        learnt, judged = _halves(questions, chance)
        wanted = _zipf([question.article for question in judged], chance)
        other = _zipf(list(wanted), chance)
        counted = _counted(engine, learnt, wanted, folder / f"{told}-{seed}.db", chance)
        for weight in WEIGHTS:
            asked = Asked(engine, demand.shares(counted, Popularity(weight=weight)), told=told)
            found["as then", weight].append(_figures(asked, _by_demand(judged, wanted)))
            found["another", weight].append(_figures(asked, _by_demand(judged, other)))
    for (name, weight), each in found.items():
        columns = zip(*((one.stays, one.seen, *one.sight, one.first, one.alike) for one in each), strict=True)
        stays, seen, *sight, first, alike = (sum(column) / len(each) for column in columns)
        listed = "".join(f"{one:9.3f}" for one in sight)
        print(
            f"{'chosen' if told else 'none':8} {name:8} {weight:6.2f} {stays:7.3f} {seen:7.3f}{listed} {first:8.3f} {alike:7.3f}"
        )


def _halves(questions: list[Question], chance: random.Random) -> tuple[dict[str, list[Question]], list[Question]]:
    """The questions that make the counts, by article, and those that are judged."""
    listed: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        listed[question.article].append(question)
    learnt, judged = {}, []
    for article, own in listed.items():
        chance.shuffle(own)
        learnt[article] = own[: len(own) // 2]
        judged += own[len(own) // 2 :]
    return learnt, judged


def _zipf(articles: list[str], chance: random.Random) -> dict[str, float]:
    order = sorted(set(articles))
    chance.shuffle(order)
    return {article: 1 / place for place, article in enumerate(order, 1)}


def _counted(
    engine: Engine, learnt: dict[str, list[Question]], wanted: dict[str, float], path: Path, chance: random.Random
) -> list[demand.Count]:
    """People come, each from some place, ask, open, and some say whether it helped; then the service counts."""
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    plain = Asked(engine, {}, told=True)
    with database.write() as session:
        for number, article in enumerate(chance.choices(list(wanted), list(wanted.values()), k=SESSIONS)):
            place, question = chance.randrange(demand.PLACES), chance.choice(learnt[article])
            shown = plain.shown(question, len(question.text))
            opened = article if article in shown else shown[0] if shown and chance.random() < OPENS_ANYWAY else ""
            said = [SOLVED if opened == article else REJECTED] if chance.random() < SAYS_SO else []
            for event in [OPENED, *said] if opened else []:
                deflection.record(session, f"v{number}", Event(event, opened), NOW, place=place)
        found = demand.counts(session, NOW, days=1)
    database.close()
    return found


def _by_demand(questions: list[Question], wanted: Mapping[str, float]) -> Weights:
    """What each question weighs: its article's demand, shared by that article's questions."""
    number = {article: sum(one.article == article for one in questions) for article in wanted}
    return {one: wanted[one.article] / number[one.article] / sum(wanted.values()) for one in questions}


def _figures(asked: Asked, weights: Weights) -> Figures:
    stays = {question: _stays(asked, question) for question in weights}
    return Figures(
        stays=sum(weight * stays[question] for question, weight in weights.items()),
        seen=sum(weight * _seen(asked, question) for question, weight in weights.items()),
        sight=tuple(sum(w * (q.article in asked.shown(q, letters)) for q, w in weights.items()) for letters in LETTERS),
        first=sum(weight * (asked.shown(question, 8)[:1] == (question.article,)) for question, weight in weights.items()),
        alike=sum(stays.values()) / len(stays),
    )


def _stays(asked: Asked, question: Question) -> float:
    size = len(question.text)
    needed = size + 1
    while needed > 1 and question.article in asked.shown(question, needed - 1):
        needed -= 1
    return NEVER if needed > size else needed / size


def _seen(asked: Asked, question: Question) -> float:
    size = len(question.text)
    return next((n / size for n in range(1, size + 1) if question.article in asked.shown(question, n)), NEVER)


if __name__ == "__main__":
    sys.exit(main())
