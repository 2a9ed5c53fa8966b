"""Text as typed -> the words to look for. Pure: it sees the index only as a vocabulary.

Every word is optional; the last one may still be growing; a long text is cut down to the words that tell most."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search import analysis, typos
from search.vocabulary import Vocabulary

MAX_CHARS = 10_000
MAX_WORDS = 64
_GROWING = re.compile(r"[\w'’]\Z")
PREFIX_WEIGHT = 0.9
TYPO_WEIGHT = 0.8
FORM_WEIGHT = 0.95
SYNONYM_WEIGHT = 0.5


@dataclass(frozen=True)
class Term:
    """One word as typed and the index terms that stand for it, each with its weight (1: the word itself)."""

    word: str
    options: Mapping[str, float]
    growing: bool = False


@dataclass(frozen=True)
class Query:
    """What to look for: the words, how many more the index does not know, and all neighbours in their order.

    A pair of neighbours may stand as several terms, one for each language."""

    terms: tuple[Term, ...]
    unknown: int
    pairs: tuple[tuple[str, ...], ...]


def clipped(text: str) -> str:
    """At most MAX_CHARS: the beginning and the end, where people say what they want."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return f"{text[:half].rsplit(maxsplit=1)[0]} {text[-half:].split(maxsplit=1)[-1]}"


def parse(text: str, vocabulary: Vocabulary, language: str | None = None) -> Query:
    """The query for a text as typed so far. White space or a full stop at its end says that the last word is whole."""
    text = clipped(text)
    typed = [token.word for token in analysis.tokens(text)]
    growing = typed[-1] if typed and _GROWING.search(text) else ""
    languages = (*([analysis.primary(language)] if language else ()), *vocabulary.languages)
    words = list(dict.fromkeys(typed))
    telling = [word for word in words if word == growing or not analysis.is_stop_word(word, languages)]
    terms = [_term(word, vocabulary, languages, growing=word == growing) for word in telling or words]
    known = [term for term in terms if term.options]
    unknown = sum(not term.options and not term.growing for term in terms)
    return Query(_most_telling(known, vocabulary), unknown, _pairs(typed, languages))


def _term(word: str, vocabulary: Vocabulary, languages: Iterable[str], *, growing: bool) -> Term:
    options = dict.fromkeys(_known(word, vocabulary, languages), 1.0)
    for other in analysis.forms(word, languages):
        _add(options, _known(other, vocabulary, languages), FORM_WEIGHT)
    for other in analysis.synonyms(word, languages):
        _add(options, _known(other, vocabulary, languages), SYNONYM_WEIGHT)
    if growing:
        for longer in vocabulary.completions(word):
            _add(options, vocabulary.stems[longer], PREFIX_WEIGHT)
    if not options:
        for near, distance in typos.candidates(word, vocabulary, growing=growing):
            _add(options, vocabulary.stems[near], TYPO_WEIGHT**distance)
    return Term(word, options, growing)


def _known(word: str, vocabulary: Vocabulary, languages: Iterable[str]) -> list[str]:
    stems = {*vocabulary.stems.get(word, ()), *(analysis.stem(word, language) for language in languages)}
    return sorted(stem for stem in stems if stem in vocabulary.frequency)


def _add(options: dict[str, float], terms: Iterable[str], weight: float) -> None:
    for term in terms:
        options[term] = max(options.get(term, 0.0), weight)


def _most_telling(terms: list[Term], vocabulary: Vocabulary) -> tuple[Term, ...]:
    rare = sorted(terms, key=lambda term: sum(vocabulary.frequency[option] for option in term.options))
    chosen = {term.word for term in rare[:MAX_WORDS]}
    return tuple(term for term in terms if term.word in chosen)


def _pairs(words: list[str], languages: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    by_language = (analysis.pairs([analysis.stem(word, language) for word in words]) for language in languages)
    return tuple(tuple(dict.fromkeys(options)) for options in zip(*by_language, strict=True))
