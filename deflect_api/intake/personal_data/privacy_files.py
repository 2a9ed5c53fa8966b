"""What is removed outside the tables: files, mails that came in or were written to a folder, and the database's own old pages."""

from collections.abc import Iterable
from email import message_from_bytes, policy
from pathlib import Path

from deflect_api.config import Settings
from deflect_api.delivery.relay import Done, Handler
from deflect_api.intake.personal_data.privacy import normal
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.shelf import Shelf

Shelves = tuple[Shelf, ...]
REFERENCE = "X-Deflect-Reference"  # the ticket that a mail is of
TOLD_OF = "X-Deflect-Told-Of"  # the tickets that a mail to staff names


def shelves_of(settings: Settings) -> Shelves:
    """Return where files stand: attachments, and mails as they came in. No two files have one name."""
    return Shelf(settings.files_folder), Shelf(settings.letters_folder)


def finisher(database: Database, shelves: Shelves, mails: Path) -> Handler:
    """Return what the relay calls for a `finish_erasure` message. Doing it twice is fine."""

    def finish(message: Message) -> Done:
        dropped = remove(shelves, mails, files=message.payload["files"], tickets=message.payload["tickets"])
        database.compact()
        return Done(f"{dropped} files removed, database compacted")

    return finish


def remove(shelves: Shelves, mails: Path, *, files: Iterable[str], tickets: Iterable[int], address: str = "") -> int:
    """Drop files, and the mails of these tickets, about them or to this address; return how many files that were."""
    names, numbers = list(files), {str(number) for number in tickets}
    for name in names:
        for shelf in shelves:
            shelf.drop(name)
    wanted = [path for path in _mails(mails) if _is_of(path, (REFERENCE, TOLD_OF), numbers, address)]
    for path in wanted:
        path.unlink(missing_ok=True)
    return len(names) + len(wanted)


def remove_older(mails: Path, before: float) -> int:
    """Remove the mails of the folder that were written before `before`, in seconds since 1970."""
    old = [path for path in _mails(mails) if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def mails_of(mails: Path, tickets: Iterable[int], address: str) -> list[Path]:
    """List the mails of the folder that are of these tickets or to this address: not those to staff, which name others too."""
    numbers = {str(number) for number in tickets}
    return [path for path in _mails(mails) if _is_of(path, (REFERENCE,), numbers, address)]


def _mails(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml")) if folder.is_dir() else []


def _is_of(path: Path, headers: Iterable[str], numbers: set[str], address: str) -> bool:
    try:
        mail = message_from_bytes(path.read_bytes(), policy=policy.compat32)
    except FileNotFoundError:  # removed meanwhile
        return False
    if any(numbers & set(str(mail.get(name, "")).split()) for name in headers):
        return True
    to = " ".join(str(mail.get(name, "")) for name in ("To", "Cc")).lower()
    return bool(address) and normal(address) in to
