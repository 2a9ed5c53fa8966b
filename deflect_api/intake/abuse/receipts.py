"""Search receipts: signed proof that a support session searched, when, and what it was shown. Pure: `now` is a parameter."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from itsdangerous import BadData, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from deflect_api.errors import SearchFirst
from deflect_api.i18n import said

LIFE = timedelta(days=7)  # as long as a draft lives in the browser
UNAVAILABLE = "unavailable"
_JSON = json.JSONEncoder(separators=(",", ":"))
_SLACK = timedelta(minutes=5)  # clocks of two servers differ a little


@dataclass(frozen=True)
class Receipt:
    session: str
    at: datetime
    shown: tuple[str, ...]


def issue(secret: str, receipt: Receipt) -> str:
    """Sign a receipt; URL-safe text. As itsdangerous's serializer would, but for its try to compress what is short."""
    told = _JSON.encode([receipt.session, int(receipt.at.timestamp()), receipt.shown])
    return _signer(secret).sign(base64_encode(told)).decode("ascii")


def read(secret: str, text: str, *, session: str, now: datetime) -> Receipt:
    """Check a receipt. Raises SearchFirst when it is missing, not ours, another session's, or older than a draft may be."""
    if not text:
        raise _search_first(said("Search before sending: the request needs the receipt of a search."))
    try:
        owner, at, shown = _reader(secret).loads(text)
        receipt = Receipt(str(owner), datetime.fromtimestamp(int(at), UTC), tuple(map(str, shown)))
    except (BadData, ValueError, TypeError, OverflowError, OSError):
        raise _search_first(said("This receipt was not issued here. Search again and send the new one.")) from None
    if session and receipt.session and receipt.session != session:
        raise _search_first(said("This receipt belongs to another session. Search again in this one."))
    if now - receipt.at > LIFE or receipt.at - now > _SLACK:
        raise _search_first(said("This search is more than 7 days old. Search again; what you wrote stays."))
    return receipt


def issued_at(secret: str, text: str, *, session: str, now: datetime) -> datetime | None:
    """Return when a receipt of this session was issued, or None when `text` is none."""
    try:
        return read(secret, text, session=session, now=now).at
    except SearchFirst:
        return None


def stamp(secret: str, purpose: str, now: datetime) -> str:
    """Sign the time at which a form was opened, for one purpose; URL-safe text."""
    return str(URLSafeSerializer(secret, salt=purpose).dumps(int(now.timestamp())))


def stamped_at(secret: str, purpose: str, text: str, now: datetime) -> datetime | None:
    """Return when a form was opened, or None when `text` is no stamp of ours or a draft would be too old for it."""
    try:
        at = datetime.fromtimestamp(int(URLSafeSerializer(secret, salt=purpose).loads(text)), UTC)
    except (BadData, ValueError, TypeError, OverflowError, OSError):
        return None
    return at if -_SLACK <= now - at <= LIFE else None


def _search_first(detail: str) -> SearchFirst:
    return SearchFirst(detail, {"receipt": detail})


@lru_cache(maxsize=4)
def _signer(secret: str) -> Signer:
    return _reader(secret).make_signer()


@lru_cache(maxsize=4)
def _reader(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="receipt")
