"""What everybody is told while something is down, from the command line."""

import os

import click

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery.relay import utc_now
from deflect_api.desk import incidents
from deflect_api.errors import InputError
from deflect_api.store.ready import ready_database


@click.group(invoke_without_command=True)
@click.pass_context
@told
def incident(context: click.Context) -> None:
    """What everybody is told on the form and beside search results. Alone, it says what that is now."""
    if context.invoked_subcommand is None:
        with ready_database(config.load(os.environ).database).read() as session:
            told_now = incidents.current(session, utc_now())
        for one in told_now:
            click.echo(f"{one.product or 'all products'}, until {one.until:%Y-%m-%d %H:%M} UTC: {one.text}")
        if not told_now:
            click.echo("Nothing is told now.")


@incident.command("set")
@click.argument("text")
@click.option("--product", default="", help="Only about this product. Default: all.")
@click.option("--hours", default=24.0, show_default=True, help="For how long.")
@told
def set_incident(text: str, product: str, hours: float) -> None:
    """Tell everybody TEXT, in place of what was told of this product."""
    settings = config.load(os.environ)
    if product and product not in settings.support.products:
        raise InputError(f"There is no product {product}. Choose one of {', '.join(settings.support.products)}.")
    with ready_database(settings.database).write() as session:
        one = incidents.put(session, text, product=product, by="command line", now=utc_now(), hours=hours)
    click.echo(f"Told until {one.until:%Y-%m-%d %H:%M} UTC: {one.text}")


@incident.command("clear")
@told
def clear_incident() -> None:
    """End all that is told."""
    with ready_database(config.load(os.environ).database).write() as session:
        ended = incidents.clear(session, utc_now())
    click.echo(f"Cleared {ended}." if ended else "Nothing was told.")
