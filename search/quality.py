"""Do questions find their articles? Pure: it asks a Suggester and counts. Questions come from front matter and are
never indexed, so they test what the words of an article do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search.engine import Suggester
from search.sections import Article

SHOWN = 3
DEPTH = 10
NEVER = 1.5
"""What a question costs, in keystrokes as a share of its length, when no prefix of it brings its article for good."""


@dataclass(frozen=True)
class Question:
    """A text as people type it, the article that answers it and the product they would have chosen, if any."""

    text: str
    article: str
    product: str | None = None


@dataclass(frozen=True)
class Miss:
    """A question whose article was not among the first SHOWN: its rank (None: not in the first DEPTH) and what was shown."""

    question: Question
    rank: int | None
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Means over all questions. `keystrokes`: typed share of the text after which the right article stays in sight, if asked."""

    success1: float
    success3: float
    mrr: float
    keystrokes: float | None
    misses: tuple[Miss, ...]
    ranks: Mapping[Question, int | None]


@dataclass(frozen=True)
class Move:
    """A question whose article changed its rank: before and after (None: not in the first DEPTH)."""

    question: Question
    before: int | None
    after: int | None

    @property
    def is_better(self) -> bool:
        return (self.after or DEPTH + 1) < (self.before or DEPTH + 1)


@dataclass(frozen=True)
class Comparison:
    """Questions that found their article only after an edit, those that found it only before, and other changes of rank."""

    gained: tuple[Question, ...]
    lost: tuple[Question, ...]
    moved: tuple[Move, ...]


@dataclass(frozen=True)
class Theft:
    """A question whose first place went to another article, and would not have without that article's keywords."""

    question: Question
    thief: str


def questions_of(articles: Iterable[Article]) -> list[Question]:
    """The questions that writers put into front matter, asked as the article's product."""
    return [Question(text, article.url, article.product or None) for article in articles for text in article.questions]


def judge(engine: Suggester, questions: Iterable[Question], *, typed: bool = False) -> Report:
    """Ask every question whole, as a person would: weak matches are not shown. `typed` asks it as it grows, too: slow."""
    asked = list(dict.fromkeys(questions))
    shown = {question: _shown(engine, question, question.text) for question in asked}
    ranks = {question: _rank(question, shown[question]) for question in asked}
    misses = [Miss(q, rank, shown[q][:SHOWN]) for q, rank in ranks.items() if rank is None or rank > SHOWN]
    return Report(
        success1=_mean([rank == 1 for rank in ranks.values()]),
        success3=_mean([rank is not None and rank <= SHOWN for rank in ranks.values()]),
        mrr=_mean([1 / rank if rank else 0.0 for rank in ranks.values()]),
        keystrokes=_mean([keystrokes(engine, question) for question in asked]) if typed else None,
        misses=tuple(sorted(misses, key=lambda miss: (miss.rank is not None, -(miss.rank or 0)))),
        ranks=ranks,
    )


def keystrokes(engine: Suggester, question: Question) -> float:
    """The share of a question after which its article is among the first SHOWN and stays there; NEVER if it does not."""
    size = len(question.text)
    needed = size + 1
    while needed > 1 and question.article in _shown(engine, question, question.text[: needed - 1], limit=SHOWN):
        needed -= 1
    return NEVER if needed > size else needed / size


def compare(before: Report, after: Report) -> Comparison:
    """What an edit gained and lost, over the questions asked both times."""
    both = [question for question in before.ranks if question in after.ranks]
    found = [(question, _in_sight(before.ranks[question]), _in_sight(after.ranks[question])) for question in both]
    return Comparison(
        gained=tuple(question for question, was, now in found if now and not was),
        lost=tuple(question for question, was, now in found if was and not now),
        moved=tuple(
            Move(question, before.ranks[question], after.ranks[question])
            for question, was, now in found
            if was == now and before.ranks[question] != after.ranks[question]
        ),
    )


def thefts(report: Report, engine: Suggester, plain: Suggester) -> list[Theft]:
    """Which keywords take another article's questions; `plain` searches the same articles without any keywords.

    An article is a thief when its score without keywords falls below the score of the article it stands before."""
    found = []
    for question, rank in report.ranks.items():
        if rank != 1:
            scores, bare = _scores(engine, question), _scores(plain, question)
            first = next(iter(scores), question.article)
            own = scores.get(question.article, 0.0)
            if first != question.article and bare.get(first, 0.0) < own:
                found.append(Theft(question, first))
    return found


def _scores(engine: Suggester, question: Question) -> dict[str, float]:
    shown = engine.suggest(question.text, product=question.product, limit=DEPTH, floor=0)
    return {suggestion.article: suggestion.score for suggestion in shown}


def _shown(engine: Suggester, question: Question, text: str, *, limit: int = DEPTH) -> tuple[str, ...]:
    return tuple(s.article for s in engine.suggest(text, product=question.product, limit=limit))


def _rank(question: Question, shown: tuple[str, ...]) -> int | None:
    return shown.index(question.article) + 1 if question.article in shown else None


def _in_sight(rank: int | None) -> bool:
    return rank is not None and rank <= SHOWN


def _mean(values: list[float] | list[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
