"""Files made by hand, byte by byte: small whole pictures with what cameras add, and the tricks that uploads are tried with."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache

SECRET = b"GPS 0.3476 N 32.5825 E, Ada's phone"  # what must never be kept


def reader(content: bytes) -> Callable[[int, int], bytes]:
    return lambda at, length: content[at : at + length]


def whole(pieces: Iterator[bytes]) -> bytes:
    return b"".join(pieces)


def exif(orientation: int = 1, order: str = ">") -> bytes:
    """A TIFF block with an orientation and a text that tells where and whose."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(order + "HHII", 0x010E, 2, len(SECRET), 38)
    return mark + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0) + SECRET


def segment(mark: int, content: bytes) -> bytes:
    return bytes([0xFF, mark]) + struct.pack(">H", len(content) + 2) + content


JPEG_PIXELS = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56" * 30_000
JPEG_TABLES = segment(0xDB, b"\0" + bytes(range(1, 65))) + segment(0xC0, b"\x08\0\x01\0\x01\x01\x01\x11\0")
JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")


def jpeg(orientation: int = 1, *, order: str = ">", after: bytes = b"", end: bytes = b"\xff\xd9") -> bytes:
    """A JPEG as a phone makes it: EXIF with place, XMP, IPTC, a comment, a colour profile, then the pixels."""
    told = segment(0xE1, b"Exif\0\0" + exif(orientation, order)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET)
    told += segment(0xED, b"Photoshop 3.0\0" + SECRET) + segment(0xFE, SECRET) + segment(0xE4, SECRET)
    profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01profile") + segment(0xE2, b"MPF\0" + SECRET)
    return b"\xff\xd8" + JFIF + told + profile + JPEG_TABLES + JPEG_PIXELS + end + after


def chunk(word: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + word + content + struct.pack(">I", zlib.crc32(word + content))


PNG_HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 2, 0, 0, 0))
PNG_PIXELS = chunk(b"IDAT", zlib.compress(b"\0\x12\x34\x56"))


def png(*more: bytes, after: bytes = b"") -> bytes:
    told = b"".join(chunk(word, SECRET) for word in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"prVt"))
    return PNG_HEAD + chunk(b"gAMA", b"\0\0\xb1\x8f") + told + b"".join(more) + PNG_PIXELS + chunk(b"IEND", b"") + after


def riff(word: bytes, content: bytes) -> bytes:
    return word + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


WEBP_PIXELS = riff(b"VP8L", b"\x2f\0\0\0\0\x88\x88\x08" * 9 + b"odd")


def webp(after: bytes = b"") -> bytes:
    header = riff(b"VP8X", b"\x2c\0\0\0" + bytes(6))  # EXIF, XMP and a profile follow
    chunks = header + riff(b"ICCP", b"profile") + WEBP_PIXELS + riff(b"EXIF", exif()) + riff(b"XMP ", SECRET)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks + after


GIF_HEAD = b"GIF89a\x01\0\x01\0\x80\0\0" + b"\0\0\0\xff\xff\xff"
GIF_FRAME = b"!\xf9\x04\0\0\0\0\0" + b",\0\0\0\0\x01\0\x01\0\0" + b"\x02\x02\x44\x01\0"
GIF_LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"


def gif(*, comment: bytes = SECRET, after: bytes = b"") -> bytes:
    told = b"!\xfe" + bytes([len(comment)]) + comment + b"\0"
    program = b"!\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\0"
    return GIF_HEAD + GIF_LOOP + told + program + GIF_FRAME + b";" + after


def box(word: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + word + content


def heic(brand: bytes = b"heic", *, places: int = 1) -> bytes:
    """A HEIC with its picture, EXIF and XMP as items, each in `mdat`, and a maker's box behind."""
    pixels, told = b"PIXELS" * 20_000, SECRET
    entries = b"".join(
        box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", item, 0) + word + b"\0")
        for item, word in ((1, b"hvc1"), (2, b"Exif"), (3, b"mime"))
    )
    start = box(b"ftyp", brand + b"\0\0\0\0mif1" + brand)
    listed = box(b"iinf", b"\0\0\0\0" + struct.pack(">H", 3) + entries)
    size_of_meta = 8 + 4 + len(listed) + 8 + 4 + 4 + (6 * 3) + 8 * (2 + places)
    data = len(start) + size_of_meta + 8
    spots = ((1, data, len(pixels)), (2, data + len(pixels), len(told)), (3, data + len(pixels) + len(told), len(told)))
    located = b"\0\0\0\0\x44\x00" + struct.pack(">H", 3)
    for item, offset, length in spots:
        extents = struct.pack(">II", offset, length) * (places if item == 1 else 1)
        located += struct.pack(">HHH", item, 0, places if item == 1 else 1) + extents
    meta = box(b"meta", b"\0\0\0\0" + listed + box(b"iloc", located))
    assert len(meta) == size_of_meta
    return start + meta + box(b"mdat", pixels + told + told) + box(b"mpvd", told)


def pdf(head: bytes = b"") -> bytes:
    return b"%PDF-1.4\n" + head + b"1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


def zipped(names: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return made.getvalue()


@cache
def many_files_zip(count: int = 100_000) -> bytes:
    """A zip that holds `count` empty files (more than 65,535: a Zip64 end record)."""
    return zipped({f"{number}": b"" for number in range(count)}, zipfile.ZIP_STORED)


def zip_bomb(claimed: int = 4_000_000_000) -> bytes:
    """A zip of a few bytes whose one file says that it becomes `claimed` bytes."""
    made = bytearray(zipped({"zeros.txt": b"\0" * 1000}))
    at = made.rfind(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", claimed)
    return bytes(made)


def gzip_bomb() -> bytes:
    return gzip.compress(b"small", mtime=0)[:-4] + struct.pack("<I", 900_000_000)


def program() -> bytes:
    return b"MZ\x90\0\x03\0\0\0" + bytes(200) + b"This program cannot be run in DOS mode."


XML_BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<lolz>&lol1;</lolz>
"""
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EICAR = (
    b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)  # two halves: scanners read repositories too
