"""A short run of the mail fuzz; `python -m bench.mail_fuzz` is the long one."""

from tests.second_line import fuzz


def test_whatever_was_typed_a_mail_goes_to_whom_it_should_with_the_headers_it_should_have() -> None:
    figures = fuzz.out(150, seed=7)
    assert figures.tried == 150
    assert figures.refused == 0
    assert figures.changed == []


def test_the_sink_notices_a_header_more() -> None:
    assert fuzz.out(5, seed=7, control=True).changed


def test_whatever_comes_in_is_read_or_said_to_be_unreadable() -> None:
    figures = fuzz.into(1500, seed=7)
    assert figures.failed == []
    assert figures.tried == 1500
