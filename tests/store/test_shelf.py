"""Files on disk: whole or not at all, under names of our own, and nothing half-written when the disk is full."""

import hashlib
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deflect_api.errors import Unavailable
from deflect_api.store.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "files")


def everything(shelf: Shelf) -> list[Path]:
    return sorted(path for path in shelf.folder.rglob("*") if path.is_file())


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size`: the kernel refuses, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_placed_file_is_whole_private_and_under_a_name_of_our_own(shelf: Shelf) -> None:
    placed = shelf.place([b"one", b"two"])
    assert (placed.size, placed.sha256) == (6, hashlib.sha256(b"onetwo").hexdigest())
    with shelf.open(placed.name) as file:
        assert file.read() == b"onetwo"
    assert everything(shelf) == [shelf.kept / placed.name]
    assert stat.S_IMODE((shelf.kept / placed.name).stat().st_mode) == 0o600
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700
    assert placed.name.isalnum()


def test_nothing_stays_of_a_file_whose_reading_fails_half_way(shelf: Shelf) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("not a picture after all")

    with pytest.raises(ValueError, match="not a picture"):
        shelf.place(pieces())
    assert everything(shelf) == []


def test_nothing_stays_of_a_file_for_which_there_is_no_room(shelf: Shelf) -> None:
    with at_most(100_000), pytest.raises(Unavailable, match="could not be stored"):
        shelf.place(b"x" * 65_536 for _ in range(3))
    assert everything(shelf) == []
    assert shelf.place([b"room again"]).size == 10


def test_pieces_are_put_together_and_a_repeated_one_changes_nothing(shelf: Shelf) -> None:
    shelf.append("a", 0, b"hello ")
    shelf.append("a", 6, b"world")
    shelf.append("a", 0, b"hello ")
    assert shelf.arrived("a") == 11
    with shelf.snapshot("a", 11) as file:
        assert file.read(0, 100) == b"hello world"
        assert list(file.pieces()) == [b"hello world"]


def test_a_piece_for_which_there_is_no_room_leaves_the_file_as_it_was(shelf: Shelf) -> None:
    shelf.append("a", 0, b"x" * 90_000)
    with at_most(100_000), pytest.raises(Unavailable):
        shelf.append("a", 90_000, b"y" * 90_000)
    assert shelf.arrived("a") == 90_000
    shelf.append("a", 90_000, b"y" * 90_000)
    assert shelf.arrived("a") == 180_000


def test_a_device_that_is_full_is_told_as_such(shelf: Shelf) -> None:
    shelf.append("a", 0, b"x")
    (shelf.arriving / "full").symlink_to("/dev/full")
    with pytest.raises(Unavailable):
        shelf.append("full", 0, b"y")


def test_a_snapshot_does_not_change_with_the_file_it_was_taken_of(shelf: Shelf) -> None:
    shelf.append("a", 0, b"harmless")
    with shelf.snapshot("a", 8) as file:
        shelf.append("a", 0, b"changed!")
        assert file.read(0, 8) == b"harmless"
    with shelf.snapshot("a", 4) as file:
        assert (file.size, file.read(0, 9)) == (4, b"chan")
    with shelf.snapshot("a", 99) as file:
        assert file.size == 8
    assert [path.name for path in everything(shelf)] == ["a"]


def test_a_folder_that_cannot_be_made_is_told_and_not_a_defect(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file stands where the folder should be")
    with pytest.raises(Unavailable):
        Shelf(tmp_path / "files").place([b"a"])


def test_dropping_what_is_not_there_is_fine(shelf: Shelf) -> None:
    shelf.drop("")
    shelf.drop("never-was")
    placed = shelf.place([b"a"])
    shelf.append("b", 0, b"b")
    for name in (placed.name, "b"):
        shelf.drop(name)
    assert everything(shelf) == []


def test_old_files_are_found_wherever_they_are(shelf: Shelf) -> None:
    assert shelf.older(9e9) == []
    placed = shelf.place([b"a"])
    shelf.append("b", 0, b"b")
    shelf.append("young", 0, b"c")
    for path in (shelf.kept / placed.name, shelf.arriving / "b"):
        os.utime(path, (1000, 1000))
    assert shelf.older(2000) == sorted([placed.name, "b"])
