"""Zips are bounded by what their directory says, and nothing is unpacked to find out."""

import io
import struct
import zipfile

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.intake.files import zip_bounds
from deflect_api.store.shelf import Snapshot
from tests.intake import made_files as made


class Counted:
    """Bytes that count how much of them was read."""

    def __init__(self, content: bytes) -> None:
        self.content, self.given = content, 0

    def read(self, at: int, length: int) -> bytes:
        taken = self.content[at : at + length]
        self.given += len(taken)
        return taken


def problem(content: bytes) -> str:
    return zip_bounds.problem(made.reader(content), len(content))


def test_an_ordinary_zip_is_fine_and_so_is_one_inside_another() -> None:
    inner = made.zipped({f"photo-{number}.jpg": b"x" * 1000 for number in range(50)})
    assert problem(inner) == ""
    assert problem(made.zipped({"inner.zip": inner, "again.zip": inner})) == ""
    assert problem(made.zipped({"log.txt": b"the same line again\n" * 100_000})) == ""


def test_100_000_files_are_refused_before_the_directory_is_read() -> None:
    counted = Counted(made.many_files_zip())
    assert len(counted.content) > 8_000_000
    assert zip_bounds.problem(counted.read, len(counted.content)) == "many_entries"
    assert counted.given < 66_000


def test_60_000_files_are_refused_by_the_plain_end_record_too() -> None:
    assert problem(made.many_files_zip(60_000)) == "many_entries"
    assert problem(made.many_files_zip(9_999)) == ""


@pytest.mark.parametrize(("claimed", "told"), [(4_294_967_295, "zip_bomb"), (60_000_000, "zip_bomb"), (40_000_000, "")])
def test_what_a_file_says_it_becomes_is_bounded_absolutely_and_by_its_size(claimed: int, told: str) -> None:
    assert problem(made.zip_bomb(claimed)) == told


def test_a_large_zip_has_an_absolute_bound_too() -> None:
    content = bytearray(made.zipped({"pad": b"p" * 6_000_000, "log.txt": b"l"}, zipfile.ZIP_STORED))
    at = content.rfind(b"PK\x01\x02")
    for claimed, told in ((900_000_000, ""), (1_100_000_000, "zip_bomb")):
        content[at + 24 : at + 28] = struct.pack("<I", claimed)
        assert problem(bytes(content)) == told


@pytest.mark.parametrize(("mark", "field"), [(b"PK\x06\x06", 40), (b"PK\x06\x06", 48), (b"PK\x06\x07", 8)])
def test_a_place_beyond_all_files_is_never_looked_at(mark: bytes, field: int) -> None:
    content = bytearray(made.many_files_zip(70_000))
    at = content.rfind(mark) + field
    content[at : at + 8] = b"\xff" * 8
    file = Snapshot(io.BytesIO(bytes(content)))
    assert zip_bounds.problem(file.read, file.size) == "damaged"


def test_many_files_that_share_their_bytes_are_counted_each() -> None:
    one = made.zipped({"a": b"a"})
    entry, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    header = bytearray(one[entry:end])
    header[24:28] = struct.pack("<I", 200_000_000)
    directory = bytes(header) * 6
    finish = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 6, 6, len(directory), entry, 0)
    assert problem(one[:entry] + directory + finish) == "zip_bomb"


@pytest.mark.parametrize(
    "broken",
    [
        b"PK\x03\x04 and no end",
        made.zipped({"a": b"a"})[:-1],
        made.zipped({"a": b"a"}).replace(b"PK\x01\x02", b"PK\x01\x03"),
        made.many_files_zip(70_000).replace(b"PK\x06\x07", b"PK\x06\x08"),
        made.many_files_zip(70_000).replace(b"PK\x06\x06", b"PK\x06\x08"),
        b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0),
        b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 1_000_000, 0),
        b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 0xFFFF, 46, 0, 0),
        b"PK\x03\x04" + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 46, 1_000_000, 0),
    ],
)
def test_a_directory_that_is_not_where_it_should_be_is_damaged(broken: bytes) -> None:
    assert problem(broken) == "damaged"


def test_an_end_record_that_counts_too_few_is_damaged() -> None:
    content = bytearray(made.many_files_zip(300))
    at = content.rfind(b"PK\x05\x06")
    content[at + 8 : at + 12] = struct.pack("<2H", 2, 2)
    assert problem(bytes(content)) == "damaged"


def test_an_empty_zip_and_programs_are_told_apart() -> None:
    assert problem(made.zipped({})) == "empty"
    assert problem(made.zipped({"a": b"a", "AndroidManifest.xml": b"\0"})) == "program"
    assert problem(made.zipped({"lib/META-INF/MANIFEST.MF": b"a"})) == ""


def test_a_comment_of_the_longest_kind_hides_nothing() -> None:
    content = made.zipped({"a": b"a"})
    content = content[:-2] + struct.pack("<H", 65_535) + b"c" * 65_535
    assert problem(content) == ""


@hypothesis.settings(max_examples=200, deadline=None)
@hypothesis.given(at=some.integers(0, 400), byte=some.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reading(at: int, byte: int) -> None:
    content = bytearray(made.zipped({"a.txt": b"a" * 50, "b.txt": b"b"}, zipfile.ZIP_STORED))
    content[at % len(content)] = byte
    assert problem(bytes(content)) in ("", "damaged", "empty", "many_entries", "zip_bomb", "program")
