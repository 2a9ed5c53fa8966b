"""Mails that come in: matched, folded, kept, taken in once; what no person wrote changes nothing."""

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.delivery import reply_address
from deflect_api.intake.inbound import fetching, taking
from deflect_api.store.models import Comment, JournalEntry, Message, Ticket
from deflect_api.store.second_line import Bounce, InboundMail
from deflect_api.store.uploads import Upload
from tests.second_line.conftest import Line
from tests.second_line.mails import bounce, mail


@pytest.fixture
def come(line: Line) -> Callable[..., InboundMail]:
    """Call it with a mail: it is kept and taken in as the relay does."""
    return _comes(line)


@pytest.fixture
def arrive(local_line: Line) -> Callable[..., InboundMail]:
    return _comes(local_line)


def _comes(line: Line) -> Callable[..., InboundMail]:
    line.request()
    line.work()
    store = fetching.open_store(line.desk.settings, line.desk.database, line.desk.clock)

    def comes(what: EmailMessage | bytes) -> InboundMail:
        number = store.keep(what if isinstance(what, bytes) else what.as_bytes())
        line.work()
        with line.desk.database.read() as session:
            return session.get_one(InboundMail, number)

    return comes


def ticket(line: Line, number: int = 1001) -> Ticket:
    with line.desk.database.read() as session:
        found = session.get_one(Ticket, number)
        _ = found.comments, found.journal
        return found


def signed_address(line: Line) -> str:
    return reply_address.address("support@example.org", line.desk.settings.secret, ticket(line))


def test_an_answer_to_the_signed_address_is_the_requesters(line: Line, come: Callable[..., InboundMail]) -> None:
    answer = "Version 2.9.14.\n\nOn Mon, 23 Nov 2026 at 09:00, Akvo support <support@example.org> wrote:\n> Which version?\n"
    row = come(mail(answer, To=signed_address(line).upper(), Subject="something else"))
    assert (row.outcome, row.detail) == ("comment", "address")
    (comment,) = ticket(line).comments
    assert (comment.body, comment.from_requester) == ("Version 2.9.14.", True)
    assert "Which version?" in row.quoted
    assert "What was quoted" in line.agent.get("/desk/tickets/1001").text


@pytest.mark.parametrize("changed", ["+1002.", "a@", "+1001.aaaaaaaaaaaaaaaa@"])
def test_a_forged_reply_address_matches_nothing(local_line: Line, arrive: Callable[..., InboundMail], changed: str) -> None:
    local_line.request(email="eve@example.org")
    address = signed_address(local_line)
    forged = {"+1002.": address.replace("+1001.", "+1002."), "a@": address.replace("@", "a@")}.get(changed)
    forged = forged or "support+1001.aaaaaaaaaaaaaaaa@example.org"
    row = arrive(mail(From="eve@other.example.org", To=forged, Subject="[1001] hello"))
    assert row.outcome == "ticket"
    assert not ticket(local_line).comments


def test_headers_find_the_request_and_a_strangers_words_are_a_note(local_line: Line, arrive: Callable[..., InboundMail]) -> None:
    row = arrive(mail(Subject="Aw: ...", In_Reply_To="<1001.received@example.org>"))
    assert (row.outcome, row.detail) == ("comment", "headers")
    row = arrive(mail("let me in", From="Eve <eve@other.example.org>", Subject="Re:", References="<1001.received@example.org>"))
    assert row.outcome == "note"
    notes = [comment for comment in ticket(local_line).comments if not comment.public]
    assert [(note.body, note.from_requester) for note in notes] == [("let me in", False)]


def test_the_number_counts_only_from_the_right_sender(local_line: Line, arrive: Callable[..., InboundMail]) -> None:
    assert arrive(mail(From="ADA@example.org")).detail == "reference"
    assert arrive(mail(From="eve@other.example.org")).outcome == "ticket"
    assert len(ticket(local_line).comments) == 1


def test_the_same_mail_is_taken_in_once(line: Line, come: Callable[..., InboundMail]) -> None:
    one = mail()
    first, second = come(one), come(one)
    assert first.id == second.id
    again = one.as_bytes().replace(b"Subject", b"Received: by another way\nSubject", 1)
    assert come(again).outcome == "repeat"
    assert len(ticket(line).comments) == 1


def test_the_same_message_id_with_other_words_is_not_lost(local_line: Line, arrive: Callable[..., InboundMail]) -> None:
    arrive(mail("first", Message_ID="<same@x.example.org>"))
    assert arrive(mail("second", Message_ID="<same@x.example.org>")).outcome == "comment"
    assert [comment.body for comment in ticket(local_line).comments] == ["first", "second"]


def test_an_answer_opens_a_solved_request_and_a_closed_one_becomes_a_new_one(local_line: Line, arrive: Any) -> None:
    with local_line.desk.database.write() as session:
        session.get_one(Ticket, 1001).status = "solved"
    arrive(mail("it came back"))
    assert ticket(local_line).status == "open"
    with local_line.desk.database.write() as session:
        session.get_one(Ticket, 1001).status = "closed"
    row = arrive(mail("and again"))
    assert (row.outcome, row.ticket_id) == ("ticket", 1002)
    assert ("follows", "#1001") in [(entry.change, entry.after) for entry in ticket(local_line, 1002).journal]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.org>"},
        {"From": "MAILER-DAEMON@example.org"},
        {"From": "Akvo support <support@example.org>"},
        {"X_Deflect_Reference": "1001"},
        {"Subject": "Automatic reply: [1001] We have your request"},
        {"Subject": "Réponse automatique : [1001]"},
    ],
)
def test_what_no_person_wrote_changes_nothing(local_line: Line, arrive: Any, headers: dict[str, str]) -> None:
    before = ticket(local_line)
    assert arrive(mail(**headers)).outcome == "automatic"
    after = ticket(local_line)
    assert (after.status, len(after.comments)) == (before.status, 0)
    with local_line.desk.database.read() as session:
        assert len(session.scalars(select(Ticket)).all()) == 1


def test_an_absence_note_is_a_quiet_line_on_the_request_that_it_answers(line: Line, come: Any) -> None:
    with line.desk.database.write() as session:
        session.get_one(Ticket, 1001).status = "solved"
    before = ticket(line)
    away = "I am away until 3 December.\n\nOn Mon, 23 Nov 2026, Akvo support <support@example.org> wrote:\n> Hello\n"
    note = {"Subject": "Out of office: [1001]", "Auto_Submitted": "auto-replied", "In_Reply_To": "<1001.received@example.org>"}
    row = come(mail(away, **note))
    come(mail(away, **note, Message_ID="<again@x.example.org>"))
    after = ticket(line)
    assert (row.outcome, row.ticket_id) == ("automatic", 1001)
    assert (after.status, after.version, after.updated_at, after.awaiting) == (
        before.status, before.version, before.updated_at, before.awaiting,
    )  # fmt: skip
    assert not after.comments
    noted = [(entry.after, entry.reason) for entry in after.journal if entry.change == "automatic answer"]
    assert noted == [("ada@example.org", "I am away until 3 December.")], "the same words are noted once"
    assert "I am away until 3 December." in line.agent.get("/desk/tickets/1001").text


def test_a_mail_of_our_own_that_comes_back_is_no_line(local_line: Line, arrive: Any) -> None:
    arrive(mail(From="Akvo support <support@example.org>", In_Reply_To="<1001.received@example.org>"))
    assert "automatic answer" not in [entry.change for entry in ticket(local_line).journal]


def test_two_machines_that_answer_each_other_come_to_an_end(local_line: Line, arrive: Any) -> None:
    outcomes = [arrive(mail(f"ping {number}")).outcome for number in range(22)]
    assert outcomes == ["comment"] * 20 + ["loop"] * 2


def test_a_bounce_shows_who_does_not_hear_from_us(line: Line, come: Any) -> None:
    assert come(bounce(ticket(line), action="delayed")).outcome == "bounce"
    assert "mail is late" in [entry.change for entry in ticket(line).journal]
    assert "does not hear from us" not in line.agent.get("/desk/tickets/1001").text
    row = come(bounce(ticket(line)))
    assert (row.outcome, row.ticket_id) == ("bounce", 1001)
    assert "This person does not hear from us: ada@example.org" in line.agent.get("/desk/tickets/1001").text
    assert not ticket(line).comments


def test_a_bounce_for_somebody_else_marks_nobody(local_line: Line, arrive: Any) -> None:
    arrive(bounce(ticket(local_line), address="eve@example.org"))
    arrive(bounce(ticket(local_line), domain="other.example.org"))
    with local_line.desk.database.read() as session:
        assert not session.scalars(select(Bounce)).all()


def test_a_mail_that_a_colleague_sends_on_becomes_the_clients_request(local_line: Line, arrive: Any) -> None:
    head = "FYI\n\n---------- Forwarded message ---------\nFrom: Kofi Mensah <kofi@client.example.org>\nDate: Mon\nTo: me\n"
    text = f"{head}\nIt does not sync.\n"
    row = arrive(mail(text, From="Jo <jo@staff.example.org>", Subject="Fwd: No sync"))
    assert row.outcome == "ticket"
    made = ticket(local_line, row.ticket_id or 0)
    assert (made.email, made.name, made.subject, made.happened) == (
        "kofi@client.example.org",
        "Kofi Mensah",
        "No sync",
        "It does not sync.",
    )
    assert [entry.actor for entry in made.journal if entry.change == "filed"] == ["jo@staff.example.org"]


def test_a_stranger_cannot_file_for_somebody_else(local_line: Line, arrive: Any) -> None:
    text = "---------- Forwarded message ---------\nFrom: Kofi <kofi@client.example.org>\n\nhello"
    made = ticket(local_line, arrive(mail(text, From="eve@other.example.org", Subject="Fwd: x")).ticket_id or 0)
    assert made.email == "eve@other.example.org"


def test_an_unknown_sender_makes_a_request_that_is_marked_and_acknowledged(local_line: Line, arrive: Any) -> None:
    row = arrive(mail("The map is empty", From="New <new@example.org>", Subject="Help"))
    made = ticket(local_line, row.ticket_id or 0)
    assert (made.searched, made.product, made.status) == ("no", "other", "new")
    assert "not searched" in local_line.agent.get("/desk/").text
    received = [path for path in local_line.desk.mails() if path.name.startswith(f"{made.id}.received")]
    assert row.message_id in received[0].read_text()


def test_files_come_under_the_forms_rules(local_line: Line, arrive: Any) -> None:
    one = mail()
    one.add_attachment(b"a list\n", maintype="text", subtype="plain", filename="list.txt")
    one.add_attachment(b"MZ\x90\x00 program", maintype="application", subtype="octet-stream", filename="setup.exe")
    arrive(one)
    with local_line.desk.database.read() as session:
        found = {upload.name: upload.state for upload in session.scalars(select(Upload))}
    assert found == {"list.txt": "kept", "setup.exe": "refused"}


def test_a_page_is_read_as_words_and_runs_nowhere(local_line: Line, arrive: Any) -> None:
    one = EmailMessage()
    for name, value in {"From": "ada@example.org", "To": "support@example.org", "Subject": "[1001]"}.items():
        one[name] = value
    one.set_content(
        "<style>p{}</style><p>Version <b>2</b></p><script>alert(1)</script><blockquote><p>Which?</p></blockquote>", subtype="html"
    )
    row = arrive(one)
    assert ticket(local_line).comments[0].body == "Version 2"
    assert row.quoted == "> Which?"


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"no header at all", b"From: \n\n", b"Subject: x\n\nhello"])
def test_what_cannot_be_read_is_kept_and_shown(local_line: Line, arrive: Any, raw: bytes) -> None:
    row = arrive(raw)
    assert row.outcome == "unreadable"
    page = local_line.agent.get("/desk/mail").text
    assert "could not be read" in page
    whole = local_line.agent.get(f"/desk/mail/{row.id}")
    assert whole.data == raw
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert local_line.desk.client.get(f"/desk/mail/{row.id}").status_code == 303


def test_answers_thread_below_what_the_requester_wrote(local_line: Line, arrive: Any) -> None:
    row = arrive(mail())
    form = local_line.form(kind="reply", body="Thank you. Which phone?", status="pending")
    local_line.agent.post("/desk/tickets/1001/reply", data=form)
    local_line.work()
    (asked,) = [path for path in local_line.desk.mails() if ".asked." in path.name]
    text = asked.read_text()
    assert f"In-Reply-To: {row.message_id}" in text
    assert "<1001.received@example.org>" in text
    assert signed_address(local_line) in text


def test_every_outcome_has_its_word() -> None:
    assert len(set(taking.OUTCOMES)) == len(taking.OUTCOMES)


def test_nothing_is_owed_twice_for_one_mail(local_line: Line, arrive: Any) -> None:
    arrive(mail())
    with local_line.desk.database.read() as session:
        owed = session.scalars(select(Message).where(Message.kind == fetching.TAKE)).all()
        assert len(owed) == 1
        assert [entry.change for entry in session.scalars(select(JournalEntry))].count("submitted") == 1
        assert len(session.scalars(select(Comment)).all()) == 1
