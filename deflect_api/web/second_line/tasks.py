"""What came back from the developers: one page with all that waits, and the step that sends one on, edited or not."""

from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk import known_issues
from deflect_api.desk.people import access
from deflect_api.desk.second_line import issue_updates, known_marks, urgent
from deflect_api.errors import InputError, NotFound
from deflect_api.store.db import wait_for_name
from deflect_api.store.models import Agent
from deflect_api.store.second_line import Task
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.second_line import second_shown
from deflect_api.web.staff import entry
from deflect_api.web.staff import issues as staff_issues

routes = Blueprint("tasks", __name__, url_prefix="/desk")


@routes.get("/tasks")
def show() -> ResponseReturnValue:
    agent = entry.require_agent()
    with parts().database.read() as session:
        waiting = issue_updates.waiting(session, access.visible(identity.reach()))
        concern = {task.id: second_shown.concern(session, task) for task in waiting}
    return desk.page("tasks.html", agent=agent, tasks=waiting, concern=concern)


@routes.post("/tasks/<int:number>")
def done(number: int) -> ResponseReturnValue:
    """Send it to this requester, or leave it. `all`: as well for every other request on the issue; `known`: to all who wait."""
    by, sends = entry.require_agent(), request.form.get("step") != "leave"
    with parts().database.write() as session:
        task = _held(session, number)
        agent, now = entry.agent_in(session, by), parts().clock()
        back = f"/desk/tickets/{task.ticket.reference}#developers"
        together = [task, *(second_shown.twins(session, task) if "all" in request.form else ())]
        if sends:
            _send(session, together, agent, now)
        else:
            for one in together:
                issue_updates.dismiss(session, one, agent, now)
    parts().wake()
    return desk.go(back)


def _held(session: Session, number: int) -> Task:
    """Return a task that no one else decides about meanwhile, nor about those of the same thing. Raises NotFound."""
    task = session.get(Task, number)
    if task is None or not access.may_see(identity.reach(), task.ticket):
        raise NotFound("There is no such task.")
    wait_for_name(session, f"tasks:{task.issue_id}")
    session.refresh(task)
    return task


def _send(session: Session, together: list[Task], agent: Agent, now: datetime) -> None:
    """Send what the agent left of the draft. Each other request has its own draft, unless the words were changed."""
    task, body, solve = together[0], request.form.get("body", ""), "solve" in request.form
    on: dict[str, Any] = {"now": now, "calendar": parts().settings.support.calendar, "solve": solve}
    changed = body.strip() != task.draft.strip()
    for one in together:
        issue_updates.send(session, one, body if changed or one is task else one.draft, agent, **on)
    if "known" in request.form and task.kind == issue_updates.FIXED:
        known = known_issues.find(staff_issues.issues(), task.issue.article)
        known_marks.tell(session, task, known, body, agent, told=[one.ticket for one in together], **on)


@routes.post("/tickets/<reference>/urgent")
def make_urgent(reference: str) -> ResponseReturnValue:
    """Make a request urgent, with a reason: whoever is in line is told."""
    by, why = entry.require_agent(), request.form.get("why", "")
    if not why.strip():
        raise InputError("Say why it is urgent: whoever is told wants to know.", {"why": "Say why it is urgent."})
    with parts().database.write() as session:
        ticket = entry.ticket_for(session, reference, lock=True)
        urgent.choose(session, ticket, why.strip(), entry.agent_in(session, by), parts().clock())
    parts().wake()
    return desk.go(f"/desk/tickets/{reference}")
