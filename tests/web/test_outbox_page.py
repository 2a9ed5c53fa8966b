"""The desk's page of what was not delivered: for leads, with the system that does not answer, each try, and one click."""

import pytest
from flask.testing import FlaskClient

from deflect_api.delivery import channels, outbox, steering
from deflect_api.errors import TemporaryFailure
from deflect_api.store.models import Message
from tests.conftest import Desk
from tests.delivery.owed import details, outcomes, owe, row
from tests.web import staff

PAGE = "/desk/outbox"


@pytest.fixture
def lead(desk: Desk) -> FlaskClient:
    staff.add(desk, "grace@example.org", role="lead")
    return staff.sign_in(desk, "grace@example.org")


@pytest.fixture
def waiting(desk: Desk) -> list[int]:
    """Three messages that wait for a human, two of them of one kind."""
    owed = [*owe(desk.database, desk.clock(), "a", "b", kind="urgent"), *owe(desk.database, desk.clock(), "c", kind="escalate")]
    with desk.database.write() as session:
        for number in owed:
            outbox.park(session, session.get_one(Message, number), desk.clock(), detail="403 not in channel, bo@example.org")
    return owed


def test_it_is_empty_when_all_is_well(lead: FlaskClient) -> None:
    page = lead.get(PAGE).text
    assert "Nothing waits for a human." in page
    assert "has not answered" not in page


def test_it_shows_each_try_without_addresses_and_what_does_not_answer(desk: Desk, lead: FlaskClient, waiting: list[int]) -> None:
    with desk.database.write() as session:
        for _ in range(channels.CLEAR):
            away = TemporaryFailure("Slack could not be reached", blame="system")
            channels.failed(session, session.get_one(Message, waiting[0]), away, desk.clock())
    page = lead.get(PAGE).text
    assert all(f"Message {number}" in page for number in waiting)
    assert "403 not in channel" in page
    assert "bo@example.org" not in page
    assert "chat has not answered since" in page
    assert "Slack could not be reached" in page


def test_one_click_tries_one_again_and_says_who_did(desk: Desk, lead: FlaskClient, waiting: list[int]) -> None:
    assert staff.post(lead, f"{PAGE}/replay", message=str(waiting[0])).status_code == 303
    assert [row(desk.database, number).state for number in waiting] == ["queued", outbox.WAITING, outbox.WAITING]
    assert outcomes(desk.database, waiting[0]) == ["waiting", "replayed"]
    assert details(desk.database, waiting[0])[-1] == "Grace"
    assert desk.woken


def test_one_click_tries_all_of_a_kind_again(desk: Desk, lead: FlaskClient, waiting: list[int]) -> None:
    assert "Try all 2 of kind urgent again" in lead.get(PAGE).text
    assert staff.post(lead, f"{PAGE}/replay", kind="urgent").status_code == 303
    assert [details(desk.database, number)[-1] for number in waiting[:2]] == ["Grace", "Grace"]
    assert [row(desk.database, number).state for number in waiting] == ["queued", "queued", outbox.WAITING]


def test_it_can_be_owed_no_more(desk: Desk, lead: FlaskClient, waiting: list[int]) -> None:
    staff.post(lead, f"{PAGE}/drop", message=str(waiting[2]))
    assert row(desk.database, waiting[2]).state == steering.DROPPED
    assert f"Message {waiting[2]}" not in lead.get(PAGE).text


@pytest.mark.parametrize("message", ["", "x", "-1", "9" * 30, "²"])
def test_a_number_that_is_none_is_told(lead: FlaskClient, message: str) -> None:
    assert staff.post(lead, f"{PAGE}/replay", message=message).status_code == 404


def test_what_is_done_already_is_told_and_stays(desk: Desk, lead: FlaskClient, waiting: list[int]) -> None:
    with desk.database.write() as session:
        outbox.settle(session, session.get_one(Message, waiting[0]), desk.clock())
    answer = staff.post(lead, f"{PAGE}/replay", message=str(waiting[0]))
    assert (answer.status_code, "is not tried again" in answer.text) == (422, True)
    assert row(desk.database, waiting[0]).state == "delivered"


def test_an_agent_who_is_no_lead_may_neither_look_nor_steer(desk: Desk, waiting: list[int]) -> None:
    staff.add(desk, "bo@example.org")
    bo = staff.sign_in(desk, "bo@example.org")
    assert bo.get(PAGE).status_code == 403
    assert staff.post(bo, f"{PAGE}/replay", message=str(waiting[0])).status_code == 403
    assert row(desk.database, waiting[0]).state == outbox.WAITING
