"""Was this page helpful? Stored by page and version, and nothing else."""

import re
from typing import Any

import pytest
from sqlalchemy import inspect, select

from deflect_api.store.helpful import HelpfulAnswer
from tests.conftest import Desk
from tests.web.test_limits import with_limits

PAGE = "flow/phone-time.md"


def answer(desk: Desk, **form: str) -> Any:
    headers = {"Origin": "http://localhost"}
    return desk.client.post("/helpful/", data={"page": PAGE, "version": "abc", "answer": "no", **form}, headers=headers)


def stored(desk: Desk) -> list[HelpfulAnswer]:
    with desk.database.read() as session:
        return list(session.scalars(select(HelpfulAnswer).order_by(HelpfulAnswer.id)))


def test_an_answer_is_stored_by_page_and_version(any_desk: Desk) -> None:
    assert answer(any_desk, answer="yes", text="thanks").status_code == 200
    assert answer(any_desk, reason="not clear", text="what is  a clock").status_code == 200
    kept = [(one.page, one.version, one.helpful, one.reason, one.text, one.at) for one in stored(any_desk)]
    now = any_desk.clock.now
    assert kept == [(PAGE, "abc", True, "", "", now), (PAGE, "abc", False, "not clear", "what is a clock", now)]


def test_what_is_sensitive_is_taken_out_before_it_is_stored(desk: Desk) -> None:
    answer(desk, text="write to ada@example.org, my password is hunter22")
    (kept,) = stored(desk)
    assert "ada@example.org" not in kept.text
    assert "hunter22" not in kept.text
    assert kept.text.startswith("write to [removed]")


def test_nothing_of_the_visitor_is_stored_and_no_cookie_is_set(desk: Desk) -> None:
    assert "Set-Cookie" not in answer(desk).headers
    assert set(inspect(HelpfulAnswer).columns.keys()) == {"id", "at", "page", "version", "helpful", "reason", "text"}


@pytest.mark.parametrize("form", [{"page": "flow/gone.md"}, {"page": "../x"}, {"answer": "maybe"}, {"answer": ""}])
def test_an_answer_about_nothing_is_not_stored(desk: Desk, form: dict[str, str]) -> None:
    assert answer(desk, **form).status_code == 422
    assert stored(desk) == []


def test_a_reason_that_is_none_of_ours_is_left_out(desk: Desk) -> None:
    answer(desk, reason="<b>")
    assert stored(desk)[0].reason == ""


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_cannot_answer(desk: Desk, headers: dict[str, str]) -> None:
    sent = desk.client.post("/helpful/", data={"page": PAGE, "answer": "no"}, headers=headers)
    assert sent.status_code == 403
    assert stored(desk) == []


def test_more_answers_than_people_give_are_refused_with_a_time(make_desk: Any, sqlite_address: str) -> None:
    desk = with_limits(make_desk(sqlite_address), helpful="2 in 1 hour")
    assert [answer(desk).status_code for _ in range(3)] == [200, 200, 429]
    assert len(stored(desk)) == 2


def test_every_article_asks_and_its_form_is_taken(desk: Desk) -> None:
    page = desk.client.get("/flow/phone-time/").text
    assert page.count('action="/helpful/"') == 2
    version = re.search(r'name="version" value="([0-9a-f]{12})"', page)
    assert version is not None
    assert answer(desk, version=version[1]).status_code == 200
    assert 'href="/flow/phone-time/"' in answer(desk).text
