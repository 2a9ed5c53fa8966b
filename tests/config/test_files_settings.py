"""The block `files` of support.yml: how many, how large, and which scanner; what cannot be is told before anything is served."""

import pytest
from pydantic import ValidationError

from deflect_api.config.support import Files


def test_five_files_of_ten_megabytes_and_no_scanner_unless_set_otherwise() -> None:
    files = Files()
    assert (files.most, files.megabytes, files.scanner) == (5, 10, "")
    assert (files.bytes_each, files.bytes_together) == (10_485_760, 52_428_800)


@pytest.mark.parametrize(
    "address",
    ["", "tcp://127.0.0.1:3310", "tcp://clamav.internal.example.org:65535", "unix:/run/clamav/clamd.ctl"],
)
def test_a_scanner_is_on_a_port_or_a_unix_socket(address: str) -> None:
    assert Files(scanner=address).scanner == address


@pytest.mark.parametrize(
    "address",
    [
        "clamd",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://:3310",
        "tcp://a:99999",
        "tcp:a:1",
        "unix:run/x",
        "http://a:1",
        "tcp://a:1/x",
    ],
)
def test_an_address_that_cannot_be_is_told_with_the_two_that_can(address: str) -> None:
    with pytest.raises(ValidationError, match=r"tcp://host:port or unix:/path"):
        Files(scanner=address)


@pytest.mark.parametrize("wrong", [{"most": -1}, {"most": 21}, {"megabytes": 0}, {"megabytes": 101}, {"colour": "red"}])
def test_numbers_and_names_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Files(**wrong)  # type: ignore[arg-type]
