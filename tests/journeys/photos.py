"""Pictures for the journeys: real ones, made here, that know where they were taken."""

import base64
import random
import struct
import zlib
from typing import Any

from playwright.sync_api import Locator, Page

from tests.journeys.installation import Installation

PLACE = b"Exif\x00\x00 -1.2921 36.8219 Nairobi"
DRAW = """async ([width, height]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d"), pixels = pen.createImageData(width, height);
  for (let at = 0; at < pixels.data.length; at += 65536) crypto.getRandomValues(pixels.data.subarray(at, at + 65536));
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
  pen.putImageData(pixels, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
  const reader = new FileReader();
  return new Promise((done) => { reader.onload = () => done(reader.result.split(",")[1]); reader.readAsDataURL(blob); });
}"""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(seed: int, width: int = 500, height: int = 500) -> tuple[bytes, bytes]:
    """Return a picture of noise, about 3 bytes a pixel, that names a place, and the same without the place."""
    noise = random.Random(seed)
    rows = b"".join(b"\x00" + noise.randbytes(width * 3) for _ in range(height))
    begin = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    end = _chunk(b"IDAT", zlib.compress(rows, 0)) + _chunk(b"IEND", b"")
    return begin + _chunk(b"eXIf", PLACE) + end, begin + end


def jpeg(page: Page, width: int, height: int) -> bytes:
    """Draw a photo in the browser, and write a place into it as a phone does."""
    plain = base64.b64decode(page.evaluate(DRAW, [width, height]))
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(PLACE) + 2) + PLACE + plain[2:]


def upload(name: str, content: bytes, kind: str = "image/png") -> Any:
    """A file as Playwright hands it to a page."""
    return {"name": name, "mimeType": kind, "buffer": content}


def add(page: Page, *files: Any) -> None:
    """Choose files as the file dialogue does."""
    page.locator("#files").set_input_files(list(files))


def listed(page: Page, name: str) -> Locator:
    """The line of one file on the page."""
    return page.locator(".file-list li").filter(has_text=name)


def kept(portal: Installation, number: str) -> dict[str, bytes]:
    """Read what the service keeps of a request's files, from its disk."""
    rows = portal.rows("SELECT name, stored_as FROM upload WHERE ticket_id = ? AND state = 'kept'", number)
    return {name: (portal.home / "files" / "kept" / stored_as).read_bytes() for name, stored_as in rows}
