"""What goes wrong on the way to another system: each fault has its kind, and none of them makes a second ticket."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from deflect_api.connectors import Note
from deflect_api.connectors._http import Api, retry_after
from deflect_api.connectors.contract import a_request
from deflect_api.connectors.limit import time_limit
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from tests.connectors.standins import Faulty, answer
from tests.connectors.standins.redmine import RedmineRig
from tests.connectors.standins.rt import RtRig
from tests.connectors.standins.simple import ReamazeRig, WebhookRig
from tests.connectors.standins.zendesk import ZendeskRig

HTTP: dict[str, Callable[[], Any]] = {
    "reamaze": ReamazeRig,
    "redmine": RedmineRig,
    "rt": RtRig,
    "webhook": WebhookRig,
    "zendesk": ZendeskRig,
}
WITH_LOOK_UP = {name: rig for name, rig in HTTP.items() if name != "webhook"}
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(params=HTTP)
def rig(request: pytest.FixtureRequest) -> Any:
    return HTTP[request.param]()


@pytest.fixture(params=WITH_LOOK_UP)
def findable(request: pytest.FixtureRequest) -> Any:
    return WITH_LOOK_UP[request.param]()


def carry_out(rig: Any, reference: str) -> str:
    """What a forward does: look it up, and create what is not there."""
    remote: str = rig.desk.find(reference) or rig.desk.create(a_request(reference))
    return remote


def test_whichever_answer_is_lost_the_next_try_makes_no_second_ticket(findable: Any) -> None:
    carry_out(findable, findable.fresh_reference())  # the first call of all may also sign in
    findable.line.calls.clear()
    whole = carry_out(findable, findable.fresh_reference())
    number = len(findable.line.calls)
    assert whole
    for lost in range(number):
        reference = findable.fresh_reference()
        findable.line.faults = [None] * lost + ["lost answer"]
        with pytest.raises((TemporaryFailure, UnknownOutcome)):
            carry_out(findable, reference)
        findable.line.faults = []
        carry_out(findable, reference)
        assert len(findable.held(reference)) == 1, f"call {lost} of {findable.line.calls[:number]}"


def test_a_lost_answer_to_a_create_has_an_unknown_outcome(rig: Any) -> None:
    reference = rig.fresh_reference()
    request = a_request(reference, files=())
    creating = [number for number, call in enumerate(calls_of(rig, request)) if call.startswith("POST")]
    rig.line.faults = [None] * creating[-1] + ["lost answer"]
    with pytest.raises(UnknownOutcome):
        rig.desk.create(a_request(rig.fresh_reference(), files=()))


def calls_of(rig: Any, request: Any) -> list[str]:
    rig.desk.create(a_request(rig.fresh_reference(), files=()))  # the first call of all may also sign in
    rig.line.calls.clear()
    rig.desk.create(request)
    return list(rig.line.calls)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_to_a_create_is_looked_up_before_another_try(rig: Any, status: int) -> None:
    before = [call.split()[0] for call in calls_of(rig, a_request(rig.fresh_reference(), files=()))].index("POST")
    rig.line.faults = [None] * before + [answer(status)]
    with pytest.raises(UnknownOutcome):
        rig.desk.create(a_request(rig.fresh_reference(), files=()))


def test_a_refused_connection_is_temporary_and_the_systems_own_trouble(rig: Any) -> None:
    rig.line.faults = [httpx2.ConnectError("refused")]
    with pytest.raises(TemporaryFailure) as caught:
        rig.desk.create(a_request(rig.fresh_reference(), files=()))
    assert caught.value.blame == "system"


def test_a_key_that_is_not_taken_is_the_systems_own_trouble_and_parks_nothing(rig: Any) -> None:
    rig.line.faults = [answer(401, {"error": "Couldn't authenticate you"})]
    with pytest.raises(TemporaryFailure) as caught:
        rig.desk.create(a_request(rig.fresh_reference(), files=()))
    assert caught.value.blame == "system"


def test_too_many_requests_says_how_long_to_wait(rig: Any) -> None:
    rig.line.faults = [answer(429, {"error": "TooManyRequests"}, **{"retry-after": "93"})]
    with pytest.raises(TemporaryFailure) as caught:
        rig.desk.create(a_request(rig.fresh_reference(), files=()))
    assert caught.value.retry_after == 93


def test_a_refusal_for_good_waits_for_a_human_and_repeats_neither_key_nor_body(rig: Any) -> None:
    rig.line.faults = [answer(422, {"error": "subject is too long"})]
    with pytest.raises(PermanentFailure, match="subject is too long") as caught:
        rig.desk.create(a_request(rig.fresh_reference(), files=()))
    assert "empty" not in caught.value.detail


def test_an_answer_that_is_no_json_is_not_taken_for_one(rig: Any) -> None:
    if isinstance(rig, WebhookRig):
        pytest.skip("a receiver of webhooks owes no JSON")
    rig.line.faults = [httpx2.Response(200, text="<html>maintenance</html>")]
    with pytest.raises((TemporaryFailure, UnknownOutcome)):
        rig.desk.create(a_request(rig.fresh_reference(), files=()))


def test_a_redirect_to_a_sign_in_page_is_not_followed(rig: Any) -> None:
    rig.line.faults = [answer(302, location="https://desk.example.org/login")]
    with pytest.raises(PermanentFailure):
        rig.desk.create(a_request(rig.fresh_reference(), files=()))


def test_redmine_closes_the_second_of_two_that_were_made_at_once_and_points_at_the_first() -> None:
    rig, reference = RedmineRig(), "1042"
    first, second = rig.desk.create(a_request(reference)), rig.desk.create(a_request(reference))
    assert rig.desk.find(reference) == first
    assert [held.status for held in rig.held(reference)] == ["new", "closed"]
    (note,) = rig.held(reference)[1].notes
    assert (note[0].startswith(f"The same request as #{first}."), note[1]) == (True, False)
    rig.desk.find(reference)
    assert len(rig.there.issues[second]["journals"]) == 1, "it is closed once"


def test_redmine_that_does_not_close_a_double_is_told() -> None:
    rig, reference = RedmineRig(), "1042"
    rig.there.closes = False
    for _ in range(2):
        rig.desk.create(a_request(reference))
    with pytest.raises(PermanentFailure, match="may our user close issues"):
        rig.desk.find(reference)


def test_rt_closes_what_lost_its_reference_and_points_at_the_winner() -> None:
    rig = RtRig()
    first = rig.desk.create(a_request("77"))
    second = rig.desk.create(a_request("77"))
    assert second == first
    loser = rig.there.tickets["2"]
    assert (loser["Status"], loser["links"]) == ("rejected", [first])


def test_rt_closes_what_a_worker_left_that_died_before_it_could() -> None:
    rig = RtRig()
    first = rig.desk.create(a_request("77"))
    rig.line.faults = [None, httpx2.ReadTimeout("killed")]
    with pytest.raises(TemporaryFailure):
        rig.desk.create(a_request("77"))
    assert rig.there.tickets["2"]["Status"] == "new"
    assert rig.desk.find("77") == first
    assert rig.there.tickets["2"]["Status"] == "rejected"


def test_a_ticket_of_a_person_with_our_number_in_its_subject_is_left_alone() -> None:
    rig = RtRig()
    rig.desk.create(a_request("77"))
    rig.desk.create(a_request("78"))
    rig.there.tickets["2"] |= {"Creator": "ada", "Subject": "Re: [77] again"}
    rig.there.tickets["2"]["fields"]["external_ref"] = []
    rig.desk.find("77")
    assert rig.there.tickets["2"]["Status"] == "new"


def test_rt_without_the_field_is_told_by_the_check_and_by_a_create() -> None:
    rig = RtRig()
    with pytest.raises(PermanentFailure, match="no_such_field"):
        rig.connect(reference_field="no_such_field").check()
    rig.there.forgetful = True
    with pytest.raises(PermanentFailure, match="external_ref"):
        rig.desk.create(a_request("77"))


def test_a_create_that_kept_no_reference_waits_for_a_human_because_it_would_not_be_found_again() -> None:
    zendesk, reamaze = ZendeskRig(), ReamazeRig()
    zendesk.there.keeps_references = reamaze.keeps_tags = False
    with pytest.raises(PermanentFailure, match="without our reference"):
        zendesk.desk.create(a_request("77"))
    with pytest.raises(PermanentFailure, match="without our tag"):
        reamaze.desk.create(a_request("77"))


def test_redmine_that_does_not_search_our_field_is_no_reason_to_create_again() -> None:
    rig = RedmineRig()
    rig.desk.create(a_request("77"))
    with pytest.raises(PermanentFailure, match="Used as a filter"):
        rig.connect(reference_field=99).find("77")


def test_an_anonymous_200_is_not_a_key_that_works() -> None:
    rig = RedmineRig()
    with pytest.raises(TemporaryFailure, match="credentials"):
        rig.connect(key="wrong").check()
    zendesk = ZendeskRig()
    zendesk.there.anonymous = True
    with pytest.raises(TemporaryFailure, match="nobody"):
        zendesk.desk.check()


def test_zendesk_makes_one_ticket_of_one_key_even_without_a_look_up() -> None:
    rig = ZendeskRig()
    assert rig.desk.create(a_request("77")) == rig.desk.create(a_request("77"))
    rig.there.answers_keys = False  # the control: without the key there would be two
    assert rig.desk.create(a_request("77")) != rig.desk.find("77")


def test_where_we_mail_the_requester_the_desk_has_nobody_to_mail() -> None:
    rt, zendesk = RtRig(), ZendeskRig()
    rt.desk.create(a_request("77"))
    zendesk.desk.create(a_request("77"))
    zendesk.desk.comment("1", Note("77-1", "Ada", "more"))
    rt.desk.comment("1", Note("77-1", "Ada", "more"))
    assert rt.there.tickets["1"]["Requestor"] == []
    assert [comment["public"] for comment in zendesk.there.comments["1"]] == [False, False]
    assert [public for _, public in rt.held("77")[0].notes] == [False]
    theirs = rt.connect(mails="desk")
    theirs.create(a_request("78"))
    assert rt.there.tickets["2"]["Requestor"] == "ada@example.org"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "5"}, 5),
        ({"retry-after": format_datetime(NOW + timedelta(minutes=2), usegmt=True)}, 120),
        ({"retry-after": format_datetime(NOW - timedelta(minutes=2), usegmt=True)}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "99999999999999999"}, 86_400),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 60)}, 60),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": str(int(NOW.timestamp()) + 60)}, None),
        ({}, None),
    ],
)
def test_every_way_of_asking_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_all_calls_for_one_message_share_its_time() -> None:
    api = Api("the desk", "http://desk.example.org", transport=httpx2.MockTransport(lambda _: answer(200, {})))
    with time_limit(60):
        assert api.get("x") == {}
    with time_limit(0), pytest.raises(TemporaryFailure, match="too slow"):
        api.get("x")


def test_an_endless_answer_is_cut_off() -> None:
    api = Api(
        "the desk",
        "http://desk.example.org",
        transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json="x" * 9_000_000)),
    )
    with pytest.raises(TemporaryFailure, match="no usable answer"):
        api.get("x")


def test_a_stand_in_hands_on_what_is_no_fault() -> None:
    line = Faulty(httpx2.MockTransport(lambda _: answer(204)))
    assert line.handle_request(httpx2.Request("GET", "http://desk.example.org/a")).status_code == 204
    assert line.calls == ["GET /a"]
