"""Pictures without what they tell beside the picture: place, time, device, comments, thumbnails. Pure.

The pixels' bytes stay as they are. Only parts that are known to be needed are kept; whatever follows the end of the picture goes.
"""

import itertools
import re
import struct
from collections.abc import Callable, Iterator, Mapping

from deflect_api.intake.files import heif_metadata
from deflect_api.intake.files.heif_metadata import Damaged, Read

__all__ = ["CLEANERS", "Damaged", "cleaned"]

PIECE = 65_536
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT cICP mDCV cLLI".split()
)
_WEBP_KEPT = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP")
_WEBP_TELLS = 0b0000_1100  # the flags in VP8X that say: EXIF follows, XMP follows
_GIF_LOOPS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0")
_ORIENTATION = 0x0112
_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.S)  # neither a stuffed byte nor a restart of the pixels
MOST_READS = 300_000  # a picture of millions of empty parts is no picture


def cleaned(kind: str, read: Read, size: int) -> Iterator[bytes]:
    """Yield a picture's bytes without its metadata, in pieces. `read(offset, length)` gives the bytes it has.

    Raises Damaged, perhaps after some pieces, when it is not built as a picture of its `kind`.
    """
    reads = itertools.count()

    def counted(at: int, length: int) -> bytes:
        if next(reads) > MOST_READS:
            raise Damaged
        return read(at, length)

    return CLEANERS[kind](counted, size)


def _copy(read: Read, at: int, length: int) -> Iterator[bytes]:
    for start in range(at, at + length, PIECE):
        piece = read(start, min(PIECE, at + length - start))
        if not piece:
            raise Damaged
        yield piece


def _take(read: Read, at: int, length: int) -> bytes:
    taken = read(at, length)
    if len(taken) < length:
        raise Damaged
    return taken


def _jpeg(read: Read, size: int) -> Iterator[bytes]:
    yield b"\xff\xd8"
    at, seen_scan = 2, False
    while at < size or not seen_scan:
        mark = _take(read, at, 2)
        if mark[0] != 0xFF:
            raise Damaged
        if mark[1] == 0xFF:  # a filling byte
            at += 1
            continue
        if mark[1] == 0xD9:
            if not seen_scan:
                raise Damaged
            yield b"\xff\xd9"
            return
        length = 2 + int.from_bytes(_take(read, at + 2, 2))
        yield _segment(mark[1], _take(read, at, length))
        at += length
        if mark[1] == 0xDA:
            seen_scan = True
            end = _scan_end(read, at, size)
            yield from _copy(read, at, end - at)
            at = end


def _segment(mark: int, segment: bytes) -> bytes:
    """Keep a segment, drop it, or (EXIF) reduce it to which way up the picture is."""
    told = segment[4:]
    if mark == 0xE1 and told.startswith(b"Exif\0"):
        return _upright(told[6:])
    if 0xE0 <= mark <= 0xEF:
        wanted = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(mark)
        return segment if wanted and told.startswith(wanted) else b""
    return b"" if mark == 0xFE else segment


def _scan_end(read: Read, at: int, size: int) -> int:
    """Find where the compressed pixels end: at the next marker of a part."""
    while at < size:
        piece = read(at, PIECE)
        found = _MARK.search(piece)
        if found:
            return at + found.start()
        if len(piece) < 2:
            break
        at += len(piece) - (1 if piece.endswith(b"\xff") else 0)
    return size  # the line broke while it was copied: what is there can still be seen


def _upright(tiff: bytes) -> bytes:
    """Make the smallest EXIF segment that says which way up; none when it is upright or cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    way = _orientation(tiff, order) if order and len(tiff) >= 10 else 1
    if not 2 <= way <= 8:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, way, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _orientation(tiff: bytes, order: str) -> int:
    start = int(struct.unpack_from(order + "I", tiff, 4)[0])
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack_from(order + "H", tiff, start)[0]
    for at in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, _, _, way = struct.unpack_from(order + "HHIH", tiff, at)
        if tag == _ORIENTATION:
            return int(way)
    return 1


def _png(read: Read, size: int) -> Iterator[bytes]:
    yield _take(read, 0, 8)
    at, word, seen_pixels = 8, b"", False
    while word != b"IEND":
        first = not word
        length, word = int.from_bytes(_take(read, at, 4)), _take(read, at + 4, 4)
        if not word.isalpha() or at + 12 + length > size or first != (word == b"IHDR"):
            raise Damaged
        if word in _PNG_KEPT:
            yield from _copy(read, at, 12 + length)
        elif word[:1].isupper():  # a part without which the picture cannot be read, and nobody knows it
            raise Damaged
        seen_pixels = seen_pixels or word == b"IDAT"
        at += 12 + length
    if not seen_pixels:
        raise Damaged


def _webp(read: Read, size: int) -> Iterator[bytes]:
    end = 8 + int.from_bytes(_take(read, 4, 4), "little")
    if end > size:
        raise Damaged
    at, kept = 12, []
    while at + 8 <= end:
        word, length = _take(read, at, 4), int.from_bytes(_take(read, at + 4, 4), "little")
        whole = 8 + length + length % 2
        if at + 8 + length > end:
            raise Damaged
        if word in _WEBP_KEPT:
            kept.append((word, at, min(whole, size - at)))
        at += whole
    if not any(word in (b"VP8 ", b"VP8L", b"ANMF") for word, _, _ in kept):
        raise Damaged
    yield b"RIFF" + (4 + sum(length for _, _, length in kept)).to_bytes(4, "little") + b"WEBP"
    for word, at, length in kept:
        yield from _without_flags(_take(read, at, length)) if word == b"VP8X" else _copy(read, at, length)


def _without_flags(header: bytes) -> Iterator[bytes]:
    if len(header) < 9:
        raise Damaged
    yield header[:8] + bytes([header[8] & ~_WEBP_TELLS]) + header[9:]


def _gif(read: Read, _size: int) -> Iterator[bytes]:
    screen = _take(read, 0, 13)
    at = 13 + _colours(screen[10])
    yield from _copy(read, 0, at)
    seen_image = False
    while (mark := _take(read, at, 1)) != b";":
        if mark == b",":
            head = 10 + _colours(_take(read, at + 9, 1)[0]) + 1
            seen_image = True
        elif mark == b"!":
            head = 2
        else:
            raise Damaged
        end = _blocks_end(read, at + head)
        if mark == b"," or _is_drawn(_take(read, at, 14)):
            yield from _copy(read, at, end - at)
        at = end
    if not seen_image:
        raise Damaged
    yield b";"


def _colours(flags: int) -> int:
    return 3 * 2 ** (1 + flags % 8) if flags & 0x80 else 0


def _is_drawn(extension: bytes) -> bool:
    """Timing, drawn text and looping are part of the picture; comments and what programs left are not."""
    return extension[1] in (0xF9, 0x01) or (extension[1] == 0xFF and extension[2:14] in _GIF_LOOPS)


def _blocks_end(read: Read, at: int) -> int:
    while length := _take(read, at, 1)[0]:
        at += 1 + length
    return at + 1


CLEANERS: Mapping[str, Callable[[Read, int], Iterator[bytes]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "heif": heif_metadata.cleaned,
    "avif": heif_metadata.cleaned,
}
