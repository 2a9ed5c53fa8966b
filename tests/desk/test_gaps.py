"""The writers' work list: every kind of line, with people counted and words kept private."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from deflect_api.desk import gaps
from deflect_api.desk.people import accounts
from deflect_api.intake import helpful
from deflect_api.intake.deflection import OPENED, REJECTED, SHOWN, SUBMITTED, Event, record
from search import Engine, Section, build_index
from tests.conftest import Desk
from tests.served import Served

PAGE: dict[str, Any] = {
    "path": "flow/phone-time.md", "url": "flow/phone-time/", "title": "The phone time", "product": "flow",
    "reviewed": "2026-11-23", "review_every": "12 months",
}  # fmt: skip
PAGES = {PAGE["path"]: PAGE}
PASSWORD = "a long one of the tests"
EMPTY = "my tablet battery is empty"
UNANSWERED = "the giraffe saddle is loose"  # by our own docs, ever


def noted(desk: Desk, visits: dict[str, list[Event]]) -> list[gaps.Gap]:
    with desk.database.write() as session:
        for name, events in visits.items():
            for event in events:
                record(session, name, event, desk.clock.now)
    return listed(desk)


def listed(desk: Desk, pages: Any = PAGES) -> list[gaps.Gap]:
    with desk.database.read() as session:
        return gaps.gaps(session, pages, desk.clock.now)


def searched(text: str, *shown: str) -> Event:
    return Event(SHOWN, article=" ".join(shown), text=text, product="flow")


def test_a_search_that_found_nothing_is_listed_from_three_visits_on(any_desk: Desk) -> None:
    visits = {f"visit {number}": [searched("batt"), searched(f"{EMPTY} says person{number}")] for number in range(2)}
    assert noted(any_desk, visits) == []
    (gap,) = noted(any_desk, {"visit 3": [searched(EMPTY)]})
    assert (gap.kind, gap.people, gap.what, gap.product, gap.page) == (gaps.NOTHING, 3, "tablet battery empty", "flow", "")
    new = "deflect new 'Tablet battery empty' --product flow --type troubleshooting --question 'tablet battery empty'"
    assert gap.command == new


def test_a_search_after_which_a_ticket_was_sent_is_listed_apart(any_desk: Desk) -> None:
    sent = [searched(EMPTY, "flow/x/"), Event(SUBMITTED, product="flow")]
    (gap,) = noted(any_desk, {f"visit {number}": sent for number in range(3)})
    assert (gap.kind, gap.people) == (gaps.TICKET, 3)
    assert gap.command == "deflect explain 'tablet battery empty' --product flow"


def test_an_article_that_was_read_before_a_ticket_all_the_same_is_listed(desk: Desk) -> None:
    opened = Event(OPENED, article="flow/phone-time/#messages", product="flow")
    visits = {"one": [opened, opened, Event(SUBMITTED)], "two": [opened, Event(SUBMITTED)], "three": [opened]}
    (gap,) = noted(desk, visits)
    assert (gap.kind, gap.people, gap.what, gap.page) == (gaps.OPENED, 2, "The phone time", "flow/phone-time.md")
    assert gap.command == "$EDITOR docs/flow/phone-time.md"


def test_rejections_come_with_their_reasons_scrubbed(desk: Desk) -> None:
    why = Event(REJECTED, article="/flow/phone-time/", reason="not my problem: ask ada@example.org")
    (gap,) = noted(desk, {"one": [why], "two": [Event(REJECTED, article="flow/phone-time/")], "three": [why]})
    assert (gap.kind, gap.people) == (gaps.REJECTED, 3)
    assert gap.evidence[0] == "not my problem: 2"
    assert gap.evidence[1] == "“ask [removed]”"


def test_pages_that_did_not_help_come_with_their_reasons(desk: Desk) -> None:
    with desk.database.write() as session:
        for answer in (("not clear", "which clock"), ("not clear", ""), ("", "")):
            helpful.note(session, helpful.Answer(PAGE["path"], "v", False, *answer), desk.clock.now)
        helpful.note(session, helpful.Answer(PAGE["path"], "v", True), desk.clock.now)
    (gap,) = listed(desk)
    assert (gap.kind, gap.people, gap.evidence) == (gaps.UNHELPFUL, 3, ("not clear: 2", "“which clock”"))


def test_overdue_reviews_come_with_the_visits_that_opened_the_page(desk: Desk) -> None:
    old = {PAGE["path"]: {**PAGE, "reviewed": "2020-01-01"}}
    noted(desk, {"one": [Event(OPENED, article="flow/phone-time/")]})
    (gap,) = listed(desk, old)
    assert (gap.kind, gap.people) == (gaps.OVERDUE, 1)
    assert "last reviewed 2020-01-01" in gap.evidence


def test_the_most_people_come_first_and_what_is_long_ago_is_gone(desk: Desk) -> None:
    visits = {f"visit {number}": [searched(EMPTY)] for number in range(3)}
    visits |= {f"other {number}": [searched("a map without points")] for number in range(5)}
    assert [gap.people for gap in noted(desk, visits)] == [5, 3]
    desk.clock.forward(days=gaps.DAYS + 1)
    assert listed(desk) == []


def test_what_was_searched_in_vain_is_off_the_list_once_the_live_search_answers_it(any_desk: Desk, tmp_path: Path) -> None:
    noted(any_desk, {f"visit {number}": [searched(EMPTY)] for number in range(3)})

    def kinds(*sections: Section) -> list[str]:
        root = tmp_path / str(len(sections))
        build_index([Section("x", "x", "Photos", "Take a photo.", product="flow"), *sections], root)
        answered = gaps.answered_by(Engine(root), 3.0)
        with any_desk.database.read() as session:
            return [gap.kind for gap in gaps.gaps(session, {}, any_desk.clock.now, answered=answered)]

    assert kinds() == [gaps.NOTHING]
    answer = Section("y", "y", "The battery of the tablet is empty", "Charge it.", product="flow")
    assert kinds(answer) == []
    assert kinds(replace(answer, product="rsr"), replace(answer, article="z", product="rsr")) == [gaps.NOTHING]


def test_an_agent_sees_the_list_and_a_stranger_does_not(desk: Desk) -> None:
    noted(desk, {f"visit {number}": [searched(UNANSWERED)] for number in range(3)})
    assert desk.client.get("/desk/gaps").status_code == 303
    client = desk.client
    with desk.database.write() as session:
        accounts.add(session, "agent@example.org", "Maria", PASSWORD, desk.clock.now)
    client.post("/desk/sign-in", data={"email": "agent@example.org", "password": PASSWORD})
    page = client.get("/desk/gaps")
    assert page.status_code == 200
    assert "giraffe saddle loose" in page.text
    assert "found nothing" in page.text
    assert "deflect new &#39;Giraffe saddle loose&#39;" in page.text


def test_the_command_tells_the_same_list(desk: Desk) -> None:
    noted(desk, {f"visit {number}": [searched(UNANSWERED)] for number in range(3)})
    served = Served(desk.settings.home, extra={"DEFLECT_DATABASE": desk.settings.database})
    assert "   3  found nothing [flow]: giraffe saddle loose\n      3 visits" in served.command("gaps", "--days", "36500").stdout
    told = json.loads(served.command("gaps", "--days", "36500", "--format", "json").stdout)
    assert [line["kind"] for line in told] == [gaps.NOTHING]
