"""The figures of the search, on a suggester whose answers are known."""

from collections.abc import Mapping
from typing import Any

import pytest

from search import Engine, Suggestion, read_docs
from search.quality import NEVER, Move, Question, compare, judge, keystrokes, questions_of


class Scripted:
    """Answers with the articles listed for the longest known beginning of a text."""

    digest = "0" * 64

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers = answers

    def suggest(self, text: str, *, limit: int = 3, **_: Any) -> list[Suggestion]:
        known = max((start for start in self.answers if text.startswith(start)), key=len, default="")
        listed = self.answers.get(known, "").split()[:limit]
        return [Suggestion(article, article, article, "", "", "", 1.0) for article in listed]


def test_success_and_reciprocal_rank_are_means_over_the_questions() -> None:
    engine = Scripted({"one": "a b c d", "two": "b a", "four": "w x y a", "none": "b c"})
    report = judge(engine, [Question(text, "a") for text in ("one", "two", "four", "none")])
    assert report.success1 == 1 / 4
    assert report.success3 == 2 / 4
    assert report.mrr == pytest.approx((1 + 1 / 2 + 1 / 4 + 0) / 4)


def test_misses_are_listed_worst_first_with_what_was_shown() -> None:
    engine = Scripted({"four": "w x y a", "five": "v w x y a", "none": "b c"})
    misses = judge(engine, [Question(text, "a") for text in ("four", "none", "five")]).misses
    assert [(miss.question.text, miss.rank, miss.shown) for miss in misses] == [
        ("none", None, ("b", "c")),
        ("five", 5, ("v", "w", "x")),
        ("four", 4, ("w", "x", "y")),
    ]


def test_keystrokes_are_the_share_after_which_the_article_stays_in_sight() -> None:
    engine = Scripted({"ab": "a", "abcd": "b", "abcdef": "b a"})
    assert keystrokes(engine, Question("abcdefgh", "a")) == 6 / 8
    assert keystrokes(engine, Question("abc", "a")) == 2 / 3
    assert keystrokes(Scripted({"": "a"}), Question("abcd", "a")) == 1 / 4


def test_an_article_lost_at_the_last_letter_costs_more_than_the_whole_question() -> None:
    assert keystrokes(Scripted({"ab": "a", "abc": "b"}), Question("abc", "a")) == NEVER


def test_keystrokes_are_counted_only_when_asked_for() -> None:
    engine = Scripted({"ab": "a"})
    assert judge(engine, [Question("abcd", "a")]).keystrokes is None
    assert judge(engine, [Question("abcd", "a")], typed=True).keystrokes == 2 / 4


def test_a_comparison_names_what_an_edit_gained_and_lost() -> None:
    questions = [Question(text, "a") for text in ("one", "two", "six")]
    before = judge(Scripted({"one": "a", "two": "b", "six": "a"}), questions)
    after = judge(Scripted({"one": "b c d a", "two": "a", "six": "x a"}), [*questions, Question("new", "a")])
    assert compare(before, after).gained == (questions[1],)
    assert compare(before, after).lost == (questions[0],)
    assert compare(before, after).moved == (Move(questions[2], 1, 2),)
    assert not compare(before, after).moved[0].is_better


def test_no_questions_make_no_figures() -> None:
    report = judge(Scripted({}), [])
    assert (report.success3, report.mrr, report.misses) == (0.0, 0.0, ())


def test_questions_come_from_front_matter_and_find_their_articles(site, engine: Engine) -> None:  # type: ignore[no-untyped-def]
    questions = questions_of(read_docs(site, products=("pear",)))
    assert Question("harvest not arriving", "pear/lost-harvest/", "pear") in questions
    assert len(questions) == 3
    assert judge(engine, questions).success1 == 1.0
