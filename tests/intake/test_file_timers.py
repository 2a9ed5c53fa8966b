"""The daily sweep: what belongs to no request goes after 7 days, what belongs to one stays."""

import os
from datetime import datetime

from deflect_api.store.uploads import Upload
from tests.conftest import Desk
from tests.intake import made_files as made
from tests.web.sending_files import owed, rows, sender, stored
from tests.web.test_files_without_scripts import LOG, TYPED, opened, post


def drain(desk: Desk) -> None:
    while desk.relay.run_once():
        pass


def written(desk: Desk, at: datetime) -> None:
    """Let all files be as old as the test's clock says."""
    for path in stored(desk):
        os.utime(path, (at.timestamp(), at.timestamp()))


def test_drafts_and_strays_go_after_7_days_and_files_of_requests_stay(any_desk: Desk) -> None:
    post(any_desk, {**TYPED, **opened(any_desk)}, LOG)
    ours = sender(any_desk)
    kept = ours.send("kept.log", b"kept")
    ours.announce("half.log", 10)
    ours.piece(0, b"half")
    shelf = any_desk.app.extensions["deflect"].storage.shelf
    shelf.place([b"a file without a row, as a crash leaves it"])
    written(any_desk, any_desk.clock.now)
    assert len(stored(any_desk)) == 4
    any_desk.clock.forward(days=6, hours=23)
    drain(any_desk)
    assert len(stored(any_desk)) == 4
    any_desk.clock.forward(days=1)
    drain(any_desk)
    assert [path.read_bytes() for path in stored(any_desk)] == [b"kept"]
    assert ours.download(kept["id"]).data == b"kept"
    assert {(row.name, row.state) for row in rows(any_desk)} == {("kept.log", "kept"), ("half.log", "refused")}
    assert "did not arrive whole" in ours.state().json["reason"]


def test_a_sweep_owes_the_next_one_and_never_two(any_desk: Desk) -> None:
    sender(any_desk).send("a.log", b"a")
    for day in range(1, 5):
        any_desk.clock.forward(days=1, minutes=1)
        drain(any_desk)
        states = [message.state for message in owed(any_desk, "sweep_files")]
        assert states == ["delivered"] * day + ["queued"]


def test_files_of_a_request_that_is_gone_are_swept(any_desk: Desk) -> None:
    sender(any_desk).send("a.log", b"a")
    written(any_desk, any_desk.clock.now)
    with any_desk.database.write() as session:
        session.delete(session.get_one(Upload, rows(any_desk)[0].id))
    any_desk.clock.forward(days=8)
    drain(any_desk)
    assert stored(any_desk) == []


def test_a_refused_draft_is_forgotten_too(any_desk: Desk) -> None:
    post(any_desk, {**TYPED, **opened(any_desk)}, ("page.html", made.HTML))
    any_desk.clock.forward(days=8)
    drain(any_desk)
    assert rows(any_desk) == []
