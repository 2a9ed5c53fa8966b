"""The mails that came in, for people: what became of each, and each as it came. What could not be read stands first."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, case, select, true

from deflect_api.desk.people import access
from deflect_api.errors import NotFound
from deflect_api.intake.inbound import fetching, taking
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import InboundMail
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry

routes = Blueprint("mail_in", __name__, url_prefix="/desk")
MOST_ROWS = 100


@routes.get("/mail")
def show() -> ResponseReturnValue:
    agent = entry.require_agent()
    pressing = case({taking.UNREADABLE: 0, "": 1, taking.LOOP: 2}, value=InboundMail.outcome, else_=3)
    with parts().database.read() as session:
        rows = session.scalars(
            select(InboundMail).where(_within()).order_by(pressing, InboundMail.id.desc()).limit(MOST_ROWS)
        ).all()
    host = parts().settings.support.inbound.host
    return desk.page("mail_in.html", agent=agent, rows=rows, host=host)


@routes.get("/mail/<int:number>")
def whole(number: int) -> ResponseReturnValue:
    """Give a mail as it came, to be saved: nothing in it runs here."""
    with parts().database.read() as session:
        row = session.scalar(select(InboundMail).where(InboundMail.id == number, _within()))
    if row is None:
        raise NotFound("There is no such mail.")
    store = fetching.open_store(parts().settings, parts().database, parts().clock)
    response = Response(store.raw(row), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{row.id}.eml"'
    return response


def _within() -> ColumnElement[bool]:
    """Mails of the requests that the agent may see. One that belongs to no request is for those who see all."""
    reach = identity.reach()
    if reach.is_everything:
        return true()
    return InboundMail.ticket_id.in_(select(Ticket.id).where(access.visible(reach)))
