"""Known issues: articles that their front matter marks as one. People follow one without a ticket, and are told when it is fixed.

What everybody is told, an agent has read before it goes out.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.delivery import follower_mail, outbox
from deflect_api.errors import InputError, NotFound
from deflect_api.intake import ticket_words, tickets
from deflect_api.store.desk import Fix, Follower, IssueLink
from deflect_api.store.models import Agent, JournalEntry, Ticket

OPEN, FIXED = "open", "fixed"
LINKED, UNLINKED = "known issue", "not the known issue"


@dataclass(frozen=True)
class Issue:
    """An article that is a known issue. `state` is what its front matter says: open or fixed."""

    article: str
    title: str
    product: str
    state: str


@dataclass(frozen=True)
class Standing:
    """How many wait for the end of an issue, and what everybody was told of it last."""

    issue: Issue
    followers: int
    tickets: Sequence[Ticket]
    fix: Fix | None


def follow(session: Session, issue: Issue, email: str, *, language: str, now: datetime) -> Follower:
    """Note that somebody wants to hear, and owe the mail that asks them to confirm it. Again: the same mail again."""
    follower = session.scalar(
        select(Follower).where(Follower.article == issue.article, func.lower(Follower.email) == email.lower())
    )
    if follower is None:
        follower = Follower(article=issue.article, email=email, language=language, nonce=secrets.token_urlsafe(16), asked_at=now)
        session.add(follower)
        session.flush()
    if follower.confirmed_at is None:
        _owe(session, follower, follower_mail.CONFIRM, now, title=issue.title)
    return follower


def confirm(follower: Follower, now: datetime) -> None:
    """The address is theirs: they are told when it is fixed."""
    follower.confirmed_at = follower.confirmed_at or now


def stop(session: Session, follower: Follower) -> None:
    """Forget somebody who does not want to hear after all."""
    session.delete(follower)


def link(session: Session, ticket: Ticket, issue: Issue, agent: Agent, now: datetime) -> None:
    """Say that a ticket is about a known issue: its requester is told when it is fixed."""
    if session.get(IssueLink, (ticket.id, issue.article)) is None:
        session.add(IssueLink(ticket_id=ticket.id, article=issue.article, linked_at=now))
        tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change=LINKED, after=issue.article))


def unlink(session: Session, ticket: Ticket, article: str, agent: Agent, now: datetime) -> None:
    found = session.get(IssueLink, (ticket.id, article))
    if found is not None:
        session.delete(found)
        tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change=UNLINKED, before=article))


def linked(session: Session, ticket: Ticket) -> list[str]:
    """List the known issues that a ticket is about."""
    return list(session.scalars(select(IssueLink.article).where(IssueLink.ticket_id == ticket.id).order_by(IssueLink.article)))


def standings(session: Session, issues: Sequence[Issue]) -> list[Standing]:
    """Say of each issue who waits for it."""
    return [standing(session, issue) for issue in issues]


def standing(session: Session, issue: Issue) -> Standing:
    followers = select(func.count(Follower.id)).where(*_waits(issue))
    fix = session.scalar(select(Fix).where(Fix.article == issue.article).order_by(Fix.id.desc()))
    return Standing(issue, session.scalar(followers) or 0, _tickets(session, issue), fix)


def tell(session: Session, issue: Issue, text: str, agent: Agent, *, now: datetime, calendar: Calendar) -> Fix:
    """Tell all followers and the requesters of all linked tickets, once. Open tickets are solved by it. Raises InputError."""
    words = ticket_words.said(text)
    about, following = _tickets(session, issue), session.scalars(select(Follower).where(*_waits(issue))).all()
    if not about and not following:
        raise InputError("Nobody waits for this one, or everybody was told.", {"text": "Nobody waits for this one."})
    for ticket in about:
        status = tickets.SOLVED if ticket.status not in (tickets.SOLVED, tickets.CLOSED) else ""
        tickets.reply(session, ticket, agent, words, public=True, now=now, status=status, calendar=calendar)
        session.get_one(IssueLink, (ticket.id, issue.article)).told_at = now
    for follower in following:
        follower.told_at = now
        _owe(session, follower, follower_mail.FIXED, now, title=issue.title, text=words, agent=agent.name)
    fix = Fix(article=issue.article, text=words, told_by=agent.email, at=now, followers=len(following), requesters=len(about))
    session.add(fix)
    return fix


def proposal(issue: Issue, url: str) -> str:
    """Write the message that an agent reads, and changes, before it goes out."""
    return f"The problem “{issue.title}” is fixed.\n\nWhat you can do now stands here: {url}/{issue.article}"


def find(issues: Sequence[Issue], article: str) -> Issue:
    """Raises NotFound."""
    found = next((issue for issue in issues if issue.article == article), None)
    if found is None:
        raise NotFound("This article is no known issue.")
    return found


def _waits(issue: Issue) -> tuple[ColumnElement[bool], ...]:
    return (Follower.article == issue.article, Follower.confirmed_at.is_not(None), Follower.told_at.is_(None))


def _tickets(session: Session, issue: Issue) -> Sequence[Ticket]:
    about = select(Ticket).join(IssueLink, IssueLink.ticket_id == Ticket.id)
    return session.scalars(about.where(IssueLink.article == issue.article, IssueLink.told_at.is_(None)).order_by(Ticket.id)).all()


def _owe(session: Session, follower: Follower, template: str, now: datetime, **words: str) -> None:
    payload = {"follower": follower.id, "template": template, **words}
    outbox.put(session, outbox.owe(follower_mail.KIND, f"follower:{follower.id}", now, payload=payload))
