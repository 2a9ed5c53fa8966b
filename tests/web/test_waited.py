"""Behind a proxy that stamps when it took a request, a search that waited too long gives way, whatever server waits on us.

A stamp that is wrong, or whose clock is, refuses nobody."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deflect_api.app import create_app
from deflect_api.config.limits import Limits
from deflect_api.config.support import Web
from deflect_api.web import waited
from tests.conftest import Desk
from tests.web.crowd import send

MOST = Limits().suggest_waited
UNPROVEN = 20


@dataclass
class Front:
    """A desk behind a proxy at `address`, whose clock is `ahead` by so many seconds."""

    desk: Desk
    address: str = "10.0.0.1"
    ahead: float = 0.0

    def search(self, seconds: float, **more: Any) -> Any:
        """Search, after so many seconds in the line."""
        taken = self.desk.clock.now - timedelta(seconds=seconds - self.ahead)
        return self.stamped(f"t={taken.timestamp():.3f}", **more)

    def stamped(self, stamp: str, **more: Any) -> Any:
        headers = {"X-Request-Start": stamp, **more}
        place = {"REMOTE_ADDR": self.address}
        return self.desk.client.post("/api/v1/suggest", data={"text": "survey"}, headers=headers, environ_base=place)

    def codes(self, *waits: float) -> list[int]:
        return [self.search(seconds).status_code for seconds in waits]


def behind(desk: Desk, proxies: int = 1) -> Desk:
    support = desk.settings.support.model_copy(update={"web": Web(trusted_proxies=proxies)})
    desk.settings = replace(desk.settings, support=support)
    desk.app = create_app(desk.settings, desk.database, clock=desk.clock)
    return desk


@pytest.fixture
def front(desk: Desk) -> Front:
    return Front(behind(desk))


def test_a_search_that_waited_too_long_is_refused_and_a_request_is_taken(front: Front) -> None:
    receipt = front.desk.search()
    assert front.codes(0, MOST) == [200, 200]
    refused = front.search(MOST + 0.01)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "Go on writing" in refused.json["detail"]
    stamp = {"X-Request-Start": f"t={front.desk.clock.now.timestamp() - 10}"}
    assert send(front.desk, 1, receipt=receipt, session="s1", headers=stamp).status_code == 201


def test_once_one_was_refused_half_the_time_is_too_long_until_the_line_is_short(front: Front) -> None:
    assert front.codes(0, MOST * 0.9, MOST * 1.1, MOST * 0.9, MOST * 0.6, MOST * 0.4, MOST * 0.9) == [
        200, 200, 503, 503, 503, 200, 200,
    ]  # fmt: skip


def test_who_was_refused_is_believed_without_a_receipt(front: Front) -> None:
    front.codes(0, MOST * 2)
    codes = [send(front.desk, number, receipt="unavailable").status_code for number in range(2 * UNPROVEN)]
    assert set(codes) == {201}


def test_without_a_proxy_that_is_trusted_nobody_believes_a_stamp(desk: Desk) -> None:
    assert Front(behind(desk, proxies=0)).codes(0, 10) == [200, 200]


@pytest.mark.parametrize("form", ["t={0:.3f}", "{0:.3f}", "{1:.0f}", "t={1:.0f}", "t={2:.0f}", " t={0:.0f} "])
def test_a_stamp_is_read_in_every_form_that_proxies_write(form: str) -> None:
    assert waited.seconds_since(form.format(1e9 + 5, 1e12 + 5e3, 1e15 + 5e6), 1e9 + 8) == 3


NONSENSE = ["", "t=", "soon", "t=1e9", "t=-1000000000.1", "t=10000000001", "t=1000000000.", "nan", "t=١٠٠٠٠٠٠٠٠٠", "9" * 400]


@pytest.mark.parametrize("stamp", [*NONSENSE, "t=1000000000.1, t=1000000000.2", "t=1000000000.1;q=1"])
def test_what_is_no_time_is_not_read(stamp: str) -> None:
    assert waited.seconds_since(stamp, 1e9) is None


@pytest.mark.parametrize("form", ["", "soon", "t=0", "t=0000000000", "{0}, {0}", "t={0} or so"])
def test_nonsense_refuses_nobody(front: Front, form: str) -> None:
    front.codes(0)
    stamp = form.format(front.desk.clock.now.timestamp() - MOST * 2)
    assert front.stamped(stamp).status_code == 200
    assert front.codes(MOST * 0.9) == [200]


@given(stamp=st.text(max_size=40) | st.from_regex(r"t=[0-9]{9,17}(\.[0-9]+)?", fullmatch=True))
def test_whatever_a_stamp_is_it_can_be_read(stamp: str) -> None:
    since = waited.seconds_since(stamp, 1e9)
    assert since is None or abs(since) < 1e10


def test_a_clock_that_is_behind_refuses_nobody(front: Front) -> None:
    """Every search seems to have waited for 3 seconds. None shows that the clocks agree, so none is believed."""
    front.ahead = -3
    assert set(front.codes(*[0] * 20, 10)) == {200}


def test_a_clock_that_is_ahead_refuses_nobody(front: Front) -> None:
    front.ahead = 3
    assert set(front.codes(0, 1, 2, 3, 3.4)) == {200}
    front.ahead = 3600
    assert set(front.codes(0, 1, 10)) == {200}


def test_a_stamp_in_the_future_shows_no_clock_to_be_right(front: Front) -> None:
    front.ahead = 3
    assert front.codes(0) == [200]
    front.ahead = -3
    assert front.codes(0, 0) == [200, 200]


def test_what_seems_older_than_any_proxy_waits_is_a_clock_that_was_put_back(front: Front) -> None:
    assert front.codes(0, waited.MOST_SECONDS + 1, 3600, MOST * 0.9) == [200, 200, 200, 200]
    assert front.codes(MOST * 2, waited.MOST_SECONDS + 1, 3600) == [503, 200, 200]


def test_a_clock_that_was_put_back_by_seconds_is_believed_for_half_a_minute_at_most(front: Front) -> None:
    assert front.codes(0) == [200]
    front.ahead = -3
    assert front.codes(0) == [503]
    front.desk.clock.forward(seconds=waited.AGREED_SECONDS)
    assert front.codes(0) == [503]
    front.desk.clock.forward(seconds=0.1)
    assert set(front.codes(0, 0, 0)) == {200}


def test_our_own_clock_put_back_refuses_nobody(front: Front) -> None:
    assert front.codes(0, MOST * 2) == [200, 503]
    front.desk.clock.forward(hours=-1)
    assert set(front.codes(MOST * 2, 0)) == {200}


def test_each_proxy_is_judged_by_its_own_clock(front: Front) -> None:
    late = Front(front.desk, "10.0.0.2", ahead=-3)
    assert [*front.codes(0), *late.codes(0), *front.codes(MOST * 2), *late.codes(0)] == [200, 200, 503, 200]


def test_the_proxy_is_who_speaks_to_us_and_not_whom_it_names(front: Front) -> None:
    assert front.search(0, **{"X-Forwarded-For": "198.51.100.1"}).status_code == 200
    assert front.search(MOST * 2, **{"X-Forwarded-For": "198.51.100.2"}).status_code == 503


def test_no_more_proxies_are_remembered_than_there_can_be() -> None:
    proxies = waited.Proxies()
    proxies.is_late("10.0.0.1", 0, most=MOST, now=0)
    assert proxies.is_late("10.0.0.1", MOST * 2, most=MOST, now=0)
    for number in range(waited.MOST_PROXIES):
        proxies.is_late(f"10.0.1.{number}", 0, most=MOST, now=0)
    assert not proxies.is_late("10.0.0.1", MOST * 2, most=MOST, now=0)
