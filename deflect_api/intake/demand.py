"""What many people needed: counted from what support sessions opened, rejected and were solved by. Never from one person.

A session counts once for an article, and all sessions of one place together count as one, however many they are."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p
from typing import Any

from sqlalchemy import Float, Select, case, cast, func, select
from sqlalchemy.orm import Session

from deflect_api.config.popularity import Popularity
from deflect_api.intake.abuse import limits
from deflect_api.intake.deflection import OPENED, REJECTED, SOLVED
from deflect_api.store.models import SessionEvent, SupportSession

WORTH = {OPENED: 1.0, SOLVED: 2.0, REJECTED: -1.0}
"""What a session tells by the last word it said of an article; one that only opened it said none."""

MANY = 30.0
"""Below so much worth, the most needed article is no measure for the others yet."""

PLACES = 256
NEAR = {4: 24, 6: 48}
"""How many leading bits of an address make a place: one line, office or household, and those next to it."""


@dataclass(frozen=True)
class Count:
    """How an article was needed: by sessions of how many places, what that is worth, and what the sessions said."""

    article: str
    people: int
    worth: float
    opened: int
    solved: int
    rejected: int


def place_of(secret: str, address: str) -> int:
    """One of 256 places for a network address. Each place stands for millions of addresses, so it tells of nobody."""
    try:
        found = ipaddress.ip_address(limits.network_of(address).partition("/")[0])
        near = str(ipaddress.ip_network((found, NEAR[found.version]), strict=False))
    except ValueError:
        near = ""
    return int(limits.keyed(secret, "place", near)[:8], 16) % PLACES


def counts(session: Session, now: datetime, *, days: int, people: int = 1) -> list[Count]:
    """The articles that sessions of so many places needed in the last `days`, most needed first."""
    article = _of_places(now - timedelta(days=days)).subquery()
    needed = func.sum(case((article.c.worth > 0, 1), else_=0))
    said = [func.sum(article.c[name]) for name in (OPENED, SOLVED, REJECTED)]
    worth = func.sum(article.c.worth)
    found = select(article.c.article, needed, worth, *said).group_by(article.c.article).having(needed >= people)
    return [Count(*row) for row in session.execute(found.order_by(worth.desc(), article.c.article))]


def shares(found: Iterable[Count], rules: Popularity) -> Mapping[str, float]:
    """How much each article is needed, 0 to `weight`: by the logarithm, so that much more people weigh little more."""
    known = {one.article: one.worth for one in found if one.people >= rules.people and one.worth > 0}
    most = max(known.values(), default=0.0)
    return {article: rules.weight * log1p(worth) / log1p(max(most, MANY)) for article, worth in known.items()}


def _of_sessions(since: datetime) -> Select[Any]:
    """Each article of each session, with the numbers of its last events of a kind."""
    event = SessionEvent
    last: list[Any] = [func.max(case((event.event == kind, event.id), else_=0)).label(kind) for kind in (SOLVED, REJECTED)]
    return (
        select(event.article, SupportSession.place, *last)
        .join(SupportSession, SupportSession.id == event.session_id)
        .where(event.at >= since, event.event.in_(list(WORTH)), event.article != "", SupportSession.place.is_not(None))
        .group_by(event.session_id, event.article, SupportSession.place)
    )


def _of_places(since: datetime) -> Select[Any]:
    """Each article of each place: what its sessions are worth on average, and how many said what."""
    one = _of_sessions(since).subquery()
    solved, rejected = one.c.solved > one.c.rejected, one.c.rejected > one.c.solved
    worth = case((solved, WORTH[SOLVED]), (rejected, WORTH[REJECTED]), else_=WORTH[OPENED])
    said = [
        func.sum(case((told, 1), else_=0)).label(kind)
        for kind, told in ((OPENED, one.c.solved == one.c.rejected), (SOLVED, solved), (REJECTED, rejected))
    ]
    mean = cast(func.avg(worth), Float).label("worth")
    return select(one.c.article, mean, *said).group_by(one.c.article, one.c.place)
