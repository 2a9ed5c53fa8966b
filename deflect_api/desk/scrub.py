"""Takes personal data out of a text that others will read: people, addresses, numbers, devices. Pure.

What is known of the ticket goes by name; what looks like a person's goes by its shape. A person still reads it before it leaves.
"""

import re
from collections.abc import Iterable, Sequence

from deflect_api.intake import sensitive
from deflect_api.store.models import Ticket

ADDRESS, NUMBER, NAME, DEVICE = "[mail address]", "[number]", "[name]", "[device]"
_ADDRESS = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ ().-]?\d){7,}(?![\w])")
_GREETING = re.compile(
    r"^(?P<hello>\s*(?:hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|bonjour|hola|ol[aá])) [^,\n]{1,60}(?P<end>[,!])",
    re.IGNORECASE | re.MULTILINE,
)
DEVICE_FIELDS = ("device_id", "imei", "account", "device")
SHORTEST_NAME = 3


def of_ticket(text: str, ticket: Ticket, people: Sequence[str] = ()) -> str:
    """Scrub a text of a ticket. `people` are further names that stand in it, such as the agents'."""
    devices = [str(ticket.context[name]) for name in DEVICE_FIELDS if ticket.context.get(name)]
    names = [ticket.name or "", *people, ticket.email.partition("@")[0], ticket.partner or ""]
    return scrub(text, names=names, devices=devices)


def scrub(text: str, *, names: Iterable[str] = (), devices: Iterable[str] = ()) -> str:
    """Replace what names or reaches a person by a word that says what stood there."""
    clean = _ADDRESS.sub(ADDRESS, text)
    for finding in reversed(sensitive.find(clean)):
        clean = f"{clean[: finding.start]}{sensitive.REMOVED}{clean[finding.end :]}"
    clean = _NUMBER.sub(NUMBER, clean)
    clean = _GREETING.sub(lambda found: f"{found['hello']} {NAME}{found['end']}", clean)
    for device in devices:
        clean = _without(clean, device, DEVICE)
    parts = {part for name in names for part in (name, *name.split())}
    for part in sorted(parts, key=len, reverse=True):
        clean = _without(clean, part, NAME)
    return re.sub(r"\[name\](?: \[name\])+", NAME, clean)


def _without(text: str, piece: str, word: str) -> str:
    if len(piece.strip()) < SHORTEST_NAME:
        return text
    return re.sub(rf"(?<!\w){re.escape(piece.strip())}(?!\w)", word, text, flags=re.IGNORECASE)
