"""Messages as the tests of outbox and relay owe them, and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from deflect_api.delivery import outbox
from deflect_api.store.db import Database
from deflect_api.store.models import Attempt, Message


def owe(database: Database, now: datetime, *streams: str, kind: str = "test", **rest: Any) -> list[int]:
    """Owe one message for each stream named, in that order, and return their numbers."""
    with database.write() as session:
        owed = [outbox.put(session, outbox.owe(kind, stream, now, **rest)) for stream in streams]
        session.flush()
        return [message.id for message in owed]


def row(database: Database, number: int) -> Message:
    with database.read() as session:
        return session.get_one(Message, number)


def states(database: Database) -> list[str]:
    """The states of all but the words to the team."""
    with database.read() as session:
        return list(session.scalars(select(Message.state).where(Message.kind != outbox.ALERT).order_by(Message.id)))


def alerts(database: Database) -> list[str]:
    """What the team is owed a word about."""
    with database.read() as session:
        rows = session.scalars(select(Message).where(Message.kind == outbox.ALERT).order_by(Message.id))
        return [cause for row in rows for cause in row.payload["causes"]]


def outcomes(database: Database, number: int) -> list[str]:
    """What became of each attempt, the first one first."""
    with database.read() as session:
        return list(session.scalars(select(Attempt.outcome).where(Attempt.message_id == number).order_by(Attempt.id)))


def details(database: Database, number: int) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Attempt.detail).where(Attempt.message_id == number).order_by(Attempt.id)))
