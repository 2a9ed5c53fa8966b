"""The writers' commands, `deflect lint` and `deflect quality`. Each ends with 1 when something has to be mended first."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click

from deflect_api import config, writing
from deflect_api.config.support import Quality
from deflect_api.delivery.relay import utc_now
from deflect_api.errors import DeflectError
from search.lint import Finding
from search.quality import Comparison, Miss, Question, Report


@click.command()
def lint() -> None:
    """Say what in the docs is not fit to publish: front matter, links, images, menu, labels."""
    with _told():
        settings = config.load(os.environ)
        found = writing.check(settings, utc_now().date())
    for finding in found:
        _echo_finding(finding)
    wrong = sum(not finding.minor for finding in found)
    click.echo(f"{_count(wrong, 'thing')} to mend, {_count(len(found) - wrong, 'reminder')}." if found else "Nothing to mend.")
    sys.exit(1 if wrong else 0)


@click.command()
@click.option("--base", metavar="REVISION", default="", help="Also say what has been gained and lost since this git revision.")
@click.option("--keystrokes", is_flag=True, help="Also say how much of a question must be typed. Slow.")
def quality(base: str, keystrokes: bool) -> None:
    """Say whether the articles' own questions find their articles."""
    with _told():
        settings = config.load(os.environ)
        asked = writing.ask(settings, typed=keystrokes)
        changed = writing.against(settings, asked.report, base) if base else None
    report, wanted = asked.report, settings.support.quality
    click.echo(f"{_count(len(report.ranks), 'question')} of {_count(asked.articles, 'article')}, each asked as its product.\n")
    _echo_figures(report, wanted)
    _echo_misses(report.misses)
    if changed:
        _echo_changes(changed, base)
    if not report.ranks:
        click.echo("No article has questions, so nothing was measured. Add `questions` to their front matter.", err=True)
    sys.exit(0 if report.ranks and report.success1 >= wanted.success1 and report.success3 >= wanted.success3 else 1)


def _echo_finding(finding: Finding) -> None:
    click.echo(f"{finding.file}:{finding.line}: {finding.what}")
    click.echo(f"    {'Reminder' if finding.minor else 'Mend'}: {finding.mend}.")


def _echo_figures(report: Report, wanted: Quality) -> None:
    for name, value, least in (
        ("its article is first (success@1)", report.success1, wanted.success1),
        ("among the first three (success@3)", report.success3, wanted.success3),
    ):
        click.echo(f"  {name:<36}{value:.3f}   at least {least:g}{'' if value >= least else ', NOT REACHED'}")
    click.echo(f"  {'mean reciprocal rank (MRR)':<36}{report.mrr:.3f}")
    if report.keystrokes is not None:
        click.echo(f"  {'typed until it stays in sight':<36}{report.keystrokes:.3f}   of the question")


def _echo_misses(misses: Iterable[Miss]) -> None:
    for number, miss in enumerate(misses):
        if number == 0:
            click.echo("\nNot among the first three, worst first:")
        place = f"{miss.rank}th" if miss.rank else "not found"
        click.echo(f"\n  {miss.question.text}\n    wanted  {miss.question.article} ({place})")
        click.echo(f"    shown   {', '.join(miss.shown) or 'nothing'}")


def _echo_changes(changed: Comparison, base: str) -> None:
    _echo_questions(f"Found since {base}", changed.gained)
    _echo_questions(f"Lost since {base}", changed.lost)


def _echo_questions(title: str, questions: tuple[Question, ...]) -> None:
    click.echo(f"\n{title}: {len(questions) or 'none'}")
    for question in questions:
        click.echo(f"  {question.text}    {question.article}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


@contextmanager
def _told() -> Iterator[None]:
    """Turn our errors into a plain line and exit status 1."""
    try:
        yield
    except DeflectError as error:
        click.echo(error.detail, err=True)
        sys.exit(1)
