"""Why a suggestion, on a search whose scores are known."""

from collections.abc import Mapping
from typing import Any

from search import Suggestion
from search.explain import Part, explain
from search.quality import Question, judge, thefts


class Weighed:
    """Scores an article by the words of the text that it has, each with a weight."""

    digest = "0" * 64

    def __init__(self, articles: dict[str, dict[str, float]]) -> None:
        self.articles = articles

    def suggest(
        self, text: str, *, limit: int = 3, floor: float | None = None, needed: Mapping[str, float] | None = None, **_: Any
    ) -> list[Suggestion]:
        words = text.split()
        scores = {name: sum(known.get(word, 0.0) for word in words) for name, known in self.articles.items()}
        best = sorted((name for name, score in scores.items() if score > (floor or 0)), key=lambda name: -scores[name])
        best.sort(key=lambda name: -(needed or {}).get(name, 0.0))
        return [Suggestion(name, name, name, "", "", "", scores[name]) for name in best[:limit]]


def test_each_word_gets_the_points_that_its_absence_costs() -> None:
    search = Weighed({"a": {"grey": 3.0, "form": 1.0, "not": -0.5}, "b": {"form": 2.0}})
    first, second = explain(search, "form not grey", limit=2)
    assert first.suggestion.article == "a"
    assert first.words == (Part("grey", 3.0), Part("form", 1.0), Part("not", -0.5))
    assert second.words == (Part("form", 2.0),)


def test_what_need_has_moved_tells_its_place_without() -> None:
    search = Weighed({"a": {"form": 3.0}, "b": {"form": 2.0}, "c": {"form": 1.0}})
    moved = explain(search, "form", limit=2, needed={"c": 1.0})
    assert [(one.suggestion.article, one.plain) for one in moved] == [("c", 3), ("a", 1)]
    assert [one.plain for one in explain(search, "form", needed={"a": 1.0})] == [None, None, None]
    assert [one.plain for one in explain(search, "form")] == [None, None, None]


def test_each_field_gets_the_points_that_an_index_without_it_costs() -> None:
    search = Weighed({"a": {"grey": 3.0}})
    (found,) = explain(search, "grey", without={"title": Weighed({"a": {"grey": 1.0}}), "text": search})
    assert found.fields == (Part("title", 2.0),)


def test_keywords_that_take_another_articles_place_are_named() -> None:
    full = Weighed({"thief": {"grey": 5.0, "form": 9.0}, "right": {"grey": 3.0, "form": 1.0}})
    plain = Weighed({"thief": {"grey": 1.0, "form": 8.0}, "right": {"grey": 3.0, "form": 1.0}})
    report = judge(full, [Question("grey", "right"), Question("form", "right"), Question("form", "thief")])
    assert [(theft.question.text, theft.thief) for theft in thefts(report, full, plain)] == [("grey", "thief")]
