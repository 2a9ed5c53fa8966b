"""Urgent requests reach the chat at once, again, and the next in line, until somebody takes them; they name the partner alone."""

from sqlalchemy import select

from deflect_api.store.models import Ticket
from tests.second_line.conftest import Line

PRESSING = {"working": "stopped", "affected": "everyone", "needed_by": "today"}
WORDS = {"name": "Ada Obi", "partner": "Clear Water Trust", "subject": "Ada Obi and Wanjiku (+254 712 345 678) cannot sync"}


def channels(line: Line) -> list[str]:
    return [post["channel"] for post in line.slack.posts]


def test_an_urgent_request_is_posted_without_anybody_in_it_but_the_partner(line: Line) -> None:
    number = line.request(**PRESSING, **WORDS)
    line.work()
    (post,) = line.slack.posts
    for private in ("Ada", "Obi", "Wanjiku", "712", "ada@example.org"):
        assert private not in str(post)
    assert "Clear Water Trust" in post["text"]
    assert f"http://help.example.org/desk/tickets/{number}" in post["text"]
    assert post["channel"] == "C-FLOW"


def test_nobody_takes_it_so_it_is_told_again_and_to_the_next(local_line: Line) -> None:
    local_line.request(**PRESSING)
    local_line.work()
    local_line.desk.clock.forward(minutes=14)
    local_line.work()
    assert channels(local_line) == ["C-FLOW"]
    local_line.desk.clock.forward(minutes=2)
    local_line.work()
    assert sorted(channels(local_line)) == ["C-FLOW", "C-FLOW", "U-NEXT"]
    again = next(post for post in local_line.slack.posts[1:] if post["channel"] == "C-FLOW")
    assert again["thread_ts"] == "1700000000.000001"
    for _ in range(10):
        local_line.desk.clock.forward(minutes=16)
        local_line.work()
    assert channels(local_line).count("C-FLOW") == 4, "once, and again three times"


def test_it_ends_when_somebody_takes_it(local_line: Line) -> None:
    number = local_line.request(**PRESSING)
    local_line.work()
    local_line.agent.post(f"/desk/tickets/{number}/take", data=local_line.form())
    local_line.desk.clock.forward(minutes=16)
    local_line.work()
    assert channels(local_line) == ["C-FLOW"]


def test_urgent_is_chosen_with_a_reason(local_line: Line) -> None:
    number = local_line.request()
    local_line.work()
    assert not local_line.slack.posts
    address = f"/desk/tickets/{number}/urgent"
    assert local_line.agent.post(address, data=local_line.form(why=" ")).status_code == 422
    assert local_line.agent.post(address, data=local_line.form(why="The ministry waits for it")).status_code == 303
    local_line.work()
    assert "The ministry waits for it" in local_line.slack.posts[0]["text"]
    with local_line.desk.database.read() as session:
        assert session.scalars(select(Ticket)).one().priority == "urgent"


def test_what_people_type_mentions_nobody(local_line: Line) -> None:
    local_line.request(**PRESSING, subject="<!channel> <@U1> help")
    local_line.work()
    assert "<!channel>" not in local_line.slack.posts[0]["text"]


def test_a_product_without_a_line_tells_nobody(local_line: Line) -> None:
    local_line.request(**PRESSING, product="rsr")
    local_line.work()
    assert not local_line.slack.posts
