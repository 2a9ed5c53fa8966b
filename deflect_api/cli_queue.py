"""`deflect queue`: look at what is owed, and steer it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import click
from sqlalchemy.orm import Session

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery import channels, outbox, steering
from deflect_api.delivery.relay import utc_now
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database

WAITING = (outbox.WAITING,)
BY = "command line"


@click.group(invoke_without_command=True)
@click.pass_context
@told
def queue(context: click.Context) -> None:
    """What is owed to others. Alone, it counts it and names the systems that do not answer."""
    if context.invoked_subcommand is not None:
        return
    with _database() as database, database.read() as session:
        counted, down = steering.counts(session), channels.down(session)
    for kind, states in sorted(counted.items()):
        click.echo(f"{kind:<16}" + "  ".join(f"{state} {number}" for state, number in sorted(states.items())))
    if not counted:
        click.echo("Nothing was ever owed.")
    for row in down:
        click.echo(f"{row.name} has not answered since {row.down_since:%Y-%m-%d %H:%M} UTC: {row.told}")


@queue.command("list")
@click.option("--all", "everything", is_flag=True, help="All that is open, not only what waits for a human.")
@click.option("--kind", default="", help="Only this kind, such as forward or mail.")
@click.option("--from", "first", default=0, help="With --to: only this range of numbers.")
@click.option("--to", "last", default=0, help="The end of that range.")
@told
def list_messages(everything: bool, kind: str, first: int, last: int) -> None:
    """List what waits for a human, the oldest first."""
    states = (*outbox.OPEN, outbox.WAITING) if everything else WAITING
    with _database() as database, database.read() as session:
        chosen = steering.Range(kind, first, last)
        rows, number = steering.rows(session, states, chosen), steering.number_of(session, states, chosen)
    for row in rows:
        click.echo(_line(row))
    if number > len(rows):
        click.echo(f"These are the first {len(rows)} of {number}. Choose others with --from and --to.")
    else:
        click.echo(f"{number} message{'' if number == 1 else 's'}." if rows else "Nothing waits.")


@queue.command("show")
@click.argument("number", type=int)
@told
def show(number: int) -> None:
    """Show message NUMBER with each of its tries. The words that are owed are not shown."""
    with _database() as database, database.write() as session:
        click.echo(_line(steering.get(session, number)))
        for attempt in steering.attempts(session, number):
            click.echo(f"  {attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.outcome:<10} {attempt.detail}")


@queue.command("replay")
@click.argument("numbers", nargs=-1, type=int)
@click.option("--kind", default="", help="All of this kind that wait for a human.")
@click.option("--from", "first", default=0, help="With --to: all in this range of numbers that wait for a human.")
@click.option("--to", "last", default=0, help="The end of that range.")
@told
def replay(numbers: Sequence[int], kind: str, first: int, last: int) -> None:
    """Have NUMBERS, or all of a kind or range that wait for a human, tried again now."""
    if not (numbers or kind or last):
        raise click.UsageError("Say which: numbers, --kind, or --from and --to.")
    if numbers:
        _each(numbers, lambda session, row: steering.replay(session, row, utc_now(), by=BY), "is tried again")
        return
    with _database() as database, database.write() as session:
        count = steering.replay_range(session, steering.Range(kind, first, last), utc_now(), by=BY)
    click.echo("1 message is tried again." if count == 1 else f"{count} messages are tried again.")


@queue.command("park")
@click.argument("numbers", nargs=-1, type=int, required=True)
@told
def park(numbers: Sequence[int]) -> None:
    """Keep NUMBERS from being tried until somebody replays them."""
    _each(numbers, lambda session, row: steering.park(session, row, utc_now(), by=BY), "waits for a human")


@queue.command("drop")
@click.argument("numbers", nargs=-1, type=int, required=True)
@told
def drop(numbers: Sequence[int]) -> None:
    """Owe NUMBERS no more. They stay on record and can be replayed."""
    _each(numbers, lambda session, row: steering.drop(session, row, utc_now(), by=BY), "is owed no more")


def _each(numbers: Sequence[int], act: Callable[[Session, Message], None], told: str) -> None:
    with _database() as database:
        for number in numbers:
            with database.write() as session:
                act(session, steering.get(session, number))
            click.echo(f"Message {number} {told}.")


def _line(row: Message) -> str:
    ticket = f"request {row.ticket_id}" if row.ticket_id else ""
    due = f"next try {row.not_before:%Y-%m-%d %H:%M:%S}" if row.state in (outbox.QUEUED, outbox.UNKNOWN) else ""
    parts = [f"{row.id:>7}", f"{row.kind:<14}", f"{row.state:<20}", f"{row.attempts} tries", ticket, due]
    return "  ".join(part for part in parts if part)


@contextmanager
def _database() -> Iterator[Database]:
    with closing(ready_database(config.load(os.environ).database)) as database:
        yield database
