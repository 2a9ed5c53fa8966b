"""Broken mails, made from a seed: words with line ends and encoded words into our headers, and mails of every kind of damage."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from deflect_api import config
from deflect_api.config import Settings
from deflect_api.delivery import mail
from deflect_api.delivery.mail import Letter
from deflect_api.errors import DeliveryError
from deflect_api.intake.inbound import letter, machines, quoting
from deflect_api.store.models import Comment, Ticket
from tests.conftest import ROOT
from tests.delivery import mail_server
from tests.second_line.mails import bounce
from tests.second_line.mails import mail as a_mail

PIECES = [
    "\r\n", "\n", "\r", "\x00", "\r\nBcc: eve@other.example.org", "\nTo: eve@other.example.org\n\n",
    "=?utf-8?q?=0D=0ABcc:_eve=40x?=",
    "=?utf-8?b?DQpCY2M6IGV2ZUB4?=", "\u2028", "\u2029", "\x0b\x0c\x1c\x85",
    ",eve@other.example.org", "<eve@other.example.org>", '"', "\\",
    ";", ":", "(", ")", "\u202e", "\u200b", "é", "水", "🌊",
    "=?x?q?", "?=", "%0d%0a", "A" * 80, " ", "\t", "<script>", "{{7*7}}", "..", "\n.\n",
]  # fmt: skip
KINDS = tuple(mail.SUBJECTS)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Out:
    tried: int = 0
    refused: int = 0
    changed: list[str] = field(default_factory=list)


@dataclass
class Into:
    tried: int = 0
    unreadable: int = 0
    failed: list[str] = field(default_factory=list)


def words(chance: random.Random, most: int = 8) -> str:
    text = "".join(
        chance.choice(PIECES) if chance.random() < 0.6 else chance.choice("abc xyz 123") for _ in range(chance.randint(1, most))
    )
    return text * 1000 if chance.random() < 0.002 else text[:10_000]


def settings() -> Settings:
    return config.load(
        {"DEFLECT_HOME": str(Path("/tmp") / "deflect-fuzz"), "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_SECRET": "f"}
    )


def out(count: int, seed: int, *, control: bool = False) -> Out:
    """Send mails with such words in every place that a person can fill, and compare what arrives with what should."""
    chance, figures, ours = random.Random(seed), Out(), settings()
    with mail_server.running(data_size_limit=None) as post:
        smtp = post.mailer()
        for _ in range(count):
            kind = chance.choice(KINDS)
            made = _composed(chance, kind, ours)
            if control:
                made = _careless(made, words(chance))
            try:
                smtp.send(made)
            except (DeliveryError, ValueError):
                figures.refused += 1
                continue
            figures.tried += 1
            recipients, arrived = post.taken.pop()
            if told := _difference(kind, recipients, arrived):
                figures.changed.append(told)
    return figures


def _composed(chance: random.Random, kind: str, ours: Settings) -> EmailMessage:
    ticket = Ticket(
        id=1001, email="ada@example.org", name=words(chance), cc=["cai@example.org"], language="en", subject=words(chance),
        product="flow",
        happened=words(chance), link_nonce="n", reply_due_at=AT, created_at=AT,
    )  # fmt: skip
    comment = Comment(author=words(chance), body=words(chance), at=AT)
    answers = ("<a@example.org>",) if chance.random() < 0.3 else ()
    return mail.compose(Letter(kind, ticket, "http://help.example.org/requests/1001/x/", comment, 7, AT, answers), ours)


def _careless(made: EmailMessage, subject: str) -> EmailMessage:
    """The control: write the subject as it was typed."""
    text = made.as_bytes(policy=policy.SMTP).replace(
        b"Subject: ", b"Subject: x\r\nX-Typed: 1\r\nSubject: " + subject[:3].encode("utf-8", "replace"), 1
    )
    again = message_from_bytes(text, policy=policy.default)
    assert isinstance(again, EmailMessage)
    return again


def _difference(kind: str, recipients: list[str], arrived: EmailMessage) -> str:
    wanted = {
        "Message-ID", "From", "To", "Date", "Auto-Submitted", "X-Deflect-Reference", "Subject", "MIME-Version", "Content-Type",
        "Content-Language",
    }  # fmt: skip
    wanted |= set() if kind in mail.FIRST else {"Cc", "In-Reply-To", "References"}
    whom = ["ada@example.org"] if kind in mail.FIRST else ["ada@example.org", "cai@example.org"]
    names = {name for name in arrived.keys() if not name.startswith("X-Peer")} - {"X-MailFrom", "X-RcptTo"}  # noqa: SIM118
    extra = names - wanted - {"In-Reply-To", "References"}
    if sorted(recipients) != whom or extra or wanted - names:
        return f"{kind}: to {recipients}, more {sorted(extra)}, less {sorted(wanted - names)}"
    return ""


def into(count: int, seed: int) -> Into:
    """Read broken mails: each must end as a letter, and say so when it cannot be read."""
    figures = Into()
    for raw in mails(count, seed):
        figures.tried += 1
        try:
            read = letter.read(raw)
            machines.report(read)
            machines.is_automatic(read, "support@example.org")
            quoting.split(read.text)
            quoting.forwarded(read.text)
            _storable(read)
        except Exception as error:  # noqa: BLE001 - whatever is raised is what this looks for
            figures.failed.append(f"{type(error).__name__}: {error} for {raw[:200]!r}")
            continue
        figures.unreadable += bool(read.problem)
    return figures


def _storable(read: Any) -> None:
    """A database takes no NUL and no half of a letter, and a row has its lengths."""
    for text in (read.sender, read.sender_name, read.subject, read.message_id, read.text, read.report, read.problem):
        assert "\x00" not in text
        text.encode("utf-8")
    assert len(read.sender) <= 320
    assert len(read.message_id) <= 300


def mails(count: int, seed: int) -> Iterator[bytes]:
    """Make broken mails, the same for the same seed."""
    chance = random.Random(seed)
    whole = a_mail("Hello\n\nOn Mon, x <a@example.org> wrote:\n> y\n")
    whole.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="ä.png")
    seeds = [whole.as_bytes(), bounce(Ticket(id=1001)), a_mail("<b>x</b>").as_bytes().replace(b"text/plain", b"text/html")]
    for _ in range(count):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            _damage(raw, chance)
        yield bytes(raw)


def _damage(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    kind = chance.randrange(8)
    if kind == 0:
        del raw[at : at + chance.randint(1, 80)]
    elif kind == 1:
        raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 12)))
    elif kind == 2:
        raw[at:at] = words(chance).encode("utf-8", "surrogatepass")
    elif kind == 3:
        raw[:] = raw.replace(
            b"utf-8", chance.choice([b"utf-7", b"x-unknown", b"idna", b"utf-16", b"\xff", b"hex", b"rot13", b"punycode"])
        )
    elif kind == 4:
        raw[:] = raw.replace(b"base64", chance.choice([b"quoted-printable", b"uuencode", b"x", b"7bit"]))
    elif kind == 5:
        raw[:] = raw.replace(b"boundary=", chance.choice([b"boundary*0=", b"bound=", b"boundary*=utf-8''"]))
    elif kind == 6:
        raw[0:0] = (
            b"Subject: " + chance.choice([b"=?utf-8?b?////?=", b"x" * 10_000, b"=?utf-8?q?=00=ff?=", b"\xff\xfe"]) + b"\r\n"
        )
    else:
        raw[0:0] = (
            b"From: "
            + chance.choice([b"<>", b'"a" <b@', b"a@b, c@d.example.org", b"=?x-y?b?YQ==?= <a@example.org>", b"@@@"])
            + b"\r\n"
        )
