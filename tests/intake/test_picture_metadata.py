"""Pictures keep their pixels byte for byte and lose what tells place, time, device and person."""

import struct
import tracemalloc

import hypothesis
import pytest
from hypothesis import strategies as some

from deflect_api.intake.files import picture_metadata
from deflect_api.intake.files.heif_metadata import Damaged
from tests.intake import made_files as made
from tests.intake.made_files import SECRET, reader, whole

PICTURES = {
    "jpeg": made.jpeg(),
    "png": made.png(),
    "webp": made.webp(),
    "gif": made.gif(),
    "heif": made.heic(),
    "avif": made.heic(b"avif"),
}


def clean(kind: str, content: bytes) -> bytes:
    return whole(picture_metadata.cleaned(kind, reader(content), len(content)))


@pytest.mark.parametrize("kind", PICTURES)
def test_nothing_that_tells_place_or_person_is_left(kind: str) -> None:
    assert SECRET in PICTURES[kind]
    cleaned = clean(kind, PICTURES[kind])
    assert SECRET not in cleaned
    assert b"GPS" not in cleaned
    assert clean(kind, cleaned) == cleaned


def test_a_jpeg_keeps_pixels_tables_and_colours_and_nothing_else() -> None:
    cleaned = clean("jpeg", made.jpeg())
    profile = made.segment(0xE2, b"ICC_PROFILE\0\x01\x01profile")
    assert cleaned == b"\xff\xd8" + made.JFIF + profile + made.JPEG_TABLES + made.JPEG_PIXELS + b"\xff\xd9"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("way", range(1, 9))
def test_a_jpeg_still_knows_which_way_up_it_is(way: int, order: str) -> None:
    cleaned = clean("jpeg", made.jpeg(way, order=order))
    smallest = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", way) + bytes(6)
    assert (smallest in cleaned) == (way != 1)
    assert (b"Exif" in cleaned) == (way != 1)


def test_what_follows_the_end_of_a_picture_goes() -> None:
    for kind, make in (("jpeg", made.jpeg), ("png", made.png), ("webp", made.webp), ("gif", made.gif)):
        assert clean(kind, make(after=b"*/=1;alert(1)//<script>")) == clean(kind, make()), kind


def test_a_jpeg_whose_end_was_lost_on_the_way_is_kept() -> None:
    cleaned = clean("jpeg", made.jpeg(end=b""))
    assert cleaned.endswith(made.JPEG_PIXELS)
    assert SECRET not in cleaned


def test_a_jpeg_of_several_scans_keeps_them_all() -> None:
    more = made.segment(0xC4, b"\0" * 17) + made.JPEG_PIXELS
    cleaned = clean("jpeg", made.jpeg(end=more + b"\xff\xff\xd9"))
    assert cleaned.endswith(made.JPEG_PIXELS + more + b"\xff\xd9")


@pytest.mark.parametrize(
    "told", [b"", b"II", b"MM\0*\0\0\0\x08", b"MM\0*\xff\xff\xff\xff\0\0", b"MM\0*\0\0\0\x08\xff\xff" + b"\1" * 30]
)
def test_exif_that_cannot_be_read_is_dropped(told: bytes) -> None:
    content = b"\xff\xd8" + made.segment(0xE1, b"Exif\0\0" + told) + made.JPEG_TABLES + made.JPEG_PIXELS + b"\xff\xd9"
    assert clean("jpeg", content) == b"\xff\xd8" + made.JPEG_TABLES + made.JPEG_PIXELS + b"\xff\xd9"


def test_a_png_keeps_its_parts_with_their_sums() -> None:
    moving = made.chunk(b"acTL", bytes(8))
    cleaned = clean("png", made.png(moving))
    assert cleaned == made.PNG_HEAD + made.chunk(b"gAMA", b"\0\0\xb1\x8f") + moving + made.PNG_PIXELS + made.chunk(b"IEND", b"")


def test_a_webp_says_no_longer_that_metadata_follows() -> None:
    cleaned = clean("webp", made.webp())
    header = made.riff(b"VP8X", b"\x20\0\0\0" + bytes(6))
    chunks = header + made.riff(b"ICCP", b"profile") + made.WEBP_PIXELS
    assert cleaned == b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def test_a_gif_keeps_its_frames_and_its_loop() -> None:
    assert clean("gif", made.gif()) == made.GIF_HEAD + made.GIF_LOOP + made.GIF_FRAME + b";"


def test_a_heic_stays_as_long_as_it_was_and_keeps_its_picture() -> None:
    content = made.heic()
    cleaned = clean("heif", content)
    assert len(cleaned) == len(content)
    assert b"PIXELS" * 20_000 in cleaned
    assert cleaned[: content.index(b"PIXELS")] == content[: content.index(b"PIXELS")]


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("jpeg", b"\xff\xd8\xff"),
        ("jpeg", b"\xff\xd8\xff\xd9"),
        ("jpeg", b"\xff\xd8\xff/*<script>alert(1)//"),
        ("jpeg", b"\xff\xd8" + made.JFIF + b"\x00\x00"),
        ("jpeg", b"\xff\xd8" + b"\xff\xe0\0\0" * 9),
        ("jpeg", b"\xff\xd8" + made.JPEG_TABLES),
        ("png", made.PNG_HEAD),
        ("png", made.PNG_HEAD + made.chunk(b"IEND", b"")),
        ("png", made.PNG_HEAD + made.chunk(b"ABCD", b"") + made.PNG_PIXELS + made.chunk(b"IEND", b"")),
        ("png", b"\x89PNG\r\n\x1a\n" + made.PNG_PIXELS + made.chunk(b"IEND", b"")),
        ("png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        ("png", made.PNG_HEAD + b"\xff\xff\xff\xffIDAT"),
        ("webp", b"RIFF\xff\xff\0\0WEBPVP8 "),
        ("webp", b"RIFF" + struct.pack("<I", 4) + b"WEBP"),
        ("webp", b"RIFF" + struct.pack("<I", 30) + b"WEBP" + made.riff(b"VP8X", b"") + made.riff(b"VP8 ", b"0123456789")),
        ("webp", b"RIFF" + struct.pack("<I", 14) + b"WEBPVP8 \xff\0\0\0ab"),
        ("gif", b"GIF89a=1;alert(1);//"),
        ("gif", b"GIF89a/*\0\0*/=1;alert(1)//"),
        ("gif", made.GIF_HEAD + b";"),
        ("gif", made.GIF_HEAD + made.GIF_FRAME),
        ("heif", made.box(b"ftyp", b"heic\0\0\0\0")),
        ("heif", made.box(b"ftyp", b"heic\0\0\0\0") + made.box(b"meta", b"\0\0\0\0")),
        ("heif", made.heic()[:-5]),
        ("heif", made.heic().replace(b"infe\x02", b"infe\x01")),
        ("heif", made.heic(places=65_000)),
        ("heif", made.box(b"ftyp", b"heic") + made.box(b"free", b"") * 6000),
    ],
)
def test_what_is_not_built_as_a_picture_is_damaged(kind: str, broken: bytes) -> None:
    with pytest.raises(Damaged):
        clean(kind, broken)


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        ("gif", made.GIF_HEAD + b"!\xfe" + b"\x01a" * 1_000_000 + b"\0" + made.GIF_FRAME + b";"),
        ("jpeg", b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000 + made.JPEG_TABLES + made.JPEG_PIXELS + b"\xff\xd9"),
    ],
)
def test_a_picture_of_millions_of_parts_is_given_up(kind: str, broken: bytes) -> None:
    with pytest.raises(Damaged):
        clean(kind, broken)


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(kind=some.sampled_from(sorted(PICTURES)), at=some.integers(0, 2000), byte=some.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reading(kind: str, at: int, byte: int) -> None:
    content = bytearray(PICTURES[kind])
    content[at % len(content)] = byte
    try:
        cleaned = clean(kind, bytes(content))
    except Damaged:
        return
    assert len(cleaned) <= len(content)


def test_cleaning_holds_a_piece_at_a_time_and_never_the_picture() -> None:
    content = made.jpeg(end=made.JPEG_PIXELS * 40 + b"\xff\xd9")
    assert len(content) > 8_000_000
    tracemalloc.start()
    for piece in picture_metadata.cleaned("jpeg", reader(content), len(content)):
        assert len(piece) <= 66_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000
