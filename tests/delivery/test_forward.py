"""Forwarding to a help desk: looked up before it is created, and whole when it gets there."""

from dataclasses import dataclass, field
from email.message import EmailMessage

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.config.support import Desk
from deflect_api.connectors import Request, open_desk
from deflect_api.connectors.builtin import Builtin
from deflect_api.connectors.email import Email
from deflect_api.delivery import forward
from deflect_api.delivery.relay import Relay
from deflect_api.errors import ConfigError, PermanentFailure, UnknownOutcome
from deflect_api.intake.triage import Answers
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from tests.conftest import MONDAY, Clock
from tests.delivery.owed import owe, row
from tests.delivery.reading import as_received
from tests.intake.made import submitted


@dataclass
class PaperDesk:
    """A help desk that keeps its tickets in a list and its calls in another."""

    kept: dict[str, Request] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    answers: bool = True

    def find(self, reference: str) -> str | None:
        self.calls.append(f"find {reference}")
        return f"desk-{reference}" if reference in self.kept else None

    def create(self, request: Request) -> str:
        self.calls.append(f"create {request.reference}")
        self.kept[request.reference] = request
        if not self.answers:
            raise UnknownOutcome("the line broke after the request was sent")
        return f"desk-{request.reference}"


@dataclass
class Outgoing:
    """A mailer that keeps what it is given."""

    sent: list[EmailMessage] = field(default_factory=list)

    def send(self, mail: EmailMessage) -> None:
        self.sent.append(mail)


def link(ticket: Ticket) -> str:
    return f"http://help.example.org/requests/{ticket.id}/secret/"


def forwarding(database: Database, desk: PaperDesk, clock: Clock) -> Relay:
    way = forward.Way(database, desk, link, clock=clock)
    return Relay(database, {**forward.handlers(way), "mail": lambda _: forward.Done()}, clock)


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def remote_id(database: Database, ticket: Ticket) -> str:
    with database.read() as session:
        return session.get_one(Ticket, ticket.id).remote_id


def test_a_ticket_is_looked_up_before_it_is_created(database: Database, clock: Clock) -> None:
    with database.write() as session:
        ticket = submitted(session, clock())
    desk = PaperDesk()
    drain(forwarding(database, desk, clock))
    assert desk.calls == ["find 1001", "create 1001"]
    assert remote_id(database, ticket) == "desk-1001"


def test_after_an_uncertain_try_the_desk_is_looked_at_once_more_later(database: Database, clock: Clock) -> None:
    with database.write() as session:
        submitted(session, clock(), email="ada@example.org")
    desk = PaperDesk(answers=False)
    relay = forwarding(database, desk, clock)
    drain(relay)
    clock.forward(seconds=5)
    drain(relay)
    assert desk.calls == ["find 1001", "create 1001", "find 1001"]
    clock.forward(minutes=9, seconds=59)
    drain(relay)
    assert len(desk.calls) == 3
    clock.forward(seconds=1)
    drain(relay)
    clock.forward(days=1)
    drain(relay)
    assert desk.calls == ["find 1001", "create 1001", "find 1001", "find 1001"]


def test_after_a_try_that_was_answered_nobody_looks_again(local: Database, clock: Clock) -> None:
    with local.write() as session:
        submitted(session, clock())
    desk = PaperDesk()
    relay = forwarding(local, desk, clock)
    drain(relay)
    clock.forward(days=1)
    drain(relay)
    assert desk.calls == ["find 1001", "create 1001"]


def test_a_ticket_that_the_desk_already_has_is_not_created_again(database: Database, clock: Clock) -> None:
    with database.write() as session:
        ticket = submitted(session, clock())
    desk = PaperDesk(answers=False)
    drain(forwarding(database, desk, clock))
    assert (desk.calls, remote_id(database, ticket)) == (["find 1001", "create 1001"], "")
    clock.forward(minutes=1)
    drain(forwarding(database, desk, clock))
    assert desk.calls == ["find 1001", "create 1001", "find 1001"]
    assert remote_id(database, ticket) == "desk-1001"


def test_a_forward_whose_ticket_is_gone_waits_for_a_human(database: Database, clock: Clock) -> None:
    (owed,) = owe(database, clock(), "desk:4711", kind="forward")
    desk = PaperDesk()
    drain(forwarding(database, desk, clock))
    assert (row(database, owed).state, desk.calls) == ("waiting for a human", [])
    with pytest.raises(PermanentFailure):
        forward.handlers(forward.Way(database, desk, link))["forward"](Message(ticket_id=4711))


def test_the_desk_gets_every_part_of_the_request(database: Database, clock: Clock) -> None:
    parts = {name: f"MARK-{name}\nand a second line" for name in ("doing", "expected", "steps")}
    answers = Answers(working="stopped", affected="everyone", needed_by="today")
    with database.write() as session:
        ticket = submitted(
            session,
            clock(),
            happened="MARK-happened",
            type="bug",
            answers=answers,
            texts={"name": "Ada", "partner": "Water for All", "hub": "Asia", **parts},
            context={"instance": "MARK-instance"},
            device={"phone": "MARK-phone"},
            cc=("bea@example.org",),
        )
    desk = PaperDesk()
    drain(forwarding(database, desk, clock))
    request = desk.kept["1001"]
    for mark in ("doing", "expected", "happened", "steps", "instance", "phone"):
        assert f"MARK-{mark}" in request.body
    assert request.body.count("and a second line") == 3
    assert "Work has stopped. Everyone is affected. It is needed today." in request.body
    assert link(ticket) in request.body
    assert (request.reference, request.subject, request.product) == ("1001", "Survey is not on the phone", "flow")
    assert (request.type, request.severity, request.priority) == ("bug", "critical", "urgent")
    assert (request.requester_name, request.requester_email) == ("Ada", "ada@example.org")
    assert (request.cc, request.link) == (("bea@example.org",), link(ticket))
    assert set(request.tags) == {"Asia", "Water for All", "bug"}
    assert request.fields == {"instance": "MARK-instance", "phone": "MARK-phone"}


def test_parts_that_were_left_empty_have_no_heading() -> None:
    body = forward.as_request(a_ticket(), link).body
    assert "What happened" in body
    for heading in ("What I was doing", "What I expected", "Steps to reproduce"):
        assert heading not in body


def a_ticket() -> Ticket:
    return Ticket(
        id=1001, subject="s", happened="h", doing="", expected="", steps="", context={}, device={}, cc=[], hub="", partner="",
        product="flow", type="bug", severity="low", priority="low", priority_reason="It only looks wrong.", name="",
        email="ada@example.org", created_at=MONDAY,
    )  # fmt: skip


def a_request(**changes: str) -> Request:
    whole = {
        "reference": "1001", "subject": "Survey is not on the phone", "body": "What happened\nThe list stays empty.",
        "product": "flow", "type": "bug", "severity": "minor", "priority": "normal", "requester_name": "Ada",
        "requester_email": "ada@example.org", "link": "http://help.example.org/requests/1001/secret/",
    }  # fmt: skip
    return Request(**{**whole, **changes})


def by_mail(**changes: str) -> EmailMessage:
    outgoing = Outgoing()
    Email("desk@example.net", outgoing, "support@example.org").create(a_request(**changes))
    (mail,) = outgoing.sent
    return as_received(mail)


def test_the_built_in_desk_has_every_ticket_already() -> None:
    assert Builtin().find("1001") == "1001"
    assert Builtin().create(a_request()) == "1001"


def test_a_ticket_reaches_a_desk_by_mail_with_the_requester_to_answer_to() -> None:
    mail = by_mail()
    assert mail["To"] == "desk@example.net"
    assert mail["From"] == "support@example.org"
    assert mail["Subject"] == "[1001] Survey is not on the phone"
    assert mail["X-Deflect-Reference"] == "1001"
    (answer_to,) = mail["Reply-To"].addresses
    assert (answer_to.display_name, answer_to.addr_spec) == ("Ada", "ada@example.org")
    assert "The list stays empty." in mail.get_content()


def test_a_repeat_by_mail_carries_the_same_message_id() -> None:
    desk = Email("desk@example.net", Outgoing())
    assert desk.find("1001") is None
    assert desk.create(a_request()) == desk.create(a_request())
    assert by_mail()["Message-ID"] == by_mail()["Message-ID"]


anything = some.text(max_size=200) | some.text(alphabet=' ,;:<>@"()[]\\.=?ae\r\n\x00é', min_size=60, max_size=300)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(name=anything, subject=anything)
@hypothesis.example(name="Ada\r\nBcc: eve@evil.example", subject="x\r\nBcc: eve@evil.example")
@hypothesis.example(name="a" * 70 + ", eve@evil.example", subject="x" * 300)
@hypothesis.example(name="=?utf-8?q?=2C_eve=40evil.example=2C?=", subject="=?utf-8?q?=0d=0aBcc:_eve@evil.example?=")
@hypothesis.example(name="\u202eAda", subject="a\u2028b\x85c")
def test_no_name_or_subject_adds_a_header_or_an_address_to_a_mail_for_the_desk(name: str, subject: str) -> None:
    mail = by_mail(requester_name=name, subject=subject)
    assert set(mail.keys()) == set(by_mail().keys())
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == ["ada@example.org"]
    assert mail["Subject"].strip().startswith("[1001]")
    assert mail["X-Deflect-Reference"] == "1001"


@pytest.mark.parametrize(
    ("desk", "told"),
    [
        (Desk(connector="carrier-pigeon"), "carrier-pigeon.*builtin"),
        (Desk(connector="email"), "to"),
        (Desk(connector="email", settings={"to": "desk@example.net", "colour": "red"}), "colour"),
        (Desk(connector="builtin", settings={"key": "x"}), "key"),
    ],
)
def test_a_desk_that_cannot_be_made_is_a_config_error_that_names_the_setting(desk: Desk, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        open_desk(desk, Outgoing())


def test_support_yml_says_which_desk_it_is() -> None:
    assert isinstance(open_desk(Desk(), Outgoing()), Builtin)
    made = open_desk(Desk(connector="email", settings={"to": "desk@example.net"}), outgoing := Outgoing())
    made.create(a_request())
    assert [mail["To"] for mail in outgoing.sent] == ["desk@example.net"]
