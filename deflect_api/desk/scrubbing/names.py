"""Finds people in a text: those that the ticket knows, however they are written, and what may be another's name. Pure.

A known name goes without asking; a possible one is only marked, and a person decides.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from deflect_api.desk.scrubbing.folded import fold, folded
from deflect_api.desk.scrubbing.name_words import ordinary
from deflect_api.desk.scrubbing.name_words import words as words_of

INSIDE = 5  # letters from which a name is found inside a longer word, too: a user name, a path
SHORTEST = 3
_CYRILLIC, _OTHER = (
    re.compile("[\u0400-\u04ff]"),
    re.compile("[\u0600-\u07ff\u0900-\u0dff\u1200-\u137f\u3040-\u9fff\uac00-\ud7af]"),
)
_HAN = re.compile("[\u3400-\u9fff]")
_PART = re.compile(r"[^\s,;/()<>\"|+_.-]+")
_WORD = re.compile(
    "(?:[^\\W\\d_]|[\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u200b-\u200d])+(?:['’.-](?=[^\\W\\d_])[^\\W\\d_]+)*"
)
_LATIN = re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff\u0400-\u04ff]")
_SENTENCE = re.compile(r"(?:^|[.!?…:]\s+|[\n\r>*•|\t\"“«]\s*|-\s+)$")
_REST = r"[^\s,;:።।.\d]"
_LAST_WORDS = re.compile(
    rf"(?m)(?:(?<![^\W_])(\w[^\s,،።।.:]{{0,30}}))?[,،።।.]\s+([^\W\d]{_REST}{{0,40}}(?: {_REST}{{1,40}}){{0,2}})[.።।]?[ \t]*$"
)
"""The word before a comma or a full stop, and one to three words after it that end the line."""


@dataclass(frozen=True)
class Person:
    """One who is known, by every name they are called: full name, user name, organisation."""

    names: tuple[str, ...]
    kind: str = "person"


def known(text: str, people: Sequence[Person]) -> Iterator[tuple[int, int, int]]:
    """List where known people stand: start, end and which of `people`. Longer names come first."""
    whole = folded(text)
    if not whole.text:
        return
    patterns = [(part, number) for number, person in enumerate(people) for part in _parts(person)]
    for part, number in sorted(patterns, key=lambda one: -len(one[0])):
        for match in _pattern(part).finditer(whole.text):
            start, end = whole.span(*match.span())
            if _holds(part, text[start:end]):
                yield start, end, number


def _parts(person: Person) -> set[str]:
    """Say by which words a person is found. An organisation: by its whole name and its initials, never by one common word."""
    parts: set[str] = set()
    for name in person.names:
        written = _PART.findall(name)
        telling = (fold(word) for word in written if not (word.islower() and word in words_of("particles")))
        words = [word for word in telling if word.strip()]
        parts |= {" ".join(words)} if len(words) > 1 else set()
        if person.kind == "person":
            parts |= {word for word in words if len(word) >= (2 if _OTHER.search(word) else SHORTEST)}
            parts |= {word[1:] for word in words if len(word) == SHORTEST and _HAN.match(word)}  # 小明 of 王小明
            parts |= _usernames(words)
        elif len(words) >= SHORTEST:
            parts.add("".join(word[0] for word in words).upper())
        elif words and len(words[0]) >= SHORTEST:
            parts.add(" ".join(words))
    return parts - {""}


def _usernames(words: list[str]) -> set[str]:
    """Say as what a person with these names may sign in: adiallo, amina.d is found by its parts."""
    latin = [word for word in words if word.isascii()]
    return {latin[0][0] + latin[-1]} if len(latin) > 1 and len(latin[-1]) >= SHORTEST else set()


@cache
def _pattern(part: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in part.split()]
    if part.isupper():
        return re.compile(rf"(?<![^\W_]){r'[. ]?'.join(map(re.escape, part.lower()))}(?![^\W_])")
    if len(words) > 1:
        return re.compile(rf"{'[ _.,-]*'.join(words)}{_ending(part)}")
    if _OTHER.search(part) or len(part) >= INSIDE:
        spaced = rf"|(?<!\w){' '.join(map(re.escape, part))}(?!\w)" if len(words[0]) >= INSIDE else ""
        return re.compile(_stem(part) + _ending(part) + spaced)
    return re.compile(rf"(?<![^\W\d_]){_stem(part)}(?:{_ending(part)}(?![^\W\d_])|(?=[a-z]{{3,}}))")


def _stem(part: str) -> str:
    """Cyrillic names change their last vowel; a letter may be typed twice, or once where it stands twice."""
    stem = part[:-1] if _CYRILLIC.search(part) and len(part) > SHORTEST and part[-1] in "аяьйоеиы" else part
    return "".join(f"{re.escape(letter)}{{1,3}}" for letter, _ in groupby(stem))


def _ending(part: str) -> str:
    if _CYRILLIC.search(part):
        return "[а-я]{0,3}"
    return "" if _OTHER.search(part) else r"(?:['’][a-zı]{1,3}|(?:ego|emu|iego|iemu|owi|em|iem|s|a|u|en)(?![^\W_]))?"


def _holds(part: str, piece: str) -> bool:
    """Initials count in capitals, a name that is also a word with one; a short name inside a word only where its case turns."""
    if part.isupper():
        return piece.isupper()
    if part in words_of("ambiguous"):
        return piece[:1].isupper()
    return True


def possible(text: str, taken: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """List what may be a name, in order; pieces in `taken` are known to be something else."""
    gone = list(taken)
    words = list(_WORD.finditer(text))
    found = [*_capitalised(text, words), *_by_cue(text, words), *_signatures(text), *_han(text), *_user_names(text)]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        free = not any(start < last and first < end for first, last in gone)
        if free and (not apart or start >= apart[-1][1]):
            apart.append((start, end))
    return apart


def _capitalised(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for place, word in enumerate(words):
        if not _LATIN.match(word[0]) or not _is_name_like(word[0], text, word.start()):
            continue
        follows = place + 1 < len(words) and text[word.end() : words[place + 1].start()] == " "
        next_is = follows and _is_name_like(words[place + 1][0], text, words[place + 1].start())
        if word[0].isupper() and not (next_is and words[place + 1][0].isupper()) and not _neighbour(text, words, place):
            continue
        yield word.span()


def _neighbour(text: str, words: list[re.Match[str]], place: int) -> bool:
    before = words[place - 1] if place else None
    return before is not None and before[0].isupper() and len(before[0]) > 2 and text[before.end() : words[place].start()] == " "


def _is_name_like(word: str, text: str, start: int) -> bool:
    low = word.casefold()
    plain = low.split("'")[0].split("’")[0] if not re.match(r"[od]['’]", low) else low
    inner = any(letter.isupper() for letter in word[1:]) and not word.isupper() and not re.search(r"['’-]|^Ma?c[A-Z]", word)
    dotted = start > 0 and text[start - 1] in "./\\_@#$=<" and not text[max(0, start - 2) : start].isspace()
    if not word[0].isupper() or len(word) < SHORTEST or inner or dotted or plain in words_of("never"):
        return False
    return plain not in ordinary()


def _by_cue(text: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    for place, word in enumerate(words[:-1]):
        cue, nexts = word[0].casefold(), words[place + 1 : place + 3]
        gap = text[word.end() : nexts[0].start()]
        if not re.fullmatch(r"[ .:,;،\n/ዮሮ]{1,3}", gap):
            continue
        if cue in words_of("lower_cues") and _LATIN.match(nexts[0][0]) and nexts[0][0].casefold() not in ordinary():
            yield nexts[0].span()
        if word[0] in words_of("arabic_cues") or word[0] in words_of("devanagari_cues") or word[0] in words_of("ethiopic_cues"):
            both = len(nexts) > 1 and text[nexts[0].end() : nexts[1].start()] == " "
            yield nexts[0].start(), nexts[both].end()
    for word in words:
        bare = word[0].removeprefix("و")
        if bare in words_of("arabic_names") or word[0] in words_of("devanagari_names"):
            yield word.span()
    for match in re.finditer(r"(?:ወ/[ሮሪት]+|ዶ/ር|(?<!\w)(?i:w/ro|w/rt|ato))\.?\s+([^\W\d]+(?: [^\W\d]+)?)", text):
        yield match.span(match.lastindex or 0)


def _signatures(text: str) -> Iterator[tuple[int, int]]:
    """What stands after a closing, on its line or the next, is signed by somebody."""
    for match in re.finditer(r"(?m)^[ \t>]*([^\n]{2,40}?)[,!.،]*[ \t]*\n[ \t>]*(?:--[ \t]*\n)?[ \t>]*([^\n|,<]{2,40})", text):
        closing = {word.casefold() for word in re.findall(r"\w+", match[1])}
        if closing & words_of("closings") and len(match[2].split()) <= 4 and not re.search(r"\d|@|//", match[2]):
            yield match.start(2), match.start(2) + len(match[2].rstrip(" ,."))
    for match in _LAST_WORDS.finditer(text):
        closed = (match[1] or "").casefold() in words_of("closings")
        if closed or (_OTHER.match(match[2]) and len(match[2].split()) == 2):
            yield match.span(2)


def _han(text: str) -> Iterator[tuple[int, int]]:
    titles, cues = "|".join(words_of("han_titles")), "|".join(words_of("han_cues"))
    surname = f"[{''.join(words_of('han_surnames'))}]"
    titled = rf"({surname}[\u4e00-\u9fff]{{0,2}}?(?:{titles}))"
    named = rf"(?:{cues}|[和跟与])[：: ]?({surname}[\u4e00-\u9fff]{{1,2}}?)(?=的|说|在|也|和|，|。|\s|$)"
    for match in re.finditer(f"{titled}|{named}", text):
        yield match.span(match.lastindex or 0)


def _user_names(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(
        r"(?i)\b(?:skype|user|username|login|account|telegram|facebook)\b[ :=]+@?([a-z]{2,}(?:[._][a-z]{2,})+)", text
    ):
        yield match.span(1)
