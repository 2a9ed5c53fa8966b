"""Who mails the requester is one setting: where the connected desk does, nothing of ours leaves, replies included."""

from dataclasses import replace
from email.message import EmailMessage

import pytest

from deflect_api.config import Settings
from deflect_api.delivery import mail
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import Clock
from tests.intake.made import submitted


class Outgoing(list[EmailMessage]):
    def send(self, sent: EmailMessage) -> None:
        self.append(sent)

    def check(self) -> str:
        return "a list"


@pytest.mark.parametrize(
    ("template", "mails", "number"),
    [
        ("received", "us", 1), ("solved", "us", 1), ("delayed", "us", 1),
        ("received", "desk", 0), ("reply", "desk", 0), ("solved", "desk", 0), ("delayed", "desk", 0),
    ],
)  # fmt: skip
def test_a_mail_leaves_only_where_we_mail(
    local: Database, settings: Settings, clock: Clock, template: str, mails: str, number: int
) -> None:
    with local.write() as session:
        ticket = submitted(session, clock())
    desk = settings.support.desk.model_copy(update={"mails": mails})
    ours = replace(settings, support=settings.support.model_copy(update={"desk": desk}))
    outgoing = Outgoing()
    message = Message(id=7, ticket_id=ticket.id, payload={"template": template}, created_at=clock())
    mail.handler(local, outgoing, ours)(message)
    assert len(outgoing) == number
