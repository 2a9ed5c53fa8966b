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
PREFIX_WEIGHT = 0.75
TYPO_WEIGHT = 0.7
SYNONYM_WEIGHT = 0.8


@dataclass(frozen=True)
class Term:
    """One word as typed and the index terms that stand for it, each with its weight (1: the word itself)."""

    word: str
    options: Mapping[str, float]
    growing: bool = False


@dataclass(frozen=True)
class Query:
    """What to look for: the words, and the pairs of words that stood side by side."""

    terms: tuple[Term, ...]
    pairs: tuple[str, ...]


def clipped(text: str) -> str:
    """At most MAX_CHARS: the beginning and the end, where people say what they want."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return f"{text[:half].rsplit(maxsplit=1)[0]} {text[-half:].split(maxsplit=1)[-1]}"


def parse(text: str, vocabulary: Vocabulary, language: str | None = None) -> Query:
    """The query for a text as typed so far. White space or a full stop at its end says that the last word is whole."""
    text = clipped(text)
    typed = list(analysis.tokens(text))
    growing = typed[-1].word if typed and _GROWING.search(text) else ""
    words = list(dict.fromkeys(token.word for token in typed))
    languages = vocabulary.languages if language is None else (analysis.primary(language), *vocabulary.languages)
    telling = [word for word in words if not analysis.is_stop_word(word, languages)] or words
    if growing and growing not in telling:
        telling.append(growing)
    terms = [_term(word, vocabulary, languages, growing=word == growing) for word in telling]
    kept = _most_telling([term for term in terms if term.options], vocabulary)
    return Query(tuple(kept), _pairs(typed, vocabulary, languages))


def _term(word: str, vocabulary: Vocabulary, languages: Iterable[str], *, growing: bool) -> Term:
    options = dict.fromkeys(_known(word, vocabulary, languages), 1.0)
    for other in analysis.synonyms(word):
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


def _most_telling(terms: list[Term], vocabulary: Vocabulary) -> list[Term]:
    if len(terms) <= MAX_WORDS:
        return terms
    rare = sorted(terms, key=lambda term: sum(vocabulary.frequency[option] for option in term.options))
    chosen = {term.word for term in rare[:MAX_WORDS]}
    return [term for term in terms if term.word in chosen]


def _pairs(typed: list[analysis.Token], vocabulary: Vocabulary, languages: Iterable[str]) -> tuple[str, ...]:
    language = next(iter(languages), "en")
    stems = [analysis.stem(token.word, language) for token in typed]
    pairs = (f"{one}_{two}" for one, two in zip(stems, stems[1:], strict=False))
    return tuple(dict.fromkeys(pair for pair in pairs if pair in vocabulary.pairs))
