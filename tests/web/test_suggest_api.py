"""Suggestions, events and the search page: one shape of answer, refusals that name the field, nothing stored per keystroke."""

import pytest
from sqlalchemy import func, select

from deflect_api.store.models import SessionEvent, SupportSession
from tests.conftest import Desk


def test_a_problem_typed_in_plain_words_brings_its_article(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": "my survey does not show in the app", "product": "flow"})
    assert answer.status_code == 200
    assert set(answer.json) == {"suggestions", "receipt", "index"}
    first = answer.json["suggestions"][0]
    assert set(first) == {"url", "article", "title", "heading", "breadcrumb", "snippet", "score", "known_issue"}
    assert first["article"] == "flow/form-not-in-app/"
    assert "<mark>" in first["snippet"]


@pytest.mark.parametrize("sent", [{}, {"Origin": "https://other.example.org"}, {"Accept-Encoding": "gzip"}])
def test_a_keystroke_is_answered_before_flask_as_flask_would_answer_it(desk: Desk, sent: dict[str, str]) -> None:
    form = {"text": "the form is not in the app", "product": "flow", "limit": "5", "session": "abc"}
    before = desk.client.post("/api/v1/suggest", data=form, headers=sent)
    inside = desk.client.post("/api/v1/suggest", data=form, headers=sent, content_type="multipart/form-data")
    assert sorted(before.headers) == sorted(inside.headers)
    assert before.data == inside.data


def test_a_suggestion_leads_to_a_page_of_the_same_release(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": "export data to excel", "limit": "5"})
    assert len(answer.json["suggestions"]) == 5
    for found in answer.json["suggestions"]:
        page, _, anchor = found["url"].partition("#")
        shown = desk.client.get(f"/{page}")
        assert shown.status_code == 200
        assert not anchor or f'id="{anchor}"' in shown.text


def test_at_most_five_and_at_least_one_are_given(desk: Desk) -> None:
    for limit, most in (("0", 1), ("-3", 1), ("2", 2), ("99", 5)):
        answer = desk.client.post("/api/v1/suggest", data={"text": "data", "limit": limit})
        assert 1 <= len(answer.json["suggestions"]) <= most


@pytest.mark.parametrize(
    ("field", "value"), [("product", "telescope"), ("limit", "many"), ("session", "not allowed!"), ("session", "x" * 65)]
)
def test_bad_fields_are_named(desk: Desk, field: str, value: str) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": "survey", field: value})
    assert answer.status_code == 422
    assert field in answer.json["fields"]


def test_bad_utf8_is_named(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/suggest", data=b"text=%ff%fe", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert "text" in answer.json["fields"]


@pytest.mark.parametrize("text", ["", "   ", "zzqqxx wwvvkk", "?!", "\x00", "x" * 50_000])
def test_nothing_to_say_is_an_empty_list_and_still_a_receipt(desk: Desk, text: str) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": text})
    assert answer.status_code == 200
    assert answer.json["suggestions"] == []
    assert answer.json["receipt"]


def test_pages_for_the_team_are_never_suggested(desk: Desk) -> None:
    answer = desk.client.post("/api/v1/suggest", data={"text": "write an article front matter labels", "limit": "5"})
    assert not [found for found in answer.json["suggestions"] if found["article"].startswith("team/")]


def test_suggesting_stores_nothing(desk: Desk) -> None:
    desk.search(session="visit")
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SupportSession)) == 0


def test_events_become_the_history_of_a_session(any_desk: Desk) -> None:
    for event in (
        {"event": "shown", "text": "survey missing"},
        {"event": "opened", "article": "flow/form-not-in-app/"},
        {"event": "rejected", "article": "flow/form-not-in-app/", "reason": "I did all of that"},
        {"event": "solved", "article": "flow/assign-forms/"},
    ):
        assert any_desk.client.post("/api/v1/events", data={"session": "visit", **event}).status_code == 204
    with any_desk.database.read() as session:
        assert session.get_one(SupportSession, "visit").outcome == "confirmed"
        told = [(e.event, e.article, e.reason, e.text) for e in session.scalars(select(SessionEvent).order_by(SessionEvent.id))]
    assert told == [
        ("shown", "", "", "survey missing"),
        ("opened", "flow/form-not-in-app/", "", ""),
        ("rejected", "flow/form-not-in-app/", "I did all of that", ""),
        ("solved", "flow/assign-forms/", "", ""),
    ]


@pytest.mark.parametrize(("field", "value"), [("session", ""), ("event", "danced"), ("event", ""), ("reason", "x" * 1001)])
def test_events_that_make_no_sense_are_refused(desk: Desk, field: str, value: str) -> None:
    answer = desk.client.post("/api/v1/events", data={"session": "visit", "event": "opened", field: value})
    assert answer.status_code == 422
    assert field in answer.json["fields"]


def test_the_search_page_works_by_post_and_keeps_the_words_out_of_the_address(desk: Desk) -> None:
    assert desk.client.get("/search/").status_code == 200
    answer = desk.client.post("/search/", data={"text": "survey is not in the app"})
    assert answer.status_code == 200
    assert 'href="/flow/form-not-in-app/' in answer.text
    assert 'method="post"' in answer.text


def test_without_a_release_suggesting_says_so_and_a_request_is_still_taken(desk: Desk) -> None:
    (desk.settings.home / "current").unlink()
    answer = desk.client.post("/api/v1/suggest", data={"text": "survey"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json["error"] == "unavailable"
    assert desk.send(receipt="unavailable").status_code == 201
    assert desk.client.get("/readyz").status_code == 200
