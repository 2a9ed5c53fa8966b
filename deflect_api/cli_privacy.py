"""The commands `deflect person …`: what we hold of one person, to hand over or to erase. Both are on record in the audit log."""

import os
from contextlib import closing
from pathlib import Path

import click

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery.relay import utc_now
from deflect_api.desk.people import audit
from deflect_api.errors import Unavailable
from deflect_api.intake.personal_data import privacy, privacy_export, privacy_files
from deflect_api.store.db import Database
from deflect_api.store.ready import ready_database


@click.group()
def person() -> None:
    """What we hold of one person."""


@person.command("export")
@click.argument("address")
@click.option("--to", "target", type=click.Path(path_type=Path), help="The zip to write. Default: person.zip.")
@told
def export(address: str, target: Path | None) -> None:
    """Write all that we hold of ADDRESS into a zip: rows as JSON, files and mails."""
    settings, who = config.load(os.environ), privacy.normal(address)
    place = target or Path("person.zip")
    with closing(ready_database(settings.database)) as database:
        with database.read() as session:
            found = privacy_export.gather(session, who)
        with open(place, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            privacy_export.write(file, found, privacy_files.shelves_of(settings), settings.mail_folder)
        with database.write() as session:
            audit.note(session, audit.By(audit.COMMAND_LINE, utc_now()), audit.EXPORTED, privacy.mark(settings.secret, who))
    click.echo(f"{place}: {_counted(privacy_export.count(found))}")


@person.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@told
def erase(address: str, yes: bool) -> None:
    """Erase ADDRESS from tables, files, queue and logs. Figures stay. It cannot be undone."""
    settings, who = config.load(os.environ), privacy.normal(address)
    with closing(ready_database(settings.database)) as database:
        with database.read() as session:
            number = len(privacy.tickets_of(session, who))
        if not yes:
            click.confirm(f"Erase {who}, with {number} tickets, for good?", abort=True)
        with database.write() as session:
            done = privacy.erase(session, who, secret=settings.secret, desk=settings.support.desk.connector, now=utc_now())
            by = audit.By(audit.COMMAND_LINE, utc_now())
            audit.note(session, by, audit.ERASED, privacy.mark(settings.secret, who), _counted(done.counts))
        shelves, mails = privacy_files.shelves_of(settings), settings.mail_folder
        removed = privacy_files.remove(shelves, mails, files=done.files, tickets=done.tickets, address=who)
        cleaned = _compacted(database)
    click.echo(f"Erased: {_counted({**done.counts, 'files': removed})}.")
    if not cleaned:
        click.echo("The database is busy: the relay cleans its files as soon as it can.")
    for copy in done.to_tell:
        click.echo(f"Tell {copy}")


def _compacted(database: Database) -> bool:
    try:
        database.compact()
    except Unavailable:  # it is owed, too
        return False
    return True


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"
