"""Unpack archives, with the filters of newer Pythons where there are some: Debian 12's Python 3.11.2 has none yet."""

import tarfile
from pathlib import Path
from typing import Any


def unpack(archive: tarfile.TarFile, target: Path) -> None:
    """Unpack plain files and folders below `target`. Raises tarfile.TarError, before anything is written, for all else."""
    root = target.resolve()
    for member in archive.getmembers():
        inside = (root / member.name).resolve().is_relative_to(root)
        if not inside or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} is no plain file or folder below the target")
    unpack_own(archive, root)


def unpack_own(archive: tarfile.TarFile, target: Path) -> None:
    """Unpack what git packed for us, links included."""
    newer: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    archive.extractall(target, **newer)  # noqa: S202 - `unpack` looks at each member; git leaves its folder nowhere
