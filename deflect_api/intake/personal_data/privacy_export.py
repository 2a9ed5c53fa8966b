"""What we hold of one person, as a zip: every row of every table as JSON, with the files and mails themselves."""

import json
import shutil
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from deflect_api.intake.personal_data import privacy
from deflect_api.intake.personal_data import privacy_tables as tables
from deflect_api.intake.personal_data.privacy_files import Shelves, mails_of
from deflect_api.store.models import Attempt, Message, SessionEvent, SupportSession, Table, Ticket
from deflect_api.store.uploads import KEPT

HIDDEN = ("link_nonce",)  # opens something, and tells nothing of the person


def gather(session: Session, address: str) -> dict[str, Any]:
    """Collect the rows of one person by table. `in_copy` and `named_in` are tickets of others: only their numbers."""
    ids = privacy.tickets_of(session, address)
    found: dict[str, Any] = {"address": address, "ticket": _rows(session, Ticket.__table__, Ticket.id.in_(ids))}
    for table in Table.metadata.sorted_tables:
        rows = tables.of_tickets(session, table, ids) if ids and table.name != "ticket" else []
        rows += [row for row in tables.of_address(session, table, address) if row not in rows]
        if rows:
            found[table.name] = rows
    visits = [row["session_id"] for row in found["ticket"] if row["session_id"]]
    found["support_session"] = _rows(session, SupportSession.__table__, SupportSession.id.in_(visits))
    found["session_event"] = _rows(session, SessionEvent.__table__, SessionEvent.session_id.in_(visits))
    messages = [row["id"] for row in found.get("message", ())]
    found["attempt"] = _rows(session, Attempt.__table__, Attempt.message_id.in_(messages))
    loose = Message.ticket_id.is_(None) & func.lower(cast(Message.payload, Text)).contains(address, autoescape=True)
    found.setdefault("message", []).extend(_rows(session, Message.__table__, loose))
    copied = func.lower(cast(Ticket.cc, Text)).contains(address, autoescape=True)
    found["in_copy"] = list(session.scalars(select(Ticket.id).where(copied, Ticket.id.not_in(ids))))
    return found


def write(target: BinaryIO, found: dict[str, Any], shelves: Shelves, mails: Path) -> None:
    """Write the zip. A file that is missing on the disk is named in `missing`."""
    ids = [row["id"] for row in found["ticket"]]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        kept = [
            (row, f"files/{row['ticket_id']}/{row['id']}-{row['name']}")
            for row in found.get("upload", ())
            if row["state"] == KEPT
        ]
        kept += [(row, f"letters/{row['id']}.eml") for row in found.get("inbound_mail", ())]
        missing = [place for row, place in kept if not _pack(packed, shelves, row["stored_as"], place)]
        for path in mails_of(mails, ids, found["address"]):
            packed.write(path, f"mails/{path.name}")
        text = json.dumps({**found, "missing": missing}, default=_plain, indent=2, ensure_ascii=False)
        packed.writestr("person.json", text)


def count(found: dict[str, Any]) -> dict[str, int]:
    """Say how many rows of each table there are."""
    return {name: len(rows) for name, rows in found.items() if isinstance(rows, list) and rows}


def _rows(session: Session, table: Any, condition: Any) -> list[dict[str, Any]]:
    rows = session.execute(select(table).where(condition)).mappings()
    return [{name: value for name, value in row.items() if name not in HIDDEN} for row in rows]


def _pack(packed: zipfile.ZipFile, shelves: Shelves, name: str, place: str) -> bool:
    shelf = next((shelf for shelf in shelves if shelf.has(name)), None)
    if shelf is None:
        return False
    with shelf.open(name) as source, packed.open(place, "w") as copy:
        shutil.copyfileobj(source, copy, 65_536)
    return True


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
