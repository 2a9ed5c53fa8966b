"""What an agent can do to a ticket: each action has a name, a schema and one call. Pages and API run the same ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from deflect_api.config.support import Support
from deflect_api.desk import answering, asking, known_issues, noted_gaps, tags
from deflect_api.desk.second_line import known_marks
from deflect_api.errors import InputError
from deflect_api.intake import duplicates, evaluation, tickets
from deflect_api.intake.abuse import holding
from deflect_api.intake.files import attachments
from deflect_api.store.models import Agent, Ticket
from deflect_api.store.uploads import KEPT
from deflect_api.web.parts import parts
from deflect_api.web.schemas import OTHER, Schema, read
from deflect_api.web.staff import schemas
from deflect_api.web.staff.entry import agent_in, ticket_for


@dataclass(frozen=True)
class On:
    """A ticket in the hands of an agent."""

    session: Session
    ticket: Ticket
    agent: Agent
    now: datetime
    support: Support

    @property
    def when(self) -> dict[str, Any]:
        return {"now": self.now, "calendar": self.support.calendar}


Run = Callable[[On, Any], object]


@dataclass(frozen=True)
class Action:
    schema: type[Schema]
    run: Run


def do(name: str, agent: Agent, reference: str, sent: Mapping[str, Any]) -> None:
    """Carry out one action in one transaction. Raises InputError, Stale, NotFound."""
    action = ACTIONS[name]
    given: Any = read(action.schema, sent)
    with parts().database.write() as session:
        ticket = ticket_for(session, reference, lock=True)
        answering.check_version(ticket, given.version)
        action.run(On(session, ticket, agent_in(session, agent), parts().clock(), parts().settings.support), given)
    parts().wake()


def _take(on: On, _: schemas.Seen) -> None:
    tickets.take(on.session, on.ticket, on.agent, on.now)


def _release(on: On, _: schemas.Seen) -> None:
    answering.release(on.session, on.ticket, on.agent, on.now)


def _reply(on: On, given: schemas.ReplyIn) -> None:
    said = answering.Answer(given.body, given.kind == "reply", given.status)
    answering.answer(on.session, on.ticket, said, on.agent, **on.when)


def _ask(on: On, _: schemas.Seen) -> None:
    files = attachments.of_ticket(on.session, on.ticket)
    missing = asking.missing(on.ticket, on.support, has_files=any(file.state == KEPT for file in files))
    if not missing:
        raise InputError("Nothing is missing any more.", {"version": "Nothing is missing."})
    said = answering.Answer(asking.text(missing, on.ticket), public=True, status=tickets.PENDING)
    answering.answer(on.session, on.ticket, said, on.agent, **on.when)


def _status(on: On, given: schemas.StatusIn) -> None:
    answering.change_status(on.session, on.ticket, given.status, on.agent, **on.when)


def _escalate(on: On, given: schemas.EscalateIn) -> None:
    answering.escalate(on.session, on.ticket, given.why, on.agent, **on.when)


def _evaluate(on: On, given: schemas.EvaluateIn) -> None:
    if given.product not in (*on.support.products, OTHER):
        raise InputError("Choose one of the products.", {"product": "unknown"})
    made = evaluation.Evaluation(**given.model_dump(exclude={"version"}))
    evaluation.evaluate(on.session, on.ticket, made, on.agent, support=on.support, now=on.now)


def _tags(on: On, given: schemas.TagsIn) -> None:
    chosen = {kind: getattr(given, kind) for kind in given.model_fields_set & {"hub", "partner", "category"}}
    if given.new_partner:
        tags.add(on.session, "partner", given.new_partner, by=on.agent.email, now=on.now, support=on.support)
        chosen["partner"] = [given.new_partner]
    tags.put(on.session, on.ticket, chosen, on.agent, support=on.support, now=on.now)


def _duplicate(on: On, given: schemas.DuplicateIn) -> None:
    original = ticket_for(on.session, given.original.strip().lstrip("#"), lock=True)
    duplicates.mark(on.session, on.ticket, original, on.agent, **on.when)


def _link(on: On, given: schemas.IssueIn) -> None:
    known_issues.link(on.session, on.ticket, _known(given.article), on.agent, on.now)


def _unlink(on: On, given: schemas.IssueIn) -> None:
    known_issues.unlink(on.session, on.ticket, given.article, on.agent, on.now)


def _mark(on: On, given: schemas.IssueMarkIn) -> None:
    issue = known_marks.find(on.session, on.ticket, given.issue)
    known_marks.mark(on.session, issue, _known(given.article), on.agent, on.now)


def _unmark(on: On, given: schemas.IssueUnmarkIn) -> None:
    known_marks.unmark(on.session, known_marks.find(on.session, on.ticket, given.issue), on.agent, on.now)


def _known(article: str) -> known_issues.Issue:
    return known_issues.find(parts().releases.current().issues.values(), article)


def _gap(on: On, given: schemas.GapIn) -> None:
    noted_gaps.note(on.session, on.ticket, given.text, on.agent, on.now)


def _real(on: On, _: schemas.Seen) -> None:
    holding.real(on.session, on.ticket, on.agent, on.now)


def _spam(on: On, _: schemas.Seen) -> None:
    holding.spam(on.session, on.ticket, on.agent, on.now, keep=timedelta(days=on.support.limits.spam_days))


ACTIONS: Mapping[str, Action] = {
    "take": Action(schemas.Seen, _take),
    "release": Action(schemas.Seen, _release),
    "reply": Action(schemas.ReplyIn, _reply),
    "ask": Action(schemas.Seen, _ask),
    "status": Action(schemas.StatusIn, _status),
    "escalate": Action(schemas.EscalateIn, _escalate),
    "evaluate": Action(schemas.EvaluateIn, _evaluate),
    "tags": Action(schemas.TagsIn, _tags),
    "duplicate": Action(schemas.DuplicateIn, _duplicate),
    "known-issue": Action(schemas.IssueIn, _link),
    "not-known-issue": Action(schemas.IssueIn, _unlink),
    "issue-is-known": Action(schemas.IssueMarkIn, _mark),
    "issue-is-not-known": Action(schemas.IssueUnmarkIn, _unmark),
    "gap": Action(schemas.GapIn, _gap),
    "real": Action(schemas.Seen, _real),
    "spam": Action(schemas.Seen, _spam),
}
