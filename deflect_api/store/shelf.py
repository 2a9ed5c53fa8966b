"""Files on disk, under names of our own, in a folder that no server publishes.

What stands on the shelf is whole and synced: it is written beside it, synced, renamed, and the folder is synced.
"""

import hashlib
import logging
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deflect_api.errors import Unavailable
from deflect_api.i18n import said

log = logging.getLogger("deflect.files")
PIECE = 65_536
_LATER = said("The file could not be stored just now. Try again in a moment; what has arrived stays.")


@dataclass(frozen=True)
class Placed:
    """A file that stands on the shelf."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Shelf:
    """`folder` holds `kept` (whole files) and `arriving` (what is still being sent)."""

    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    @property
    def arriving(self) -> Path:
        return self.folder / "arriving"

    def arrived(self, name: str) -> int:
        """Say how many bytes of an arriving file are there."""
        try:
            return (self.arriving / name).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, name: str, offset: int, piece: bytes) -> None:
        """Write a piece at its place and sync it. Raises Unavailable when it cannot be; the file is then as before."""
        with self._told():
            self._make()
            file = os.open(self.arriving / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _write_all(file, offset, piece)
                os.fsync(file)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, offset)
                raise
            finally:
                os.close(file)

    @contextmanager
    def snapshot(self, name: str, size: int) -> Iterator["Snapshot"]:
        """Copy `size` bytes of an arriving file to one that nobody can write to, so that what was checked is what is kept."""
        with self._told():
            self._make()
            copy = tempfile.TemporaryFile(dir=self.arriving)  # noqa: SIM115 - closed below
        with copy:
            with self._told(), (self.arriving / name).open("rb") as source:
                for at in range(0, size, PIECE):
                    copy.write(source.read(min(PIECE, size - at)))
                copy.flush()
            yield Snapshot(copy)

    def place(self, pieces: Iterable[bytes]) -> Placed:
        """Put a file on the shelf. Raises Unavailable; when it or `pieces` raises, nothing stays."""
        with self._told():
            self._make()
        name, digest, size = secrets.token_hex(16), hashlib.sha256(), 0
        draft = self.arriving / f"{name}.part"
        try:
            with self._told(), open(draft, "xb", opener=_private) as file:
                for piece in pieces:
                    digest.update(piece)
                    size += file.write(piece)
                file.flush()
                os.fsync(file.fileno())
                draft.replace(self.kept / name)
                _sync(self.kept)
        except BaseException:
            for path in (draft, self.kept / name):
                path.unlink(missing_ok=True)
            raise
        return Placed(name, size, digest.hexdigest())

    def open(self, name: str) -> BinaryIO:
        """Open a kept file. Raises FileNotFoundError when there is none."""
        return (self.kept / name).open("rb")

    def has(self, name: str) -> bool:
        """Tell whether a kept file is there."""
        return bool(name) and (self.kept / name).is_file()

    def drop(self, name: str) -> None:
        """Remove a file wherever it is; one that is not there is fine."""
        for folder in (self.kept, self.arriving):
            if name:
                with suppress(FileNotFoundError):
                    (folder / name).unlink()

    def older(self, than: float) -> list[str]:
        """List the names of all files last written before `than`, in seconds since 1970."""
        found = [path for folder in (self.kept, self.arriving) if folder.is_dir() for path in folder.iterdir()]
        return sorted(path.name for path in found if _written(path) < than)

    def _make(self) -> None:
        for folder in (self.folder, self.kept, self.arriving):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.error("event=file_not_stored reason=%r", error.strerror)
            raise Unavailable(_LATER) from error


class Snapshot:
    """A file that is ours alone, read by place."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def pieces(self) -> Iterator[bytes]:
        return (self.read(at, PIECE) for at in range(0, self.size, PIECE))


def _write_all(file: int, offset: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # dropped meanwhile
        return float("inf")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
