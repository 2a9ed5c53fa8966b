"""What serves: portal, service and relay, built and checked."""

import contextlib
import gc
import os
import signal
import sys
from typing import Any

import click
from flask import Flask
from waitress.server import create_server

from deflect_api import build as release_build
from deflect_api import config
from deflect_api.app import create_app, create_relay, open_outside
from deflect_api.cli_errors import told
from deflect_api.config import Settings
from deflect_api.delivery.relay import utc_now
from deflect_api.errors import Unavailable
from deflect_api.intake.personal_data import privacy_retention
from deflect_api.store.db import Database
from deflect_api.store.ready import ready_database
from deflect_api.web.guard import MOST_BYTES
from deflect_api.web.parts import KEY
from search import SearchError

THREADS = 8
CONNECTIONS = 1000
SLOW_SECONDS = 60


@click.command()
@told
def serve() -> None:
    """Serve portal, API, desk and relay in one process."""
    settings = config.load(os.environ)
    database = _with_timers(ready_database(settings.database))
    relay = create_relay(settings, database)
    application = warmed(create_app(settings, database, wake=relay.wake, waiting=lambda: waiting(server)))
    threads = relay.start()
    server = create_server(
        application,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=SLOW_SECONDS,
        max_request_body_size=_most_bytes(settings),
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=settings.support.web.trusted_proxies == 0,
        ident="deflect",
    )
    signal.signal(signal.SIGTERM, _interrupt)
    _say_where(settings)
    server.run()
    relay.stop()
    for thread in threads:
        thread.join(timeout=10)
    database.close()


def waiting(server: Any) -> int:
    """Return how many whole requests wait for one of waitress's threads."""
    return len(server.task_dispatcher.queue)


def application() -> Flask:
    """Make the WSGI application for a server of its own. The relay runs apart."""
    settings = config.load(os.environ)
    return warmed(create_app(settings, _with_timers(ready_database(settings.database))))


def warmed(app: Flask) -> Flask:
    """Open what the first keystroke would wait for, and take all that is made by now out of the collector's sight.

    It lives as long as the process, and each look through it would hold every request for a fifth of a second."""
    with contextlib.suppress(Unavailable, SearchError):  # no release yet: it is told by those who ask
        app.extensions[KEY].releases.current().engine.suggest("how to")
    gc.collect()
    gc.freeze()
    return app


@click.command()
@told
def build() -> None:
    """Build portal and index as one release and switch to it."""
    folder, fresh = release_build.build(config.load(os.environ))
    click.echo(f"{'Built' if fresh else 'Nothing changed: kept'} release {folder.name}.")


@click.command()
@told
def index() -> None:
    """Rebuild the release, which holds portal and index together. The same as build."""
    folder, fresh = release_build.build(config.load(os.environ))
    click.echo(f"{'Built' if fresh else 'Nothing changed: kept'} the index of release {folder.name}.")


@click.command()
@told
def relay() -> None:
    """Carry out what is owed (forwards, mails) in a process of its own."""
    settings = config.load(os.environ)
    worker = create_relay(settings, _with_timers(ready_database(settings.database)))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, lambda *_: worker.stop())
    worker.run()


@click.command()
@click.option("--live", is_flag=True, help="Also sign in to what is connected, and say as whom.")
@told
def check(live: bool) -> None:
    """Say whether this installation is fit to serve."""
    settings = config.load(os.environ)
    click.echo(f"settings    ok: {settings.config.name}")
    database = ready_database(settings.database)
    click.echo(f"database    ok: {database.engine.dialect.name}, durable, schema up to date")
    outside = open_outside(settings)
    click.echo(f"connectors  ok: desk {settings.support.desk.connector}, mail {settings.support.mail.transport}")
    if live:
        for name, trial in ((name, trial) for name, trials in outside.trials.items() for trial in trials):
            click.echo(f"{name:<12}ok: {trial()}")
    link = settings.home / "current"
    if not (link / "manifest.json").is_file():
        click.echo("release     missing: run deflect build", err=True)
        sys.exit(1)
    click.echo(f"release     ok: {link.resolve().name}")


def _most_bytes(settings: Settings) -> int:
    """Twice what a form with files may hold: up to there our own page says what is too large, above the header alone ends it."""
    return 2 * (MOST_BYTES + settings.support.files.bytes_together)


def _with_timers(database: Database) -> Database:
    """See that the daily removal of what is too old is owed."""
    with database.write() as session:
        privacy_retention.owe(session, utc_now())
    return database


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _say_where(settings: Settings) -> None:
    mail = settings.mail_folder if settings.support.mail.transport == "folder" else f"sent through {settings.support.mail.host}"
    for name, place in (
        ("Portal", f"{settings.url}/"),
        ("Ask for help", f"{settings.url}/support/contact/"),
        ("Desk", f"{settings.url}/desk/    (make an account: deflect agent add you@example.org)"),
        ("Mail", mail),
    ):
        click.echo(f"{name:<14}{place}")
