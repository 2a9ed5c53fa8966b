"""HEIC and AVIF (ISO 23008-12) with their EXIF, XMP and unknown boxes blanked out. Pure.

Nothing is moved: the boxes name places in the file, so what tells too much becomes zeros where it stands.
"""

from collections.abc import Callable, Iterator

Read = Callable[[int, int], bytes]
Span = tuple[int, int]

PIECE = 65_536
MOST_META = 1_000_000
MOST_BOXES, MOST_PLACES = 5000, 20_000
KEPT = (b"ftyp", b"meta", b"mdat", b"moov")
TELLING = (b"Exif", b"mime", b"uri ")  # EXIF, XMP, and what else is described by a media type or an address


class Damaged(Exception):
    """The file is not built as its kind is."""


class _Bytes:
    """A place in a box, read from left to right."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, length: int) -> bytes:
        taken = self.data[self.at : self.at + length]
        if len(taken) < length:
            raise Damaged
        self.at += length
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length))


def cleaned(read: Read, size: int) -> Iterator[bytes]:
    """Yield the file in pieces, as long as it was. Raises Damaged before the first piece."""
    blank = _to_blank(read, size)
    for at in range(0, size, PIECE):
        piece = bytearray(read(at, PIECE))
        for start, end in blank:
            low, high = max(start - at, 0), min(end - at, len(piece))
            if low < high:
                piece[low:high] = bytes(high - low)
        yield bytes(piece)


def _to_blank(read: Read, size: int) -> list[Span]:
    spans: list[Span] = []
    described = False
    for word, start, end in _boxes(read, 0, size):
        if word == b"meta" and end - start <= MOST_META:
            spans += _told(read(start, end - start), start, size)
            described = True
        elif word not in KEPT:
            spans.append((start, end))
    if not described:
        raise Damaged
    return spans


def _boxes(read: Read, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's word and where its content starts and ends."""
    for _ in range(MOST_BOXES):
        if at == end:
            return
        header = read(at, 16)
        if len(header) < 8:
            raise Damaged
        length, word, start = int.from_bytes(header[:4]), header[4:8], at + 8
        if length == 1:
            length, start = int.from_bytes(header[8:16]), at + 16
        stop = end if length == 0 else at + length
        if not start <= stop <= end:
            raise Damaged
        yield word, start, stop
        at = stop
    raise Damaged


def _told(meta: bytes, offset: int, size: int) -> list[Span]:
    """Find where the items that tell too much are, from the lists of items and of their places."""
    boxes = {word: (start, end) for word, start, end in _boxes(lambda at, length: meta[at : at + length], 4, len(meta))}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        raise Damaged
    telling = _telling_items(meta[slice(*boxes[b"iinf"])])
    inside = offset + boxes.get(b"idat", (0, 0))[0]
    spans = [span for item, span in _places(_Bytes(meta[slice(*boxes[b"iloc"])]), inside) if item in telling]
    if any(end > size for _, end in spans):
        raise Damaged
    return spans


def _telling_items(listed: bytes) -> set[int]:
    version = _Bytes(listed).number(1)
    found = set()
    for word, start, end in _boxes(lambda at, length: listed[at : at + length], 6 if version == 0 else 8, len(listed)):
        entry = _Bytes(listed[start:end])
        kind = entry.number(1)
        if word != b"infe" or kind not in (2, 3):
            raise Damaged
        entry.take(3)
        item = entry.number(4 if kind == 3 else 2)
        entry.take(2)
        if entry.take(4) in TELLING:
            found.add(item)
    return found


def _places(listed: _Bytes, inside: int) -> Iterator[tuple[int, Span]]:
    """Yield each item's number with each of its places in the file."""
    version = listed.number(1)
    listed.take(3)
    sizes = listed.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, (sizes & 15 if version else 0)
    found = 0
    for _ in range(listed.number(4 if version == 2 else 2)):
        item = listed.number(4 if version == 2 else 2)
        method = listed.number(2) & 15 if version else 0
        listed.take(2)
        start = listed.number(base) + (inside if method == 1 else 0)
        for _ in range(listed.number(2)):
            found += 1
            if found > MOST_PLACES:
                raise Damaged
            listed.take(index)
            begin = start + listed.number(offset)
            yield item, (begin, begin + listed.number(length))
