"""The incident banner: set by a lead without a publish, seen where people are about to report it, gone by itself."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from deflect_api.desk import incidents
from deflect_api.desk.people import accounts
from deflect_api.errors import InputError
from deflect_api.store.db import Database
from deflect_api.store.models import Agent
from tests.conftest import MONDAY, Desk
from tests.intake.made import agent as an_agent
from tests.web.test_status_and_desk import PASSWORD, token

KNOWN = "We know that exports are slow; no need to report."


def sign_in(desk: Desk, name: str = "grace", role: str = "agent") -> FlaskClient:
    with desk.database.write() as session:
        accounts.add(session, f"{name}@example.org", name, PASSWORD, desk.clock.now).role = role
    client = desk.client
    client.post("/desk/sign-in", data={"email": f"{name}@example.org", "password": PASSWORD})
    return client


def put(client: FlaskClient, **form: Any) -> int:
    return client.post("/desk/incident", data={"form_token": token(client), "text": KNOWN, **form}).status_code


def told(desk: Desk, product: str = "") -> list[str]:
    answer = desk.client.get("/api/v1/incident", query_string={"product": product} if product else {})
    assert answer.status_code == 200
    return [incident["text"] for incident in answer.json["incidents"]]


def banners(html: str) -> list[str]:
    return re.findall(r'<p class="say" role="status" data-incident>(.*?)</p>', html)


def test_it_shows_on_the_form_beside_results_and_to_the_portals_pages(any_desk: Desk) -> None:
    client = sign_in(any_desk)
    assert put(client) == 303
    assert banners(any_desk.client.get("/support/contact/").text) == [KNOWN]
    assert banners(any_desk.client.post("/search/", data={"text": "export"}).text) == [KNOWN]
    answer = any_desk.client.get("/api/v1/incident")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    (incident,) = answer.json["incidents"]
    assert set(incident) == {"text", "product", "product_name", "since", "until"}
    assert KNOWN in client.get("/desk/incident").text


def test_without_one_nothing_shows(desk: Desk) -> None:
    assert told(desk) == []
    assert banners(desk.client.get("/support/contact/").text) == []
    assert "Nothing is told now." in sign_in(desk).get("/desk/incident").text


def test_it_ends_by_itself_or_when_it_is_cleared(any_desk: Desk) -> None:
    client = sign_in(any_desk)
    put(client, hours="1")
    any_desk.clock.forward(minutes=59)
    assert told(any_desk) == [KNOWN]
    assert client.get("/desk/incident").status_code == 200  # the sign-in does not go idle
    any_desk.clock.forward(minutes=1)
    assert told(any_desk) == []
    put(client)
    assert client.post("/desk/incident/clear", data={"form_token": token(client)}).status_code == 303
    assert told(any_desk) == []


def test_a_new_one_takes_the_place_of_the_old_one_of_its_product(any_desk: Desk) -> None:
    client = sign_in(any_desk)
    for text, product in (("one", ""), ("two", "flow"), ("three", "flow"), ("four", "rsr")):
        put(client, text=text, product=product)
    assert told(any_desk) == ["four", "three", "one"]
    assert told(any_desk, "flow") == ["three", "one"]
    assert told(any_desk, "lumen") == ["one"]
    page = any_desk.client.post("/search/", data={"text": "export", "product": "flow"}).text
    assert banners(page) == ["<strong>Flow:</strong> three", "one"]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b"])
def test_its_text_is_escaped(desk: Desk, text: str) -> None:
    client = sign_in(desk)
    put(client, text=text)
    for page in (desk.client.get("/support/contact/"), client.get("/desk/incident"), desk.client.post("/search/", data={})):
        assert text not in page.text
    assert told(desk) == [text]


@pytest.mark.parametrize("form", [{"text": "  "}, {"text": "x" * 301}, {"hours": "0"}, {"hours": "-1"}, {"product": "telescope"}])
def test_what_cannot_be_told_is_refused_and_kept(desk: Desk, form: dict[str, str]) -> None:
    client = sign_in(desk)
    answer = client.post("/desk/incident", data={"form_token": token(client), "text": KNOWN, **form})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert form.get("text", KNOWN) in answer.text
    assert told(desk) == []


def test_once_there_is_a_lead_only_a_lead_sets_it(any_desk: Desk) -> None:
    anyone = sign_in(any_desk, "bo")
    assert put(anyone) == 303
    lead = sign_in(any_desk, "lea", role="lead")
    assert put(anyone, text="another") == 403
    assert anyone.post("/desk/incident/clear", data={"form_token": token(anyone)}).status_code == 403
    assert told(any_desk) == [KNOWN]
    assert put(lead, text="another") == 303
    assert told(any_desk) == ["another"]


def test_a_lead_who_left_is_no_lead(database: Database) -> None:
    with database.write() as session:
        left = Agent(email="l@example.org", name="L", role="lead", password_hash="none", active=False, created_at=MONDAY)
        session.add(left)
        incidents.check_may_set(session, an_agent(session, MONDAY))


def test_nobody_sets_it_from_outside_or_from_another_site(desk: Desk) -> None:
    client = sign_in(desk)
    assert desk.client.get("/desk/incident").status_code == 303
    for wrong in (desk.client, client):
        assert wrong.post("/desk/incident", data={"text": KNOWN}).status_code == 403
        assert wrong.post("/desk/incident/clear").status_code == 403
    assert told(desk) == []


def test_when_the_database_is_down_the_form_comes_without_it(desk: Desk) -> None:
    with desk.database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
    path = desk.settings.database.removeprefix("sqlite:///")
    desk.database.close()
    with open(path, "r+b") as file:  # noqa: PTH123 - the file is damaged on purpose
        file.write(b"this is no database" * 100)
    assert told(desk) == []
    assert desk.client.get("/support/contact/").status_code == 200


def test_an_endless_incident_is_refused(database: Database) -> None:
    with database.write() as session, pytest.raises(InputError):
        incidents.put(session, KNOWN, product="", by="me", now=MONDAY, hours=float("nan"))
