"""Files after the text: in pieces that survive a broken line, checked when whole, and served only to be saved."""

import threading

import pytest
from flask.testing import FlaskClient

from deflect_api.desk.people import accounts
from deflect_api.intake.files import attachments
from deflect_api.store.models import Ticket
from deflect_api.store.uploads import Upload
from tests.conftest import Desk
from tests.intake import made_files as made
from tests.web.sending_files import ID, journal, owed, rows, sender, set_status, stored

PASSWORD = "correct horse battery"


@pytest.fixture
def agent(any_desk: Desk) -> FlaskClient:
    with any_desk.database.write() as session:
        accounts.add(session, "agent@example.org", "Grace", PASSWORD, any_desk.clock.now)
    client = any_desk.client
    assert client.post("/desk/sign-in", data={"email": "agent@example.org", "password": PASSWORD}).status_code == 303
    return client


def test_a_file_arrives_in_pieces_and_is_kept(any_desk: Desk) -> None:
    ours = sender(any_desk)
    announced = ours.announce("flow.log", 11)
    assert (announced.status_code, announced.json["received"], announced.json["state"]) == (201, 0, "receiving")
    first = ours.piece(0, b"hello ")
    assert (first.status_code, first.json["received"], first.json["state"]) == (200, 6, "receiving")
    last = ours.piece(6, b"world")
    assert last.json == {"id": ID, "name": "flow.log", "size": 11, "received": 11, "state": "kept", "reason": ""}
    (row,) = rows(any_desk)
    assert (row.ticket_id, row.media_type, row.state) == (1001, "text/plain", "kept")
    (path,) = stored(any_desk)
    assert (path.name, path.read_bytes()) == (row.stored_as, b"hello world")
    assert journal(any_desk) == ["flow.log"]


def test_a_broken_line_goes_on_where_it_broke(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("flow.log", 11)
    ours.piece(0, b"hello ")
    again = ours.announce("flow.log", 11)
    assert (again.status_code, again.json["received"]) == (200, 6)
    assert ours.state().json["received"] == 6
    for offset, data in ((0, b"hello "), (7, b"orld"), (3, b"lo ")):
        answer = ours.piece(offset, data)
        assert (answer.status_code, answer.json["error"], answer.json["received"]) == (409, "offset", 6)
        assert answer.json["fields"]["offset"]
    assert ours.piece(6, b"world").json["state"] == "kept"
    repeated = ours.piece(6, b"world")
    assert (repeated.status_code, repeated.json["state"], repeated.json["received"]) == (200, "kept", 11)
    assert journal(any_desk) == ["flow.log"]


def test_a_file_that_was_whole_when_the_service_stopped_is_finished_by_the_next_call(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("flow.log", 5)
    with any_desk.database.write() as session:  # as after a crash between the last piece and its check
        row = session.get_one(Upload, ID)
        row.received = 5
    any_desk.app.extensions["deflect"].storage.shelf.append(row.stored_as, 0, b"hello")
    assert ours.state().json["state"] == "receiving"
    assert ours.piece(5, b"").json["state"] == "kept"
    assert len(stored(any_desk)) == 1


def test_a_disk_put_back_from_a_backup_only_costs_the_pieces_it_lacks(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("flow.log", 11)
    ours.piece(0, b"hello ")
    (path,) = stored(any_desk)
    path.write_bytes(b"he")
    answer = ours.piece(6, b"world")
    assert (answer.status_code, answer.json["received"]) == (409, 2)
    assert ours.piece(2, b"llo world").json["state"] == "kept"
    assert ours.download().data == b"hello world"


def test_a_whole_file_whose_bytes_were_lost_is_asked_for_again(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("flow.log", 11)
    ours.piece(0, b"hello ")
    (path,) = stored(any_desk)
    with any_desk.database.write() as session:
        session.get_one(Upload, ID).received = 11
    again = ours.announce("flow.log", 11)
    assert (again.json["state"], again.json["received"]) == ("receiving", 6)
    path.unlink()
    assert ours.piece(6, b"world").json["received"] == 0


def test_the_same_last_piece_twice_at_once_is_kept_once(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("photo.jpg", len(made.jpeg()))
    begin = threading.Barrier(4)
    answers: list[int] = []

    def send() -> None:
        begin.wait()
        with any_desk.app.test_client() as client:
            answer = client.put(f"{ours.url}/files/{ID}", query_string={"offset": 0}, data=made.jpeg())
            answers.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    assert ours.state().json["state"] == "kept"
    assert len(stored(any_desk)) == 1
    assert journal(any_desk) == ["photo.jpg"]


def test_of_two_pieces_for_one_place_only_the_first_counts(any_desk: Desk) -> None:
    sender(any_desk).announce("flow.log", 11)
    (seen_by_both,) = rows(any_desk)
    with any_desk.database.write() as session:
        assert attachments.advance(session, seen_by_both, 6) is not None
    with any_desk.database.write() as session:
        assert attachments.advance(session, seen_by_both, 4) is None
    assert [row.received for row in rows(any_desk)] == [6]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id": "short", "name": "a", "size": 1}, "id"),
        ({"id": "x" * 65, "name": "a", "size": 1}, "id"),
        ({"id": "../../../../etc/passwd", "name": "a", "size": 1}, "id"),
        ({"id": ID, "name": "a", "size": -1}, "size"),
        ({"id": ID, "name": "a", "size": 10**16}, "size"),
        ({"id": ID, "name": "a", "size": "many"}, "size"),
        ({"id": ID, "name": "n" * 1001, "size": 1}, "name"),
        ({"id": ID, "size": 1}, "name"),
    ],
)
def test_an_announcement_that_cannot_be_is_refused_by_the_name_of_its_field(
    desk: Desk, given: dict[str, object], field: str
) -> None:
    answer = desk.client.post(f"{sender(desk).url}/files", json=given)
    assert answer.status_code == 422
    assert field in answer.json["fields"]
    assert rows(desk) == []


def test_an_offset_or_a_piece_that_cannot_be_is_refused(desk: Desk) -> None:
    ours = sender(desk)
    ours.announce("flow.log", 11)
    for offset in ("", "x", "-1", "٣", "9" * 13):
        assert ours.piece(offset, b"a").status_code == 422
    assert "more than the size" in ours.piece(0, b"more than eleven").json["detail"]
    large = ours.piece(0, b"x" * (512 * 1024 + 1))
    assert (large.status_code, large.json["error"]) == (413, "too_large")
    assert ours.piece(0, b"a", "unknown-file-of-nobody").status_code == 404
    assert ours.state().json["received"] == 0


def test_an_id_belongs_to_one_file_of_one_request(any_desk: Desk) -> None:
    ours, theirs = sender(any_desk), sender(any_desk)
    ours.announce("flow.log", 11)
    for answer in (ours.announce("flow.log", 12), theirs.announce("flow.log", 11)):
        assert answer.status_code == 422
        assert "another file" in answer.json["fields"]["id"]
    ours.piece(0, b"hello world")
    assert theirs.download().status_code == 404
    assert theirs.state().status_code == 404
    assert theirs.remove().status_code == 404


def test_without_the_secret_there_is_nothing(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.send("flow.log", b"hello")
    (row,) = rows(any_desk)
    for url in (f"/requests/1001/{'x' * 32}", "/requests/1002/" + ours.url.rsplit("/", 1)[1]):
        assert any_desk.client.post(f"{url}/files", json={"id": ID, "name": "a", "size": 1}).status_code == 404
        assert any_desk.client.put(f"{url}/files/{row.id}?offset=0", data=b"a").status_code == 404
        assert any_desk.client.get(f"{url}/files/{row.id}").status_code == 404
        answer = any_desk.client.get(f"{url}/files/{row.id}/state")
        assert (answer.status_code, answer.json["error"]) == (404, "not_found")
        assert any_desk.client.delete(f"{url}/files/{row.id}").status_code == 404
    assert any_desk.client.get(f"/desk/tickets/1001/files/{row.id}").headers["Location"] == "/desk/"


def test_a_download_is_to_be_saved_and_can_do_nothing_in_a_browser(any_desk: Desk, agent: FlaskClient) -> None:
    ours = sender(any_desk)
    ours.send("été.png", made.png())
    (row,) = rows(any_desk)
    for answer in (ours.download(row.id), agent.get(f"/desk/tickets/1001/files/{row.id}")):
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == "attachment; filename=\"_t_.png\"; filename*=UTF-8''%C3%A9t%C3%A9.png"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "image/png"
        assert int(answer.headers["Content-Length"]) == len(answer.data) == row.size
        assert made.SECRET not in answer.data
    assert f"/desk/tickets/1001/files/{row.id}" in agent.get("/desk/tickets/1001").text


def test_only_kept_files_are_served(any_desk: Desk, agent: FlaskClient) -> None:
    ours = sender(any_desk)
    ours.announce("half.log", 10)
    refused = ours.send("page.png", made.HTML)
    assert refused["state"] == "refused"
    for upload in (ID, refused["id"]):
        assert ours.download(upload).status_code == 404
        answer = agent.get(f"/desk/tickets/1001/files/{upload}")
        assert answer.status_code == 404
        assert "cannot be opened" in answer.text
    assert "web page" in agent.get(f"/desk/tickets/1001/files/{refused['id']}").text
    kept = ours.send("a.log", b"a")
    (path,) = [path for path in stored(any_desk) if path.parent.name == "kept"]
    path.unlink()
    assert ours.download(kept["id"]).status_code == 404


def test_a_file_of_a_new_request_can_be_taken_away_again(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("half.log", 10)
    ours.piece(0, b"half")
    kept, refused = ours.send("a.log", b"a"), ours.send("b.html", made.HTML)
    for upload in (ID, kept["id"], refused["id"]):
        assert ours.remove(upload).status_code == 204
        assert ours.state(upload).status_code == 404
    assert rows(any_desk) == []
    assert stored(any_desk) == []
    with any_desk.database.read() as session:
        assert [entry.before for entry in session.get_one(Ticket, 1001).journal if entry.change == "file removed"] == ["a.log"]


def test_once_somebody_works_on_it_files_stay_and_more_may_come(any_desk: Desk) -> None:
    ours = sender(any_desk)
    kept = ours.send("a.log", b"a")
    set_status(any_desk, "open")
    answer = ours.remove(kept["id"])
    assert answer.status_code == 422
    assert "Somebody is working on this" in answer.json["detail"]
    assert ours.send("b.log", b"b")["state"] == "kept"


@pytest.mark.parametrize(("status", "told"), [("solved", "opens again"), ("closed", "Send a new one")])
def test_a_request_that_is_done_takes_no_files_and_says_what_to_do(any_desk: Desk, status: str, told: str) -> None:
    ours = sender(any_desk)
    ours.announce("a.log", 10)
    set_status(any_desk, status)
    for answer in (ours.piece(0, b"a"), ours.announce("b.log", 1, "another-file-of-mine")):
        assert answer.status_code == 422
        assert told in answer.json["detail"]
    assert len(rows(any_desk)) == 1


def test_more_files_than_are_taken_are_refused_and_removing_one_makes_room(any_desk: Desk) -> None:
    ours = sender(any_desk)
    kept = [ours.send(f"{number}.log", b"a") for number in range(5)]
    sixth = ours.send("6.log", b"a")
    assert (sixth["state"], sixth["reason"]) == ("refused", "A request takes 5 files. Remove one, or put several into one zip.")
    ours.remove(kept[0]["id"])
    assert ours.send("7.log", b"a")["state"] == "kept"


def test_refused_files_do_not_pile_up_without_end(any_desk: Desk) -> None:
    ours = sender(any_desk)
    for number in range(20):
        assert ours.announce("empty", 0, f"empty-file-{number:06d}").json["state"] == "refused"
    answer = ours.announce("empty", 0, "one-file-too-many")
    assert answer.status_code == 422
    assert "Too many files" in answer.json["detail"]


def test_the_pages_name_every_file_and_why_one_was_not_taken(any_desk: Desk, agent: FlaskClient) -> None:
    ours = sender(any_desk)
    ours.announce("arriving.log", 10)
    ours.send("<b>bold</b>.log", b"a" * 1500)
    ours.send("page.png", made.HTML)
    for html in (ours.page(), agent.get("/desk/tickets/1001").text):
        assert "_b_bold__b_.log" in html or "b_.log" in html
        assert "1.5 KB" in html
        assert "Save the page as PDF" in html
        assert "<b>bold" not in html
        assert "arriving.log" not in html
    assert "Not taken: It is a web page" in ours.page()


def test_a_full_disk_is_told_with_a_time_to_try_again_and_what_arrived_stays(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.announce("flow.log", 11)
    ours.piece(0, b"hello ")
    (path,) = stored(any_desk)
    aside = path.rename(path.with_name("aside"))
    path.symlink_to("/dev/full")
    with any_desk.database.write() as session:  # /dev/full is empty, so this is where the next piece belongs
        session.get_one(Upload, ID).received = 0
    answer = ours.piece(0, b"hello ")
    assert (answer.status_code, answer.json["error"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert ours.state().json["received"] == 0
    path.unlink()
    aside.unlink()
    assert ours.piece(0, b"hello world").json["state"] == "kept"


def test_the_help_desk_is_owed_each_file_that_came_later_and_was_kept(any_desk: Desk) -> None:
    ours = sender(any_desk)
    ours.send("flow.log", b"a")
    ours.send("page.html", made.HTML)
    with any_desk.database.read() as session:
        kept = [session.get_one(Upload, message.payload["upload"]).name for message in owed(any_desk, "attach")]
    assert kept == ["flow.log"]


def test_a_sweep_is_owed_once_however_many_files_come(any_desk: Desk) -> None:
    ours = sender(any_desk)
    for number in range(3):
        ours.send(f"{number}.log", b"a")
    (message,) = owed(any_desk, "sweep_files")
    assert (message.not_before - any_desk.clock.now).days == 1


def test_neither_names_nor_secrets_of_files_are_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    ours = sender(desk)
    ours.send("my passport.png", made.png())
    ours.page()
    assert "event=file state=kept" in caplog.text
    assert "passport" not in caplog.text
    assert ours.url.rsplit("/", 1)[1] not in caplog.text
