"""Takes personal data out of texts that others will read, by placeholders that stay the same for the same thing. Pure.

What is known or has a shape goes; what may be a name is only marked: a person reads it before it leaves.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deflect_api.desk.scrubbing import names, scrub_patterns
from deflect_api.desk.scrubbing.folded import fold
from deflect_api.desk.scrubbing.name_words import words as words_of
from deflect_api.desk.scrubbing.names import Person
from deflect_api.store.models import Ticket

KEPT_FIELDS = ("form_id", "data_point", "instance", "item", "project", "assignment", "survey", "version", "app_version")
PLACEHOLDER = re.compile(r"\[(?:person|partner|mail|link|token|password|device number|number) \d+\]")


@dataclass(frozen=True)
class Known:
    """Who and what is known: people and organisations, pieces that developers need, hosts whose links may stay."""

    people: tuple[Person, ...] = ()
    keep: tuple[str, ...] = ()
    public: tuple[str, ...] = scrub_patterns.PUBLIC


@dataclass(frozen=True)
class Replaced:
    """One piece that was taken out, and what stands there now."""

    piece: str
    placeholder: str


@dataclass(frozen=True)
class Scrubbed:
    """`possible` has, for each text, the places of what may be a name."""

    texts: dict[str, str]
    replaced: tuple[Replaced, ...]
    possible: dict[str, list[tuple[int, int]]]

    @property
    def names(self) -> list[str]:
        """List what may be a name, each once."""
        found = [self.texts[name][start:end] for name, spans in self.possible.items() for start, end in spans]
        return list(dict.fromkeys(found))


@dataclass
class _Book:
    """Which placeholder stands for what, over all texts of one scrub."""

    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    replaced: dict[tuple[str, str], None] = field(default_factory=dict)

    def placeholder(self, kind: str, key: str, piece: str) -> str:
        known = self.numbers.setdefault(kind, {})
        word = f"[{kind} {known.setdefault(key, len(known) + 1)}]"
        self.replaced[(piece, word)] = None
        return word


def scrub(texts: Mapping[str, str], known: Known, also: Sequence[str] = ()) -> Scrubbed:
    """Scrub several texts of one ticket together. `also` are names that a person pointed out."""
    book = _Book()
    people = (*known.people, *(Person((name,)) for name in also if name.strip()))
    clean = {name: _clean(text, Known(people, known.keep, known.public), book) for name, text in texts.items()}
    marked = {name: names.possible(text, _placeholders(text)) for name, text in clean.items()}
    return Scrubbed(clean, tuple(Replaced(*pair) for pair in book.replaced), marked)


def known_of(ticket: Ticket, staff: Iterable[str] = (), public: Sequence[str] = scrub_patterns.PUBLIC) -> Known:
    """Say who and what is known of a ticket: requester, copies, partner and `staff`."""
    organisation = _organisation(ticket.email)
    partner = tuple(name for name in (ticket.partner, organisation) if name)
    people = [Person((ticket.name or "", _local(ticket.email)))]
    people += [Person((_local(address),)) for address in ticket.cc]
    people += [Person((name,)) for name in staff]
    people += [Person(partner, "partner")] if partner else []
    device = [Person((str(ticket.context[name]),)) for name in ("account", "device_id") if ticket.context.get(name)]
    keep = [str(ticket.context[name]) for name in KEPT_FIELDS if ticket.context.get(name)]
    return Known((*people, *device), tuple(piece for piece in keep if not scrub_patterns.find(piece, public)), tuple(public))


def of_ticket(text: str, ticket: Ticket, people: Sequence[str] = ()) -> str:
    """Scrub one text of a ticket, possible names too: nobody reads it before it leaves."""
    known = known_of(ticket, people)
    once = scrub({"text": text}, known)
    return scrub({"text": text}, known, once.names).texts["text"]


def _clean(text: str, known: Known, book: _Book) -> str:
    text = text.replace("\x00", "")
    spans = scrub_patterns.find(text, known.public, known.keep)
    taken = [(span.start, span.end) for span in spans]
    pieces = [(span.start, span.end, span.kind, span.key) for span in spans]
    for start, end, number in names.known(text, known.people):
        if not any(start < last and first < end for first, last in taken):
            taken.append((start, end))
            pieces.append((start, end, known.people[number].kind, f"{number}"))
    words = [(start, end, book.placeholder(kind, key, text[start:end])) for start, end, kind, key in sorted(pieces)]
    for start, end, word in reversed(words):
        text = f"{text[:start]}{word}{text[end:]}"
    return _joined(text)


def _joined(text: str) -> str:
    """A first and a last name of one person become one placeholder, with the initial before them."""
    once = re.sub(r"(\[(?:person|partner) \d+\])(?:[ ,.-]{1,2}\1)+", r"\1", text)
    return re.sub(r"(?<!\w)[A-Z]\.? ?(?=\[person \d+\])", "", once)


def _placeholders(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in PLACEHOLDER.finditer(text)] + [
        (span.start, span.end) for span in scrub_patterns.find(text, public=())
    ]


def _local(address: str) -> str:
    """The words before the @ that may be a name; info@ and the like are nobody's."""
    local = address.partition("@")[0].partition("+")[0]
    return "" if fold(local) in ("info", "office", "support", "admin", "contact", "help", "data", "monitoring") else local


def _organisation(address: str) -> str:
    labels = address.rpartition("@")[2].lower().split(".")
    name = labels[-2] if len(labels) > 1 else ""
    return name if len(name) >= names.INSIDE and name not in words_of("public_mail") else ""
