"""The desk's API does what its pages do, for staff alone, and a stale save is refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from deflect_api.desk.people import accounts
from deflect_api.web.staff.actions import ACTIONS
from tests.conftest import Desk

PASSWORD = "correct horse battery"
BASE = "/api/v1/desk"
Call = Callable[..., Any]


@pytest.fixture
def grace(any_desk: Desk) -> FlaskClient:
    with any_desk.database.write() as session:
        accounts.add(session, "grace@example.org", "Grace", PASSWORD, any_desk.clock.now)
    client = any_desk.client
    client.post("/desk/sign-in", data={"email": "grace@example.org", "password": PASSWORD})
    return client


@pytest.fixture
def call(grace: FlaskClient) -> Call:
    """Call it with an address and fields: a POST that carries the form token."""
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', grace.get("/desk/").text)[1]  # type: ignore[index]

    def post(address: str, code: int = 200, **fields: Any) -> Any:
        headers = {"Form-Token": token, "Idempotency-Key": "a key of this test"}
        answer = grace.post(BASE + address, json=fields, headers=headers)
        assert answer.status_code == code, answer.text
        return answer.json

    return post


def test_a_ticket_goes_from_the_queue_to_solved(any_desk: Desk, grace: FlaskClient, call: Call) -> None:
    any_desk.send()
    listed = grace.get(f"{BASE}/tickets?view=unassigned").json
    assert (listed["counts"]["unassigned"], listed["tickets"][0]["reference"]) == (1, "1001")
    assert [one["reference"] for one in call("/tickets/search", words="phone")["tickets"]] == ["1001"]
    taken = call("/tickets/1001/take", version=listed["tickets"][0]["version"])
    assert taken["agent"] == "grace@example.org"
    judged = call(
        "/tickets/1001/evaluate", product="flow", type="bug", severity="critical", affected="everyone", needed_by="today"
    )  # fmt: skip
    assert (judged["priority"], judged["priority_reason"][:16]) == ("urgent", "Work has stopped")
    assert call("/tickets/1001/tags", category=["Maps and charts"])["tags"] == ["Maps and charts"]
    solved = call("/tickets/1001/reply", body="Sync once.", status="solved", version=None)
    assert (solved["status"], solved["comments"][0]["body"]) == ("solved", "Sync once.")
    assert [entry["change"] for entry in solved["journal"]][-2:] == ["status", "status"]
    draft = grace.get(f"{BASE}/tickets/1001/article")
    assert draft.mimetype == "text/markdown"
    assert "Sync once." in draft.text


def test_a_stale_save_is_refused_and_changes_nothing(any_desk: Desk, call: Call) -> None:
    any_desk.send()
    seen = call("/tickets/1001/take")["version"]
    call("/tickets/1001/reply", body="I was quicker.", version=seen)
    for name, fields in (("reply", {"body": "Mine"}), ("status", {"status": "closed"}), ("take", {})):
        refused = call(f"/tickets/1001/{name}", 409, version=seen, **fields)
        assert refused["error"] == "stale"
    assert call("/tickets/search", words="1001")["tickets"][0]["status"] == "open"


def test_staff_file_a_request_for_a_client_after_a_search(any_desk: Desk, call: Call) -> None:
    client = {"email": "kofi@example.org", "product": "rsr", "subject": "cannot log in", "happened": "He phoned."}
    assert call("/tickets", 422, **client)["error"] == "search_first"
    assert call("/tickets", 201, **client, searched=True)["reference"] == "1001"
    assert call("/tickets", 201, **client, searched=True)["reference"] == "1001", "the same key is the same request"
    while any_desk.relay.run_once():
        pass
    (mail,) = any_desk.mails()
    assert "A request was made in your name." in mail.read_text(encoding="utf-8")


def test_lists_notices_and_gaps_are_kept(any_desk: Desk, grace: FlaskClient, call: Call) -> None:
    any_desk.send()
    call("/tags", kind="partner", name="Coast")
    assert call("/tags/rename", kind="partner", name="Coast", to="Green Coast")["partner"] == [
        {"name": "Green Coast", "words": []}
    ]
    call("/tags", kind="partner", name="GC")
    assert len(call("/tags/merge", kind="partner", name="GC", into="Green Coast")["partner"]) == 1
    call("/tickets/1001/gap", text="How to sync")
    assert grace.get(f"{BASE}/gaps").json["gaps"][0]["what"] == "How to sync"
    assert call("/notices", mail="digest", events=["new"])["mail"] == "digest"
    assert grace.get(f"{BASE}/known-issues").json == {"known_issues": []}
    assert grace.get(f"{BASE}/notices/new").json["notices"] == []


def test_nobody_else_gets_anything(any_desk: Desk, grace: FlaskClient) -> None:
    any_desk.send()
    stranger = any_desk.client
    rules = [rule for rule in any_desk.app.url_map.iter_rules() if rule.rule.startswith(BASE)]
    assert len(rules) > len(ACTIONS)
    for rule in rules:
        address = rule.rule.replace("<reference>", "1001")
        for method in rule.methods - {"HEAD", "OPTIONS"}:  # type: ignore[operator]
            answer = stranger.open(address, method=method, json={})
            assert (answer.status_code, answer.json["error"]) == (401, "signed_out"), address
            if method == "POST":
                forged = grace.open(address, method=method, json={})
                assert (forged.status_code, forged.json["error"]) == (403, "not_allowed"), address


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", ""])
def test_what_is_no_object_is_refused(any_desk: Desk, grace: FlaskClient, call: Call, body: str) -> None:
    any_desk.send()
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', grace.get("/desk/").text)[1]  # type: ignore[index]
    answer = grace.post(
        f"{BASE}/tickets/1001/status", data=body, headers={"Form-Token": token, "Content-Type": "application/json"}
    )
    assert answer.status_code == 422
