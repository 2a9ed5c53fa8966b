"""The writers' commands on the live site: publish, rollback. They say what they did, and end with 1 when nothing was changed."""

import json
import os
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from deflect_api import config
from deflect_api.cli_errors import told
from deflect_api.delivery.relay import utc_now
from deflect_api.desk import gaps
from deflect_api.intake.demand import shares
from deflect_api.published import switching
from deflect_api.store.ready import ready_database
from deflect_api.writing import initial, need
from deflect_api.writing import preview as live
from deflect_api.writing import publish as publishing
from search import Engine


@click.command()
@click.option("--branch", default="main", show_default=True, help="The branch whose pushes are published.")
@click.option("--repository", type=click.Path(file_okay=False), default="", help="Default: where git runs it as a hook, or here.")
@click.option("--check", "only_check", is_flag=True, help="Only check what is pushed. As a pre-receive hook it refuses the push.")
@told
def publish(branch: str, repository: str, only_check: bool) -> None:
    """Publish what a branch holds: check it, build it beside the live site, switch. A git post-receive hook."""
    settings = config.load(os.environ)
    hooked = "GIT_DIR" in os.environ and not sys.stdin.isatty()
    commit = publishing.pushed(sys.stdin.read(), branch) if hooked else ""
    if hooked and not commit:
        return
    folder = Path(repository or (os.environ["GIT_DIR"] if hooked else settings.config.parent)).resolve()
    revision = commit if only_check and commit else f"refs/heads/{branch}"
    push = publishing.Push(folder, revision, utc_now().date(), only_check)
    click.echo(publishing.publish(settings, push, click.echo))


@click.command()
@told
def rollback() -> None:
    """Switch back to the release before the live one."""
    now, before = switching.rollback(config.load(os.environ).home)
    click.echo(f"Live is release {now.name} again, in place of {before.name}. The same command switches back.")


@click.command("gaps")
@click.option("--days", default=gaps.DAYS, show_default=True, help="How far back to look.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@told
def missing(days: int, form: str) -> None:
    """Say what people looked for and did not find, most people first, each with a command to begin with."""
    settings = config.load(os.environ)
    with closing(ready_database(settings.database)) as database, database.read() as session:
        live = Engine(settings.home / "current" / "index")
        answered = gaps.answered_by(live, settings.support.portal.floor)
        listed = gaps.gaps(session, publishing.manifest_pages(settings.home), utc_now(), days, answered)
    if form == "json":
        click.echo(json.dumps([asdict(gap) for gap in listed], indent=1, ensure_ascii=False))
        return
    for gap in listed:
        where = f" [{gap.product}]" if gap.product else ""
        click.echo(f"{gap.people:>4}  {gap.kind}{where}: {gap.what}")
        for line in (*gap.evidence, gap.command):
            click.echo(f"      {line}")
    if not listed:
        click.echo(f"Nothing in the last {days} days.")


@click.command()
@told
def popular() -> None:
    """Say what many people needed, and how much that counts while somebody types."""
    settings, now = config.load(os.environ), utc_now()
    rules, listed = settings.support.portal.popularity, need.counts(settings, now)
    weighs = shares(listed, rules)
    if listed:
        click.echo("people  solved  opened  rejected  weighs  article")
    for one in listed:
        weight = f"{weighs[one.article]:8.2f}" if one.article in weighs else f"{'-':>8}"
        click.echo(f"{one.people:>6}{one.solved:>8}{one.opened:>8}{one.rejected:>10}{weight}  {one.article}")
    if not rules.counts:
        click.echo("Popularity is off: nothing is counted. Set portal.popularity.weight to count from then on.")
    elif not listed:
        click.echo(f"Nothing was opened in the last {rules.days} days since popularity is on.")


@click.command()
@told
def preview() -> None:
    """Serve the writer's own files, and follow each edit: suggestions within a second, then the page, then all else."""
    live.serve(config.load(os.environ), os.environ, click.echo)


@click.command()
@click.option(
    "--mkdocs", type=click.Path(dir_okay=False), default="mkdocs.yml", show_default=True, help="The site's own settings."
)
@told
def init(mkdocs: str) -> None:
    """Begin on any MkDocs site: write its support.yml, and nothing else."""
    made = initial.begin(Path(mkdocs))
    click.echo(f"Made {made}. Put in your address and your products, then run deflect build and deflect serve.")
