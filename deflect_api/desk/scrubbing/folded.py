"""Texts with case, accents and hidden marks taken off, for comparing; each letter knows where it stood. Pure."""

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ß": "ss", "ё": "е"})
_HIDDEN = ("Mn", "Cf")  # accents; joiners and marks of direction


@dataclass(frozen=True)
class Folded:
    """`text` is compared; `places[i]` is where its letter i stood."""

    text: str
    places: tuple[int, ...]
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Say where a piece of the folded text stood, with the marks that hang on its last letter."""
        last = self.places[end - 1]
        following = self.places[bisect_left(self.places, last + 1)] if last < self.places[-1] else self.length
        return self.places[start], following if following - last <= 3 else last + 1


def folded(text: str) -> Folded:
    """Fold a text, letter by letter."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in _fold(letter):
            letters.append(part)
            places.append(place)
    return Folded("".join(letters), tuple(places), len(text))


def fold(text: str) -> str:
    return "".join(part for letter in text for part in _fold(letter))


def plain_digits(text: str) -> str:
    """Write the digits and signs of every script as ASCII has them; each stays in its place."""
    return "".join(_plain(letter) for letter in text)


def _fold(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    whole = unicodedata.normalize("NFKD", letter).casefold().translate(_PLAIN)
    return "".join(part for part in whole if unicodedata.category(part) not in _HIDDEN)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdigit() and (digit := unicodedata.digit(letter, None)) is not None:
        return str(digit)
    other = unicodedata.normalize("NFKC", letter)
    return other if len(other) == 1 and other.isascii() else letter
