"""How much a zip would become, read from its directory alone. Pure; nothing is ever unpacked, so no zip can burst here."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[int, int], bytes]

MOST_ENTRIES = 10_000
MOST_UNPACKED = 1_000_000_000
ALWAYS_FINE = 50_000_000  # below this no ratio is too much: a log of one repeated line packs a thousandfold
MOST_RATIO = 200
_END, _ENTRY = struct.Struct("<4s4H2LH"), struct.Struct("<4s4x2H4x3L3H8xL")
_END64, _LOCATOR = struct.Struct("<4s28x3Q"), struct.Struct("<4s4xQ4x")
_LONGEST_END = 22 + 65_535
PROGRAMS = (b"AndroidManifest.xml", b"META-INF/MANIFEST.MF")  # an app for phones, a program in Java


@dataclass(frozen=True)
class _Directory:
    entries: int
    size: int
    offset: int


def problem(read: Read, size: int) -> str:
    """Name what is wrong with a zip: "damaged", "empty", "many_entries", "zip_bomb", "program"; "" when nothing is.

    `read(offset, length)` gives its bytes, `size` says how many there are. The count in the end record is looked at first.
    """
    directory = _directory(read, size)
    if directory is None:
        return "damaged"
    if directory.entries > MOST_ENTRIES:
        return "many_entries"
    if directory.entries == 0:
        return "empty"
    return _entries_problem(read, size, directory)


def _directory(read: Read, size: int) -> _Directory | None:
    """Find the end record: it is last but for a comment, so the last one counts."""
    start = max(0, size - _LONGEST_END)
    tail = read(start, _LONGEST_END)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        return None
    _, _, _, _, entries, length, offset, _ = _END.unpack_from(tail, at)
    if entries == 0xFFFF or 0xFFFFFFFF in (length, offset):
        return _directory64(read, start + at)
    return _Directory(entries, length, offset) if offset + length <= start + at else None


def _directory64(read: Read, end: int) -> _Directory | None:
    located = read(max(0, end - _LOCATOR.size), _LOCATOR.size)
    if len(located) < _LOCATOR.size or located[:4] != b"PK\x06\x07":
        return None
    at = _LOCATOR.unpack(located)[1]
    record = read(at, _END64.size) if at < end else b""
    if len(record) < _END64.size or record[:4] != b"PK\x06\x06":
        return None
    _, entries, length, offset = _END64.unpack(record)
    return _Directory(entries, length, offset) if offset + length <= end else None


def _entries_problem(read: Read, size: int, directory: _Directory) -> str:
    at, end, unpacked = directory.offset, directory.offset + directory.size, 0
    for _ in range(directory.entries):
        header = read(at, _ENTRY.size)
        if len(header) < _ENTRY.size or header[:4] != b"PK\x01\x02":
            return "damaged"
        _, _, _, _, _, becomes, name, extra, comment, _ = _ENTRY.unpack(header)
        if read(at + _ENTRY.size, name) in PROGRAMS:
            return "program"
        unpacked += becomes  # 4 GB and more is written as 4 GB here: too much either way
        at += _ENTRY.size + name + extra + comment
    if at != end:
        return "damaged"
    too_dense = unpacked > ALWAYS_FINE and unpacked > size * MOST_RATIO
    return "zip_bomb" if too_dense or unpacked > MOST_UNPACKED else ""
