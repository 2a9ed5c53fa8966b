"""The incident banner as every page needs it. It is a courtesy: when the database is down, pages come without it."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from deflect_api.desk import incidents
from deflect_api.errors import Unavailable
from deflect_api.store.abuse import Incident
from deflect_api.web.parts import parts

routes = Blueprint("banner", __name__)
CACHED = "public, max-age=60"


@routes.get("/api/v1/incident")
def incident() -> Response:
    """Say what is known now, for the portal's pages; the browser may ask again after a minute."""
    answer = jsonify(incidents=showing(request.args.get("product", "")[:40]))
    answer.headers["Cache-Control"] = CACHED
    return answer


def showing(product: str = "") -> list[dict[str, Any]]:
    """List what to tell on a page, the newest first; nothing when it cannot be known."""
    try:
        with parts().database.read() as session:
            return [_told(found) for found in incidents.current(session, parts().clock(), product)]
    except Unavailable:
        return []


def _told(found: Incident) -> dict[str, Any]:
    product = parts().settings.support.products.get(found.product)
    return {
        "text": found.text,
        "product": found.product,
        "product_name": product.name if product else "",
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
    }
