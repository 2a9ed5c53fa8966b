"""The verbs of a ticket: each leaves its trace, owes what it must, and does nothing by halves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.delivery import outbox
from deflect_api.errors import InputError, KeyReused, NotFound
from deflect_api.intake import tickets
from deflect_api.intake.triage import Answers
from deflect_api.store.db import Database
from deflect_api.store.models import Comment, IdempotencyKey, JournalEntry, Message, SupportSession, Ticket
from tests.conftest import MONDAY, Clock
from tests.intake.made import SUPPORT, agent, draft, submitted

KEY = tickets.Key("a key of the form", "digest of the words")


def submit(database: Database, clock: Clock, key: tickets.Key = KEY, support: Any = SUPPORT, **changes: Any) -> Ticket:
    with database.write() as session:
        return tickets.submit(session, draft(**changes), key, support=support, now=clock())


def journal(database: Database) -> list[tuple[str, str, str, str]]:
    with database.read() as session:
        rows = session.scalars(select(JournalEntry).order_by(JournalEntry.id))
        return [(row.actor, row.change, row.before, row.after) for row in rows]


def mails(database: Database) -> list[dict[str, Any]]:
    with database.read() as session:
        return list(session.scalars(select(Message.payload).where(Message.kind == "mail").order_by(Message.id)))


@pytest.fixture
def opened(database: Database, clock: Clock) -> int:
    """The number of a new ticket; what it owed is settled, an hour has passed."""
    ticket = submit(database, clock)
    with database.write() as session:
        for message in session.scalars(select(Message)):
            outbox.settle(session, message, clock())
    clock.forward(hours=1)
    return ticket.id


def act(database: Database, number: int, *verbs: Any) -> Ticket:
    """Let an agent act on a ticket, as one transaction: each verb takes session, ticket and agent."""
    with database.write() as session:
        bo = session.scalar(select(tickets.Agent)) or agent(session, MONDAY)
        ticket = session.get_one(Ticket, number)
        for verb in verbs:
            verb(session, ticket, bo)
        return ticket


def put(database: Database, number: int, status: str) -> None:
    with database.write() as session:
        session.get_one(Ticket, number).status = status


def status(to: str, clock: Clock) -> Any:
    return lambda session, ticket, bo: tickets.change_status(
        session, ticket, to, actor=bo.email, now=clock(), calendar=SUPPORT.calendar
    )


def said(body: str, clock: Clock, *, public: bool = True) -> Any:
    return lambda session, ticket, bo: tickets.reply(session, ticket, bo, body, public=public, now=clock())


def add(database: Database, number: int, body: str, clock: Clock) -> Comment:
    with database.write() as session:
        return tickets.add_information(session, session.get_one(Ticket, number), body, clock(), calendar=SUPPORT.calendar)


def test_a_request_is_stored_with_its_priority_reason_and_reply_time(database: Database, clock: Clock) -> None:
    ticket = submit(database, clock, answers=Answers("stopped", "everyone", "today"), type="bug", searched="unavailable")
    assert (ticket.reference, ticket.status, ticket.type, ticket.searched) == ("1001", "new", "bug", "unavailable")
    assert (ticket.severity, ticket.priority) == ("critical", "urgent")
    assert ticket.priority_reason == "Work has stopped. Everyone is affected. It is needed today."
    assert ticket.reply_due_at == MONDAY + timedelta(days=1)  # 12:00 in Nairobi, one working day
    assert ticket.first_reply_at is None
    assert journal(database) == [("requester", "submitted", "", "urgent")]


def test_a_request_owes_a_forward_in_its_requesters_stream_and_a_mail_in_its_own(database: Database, clock: Clock) -> None:
    one, other = submit(database, clock), submit(database, clock, tickets.Key("another key", "d"))
    with database.read() as session:
        owed = list(session.scalars(select(Message).order_by(Message.id)))
    assert [(m.kind, m.ticket_id) for m in owed] == [
        ("forward", one.id),
        ("mail", one.id),
        ("forward", other.id),
        ("mail", other.id),
    ]
    # Mails in a stream for each ticket; to the desk in the order of one requester.
    assert len({message.stream for message in owed}) == 3
    assert all((m.state, m.not_before, m.attempts) == ("queued", clock(), 0) for m in owed)


def test_a_desk_that_mails_requesters_itself_leaves_us_no_mail(database: Database, clock: Clock) -> None:
    theirs = SUPPORT.model_copy(update={"desk": SUPPORT.desk.model_copy(update={"mails": "desk"})})
    submit(database, clock, support=theirs)
    assert mails(database) == []


def test_the_same_key_is_the_same_ticket(database: Database, clock: Clock) -> None:
    first, again = submit(database, clock), submit(database, clock)
    assert again.id == first.id
    with database.read() as session:
        assert len(list(session.scalars(select(Ticket)))) == 1
        assert len(list(session.scalars(select(Message)))) == 2


def test_the_same_key_with_other_words_names_the_ticket(database: Database, clock: Clock) -> None:
    first = submit(database, clock)
    with pytest.raises(KeyReused, match=first.reference):
        submit(database, clock, tickets.Key(KEY.key, "other words"))


def test_a_key_is_kept_thirty_days_and_never_in_the_clear(database: Database, clock: Clock) -> None:
    first = submit(database, clock)
    with database.read() as session:
        assert KEY.key not in str(session.scalars(select(IdempotencyKey.key_hash)).one())
    clock.forward(days=30)
    assert submit(database, clock).id == first.id
    clock.forward(seconds=1)
    assert submit(database, clock).id != first.id


def test_a_request_ends_its_support_session(database: Database, clock: Clock) -> None:
    submit(database, clock, session="s1")
    with database.read() as session:
        assert session.get_one(SupportSession, "s1").outcome == "submitted"


def test_a_public_reply_is_mailed_and_counts_as_the_first_reply_at_once(database: Database, clock: Clock, opened: int) -> None:
    ticket = act(database, opened, said("  Please sync.\n", clock))
    assert (ticket.first_reply_at, ticket.status, ticket.updated_at) == (clock(), "open", clock())
    (comment,) = _comments(database)
    assert (comment.body, comment.author, comment.public, comment.from_requester) == ("Please sync.", "Bo", True, False)
    assert mails(database)[1:] == [{"template": "reply", "comment": comment.id}]
    assert journal(database)[1:] == [("bo@desk.example.org", "status", "new", "open")]


def _comments(database: Database) -> list[Comment]:
    with database.read() as session:
        return list(session.scalars(select(Comment).order_by(Comment.id)))


def test_a_second_reply_does_not_move_the_first(database: Database, clock: Clock, opened: int) -> None:
    first = clock()
    act(database, opened, said("One.", clock))
    clock.forward(hours=3)
    assert act(database, opened, said("Two.", clock)).first_reply_at == first
    assert len(mails(database)) == 3


def test_a_private_note_reaches_nobody_and_is_no_reply(database: Database, clock: Clock, opened: int) -> None:
    ticket = act(database, opened, said("They are on the old app.", clock, public=False))
    assert (ticket.first_reply_at, ticket.status) == (None, "new")
    assert [comment.public for comment in _comments(database)] == [False]
    assert len(mails(database)) == 1


def test_what_is_said_must_be_something(database: Database, clock: Clock, opened: int) -> None:
    for nothing in ("", "  \n\t"):
        with pytest.raises(InputError) as refused:
            act(database, opened, said(nothing, clock))
        assert "body" in refused.value.fields
        with pytest.raises(InputError):
            add(database, opened, nothing, clock)
    assert _comments(database) == []


def test_what_is_said_is_kept_though_it_was_pasted_with_a_nul(database: Database, clock: Clock, opened: int) -> None:
    act(database, opened, said("from a \x00log", clock), said("a \x00note", clock, public=False))
    add(database, opened, "mine \x00too", clock)
    assert [comment.body for comment in _comments(database)] == ["from a log", "a note", "mine too"]


def test_taking_a_ticket_is_noted_with_who_had_it_before(database: Database, clock: Clock, opened: int) -> None:
    def take(session: Any, ticket: Ticket, bo: Any) -> None:
        tickets.take(session, ticket, bo, clock())
        tickets.take(session, ticket, agent(session, clock(), "Cy"), clock())

    ticket = act(database, opened, take)
    assert ticket.assignee is not None
    assert ticket.assignee.name == "Cy"
    assert journal(database)[1:] == [("bo@desk.example.org", "taken", "", "Bo"), ("cy@desk.example.org", "taken", "Bo", "Cy")]


def test_solving_mails_the_requester_once(database: Database, clock: Clock, opened: int) -> None:
    act(database, opened, status("solved", clock), status("solved", clock))
    assert mails(database)[1:] == [{"template": "solved"}]
    assert journal(database)[1:] == [("bo@desk.example.org", "status", "new", "solved")]


def test_other_changes_of_state_are_noted_and_not_mailed(database: Database, clock: Clock, opened: int) -> None:
    order = ["open", "pending", "escalated", "closed"]
    ticket = act(database, opened, *(status(to, clock) for to in order))
    assert (ticket.status, ticket.updated_at) == ("closed", clock())
    assert [(before, after) for _, _, before, after in journal(database)[1:]] == list(zip(["new", *order], order, strict=False))
    assert len(mails(database)) == 1


def test_a_state_that_does_not_exist_is_refused_by_name(database: Database, clock: Clock, opened: int) -> None:
    with pytest.raises(InputError) as refused:
        act(database, opened, status("resolved", clock))
    assert all(name in refused.value.fields["status"] for name in tickets.STATUSES)
    assert len(journal(database)) == 1


@pytest.mark.parametrize("before", ["pending", "solved"])
def test_what_the_requester_adds_opens_a_waiting_request_again(
    database: Database, clock: Clock, opened: int, before: str
) -> None:
    put(database, opened, before)
    comment = add(database, opened, "It came back.", clock)
    assert (comment.from_requester, comment.public, comment.author) == (True, True, "Ada")
    with database.read() as session:
        assert session.get_one(Ticket, opened).status == "open"
    assert journal(database)[1:] == [("requester", "status", before, "open")]
    assert len(mails(database)) == 1, "nobody is mailed what they wrote themselves"


def test_what_the_requester_adds_leaves_other_states_alone(database: Database, clock: Clock, opened: int) -> None:
    for before in ("new", "open", "escalated"):
        put(database, opened, before)
        add(database, opened, "One more thing.", clock)
        with database.read() as session:
            assert session.get_one(Ticket, opened).status == before
    assert len(_comments(database)) == 3


def test_a_closed_request_takes_nothing_more_even_if_its_caller_goes_on(database: Database, clock: Clock, opened: int) -> None:
    put(database, opened, "closed")
    with database.write() as session:
        ticket = session.get_one(Ticket, opened)
        with pytest.raises(InputError, match="closed"):
            tickets.add_information(session, ticket, "Too late.", clock(), calendar=SUPPORT.calendar)
    assert _comments(database) == []
    with database.read() as session:
        assert session.get_one(Ticket, opened).updated_at < clock()


def test_a_ticket_is_found_by_its_digits_and_nothing_else(database: Database, opened: int) -> None:
    with database.read() as session:
        assert tickets.get(session, str(opened)).id == opened
        for strange in ("", "0", "1002", "-1", "1e3", " 1001", "１００１", "٣", "9" * 30, "1001; DROP TABLE ticket", "\x00"):
            with pytest.raises(NotFound):
                tickets.get(session, strange)


def test_a_submission_that_fails_half_way_leaves_nothing(database: Database, clock: Clock) -> None:
    def fail() -> None:
        with database.write() as session:
            submitted(session, clock(), session="s1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as session:
        for table in (Ticket, Message, JournalEntry, IdempotencyKey, SupportSession):
            assert session.scalars(select(table)).all() == []
