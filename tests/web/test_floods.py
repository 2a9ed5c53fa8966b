"""In a flood a browser computes a little before its request is taken; a page without a script is held, never refused."""

from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.intake.abuse.proof_of_work import Challenge, challenge, solve
from deflect_api.store.models import Ticket
from tests.conftest import Desk
from tests.web.crowd import send, worked
from tests.web.test_form_without_scripts import TYPED, hidden, opened
from tests.web.test_limits import with_limits

KEY = {"Idempotency-Key": "the-key-of-one-form"}


@pytest.fixture
def flooded(any_desk: Desk) -> Desk:
    """A desk that five visits on one address have flooded."""
    with_limits(any_desk, flood_address=5, work_bits=8)
    assert {send(any_desk, number).status_code for number in range(5)} == {201}
    return any_desk


def test_without_a_flood_no_work_is_asked_for(any_desk: Desk) -> None:
    with_limits(any_desk, flood_address=5)
    assert {send(any_desk, number).status_code for number in range(5)} == {201}


def test_in_a_flood_a_request_is_taken_once_the_work_is_done(flooded: Desk) -> None:
    asked = send(flooded, "late", headers=KEY)
    assert asked.status_code == 428
    assert asked.json["error"] == "work"
    assert set(asked.json["challenge"]) == {"token", "bits", "seconds", "algorithm"}
    done = send(flooded, "late", headers={**KEY, "Work": worked(asked)})
    assert done.status_code == 201
    again = send(flooded, "late", headers=KEY)
    assert (again.status_code, again.json) == (201, done.json)


def test_others_are_not_asked_and_a_minute_later_nobody_is(flooded: Desk) -> None:
    assert send(flooded, "far", address="198.51.100.7").status_code == 201
    flooded.clock.forward(seconds=60)
    assert send(flooded, "late").status_code == 201


def test_a_flood_from_many_addresses_asks_everybody(any_desk: Desk) -> None:
    with_limits(any_desk, flood_everywhere=5, work_bits=8)
    for number in range(5):
        assert send(any_desk, number, address=f"198.51.100.{number}").status_code == 201
    assert send(any_desk, "late", address="203.0.113.99").status_code == 428


def test_work_is_good_once(flooded: Desk) -> None:
    work = worked(send(flooded, "late", headers=KEY))
    assert send(flooded, "late", headers={**KEY, "Work": work}).status_code == 201
    assert send(flooded, "later", headers={"Work": work}).status_code == 428


def test_work_expires(flooded: Desk) -> None:
    work = worked(send(flooded, "late", headers=KEY))
    flooded.clock.forward(minutes=9, seconds=59)
    for number in range(5):
        send(flooded, f"again{number}")
    assert send(flooded, "late", headers={**KEY, "Work": work}).status_code == 201
    flooded.clock.forward(seconds=2)
    other = {"Idempotency-Key": "the-key-of-another-form"}
    old = worked(send(flooded, "last", headers=other))
    flooded.clock.forward(minutes=10, seconds=1)
    for number in range(5):
        send(flooded, f"and-again{number}")
    assert send(flooded, "last", headers={**other, "Work": old}).status_code == 428


@pytest.mark.parametrize("work", ["", "x", "x:0", "forged", "not done"])
def test_work_that_is_none_is_asked_for_again(flooded: Desk, work: str) -> None:
    asked = Challenge(**send(flooded, "late", headers=KEY).json["challenge"])
    if work == "forged":
        work = solve(challenge("a guessed secret", KEY["Idempotency-Key"], bits=1, now=flooded.clock.now))
    if work == "not done":
        done = solve(asked).rpartition(":")[2]
        work = f"{asked.token}:{int(done) - 1}"
    assert send(flooded, "late", headers={**KEY, "Work": work}).status_code == 428


def test_a_limit_is_told_before_work_is_asked_for(flooded: Desk) -> None:
    with_limits(flooded, flood_address=5, mail="1 in 10 minutes")
    assert send(flooded, "late", email="person1@example.org").status_code == 429


def test_without_a_script_a_flood_holds_a_request_and_says_so(flooded: Desk) -> None:
    place: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    middle = flooded.client.post("/support/contact/", data={**TYPED, **opened(flooded)}, **place)
    flooded.clock.forward(seconds=5)
    sent = flooded.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"}, **place)
    assert sent.status_code == 303
    page = flooded.client.get(sent.headers["Location"]).text
    assert "held for a look by a person, because" in page
    assert "very many requests came at the same time" in page
    with flooded.database.read() as session:
        assert session.scalars(select(Ticket.status).order_by(Ticket.id.desc())).first() == "suspected"


def test_another_site_that_may_use_the_api_may_send_the_work(desk: Desk) -> None:
    web = desk.settings.support.web.model_copy(update={"allowed_origins": ("https://help.example.org",)})
    support = desk.settings.support.model_copy(update={"web": web})
    object.__setattr__(desk.app.extensions["deflect"].settings, "support", support)
    answer = desk.client.options("/api/v1/tickets", headers={"Origin": "https://help.example.org"})
    assert "Work" in answer.headers["Access-Control-Allow-Headers"]
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
