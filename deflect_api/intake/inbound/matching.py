"""Which request a mail belongs to: by its signed address, else by what it refers to.

The number in its subject counts only from the right sender.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from deflect_api.delivery import reply_address
from deflect_api.intake.inbound.letter import Letter
from deflect_api.store.models import Ticket

ADDRESS, HEADERS, REFERENCE = "address", "headers", "reference"
_OURS = re.compile(r"<(\d{1,10})\.[a-z_]+(?:\.\d{1,12})?@([^<>\s]+)>")
_NUMBER = re.compile(r"(?:\[#?|#)(\d{1,10})\b")


@dataclass(frozen=True)
class Match:
    """A request, how it was found, and whether the sender belongs to it."""

    ticket: Ticket
    how: str
    known: bool


def match(session: Session, letter: Letter, *, secret: str, domain: str) -> Match | None:
    """Find the request that a mail belongs to, or None."""
    for address in letter.to:
        tag = reply_address.tagged(address)
        ticket = _get(session, tag[0]) if tag else None
        if tag and ticket and reply_address.is_right(secret, ticket, tag[1]):
            return Match(ticket, ADDRESS, True)
    for number in ours(letter.refers_to, domain):
        if ticket := _get(session, number):
            return Match(ticket, HEADERS, belongs(ticket, letter.sender))
    for number in _NUMBER.findall(letter.subject)[:3]:
        ticket = _get(session, number)
        if ticket and belongs(ticket, letter.sender):
            return Match(ticket, REFERENCE, True)
    return None


def ours(ids: Iterable[str], domain: str) -> list[str]:
    """Return the requests' numbers in Message-IDs that are of our making, the last first."""
    found = [_OURS.fullmatch(one) for one in ids]
    return [one[1] for one in reversed(found) if one and one[2].lower() == domain.lower()]


def belongs(ticket: Ticket, address: str) -> bool:
    """Tell whether an address is the requester's or one of the copies."""
    return bool(address) and address.lower() in {ticket.email.lower(), *(copy.lower() for copy in ticket.cc)}


def _get(session: Session, number: str) -> Ticket | None:
    return session.get(Ticket, int(number), with_for_update=True) if len(number) < 10 else None
