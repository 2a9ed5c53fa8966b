"""Which tags fit a request: its hub, its partner by name or by colleagues' mail addresses, categories by its words."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api.desk.tags import Offered
from deflect_api.store.desk import CATEGORY, HUB, PARTNER, Tag, TicketTag
from deflect_api.store.full_text import fold
from deflect_api.store.models import Ticket

MOST_CATEGORIES = 2
PUBLIC = frozenset(
    ("gmail", "yahoo", "hotmail", "outlook", "live", "icloud", "protonmail", "proton", "gmx", "aol", "mail", "ymail")
)
"""Mail hosts whose addresses say nothing about an organisation."""


def suggest(session: Session, ticket: Ticket, lists: Mapping[str, Sequence[Offered]]) -> dict[str, list[str]]:
    """Return the names that fit, by kind."""
    said = set(fold(" ".join((ticket.subject, ticket.happened, ticket.doing or "", ticket.steps or ""))))
    partner = named(ticket.partner or "", lists[PARTNER]) or _of_the_same_domain(session, ticket)
    return {
        HUB: [one.name for one in lists[HUB] if one.name == ticket.hub],
        PARTNER: [partner] if partner else [],
        CATEGORY: categories(said, lists[CATEGORY]),
    }


def named(written: str, partners: Sequence[Offered]) -> str:
    """Return the partner that a person wrote, whatever the case, accents and order of words; "" for none."""
    words = set(fold(written))
    return next((one.name for one in partners if words and set(fold(one.name)) == words), "")


def categories(said: set[str], known: Sequence[Offered]) -> list[str]:
    """Return the categories most of whose words a request has, the best first. A word counts with any ending."""
    scored = [(sum(any(word.startswith(stem) for word in said) for stem in one.words), one.name) for one in known]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1]))
    return [name for score, name in best[:MOST_CATEGORIES] if score == best[0][0]]


def _of_the_same_domain(session: Session, ticket: Ticket) -> str:
    domain = ticket.email.rpartition("@")[2].lower()
    if domain.partition(".")[0] in PUBLIC:
        return ""
    colleagues = (
        select(Tag.name, func.count())
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .join(Ticket, Ticket.id == TicketTag.ticket_id)
        .where(Tag.kind == PARTNER, Tag.into_id.is_(None), Ticket.email.endswith(f"@{domain}", autoescape=True))
        .group_by(Tag.name)
        .order_by(func.count().desc(), Tag.name)
    )
    found = session.execute(colleagues.limit(1)).first()
    return str(found[0]) if found else ""
