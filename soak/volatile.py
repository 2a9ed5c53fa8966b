"""A file system that forgets at a power cut what was not synced: a FUSE layer over two folders, `live` and `durable`.

All goes to `live`. A page, a size or a name reaches `durable` only by fsync of its file or folder, and only that is left.
"""

import errno
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations

PAGE = 4096


class Volatile(Operations):  # type: ignore[misc] # it ships no types
    use_ns = True

    def __init__(self, root: Path) -> None:
        self.live, self.durable = root / "live", root / "durable"
        self.dirty: dict[str, set[int]] = {}
        self.renamed: list[tuple[str, str]] = []
        self.gone: set[str] = set()
        self._guard = threading.RLock()

    def _at(self, path: str) -> str:
        return f"{self.live}{path}"

    def getattr(self, path: str, fh: Any = None) -> dict[str, int]:
        try:
            told = os.lstat(self._at(path))
        except OSError as error:
            raise FuseOSError(error.errno or errno.EIO) from error
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid")
        times = {f"st_{name}time": getattr(told, f"st_{name}time_ns") for name in "amc"}
        return {**{name: getattr(told, name) for name in names}, **times}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._at(path))]

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self._at(path), mode)
        (self.durable / path.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def open(self, path: str, flags: int) -> int:
        return os.open(self._at(path), flags & ~os.O_CREAT)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        with self._guard:
            self.dirty.setdefault(path, set())
            self.gone.discard(path)
        return os.open(self._at(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        with self._guard:
            pages = self.dirty.setdefault(path, set())
            pages.update(range(offset // PAGE, (offset + max(len(data), 1) - 1) // PAGE + 1))
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        with self._guard:
            self.dirty.setdefault(path, set())
        os.truncate(self._at(path), length)

    def rename(self, old: str, new: str) -> None:
        with self._guard:
            self.renamed.append((old, new))
            self.dirty[new] = self.dirty.pop(old, set())
        os.rename(self._at(old), self._at(new))

    def unlink(self, path: str) -> None:
        with self._guard:
            self.dirty.pop(path, None)
            self.gone.add(path)
        os.unlink(self._at(path))

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(self._at(path), mode)

    def release(self, path: str, fh: int) -> None:
        os.close(fh)

    def flush(self, path: str, fh: int) -> None: ...

    def fsync(self, path: str, datasync: int, fh: int) -> None:
        with self._guard:
            self._names()
            self._settle(path)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        with self._guard:
            self._names()

    def _names(self) -> None:
        """Names reach the disk with any sync, as in a file system that keeps a journal of them."""
        for old, new in self.renamed:
            if (self.durable / old.lstrip("/")).exists():
                os.replace(f"{self.durable}{old}", f"{self.durable}{new}")
        self.renamed.clear()
        for path in self.gone:
            Path(f"{self.durable}{path}").unlink(missing_ok=True)
        self.gone.clear()

    def _settle(self, path: str) -> None:
        pages = self.dirty.pop(path, set())
        target = Path(f"{self.durable}{path}")
        target.touch()
        with open(self._at(path), "rb") as source, target.open("r+b") as kept:
            for page in sorted(pages):
                source.seek(page * PAGE)
                kept.seek(page * PAGE)
                kept.write(source.read(PAGE))
            kept.truncate(os.fstat(source.fileno()).st_size)


def mount(root: Path) -> None:
    """Serve `root`/mount until it is unmounted. After a cut, `live` is what was durable."""
    shutil.rmtree(root / "live", ignore_errors=True)
    (root / "durable").mkdir(exist_ok=True)
    shutil.copytree(root / "durable", root / "live")
    (root / "mount").mkdir(exist_ok=True)
    FUSE(Volatile(root), str(root / "mount"), foreground=True, nothreads=False)


if __name__ == "__main__":
    mount(Path(sys.argv[1]))
