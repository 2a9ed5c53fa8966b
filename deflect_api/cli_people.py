"""The commands `deflect agent …`: who may sign in to the desk. Each change is on record in the audit log."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery.relay import utc_now
from deflect_api.desk.people import access, accounts, administration, audit, totp
from deflect_api.errors import InputError
from deflect_api.store.models import Agent
from deflect_api.store.ready import ready_database


@click.group()
def agent() -> None:
    """The people who work at the desk."""


@agent.command("add")
@click.argument("email")
@click.option("--name", default="", help="Shown to requesters. Default: the address.")
@click.option("--role", default="", help="agent or lead. Default: lead for the first account, then agent.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="DEFLECT_AGENT_PASSWORD")
@told
def add_agent(email: str, name: str, role: str, password: str) -> None:
    """Make an account for EMAIL."""
    settings = config.load(os.environ)
    with _written() as session:
        first = not accounts.everybody(session)
        made = accounts.add(session, email, name, password, utc_now(), role=role or (access.LEAD if first else access.AGENT))
        audit.note(session, _by(), audit.ADDED, made.email, made.role)
    click.echo(f"{email} can sign in at {settings.url}/desk/ as {made.role}.")


@agent.command("list")
@told
def list_agents() -> None:
    """Say who has an account, and what each may see."""
    with ready_database(config.load(os.environ).database).read() as session:
        for each in accounts.everybody(session):
            click.echo(f"{each.email}\t{_described(session, each)}")


@agent.command("role")
@click.argument("email")
@click.argument("role")
@told
def set_role(email: str, role: str) -> None:
    """Make EMAIL an agent or a lead (ROLE)."""
    with _written() as session:
        found = accounts.get(session, email)
        before = found.role
        accounts.set_role(session, found, role)
        audit.note(session, _by(), audit.ROLE, found.email, f"{before} to {role}")
    click.echo(f"{found.email} is {role} now.")


@agent.command("limit")
@click.argument("email")
@click.option("--product", multiple=True, help="Only this product; more than once for several.")
@click.option("--hub", multiple=True, help="Only this hub; more than once for several.")
@told
def limit(email: str, product: tuple[str, ...], hub: tuple[str, ...]) -> None:
    """Limit EMAIL to products or hubs. Without options the limits end."""
    support = config.load(os.environ).support
    unknown = [*(set(product) - {*support.products, "other"}), *(set(hub) - {*support.hubs})]
    if unknown:
        raise InputError(f"support.yml has no product or hub {', '.join(unknown)}.")
    with _written() as session:
        found = accounts.get(session, email)
        access.limit(session, found, products=product, hubs=hub)
        audit.note(session, _by(), audit.LIMITS, found.email, ", ".join([*product, *hub]) or "everything")
        described = _described(session, found)
    click.echo(f"{found.email}\t{described}")


@agent.command("disable")
@click.argument("email")
@told
def disable(email: str) -> None:
    """End all sign-ins and tokens of EMAIL, and let nobody in with them. Tickets and answers stay."""
    with _written() as session:
        found = accounts.get(session, email)
        administration.disable(session, found, _by())
    click.echo(f"{found.email} cannot sign in any more.")


@agent.command("enable")
@click.argument("email")
@told
def enable(email: str) -> None:
    """Let EMAIL sign in again."""
    with _written() as session:
        found = accounts.get(session, email)
        administration.enable(session, found, _by())
    click.echo(f"{found.email} can sign in again.")


@agent.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, envvar="DEFLECT_AGENT_PASSWORD")
@told
def password(email: str, password: str) -> None:
    """Give EMAIL a new password. All their sign-ins and tokens end."""
    with _written() as session:
        found = accounts.get(session, email)
        accounts.set_password(found, password)
        administration.end_all(session, found)
        audit.note(session, _by(), audit.PASSWORD, found.email)
    click.echo(f"The password of {found.email} is set. All their sign-ins have ended.")


@agent.command("totp-reset")
@click.argument("email")
@told
def totp_reset(email: str) -> None:
    """Forget the authenticator app of EMAIL, who has lost it. All their sign-ins end."""
    with _written() as session:
        found = accounts.get(session, email)
        administration.reset_factor(session, found, _by())
    click.echo(f"{found.email} signs in without a code now, and can set up an app anew.")


@contextmanager
def _written() -> Iterator[Session]:
    with ready_database(config.load(os.environ).database).write() as session:
        yield session


def _by() -> audit.By:
    return audit.By(audit.COMMAND_LINE, utc_now())


def _described(session: Session, each: Agent) -> str:
    reach = access.reach_of(session, each)
    sees = "everything" if reach.is_everything else ", ".join(sorted({*reach.products, *(hub or "no hub" for hub in reach.hubs)}))
    factor = "with authenticator app" if totp.is_on(session, each) else "without authenticator app"
    return f"{each.role}{'' if each.active else ' (disabled)'}\t{sees}\t{factor}\t{each.name}"
