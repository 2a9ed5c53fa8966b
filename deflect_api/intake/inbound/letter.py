"""A mail as we read it. Pure, and it never fails on what came: what cannot be read is told, not raised.

Python's old parser is used because it takes anything; headers are decoded here, part by part.
"""

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

import nh3

from deflect_api.connectors._text import without_tags

MOST_PARTS, MOST_LETTERS, MOST_IDS = 200, 200_000, 100
TEXT_TAGS = {"p", "br", "div", "li", "tr", "blockquote", "td", "th", "h1", "h2", "h3", "h4", "pre", "ul", "ol", "table"}
RECIPIENTS, THREAD = ("to", "cc", "delivered-to", "x-original-to"), ("references", "in-reply-to")
_ADDRESS = re.compile(r"[^\s@<>\"(),;:\[\]\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ID = re.compile(r"<[^<>\s]{1,250}>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Piece:
    """A file of a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What a mail says. `problem` tells why it cannot be read; everything else may be empty."""

    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    refers_to: tuple[str, ...] = ()
    text: str = ""
    files: tuple[Piece, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    report: str = ""  # the machine-readable part of a delivery report
    original: str = ""  # the headers of the mail that a report is about
    problem: str = ""


def read(raw: bytes) -> Letter:
    """Read a mail as it came."""
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        parts = _parts(mail)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        return Letter(problem=f"its parts cannot be told apart: {type(error).__name__}")
    headers = _headers(mail)
    senders = _mailboxes(headers.get("from", ""))
    text, files, report, original = _content(parts)
    letter = Letter(
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0][:200] if senders else "",
        to=tuple(address for name in RECIPIENTS for _, address in _mailboxes(headers.get(name, ""))),
        subject=one_line(headers.get("subject", ""))[:500],
        message_id=next(iter(_ID.findall(headers.get("message-id", ""))), "")[:300],
        refers_to=tuple(dict.fromkeys(_ID.findall(" ".join(headers.get(name, "") for name in THREAD))))[:MOST_IDS],
        text=text[:MOST_LETTERS], files=files, headers=headers, report=report, original=original,
    )  # fmt: skip
    problem = "" if letter.sender or is_report(letter) else "it says nobody who wrote it"
    return Letter(**{**letter.__dict__, "problem": problem})


def is_report(letter: Letter) -> bool:
    return bool(letter.report)


def one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def clean(text: str) -> str:
    """Make text fit for tables and pages: no control characters, line ends of one kind."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def of_html(html: str) -> str:
    """Return the words of a page that somebody sent: sanitised first, quoted parts marked as mails mark them."""
    tidy = nh3.clean(html[:MOST_LETTERS], tags=TEXT_TAGS, attributes={}, strip_comments=True)
    before, found, quoted = tidy.partition("<blockquote>")
    words = without_tags(before)
    return f"{words}\n\n{_as_quoted(without_tags(quoted))}" if found else words


def _as_quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _parts(mail: Message) -> list[Message]:
    found: list[Message] = []
    for part in mail.walk():
        found.append(part)
        if len(found) >= MOST_PARTS:
            break
    return found


def _headers(mail: Message) -> dict[str, str]:
    """Return the first of each header in small letters; a mail with two senders has the first."""
    found: dict[str, str] = {}
    for name, value in mail.items():
        found.setdefault(str(name).lower(), _decoded(str(value)))
    return found


def _decoded(value: str) -> str:
    try:
        pieces = decode_header(value[:20_000])
    except (HeaderParseError, ValueError, LookupError):
        return clean(value)
    return clean("".join(piece if isinstance(piece, str) else _text(piece, charset or "utf-8") for piece, charset in pieces))


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError, UnicodeError):
        return content.decode("utf-8", "replace")


def _mailboxes(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value[:10_000]], strict=False)
    except (ValueError, IndexError, TypeError, AttributeError):
        pairs = []
    found = [(one_line(name), address.strip()) for name, address in pairs if _ADDRESS.fullmatch(address.strip())]
    return found or [("", address) for address in _ADDRESS.findall(value[:2000])[:1]]


def _content(parts: list[Message]) -> tuple[str, tuple[Piece, ...], str, str]:
    """Take the plain text before the page, and every other part as a file."""
    plain: list[str] = []
    pages: list[str] = []
    files: list[Piece] = []
    report = original = ""
    for part in parts:
        kind, content = _kind(part), _bytes(part)
        if kind == "message/delivery-status":
            report = report or _flat(part)
        elif kind in ("text/rfc822-headers", "message/rfc822") and report:
            original = original or _flat(part)
        elif part.is_multipart():
            continue
        elif _is_file(part, kind):
            files.append(Piece(_name(part), kind, content))
        else:
            (pages if kind == "text/html" else plain).append(_text(content, _charset(part)))
    words = "\n\n".join(text for text in map(clean, plain) if text) or of_html("\n".join(pages))
    return clean(words), tuple(files), report, original


def _is_file(part: Message, kind: str) -> bool:
    return not kind.startswith("text/") or bool(_name(part)) or "attachment" in str(part.get("content-disposition", "")).lower()


def _kind(part: Message) -> str:
    try:
        return part.get_content_type()[:100]
    except (ValueError, LookupError, AttributeError, IndexError):
        return "text/plain"


def _charset(part: Message) -> str:
    try:
        return part.get_content_charset("utf-8") or "utf-8"
    except (ValueError, LookupError, UnicodeError, AttributeError):
        return "utf-8"


def _name(part: Message) -> str:
    try:
        return one_line(_decoded(part.get_filename() or ""))[:200]
    except (ValueError, LookupError, UnicodeError, TypeError, AttributeError, IndexError):
        return "file"


def _bytes(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        found = b""
    return found if isinstance(found, bytes) else b""


def _flat(part: Message) -> str:
    """Write out a part of a report with all that is in it."""
    try:
        inside = part.get_payload()
        pieces = inside if isinstance(inside, list) else [part]
        return clean("\n\n".join(piece.as_string() if isinstance(piece, Message) else str(piece) for piece in pieces))[:20_000]
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, UnicodeError):
        return clean(_text(_bytes(part), "utf-8"))[:20_000]
