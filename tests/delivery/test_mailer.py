"""How a mail leaves: as a file, or through a mail server whose every answer has its consequence."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deflect_api.config.support import Mail
from deflect_api.connectors.mailer import Folder, Smtp, mailbox, one_line, open_mailer
from deflect_api.delivery.relay import Done, Relay
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests import postgres
from tests.conftest import Clock
from tests.delivery import mail_server
from tests.delivery.mail_server import DROP, Postbox
from tests.delivery.owed import outcomes, owe, states
from tests.delivery.reading import part


def letter(
    message_id: str = "<1001.received@example.org>", cc: str = "", body: str = "Your request has arrived."
) -> EmailMessage:
    mail = EmailMessage()
    mail["Message-ID"] = message_id
    mail["From"] = "support@example.org"
    mail["To"] = "ada@example.org"
    if cc:
        mail["Cc"] = cc
    mail["Subject"] = "[1001] We have your request: 表單"
    mail.set_content(body)
    return mail


@pytest.fixture
def box() -> Iterator[Postbox]:
    with mail_server.running() as made:
        yield made


def test_support_yml_says_which_way_mail_leaves(tmp_path: Path) -> None:
    assert isinstance(open_mailer(Mail(), tmp_path), Folder)
    assert isinstance(open_mailer(Mail(transport="smtp"), tmp_path), Smtp)


def test_a_mail_becomes_a_file_named_by_its_message_id(tmp_path: Path) -> None:
    Folder(tmp_path / "mail").send(letter(body="line one\nline two: 表單\n"))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "1001.received@example.org.eml"
    back = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(back, EmailMessage)
    assert back["Subject"] == "[1001] We have your request: 表單"
    assert part(back, "plain") == "line one\nline two: 表單\n"
    assert b"\r\n" in file.read_bytes(), "mail programs expect the line ends of mail"


def test_the_same_mail_twice_is_one_file(tmp_path: Path) -> None:
    Folder(tmp_path).send(letter())
    Folder(tmp_path).send(letter())
    Folder(tmp_path).send(letter("<1002.received@example.org>"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_message_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    Folder(tmp_path / "mail").send(letter("<../../1001/x@example.org>"))
    assert [path.suffix for path in (tmp_path / "mail").iterdir()] == [".eml"]
    assert [path.name for path in tmp_path.iterdir()] == ["mail"]


def test_a_folder_that_cannot_be_written_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(TemporaryFailure):
        Folder(tmp_path / "mail").send(letter())


def test_a_mail_reaches_to_and_cc(box: Postbox) -> None:
    box.mailer().send(letter(cc="bea@example.org, Cy <cy@example.org>"))
    ((recipients, mail),) = box.taken
    assert recipients == ["ada@example.org", "bea@example.org", "cy@example.org"]
    assert (mail["Message-ID"], mail["Subject"]) == ("<1001.received@example.org>", "[1001] We have your request: 表單")


@pytest.mark.parametrize("answer", ["451 try again later", "452 mailbox full", "421 going down"])
def test_a_refusal_for_now_is_temporary(box: Postbox, answer: str) -> None:
    box.to_data = [answer]
    with pytest.raises(TemporaryFailure, match=answer[:3]):
        box.mailer().send(letter())
    assert box.taken == []


@pytest.mark.parametrize("answer", ["550 no such mailbox", "552 too large", "554 looks like spam"])
def test_a_refusal_for_good_is_permanent(box: Postbox, answer: str) -> None:
    box.to_data = [answer]
    with pytest.raises(PermanentFailure, match=answer[:3]):
        box.mailer().send(letter())


def test_a_mail_that_is_refused_at_first_arrives_later_and_once(box: Postbox, database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "mail:1")
    box.to_data = ["451 greylisted, try again"]

    def send(message: Message) -> Done:
        box.mailer().send(letter())
        return Done()

    relay = Relay(database, {"test": send}, clock)
    relay.run_once()
    assert (states(database), box.taken) == (["queued"], [])
    clock.forward(seconds=5)
    relay.run_once()
    assert (states(database), box.offered, len(box.taken)) == (["delivered"], 2, 1)
    assert outcomes(database, owed) == ["temporary", "delivered"]


def test_a_line_that_breaks_after_the_data_leaves_the_outcome_unknown(box: Postbox) -> None:
    box.to_data = [DROP]
    with pytest.raises(UnknownOutcome):
        box.mailer().send(letter())
    assert len(box.taken) == 1, "the server had it: that is why nobody can know"


@pytest.mark.parametrize("goodbye", ["421 too late", "500 what"])
def test_a_mail_that_was_taken_is_sent_whatever_the_server_says_to_goodbye(box: Postbox, goodbye: str) -> None:
    box.to_quit = goodbye
    box.mailer().send(letter())
    assert len(box.taken) == 1


def test_when_every_recipient_is_refused_for_good_it_is_permanent(box: Postbox) -> None:
    box.to_recipient = {"ada@example.org": "550 no such user"}
    with pytest.raises(PermanentFailure, match=r"550.*no such user"):
        box.mailer().send(letter())
    assert box.taken == []


@pytest.mark.parametrize("for_now", ["ada@example.org", "bea@example.org"])
def test_when_every_recipient_is_refused_one_of_them_for_now_it_is_temporary(box: Postbox, for_now: str) -> None:
    box.to_recipient = {"ada@example.org": "550 no such user", "bea@example.org": "550 no such user", for_now: "451 greylisted"}
    with pytest.raises(TemporaryFailure):
        box.mailer().send(letter(cc="bea@example.org"))


@pytest.mark.parametrize("answer", ["451 greylisted", "550 no such user"])
def test_when_one_of_two_is_refused_a_human_decides_because_the_other_has_the_mail(box: Postbox, answer: str) -> None:
    box.to_recipient = {"bea@example.org": answer}
    with pytest.raises(PermanentFailure, match=f"{answer[:3]}: bea@example.org: {answer[4:]}"):
        box.mailer().send(letter(cc="bea@example.org"))
    assert [recipients for recipients, _ in box.taken] == [["ada@example.org"]]


def test_a_server_that_is_not_there_is_temporary() -> None:
    with pytest.raises(TemporaryFailure):
        Smtp(Mail(transport="smtp", port=postgres.free_port())).send(letter())


@pytest.mark.parametrize(
    ("greeting", "error"),
    [(b"421 too many connections\r\n", TemporaryFailure), (b"554 go away\r\n", PermanentFailure), (b"", UnknownOutcome)],
)
def test_a_server_that_does_not_greet_is_sorted_by_its_answer(greeting: bytes, error: type[Exception]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.sendall(greeting)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(error):
            Smtp(Mail(transport="smtp", port=listener.getsockname()[1])).send(letter())
        thread.join()


def test_a_password_that_is_refused_is_not_repeated_in_the_error(box: Postbox) -> None:
    with pytest.raises((PermanentFailure, TemporaryFailure)) as refused:
        box.mailer(username="desk", password="hunter2").send(letter())
    assert "hunter2" not in str(refused.value)
    assert box.taken == []


def test_no_mail_goes_in_the_clear_when_encryption_was_asked_for(box: Postbox) -> None:
    with pytest.raises((PermanentFailure, TemporaryFailure)):
        box.mailer(starttls=True).send(letter())
    assert box.taken == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that nobody vouches for but itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server")])
    now, here = datetime.now(UTC), x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1)).add_extension(here, False)
    clear = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    whole = made.sign(key, hashes.SHA256()).public_bytes(pem)
    whole += key.private_bytes(pem, serialization.PrivateFormat.PKCS8, clear)
    (tmp_path / "server.pem").write_bytes(whole)
    return tmp_path / "server.pem"


def test_a_mail_server_is_believed_only_with_a_right_certificate(certificate: Path) -> None:
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(certificate)
    with mail_server.running(tls_context=secure, require_starttls=True) as box:
        with pytest.raises(TemporaryFailure, match="could not be reached"):
            box.mailer(starttls=True).send(letter())
        assert box.taken == []
        box.mailer(starttls=True, ca_file=str(certificate)).send(letter())
        assert len(box.taken) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\r\nlines", "two lines"),
        ("Subject\nBcc: eve@example.org", "Subject Bcc: eve@example.org"),
        ("nul\x00 bell\x07 tab\t", "nul bell tab"),
        ("next\x85line\u2028separator\u2029", "next line separator"),
        ("\u202eesrever\u202c \u2066isolated\u2069 \u200fmark", "esrever isolated mark"),
        ("  spaces  ", "spaces"),
        ("=?utf-8?q?=0d=0aBcc:_eve@evil.example?=", "= ?utf-8?q?=0d=0aBcc:_eve@evil.example?="),
        ("==??utf-8=\x00?", "== ??utf-8= ?"),
        ("=\u202e?utf-8?q?=0a?=", "= ?utf-8?q?=0a?="),
        ("表單 é 🙂", "表單 é 🙂"),
        ("", ""),
    ],
)
def test_text_for_a_header_becomes_one_plain_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_name_in_a_header_keeps_its_letters_and_loses_what_separates_addresses() -> None:
    assert mailbox("Dr. Ada O'Neill-Ñandú 表單", "ada@example.org").display_name == "Dr. Ada O'Neill-Ñandú 表單"
    assert mailbox('Ada, "Eve" <eve@evil.example>; x', "ada@example.org").display_name == "Ada Eve eve evil.example x"
    assert len(mailbox("x" * 500, "ada@example.org").display_name) <= 80
