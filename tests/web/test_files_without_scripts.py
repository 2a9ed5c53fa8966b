"""Files in one form: kept from the first post on, whatever else is wrong with it, and attached when the request is stored."""

import gc
import io
import re
import resource
from html import unescape
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from deflect_api.store.uploads import Upload
from tests.conftest import Desk
from tests.intake import made_files as made
from tests.web.sending_files import journal, owed, rows, sender, stored
from tests.web.test_form_without_scripts import TYPED, hidden, opened

PHOTO, LOG = ("photo.jpg", made.jpeg()), ("flow.log", b"out of memory\n")


def files(*sent: tuple[str, bytes]) -> dict[str, Any]:
    return {"files": [(io.BytesIO(content), name) for name, content in sent]}


def encoded(fields: dict[str, Any], *sent: tuple[str, bytes]) -> dict[str, Any]:
    """The same as bytes: a test client keeps large forms in a file that it forgets to close."""
    storages = [FileStorage(io.BytesIO(content), name) for name, content in sent]
    boundary, body = encode_multipart({**fields, "files": storages})
    return {"data": body, "content_type": f"multipart/form-data; boundary={boundary}"}


def post(desk: Desk, fields: dict[str, Any], *sent: tuple[str, bytes]) -> Any:
    return desk.client.post("/support/contact/", data={**fields, **files(*sent)}, content_type="multipart/form-data")


def remove_button(html: str) -> dict[str, str]:
    return {"remove_file": re.search(r'name="remove_file" value="([^"]+)"', html)[1]}  # type: ignore[index]


def test_files_go_along_through_both_pages_and_arrive_with_the_request(any_desk: Desk) -> None:
    middle = post(any_desk, {**TYPED, **opened(any_desk)}, PHOTO, LOG)
    assert middle.status_code == 200
    for name in ("photo.jpg", "flow.log"):
        assert name in middle.text
    assert [row.ticket_id for row in rows(any_desk)] == [None, None]
    any_desk.clock.forward(seconds=30)
    sent = any_desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"})
    assert sent.status_code == 303
    assert {(row.ticket_id, row.state) for row in rows(any_desk)} == {(1001, "kept")}
    assert sorted(journal(any_desk)) == ["flow.log", "photo.jpg"]
    page = any_desk.client.get(sent.headers["Location"]).text
    assert "flow.log" in page
    assert not any(made.SECRET in path.read_bytes() for path in stored(any_desk))


def test_errors_elsewhere_cost_no_file(any_desk: Desk) -> None:
    answer = post(any_desk, {**TYPED, **opened(any_desk), "email": "ada at example"}, PHOTO)
    assert answer.status_code == 422
    assert "photo.jpg" in answer.text
    key = re.search(r'name="idempotency_key" value="([^"]+)"', answer.text)[1]  # type: ignore[index]
    again = post(any_desk, {**TYPED, "session": "s", "idempotency_key": unescape(key), "subject": ""}, LOG)
    assert "photo.jpg" in again.text
    assert "flow.log" in again.text
    assert len(rows(any_desk)) == 2


def test_a_form_that_came_without_a_key_gets_one_for_its_files(any_desk: Desk) -> None:
    answer = post(any_desk, {**TYPED, "email": ""}, PHOTO)
    assert "photo.jpg" in answer.text
    key = re.search(r'name="idempotency_key" value="([^"]+)"', answer.text)[1]  # type: ignore[index]
    assert "photo.jpg" in post(any_desk, {**TYPED, "email": "", "idempotency_key": key}).text


def test_a_file_can_be_taken_away_on_both_pages_and_every_answer_stays(any_desk: Desk) -> None:
    form = {**TYPED, **opened(any_desk)}
    middle = post(any_desk, form, PHOTO)
    back = any_desk.client.post("/support/contact/", data={**hidden(middle.text), **remove_button(middle.text)})
    assert back.status_code == 200
    assert "photo.jpg" not in back.text
    assert TYPED["happened"] in unescape(back.text)
    assert (rows(any_desk), stored(any_desk)) == ([], [])
    refused = post(any_desk, {**form, "email": ""}, LOG)
    assert "flow.log" not in post(any_desk, {**form, **remove_button(refused.text)}).text


def test_enter_sends_the_form_and_takes_no_file_away(any_desk: Desk) -> None:
    form = {**TYPED, **opened(any_desk)}
    for html in (post(any_desk, form, PHOTO).text, post(any_desk, {**form, "email": ""}).text):
        within = html[html.rindex("<form") :]
        assert "remove_file" in within
        first = re.search(r"<button\b[^>]*>", within)
        assert first
        assert "remove_file" not in first[0]


def test_nobody_takes_away_the_file_of_another_form(any_desk: Desk) -> None:
    middle = post(any_desk, {**TYPED, **opened(any_desk)}, PHOTO)
    any_desk.client.post("/support/contact/", data={**TYPED, **opened(any_desk), **remove_button(middle.text)})
    any_desk.client.post("/support/contact/", data={**TYPED, **remove_button(middle.text)})
    assert len(rows(any_desk)) == 1


def test_the_same_page_sent_again_does_not_add_its_files_again(any_desk: Desk) -> None:
    form = {**TYPED, **opened(any_desk)}
    for _ in range(3):
        post(any_desk, form, PHOTO, LOG, ("page.html", made.HTML))
    assert sorted(row.name for row in rows(any_desk)) == ["flow.log", "page.html", "photo.jpg"]
    assert len(stored(any_desk)) == 2


def test_a_refused_file_is_named_with_its_reason_and_stops_nothing(any_desk: Desk) -> None:
    middle = post(any_desk, {**TYPED, **opened(any_desk)}, ("page.png", made.HTML), ("nothing.txt", b""), LOG)
    told = unescape(middle.text)
    assert "Save the page as PDF" in told
    assert "It is empty" in told
    any_desk.clock.forward(seconds=30)
    sent = any_desk.client.post("/support/contact/", data={**hidden(middle.text), "step": "send"})
    page = any_desk.client.get(sent.headers["Location"]).text
    assert "Not taken: It is a web page" in page
    assert [row.state for row in rows(any_desk)].count("kept") == 1


def test_of_too_many_files_the_first_are_kept_and_the_others_named(any_desk: Desk) -> None:
    sent = [(f"{number}.log", b"line %d" % number) for number in range(30)]
    middle = post(any_desk, {**TYPED, **opened(any_desk)}, *sent)
    states = [row.state for row in rows(any_desk)]
    assert (states.count("kept"), states.count("refused")) == (5, 10)
    assert "A request takes 5 files" in middle.text


def test_a_choice_left_open_is_no_file(any_desk: Desk) -> None:
    middle = post(any_desk, {**TYPED, **opened(any_desk)}, ("", b""))
    assert middle.status_code == 200
    assert rows(any_desk) == []
    assert owed(any_desk, "sweep_files") == []


def test_a_file_that_cannot_be_stored_costs_the_file_and_not_the_words(desk: Desk) -> None:
    desk.settings.files_folder.mkdir()
    (desk.settings.files_folder / "kept").write_text("a file stands where the folder should be")
    answer = post(desk, {**TYPED, **opened(desk)}, LOG)
    assert answer.status_code == 200
    assert "There is no room for it just now" in answer.text
    assert [(row.name, row.state) for row in rows(desk)] == [("flow.log", "refused")]


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the parser does not close the file that it could not write
def test_a_disk_that_is_full_before_the_form_is_read_is_told_with_a_time_to_try_again(desk: Desk) -> None:
    body = encoded({}, ("big.log", b"x" * 3_000_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        answer = desk.client.post("/support/contact/", **body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        gc.collect()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert (rows(desk), stored(desk)) == ([], [])


def test_files_without_a_request_have_a_common_bound(desk: Desk) -> None:
    with desk.database.write() as session:
        session.add(Upload(id="an-enormous-draft", draft="d", name="a", size=2_000_000_000, created_at=desk.clock.now))
    answer = post(desk, {**TYPED, **opened(desk)}, LOG)
    assert "There is no room for it just now" in answer.text
    assert sender(desk).send("flow.log", b"a log")["state"] == "kept"


def api(desk: Desk, key: str, *sent: tuple[str, bytes], field: str = "files", **changes: Any) -> Any:
    return desk.client.post(
        "/api/v1/tickets",
        data={**desk.request(**changes), field: [(io.BytesIO(content), name) for name, content in sent]},
        headers={"Idempotency-Key": key},
        content_type="multipart/form-data",
    )


def test_the_api_takes_files_in_the_same_request_and_says_what_became_of_each(any_desk: Desk) -> None:
    answer = api(any_desk, "key-of-the-request", PHOTO, ("page.html", made.HTML))
    assert answer.status_code == 201
    told = {file["name"]: (file["state"], file["reason"]) for file in answer.json["files"]}
    assert told["photo.jpg"] == ("kept", "")
    assert told["page.html"][0] == "refused"
    assert "web page" in told["page.html"][1]
    again = api(any_desk, "key-of-the-request", PHOTO, ("page.html", made.HTML))
    assert again.json == answer.json
    assert len(rows(any_desk)) == 2
    assert len(stored(any_desk)) == 1


def test_a_request_without_files_says_so(any_desk: Desk) -> None:
    assert any_desk.send().json["files"] == []


def test_a_request_that_the_api_refuses_leaves_no_file_behind(any_desk: Desk) -> None:
    for changes in ({"email": "nobody"}, {"receipt": "made up"}, {"product": "telescope"}):
        assert api(any_desk, "key-of-the-request", LOG, **changes).status_code == 422
        assert (rows(any_desk), stored(any_desk)) == ([], [])


def test_a_key_that_already_made_a_request_takes_no_file_for_other_words(any_desk: Desk) -> None:
    assert api(any_desk, "key-of-the-request", LOG).status_code == 201
    answer = api(any_desk, "key-of-the-request", PHOTO, subject="something else")
    assert (answer.status_code, answer.json["error"]) == (422, "key_reused")
    assert [row.name for row in rows(any_desk)] == ["flow.log"]
    assert len(stored(any_desk)) == 1


def test_files_of_another_name_are_refused_by_it(any_desk: Desk) -> None:
    answer = api(any_desk, "key-of-the-request", LOG, field="photos")
    assert answer.status_code == 422
    assert "`files`" in answer.json["fields"]["photos"]


def claimed(desk: Desk, address: str, kind: str, length: int) -> Any:
    """Post a body of which only the length is told."""
    return desk.client.post(address, content_type=kind, environ_overrides={"CONTENT_LENGTH": str(length)})


@pytest.mark.parametrize("address", ["/api/v1/tickets", "/support/contact/"])
def test_only_a_form_with_files_may_be_larger_than_its_text_and_within_bounds(desk: Desk, address: str) -> None:
    room = desk.settings.support.files.bytes_together + 1_000_000
    for kind, length, status in (
        ("multipart/form-data; boundary=x", room + 1, 413),
        ("application/x-www-form-urlencoded", 1_000_001, 413),
    ):
        answer = claimed(desk, address, kind, length)
        assert answer.status_code == status, kind
    large = ("large.log", b"x" * 9_000_000)
    body = encoded({**desk.request(), **TYPED, "idempotency_key": "a-key-of-this-form"}, large)
    taken = desk.client.post(address, headers={"Idempotency-Key": "a-key-of-the-api"}, **body)
    assert taken.status_code in (200, 201, 303)
    assert [row.state for row in rows(desk)] == ["kept"]


def test_a_form_that_is_too_large_is_answered_with_a_page_that_says_so(desk: Desk) -> None:
    answer = claimed(desk, "/support/contact/", "multipart/form-data; boundary=x", 10**9)
    assert answer.status_code == 413
    assert "its files no more than the form says" in answer.text
