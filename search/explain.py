"""Why these suggestions, word by word: what each would lose if one word were not there. Pure, and blind to how ranking works.

It asks the search again without each word, so what it says is what happens, not what was meant."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from search.engine import Suggester, Suggestion

DEPTH = 100
_WORD = re.compile(r"[\w'’.@/-]*\w")


@dataclass(frozen=True)
class Part:
    """What a suggestion's score owes to one word of the text or one field of the article; below 0 it would gain without."""

    name: str
    points: float


@dataclass(frozen=True)
class Explained:
    """`plain` is the place that the suggestion has by its score alone, where what people needed moved it; else None."""

    suggestion: Suggestion
    words: tuple[Part, ...]
    fields: tuple[Part, ...]
    plain: int | None = None


def explain(
    engine: Suggester,
    text: str,
    *,
    product: str | None = None,
    limit: int = 3,
    without: Mapping[str, Suggester] | None = None,
    needed: Mapping[str, float] | None = None,
) -> list[Explained]:
    """The best suggestions, weak ones too, each with what it owes to the words, the most telling first.

    `without` are searches of the same articles that lack one field each, by the field's name; `needed` is that of `suggest`."""
    shown = engine.suggest(text, product=product, limit=limit, floor=0, needed=needed)
    places = {name: place for place, name in enumerate(_scores(engine, text, product), 1)} if needed else {}
    words = {match[0]: _scores(engine, text[: match.start()] + text[match.end() :], product) for match in _WORD.finditer(text)}
    fields = {name: _scores(lacking, text, product) for name, lacking in (without or {}).items()}
    return [
        Explained(one, _parts(one, words), _parts(one, fields), _moved_from(places.get(one.article), place))
        for place, one in enumerate(shown, 1)
    ]


def _moved_from(plain: int | None, place: int) -> int | None:
    return plain if plain != place else None


def _scores(engine: Suggester, text: str, product: str | None) -> dict[str, float]:
    return {one.article: one.score for one in engine.suggest(text, product=product, limit=DEPTH, floor=0)}


def _parts(one: Suggestion, scores: Mapping[str, Mapping[str, float]]) -> tuple[Part, ...]:
    parts = [Part(name, round(one.score - found.get(one.article, 0.0), 2)) for name, found in scores.items()]
    return tuple(sorted((part for part in parts if part.points), key=lambda part: -part.points))
