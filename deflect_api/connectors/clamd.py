"""The virus scanner clamd, asked over its INSTREAM command. It either says what it found, or an error of ours says why not.

Format: https://docs.clamav.net/manual/Usage/Scanning.html and the manual page clamd(8).
"""

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from deflect_api.errors import PermanentFailure, TemporaryFailure

SECONDS = 20.0
LONGEST_ANSWER = 4096


class Scanner(Protocol):
    def scan(self, pieces: Iterable[bytes]) -> str:
        """Return the name of what was found in a file, or "". Raises a DeliveryError when it could not be looked at."""


class Clamd:
    """`address` is tcp://host:port or unix:/path; `seconds` is how long each step may take."""

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        self.place = _place(address)
        self.seconds = seconds

    def scan(self, pieces: Iterable[bytes]) -> str:
        try:
            with self._connected() as line:
                answer = _ask(line, pieces)
        except OSError as error:
            told = error.strerror or type(error).__name__
            raise TemporaryFailure(f"the virus scanner could not be reached: {told}") from error
        return _read(answer)

    def _connected(self) -> socket.socket:
        if isinstance(self.place, tuple):
            return socket.create_connection(self.place, self.seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(self.seconds)
        try:
            line.connect(self.place)
        except OSError:
            line.close()
            raise
        return line


def _place(address: str) -> tuple[str, int] | str:
    """Read an address of support.yml, checked there: host and port, or a path."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        return rest
    host, _, port = rest.removeprefix("//").rpartition(":")
    return host, int(port)


def _ask(line: socket.socket, pieces: Iterable[bytes]) -> bytes:
    with suppress(BrokenPipeError, ConnectionResetError):  # it has seen enough, and its answer says why
        line.sendall(b"zINSTREAM\0")
        for piece in pieces:
            if piece:  # a piece of length 0 would be the end
                line.sendall(len(piece).to_bytes(4) + piece)
        line.sendall(bytes(4))
    answer = b""
    while len(answer) < LONGEST_ANSWER and not answer.endswith(b"\0") and (more := line.recv(LONGEST_ANSWER)):
        answer += more
    return answer


def _read(answer: bytes) -> str:
    told = answer.rstrip(b"\0\n").decode("utf-8", "replace").removeprefix("stream: ")
    if told == "OK":
        return ""
    if told.endswith(" FOUND"):
        return told.removesuffix(" FOUND")
    if "size limit exceeded" in told:
        raise PermanentFailure("the virus scanner takes no file of this size. Raise StreamMaxLength in its clamd.conf.")
    raise TemporaryFailure(f"the virus scanner answered {told[:200]!r}")
