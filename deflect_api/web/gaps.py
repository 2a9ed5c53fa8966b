"""The desk's page for writers: what people looked for and did not find. It shows, and changes nothing."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from deflect_api.desk import gaps
from deflect_api.errors import Unavailable
from deflect_api.web import desk, guard
from deflect_api.web.parts import parts

routes = Blueprint("gaps", __name__, url_prefix="/desk")


@routes.get("/gaps")
def show() -> ResponseReturnValue:
    agent = guard.agent()
    if agent is None:
        return desk.go("/desk/")
    try:
        pages = parts().releases.current().pages
    except Unavailable:  # nothing is built yet: the searches are there all the same
        pages = {}
    with parts().database.read() as session:
        listed = gaps.gaps(session, pages, parts().clock())
    return desk.page("gaps.html", agent=agent, listed=listed, days=gaps.DAYS, fewest=gaps.FEWEST)
