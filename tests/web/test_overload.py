"""When too many requests wait, searching gives way first: cheaply, with a word of when to try again. Requests are stored."""

import threading
from dataclasses import dataclass
from typing import Any

import pytest
from waitress.server import create_server

from deflect_api.app import create_app
from deflect_api.cli_serve import waiting
from deflect_api.config.limits import Limits
from tests.conftest import Desk
from tests.web.crowd import send

MOST, UNPROVEN = Limits().suggest_waiting, 20


@dataclass
class Line:
    """How many requests wait, as a test sets it."""

    long: int = 0

    def __call__(self) -> int:
        return self.long


@pytest.fixture
def line(desk: Desk) -> Line:
    """The line in front of `desk`, empty at first."""
    made = Line()
    desk.app = create_app(desk.settings, desk.database, clock=desk.clock, waiting=made)
    return made


def search(desk: Desk, **more: Any) -> Any:
    return desk.client.post("/api/v1/suggest", data={"text": "survey"}, **more)


def test_a_line_that_is_too_long_refuses_searches_and_takes_requests(desk: Desk, line: Line) -> None:
    receipt = desk.search()
    line.long = MOST + 1
    refused = search(desk)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert (refused.json["error"], refused.json["fields"]) == ("unavailable", {})
    assert "Go on writing" in refused.json["detail"]
    assert desk.send(receipt=receipt).status_code == 201
    line.long = MOST
    assert search(desk).status_code == 200


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_refusal_looks_at_no_text(desk: Desk, line: Line, kind: str) -> None:
    line.long = MOST + 1
    assert desk.client.post("/api/v1/suggest", data=b"\xff no form", content_type=kind).status_code == 503


def test_a_refusal_has_the_headers_of_every_answer_and_the_readers_language(desk: Desk, line: Line) -> None:
    served = search(desk)
    line.long = MOST + 1
    refused = search(desk, headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert set(served.headers.keys()) | {"Retry-After"} == set(refused.headers.keys())
    assert "Continuez d’écrire" in refused.json["detail"]


def test_who_was_refused_a_search_is_believed_without_a_receipt_for_ten_minutes(desk: Desk, line: Line) -> None:
    line.long = MOST + 1
    search(desk)
    codes = [send(desk, number, receipt="unavailable").status_code for number in range(2 * UNPROVEN)]
    assert set(codes) == {201}
    line.long = 0
    desk.clock.forward(minutes=10)
    codes = [send(desk, f"later{number}", receipt="unavailable").status_code for number in range(2 * UNPROVEN)]
    assert codes == [201] * UNPROVEN + [429] * UNPROVEN


def test_refused_searches_are_counted_and_logged_once_in_ten_seconds(
    desk: Desk, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.long = MOST + 1
    for _ in range(5):
        search(desk)
    desk.clock.forward(seconds=10)
    search(desk)
    told = [record.getMessage() for record in caplog.records if "searches_refused" in record.getMessage()]
    assert told == ["event=searches_refused since_start=1", "event=searches_refused since_start=6"]
    assert "deflect_searches_refused_total 6" in desk.client.get("/metrics").text


class Held:
    """A task of the server that goes on until the test lets it end."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()

    def service(self) -> None:
        self.begun.set()
        self.end.wait()

    def cancel(self) -> None: ...


def test_what_waits_is_what_has_no_thread_of_the_server(desk: Desk) -> None:
    server = create_server(desk.app, host="127.0.0.1", port=0, threads=1)
    tasks = [Held(), Held(), Held()]
    for task in tasks:
        server.add_task(task)
    assert tasks[0].begun.wait(10)
    assert waiting(server) == 2
    for task in tasks:
        task.end.set()
    assert tasks[2].begun.wait(10)
    assert waiting(server) == 0
    server.task_dispatcher.shutdown()
    server.close()
