"""What the relay does for files: a held one is scanned again, and what nobody claims is swept after 7 days."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import PermanentFailure
from deflect_api.intake.files import attachments
from deflect_api.intake.files.examination import Storage
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.shelf import Snapshot
from deflect_api.store.uploads import HELD, KEPT, RECEIVING, REFUSED, Upload

LIFE = timedelta(days=7)  # as long as a draft lives in the browser
Clock = Callable[[], datetime]


def scan(database: Database, storage: Storage, clock: Clock) -> Handler:
    """Return what the relay calls for a `scan_file` message."""

    def scan_again(message: Message) -> Done:
        with database.read() as session:
            row = session.get(Upload, message.payload["upload"])
        if row is None or row.state != HELD:
            return Done("no longer held")
        reason = _looked_at(storage, row)
        return Done(reason or "nothing found", record=lambda session: _settle(session, row.id, reason, now=clock()))

    return scan_again


def sweep(database: Database, storage: Storage, clock: Clock) -> Handler:
    """Return what the relay calls for a `sweep_files` message. It owes the next sweep itself."""

    def sweep_files(_: Message) -> Done:
        before = clock() - LIFE
        with database.write() as session:
            dropped, known = _forget(session, before), set(session.scalars(select(Upload.stored_as)))
        gone = {*dropped, *storage.shelf.older(before.timestamp())} - known
        for name in gone:
            storage.shelf.drop(name)
        return Done(f"{len(gone)} files removed", record=lambda session: attachments.owe_sweep(session, clock()))

    return sweep_files


def _looked_at(storage: Storage, row: Upload) -> str:
    """Scan a held file and return why it is refused, or "". Raises a DeliveryError while it cannot be looked at."""
    if storage.scanner is None:
        raise PermanentFailure("files are held for a scanner, and support.yml names none. Set files.scanner.")
    try:
        with storage.shelf.open(row.stored_as) as file:
            found = storage.scanner.scan(Snapshot(file).pieces())
    except FileNotFoundError:
        return "not_whole"
    if found:  # before the row says so: a crash between leaves a held row without a file, never a served virus
        storage.shelf.drop(row.stored_as)
    return f"virus {found}" if found else ""


def _settle(session: Session, upload_id: str, reason: str, *, now: datetime) -> None:
    row = session.get(Upload, upload_id, with_for_update=True)
    if row is None or row.state != HELD:
        return
    row.state, row.reason, row.stored_as = (REFUSED, reason, "") if reason else (KEPT, "", row.stored_as)
    attachments.note_kept(session, row, now)


def _forget(session: Session, before: datetime) -> list[str]:
    """Delete drafts that became no request, and end what never arrived whole; return the names of their files."""
    old = Upload.created_at < before
    drafts, broken = old & Upload.ticket_id.is_(None), old & (Upload.state == RECEIVING)
    names = list(session.scalars(select(Upload.stored_as).where(drafts | broken, Upload.stored_as != "")))
    session.execute(delete(Upload).where(drafts))
    session.execute(update(Upload).where(broken).values(state=REFUSED, reason="not_whole", stored_as=""))
    return names
