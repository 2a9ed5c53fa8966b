"""Proof of work: only the work that was asked for, for this request and in time, counts."""

import hashlib
from datetime import timedelta

import pytest

from deflect_api.intake.abuse import proof_of_work
from deflect_api.intake.abuse.proof_of_work import LIFE, Challenge, challenge, is_done, solve, zero_bits
from tests.conftest import MONDAY

SECRET, KEY = "a secret of the tests", "a-key-of-the-form"


def asked(bits: int = 8, key: str = KEY) -> Challenge:
    return challenge(SECRET, key, bits=bits, now=MONDAY)


def accepted(work: str, key: str = KEY, secret: str = SECRET, later: timedelta = timedelta()) -> bool:
    return is_done(secret, work, key=key, now=MONDAY + later)


def test_work_that_was_done_is_accepted_until_the_challenge_expires() -> None:
    work = solve(asked())
    assert accepted(work)
    assert accepted(work, later=LIFE)
    assert not accepted(work, later=LIFE + timedelta(seconds=1))
    assert asked().seconds == LIFE.total_seconds()


def test_the_work_is_what_the_protocol_says() -> None:
    """Whoever writes another solver needs no more than this."""
    work = solve(asked(bits=12))
    token, _, number = work.rpartition(":")
    assert token == asked(bits=12).token
    assert number.isdigit()
    assert hashlib.sha256(work.encode()).hexdigest().startswith("000")
    assert asked().algorithm == "SHA-256"


def test_work_that_was_not_done_is_refused() -> None:
    token = asked().token
    done = int(solve(asked()).rpartition(":")[2])
    assert done > 0
    assert not any(accepted(f"{token}:{number}") for number in range(done))


def test_work_is_good_for_its_own_request_only() -> None:
    assert not accepted(solve(asked()), key="another-key-of-a-form")


def test_a_forged_challenge_is_refused() -> None:
    easy = challenge("a guessed secret", KEY, bits=1, now=MONDAY)
    assert accepted(solve(easy), secret="a guessed secret")
    assert not accepted(solve(easy))
    token = asked(bits=1).token
    assert not accepted(solve(Challenge(token[:-1] + ("A" if token[-1] != "A" else "B"), 1)))


def test_a_challenge_from_the_future_is_refused() -> None:
    assert not accepted(solve(asked()), later=-timedelta(minutes=6))


@pytest.mark.parametrize("work", ["", ":", "x", "x:1", "é:1", "\ud800:1", "a" * 10_000, "W10.abc:1", asked().token])
def test_what_is_no_work_is_refused_calmly(work: str) -> None:
    assert not accepted(work)


def test_the_bits_are_those_that_were_asked_for() -> None:
    for bits in (1, 4, 9):
        assert zero_bits(solve(asked(bits=bits))) >= bits
    assert zero_bits("x") == 256 - int(hashlib.sha256(b"x").hexdigest(), 16).bit_length()
    assert len(asked(bits=24).token) < proof_of_work.LONGEST - 20
