"""Mails of ours that did not arrive, noted on their request.

Anybody can write such a report, so it counts only for an address of the request.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.intake import tickets
from deflect_api.intake.inbound import matching
from deflect_api.intake.inbound.machines import Report
from deflect_api.store.models import JournalEntry, Ticket
from deflect_api.store.second_line import Bounce


def note(session: Session, report: Report, sender: str, now: datetime) -> tuple[str, Ticket | None]:
    """Note who does not hear from us; return what was made of it, and the request."""
    domain = sender.rpartition("@")[2]
    for number in matching.ours(report.ids, domain):
        ticket = session.get(Ticket, int(number)) if len(number) < 10 else None
        if ticket is not None and matching.belongs(ticket, report.address):
            _keep(session, ticket, report, now)
            return f"{report.address}: {report.told}", ticket
    return f"about no request of ours: {report.address}", None


def _keep(session: Session, ticket: Ticket, report: Report, now: datetime) -> None:
    address = report.address.lower()
    if not report.final:
        said = JournalEntry(at=now, actor="relay", change="mail is late", after=address, reason=report.told)
        tickets.note(session, ticket, said)
        return
    known = session.scalar(select(Bounce).where(Bounce.ticket_id == ticket.id, Bounce.address == address))
    if known is not None:
        known.told, known.at = report.told, now
        return
    session.add(Bounce(ticket_id=ticket.id, address=address, told=report.told, at=now))
    tickets.note(session, ticket, JournalEntry(at=now, actor="relay", change="mail came back", after=address, reason=report.told))
