"""Open tickets that are likely about the same: those of the product that have most of a ticket's rare words."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from deflect_api.intake import tickets
from deflect_api.store.desk import TicketWords
from deflect_api.store.full_text import fold
from deflect_api.store.models import Ticket

MOST_LOOKED_AT, MOST_SHOWN = 600, 4
ENOUGH = 0.4
OPEN = (tickets.NEW, tickets.OPEN, tickets.PENDING, tickets.ESCALATED)


def to(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """List the open tickets most like this one, the most like it first."""
    asked = set(fold(f"{ticket.subject} {ticket.happened}"))
    product = or_(Ticket.product == ticket.product, Ticket.product == "other")
    others = select(Ticket.id, TicketWords.words).join(TicketWords, TicketWords.ticket_id == Ticket.id)
    chosen = (
        others.where(Ticket.status.in_(OPEN), Ticket.id != ticket.id, product).order_by(Ticket.id.desc()).limit(MOST_LOOKED_AT)
    )
    known = {number: set(words.split(" ")) for number, words in session.execute(chosen)}
    ids = [number for number, _ in likeness(asked, known)]
    rows = {row.id: row for row in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}
    return [rows[number] for number in ids]


def likeness(asked: set[str], known: Mapping[int, set[str]]) -> list[tuple[int, float]]:
    """Say how much of the words asked for each known set has, from 0 to 1; list those that have enough.

    A word weighs the more the fewer have it; one of one or two letters says nothing.
    """
    often = Counter(word for each in known.values() for word in asked & each)
    weight = {word: math.log((2 + len(known)) / (1 + often[word])) for word in asked if len(word) > 2}
    every = sum(weight.values())
    if not every:
        return []
    scored = [(number, sum(weight.get(word, 0.0) for word in asked & words) / every) for number, words in known.items()]
    return sorted((pair for pair in scored if pair[1] >= ENOUGH), key=lambda pair: (-pair[1], -pair[0]))[:MOST_SHOWN]
