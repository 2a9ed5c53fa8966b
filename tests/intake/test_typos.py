"""Mistyped mail addresses: hinted at when a common one is one slip away, and never when the domain is real."""

import pytest

from deflect_api.intake.wording.typos import better


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@gmial.con", "ada@gmail.com"),
        ("ada@gmai.com", "ada@gmail.com"),
        ("ada@gmaill.com", "ada@gmail.com"),
        (" Ada@GMIAL.com ", "Ada@gmail.com"),
        ("ada@yahho.com", "ada@yahoo.com"),
        ("ada@hotmial.com", "ada@hotmail.com"),
        ("ada@outlok.com", "ada@outlook.com"),
        ("ada@water.example.ogr", "ada@water.example.org"),
    ],
)
def test_a_slip_is_seen(typed: str, meant: str) -> None:
    assert better(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "ada@gmail.com",
        "ada@GMAIL.com",
        "ada@mail.com",
        "ada@ymail.com",
        "ada@example.org",
        "ada@akvo.org",
        "ada@yahoo.es",
        "ada@yahoo.com.br",
        "ada",
        "@gmial.com",
        "ada@gmial",
        "",
        "a@b@c",
    ],
)
def test_a_right_or_foreign_address_is_left_alone(typed: str) -> None:
    assert better(typed) == ""
