"""Finding one's requests again: the page says the same to everybody, and only the owner of an address gets the links."""

import re
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import event, func, select

from deflect_api.intake.abuse import receipts
from deflect_api.store.abuse import Tally
from deflect_api.store.models import Message
from tests.conftest import Desk
from tests.delivery.reading import part
from tests.web.crowd import send, wait_of
from tests.web.test_limits import with_limits


def ask(desk: Desk, email: str, **more: Any) -> Any:
    token = re.search(r'name="token" value="([^"]+)"', desk.client.get("/requests/").text)
    assert token is not None
    form = {"email": email, "token": token[1], **more.pop("form", {})}
    return desk.client.post("/requests/", data=form, **more)


def mails(desk: Desk, before: int = 0) -> list[Any]:
    """The mails of this page that have gone out by now."""
    while desk.relay.run_once():
        pass
    read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in desk.mails()]
    return [mail for mail in read if mail["Message-ID"].startswith("<your-requests.")][before:]


def links(mail: Any) -> list[str]:
    return re.findall(r"http://help\.example\.org/requests/\S+", part(mail, "plain"))


def test_a_mail_brings_the_links_to_ones_requests_of_the_last_ninety_days(any_desk: Desk) -> None:
    send(any_desk, 1, email="ada@example.org")
    any_desk.clock.forward(days=40)
    urls = [
        send(any_desk, n, email=address).json["status_url"] for n, address in ((2, "ada@example.org"), (3, "Ada@example.org"))
    ]
    send(any_desk, 4, email="bea@example.org")
    any_desk.clock.forward(days=60)
    assert ask(any_desk, "ADA@example.org").status_code == 200
    (mail,) = mails(any_desk)
    assert links(mail) == urls[::-1]
    assert all(url in part(mail, "html") for url in urls)
    assert [one.addr_spec for one in mail["To"].addresses] == ["ADA@example.org"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(any_desk.client.get(url).status_code == 200 for url in links(mail))


def test_the_answer_is_the_same_and_does_the_same_whether_or_not_the_address_is_known(any_desk: Desk) -> None:
    send(any_desk, 1, email="ada@example.org")
    done: dict[str, list[str]] = {}

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        done.setdefault(name, []).append(statement)

    event.listen(any_desk.database.engine, "before_cursor_execute", note)
    answers = {}
    for name in ("ada@example.org", "eve@example.org"):
        answer = ask(any_desk, name)
        answers[name] = (answer.status_code, answer.text.replace(name, "NAME"))
    assert len(set(answers.values())) == 1
    assert done["ada@example.org"] == done["eve@example.org"]  # the very same questions to the database
    assert not [statement for statement in done["ada@example.org"] if "FROM ticket" in statement]


def test_an_address_that_never_wrote_gets_no_mail_and_is_not_kept(any_desk: Desk) -> None:
    assert ask(any_desk, "eve@example.org").status_code == 200
    assert mails(any_desk) == []
    with any_desk.database.read() as session:
        assert "eve" not in repr(session.scalars(select(Message.payload)).all())
        assert "eve" not in repr([row.who for row in session.scalars(select(Tally))])


def test_one_mail_in_a_quarter_of_an_hour_is_enough(any_desk: Desk) -> None:
    send(any_desk, 1, email="ada@example.org")
    texts = {ask(any_desk, "ada@example.org").text for _ in range(5)}
    assert len(texts) == 1
    assert len(mails(any_desk)) == 1
    any_desk.clock.forward(minutes=15)
    ask(any_desk, "ada@example.org")
    assert len(mails(any_desk)) == 2


def test_one_network_address_cannot_ask_for_the_whole_world(any_desk: Desk) -> None:
    with_limits(any_desk, find_address="3 in 15 minutes")
    codes = [ask(any_desk, f"p{number}@example.org").status_code for number in range(3)]
    assert codes == [200] * 3
    refused = ask(any_desk, "p9@example.org")
    assert "p9@example.org" in refused.text
    any_desk.clock.forward(seconds=wait_of(refused))
    assert ask(any_desk, "p9@example.org").status_code == 200
    with any_desk.database.read() as session:
        assert session.scalar(select(func.count()).where(Message.kind == "your_requests")) == 4


@pytest.mark.parametrize("token", ["", "forged", "form"])
def test_a_form_from_elsewhere_is_refused(desk: Desk, token: str) -> None:
    if token == "form":  # a stamp of ours, for another page
        token = receipts.stamp(desk.settings.secret, "form", desk.clock())
    assert ask(desk, "ada@example.org", form={"token": token}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_another_site_cannot_send_the_form(desk: Desk, headers: dict[str, str], code: int) -> None:
    assert ask(desk, "ada@example.org", headers=headers).status_code == code


@pytest.mark.parametrize("typed", ["", "not an address", 'a"><script>alert(1)</script>@x'])
def test_a_mistyped_address_is_told_and_kept(desk: Desk, typed: str) -> None:
    answer = ask(desk, typed)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert 'href="#email"' in answer.text
    assert "<script>alert" not in answer.text


def test_the_mail_holds_no_word_that_somebody_typed(any_desk: Desk) -> None:
    send(any_desk, 1, email="stranger@example.net", subject="MARK buy now", name="MARK", happened="MARK")
    ask(any_desk, "stranger@example.net")
    (mail,) = mails(any_desk)
    assert "MARK" not in mail.as_string()
    assert "MARK" not in part(mail, "html")
    assert "Request 1001, Flow, 23 November 2026" in part(mail, "plain")
