"""Proof of work: a browser shows that it spent about a second of computing on one request. Pure: `now` is a parameter.

A challenge is bound to one idempotency key: one work is good for one request, and no list of used ones is needed.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from itsdangerous import BadData, URLSafeSerializer

LIFE = timedelta(minutes=10)
LONGEST = 500
_SLACK = timedelta(minutes=5)  # clocks of two servers differ a little


@dataclass(frozen=True)
class Challenge:
    """Find a number so that the SHA-256 of "TOKEN:NUMBER" begins with `bits` zero bits, within `seconds`."""

    token: str
    bits: int
    seconds: int = int(LIFE.total_seconds())
    algorithm: str = "SHA-256"


def challenge(secret: str, key: str, *, bits: int, now: datetime) -> Challenge:
    """Ask for work on the request with this idempotency key."""
    return Challenge(str(_signer(secret).dumps([bits, int(now.timestamp()), _bound(key)])), bits)


def is_done(secret: str, work: str, *, key: str, now: datetime) -> bool:
    """Tell whether `work` ("TOKEN:NUMBER") answers a challenge of ours, for this key, in time."""
    if len(work) > LONGEST or not work.isascii():
        return False
    try:
        bits, at, bound = _signer(secret).loads(work.rpartition(":")[0])
        asked = datetime.fromtimestamp(int(at), UTC)
    except (BadData, ValueError, TypeError, OverflowError, OSError):
        return False
    in_time = -_SLACK <= now - asked <= LIFE
    return in_time and bound == _bound(key) and zero_bits(work) >= bits


def solve(asked: Challenge) -> str:
    """Do the work, as a browser does it: try numbers from 0 on."""
    return next(work for work in (f"{asked.token}:{n}" for n in count()) if zero_bits(work) >= asked.bits)


def zero_bits(text: str) -> int:
    """Count the zero bits that the SHA-256 of `text` begins with."""
    return 256 - int.from_bytes(hashlib.sha256(text.encode()).digest()).bit_length()


def _bound(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="work")
