"""Sending files as a browser's script does: announced, then in pieces to the ticket's own address."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select

from deflect_api.store.models import JournalEntry, Message, Ticket
from deflect_api.store.uploads import Upload
from tests.conftest import Desk

ID = "a-file-of-the-test"


@dataclass
class Sender:
    """One stored request, and the browser that sends files to it."""

    desk: Desk
    url: str
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.desk.client

    def announce(self, name: str, size: int, id: str = ID) -> Any:  # noqa: A002 - the API's own word
        return self.client.post(f"{self.url}/files", json={"id": id, "name": name, "size": size})

    def piece(self, offset: Any, data: bytes, id: str = ID) -> Any:  # noqa: A002
        return self.client.put(f"{self.url}/files/{id}", query_string={"offset": offset}, data=data)

    def state(self, id: str = ID) -> Any:  # noqa: A002
        return self.client.get(f"{self.url}/files/{id}/state")

    def download(self, id: str = ID) -> Any:  # noqa: A002
        return self.client.get(f"{self.url}/files/{id}")

    def remove(self, id: str = ID) -> Any:  # noqa: A002
        return self.client.delete(f"{self.url}/files/{id}")

    def send(self, name: str, content: bytes, size: int = 512 * 1024) -> dict[str, Any]:
        """Send a whole file and return the last answer."""
        made = uuid.uuid4().hex
        told = self.announce(name, len(content), made)
        assert told.status_code == 201, told.text
        for at in range(0, len(content), size):
            if told.json["state"] != "receiving":
                break
            told = self.piece(at, content[at : at + size], made)
            assert told.status_code == 200, told.text
        answer: dict[str, Any] = told.json
        return answer

    def page(self) -> str:
        return self.client.get(f"{self.url}/").text


def sender(desk: Desk, **changes: Any) -> Sender:
    return Sender(desk, urlsplit(desk.send(**changes).json["status_url"]).path.rstrip("/"))


def rows(desk: Desk) -> list[Upload]:
    with desk.database.read() as session:
        return list(session.scalars(select(Upload).order_by(Upload.created_at, Upload.id)))


def journal(desk: Desk, change: str = "file") -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(select(JournalEntry.after).where(JournalEntry.change == change)))


def owed(desk: Desk, kind: str) -> list[Message]:
    with desk.database.read() as session:
        return list(session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


def stored(desk: Desk) -> list[Path]:
    """Every file on the disk, whole or not."""
    return sorted(path for path in desk.settings.files_folder.rglob("*") if path.is_file())


def set_status(desk: Desk, status: str) -> None:
    with desk.database.write() as session:
        session.get_one(Ticket, 1001).status = status
