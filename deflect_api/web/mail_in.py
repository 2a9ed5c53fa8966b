"""The mails that came in, for people: what became of each, and each as it came. What could not be read stands first."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy import case, select

from deflect_api.errors import NotFound
from deflect_api.intake.inbound import fetching, taking
from deflect_api.store.second_line import InboundMail
from deflect_api.web import desk, second_shown
from deflect_api.web.parts import parts

routes = Blueprint("mail_in", __name__, url_prefix="/desk")
MOST_ROWS = 100


@routes.get("/mail")
def show() -> ResponseReturnValue:
    agent = second_shown.signed_in()
    if agent is None:
        return desk.go("/desk/")
    pressing = case({taking.UNREADABLE: 0, "": 1, taking.LOOP: 2}, value=InboundMail.outcome, else_=3)
    with parts().database.read() as session:
        rows = session.scalars(select(InboundMail).order_by(pressing, InboundMail.id.desc()).limit(MOST_ROWS)).all()
    host = parts().settings.support.inbound.host
    return desk.page("mail_in.html", agent=agent, rows=rows, host=host)


@routes.get("/mail/<int:number>")
def whole(number: int) -> ResponseReturnValue:
    """Give a mail as it came, to be saved: nothing in it runs here."""
    if second_shown.signed_in() is None:
        return desk.go("/desk/")
    with parts().database.read() as session:
        row = session.get(InboundMail, number)
    if row is None:
        raise NotFound("There is no such mail.")
    store = fetching.open_store(parts().settings, parts().database, parts().clock)
    response = Response(store.raw(row), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{row.id}.eml"'
    return response
