"""Intake stops before the disk is full, and what was typed comes back in the form."""

import pytest

from deflect_api.web import room
from tests.conftest import Desk


@pytest.mark.parametrize(
    ("total", "free", "full"),
    [
        (100_000_000_000, 5_000_000_001, False),
        (100_000_000_000, 4_999_999_999, True),
        (10_000_000, 1_999_999, True),
        (10_000_000, 2_000_001, False),
    ],
)
def test_the_last_twentieth_and_the_last_two_megabytes_are_kept(total: int, free: int, full: bool) -> None:
    assert room.too_little(total, free) is full


def test_a_form_that_cannot_be_stored_comes_back_whole(desk: Desk) -> None:
    receipt = desk.search()
    with desk.database.engine.connect() as connection:  # as a full disk would: no write gets through
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("ALTER TABLE ticket RENAME TO gone")
    form = {
        "email": "ada@example.org", "product": "flow", "subject": "Kept subject", "happened": "Kept words.", "session": "s1",
        "receipt": receipt, "idempotency_key": "k" * 12, "step": "send",
    }  # fmt: skip
    answer = desk.client.post("/support/contact/", data=form)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Kept subject" in answer.text
    assert "Kept words." in answer.text
