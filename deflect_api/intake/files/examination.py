"""A whole file is checked, cleaned, scanned and put on the shelf, in this order, with no transaction open."""

from collections.abc import Iterable
from dataclasses import dataclass

from deflect_api.config.support import Files
from deflect_api.connectors.clamd import Scanner
from deflect_api.errors import DeliveryError
from deflect_api.intake.files import filetypes, picture_metadata
from deflect_api.store.shelf import Shelf, Snapshot
from deflect_api.store.uploads import HELD, KEPT, REFUSED


@dataclass(frozen=True)
class Storage:
    """Where files go, what looks at them first, and how many may come."""

    shelf: Shelf
    scanner: Scanner | None
    limits: Files


@dataclass(frozen=True)
class Outcome:
    """What became of a whole file: KEPT and HELD ones stand on the shelf as `stored_as`."""

    state: str
    reason: str = ""
    name: str = ""
    media_type: str = ""
    size: int = 0
    sha256: str = ""
    stored_as: str = ""


def examine(storage: Storage, name: str, file: Snapshot) -> Outcome:
    """Check, clean, scan and shelve a whole file that nobody else can write to. Raises Unavailable when the disk is full."""
    verdict = filetypes.judge(name, file.read, file.size)
    if verdict.reason:
        return Outcome(REFUSED, verdict.reason)
    state, reason = _scanned(storage.scanner, file.pieces())
    if state == REFUSED:
        return Outcome(REFUSED, reason)
    is_picture = verdict.kind in picture_metadata.CLEANERS
    pieces = picture_metadata.cleaned(verdict.kind, file.read, file.size) if is_picture else file.pieces()
    try:
        placed = storage.shelf.place(pieces)
    except picture_metadata.Damaged:
        return Outcome(REFUSED, "damaged")
    return Outcome(state, reason, verdict.name, verdict.media_type, placed.size, placed.sha256, placed.name)


def _scanned(scanner: Scanner | None, pieces: Iterable[bytes]) -> tuple[str, str]:
    """Ask the scanner; while it cannot answer, the file is held rather than passed."""
    if scanner is None:
        return KEPT, ""
    try:
        found = scanner.scan(pieces)
    except DeliveryError:
        return HELD, "scanning"
    return (REFUSED, f"virus {found}") if found else (KEPT, "")
