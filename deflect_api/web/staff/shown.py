"""Tickets as the desk's API shows them: plain words and numbers, times in UTC."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from deflect_api.desk import dossier
from deflect_api.desk.known_issues import Standing
from deflect_api.desk.second_line import known_marks
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import Issue
from deflect_api.web.requests import attached
from deflect_api.web.staff.fitting import Fitting

PLAIN = (
    "reference", "version", "status", "type", "severity", "priority", "priority_reason", "affected", "needed_by", "product",
    "hub", "partner", "name", "email", "language", "subject", "searched", "awaiting",
)  # fmt: skip
TIMES = ("created_at", "updated_at", "reply_due_at", "first_reply_at", "solved_at")
SAID = ("happened", "doing", "expected", "steps", "context", "device", "cc", "solved_says", "override_reason")


def ticket(one: Ticket, tags: Sequence[str] = ()) -> dict[str, Any]:
    """A ticket as a line of the queue."""
    plain = {name: getattr(one, name) for name in PLAIN}
    times = {name: _time(getattr(one, name)) for name in TIMES}
    return {**plain, **times, "agent": one.assignee.email if one.assignee else None, "tags": list(tags)}


def whole(found: dossier.Dossier, fits: Fitting) -> dict[str, Any]:
    """A ticket with everything that its page shows."""
    one = found.ticket
    return {
        **ticket(one, [name for names in found.tags.values() for name in names]),
        **{name: getattr(one, name) for name in SAID},
        "files": attached.listed(found.files, "en"),
        "history": [
            {**_columns(event, "event", "article", "reason", "text", "shown"), "at": _time(event.at)} for event in found.history
        ],
        "missing": [{"key": part.key, "label": part.label} for part in found.missing],
        "articles": [{"article": each.article, "url": each.url, "title": each.title} for each in fits.articles],
        "known_issues": {"linked": list(found.issues), "likely": [issue.article for issue in fits.known]},
        "issues": [_issue(made.issue) for made in found.escalations if made.issue],
        "similar": [each.reference for each in found.near.similar],
        "duplicate_of": found.near.original.reference if found.near.original else None,
        "duplicates": [each.reference for each in found.near.duplicates],
        "suggested_tags": dict(found.suggested),
        "comments": [
            {**_columns(each, "author", "public", "from_requester", "body"), "at": _time(each.at)} for each in one.comments
        ],
        "journal": [
            {**_columns(each, "actor", "change", "before", "after", "reason"), "at": _time(each.at)} for each in one.journal
        ],
    }


def _issue(one: Issue) -> dict[str, Any]:
    return {"issue": known_marks.name_of(one), "url": one.url, "state": one.state, "known_issue": one.article or None}


def issue(standing: Standing) -> dict[str, Any]:
    one, fix = standing.issue, standing.fix
    told = {"at": _time(fix.at), "by": fix.told_by, "followers": fix.followers, "requesters": fix.requesters} if fix else None
    tickets = [each.reference for each in standing.tickets]
    return {"article": one.article, "title": one.title, "product": one.product, "state": one.state,
            "followers": standing.followers, "tickets": tickets, "told": told,
            "issues": [_issue(each) for each in standing.reported]}  # fmt: skip


def _columns(row: Any, *names: str) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in names}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
