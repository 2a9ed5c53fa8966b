"""Erasing one person: nothing of them is left in any table or file, others keep theirs, and figures stay."""

import itertools
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api.desk import notice_mails
from deflect_api.desk.people import audit
from deflect_api.errors import InputError
from deflect_api.intake import deflection, notices, tickets
from deflect_api.intake.personal_data import privacy, privacy_files
from deflect_api.intake.personal_data import privacy_tables as tables
from deflect_api.store.models import Agent, JournalEntry, Message, Table, Ticket
from deflect_api.store.privacy import Removal
from deflect_api.store.shelf import Shelf
from deflect_api.store.uploads import KEPT, Upload
from tests.conftest import Desk
from tests.intake.made import SUPPORT, agent, submitted

WHO = "Wanjiru.Kamau@example.org"
THEIRS = {
    "word": "quokkaword",
    "name": "Zephyrine Okonkwo-Test",
    "partner": "Nyeri Wells Cooperative",
    "steps": "secretsteps",
    "imei": "356938035643809",
}
HERS = {"email": "ada@example.org", "word": "unrelated", "name": "Ada", "partner": "Other", "steps": "", "imei": ""}
PIECES = [word.encode() for word in (WHO, *THEIRS.values())]


def store_one(desk: Desk, number: int, **changes: str) -> int:
    with desk.database.write() as session:
        return put_one(session, desk, number, **changes)


def put_one(session: Session, desk: Desk, number: int, **changes: str) -> int:
    """Store a request with everything that may hang on it: visit, file, answer, note, journal, mails."""
    told = {"email": WHO, "visit": f"visit{number}", **THEIRS, **changes}
    now, word, email = desk.clock(), told["word"], told["email"]
    bo = session.scalar(select(Agent).limit(1)) or told_of_new(session, desk)
    deflection.record(session, told["visit"], deflection.Event("opened", text=f"{word} {number}", reason=word), now)
    ticket = submitted(
        session, now, email=email, session=told["visit"], subject=f"{word} {number}", happened=f"{word} I am {email}",
        context={"account": email.upper()}, device={"imei": told["imei"]},
        texts={"name": told["name"], "partner": told["partner"], "steps": told["steps"]},
    )  # fmt: skip
    tickets.reply(session, ticket, bo, f"Dear {told['name']}, {word}", public=True, now=now)
    tickets.reply(session, ticket, bo, f"note: {word}", public=False, now=now, status="solved")
    if number % 10 == 0:
        attach(session, desk, ticket, f"{word} {email} in a file")
    return ticket.id


def told_of_new(session: Session, desk: Desk) -> Agent:
    """Make an agent who hears of each new request by mail, which names its subject."""
    bo = agent(session, desk.clock())
    notice_mails.choose(
        session, bo, notices.choose(session, bo, mail=notices.EACH, events=[notices.NEW], browser=False),
        calendar=SUPPORT.calendar, now=desk.clock(),
    )  # fmt: skip
    return bo


def attach(session: Session, desk: Desk, ticket: Ticket, content: str) -> None:
    placed = Shelf(desk.settings.files_folder).place([content.encode()])
    session.add(
        Upload(
            id=uuid.uuid4().hex, ticket_id=ticket.id, name=f"{content[:10]}.txt", media_type="text/plain", size=placed.size,
            received=placed.size, sha256=placed.sha256, state=KEPT, stored_as=placed.name, created_at=desk.clock(),
        )
    )  # fmt: skip


def run(desk: Desk) -> None:
    while desk.relay.run_once():
        pass


def erase(desk: Desk, address: str = WHO) -> privacy.Erasure:
    who = privacy.normal(address)
    with desk.database.write() as session:
        done = privacy.erase(session, who, secret=desk.settings.secret, desk="builtin", now=desk.clock())
        by = audit.By("lead@example.org", desk.clock())
        audit.note(session, by, audit.ERASED, privacy.mark(desk.settings.secret, who))
    privacy_files.remove(
        privacy_files.shelves_of(desk.settings), desk.settings.mail_folder, files=done.files, tickets=done.tickets, address=who
    )
    run(desk)
    return done


def files_with(folders: list[Path], pieces: list[bytes]) -> list[str]:
    """List what is found, in any letters, in the raw bytes of any file."""
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    wanted = [piece.lower() for piece in pieces]
    return [f"{path.name}: {piece!r}" for path in paths for piece in wanted if piece in path.read_bytes().lower()]


def rows_with(desk: Desk, pieces: list[bytes]) -> list[str]:
    """List the tables in which something is found, read row by row."""
    with desk.database.read() as session:
        return [
            f"{table.name}: {piece!r}"
            for table in Table.metadata.sorted_tables
            for row in session.execute(select(table))
            for piece in pieces
            if piece.decode().lower() in str(tuple(row)).lower()
        ]


def test_a_person_with_200_tickets_is_gone_from_tables_and_the_raw_bytes_of_all_files(any_desk: Desk, tmp_path: Path) -> None:
    desk, home = any_desk, any_desk.settings.home
    with desk.database.write() as session:
        for number in range(200):
            put_one(session, desk, number)
        other = put_one(session, desk, 999, visit="hers", **HERS)
        hers = session.get_one(Ticket, other)
        hers.cc, hers.steps = [WHO, "bo@example.org"], f"Ask {WHO.lower()} about it, or {WHO}."
    for _ in range(30):  # some mails are written, the others are still owed
        desk.relay.run_once()
    places = [tmp_path, home]
    assert rows_with(desk, PIECES), "there is something to erase"
    assert files_with([desk.settings.mail_folder, desk.settings.files_folder], PIECES)
    done = erase(desk)
    assert len(done.tickets) == 200
    assert rows_with(desk, PIECES) == []
    assert files_with(places, PIECES) == [], "the database's files, its log, attachments and mails"
    assert rows_with(desk, [b"unrelated"]), "others keep theirs"
    with desk.database.read() as session:
        hers = session.get_one(Ticket, other)
        assert hers.cc == ["bo@example.org"]
        assert hers.steps == "Ask [erased] about it, or [erased]."
        assert session.scalar(select(func.count()).select_from(Ticket)) == 201, "figures count them still"
        assert {row.product for row in session.scalars(select(Ticket))} == {"flow"}
        outcomes = list(session.scalars(select(deflection.SupportSession.outcome)))
        assert outcomes == ["submitted"] * 201
        removed = {row.kind: row.count for row in session.scalars(select(Removal))}
    assert removed["ticket"] == 200
    assert removed["comment"] == 400
    assert removed["upload"] == 20


def test_no_link_in_an_old_mail_opens_what_is_left(desk: Desk) -> None:
    sent = desk.send(email=WHO).json
    assert desk.client.get(sent["status_url"]).status_code == 200
    erase(desk)
    assert desk.client.get(sent["status_url"]).status_code == 404


def test_what_is_on_its_way_is_not_sent_to_an_erased_person(any_desk: Desk) -> None:
    any_desk.send(email=WHO)
    any_desk.client.post("/requests/", data={"email": WHO})
    erase(any_desk)
    assert any_desk.mails() == []
    with any_desk.database.read() as session:
        assert {row.kind for row in session.scalars(select(Message)) if row.state == "queued"} <= {"forget", "finish_erasure"}


def test_figures_of_the_journal_stay_without_a_word(desk: Desk) -> None:
    number = store_one(desk, 1)
    with desk.database.write() as session:
        tickets.note(
            session, session.get_one(Ticket, number), JournalEntry(at=desk.clock(), actor="x", change="file", after="quokkaword")
        )
    erase(desk)
    with desk.database.read() as session:
        left = session.scalars(select(JournalEntry).where(JournalEntry.ticket_id == number).order_by(JournalEntry.id)).all()
    assert [entry.change for entry in left] == ["submitted", "status", "status", "erased"]


def test_the_desks_that_hold_copies_are_listed(desk: Desk) -> None:
    number = store_one(desk, 1)
    with desk.database.write() as session:
        session.get_one(Ticket, number).remote_id = "Z-77"
    with desk.database.write() as session:
        done = privacy.erase(session, privacy.normal(WHO), secret="s", desk="email", now=desk.clock())
    assert done.to_tell[0] == f"email: Z-77 (our {number})"


def test_the_address_of_an_account_is_refused(desk: Desk) -> None:
    with desk.database.write() as session:
        agent(session, desk.clock())
    with pytest.raises(InputError, match="account"), desk.database.write() as session:
        privacy.erase(session, "bo@desk.example.org", secret="s", desk="builtin", now=desk.clock())


@pytest.mark.parametrize("no_address", ["", "ada", "a@b", "@", "ada @example.org", "a\x00@example.org"])
def test_only_a_whole_address_is_taken(no_address: str) -> None:
    with pytest.raises(InputError):
        privacy.normal(no_address)


def test_an_address_is_found_in_any_letters_and_other_texts_stay_as_they_were() -> None:
    found = privacy.without({"A@B.org": ["x a@b.ORG y", "a@b.org", 7], "n": None}, "a@b.org")
    assert found == {"[erased]": ["x [erased] y", 7], "n": None}
    assert privacy.without("İ a@b.org", "a@b.org").endswith("[erased]")


def test_every_table_has_its_line() -> None:
    missing = [table for table in Table.metadata.tables if table not in tables.POLICY]
    assert not missing, f"say in intake/personal_data/privacy_tables.py what becomes of {missing} when a person is erased"


def test_the_second_pass_removes_what_was_written_meanwhile(desk: Desk) -> None:
    number = store_one(desk, 1)
    erase(desk)
    late = desk.settings.mail_folder / "late.eml"
    late.parent.mkdir(exist_ok=True)
    late.write_bytes(f"X-Deflect-Reference: {number}\r\nTo: {WHO}\r\n\r\nquokkaword".encode())
    desk.clock.now += timedelta(minutes=4)
    run(desk)
    assert not late.exists()
    assert not any(itertools.chain(rows_with(desk, PIECES)))
