"""Known issues: articles that their front matter marks as one. People follow one without a ticket, and are told when it is fixed.

What everybody is told, an agent has read before it goes out.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.delivery import follower_mail, outbox
from deflect_api.errors import InputError, NotFound
from deflect_api.intake import ticket_words, tickets
from deflect_api.store import second_line
from deflect_api.store.db import wait_for_name
from deflect_api.store.desk import Fix, Follower, IssueLink
from deflect_api.store.models import Agent, JournalEntry, Ticket
from deflect_api.store.second_line import Escalation, Task

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
    """How many wait for the end of an issue, what everybody was told of it last, and where developers work on it."""

    issue: Issue
    followers: int
    tickets: Sequence[Ticket]
    fix: Fix | None
    reported: Sequence[second_line.Issue] = ()


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
    reported = session.scalars(select(second_line.Issue).where(second_line.Issue.article == issue.article)).all()
    return Standing(issue, session.scalar(followers) or 0, _tickets(session, issue), fix, reported)


def tell(
    session: Session, issue: Issue, text: str, agent: Agent, *, now: datetime, calendar: Calendar,
    told: Sequence[Ticket] = (), spoken: Callable[[str], str] | None = None, solve: bool = True,
) -> Fix:  # fmt: skip
    """Tell all followers and the requesters of all tickets about it, once. Open tickets are solved by it. Raises InputError.

    `told` are tickets whose requesters have this message already. `spoken` gives it in a language; without it, all get `text`.
    """
    words, say = ticket_words.said(text), spoken or (lambda _: text)
    wait_for_name(session, f"fix:{issue.article}")
    have = {ticket.id for ticket in told}
    about = [ticket for ticket in _tickets(session, issue) if ticket.id not in have]
    for ticket in about:
        status = tickets.SOLVED if solve and ticket.status not in (tickets.SOLVED, tickets.CLOSED) else ""
        tickets.reply(session, ticket, agent, say(ticket.language), public=True, now=now, status=status, calendar=calendar)
    for ticket in (*told, *about):
        heard(session, ticket, issue.article, agent, now)
    following = _following(session, issue, (*told, *about))
    if not (about or following or told):
        raise InputError("Nobody waits for this one, or everybody was told.", {"text": "Nobody waits for this one."})
    for follower in following:
        follower.told_at, said = now, say(follower.language)
        _owe(session, follower, follower_mail.FIXED, now, title=issue.title, text=said, agent=agent.name)
    fix = Fix(article=issue.article, text=words, told_by=agent.email, at=now, followers=len(following),
              requesters=len(told) + len(about))  # fmt: skip
    session.add(fix)
    return fix


def heard(session: Session, ticket: Ticket, article: str, agent: Agent, now: datetime) -> None:
    """Note that a requester was told, and leave no task that would tell them once more."""
    found = session.get(IssueLink, (ticket.id, article))
    if found is None:
        found = IssueLink(ticket_id=ticket.id, article=article, linked_at=now)
        session.add(found)
    found.told_at = now
    known = select(second_line.Issue.id).where(second_line.Issue.article == article)
    same = (Task.ticket_id == ticket.id) & Task.issue_id.in_(known) & (Task.kind == FIXED) & (Task.state == second_line.WAITS)
    session.execute(update(Task).where(same).values(state=second_line.SENT, done_by=agent.email, done_at=now))


def proposal(issue: Issue, url: str) -> str:
    """Write the message that an agent reads, and changes, before it goes out."""
    return f"The problem “{issue.title}” is fixed.\n\nWhat you can do now stands here: {url}/{issue.article}"


def find(issues: Iterable[Issue], article: str) -> Issue:
    """Raises NotFound."""
    found = next((issue for issue in issues if issue.article == article), None)
    if found is None:
        raise NotFound("This article is no known issue.")
    return found


def _waits(issue: Issue) -> tuple[ColumnElement[bool], ...]:
    return (Follower.article == issue.article, Follower.confirmed_at.is_not(None), Follower.told_at.is_(None))


def _following(session: Session, issue: Issue, told: Sequence[Ticket]) -> list[Follower]:
    """List who waits and is mailed. Who hears it as a requester is not mailed twice, and is forgotten."""
    mailed, waiting = {ticket.email.lower() for ticket in told}, session.scalars(select(Follower).where(*_waits(issue))).all()
    for follower in waiting:
        if follower.email.lower() in mailed:
            stop(session, follower)
    return [follower for follower in waiting if follower.email.lower() not in mailed]


def _tickets(session: Session, issue: Issue) -> Sequence[Ticket]:
    """List the tickets whose requesters wait: linked by hand, or hanging on an issue of the developers that is this one."""
    linked = select(IssueLink.ticket_id).where(IssueLink.article == issue.article)
    hangs = select(Escalation.ticket_id).join(Escalation.issue).where(second_line.Issue.article == issue.article)
    waits = Ticket.id.in_(linked.where(IssueLink.told_at.is_(None))) | (Ticket.id.in_(hangs) & Ticket.id.not_in(linked))
    return session.scalars(select(Ticket).where(waits).order_by(Ticket.id)).all()


def _owe(session: Session, follower: Follower, template: str, now: datetime, **words: str) -> None:
    payload = {"follower": follower.id, "template": template, **words}
    outbox.put(session, outbox.owe(follower_mail.KIND, f"follower:{follower.id}", now, payload=payload))
