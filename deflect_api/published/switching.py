"""Which release is live: one link, switched atomically and durably, with the release before it kept for a way back."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deflect_api.errors import ConfigError

CURRENT, PREVIOUS = "current", "previous"


def rollback(home: Path) -> tuple[Path, Path]:
    """Switch to the release before the live one; return both, the new one first. Raises ConfigError when there is none."""
    root = home / "releases"
    root.mkdir(parents=True, exist_ok=True)
    with alone(root):
        live, before = (home / CURRENT).resolve(), (home / PREVIOUS).resolve()
        if not (before / "manifest.json").is_file() or before == live:
            raise ConfigError("There is no release before this one. The live release stays.")
        switch(home, before)
    return before, live


def switch(home: Path, target: Path) -> None:
    """Point `current` at `target`, atomically and durably, and `previous` at what was live before."""
    live = (home / CURRENT).resolve()
    if live != target and live.parent == target.parent and (live / "manifest.json").is_file():
        _point(home, PREVIOUS, live)
    _point(home, CURRENT, target)


def _point(home: Path, name: str, target: Path) -> None:
    draft = home / f".{name}-{secrets.token_hex(4)}"
    draft.symlink_to(target.relative_to(home))
    draft.replace(home / name)
    folder = os.open(home, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Wait until nobody else builds or switches here, and keep them waiting."""
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_old(home: Path, live: Path) -> None:
    """Keep the live release and the one before it."""
    used = {live, (home / PREVIOUS).resolve()}
    for old in (home / "releases").iterdir():
        if old.is_dir() and old not in used:
            shutil.rmtree(old, ignore_errors=True)
