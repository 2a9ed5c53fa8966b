"""Texts that people typed -> what several of them asked. Pure. A word is told only if enough people typed it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from search import analysis

ALIKE = 0.5
"""The share of two texts' words that must be the same for them to be about one thing."""

MOST_WORDS = 12


@dataclass(frozen=True)
class Asked:
    """One text of one person, and the product it was about."""

    product: str
    text: str


@dataclass(frozen=True)
class Topic:
    """What `people` asked about a product, in words that enough of them used."""

    product: str
    words: str
    people: int


@dataclass
class _Group:
    product: str
    core: frozenset[str]
    texts: list[dict[str, str]] = field(default_factory=list)


def topics(asked: Iterable[Asked], fewest: int, language: str = "en") -> list[Topic]:
    """Texts that share most of their words are one topic; those of fewer than `fewest` people are left out."""
    groups: list[_Group] = []
    read = [(one.product, _words(one.text, language)) for one in asked]
    for product, words in sorted(read, key=lambda one: len(one[1])):
        if not words:
            continue
        stems = frozenset(words)
        home = next((group for group in groups if group.product == product and _alike(group.core, stems)), None)
        if home is None:
            home = _Group(product, stems)
            groups.append(home)
        home.texts.append(words)
    found = [_topic(group, fewest) for group in groups if len(group.texts) >= fewest]
    return sorted((topic for topic in found if topic.words), key=lambda topic: (-topic.people, topic.words))


def _words(text: str, language: str) -> dict[str, str]:
    """The telling words of a text by their stems, in order."""
    empty = analysis.stop_words((language,))
    words = [token.word for token in analysis.tokens(text) if token.word not in empty]
    return {analysis.stem(word, language): word for word in words}


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


def _topic(group: _Group, fewest: int) -> Topic:
    """Numbers may be somebody's, so they are never told."""
    typed = Counter((stem, word) for words in group.texts for stem, word in words.items())
    people = Counter(stem for words in group.texts for stem in words)
    kept = [stem for stem in dict.fromkeys(stem for words in group.texts for stem in words) if people[stem] >= fewest]
    best = {stem: max((count, word) for (other, word), count in typed.items() if other == stem)[1] for stem in kept}
    told = [best[stem] for stem in kept if not any(letter.isdigit() for letter in best[stem])]
    return Topic(group.product, " ".join(told[:MOST_WORDS]), len(group.texts))
