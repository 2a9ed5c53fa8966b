"""What a desk tells through the hook of the connector webhook: signed and fresh, once for its id, and the newest state wins."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deflect_api.app import create_app
from deflect_api.config import Settings
from deflect_api.config.support import Desk as DeskSettings
from deflect_api.connectors import webhook
from deflect_api.errors import ConfigError
from deflect_api.store.models import Comment, Message, Ticket
from tests.conftest import Desk

PUBLISHED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET = "whsec_" + base64.b64encode(b"what comes back to us, signed").decode()
Tell = Callable[..., Any]


def signature(number: str, at: str, body: bytes, secret: str = SECRET) -> str:
    """As the specification says it, apart from our own code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{number}.{at}.".encode() + body, hashlib.sha256)).decode()


@pytest.fixture
def connected(make_desk: Callable[[str], Desk], address: str) -> Desk:
    """A desk whose help desk is connected by `webhook`, with one request, on both databases."""
    made = make_desk(address)
    settings: dict[str, Any] = {"url": "https://hooks.example.org/in", "secret": PUBLISHED, "hook_secret": SECRET}
    support = made.settings.support.model_copy(update={"desk": DeskSettings(connector="webhook", settings=settings)})
    ours = replace(made.settings, support=support)
    connected = replace(made, app=create_app(ours, made.database, clock=made.clock), settings=ours)
    assert connected.send().json["reference"] == "1001"
    return connected


@pytest.fixture
def tell(connected: Desk) -> Tell:
    """Tell of request 1001 as the other side does, or of what `body` says."""

    def post(number: str, body: bytes | None = None, *, seconds: int = 0, happened: int = 0, **data: Any) -> Any:
        now = connected.clock()
        whole = {"type": "ticket.updated", "timestamp": (now + timedelta(seconds=happened)).isoformat()}
        raw = body or json.dumps({**whole, "data": {"reference": "1001", **data}}).encode()
        at = str(int(now.timestamp()) + seconds)
        headers = {"webhook-id": number, "webhook-timestamp": at, "webhook-signature": signature(number, at, raw)}
        return connected.client.post("/hooks/desk", data=raw, headers=headers)

    return post


def ticket(desk: Desk) -> Ticket:
    with desk.database.read() as session:
        return session.get_one(Ticket, 1001)


def comments(desk: Desk) -> list[tuple[str, str, bool]]:
    with desk.database.read() as session:
        return [(one.author, one.body, one.public) for one in session.scalars(select(Comment).order_by(Comment.id))]


def mails(desk: Desk) -> list[str]:
    with desk.database.read() as session:
        rows = session.scalars(select(Message).where(Message.kind == "mail").order_by(Message.id))
        return [row.payload["template"] for row in rows]


def test_a_state_and_an_answer_come_back_and_the_requester_is_mailed_once(connected: Desk, tell: Tell) -> None:
    said = [{"id": "c1", "author": "Bo", "body": "Have you tried again?"}, {"id": "c2", "body": "for us", "public": False}]
    assert tell("m1", status="pending", comments=said).status_code == 202
    assert ticket(connected).status == "pending"
    assert comments(connected) == [("Bo", "Have you tried again?", True), ("support", "for us", False)]
    assert mails(connected) == ["received", "reply"]


def test_the_same_id_or_the_same_comment_does_nothing_again(connected: Desk, tell: Tell) -> None:
    first = {"status": "open", "comments": [{"id": "c1", "body": "We look at it."}]}
    assert [tell("m1", **first).json["taken"], tell("m1", **first).json["taken"]] == ["brought to the request", "known already"]
    assert tell("m1", status="solved").json["taken"] == "known already"
    assert tell("m2", **first).json["taken"] == "brought to the request"
    assert (ticket(connected).status, len(comments(connected)), mails(connected)) == ("open", 1, ["received", "reply"])


def test_a_state_that_comes_late_does_not_undo_a_newer_one(connected: Desk, tell: Tell) -> None:
    tell("m2", status="solved", happened=-10)
    tell("m1", status="open", happened=-20, comments=[{"id": "c1", "body": "We look at it."}])
    assert (ticket(connected).status, len(comments(connected))) == ("solved", 1)
    tell("m3", status="open", happened=-5)
    assert ticket(connected).status == "open"


def test_our_own_words_do_not_come_back(connected: Desk, tell: Tell) -> None:
    tell("m1", comments=[{"id": "c1", "body": "Ada wrote:\n\nIt came back.\n\nReference 1001-7"}])
    assert comments(connected) == []


def test_what_is_not_signed_as_it_stands_is_refused_before_it_is_read(connected: Desk) -> None:
    at = str(int(connected.clock().timestamp()))
    right = {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": signature("m1", at, b"{")}
    wrong = [
        {}, {**right, "webhook-id": "m2"}, {**right, "webhook-timestamp": str(int(at) + 1)}, {**right, "webhook-signature": ""},
        {**right, "webhook-signature": signature("m1", at, b"{", PUBLISHED)}, {**right, "webhook-signature": "v1,é"},
        {**right, "webhook-signature": right["webhook-signature"].replace("v1,", "v1a,")},
    ]  # fmt: skip
    post = connected.client.post
    assert [post("/hooks/desk", data=b"{", headers=headers).status_code for headers in wrong] == [403] * len(wrong)
    both = {**right, "webhook-signature": f"{signature('m1', at, b'{', PUBLISHED)} {right['webhook-signature']}"}
    assert post("/hooks/desk", data=b"{", headers=both).status_code == 422, "only now it is read"


@pytest.mark.parametrize(("seconds", "code"), [(-301, 403), (-299, 202), (299, 202), (301, 403)])
def test_what_was_kept_and_is_sent_again_later_is_refused(connected: Desk, tell: Tell, seconds: int, code: int) -> None:
    assert tell("m1", seconds=seconds, status="open").status_code == code


def test_what_cannot_be_taken_leaves_nothing_and_can_be_sent_again_mended(connected: Desk, tell: Tell) -> None:
    assert tell("m1", status="escalated by mistake").status_code == 422
    assert tell("m1", comments=[{"id": "c1", "body": ""}]).status_code == 422
    assert tell("m1", reference="4711", status="open").status_code == 404
    assert tell("m1", status="open").json["taken"] == "brought to the request"
    assert tell("m2", b'{"type": "article.read"}').json["taken"] == "not followed"


def test_without_the_connector_and_its_hook_secret_there_is_no_hook(settings: Settings, connected: Desk, desk: Desk) -> None:
    assert desk.client.post("/hooks/desk", data=b"{}").status_code == 404
    without = DeskSettings(connector="webhook", settings={"url": "https://hooks.example.org/in", "secret": PUBLISHED})
    ours = replace(connected.settings, support=connected.settings.support.model_copy(update={"desk": without}))
    assert create_app(ours, connected.database).test_client().post("/hooks/desk", data=b"{}").status_code == 404


def test_the_published_vector_holds_and_both_secrets_differ() -> None:
    parts, body = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"), b'{"test": 2432232314}'
    published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert webhook.is_signed(webhook.key_of(PUBLISHED), parts, body, published)
    assert not webhook.is_signed(webhook.key_of(SECRET), parts, body, published)
    with pytest.raises(ConfigError, match="hook_secret"):
        webhook.Webhook("https://hooks.example.org/in", PUBLISHED, PUBLISHED)
    with pytest.raises(ConfigError, match="hook_secret"):
        webhook.Webhook("https://hooks.example.org/in", PUBLISHED, "whsec_c2hvcnQ=")
