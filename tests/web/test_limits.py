"""Limits at the door: a training room on one line is never refused, a thousand spam posts are, and nobody beside them notices."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from deflect_api.app import create_app
from deflect_api.config.limits import Limits, rate_of
from deflect_api.config.support import Web
from deflect_api.store.models import Ticket
from tests.conftest import Desk
from tests.web.crowd import ROOM, send, wait_of
from tests.web.test_form_without_scripts import TYPED, hidden, opened

MOST = {name: rate_of(getattr(Limits(), name))[0] for name in ("visit", "unproven", "mail", "address")}


def with_limits(desk: Desk, **changes: Any) -> Desk:
    """The same desk with other limits."""
    support = desk.settings.support
    ours = replace(desk.settings, support=support.model_copy(update={"limits": Limits(**changes)}))
    desk.settings, desk.app = ours, create_app(ours, desk.database, clock=desk.clock)
    return desk


def stored(desk: Desk) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_training_room_on_one_address_is_never_refused(any_desk: Desk) -> None:
    codes = []
    for number in range(200):
        codes.append(send(any_desk, number).status_code)
        any_desk.clock.forward(seconds=3)
    assert codes == [201] * 200
    with any_desk.database.read() as session:
        assert set(session.scalars(select(Ticket.status))) == {"new"}


def test_a_training_room_that_sends_at_the_same_second_is_not_refused_either(desk: Desk) -> None:
    """Nor when all of them write the words on the board."""
    words = {"subject": "the survey is not in the list", "happened": "I did each step of the exercise, and the list stays empty."}
    assert {send(desk, number, **words).status_code for number in range(200)} == {201}
    with desk.database.read() as session:
        assert set(session.scalars(select(Ticket.status))) == {"new"}


SPAM: dict[str, dict[str, Any]] = {
    "visit": {"session": "one-visit"},
    "mail": {"email": "stranger@example.org"},
    "unproven": {"receipt": "unavailable"},
}


@pytest.mark.parametrize(
    ("address", "scope"),
    [*(("sqlite", scope) for scope in SPAM), ("postgres", "visit")],  # how it is counted differs by database, not by scope
    indirect=["address"],
)
def test_of_a_thousand_posts_in_a_minute_all_but_the_limit_are_refused(any_desk: Desk, scope: str) -> None:
    codes: Counter[int] = Counter()
    beside = []
    same = {**SPAM[scope], **({"receipt": any_desk.search(session="one-visit")} if scope == "visit" else {})}
    receipt = any_desk.search(session="")
    for number in range(1000):
        own = {} if scope != "mail" else {"receipt": any_desk.search(session=f"visit-{number}")}
        codes[send(any_desk, number, **{"receipt": receipt, **own, **same}).status_code] += 1
        any_desk.clock.forward(seconds=0.06)
        if number % 100 == 50:  # somebody in the same room, and somebody elsewhere
            beside += [send(any_desk, f"real{number}"), send(any_desk, f"far{number}", address="198.51.100.7")]
    assert codes == {201: MOST[scope], 429: 1000 - MOST[scope]}
    assert {answer.status_code for answer in beside} == {201}
    assert stored(any_desk) == MOST[scope] + len(beside)


@pytest.mark.parametrize("scope", SPAM)
def test_retry_after_is_when_it_works_again_and_not_a_second_before(any_desk: Desk, scope: str) -> None:
    desk = with_limits(any_desk, **{scope: "2 in 10 minutes"})
    same = SPAM[scope]
    assert send(desk, 1, **same).status_code == 201
    desk.clock.forward(seconds=77.3)
    assert send(desk, 2, **same).status_code == 201
    wait = wait_of(send(desk, 3, **same))
    assert wait == 523
    desk.clock.forward(seconds=wait - 1)
    assert wait_of(send(desk, 4, **same)) == 1
    desk.clock.forward(seconds=1)
    assert send(desk, 5, **same).status_code == 201


def test_one_address_has_a_flood_guard_whoever_writes(desk: Desk) -> None:
    with_limits(desk, address="20 in 10 minutes")
    assert [send(desk, number).status_code for number in range(20)] == [201] * 20
    refused = send(desk, "late")
    assert wait_of(refused) == 600
    assert send(desk, "late", address="198.51.100.7").status_code == 201


def test_the_same_request_again_is_answered_whatever_the_limit(desk: Desk) -> None:
    with_limits(desk, visit="1 in 10 minutes")
    first = send(desk, 1, headers={"Idempotency-Key": "one-key-of-a-form"})
    again = [send(desk, 1, headers={"Idempotency-Key": "one-key-of-a-form"}) for _ in range(5)]
    assert {(answer.status_code, answer.json["reference"]) for answer in again} == {(201, first.json["reference"])}
    assert stored(desk) == 1


def test_a_refusal_says_what_happened_and_when_to_try_again(desk: Desk) -> None:
    with_limits(desk, mail="1 in 30 minutes")
    send(desk, 1, email="ada@example.org")
    refused = send(desk, 2, email="Ada@Example.org")
    assert refused.status_code == 429
    assert refused.json["error"] == "too_many"
    assert "in 30 minutes" in refused.json["detail"]
    assert set(refused.json["fields"]) == {"email"}


def test_the_form_without_a_script_keeps_every_answer_when_it_is_refused(desk: Desk) -> None:
    with_limits(desk, mail="1 in 10 minutes")
    send(desk, 1, email=TYPED["email"])
    middle = desk.client.post("/support/contact/", data={**TYPED, **opened(desk)})
    form = {**hidden(middle.text), "step": "send"}
    refused = desk.client.post("/support/contact/", data=form)
    assert refused.status_code == 429
    assert "The list stays empty." in refused.text
    assert "in 10 minutes" in refused.text
    desk.clock.forward(seconds=wait_of(refused))
    assert desk.client.post("/support/contact/", data=form).status_code == 303


def test_while_search_is_down_people_without_receipts_are_believed(desk: Desk) -> None:
    (desk.settings.home / "current").unlink()
    desk.app = create_app(desk.settings, desk.database, clock=desk.clock)  # a process that never saw a release
    codes = [send(desk, number, receipt="unavailable").status_code for number in range(2 * MOST["unproven"])]
    assert set(codes) == {201}


def test_the_address_is_the_one_that_the_trusted_proxy_names(desk: Desk) -> None:
    """And an untrusted header says nothing."""
    limited = {"address": "1 in 10 minutes", "visit": "9 in 10 minutes"}
    with_limits(desk, **limited)
    named = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(2)]
    assert [send(desk, n, headers=header).status_code for n, header in enumerate(named)] == [201, 429]
    support = desk.settings.support.model_copy(update={"web": Web(trusted_proxies=1)})
    desk.settings = replace(desk.settings, support=support)
    desk.app = create_app(desk.settings, desk.database, clock=desk.clock)
    assert [send(desk, f"p{n}", headers=header).status_code for n, header in enumerate(named)] == [201, 201]


def test_searching_has_its_own_generous_limit(desk: Desk) -> None:
    with_limits(desk, suggest_per_second=5, suggest_burst=20)

    def search(path: str = "/api/v1/suggest", address: str = ROOM) -> Any:
        return desk.client.post(path, data={"text": "survey"}, environ_base={"REMOTE_ADDR": address})

    assert [search().status_code for _ in range(21)] == [200] * 20 + [429]
    refused = search()
    assert refused.json["error"] == "too_many"
    assert search("/search/").status_code == 429
    assert search(address="198.51.100.7").status_code == 200
    desk.clock.forward(seconds=wait_of(refused))
    assert search().status_code == 200


def test_a_room_that_types_all_at_once_is_not_slowed(desk: Desk, make_desk: Callable[[str], Desk]) -> None:
    for _ in range(200):
        assert desk.client.post("/api/v1/suggest", data={"text": "s"}, environ_base={"REMOTE_ADDR": ROOM}).status_code == 200
