"""`deflect queue` shows what is owed and steers it, says what it did, and ends with 1 and the reason when it could not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deflect_api.cli import main
from deflect_api.delivery import channels, outbox, steering
from deflect_api.errors import TemporaryFailure
from deflect_api.store.channels import Channel
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from tests.conftest import MONDAY, ROOT
from tests.delivery.owed import outcomes, owe, row, states

Queue = Callable[..., Result]


@pytest.fixture
def queue(database: Database, address: str, tmp_path: Path) -> Queue:
    """Run `deflect queue` with these words, on SQLite and PostgreSQL."""
    given = {"DEFLECT_HOME": str(tmp_path), "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_DATABASE": address}
    return lambda *words: CliRunner().invoke(main, ["queue", *map(str, words)], env=given)


def wait_for_a_human(database: Database, *numbers: int) -> None:
    with database.write() as session:
        for number in numbers:
            outbox.park(session, session.get_one(Message, number), MONDAY, detail="422 refused for ada@example.org")


def test_alone_it_counts_by_kind_and_state(queue: Queue, database: Database) -> None:
    assert queue().output == "Nothing was ever owed.\n"
    first, *_ = owe(database, MONDAY, "a", "b", "c", kind="urgent")
    wait_for_a_human(database, first)
    assert f"{'urgent':<16}queued 2  waiting for a human 1\n" in queue().output


def test_alone_it_names_what_does_not_answer(queue: Queue, database: Database) -> None:
    (owed,) = owe(database, MONDAY, "a", kind="forward")
    with database.write() as session:
        for _ in range(channels.CLEAR):
            away = TemporaryFailure("could not be reached", blame="system")
            channels.failed(session, session.get_one(Message, owed), away, MONDAY)
    assert "desk has not answered since 2026-11-23 09:00 UTC: could not be reached" in queue().output
    with database.write() as session:
        session.delete(session.get_one(Channel, "desk"))
    assert "has not answered" not in queue().output


def test_the_list_is_of_what_waits_for_a_human_unless_all_is_asked_for(queue: Queue, database: Database) -> None:
    assert queue("list").output == "Nothing waits.\n"
    first, second, third = owe(database, MONDAY, "a", "b", "c", kind="urgent")
    wait_for_a_human(database, first, third)
    assert numbers(queue("list")) == [first, third]
    assert numbers(queue("list", "--from", second, "--to", third)) == [third]
    assert numbers(queue("list", "--all", "--kind", "urgent")) == [first, second, third]
    assert numbers(queue("list", "--kind", "mail")) == []


def test_a_list_that_is_cut_says_so(queue: Queue, database: Database) -> None:
    owed = owe(database, MONDAY, *map(str, range(steering.MOST_ROWS + 5)))
    told = queue("list", "--all")
    assert numbers(told) == owed[:-5]
    assert "These are the first 200 of 205." in told.output


def numbers(told: Result) -> list[int]:
    assert told.exit_code == 0, told.output
    return [int(line.split()[0]) for line in told.output.splitlines() if line.startswith(" ")]


def test_one_is_shown_with_each_try_and_without_addresses(queue: Queue, database: Database) -> None:
    (owed,) = owe(database, MONDAY, "a", payload={"words": "what Ada wrote"})
    with database.write() as session:
        (claimed,) = outbox.claim(session, MONDAY, worker="w")
        outbox.postpone(session, claimed, MONDAY, detail="503 busy", pause=timedelta(seconds=5))
    wait_for_a_human(database, owed)
    told = queue("show", owed).output
    assert "503 busy" in told
    assert "422 refused for …@…" in told
    assert "ada@example.org" not in told
    assert "what Ada wrote" not in told


def test_what_waits_is_tried_again_by_number_kind_and_range(queue: Queue, database: Database) -> None:
    owed = owe(database, MONDAY, "a", "b", "c", "d", kind="urgent")
    wait_for_a_human(database, *owed)
    assert f"Message {owed[0]} is tried again." in queue("replay", owed[0]).output
    assert "2 messages are tried again." in queue("replay", "--from", owed[1], "--to", owed[2]).output
    assert states(database) == ["queued", "queued", "queued", outbox.WAITING]
    assert "0 messages" in queue("replay", "--kind", "mail").output
    assert "1 message is" in queue("replay", "--kind", "urgent").output
    assert states(database) == ["queued"] * 4
    assert outcomes(database, owed[3]) == ["waiting", "replayed"]


def test_it_is_kept_back_dropped_and_brought_back(queue: Queue, database: Database) -> None:
    (owed,) = owe(database, MONDAY, "a")
    for verb, state in (("park", outbox.WAITING), ("drop", steering.DROPPED), ("replay", "queued")):
        assert queue(verb, owed).exit_code == 0
        assert row(database, owed).state == state
    assert outcomes(database, owed) == ["waiting", "dropped", "replayed"]


def test_what_cannot_be_done_ends_with_1_and_the_reason(queue: Queue, database: Database) -> None:
    (owed,) = owe(database, MONDAY, "a")
    with database.write() as session:
        outbox.settle(session, session.get_one(Message, owed), MONDAY)
    for verb in ("replay", "park", "drop"):
        told = queue(verb, owed)
        assert (told.exit_code, f"Message {owed} is delivered" in told.output) == (1, True)
        assert queue(verb, 4711).output == "There is no message 4711.\n"
    assert queue("show", 4711).exit_code == 1
    assert queue("replay").exit_code == 2, "it never means all"
