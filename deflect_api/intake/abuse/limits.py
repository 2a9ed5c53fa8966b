"""Limits in sliding windows, kept in the database so that all replicas count together.

Only what was taken counts: what is refused takes nobody's place, and Retry-After is the moment when there is room again.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import Session

from deflect_api.config.limits import Limits, rate_of
from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import TooMany
from deflect_api.i18n import said, saidn
from deflect_api.store.abuse import Tally
from deflect_api.store.db import wait_for_name
from deflect_api.store.models import Message

VISIT, UNPROVEN, MAIL, ADDRESS = "visit", "unproven", "mail", "address"
ACKNOWLEDGEMENTS, FIND, FIND_ADDRESS = "acknowledgements", "find", "find_address"
WORDS, PLACES = "words", "places"
A_MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
FORGET = "forget"
FORGET_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Who:
    """A sender, as keyed hashes. `visit` is "" when the request proves no search of its own."""

    visit: str
    mail: str
    address: str

    def scopes(self) -> Mapping[str, str]:
        """Name what a request of this sender counts against."""
        once = {VISIT: self.visit} if self.visit else {UNPROVEN: self.address}
        return {**once, MAIL: self.mail, ADDRESS: self.address}


def who(secret: str, *, address: str, visit: str, mail: str) -> Who:
    """Hash what identifies a sender; a visit counts together with its network address."""
    network = network_of(address)
    return Who(
        visit=keyed(secret, VISIT, f"{visit} {network}") if visit else "",
        mail=keyed(secret, MAIL, mail.casefold()),
        address=keyed(secret, ADDRESS, network),
    )


def keyed(secret: str, scope: str, value: str) -> str:
    """Hash a value so that nobody without the secret can tell or try what it was."""
    return hmac.new(secret.encode(), f"{scope}:{value}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str:
    """Return the address, or the /64 that one household or school has in IPv6; "" for what is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def check(session: Session, sender: Who, limits: Limits, now: datetime) -> None:
    """Raise TooMany when one of the sender's limits is reached."""
    waits = {scope: wait(session, scope, who, limits, now) for scope, who in sender.scopes().items()}
    longest = max(waits, key=lambda scope: waits[scope])
    if waits[longest]:
        raise TooMany(*_told(longest, waits[longest]))


def wait(session: Session, scope: str, who: str, limits: Limits, now: datetime) -> timedelta:
    """Return how long until there is room for one more; zero when there is now."""
    most, _ = rate_of(getattr(limits, scope))
    counted = select(Tally.until).where(Tally.scope == scope, Tally.who == who, *_counts(now))
    full = session.scalar(counted.order_by(Tally.until.desc()).offset(most - 1).limit(1))
    return full - now if full else timedelta()


def hold_places(session: Session, sender: Who) -> None:
    """Let nobody else count this sender until the transaction ends. Always in one order, so that no two wait for each other."""
    for scope, who in sender.scopes().items():
        wait_for_name(session, f"{scope}:{who}")


def note(session: Session, sender: Who, limits: Limits, now: datetime) -> None:
    """Count a request that was taken."""
    for scope, who in sender.scopes().items():
        _count(session, scope, who, rate_of(getattr(limits, scope))[1], now, mark=sender.visit)
    _plan_forgetting(session, now)


def take(session: Session, scope: str, who: str, limits: Limits, now: datetime) -> bool:
    """Count one more if there is room, in one step."""
    wait_for_name(session, f"{scope}:{who}")
    if wait(session, scope, who, limits, now):
        return False
    _count(session, scope, who, rate_of(getattr(limits, scope))[1], now)
    _plan_forgetting(session, now)
    return True


def take_or_refuse(session: Session, scope: str, who: str, limits: Limits, now: datetime) -> None:
    """Count one more, or raise TooMany."""
    if not take(session, scope, who, limits, now):
        raise TooMany(*_told(scope, wait(session, scope, who, limits, now)))


def others_with(session: Session, words: str, sender: Who, now: datetime) -> tuple[int, int]:
    """Count the other visits and the other addresses that sent the same words (a keyed hash) in a day, and note this one."""
    visits = _others(session, WORDS, words, sender.visit, now)
    return visits, _others(session, PLACES, words, sender.address, now)


def _others(session: Session, scope: str, words: str, mark: str, now: datetime) -> int:
    marks = select(func.count(Tally.mark.distinct())).where(
        Tally.scope == scope, Tally.who == words, *_counts(now), Tally.mark != mark
    )
    found = session.scalar(marks) or 0
    _count(session, scope, words, A_DAY, now, mark=mark)
    return found


def is_flood(session: Session, sender: Who, limits: Limits, now: datetime) -> bool:
    """Tell whether more visits than any training room has were taken in the last minute, from this address or in all."""
    last_minute = (Tally.at > now - A_MINUTE) & (Tally.at < now + A_MINUTE)
    visits = select(func.count(Tally.mark.distinct())).where(Tally.scope == ADDRESS, last_minute)
    if (session.scalar(visits) or 0) >= limits.flood_everywhere:
        return True
    return (session.scalar(visits.where(Tally.who == sender.address)) or 0) >= limits.flood_address


def forgetter(clock: Callable[[], datetime]) -> Handler:
    """Return what the relay calls for a `forget` message: it removes what no window needs any more.

    After a pause it does so once, not once for every hour that went by."""

    def forget(message: Message) -> Done:
        now = max(clock(), message.not_before)  # a clock put back must not remove less than was due

        def remove(session: Session) -> None:
            session.execute(delete(Tally).where(Tally.until <= now))
            if session.scalar(select(exists().where(Tally.until > now))):
                _plan_forgetting(session, now)

        return Done("removed what was counted before", record=remove)

    return forget


def _counts(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What counts now. What was counted later than now was so before the clock was put back: it holds nobody."""
    return Tally.until > now, Tally.at <= now + A_MINUTE


def _count(session: Session, scope: str, who: str, window: timedelta, now: datetime, *, mark: str = "") -> None:
    session.add(Tally(scope=scope, who=who, mark=mark, at=now, until=now + window))


def _plan_forgetting(session: Session, now: datetime) -> None:
    planned = exists().where(Message.kind == FORGET, Message.state == outbox.QUEUED)
    if not session.scalar(select(planned)):
        outbox.put(session, outbox.owe(FORGET, FORGET, now, not_before=now + FORGET_EVERY))


def _told(scope: str, pause: timedelta) -> tuple[str, dict[str, str], int]:
    seconds = max(ceil(pause.total_seconds()), 1)
    minutes = ceil(seconds / 60)
    if minutes > 1:
        when = saidn(
            "Nothing you wrote is lost: send it again in %(num)s minute.",
            "Nothing you wrote is lost: send it again in %(num)s minutes.",
            minutes,
        )
    else:
        when = saidn(
            "Nothing you wrote is lost: send it again in %(num)s second.",
            "Nothing you wrote is lost: send it again in %(num)s seconds.",
            seconds,
        )
    told = said("Many requests came from here in a short time. %(when)s", when=when)
    if scope == MAIL:
        told = said("Many requests came for this mail address in a short time. %(when)s", when=when)
    return told, {"email" if scope == MAIL else "session": told}, seconds
