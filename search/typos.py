"""Words one or two slips away from a word that the index does not know. Pure."""

from search.vocabulary import Vocabulary, letters

SHORTEST = 4
SHORT = 5
TWO_SLIPS_FROM = 8
MAX_CANDIDATES = 5


def candidates(word: str, vocabulary: Vocabulary, *, growing: bool = False) -> list[tuple[str, int]]:
    """The nearest known words and their distances, best first: same first letter, then more articles.

    A word of up to SHORT letters must keep its first one. A growing word is compared with the beginnings of longer words, too."""
    if len(word) < SHORTEST or any(letter.isdigit() for letter in word):
        return []
    reach = 2 if len(word) >= TWO_SLIPS_FROM else 1
    found = []
    for known in _alike(word, vocabulary, reach, growing=growing):
        slips = distance(word, known, reach, growing=growing)
        if slips <= reach and (known[0] == word[0] or len(word) > SHORT):
            found.append((slips, known[0] != word[0], -vocabulary.commonness(known), known))
    best = min((slips for slips, *_ in found), default=0)
    return [(known, slips) for slips, _, _, known in sorted(found)[:MAX_CANDIDATES] if slips == best]


def distance(one: str, two: str, limit: int, *, growing: bool = False) -> int:
    """Slips between two words (a letter wrong, missing, added, or two swapped); above `limit`: limit + 1.

    While the first word is growing, it is compared with any beginning of the second."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i in range(1, len(one) + 1):
        before, row = row, _next_row((one, two), i, (before, row))
        if min(row) > limit:
            return limit + 1
    return min(min(row) if growing else row[-1], limit + 1)


def _next_row(words: tuple[str, str], i: int, rows: tuple[list[int], list[int]]) -> list[int]:
    one, two = words
    before, row = rows
    fresh = [i]
    for j in range(1, len(two) + 1):
        cost = min(row[j] + 1, fresh[j - 1] + 1, row[j - 1] + (one[i - 1] != two[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == two[j - 2] and one[i - 2] == two[j - 1]:
            cost = min(cost, before[j - 2] + 1)
        fresh.append(cost)
    return fresh


def _alike(word: str, vocabulary: Vocabulary, reach: int, *, growing: bool) -> list[str]:
    """Words whose letters differ by no more than `reach` slips can change: a cheap sieve before the distance."""
    typed = letters(word)
    low, high = len(word) - reach, (10**6 if growing else len(word) + reach)
    return [
        known
        for known, mask in zip(vocabulary.ordered, vocabulary.masks, strict=True)
        if (typed & ~mask).bit_count() <= reach
        and low <= len(known) <= high
        and (growing or (mask & ~typed).bit_count() <= reach)
    ]
