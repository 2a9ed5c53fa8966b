"""The virus scanner in front of every file: what it finds is refused, and while it is down files are held, not passed."""

from dataclasses import replace
from pathlib import Path

import pytest

from deflect_api.config import Settings
from deflect_api.config.support import Files
from deflect_api.intake.files import file_timers
from deflect_api.intake.files.examination import Storage
from deflect_api.store.models import Message
from tests.clamd_server import clamd
from tests.conftest import Desk
from tests.intake import made_files as made
from tests.web.sending_files import journal, owed, rows, sender, stored


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """The repository's settings with a scanner, which a test may start at that address or leave down."""
    files = Files(scanner=f"unix:{tmp_path / 'clamd.sock'}")
    return replace(settings, support=settings.support.model_copy(update={"files": files}))


def drain(desk: Desk) -> None:
    while desk.relay.run_once():
        pass


def test_a_virus_is_refused_by_its_name_and_nothing_of_it_is_kept(any_desk: Desk, tmp_path: Path) -> None:
    ours = sender(any_desk)
    with clamd(tmp_path / "clamd.sock"):
        answer = ours.send("eicar.txt", made.EICAR)
        clean = ours.send("flow.log", b"clean")
    assert (answer["state"], clean["state"]) == ("refused", "kept")
    assert "The virus scanner found Eicar-Signature in it" in answer["reason"]
    assert "Eicar-Signature" in ours.page()
    assert not any(made.EICAR in path.read_bytes() for path in stored(any_desk))


def test_the_scanner_sees_the_file_as_it_was_sent(any_desk: Desk, tmp_path: Path) -> None:
    with clamd(tmp_path / "clamd.sock") as server:
        assert sender(any_desk).send("a.png", made.png(after=made.EICAR))["state"] == "refused"
        assert server.seen == [made.png(after=made.EICAR)]


def test_while_the_scanner_is_down_a_file_is_held_and_then_released(any_desk: Desk, tmp_path: Path) -> None:
    ours = sender(any_desk)
    answer = ours.send("flow.log", b"a log")
    assert answer["state"] == "held"
    assert "waits for the virus scanner" in answer["reason"]
    assert ours.download(answer["id"]).status_code == 404
    assert "waits for the virus scanner" in ours.page()
    assert journal(any_desk) == []
    drain(any_desk)
    (message,) = owed(any_desk, "scan_file")
    assert (message.state, message.attempts) == ("queued", 1)
    assert message.not_before > any_desk.clock.now
    any_desk.clock.forward(minutes=1)
    with clamd(tmp_path / "clamd.sock"):
        drain(any_desk)
    assert ours.state(answer["id"]).json["state"] == "kept"
    assert ours.download(answer["id"]).data == b"a log"
    assert journal(any_desk) == ["flow.log"]
    (message,) = owed(any_desk, "scan_file")
    assert message.state == "delivered"
    again = file_timers.scan(any_desk.database, any_desk.app.extensions["deflect"].storage, any_desk.clock)
    assert again(message).detail == "no longer held"  # though the scanner is down again


def test_a_held_file_in_which_something_is_found_later_is_refused_and_gone(any_desk: Desk, tmp_path: Path) -> None:
    ours = sender(any_desk)
    held = ours.send("eicar.txt", made.EICAR)
    assert held["state"] == "held"
    assert len(stored(any_desk)) == 1
    with clamd(tmp_path / "clamd.sock"):
        drain(any_desk)
    told = ours.state(held["id"]).json
    assert (told["state"], stored(any_desk)) == ("refused", [])
    assert "Eicar-Signature" in told["reason"]


def test_a_virus_whose_row_could_not_be_written_is_refused_at_the_next_try(any_desk: Desk, tmp_path: Path) -> None:
    ours = sender(any_desk)
    held = ours.send("eicar.txt", made.EICAR)
    stored(any_desk)[0].unlink()  # as after a crash between the finding and the row
    with clamd(tmp_path / "clamd.sock"):
        drain(any_desk)
    assert ours.state(held["id"]).json["state"] == "refused"


@pytest.mark.parametrize("answer", ["close", "stream: Can't allocate memory ERROR"])
def test_a_scanner_that_gives_no_verdict_passes_nothing(desk: Desk, tmp_path: Path, answer: str) -> None:
    with clamd(tmp_path / "clamd.sock") as server:
        server.answer = answer
        assert sender(desk).send("flow.log", b"a log")["state"] == "held"


def test_a_file_that_the_scanner_finds_too_large_waits_for_a_human(desk: Desk, tmp_path: Path) -> None:
    ours = sender(desk)
    with clamd(tmp_path / "clamd.sock"):
        assert ours.send("large.log", b"a line of a log\n" * 200_000)["state"] == "held"
        drain(desk)
    assert owed(desk, "scan_file")[0].state == "waiting for a human"


def test_a_held_file_that_was_removed_is_not_scanned(any_desk: Desk) -> None:
    ours = sender(any_desk)
    held = ours.send("flow.log", b"a log")
    assert ours.remove(held["id"]).status_code == 204
    drain(any_desk)
    assert owed(any_desk, "scan_file")[0].state == "delivered"
    assert (rows(any_desk), stored(any_desk)) == ([], [])


def test_held_files_without_a_scanner_in_the_settings_wait_for_a_human(desk: Desk) -> None:
    sender(desk).send("flow.log", b"a log")
    (message,) = owed(desk, "scan_file")
    storage: Storage = desk.app.extensions["deflect"].storage
    scan = file_timers.scan(desk.database, replace(storage, scanner=None), desk.clock)
    with pytest.raises(Exception, match="names none"):
        scan(Message(payload=message.payload))
    assert rows(desk)[0].state == "held"
