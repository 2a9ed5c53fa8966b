"""Mails to requesters: whole, threaded, in one piece whatever people typed, and with no more than is needed."""

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.config import Settings
from deflect_api.connectors.mailer import Folder
from deflect_api.delivery import links, mail
from deflect_api.delivery.mail import Letter, compose
from deflect_api.delivery.relay import Relay
from deflect_api.errors import PermanentFailure
from deflect_api.intake import tickets
from deflect_api.store.db import Database
from deflect_api.store.models import Comment, Message, Ticket
from tests.conftest import MONDAY, SHARED, Clock
from tests.delivery.reading import Page, as_received, part
from tests.intake.made import SUPPORT, agent, submitted

URL = "http://help.example.org/requests/1001/secret/"


def a_ticket(**changes: Any) -> Ticket:
    whole: dict[str, Any] = {
        "id": 1001,
        "name": "Ada",
        "email": "ada@example.org",
        "product": "flow",
        "cc": [],
        "language": "en",
        "subject": "Survey is not on the phone",
        "happened": "MARK-happened",
        "reply_due_at": MONDAY + timedelta(days=1),
    }
    return Ticket(**{**whole, **changes})


def a_letter(template: str = "received", said: str = "Please sync.", author: str = "Bo", **changes: Any) -> Letter:
    comment = None if template == "received" else Comment(body=said, author=author)
    return Letter(template, a_ticket(**changes), URL, comment, 7, MONDAY)


def plain_settings() -> Settings:
    """Settings for what is composed without a file or a database."""
    return Settings(
        home=Path(),
        config=Path(),
        database="",
        url="http://help.example.org",
        site_url="http://help.example.org/",
        secret="a secret of the tests",
        host="127.0.0.1",
        port=8000,
        support=SUPPORT,
    )


def received(template: str = "received", **changes: Any) -> EmailMessage:
    return as_received(compose(a_letter(template, **changes), plain_settings()))


def test_a_mail_has_a_plain_and_an_html_part_that_say_the_same() -> None:
    got = received()
    assert got.get_content_type() == "multipart/alternative"
    assert [piece.get_content_type() for piece in got.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        text = part(got, kind)
        assert "1001" in text
        assert URL in text
        assert "Tuesday 24 November, 12:00 (Africa/Nairobi)" in text


def test_the_headers_are_those_of_an_automatic_first_answer() -> None:
    got = received(cc=["bea@example.org", "cy@example.org"])
    assert got["From"].addresses[0].addr_spec == "support@example.org"
    assert got["From"].addresses[0].display_name == "Akvo support"
    assert [(one.display_name, one.addr_spec) for one in got["To"].addresses] == [("", "ada@example.org")]
    assert got["Subject"] == "[1001] We have your request: Flow"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["X-Deflect-Reference"] == "1001"
    assert parsedate_to_datetime(got["Date"]) == MONDAY


def test_a_mail_keeps_its_message_id_and_others_have_another() -> None:
    assert received()["Message-ID"] == received()["Message-ID"] == "<1001.received@example.org>"
    assert received("reply")["Message-ID"] == received("reply")["Message-ID"]
    assert len({received(kind)["Message-ID"] for kind in ("received", "reply", "solved")}) == 3
    assert received(id=1002)["Message-ID"] != received()["Message-ID"]


@pytest.mark.parametrize("template", ["reply", "solved"])
def test_later_mails_belong_to_the_thread_of_the_first(template: str) -> None:
    root, later = received(), received(template)
    assert later["In-Reply-To"] == later["References"] == root["Message-ID"]
    assert later["Auto-Submitted"] == "no"
    assert later["X-Deflect-Reference"] == "1001"
    assert "In-Reply-To" not in root


def test_a_reply_holds_what_was_said_and_by_whom() -> None:
    got = received("reply", said="Line one.\n\nLine <two> & three.", author="Bo")
    assert "Line one.\n\nLine <two> & three.\n\nBo\n" in part(got, "plain")
    assert "Line one.\n\nLine <two> & three." in Page(part(got, "html")).text


def test_a_request_can_be_solved_without_a_word() -> None:
    letter = Letter("solved", a_ticket(), URL, None, 7, MONDAY)
    got = as_received(compose(letter, plain_settings()))
    assert "solved" in part(got, "plain")
    assert "None" not in part(got, "plain") + part(got, "html")


def test_a_copy_goes_to_nobody_before_a_person_has_replied() -> None:
    both = ["bea@example.org", "cy@example.org"]
    assert "Cc" not in received(cc=both)
    for later in ("reply", "solved"):
        assert [one.addr_spec for one in received(later, cc=both)["Cc"].addresses] == both
        assert [one.display_name for one in received(later)["To"].addresses] == ["Ada"]


def test_the_acknowledgement_repeats_no_free_text() -> None:
    marks = {name: f"MARK-{name}" for name in ("name", "partner", "subject", "doing", "expected", "happened", "steps")}
    got = received(context={"instance": "MARK-context"}, device={"phone": "MARK-device"}, **marks)
    assert not [name for name, value in got.items() if "MARK" in value]
    for kind in ("plain", "html"):
        assert "MARK" not in part(got, kind)
        assert "ada@example.org" not in part(got, kind)


@pytest.mark.parametrize("written", ["a\r\nBcc: eve@evil.example", "a\nb", "a\x00b", "a\u2028b", "\u202ea\u2066b", " \t a"])
def test_a_subject_of_any_characters_is_one_line(written: str) -> None:
    got = received("reply", subject=written)
    assert "Bcc" not in got
    assert got["Subject"].startswith("[1001] Reply to your request: a")
    assert got["Subject"].isprintable()


@pytest.mark.parametrize("letter", ["x", "é", "表", "🙂", "word "])
def test_a_subject_of_ten_thousand_characters_is_cut(letter: str) -> None:
    got = received("reply", subject=letter * 10_000)
    assert len(got["Subject"]) <= mail.LONGEST_SUBJECT
    assert got["Subject"].endswith("…")


anything = some.text(max_size=200) | some.text(alphabet=' ,;:<>@"()[]\\.=?ae\r\n\x00é', min_size=60, max_size=300)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(name=anything, subject=anything)
@hypothesis.example(name="a" * 70 + ", eve@evil.example", subject="")
@hypothesis.example(name='a "q" <eve@evil.example>, ' * 5, subject="=?utf-8?q?=0d=0aBcc:_eve@evil.example?=")
@hypothesis.example(name="=?utf-8?q?=2C_eve=40evil.example=2C?=", subject="x" * 76 + "\r\nBcc: eve@evil.example")
def test_whatever_a_name_or_subject_holds_the_mail_has_one_recipient_and_our_headers(name: str, subject: str) -> None:
    got = received("reply", name=name, subject=subject)
    assert [one.addr_spec for one in got["To"].addresses] == ["ada@example.org"]
    assert set(got.keys()) == set(received("reply").keys())
    assert "1001" in part(got, "plain")


def attacks() -> list[str]:
    if not (SHARED / "xss" / "payloads.txt").is_file():
        pytest.skip("the public attack strings are not here: ../shared/xss/payloads.txt")
    lines = (SHARED / "xss" / "payloads.txt").read_text(encoding="utf-8").splitlines()
    return lines + json.loads((SHARED / "xss" / "naughty-strings.json").read_text(encoding="utf-8"))


def test_none_of_the_known_attacks_makes_an_element_or_an_attribute() -> None:
    known = [line for line in attacks() if line.strip()]
    assert len(known) > 5000
    harmless = Page(part(received("reply", said="x", author="x"), "html")).elements
    for count in (1, 40):  # alone, and each beside others that may complete it
        for said in known[::97] if count == 1 else ["\n".join(known[n : n + 800]) for n in range(0, len(known), 800)]:
            got = part(compose(a_letter("reply", said=said, author=said), plain_settings()), "html")
            assert Page(got).elements == harmless, said[:200]


def test_the_reading_of_attacks_is_no_formality() -> None:
    """An unsafe page is told from a safe one by the same reader."""
    harmless = Page("<p>x</p>").elements
    fired = [line for line in attacks() if Page(f"<p>{line}</p>").elements != harmless]
    assert len(fired) > 3000


def test_a_language_without_a_catalogue_reads_in_english_and_says_so() -> None:
    for language in ("sw", "ar-EG", "x-klingon", "../../etc", '"><script>'):
        got = received(language=language)
        assert got["Subject"].startswith("[1001] We have your request")
        elements = dict(Page(part(got, "html")).elements)
        assert dict(elements["html"])["lang"] == "en"


def test_what_is_owed_is_read_from_the_database_and_sent_once(database: Database, settings: Settings, clock: Clock) -> None:
    with database.write() as session:
        ticket = submitted(session, clock())
        tickets.reply(session, ticket, agent(session, clock()), "Please sync.", public=True, now=clock())
    handlers = {"mail": mail.handler(database, Folder(settings.mail_folder), settings), "forward": lambda _: mail.Done()}
    relay = Relay(database, handlers, clock)
    while relay.run_once():
        pass
    files = sorted(settings.mail_folder.iterdir())
    assert len(files) == 2
    link = links.status_url(settings.url, settings.secret, ticket)
    assert all(link in _plain(file) for file in files)
    assert sum("Please sync." in _plain(file) for file in files) == 1


def _plain(file: Path) -> str:
    return part(message_from_bytes(file.read_bytes(), policy=policy.default), "plain")  # type: ignore[arg-type]


def test_a_mail_whose_ticket_is_gone_waits_for_a_human(database: Database, settings: Settings) -> None:
    orphan = Message(ticket_id=4711, payload={"template": "received"}, created_at=datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(PermanentFailure):
        mail.letter_for(database, orphan, settings)


def test_the_secret_link_opens_its_own_ticket_only() -> None:
    one, other = a_ticket(link_nonce="one"), a_ticket(id=1002, link_nonce="one")
    token = links.token("secret", one)
    assert links.opens("secret", one, token)
    assert not links.opens("secret", other, token)
    assert not links.opens("another secret", one, token)
    assert not links.opens("secret", a_ticket(link_nonce="two"), token)
    assert not any(links.opens("secret", one, wrong) for wrong in ("", token[:-1], token + "=", token.lower(), "é", "\ud800"))
    assert len(token) == 32
