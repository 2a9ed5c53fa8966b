"""Following a request by its link, and answering it at the desk."""

import re
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from deflect_api.desk.people import accounts
from deflect_api.store.models import Comment, Ticket
from tests.conftest import Desk

PASSWORD = "correct horse battery"


@pytest.fixture
def agent(any_desk: Desk) -> FlaskClient:
    with any_desk.database.write() as session:
        accounts.add(session, "agent@example.org", "Grace", PASSWORD, any_desk.clock.now)
    client = any_desk.client
    answer = client.post("/desk/sign-in", data={"email": "agent@example.org", "password": PASSWORD})
    assert answer.status_code == 303
    return client


def token(client: FlaskClient) -> str:
    return re.search(r'name="form_token" value="([0-9a-f]+)"', client.get("/desk/").text)[1]  # type: ignore[index]


def test_the_status_page_opens_by_its_link_alone(any_desk: Desk) -> None:
    sent = any_desk.send().json
    page = any_desk.client.get(sent["status_url"])
    assert page.status_code == 200
    assert "survey is not on the phone" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    for wrong in ("x" * 32, "", sent["status_url"].rstrip("/")[-10:]):
        assert any_desk.client.get(f"/requests/{sent['reference']}/{wrong}/").status_code == 404
    assert any_desk.client.get(sent["status_url"].replace("/1001/", "/1002/")).status_code == 404


def test_a_requester_adds_information_and_reads_public_answers_only(any_desk: Desk, agent: FlaskClient) -> None:
    url = any_desk.send().json["status_url"]
    form = {"form_token": token(agent), "kind": "reply", "body": "Which version is the app?", "status": "pending"}
    assert agent.post("/desk/tickets/1001/reply", data=form).status_code == 303
    assert agent.post("/desk/tickets/1001/reply", data={**form, "kind": "note", "body": "a secret remark"}).status_code == 303
    page = any_desk.client.get(url).text
    assert "Which version is the app?" in page
    assert "a secret remark" not in page
    added = any_desk.client.post(f"{url}comments", data={"body": "It is 2.10.2 <i>"})
    assert added.status_code == 303
    page = any_desk.client.get(urljoin(f"{url}comments", added.headers["Location"])).text
    assert "It is 2.10.2 &lt;i&gt;" in page
    with any_desk.database.read() as session:
        assert session.get_one(Ticket, 1001).status == "open"


def test_an_empty_addition_is_refused_and_nothing_is_lost(any_desk: Desk) -> None:
    url = any_desk.send().json["status_url"]
    answer = any_desk.client.post(f"{url}comments", data={"body": "   "})
    assert answer.status_code == 422
    assert "Write something first." in answer.text
    long = any_desk.client.post(f"{url}comments", data={"body": "y" * 20_001})
    assert long.status_code == 422
    assert "y" * 20_001 in long.text


def test_a_reply_reaches_the_requester_by_mail_in_the_same_thread(any_desk: Desk, agent: FlaskClient) -> None:
    any_desk.send()
    while any_desk.relay.run_once():
        pass
    (first,) = any_desk.mails()
    form = {"form_token": token(agent), "kind": "reply", "body": "Publish the form again."}
    agent.post("/desk/tickets/1001/reply", data=form)
    while any_desk.relay.run_once():
        pass
    reply = next(mail for mail in any_desk.mails() if mail != first).read_text(encoding="utf-8")
    assert "Publish the form again." in reply
    assert "In-Reply-To: <1001.received@example.org>" in reply
    assert "To: Ada <ada@example.org>" in reply


def test_the_desk_shows_what_was_searched_and_rejected(any_desk: Desk, agent: FlaskClient) -> None:
    any_desk.client.post("/api/v1/events", data={"session": "s1", "event": "rejected", "article": "flow/x/", "reason": "too old"})
    any_desk.send()
    page = agent.get("/desk/tickets/1001").text
    assert "flow/x/" in page
    assert "too old" in page


def test_the_queue_shows_the_most_pressing_first(any_desk: Desk, agent: FlaskClient) -> None:
    any_desk.send(subject="small thing", working="only looks wrong")
    any_desk.send(subject="all phones stopped", working="stopped", affected="everyone", needed_by="today")
    page = agent.get("/desk/").text
    assert page.index("all phones stopped") < page.index("small thing")


def test_states_change_and_solving_mails_the_requester(any_desk: Desk, agent: FlaskClient) -> None:
    any_desk.send()
    agent.post("/desk/tickets/1001/take", data={"form_token": token(agent)})
    agent.post("/desk/tickets/1001/status", data={"form_token": token(agent), "status": "solved"})
    while any_desk.relay.run_once():
        pass
    assert any("solved" in mail.name for mail in any_desk.mails())
    assert "Grace" in agent.get("/desk/tickets/1001").text
    refused = agent.post("/desk/tickets/1001/status", data={"form_token": token(agent), "status": "vanished"})
    assert refused.status_code == 422


def test_nobody_gets_in_without_signing_in(any_desk: Desk) -> None:
    any_desk.send()
    assert any_desk.client.get("/desk/").status_code == 200
    assert "survey is not on the phone" not in any_desk.client.get("/desk/").text
    assert any_desk.client.get("/desk/tickets/1001").status_code == 303
    for action in ("reply", "take", "status"):
        assert any_desk.client.post(f"/desk/tickets/1001/{action}", data={"body": "x"}).status_code == 403
    with any_desk.database.read() as session:
        assert session.scalars(select(Comment)).all() == []


def test_a_form_from_elsewhere_is_refused(any_desk: Desk, agent: FlaskClient) -> None:
    any_desk.send()
    for forged in ("", "0" * 40):
        answer = agent.post("/desk/tickets/1001/reply", data={"form_token": forged, "body": "x", "kind": "reply"})
        assert answer.status_code == 403


def test_a_wrong_password_says_nothing_about_the_account(any_desk: Desk, agent: FlaskClient) -> None:
    texts = {
        any_desk.client.post("/desk/sign-in", data={"email": email, "password": "wrong"}).text.replace(email, "")
        for email in ("agent@example.org", "nobody@example.org")
    }
    assert len(texts) == 1


def test_signing_out_ends_the_session_on_the_server(any_desk: Desk, agent: FlaskClient) -> None:
    cookie = agent.get_cookie("desk", path="/")
    assert cookie is not None
    assert cookie.http_only
    agent.post("/desk/sign-out", data={"form_token": token(agent)})
    agent.set_cookie("desk", cookie.value, path="/")
    assert "Sign in to the desk" in agent.get("/desk/").text
