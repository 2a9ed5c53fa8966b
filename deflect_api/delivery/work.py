"""What carries out a message: a handler is given one, with no transaction open, and says what it achieved or raises."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from deflect_api.store.models import Message


@dataclass(frozen=True)
class Done:
    """What a handler achieved; `record` notes it in the transaction that settles the message."""

    detail: str = ""
    record: Callable[[Session], None] | None = None


Handler = Callable[[Message], Done]
