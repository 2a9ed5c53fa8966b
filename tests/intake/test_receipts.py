"""Search receipts: ours, whole, recent and this session's, or the answer is to search first and nothing else."""

from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as some
from itsdangerous import URLSafeSerializer

from deflect_api.errors import SearchFirst
from deflect_api.intake.abuse import receipts
from deflect_api.intake.abuse.receipts import Receipt

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GIVEN = Receipt("s1", NOW, ("flow/install-the-app/", "flow/devices-list/"))
TEXT = receipts.issue("key", GIVEN)


def read(text: str, key: str = "key", session: str = "s1", now: datetime = NOW) -> Receipt:
    return receipts.read(key, text, session=session, now=now)


def refused(text: str, **how: object) -> str:
    with pytest.raises(SearchFirst) as error:
        read(text, **how)  # type: ignore[arg-type]
    assert error.value.fields == {"receipt": error.value.detail}
    assert error.value.detail.endswith(".")
    return error.value.detail


def test_a_receipt_says_who_searched_when_and_what_was_shown() -> None:
    assert read(TEXT) == GIVEN


def test_a_receipt_that_was_compressed_is_read_too() -> None:
    shown = [f"flow/an-article-with-a-long-name-{n}/" for n in range(9)]
    before = URLSafeSerializer("key", salt="receipt").dumps(["s1", int(NOW.timestamp()), shown])
    assert before[0] == b".".decode(), "so it says that it is compressed"
    assert read(str(before)) == Receipt("s1", NOW, tuple(shown))


def test_a_receipt_fits_into_a_form_and_an_address() -> None:
    assert TEXT.isascii()
    assert all(letter.isalnum() or letter in "-_." for letter in TEXT)


def test_no_receipt_asks_to_search_first() -> None:
    assert refused("").startswith("Search before sending")


@pytest.mark.parametrize("place", range(0, len(TEXT) - 1, 7))
def test_a_changed_receipt_is_refused(place: int) -> None:
    refused(TEXT[:place] + ("A" if TEXT[place] != "A" else "B") + TEXT[place + 1 :])


@pytest.mark.parametrize("length", range(0, len(TEXT), 9))
def test_a_cut_receipt_is_refused(length: int) -> None:
    refused(TEXT[:length])


def test_a_receipt_of_another_key_is_refused() -> None:
    assert "not issued here" in refused(TEXT, key="another key")


def test_a_signature_made_for_something_else_is_refused() -> None:
    refused(str(URLSafeSerializer("key", salt="status").dumps(["s1", int(NOW.timestamp()), []])))


def test_a_receipt_of_another_session_is_refused() -> None:
    assert "another session" in refused(TEXT, session="s2")


def test_a_form_without_a_session_takes_the_receipt_it_was_given() -> None:
    assert read(TEXT, session="") == GIVEN
    nobodys = Receipt("", NOW, ())
    assert read(receipts.issue("key", nobodys)) == nobodys


def test_a_receipt_lives_seven_days() -> None:
    assert read(TEXT, now=NOW + timedelta(days=7)) == GIVEN
    assert "7 days" in refused(TEXT, now=NOW + timedelta(days=7, seconds=1))


def test_a_receipt_from_the_future_is_refused_but_clocks_may_differ_a_little() -> None:
    assert read(TEXT, now=NOW - timedelta(minutes=5)) == GIVEN
    refused(TEXT, now=NOW - timedelta(minutes=6))


@hypothesis.settings(deadline=None)
@hypothesis.given(
    some.text() | some.text(alphabet="abcXYZ019-_.=") | some.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
@hypothesis.example("\ud800")
@hypothesis.example(".")
@hypothesis.example("." * 1000)
@hypothesis.example("\x00")
@hypothesis.example(TEXT + "\n")
@hypothesis.example(" " + TEXT)
@hypothesis.example(TEXT * 2)
def test_any_other_text_is_refused(text: str) -> None:
    refused(text)


json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@hypothesis.settings(deadline=None)
@hypothesis.given(json | some.tuples(json, json, json))
@hypothesis.example(["s1", 10**400, []])
@hypothesis.example(["s1", 10**17, []])
@hypothesis.example(["s1", -(10**12), []])
@hypothesis.example(["s1", float("nan"), []])
@hypothesis.example(["s1", float("inf"), []])
@hypothesis.example(["s1", "9" * 5000, []])
@hypothesis.example(["s1", 0, None])
def test_even_under_our_own_signature_another_shape_is_refused(value: object) -> None:
    refused(str(URLSafeSerializer("key", salt="receipt").dumps(value)))
