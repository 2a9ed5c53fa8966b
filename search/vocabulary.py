"""The words an index knows: what a half-typed word may become, which stems a word has. Built once, then only read."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search import analysis

MAX_COMPLETIONS = 40


@dataclass(frozen=True)
class Vocabulary:
    """`stems`: unstemmed word -> its index terms. `frequency`: index term -> number of articles that have it.

    `early`: words of titles and headings, the only ones that complete a prefix of one or two letters.
    `ordered`: all words, sorted; `masks`: the letters of each."""

    languages: tuple[str, ...]
    stems: Mapping[str, tuple[str, ...]]
    frequency: Mapping[str, int]
    early: frozenset[str]
    ordered: tuple[str, ...]
    masks: tuple[int, ...]

    def completions(self, prefix: str) -> list[str]:
        """Known words that begin with a prefix, those of titles and the commonest first."""
        found: list[str] = []
        for at in range(bisect_left(self.ordered, prefix), len(self.ordered)):
            word = self.ordered[at]
            if not word.startswith(prefix):
                break
            if word != prefix and (len(prefix) > 2 or word in self.early):
                found.append(word)
        return sorted(found, key=lambda word: (word not in self.early, -self.commonness(word), word))[:MAX_COMPLETIONS]

    def commonness(self, word: str) -> int:
        """How many articles have a word."""
        return max(self.frequency[stem] for stem in self.stems[word])


def gather(
    words: Iterable[str],
    frequency: Mapping[str, int],
    languages: Iterable[str],
    *,
    early: Iterable[str] = (),
) -> Vocabulary:
    """The vocabulary of unstemmed words; one whose stems the index lacks is left out."""
    tongues = tuple(sorted({analysis.primary(language) for language in languages}))
    stems = {}
    for word in words:
        if known := {stem for tongue in tongues if (stem := analysis.stem(word, tongue)) in frequency}:
            stems[word] = tuple(sorted(known))
    ordered = tuple(sorted(stems))
    masks = tuple(letters(word) for word in ordered)
    return Vocabulary(tongues, stems, frequency, frozenset(early), ordered, masks)


def letters(word: str) -> int:
    """The set of a word's letters as bits: equal letters fall on equal bits, so a bit too many is a letter too many."""
    mask = 0
    for letter in word:
        mask |= 1 << (ord(letter) & 63)
    return mask
