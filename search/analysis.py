"""Text -> terms. Pure, and the same for the index and for what a person types, or the two would never meet."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import filterfalse, pairwise
from threading import local

import Stemmer

from search.stopwords import STOP_WORDS
from search.synonyms import FORMS, SYNONYMS

VERSION = 3
"""Raise it when the same text would give other terms: every index is then built anew."""

MAX_WORD = 64
_STEMMERS = {"en": "english", "fr": "french", "es": "spanish", "pt": "portuguese", "it": "italian", "id": "indonesian"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_JOINED = re.compile(r"(?<![^\W_])[^\W_]+(?:[.\-_/:@&+][^\W_]+)+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff]+")
_DIGIT = re.compile(r"\d")
_ACCENTED_ENDINGS = {
    "pt": (("coes", "ções"), ("cao", "ção"), ("oes", "ões"), ("ao", "ão"), ("aes", "ães")),
    "es": (("ion", "ión"),),
}
_ELIDED = re.compile(r"(?:[cdjlmnst]|qu)['’](?=\w{2})", re.IGNORECASE)
_ELISIONS = re.compile(r"(?<![^\W_])(?<![^\W_]['’])(?:[cdjlmnst]|qu)['’](?=\w{2})")
_APOSTROPHES = re.compile(r"(?<=[^\W_])['’](?=[^\W\d_])")
_PLAIN = re.compile(r"[^\W_]+")
_PIECES = re.compile(r"[^\W_]+(?:[.\-_/:@&+][^\W_]+)*")
_COMPOUNDS = re.compile(r"[^\W_][.\-_/:@&+][^\W_]")
_mine = local()


@dataclass(frozen=True)
class Token:
    """One word as folded, and where it stands in the text: `text[start:end]`."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Without case, accents, elided articles and apostrophes: "L’Été" is "ete", "Don't" is "dont"."""
    whole = _ELIDED.sub("", word) if _ELIDED.match(word) else word
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", whole).casefold())
    kept = "".join(filterfalse(unicodedata.combining, plain)).replace("'", "").replace("’", "")
    return unicodedata.normalize("NFC", kept)


def words(text: str) -> list[str]:
    """The folded words of a text in order, as `tokens` has them; many times faster, for it folds the text as a whole."""
    folded = _folded(text)
    has_cjk = not folded.isascii() and _CJK.search(folded) is not None
    if not has_cjk and not _COMPOUNDS.search(folded):
        return [word[:MAX_WORD] for word in _PLAIN.findall(folded)]
    found: list[str] = []
    for piece in _PIECES.findall(folded):
        parts = [piece] if piece.isalnum() else _PLAIN.findall(piece)
        for part in parts:
            found += _bigrams(part) if has_cjk else (part[:MAX_WORD],)
        if len(parts) > 1 and (whole := _compound(piece)):
            found.append(whole)
    return found


def _bigrams(word: str) -> list[str]:
    """A word whose CJK runs are written as pairs of characters; the rest of it stays whole."""
    found, done = [], 0
    for run in _CJK.finditer(word):
        found += [word[done : run.start()][:MAX_WORD]]
        found += map("".join, pairwise(run[0])) if len(run[0]) > 1 else run[0]
        done = run.end()
    found += [word[done:][:MAX_WORD]]
    return [one for one in found if one]


def _folded(text: str) -> str:
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        plain = unicodedata.normalize("NFC", "".join(filterfalse(unicodedata.combining, plain)))
    if "'" in plain or "’" in plain:
        plain = _APOSTROPHES.sub("", _ELISIONS.sub("", plain))
    return plain


def tokens(text: str) -> Iterator[Token]:
    """Words in order. A compound such as e-mail, v2.10.2 or a.b@c.org comes whole after its parts."""
    joined = {match.end(): match for match in _JOINED.finditer(text)}
    for match in _WORD.finditer(text):
        yield from _split(match[0], match.start())
        whole = joined.get(match.end())
        if whole and (word := _compound(whole[0])):
            yield Token(word, whole.start(), whole.end())


def _split(word: str, start: int) -> Iterator[Token]:
    done = 0
    for run in _CJK.finditer(word):
        yield from _plain(word[done : run.start()], start + done)
        size = max(len(run[0]) - 1, 1)
        for at in range(run.start(), run.start() + size):
            end = min(at + 2, run.end())
            yield Token(fold(word[at:end]), start + at, start + end)
        done = run.end()
    yield from _plain(word[done:], start + done)


def _plain(word: str, start: int) -> Iterator[Token]:
    if word and (folded := fold(word[:MAX_WORD])):
        yield Token(folded, start, start + len(word))


def _compound(whole: str) -> str:
    """One word for e-mail (email) and v2.10.2 (2.10.2); none for a path or a range, whose parts say enough."""
    if len(whole) > MAX_WORD:
        return ""
    folded = fold(whole)
    if _DIGIT.search(folded):
        return folded.removeprefix("v")
    return folded.replace("-", "") if set(re.sub(r"\w", "", folded)) == {"-"} else ""


def stem(word: str, language: str = "en") -> str:
    """The stem of a folded word; in a language without a stemmer, and for words with digits, the word.

    Some endings get back the accents that folding took and the stemmer goes by."""
    tongue = primary(language)
    name = _STEMMERS.get(tongue)
    if name is None or _DIGIT.search(word):
        return word
    for plain, accented in _ACCENTED_ENDINGS.get(tongue, ()):
        if word.endswith(plain):
            word = word.removesuffix(plain) + accented
            break
    return fold(_stemmer(name).stemWord(word))


@lru_cache(maxsize=1000)
def primary(language: str) -> str:
    """The language without its region: pt-BR is pt."""
    return re.split(r"[-_]", language.casefold(), maxsplit=1)[0]


def terms(text: str, language: str = "en") -> list[str]:
    """The terms to index for a text: the stems of its words, in order, stop words too."""
    return [stem(word, language) for word in words(text)]


def gist(stems: Iterable[str]) -> int:
    """One number for the stems of a text, whatever their order and number: alike texts have the same."""
    joined = "\n".join(sorted(set(stems))).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(joined, digest_size=7).digest(), "little")


def pairs(words: Sequence[str]) -> tuple[str, ...]:
    """Each word with the next, as one term."""
    return tuple(f"{one}_{two}" for one, two in pairwise(words))


@lru_cache(maxsize=100)
def stop_words(languages: tuple[str, ...]) -> frozenset[str]:
    """The folded words that say nothing in any of these languages."""
    return frozenset().union(*(STOP_WORDS.get(primary(language), ()) for language in languages))


def forms(word: str, languages: Iterable[str]) -> list[str]:
    """Irregular forms of a folded word, which no stemmer brings together."""
    return [other for language in languages for other in FORMS.get(primary(language), {}).get(word, ())]


def synonyms(word: str, languages: Iterable[str]) -> list[str]:
    """Other folded words that mean the same to the people who ask."""
    return [other for language in languages for other in SYNONYMS.get(primary(language), {}).get(word, ())]


def _stemmer(name: str) -> "Stemmer.Stemmer":
    """One stemmer a thread: they keep state and must not be shared."""
    known: dict[str, Stemmer.Stemmer] = _mine.__dict__
    if name not in known:
        known[name] = Stemmer.Stemmer(name)
    return known[name]
