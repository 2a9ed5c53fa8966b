"""The command `deflect`. Each command does one thing, says what it did, and ends non-zero with the mend when it could not.

A command is imported when it is called: who adds an account need not wait for the search engine."""

import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

LOG_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
PLACES = {
    **dict.fromkeys(("serve", "build", "index", "relay", "check"), "deflect_api.cli_serve"),
    **dict.fromkeys(("new", "lint", "quality", "explain"), "deflect_api.writing.commands"),
    **dict.fromkeys(("init", "preview", "publish", "rollback", "gaps", "popular"), "deflect_api.writing.live_commands"),
    **dict.fromkeys(("backup", "restore"), "deflect_api.cli_backup"),
    "agent": "deflect_api.cli_people",
    "incident": "deflect_api.cli_incident",
    "person": "deflect_api.cli_privacy",
    "queue": "deflect_api.cli_queue",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in PLACES:
            return None
        made = vars(import_module(PLACES[cmd_name])).values()
        return next(one for one in made if isinstance(one, click.Command) and one.name == cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="deflect")
def main() -> None:
    """A support portal that suggests the answer while a request is typed, and never loses the request."""
    _log()


def application() -> "Flask":
    """Make the WSGI application for a server of its own: `gunicorn "deflect_api.cli:application()"`. The relay runs apart."""
    _log()
    made: Flask = import_module("deflect_api.cli_serve").application()
    return made


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format=LOG_LINE, stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it would write a line for each request that waits
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would write addresses, which may hold a secret


if __name__ == "__main__":
    main()
