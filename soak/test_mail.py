"""Mail against the real thing: Debian's Postfix and Dovecot, STARTTLS both ways, answers, bounces, and a crash in between."""

import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.app import create_app, handlers
from deflect_api.connectors.mailbox import Mailbox
from deflect_api.connectors.mailer import Smtp
from deflect_api.delivery.relay import Relay
from deflect_api.errors import TemporaryFailure
from deflect_api.intake.inbound import fetching
from deflect_api.store.db import Database
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import Bounce, InboundMail
from soak.mail import rig as mail_rig
from soak.mail.rig import Rig
from tests.conftest import *  # noqa: F403 - its fixtures
from tests.conftest import Desk


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    with mail_rig.running() as made:
        yield made


@pytest.fixture
def real(settings: Any, clock: Any, sqlite_address: str, rig: Rig) -> Iterator[Desk]:
    """A desk that mails through Postfix and reads Dovecot's mailbox."""
    support = settings.support.model_copy(update={"mail": rig.mail(), "inbound": rig.inbound()})
    ours = replace(settings, support=support, database=sqlite_address)
    database = Database(sqlite_address)
    yield Desk(
        create_app(ours, database, clock=clock), database, ours, clock, Relay(database, handlers(ours, database, clock), clock)
    )
    database.close()


def work(desk: Desk) -> None:
    while desk.relay.run_once():
        pass


def inbox(rig: Rig, person: str, wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
    """Wait for a mail in somebody's mailbox, read by Python's own library."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        box = imaplib.IMAP4("localhost", rig.imap)
        box.starttls(ssl.create_default_context(cafile=str(rig.certificate)))
        box.login(f"{person}@{mail_rig.DOMAIN}", mail_rig.PASSWORD)
        box.select("INBOX", readonly=True)
        for number in box.search(None, "ALL")[1][0].split():
            mail = message_from_bytes(box.fetch(number, "(RFC822)")[1][0][1], policy=policy.default)
            assert isinstance(mail, EmailMessage)
            if wanted(mail):
                box.logout()
                return mail
        box.logout()
        time.sleep(0.1)
    raise AssertionError("the mail did not come")


def come(desk: Desk, count: int) -> list[InboundMail]:
    """Fetch until so many mails were taken in."""
    store = fetching.open_store(desk.settings, desk.database, desk.clock)
    end = time.monotonic() + 30
    while True:
        Mailbox(desk.settings.support.inbound).take(lambda raw: store.keep(raw) and None)
        work(desk)
        with desk.database.read() as session:
            rows = list(session.scalars(select(InboundMail).order_by(InboundMail.id)))
        if len(rows) >= count:
            return rows
        assert time.monotonic() < end, f"{len(rows)} of {count} came"
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def empty(request: pytest.FixtureRequest) -> None:
    """Begin with an empty mailbox."""
    Mailbox(request.getfixturevalue("rig").inbound()).take(bool)


def test_a_mail_goes_out_by_starttls_and_an_answer_comes_in(real: Desk, rig: Rig) -> None:
    reference = real.send().json["reference"]
    work(real)
    received = inbox(rig, "ada", lambda mail: str(mail["Subject"]).startswith(f"[{reference}]"))
    assert received.get_body(("plain",)) is not None
    assert received.get_body(("html",)) is not None
    assert any("ESMTPSA" in str(hop) for hop in received.get_all("Received", [])), "signed in, and over TLS"
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "Ada <ada@example.org>", received["Reply-To"], f"Re: {received['Subject']}"
    answer["Message-ID"], answer["In-Reply-To"] = f"<answer-{time.time_ns()}@example.org>", received["Message-ID"]
    answer.set_content("It is 2.9.14.\n\nOn Mon, Akvo support <support@example.org> wrote:\n> Your request has arrived.\n")
    answer.add_attachment(b"a list\n", maintype="text", subtype="plain", filename="list.txt")
    Smtp(rig.mail("ada")).send(answer)
    (row,) = come(real, 1)
    assert (row.outcome, row.detail) == ("comment", "address")
    with real.database.read() as session:
        assert [comment.body for comment in session.get_one(Ticket, int(reference)).comments] == ["It is 2.9.14."]


def test_a_mail_that_does_not_arrive_comes_back_and_is_shown(real: Desk) -> None:
    reference = real.send(email="nobody@example.org").json["reference"]
    work(real)
    (row,) = come(real, 1)
    assert row.outcome == "bounce"
    with real.database.read() as session:
        (bounce,) = session.scalars(select(Bounce)).all()
        assert (bounce.ticket_id, bounce.address) == (int(reference), "nobody@example.org")
        assert "550" in bounce.told or "doesn't exist" in bounce.told


def test_a_crash_between_keeping_and_moving_takes_nothing_in_twice_and_loses_nothing(real: Desk, rig: Rig) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        "ada@example.org",
        "support@example.org",
        "Help",
        "<c@example.org>",
    )
    mail.set_content("The map is empty")
    Smtp(rig.mail("ada")).send(mail)
    store = fetching.open_store(real.settings, real.database, real.clock)

    def crash(raw: bytes) -> None:
        store.keep(raw)
        raise TemporaryFailure("as if the line broke here")

    inbox(rig, "support", lambda found: found["Message-ID"] == "<c@example.org>")
    with pytest.raises(TemporaryFailure, match="as if"):
        Mailbox(real.settings.support.inbound).take(crash)
    work(real)
    assert len(come(real, 1)) == 1
    with real.database.read() as session:
        assert len(session.scalars(select(Ticket)).all()) == 1


def test_imap_over_tls_signs_in_and_a_wrong_password_says_so(rig: Rig) -> None:
    assert "support@example.org" in Mailbox(rig.inbound(security="tls")).check()
    wrong = rig.inbound().model_copy(update={"password": "wrong"})
    with pytest.raises(TemporaryFailure, match="refused"):
        Mailbox(wrong).check()
    with pytest.raises(TemporaryFailure, match="could not be reached"):
        Smtp(rig.mail().model_copy(update={"ca_file": ""})).check()
    strangers = rig.inbound().model_copy(update={"ca_file": ""})
    with pytest.raises(TemporaryFailure, match="could not be reached"):
        Mailbox(strangers).check()
