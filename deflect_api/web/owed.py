"""The desk's page of what was not delivered: systems that do not answer, what waits for a human, and one click to try again."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from deflect_api.delivery import channels, outbox, steering
from deflect_api.desk.people import access
from deflect_api.errors import InputError
from deflect_api.store.models import Agent
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.accounts.identity import needs
from deflect_api.web.parts import parts

routes = Blueprint("owed", __name__, url_prefix="/desk/outbox")


@routes.get("")
@needs(access.ADMIN)
def home() -> ResponseReturnValue:
    return _page(identity.known())


@routes.post("/replay")
@needs(access.ADMIN)
def replay() -> ResponseReturnValue:
    """Try one again, or all of a kind that wait."""
    return _act(steering.replay, everything=True)


@routes.post("/drop")
@needs(access.ADMIN)
def drop() -> ResponseReturnValue:
    """Owe one no more."""
    return _act(steering.drop)


def _act(act: steering.Act, *, everything: bool = False) -> ResponseReturnValue:
    agent = identity.known()
    number, kind = request.form.get("message", ""), request.form.get("kind", "")
    try:
        with parts().database.write() as session:
            if everything and kind:
                steering.replay_range(session, steering.Range(kind), parts().clock(), by=agent.name)
            else:
                digits = number if number.isascii() and number.isdigit() and len(number) < 16 else "0"
                act(session, steering.get(session, int(digits)), parts().clock(), by=agent.name)
    except InputError as error:
        return _page(agent, error.detail, 422)
    parts().wake()
    return desk.go("/desk/outbox")


def _page(agent: Agent, error: str = "", status: int = 200) -> ResponseReturnValue:
    with parts().database.read() as session:
        rows = steering.rows(session, (outbox.WAITING,))
        tried = {row.id: steering.attempts(session, row.id)[-5:] for row in rows}
        down, counted = channels.down(session), steering.counts(session)
    waiting = {kind: states.get(outbox.WAITING, 0) for kind, states in counted.items()}
    open_now = sum(states.get(state, 0) for states in counted.values() for state in outbox.OPEN)
    return desk.page(
        "outbox.html", status, agent=agent, rows=rows, tried=tried, down=down, error=error, open_now=open_now,
        waiting={kind: number for kind, number in waiting.items() if number > 1},
    )  # fmt: skip
