"""How much a request looks like spam, as a score with its reasons. Pure.

A score never refuses anything: over the threshold a person looks first. One weak sign alone holds nobody.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

THRESHOLD = 50
TRAP, QUICK, LINKS, REPEATED, FLOOD = "trap", "quick", "links", "repeated", "flood"
TOO_QUICK = timedelta(seconds=3)
MANY_HOSTS, PER_HOST = 5, 5
SOME_PLACES, MANY_PLACES, MANY_SESSIONS = 3, 10, 30
LEAST_WORDS = 40  # characters; "it does not work" is said by many people
_LINK = re.compile(r"(?:https?://|\bwww\.)([^\s/?#<>\"'\])]+)", re.I)
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Repeated:
    """How many others sent the same words today: sessions, and network addresses they came from."""

    sessions: int = 0
    places: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known of a request when it arrives."""

    trap: str = ""  # what stands in the field that people do not see
    age: timedelta | None = None  # since its form was opened, as far as that can be proved; None: not known
    text: str = ""
    same_words: Repeated = Repeated()
    without_work: bool = False  # sent in a flood, by a page that cannot do the work asked for


@dataclass(frozen=True)
class Suspicion:
    score: int
    reasons: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.score >= THRESHOLD


def judge(facts: Facts) -> Suspicion:
    """Add up what speaks against a request."""
    found = {
        TRAP: 60 if facts.trap.strip() else 0,
        QUICK: 40 if facts.age is not None and facts.age < TOO_QUICK else 0,
        LINKS: _links(facts.text),
        REPEATED: _repeated(facts.same_words),
        FLOOD: 60 if facts.without_work else 0,
    }
    return Suspicion(sum(found.values()), tuple(reason for reason, points in found.items() if points))


def gist(text: str) -> str:
    """Reduce a text to its words and numbers, to see the same ones again; "" when they are too few to tell."""
    words = _NO_WORD.sub(" ", text.casefold()).strip()
    return words if len(words) >= LEAST_WORDS else ""


def _links(text: str) -> int:
    """Count the sites that are linked to, not the links: ten pages of one project are one person's problem."""
    hosts = {host.casefold() for host in _LINK.findall(text)}
    return 60 if len(hosts) >= MANY_HOSTS else PER_HOST * len(hosts)


def _repeated(others: Repeated) -> int:
    """Weigh places more than sessions: a class that copies the words on the board sits in one place."""
    if others.places >= MANY_PLACES:
        return 60
    if others.sessions >= MANY_SESSIONS:
        return 30
    return 20 if others.places >= SOME_PLACES else 0
