"""Sending a request through the API: stored once, answered with its number, refused in words that name the field."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.store.models import JournalEntry, Message, SupportSession, Ticket
from tests.conftest import Desk


def stored(desk: Desk) -> list[Ticket]:
    with desk.database.read() as session:
        return list(session.scalars(select(Ticket)))


def test_a_request_is_stored_with_all_that_is_owed_for_it(any_desk: Desk) -> None:
    answer = any_desk.send()
    assert answer.status_code == 201
    assert answer.json["reference"].isdigit()
    assert answer.json["status_url"].startswith(f"http://help.example.org/requests/{answer.json['reference']}/")
    (ticket,) = stored(any_desk)
    assert ticket.reference == answer.json["reference"]
    with any_desk.database.read() as session:
        assert {message.kind for message in session.scalars(select(Message)) if message.ticket_id} == {"forward", "mail"}
        assert [entry.change for entry in session.scalars(select(JournalEntry))] == ["submitted"]
        assert session.get_one(SupportSession, "s1").outcome == "submitted"
    assert any_desk.woken


def test_references_are_digits_that_grow(any_desk: Desk) -> None:
    first, second = any_desk.send().json["reference"], any_desk.send().json["reference"]
    assert first == "1001"
    assert int(second) == int(first) + 1


def test_the_same_key_and_words_give_the_same_answer(any_desk: Desk) -> None:
    first, again = any_desk.send("key-for-one-request"), any_desk.send("key-for-one-request")
    assert (again.status_code, again.json) == (201, first.json)
    assert len(stored(any_desk)) == 1


def test_the_same_key_with_other_words_names_the_request_it_already_has(any_desk: Desk) -> None:
    reference = any_desk.send("key-for-one-request").json["reference"]
    answer = any_desk.send("key-for-one-request", subject="something else")
    assert answer.status_code == 422
    assert answer.json["error"] == "key_reused"
    assert reference in answer.json["detail"]
    assert len(stored(any_desk)) == 1


def test_a_key_lives_thirty_days(any_desk: Desk) -> None:
    first = any_desk.send("key-for-one-request").json["reference"]
    any_desk.clock.forward(days=31)
    assert any_desk.send("key-for-one-request", subject="something else").json["reference"] != first


def test_without_a_search_the_answer_says_to_search_first(desk: Desk) -> None:
    for receipt in ("", "made up", None):
        answer = desk.send(receipt=receipt)
        assert answer.status_code == 422
        assert "receipt" in answer.json["fields"]
        assert "earch" in answer.json["detail"] + answer.json["fields"]["receipt"]
    assert stored(desk) == []


def test_a_receipt_lives_as_long_as_a_draft(desk: Desk) -> None:
    receipt = desk.search()
    desk.clock.forward(days=6, hours=23)
    assert desk.send(receipt=receipt).status_code == 201
    desk.clock.forward(hours=2)
    late = desk.send(receipt=receipt)
    assert late.status_code == 422
    assert "7 days" in late.json["fields"]["receipt"]


def test_a_receipt_of_another_session_is_refused(desk: Desk) -> None:
    assert desk.send(receipt=desk.search(session="another")).status_code == 422


def test_when_suggesting_failed_the_request_is_taken_and_marked(desk: Desk) -> None:
    assert desk.send(receipt="unavailable").status_code == 201
    assert [ticket.searched for ticket in stored(desk)] == ["unavailable"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None),
        ("email", ""),
        ("email", "not an address"),
        ("email", "ada@nowhere"),
        ("email", "ada@example.org\r\nBcc: eve@example.org"),
        ("product", None),
        ("product", "telescope"),
        ("subject", ""),
        ("subject", "   "),
        ("subject", "x" * 301),
        ("subject", ["a list"]),
        ("happened", None),
        ("happened", 7),
        ("happened", "x" * 20_001),
        ("hub", "Atlantis"),
        ("type", "complaint"),
        ("working", "perhaps"),
        ("cc", "one@example.org, two"),
        ("context", "text"),
        ("language", "e" * 50),
        ("session", "no spaces allowed"),
        ("receipt", 5),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(desk: Desk, field: str, value: Any) -> None:
    answer = desk.send(**{field: value, "receipt": value if field == "receipt" else desk.search()})
    assert answer.status_code == 422
    assert any(name.split(".")[0] == field for name in answer.json["fields"]), answer.json
    assert all(text.endswith(".") for text in answer.json["fields"].values())
    assert stored(desk) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"email": "\xff"}', b'{"a":' * 5000, b'{"subject": "\\ud800"}']
)
def test_a_body_that_is_no_json_object_is_refused(desk: Desk, body: bytes) -> None:
    headers = {"Idempotency-Key": "some-good-key", "Content-Type": "application/json"}
    answer = desk.client.post("/api/v1/tickets", data=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json["fields"]


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "späte-schlüssel", "tab\tinside-the-key"])
def test_a_request_needs_a_usable_key(desk: Desk, key: str) -> None:
    answer = desk.client.post("/api/v1/tickets", json=desk.request(), headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json["fields"]


def test_words_for_choices_may_be_written_as_people_write_them(desk: Desk) -> None:
    assert desk.send(type="Feature_Request", working="Inconvenient-Workaround", needed_by="This Week").status_code == 201
    (ticket,) = stored(desk)
    assert (ticket.type, ticket.severity, ticket.needed_by) == ("feature request", "significant", "this week")


def test_a_form_can_be_sent_as_multipart_too(desk: Desk) -> None:
    sent = {**desk.request(), "context.instance": "care.akvoflow.org"}
    answer = desk.client.post(
        "/api/v1/tickets", data=sent, headers={"Idempotency-Key": "a-multipart-key"}, content_type="multipart/form-data"
    )
    assert answer.status_code == 201
    assert stored(desk)[0].context == {"instance": "care.akvoflow.org"}


def test_other_media_types_and_methods_are_refused_in_the_one_shape(desk: Desk) -> None:
    answer = desk.client.post(
        "/api/v1/tickets", data="<x/>", content_type="text/xml", headers={"Idempotency-Key": "some-good-key"}
    )
    assert answer.status_code == 422
    assert set(answer.json) == {"error", "detail", "fields"}
    wrong = desk.client.delete("/api/v1/tickets")
    assert wrong.status_code == 405
    assert set(wrong.json) == {"error", "detail", "fields"}


def test_too_large_a_body_is_refused_before_it_is_read(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/tickets", data=b"x" * 1_000_001, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json["error"] == "too_large"


def test_no_byte_of_the_words_is_changed_on_the_way_to_the_database(any_desk: Desk) -> None:
    words = "Ça ne marche pas: 表單 🙂 <b>&amp;</b> 'quotes' \"double\" \\ %s {0} é é\nsecond line"
    assert any_desk.send(happened=words).status_code == 201
    assert stored(any_desk)[0].happened == words


def test_a_nul_does_not_stop_a_request(any_desk: Desk) -> None:
    assert any_desk.send(happened="pasted\x00from a log").status_code == 201
    assert stored(any_desk)[0].happened == "pastedfrom a log"


def test_the_secret_of_the_status_link_is_in_no_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = desk.send().json["status_url"]
    secret = url.rstrip("/").rsplit("/", 1)[1]
    assert desk.client.get(url).status_code == 200
    assert "event=request" in caplog.text
    assert secret not in caplog.text
    assert json.dumps(stored(desk)[0].subject) not in caplog.text
