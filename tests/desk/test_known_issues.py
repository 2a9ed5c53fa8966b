"""Known issues: followers are told once, after they confirmed and after an agent reviewed; then they are forgotten."""

from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from deflect_api.delivery import links
from deflect_api.desk import known_issues
from deflect_api.desk.known_issues import Issue
from deflect_api.errors import InputError
from deflect_api.intake import tickets
from deflect_api.store.db import Database
from deflect_api.store.desk import Follower, IssueLink
from deflect_api.store.models import Message
from tests.conftest import MONDAY, Desk
from tests.intake.made import SUPPORT, agent, submitted

ISSUE = Issue("flow/a/", "Forms do not come", "flow", "open")
ON = {"now": MONDAY, "calendar": SUPPORT.calendar}


def owed(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(Message).where(Message.kind == "follower_mail").order_by(Message.id))
        return [(message.stream, message.payload["template"]) for message in rows]


def test_following_twice_asks_to_confirm_again_and_after_that_mails_no_more(database: Database) -> None:
    with database.write() as session:
        first = known_issues.follow(session, ISSUE, "Ada@example.org", language="fr", now=MONDAY)
        assert known_issues.follow(session, ISSUE, "ada@example.org", language="fr", now=MONDAY).id == first.id
        known_issues.confirm(first, MONDAY)
        session.flush()
        known_issues.follow(session, ISSUE, "ada@example.org", language="fr", now=MONDAY)
    assert [template for _, template in owed(database)] == ["follow_confirm"] * 2


def test_only_who_confirmed_and_was_not_told_is_told(database: Database) -> None:
    with database.write() as session:
        bo, known = agent(session, MONDAY), known_issues.follow(session, ISSUE, "known@example.org", language="en", now=MONDAY)
        known_issues.follow(session, ISSUE, "silent@example.org", language="en", now=MONDAY)
        known_issues.follow(session, Issue("flow/b/", "Another", "flow", "open"), "other@example.org", language="en", now=MONDAY)
        known_issues.confirm(known, MONDAY)
        session.flush()
        fix = known_issues.tell(session, ISSUE, "Update the app.", bo, **ON)
        assert (fix.followers, fix.requesters) == (1, 0)
    assert [one for one in owed(database) if one[1] == "follow_fixed"] == [(f"follower:{known.id}", "follow_fixed")]
    with pytest.raises(InputError, match="Nobody waits"), database.write() as session:
        known_issues.tell(session, ISSUE, "Again", session.merge(bo), **ON)


def test_linked_open_tickets_are_solved_by_it_and_solved_ones_only_hear(database: Database) -> None:
    with database.write() as session:
        bo, waits, over = agent(session, MONDAY), submitted(session, MONDAY), submitted(session, MONDAY)
        tickets.change_status(session, over, "closed", actor=bo.email, now=MONDAY)
        for ticket in (waits, over):
            known_issues.link(session, ticket, ISSUE, bo, MONDAY)
        session.flush()
        assert known_issues.standing(session, ISSUE).tickets == [waits, over]
        known_issues.tell(session, ISSUE, "Update the app.", bo, **ON)
        assert (waits.status, over.status) == ("solved", "closed")
        assert session.get_one(IssueLink, (waits.id, ISSUE.article)).told_at == MONDAY
        both = [waits.id, over.id]
        mails = session.scalars(
            select(Message.payload).where(Message.kind == "mail", Message.ticket_id.in_(both)).order_by(Message.id)
        )
        assert [payload["template"] for payload in mails] == ["received", "received", "solved", "reply"]


def test_an_empty_message_tells_nobody(local: Database) -> None:
    with pytest.raises(InputError), local.write() as session:
        known_issues.tell(session, ISSUE, "  ", agent(session, MONDAY), **ON)


def test_a_followers_link_opens_with_its_own_secret_alone() -> None:
    one, other = Follower(id=1, nonce="a"), Follower(id=2, nonce="a")
    assert links.follows("secret", one, links.follow_token("secret", one))
    assert not links.follows("secret", other, links.follow_token("secret", one))
    assert not links.follows("other secret", one, links.follow_token("secret", one))


def test_the_address_is_forgotten_once_the_last_mail_is_out(any_desk: Desk) -> None:
    with any_desk.database.write() as session:
        bo, follower = agent(session, MONDAY), known_issues.follow(session, ISSUE, "ada@example.org", language="en", now=MONDAY)
        known_issues.confirm(follower, MONDAY)
        session.flush()
        known_issues.tell(session, ISSUE, "Update the app.", bo, **ON)
    while any_desk.relay.run_once():
        pass
    with any_desk.database.read() as session:
        assert session.scalars(select(Follower)).all() == []
    told = [mail.read_text(encoding="utf-8") for mail in any_desk.mails()]
    assert sum("Update the app." in text for text in told) == 1
    assert all("ada@example.org" in text for text in told)


def test_a_followers_mail_program_stops_it_with_one_click(desk: Desk) -> None:
    """As RFC 8058 has it: the address of List-Unsubscribe takes a POST that says so, and asks nothing."""
    with desk.database.write() as session:
        follower = known_issues.follow(session, ISSUE, "ada@example.org", language="en", now=MONDAY)
        known_issues.confirm(follower, MONDAY)
    while desk.relay.run_once():
        pass
    mail = message_from_bytes(desk.mails()[0].read_bytes(), policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Content-Language"] == "en"
    address = urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path
    assert desk.client.get(address).status_code == 200, "a scanner that opens it stops nothing"
    with desk.database.read() as session:
        assert len(session.scalars(select(Follower)).all()) == 1
    assert desk.client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with desk.database.read() as session:
        assert session.scalars(select(Follower)).all() == []
