"""The signed address that answers to a request's mails go to: who has it was written to about this request."""

import hashlib
import hmac
import re
from base64 import b32encode

from deflect_api.store.models import Ticket

_TAGGED = re.compile(r"^[^@+]+\+(\d{1,10})\.([a-z2-7]{16})@", re.I)


def address(sender: str, secret: str, ticket: Ticket) -> str:
    """Return the address: support+1042.signature@example.org."""
    local, _, domain = sender.partition("@")
    return f"{local.partition('+')[0]}+{ticket.id}.{signature(secret, ticket)}@{domain}"


def signature(secret: str, ticket: Ticket) -> str:
    """80 bits in letters and digits that survive a change of case."""
    digest = hmac.new(secret.encode(), f"reply:{ticket.id}:{ticket.link_nonce}".encode(), hashlib.sha256).digest()
    return b32encode(digest[:10]).decode().lower()


def tagged(given: str) -> tuple[str, str] | None:
    """Read the reference and the signature of such an address."""
    found = _TAGGED.match(given)
    return (found[1], found[2].lower()) if found else None


def is_right(secret: str, ticket: Ticket, given: str) -> bool:
    return hmac.compare_digest(signature(secret, ticket).encode(), given.encode("utf-8", "replace"))
