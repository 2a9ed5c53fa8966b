"""Index generations on disk: each in a folder of its own, sealed by a manifest, switched in by renaming one file.

A reader meets a whole generation or none: what is not sealed, or no longer matches its seal, is never opened."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from search.errors import IndexUnavailable

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
KEPT = 3
"""The live generation, the one before, and one more that a slow reader may still be opening."""

PIECE = 1 << 20
_NAME = re.compile(r"\d{6,}-[0-9a-f]{16}")
_BUILDING = "building-"


def publish(root: Path, digest: str, write: Callable[[Path], None]) -> Path:
    """Make the generation of this digest the live one, writing it first if it is not there whole; return its folder.

    `write` fills a new folder. A crash at any point leaves the live generation as it was."""
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        _sweep(root)
        live = read_current(root)
        found = next((made for made in _newest_first(root) if _is_of(made, digest)), None)
        chosen = found or _write_new(root, digest, write)
        if chosen.name != live:
            _switch(root, chosen.name)
        _prune(root, {chosen.name, live})
    return chosen


def intact(root: Path) -> Iterator[tuple[Path, str]]:
    """The folder and digest of each whole generation: the live one first, then the newest."""
    live = read_current(root)
    for folder in sorted(_newest_first(root), key=lambda made: made.name != live):
        if digest := sealed_digest(folder):
            yield folder, digest


def sealed_digest(folder: Path) -> str:
    """The content digest of a generation, or "" when anything in it is missing, cut short or changed."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        seal = manifest.pop("seal")
        whole = seal == _seal(manifest) and all(
            _checksum(folder / name) == checksum for name, checksum in manifest["files"].items()
        )
        return str(manifest["digest"]) if whole else ""
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return ""


def read_current(root: Path) -> str:
    """The name of the live generation; "" when there is none or it cannot be read."""
    try:
        return (root / CURRENT).read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def fingerprint(root: Path) -> tuple[int, ...]:
    """Changes whenever another generation is switched in. One `stat`."""
    try:
        found = (root / CURRENT).stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def missing(root: Path) -> IndexUnavailable:
    """The error to raise when no generation can be served."""
    unfit = [made.name for made in _newest_first(root)]
    what = f"damaged or made by another version: {', '.join(unfit)}" if unfit else "there is none"
    return IndexUnavailable(f"no intact search index under {root} ({what}); build it with build_index")


def _write_new(root: Path, digest: str, write: Callable[[Path], None]) -> Path:
    taken = [int(made.name.split("-")[0]) for made in _newest_first(root)]
    building = root / f"{_BUILDING}{secrets.token_hex(8)}"
    building.mkdir()
    write(building)
    names = sorted(path.name for path in building.iterdir())
    manifest = {"digest": digest, "files": {name: _checksum(building / name) for name in names}}
    manifest_text = json.dumps({**manifest, "seal": _seal(manifest)}, indent=1, sort_keys=True)
    (building / MANIFEST).write_text(manifest_text, "utf-8")
    for name in (*names, MANIFEST):
        _sync(building / name)
    _sync(building)
    made = root / f"{max(taken, default=0) + 1:06d}-{digest[:16]}"
    building.rename(made)
    _sync(root)
    return made


def _switch(root: Path, name: str) -> None:
    fresh = root / f"{CURRENT}.{secrets.token_hex(8)}"
    fresh.write_text(f"{name}\n", "ascii")
    _sync(fresh)
    fresh.replace(root / CURRENT)
    _sync(root)


def _newest_first(root: Path) -> list[Path]:
    with suppress(OSError):
        return sorted((p for p in root.iterdir() if _NAME.fullmatch(p.name)), key=lambda p: p.name, reverse=True)
    return []


def _is_of(folder: Path, digest: str) -> bool:
    return folder.name.endswith(digest[:16]) and sealed_digest(folder) == digest


def _prune(root: Path, used: set[str]) -> None:
    older = [made for made in _newest_first(root) if made.name not in used]
    for made in older[max(KEPT - len(used - {""}), 0) :]:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove what builders that died have left; under the lock no other builder is at work."""
    for left in root.glob(f"{_BUILDING}*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in root.glob(f"{CURRENT}.*"):
        left.unlink(missing_ok=True)


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksum(path: Path) -> str:
    """Every open reads every byte, so the quick check against damage: nobody forges an index in our own folder."""
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            crc = zlib.crc32(piece, crc)
    return f"{path.stat().st_size}-{crc:08x}"


def _seal(manifest: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
