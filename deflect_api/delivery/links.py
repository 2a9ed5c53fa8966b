"""The secret link by which a requester follows a ticket. It is derived, so no table and no log holds it."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from deflect_api.store.desk import Follower
from deflect_api.store.models import Ticket


def token(secret: str, ticket: Ticket) -> str:
    """Return the link's secret part: HMAC-SHA256 of the ticket's id and nonce, 32 characters (192 bits)."""
    digest = hmac.new(secret.encode(), f"status:{ticket.id}:{ticket.link_nonce}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()


def opens(secret: str, ticket: Ticket, given: str) -> bool:
    """Tell whether `given` is the ticket's secret, in constant time."""
    return hmac.compare_digest(token(secret, ticket).encode(), given.encode("utf-8", "replace"))


def status_url(url: str, secret: str, ticket: Ticket) -> str:
    return f"{url}/requests/{ticket.id}/{token(secret, ticket)}/"


def follow_token(secret: str, follower: Follower) -> str:
    """Return the secret part of a follower's link, made as a ticket's is."""
    digest = hmac.new(secret.encode(), f"follow:{follower.id}:{follower.nonce}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:24]).decode()


def follow_url(url: str, secret: str, follower: Follower) -> str:
    return f"{url}/known-issues/following/{follower.id}/{follow_token(secret, follower)}/"


def follows(secret: str, follower: Follower, given: str) -> bool:
    """Tell whether `given` is the follower's secret, in constant time."""
    return hmac.compare_digest(follow_token(secret, follower).encode(), given.encode("utf-8", "replace"))
