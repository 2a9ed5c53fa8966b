"""Keystrokes are told in one line a minute, and counted for who measures."""

import pytest

from deflect_api.web.tally import EVERY, Tally
from tests.conftest import Desk


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "event=searches " in record.getMessage()]


def test_a_minute_of_keystrokes_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tally = Tally()
    for began, spent in ((10.0, 0.001), (20.0, 0.004), (10.0 + EVERY - 0.5, 0.001)):
        tally.add(began, began + spent)
    assert lines(caplog) == []
    tally.add(10.0 + EVERY, 11.0 + EVERY)
    assert lines(caplog) == ["event=searches answered=3 ms_mean=2.0 ms_most=4.0"]


def test_a_quiet_while_belongs_to_no_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tally = Tally()
    for began in (0.0, 1.0, 5_000.0, 5_000.0 + EVERY / 2, 5_000.0 + EVERY):
        tally.add(began, began + 0.002)
    assert [line.partition(" ms_mean")[0] for line in lines(caplog)] == ["event=searches answered=2"] * 2
    assert tally.answered == 5


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])  # the second is answered by Flask
def test_metrics_count_what_was_answered(desk: Desk, kind: str) -> None:
    for text in ("my+survey", "another+text"):
        answer = desk.client.post("/api/v1/suggest", data=f"text={text}", content_type=kind)
        assert answer.status_code == 200
    assert "\ndeflect_searches_total 2\n" in desk.client.get("/metrics").text
