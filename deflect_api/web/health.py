"""Is it alive, is it ready, and how much is waiting: for load balancers, monitors and the curious."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select

from deflect_api.delivery import channels, outbox
from deflect_api.errors import Unavailable
from deflect_api.store.models import Message, Ticket
from deflect_api.web import openapi
from deflect_api.web.parts import parts

routes = Blueprint("health", __name__)


@routes.get("/healthz")
def alive() -> Response:
    return jsonify(status="alive")


@routes.get("/readyz")
def ready() -> Response:
    """Ready when requests can be stored. Suggestions or a desk that are down are told, and do not make it unready."""
    told: dict[str, object] = {"status": "ready"}
    told["waiting_for_a_human"] = _messages().get(outbox.WAITING, 0)
    with parts().database.read() as session:
        down = {row.name: row.down_since.isoformat() for row in channels.down(session) if row.down_since}
    if down:
        told["does_not_answer"] = down
    try:
        told["index"] = parts().releases.current().engine.digest
    except Unavailable as error:
        told["suggestions"] = error.detail
    return jsonify(told)


@routes.get("/metrics")
def metrics() -> Response:
    with parts().database.read() as session:
        tickets = session.execute(
            select(Ticket.status, Ticket.product, func.count()).group_by(Ticket.status, Ticket.product)
        ).all()
    lines = ["# HELP deflect_tickets Tickets by status and product.", "# TYPE deflect_tickets gauge"]
    lines += [f'deflect_tickets{{status="{status}",product="{product}"}} {count}' for status, product, count in tickets]
    lines += ["# HELP deflect_messages Messages of the outbox by state.", "# TYPE deflect_messages gauge"]
    lines += [f'deflect_messages{{state="{state}"}} {count}' for state, count in sorted(_messages().items())]
    with parts().database.read() as session:
        down = {row.name for row in channels.down(session)}
    lines += ["# HELP deflect_channel_up Whether a connected system answers.", "# TYPE deflect_channel_up gauge"]
    lines += [f'deflect_channel_up{{channel="{name}"}} {int(name not in down)}' for name in channels.CHANNELS]
    lines += ["# HELP deflect_searches_total Searches answered while somebody typed."]
    lines += ["# TYPE deflect_searches_total counter", f"deflect_searches_total {parts().tally.answered}"]
    lines += ["# HELP deflect_searches_refused_total Searches refused because too many requests waited here."]
    lines += ["# TYPE deflect_searches_refused_total counter", f"deflect_searches_refused_total {parts().crowd.refused}"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


@routes.get("/api/v1/openapi.json")
def description() -> Response:
    return jsonify(openapi.description(parts().settings))


def _messages() -> dict[str, int]:
    with parts().database.read() as session:
        return dict(session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
