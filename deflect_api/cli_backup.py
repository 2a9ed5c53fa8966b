"""`deflect backup` and `deflect restore`."""

import os
from pathlib import Path

import click
from sqlalchemy import make_url

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery import channels, outbox
from deflect_api.store import backup as copies
from deflect_api.store.ready import ready_database


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@told
def backup(file: Path) -> None:
    """Copy database, files and secrets to FILE, a new .tar, while the service runs."""
    settings = config.load(os.environ)
    database = ready_database(settings.database)
    size = copies.take(settings.home, database, file)
    on_sqlite = database.is_sqlite
    database.close()
    click.echo(f"Wrote {file}, {size} bytes.")
    if not on_sqlite:
        click.echo("It holds files and secrets. Copy the database with pg_dump, first.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@told
def restore(file: Path) -> None:
    """Put the backup FILE into an empty DEFLECT_HOME. With PostgreSQL, restore the database with pg_restore first."""
    settings = config.load({**os.environ, "DEFLECT_SECRET": os.environ.get("DEFLECT_SECRET") or "not needed yet"})
    url = make_url(settings.database)
    place = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    copies.put_back(file, settings.home, database_file=place)
    database = ready_database(settings.database)
    with database.write() as session:
        asked, kept = copies.after(
            session,
            open_states=outbox.OPEN,
            unknown=outbox.UNKNOWN,
            waiting=outbox.WAITING,
            mails=channels.CHANNELS[channels.MAIL],
        )
    database.close()
    click.echo(f"Restored. {asked} messages are looked up at the desk before anything is sent.")
    click.echo(f"{kept} mails may have been sent since the backup, so they wait for a human: deflect queue list.")
