"""The virus scanner, over real sockets: what it finds is told, and whatever goes wrong is an error of ours."""

from pathlib import Path

import pytest

from deflect_api.connectors.clamd import Clamd
from deflect_api.errors import PermanentFailure, TemporaryFailure
from tests.clamd_server import clamd
from tests.intake.made_files import EICAR
from tests.postgres import free_port


def test_a_clean_file_and_a_virus_are_told_apart_over_tcp() -> None:
    with clamd() as server:
        scanner = Clamd(server.address)
        assert scanner.scan([b"a", b"", b"b" * 100_000]) == ""
        assert scanner.scan([b"before", EICAR[:30], EICAR[30:]]) == "Eicar-Signature"
        assert scanner.scan([]) == ""
        assert server.seen == [b"a" + b"b" * 100_000, b"before" + EICAR, b""]


def test_a_scanner_may_listen_on_a_unix_socket(tmp_path: Path) -> None:
    with clamd(tmp_path / "clamd.sock") as server:
        assert Clamd(server.address).scan([EICAR]) == "Eicar-Signature"


@pytest.mark.parametrize("answer", ["close", "stream: Can't allocate memory ERROR", "UNKNOWN COMMAND", "stream: "])
def test_an_answer_that_is_no_verdict_is_a_temporary_failure(answer: str) -> None:
    with clamd() as server:
        server.answer = answer
        with pytest.raises(TemporaryFailure, match="virus scanner"):
            Clamd(server.address).scan([b"a"])


@pytest.mark.parametrize("socket", [None, "clamd.sock"])
def test_a_scanner_that_hangs_is_left_after_its_time(tmp_path: Path, socket: str | None) -> None:
    with clamd(tmp_path / socket if socket else None) as server:
        server.answer = "hang"
        with pytest.raises(TemporaryFailure, match="could not be reached"):
            Clamd(server.address, seconds=0.05).scan([b"a"])


def test_a_scanner_that_is_down_is_a_temporary_failure(tmp_path: Path) -> None:
    for address in (f"tcp://127.0.0.1:{free_port()}", f"unix:{tmp_path / 'nothing'}"):
        with pytest.raises(TemporaryFailure, match="could not be reached"):
            Clamd(address).scan([b"a"])


def test_a_file_that_the_scanner_finds_too_large_needs_a_human_who_raises_its_limit() -> None:
    with clamd() as server, pytest.raises(PermanentFailure, match="StreamMaxLength"):
        Clamd(server.address).scan(b"x" * 65_536 for _ in range(200))
