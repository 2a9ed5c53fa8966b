"""Keystrokes are told in one line a minute, and counted for who measures."""

import pytest

from deflect_api.web.tally import EVERY, Tally
from tests.conftest import Desk


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "event=searches " in record.getMessage()]


def test_a_minute_of_keystrokes_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tally = Tally()
    for began, spent in ((10.0, 0.001), (20.0, 0.004), (10.0 + EVERY, 0.001)):
        assert lines(caplog) == []
        tally.add(began, began + spent)
    assert lines(caplog) == ["event=searches answered=3 ms_mean=2.0 ms_most=4.0"]


def test_the_next_line_is_about_the_next_minute_alone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tally = Tally()
    tally.add(0.0, EVERY + 0.5)
    tally.add(500.0, 500.002)  # after a quiet while the minute begins with the first one
    tally.add(500.0 + EVERY, 500.002 + EVERY)
    assert [line.partition(" ms_mean")[0] for line in lines(caplog)] == [
        "event=searches answered=1",
        "event=searches answered=2",
    ]
    assert lines(caplog)[1].endswith("ms_mean=2.0 ms_most=2.0")


def test_metrics_count_what_was_answered(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    desk.search()
    desk.search("another text")
    assert "\ndeflect_searches_total 2\n" in desk.client.get("/metrics").text
    assert "rule=/api/v1/suggest" not in caplog.text
