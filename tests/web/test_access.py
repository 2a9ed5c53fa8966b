"""The authorisation matrix: every route of the app, asked by everybody. A route without a line here fails."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from deflect_api.desk.people import access
from deflect_api.intake import deflection, notices
from deflect_api.store.desk import Notice
from deflect_api.store.models import Agent
from tests.conftest import Desk
from tests.web import staff

FOLLOWER = "who follows, by a link of their own"  # nobody of these has one
EVERYBODY, HOLDER, SIGNED_IN, TICKET, LEAD = "everybody", "holder of the link", "every agent", "agents who see it", "leads"
WHO = ("anonymous", "requester", "other requester", "agent", "agent of another product", "lead", "disabled")
MAY: dict[str, tuple[str, ...]] = {
    EVERYBODY: WHO,
    HOLDER: ("requester",),
    FOLLOWER: (),
    SIGNED_IN: ("agent", "agent of another product", "lead"),
    TICKET: ("agent", "lead"),
    LEAD: ("lead",),
}
ROUTES = {
    "GET /": EVERYBODY,
    "GET /<path:path>": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": EVERYBODY,
    "GET /api/v1/openapi.json": EVERYBODY,
    "GET /api/v1/incident": EVERYBODY,
    "GET /support/contact/": EVERYBODY,
    "POST /support/contact/": EVERYBODY,
    "POST /api/v1/suggest": EVERYBODY,
    "POST /api/v1/tickets": EVERYBODY,
    "POST /api/v1/events": EVERYBODY,
    "GET /search/": EVERYBODY,
    "POST /search/": EVERYBODY,
    "POST /support/solved/": EVERYBODY,
    "GET /requests/": EVERYBODY,
    "POST /requests/": EVERYBODY,
    "GET /requests/<reference>/<secret>/": HOLDER,
    "POST /requests/<reference>/<secret>/comments": HOLDER,
    "POST /requests/<reference>/<secret>/files": HOLDER,
    "PUT /requests/<reference>/<secret>/files/<upload_id>": HOLDER,
    "GET /requests/<reference>/<secret>/files/<upload_id>": HOLDER,
    "DELETE /requests/<reference>/<secret>/files/<upload_id>": HOLDER,
    "GET /requests/<reference>/<secret>/files/<upload_id>/state": HOLDER,
    "GET /desk/": EVERYBODY,
    "GET /desk/desk.css": EVERYBODY,
    "POST /desk/sign-in": EVERYBODY,
    "GET /desk/sign-in/code": EVERYBODY,
    "POST /desk/sign-in/code": EVERYBODY,
    "GET /desk/sign-in/enrol": EVERYBODY,
    "POST /desk/sign-in/enrol": EVERYBODY,
    "GET /desk/sign-in/provider": EVERYBODY,
    "GET /desk/sign-in/back": EVERYBODY,
    "GET /desk/welcome/<token>": EVERYBODY,
    "POST /desk/welcome/<token>": EVERYBODY,
    "POST /desk/sign-out": EVERYBODY,
    "GET /desk/tickets/<reference>": TICKET,
    "GET /desk/tickets/<reference>/files/<upload_id>": TICKET,
    "POST /desk/tickets/<reference>/reply": TICKET,
    "POST /desk/tickets/<reference>/take": TICKET,
    "POST /desk/tickets/<reference>/status": TICKET,
    "POST /desk/tickets/<reference>/real": TICKET,
    "POST /desk/tickets/<reference>/spam": TICKET,
    "GET /desk/incident": SIGNED_IN,
    "POST /desk/incident": LEAD,
    "POST /desk/incident/clear": LEAD,
    "POST /desk/tickets/<reference>/ask": TICKET,
    "POST /desk/tickets/<reference>/duplicate": TICKET,
    "POST /desk/tickets/<reference>/escalate": TICKET,
    "POST /desk/tickets/<reference>/evaluate": TICKET,
    "POST /desk/tickets/<reference>/gap": TICKET,
    "POST /desk/tickets/<reference>/known-issue": TICKET,
    "POST /desk/tickets/<reference>/not-known-issue": TICKET,
    "POST /desk/tickets/<reference>/issue-is-known": TICKET,
    "POST /desk/tickets/<reference>/issue-is-not-known": TICKET,
    "POST /desk/tickets/<reference>/release": TICKET,
    "POST /desk/tickets/<reference>/tags": TICKET,
    "POST /desk/tickets/<reference>/insert": TICKET,
    "GET /desk/tickets/<reference>/article": TICKET,
    "GET /desk/tickets/<reference>/filed": TICKET,
    "POST /api/v1/desk/tickets/<reference>/ask": TICKET,
    "POST /api/v1/desk/tickets/<reference>/duplicate": TICKET,
    "POST /api/v1/desk/tickets/<reference>/escalate": TICKET,
    "POST /api/v1/desk/tickets/<reference>/evaluate": TICKET,
    "POST /api/v1/desk/tickets/<reference>/gap": TICKET,
    "POST /api/v1/desk/tickets/<reference>/known-issue": TICKET,
    "POST /api/v1/desk/tickets/<reference>/not-known-issue": TICKET,
    "POST /api/v1/desk/tickets/<reference>/issue-is-known": TICKET,
    "POST /api/v1/desk/tickets/<reference>/issue-is-not-known": TICKET,
    "POST /api/v1/desk/tickets/<reference>/release": TICKET,
    "POST /api/v1/desk/tickets/<reference>/tags": TICKET,
    "POST /api/v1/desk/tickets/<reference>/real": TICKET,
    "POST /api/v1/desk/tickets/<reference>/reply": TICKET,
    "POST /api/v1/desk/tickets/<reference>/spam": TICKET,
    "POST /api/v1/desk/tickets/<reference>/status": TICKET,
    "POST /api/v1/desk/tickets/<reference>/take": TICKET,
    "GET /api/v1/desk/tickets/<reference>": TICKET,
    "GET /api/v1/desk/tickets/<reference>/article": TICKET,
    "GET /api/v1/desk/gaps": SIGNED_IN,
    "GET /api/v1/desk/known-issues": SIGNED_IN,
    "GET /api/v1/desk/notices": SIGNED_IN,
    "GET /api/v1/desk/notices/new": SIGNED_IN,
    "GET /api/v1/desk/tags": SIGNED_IN,
    "GET /api/v1/desk/tickets": SIGNED_IN,
    "POST /api/v1/desk/known-issues/tell": SIGNED_IN,
    "POST /api/v1/desk/notices": SIGNED_IN,
    "POST /api/v1/desk/tags": SIGNED_IN,
    "POST /api/v1/desk/tags/merge": SIGNED_IN,
    "POST /api/v1/desk/tags/rename": SIGNED_IN,
    "POST /api/v1/desk/tickets": SIGNED_IN,
    "POST /api/v1/desk/tickets/search": SIGNED_IN,
    "GET /desk/gaps": SIGNED_IN,
    "GET /desk/known-issues": SIGNED_IN,
    "GET /desk/known-issues/tell": SIGNED_IN,
    "GET /desk/new": SIGNED_IN,
    "GET /desk/notices": SIGNED_IN,
    "GET /desk/notices/new": SIGNED_IN,
    "GET /desk/outbox": LEAD,
    "GET /desk/tags": SIGNED_IN,
    "POST /desk/known-issues/tell": SIGNED_IN,
    "POST /desk/new": SIGNED_IN,
    "POST /desk/notices": SIGNED_IN,
    "POST /desk/outbox/drop": LEAD,
    "POST /desk/outbox/replay": LEAD,
    "POST /desk/search": SIGNED_IN,
    "POST /desk/tags": SIGNED_IN,
    "POST /desk/tags/merge": SIGNED_IN,
    "POST /desk/tags/rename": SIGNED_IN,
    "GET /desk/desk.js": EVERYBODY,
    "GET /known-issues/follow/<path:article>": EVERYBODY,
    "POST /known-issues/follow/<path:article>": EVERYBODY,
    "GET /known-issues/following/<int:follower_id>/<secret>/": FOLLOWER,
    "POST /known-issues/following/<int:follower_id>/<secret>/": FOLLOWER,
    "POST /helpful/": EVERYBODY,
    "POST /requests/<reference>/<secret>/language": HOLDER,
    "POST /requests/<reference>/<secret>/solved": HOLDER,
    "GET /desk/account/": SIGNED_IN,
    "POST /desk/account/password": SIGNED_IN,
    "POST /desk/account/factor": SIGNED_IN,
    "POST /desk/account/factor/confirm": SIGNED_IN,
    "POST /desk/account/factor/remove": SIGNED_IN,
    "POST /desk/account/recovery-codes": SIGNED_IN,
    "POST /desk/account/sign-ins/end": SIGNED_IN,
    "POST /desk/account/tokens": SIGNED_IN,
    "POST /desk/account/tokens/<int:token_id>/revoke": SIGNED_IN,
    "GET /desk/people/": LEAD,
    "POST /desk/people/": LEAD,
    "GET /desk/people/<int:agent_id>": LEAD,
    "POST /desk/people/<int:agent_id>/access": LEAD,
    "POST /desk/people/<int:agent_id>/disable": LEAD,
    "POST /desk/people/<int:agent_id>/enable": LEAD,
    "POST /desk/people/<int:agent_id>/sign-ins/end": LEAD,
    "POST /desk/people/<int:agent_id>/factor/reset": LEAD,
    "POST /desk/people/<int:agent_id>/invite": LEAD,
    "GET /desk/audit": LEAD,
    "GET /desk/privacy/": LEAD,
    "POST /desk/privacy/look": LEAD,
    "POST /desk/privacy/export": LEAD,
    "POST /desk/privacy/erase": LEAD,
    "GET /desk/tickets/<reference>/second-line": TICKET,
    "POST /desk/tickets/<reference>/second-line": TICKET,
    "POST /desk/tickets/<reference>/urgent": TICKET,
    "GET /desk/tasks": SIGNED_IN,
    "POST /desk/tasks/<int:number>": SIGNED_IN,
    "GET /desk/mail": SIGNED_IN,
    "GET /desk/mail/<int:number>": SIGNED_IN,
    "POST /hooks/github": EVERYBODY,
    "POST /hooks/desk": EVERYBODY,
}
NOT_THERE = (
    "/known-issues/tell",
    "/desk/outbox/",
    "<upload_id>",
    "<int:number>",
    "<int:token_id>",
    "<token>",
)  # made-up values: who gets so far is told that there is none
BEFORE_SIGNING_IN = ("/desk/sign-in", "/desk/welcome/<token>", "/desk/sign-in/code", "/desk/sign-in/enrol")
SENT: dict[str, dict[str, Any]] = {  # what else would be refused before anybody asks who sent it
    "POST /requests/<reference>/<secret>/files": {"json": {"id": "a" * 24, "name": "a.txt", "size": 3}},
    "PUT /requests/<reference>/<secret>/files/<upload_id>": {"query_string": {"offset": 0}, "data": b"abc"},
}
ELSEWHERE = ({"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})
STAMPED = "POST /requests/"  # takes only a form that was opened here
SAYS_SO = "There is no request with this number."


@dataclass
class Cast:
    """Everybody, each with a browser; `secrets` are what the two requesters know."""

    desk: Desk
    browsers: dict[str, FlaskClient]
    secrets: dict[str, str]
    victim: int

    def form_token(self, who: str) -> str:
        return staff.form_token(self.browsers[who]) if who in MAY[SIGNED_IN] else "0" * 40

    def ask(self, who: str, method: str, rule: str) -> Any:
        address = rule.replace("<reference>", "1001").replace("<secret>", self.secrets.get(who, "x" * 32))
        address = address.replace("<int:agent_id>", str(self.victim)).replace("<path:path>", "favicon.ico")
        address = re.sub(r"<(int:|path:)?\w+>", lambda found: "1" if found[1] == "int:" else "made-up-value", address)
        sent = SENT.get(f"{method} {rule}", {"data": {"form_token": self.form_token(who), "email": "x@example.org"}})
        headers = {"Form-Token": self.form_token(who)} if method != "GET" else {}
        return self.browsers[who].open(
            address, method=method, buffered=True, headers=headers, **({} if method == "GET" else sent)
        )


def routes(desk: Desk) -> list[str]:
    every = [(method, rule.rule) for rule in desk.app.url_map.iter_rules() for method in rule.methods or ()]
    return [f"{method} {rule}" for method, rule in every if method not in ("HEAD", "OPTIONS")]


@pytest.fixture
def everybody(desk: Desk) -> Cast:
    mine, others = (desk.send(email=email, session=None).json for email in ("ada@example.org", "bo@example.org"))
    secret = {who: sent["status_url"].split("/")[-2] for who, sent in (("requester", mine), ("other requester", others))}
    people = {
        "lead": {"role": access.LEAD},
        "agent": {"products": ("flow",)},
        "agent of another product": {"products": ("rsr", "lumen")},
        "disabled": {},
    }
    browsers = {who: desk.app.test_client() for who in WHO}
    for who, limits in people.items():
        email = f"{who.replace(' ', '.')}@desk.example.org"
        number = staff.add(desk, email, **limits)  # type: ignore[arg-type]
        staff.sign_in(desk, email, browsers[who])
        assert staff.is_in(browsers[who])
        if who == "disabled":
            with desk.database.write() as session:
                session.get_one(Agent, number).active = False
    return Cast(desk, browsers, secret, staff.add(desk, "victim@desk.example.org"))


def was_let_in(answer: Any, rule: str) -> bool:
    """Tell whether a route was carried out, were it to say that something in it could not be taken."""
    if any(part in rule for part in NOT_THERE) and answer.status_code == 404:
        return SAYS_SO not in answer.text and "number" not in answer.text
    to_the_door = answer.status_code == 303 and answer.headers["Location"] == "/desk/" and rule != "/desk/sign-out"
    return answer.status_code not in (401, 403, 404) and not (to_the_door and "/desk/" in rule and rule not in OPEN)


OPEN = [route.partition(" ")[2] for route, who in ROUTES.items() if who == EVERYBODY]


def test_every_route_has_a_line(desk: Desk) -> None:
    missing = sorted(set(routes(desk)) - set(ROUTES))
    assert not missing, f"say in tests/web/test_access.py who may ask {missing}"
    assert not set(ROUTES) - set(routes(desk)), "a route that is gone keeps no line"


def test_only_those_who_may_are_let_in(everybody: Cast) -> None:
    wrong = {}
    for route in [route for route, may in ROUTES.items() if may != EVERYBODY]:
        method, _, rule = route.partition(" ")
        let_in = {who for who in WHO if was_let_in(everybody.ask(who, method, rule), rule)}
        if let_in != set(MAY[ROUTES[route]]):
            wrong[route] = sorted(let_in)
    assert not wrong, "these let in others than they should"


def test_nobody_is_refused_what_is_for_everybody(everybody: Cast) -> None:
    for route in [route for route, may in ROUTES.items() if may == EVERYBODY and "/desk/" not in route and route != STAMPED]:
        method, _, rule = route.partition(" ")
        answers = {everybody.ask(who, method, rule).status_code for who in WHO}
        assert not answers & {401, 403}, route


def test_csrf_no_desk_form_is_taken_without_its_token_or_from_another_site(everybody: Cast) -> None:
    """ASVS 5.0 3.5.1 and 3.5.3, for each unsafe route of the desk."""
    lead = everybody.browsers["lead"]
    taken: list[Any] = []
    good = staff.form_token(lead)
    for route in [route for route in ROUTES if " /desk/" in route and not route.startswith("GET")]:
        method, _, rule = route.partition(" ")
        address = re.sub(r"<(int:|path:)?\w+>", lambda found: "1001" if "reference" in found[0] else "1", rule)
        for elsewhere in ELSEWHERE:
            answer = lead.open(address, method=method, data={"form_token": good}, headers=elsewhere)
            taken += [(route, elsewhere)] if answer.status_code != 403 else []
        for bad in ("", "0" * 40, "é") if rule not in BEFORE_SIGNING_IN else ():
            answer = lead.open(address, method=method, data={"form_token": bad})
            taken += [(route, bad)] if answer.status_code != 403 else []
    assert not taken


def test_the_queue_of_a_limited_agent_holds_only_what_they_may_see(everybody: Cast) -> None:
    everybody.desk.send(product="rsr", session=None, subject="only for RSR")
    seen = {who: everybody.browsers[who].get("/desk/").text for who in MAY[SIGNED_IN]}
    assert ["only for RSR" in seen[who] for who in MAY[SIGNED_IN]] == [False, True, True]
    assert ["survey is not on the phone" in seen[who] for who in MAY[SIGNED_IN]] == [True, False, True]


def test_a_limit_to_a_hub_counts_with_that_to_a_product(desk: Desk) -> None:
    desk.send(hub="Asia", session=None)
    desk.send(hub="Europe", session=None)
    desk.send(hub="Asia", product="rsr", session=None)
    desk.send(session=None)
    staff.add(desk, "agent@example.org", products=("flow",), hubs=("Asia", ""))
    client = staff.sign_in(desk, "agent@example.org")
    assert [client.get(f"/desk/tickets/{number}").status_code for number in (1001, 1002, 1003, 1004)] == [200, 404, 404, 200]


def test_a_limited_agent_neither_hears_of_nor_is_shown_tickets_out_of_reach(desk: Desk) -> None:
    number = staff.add(desk, "agent@example.org", products=("flow",))
    with desk.database.write() as session:
        notices.choose(session, session.get_one(Agent, number), mail="off", events=["new"], browser=True)
    words = {"subject": "export of the survey fails", "happened": "the export of the survey fails with an error every time"}
    for product in ("flow", "flow", "other"):
        desk.send(session=None, product=product, **words)
    client = staff.sign_in(desk, "agent@example.org")
    page = client.get("/desk/tickets/1001").text
    assert "/desk/tickets/1002" in page, "similar, and in reach"
    assert "/desk/tickets/1003" not in page
    with desk.database.read() as session:
        assert {notice.ticket_id for notice in session.scalars(select(Notice))} == {1001, 1002}


def test_a_limited_agent_sees_the_gaps_of_products_in_reach_and_of_none(desk: Desk) -> None:
    with desk.database.write() as session:
        for product in ("rsr", "flow", ""):
            for number in range(3):
                told = deflection.Event("shown", text=f"the giraffe saddle of {product or 'none'} is loose", product=product)
                deflection.record(session, f"{product} {number}", told, desk.clock())
    staff.add(desk, "agent@example.org", products=("flow",))
    listed = staff.sign_in(desk, "agent@example.org").get("/api/v1/desk/gaps").json["gaps"]
    assert {one["product"] for one in listed if "saddle" in one["what"]} == {"flow", ""}
