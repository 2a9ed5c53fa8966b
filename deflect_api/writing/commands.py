"""The writers' commands on sources: new, lint, quality, explain. Each ends with 1 when something has to be mended first."""

import os
import sys
from collections.abc import Iterable
from importlib.metadata import version

import click

from deflect_api import config, writing
from deflect_api.cli_errors import told
from deflect_api.config.support import Quality
from deflect_api.delivery.relay import utc_now
from deflect_api.errors import InputError
from deflect_api.writing import need, start
from deflect_api.writing.telling import count
from search import Suggestion, report
from search.engine import DEFAULT_FLOOR
from search.explain import Explained, Part
from search.quality import Comparison, Miss, Question, Report, Theft


@click.command()
@click.option("--base", metavar="REVISION", default="", help="Also check that no page of this git revision is gone for good.")
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@told
def lint(base: str, form: str) -> None:
    """Say what in the docs is not fit to publish, with file, line and mend."""
    settings = config.load(os.environ)
    before = writing.pages_at(settings, base) if base else ()
    found = writing.check(settings, utc_now().date(), before=before)
    wrong = sum(not finding.minor for finding in found)
    if form == "json":
        click.echo(report.as_json(found, writing.docs_prefix(settings)), nl=False)
    elif form == "sarif":
        click.echo(report.as_sarif(found, writing.docs_prefix(settings), version=version("deflect")), nl=False)
    else:
        click.echo(report.as_text(found), nl=False)
        click.echo(f"{count(wrong, 'thing')} to mend, {count(len(found) - wrong, 'reminder')}." if found else "Nothing to mend.")
    sys.exit(1 if wrong else 0)


@click.command()
@click.option(
    "--base", metavar="REVISION", default="", help="Also say what has been gained, lost and moved since this git revision."
)
@click.option("--head", metavar="REVISION", default="", help="Judge this git revision, in place of the files as they are.")
@click.option("--keywords", is_flag=True, help="Also list the keywords that take another article's first place.")
@click.option("--keystrokes", is_flag=True, help="Also say how much of a question must be typed. Slow.")
@click.option("--summary", type=click.Path(dir_okay=False), default="", help="Also add the figures to this file, as Markdown.")
@told
def quality(base: str, head: str, keywords: bool, keystrokes: bool, summary: str) -> None:
    """Say whether the articles' own questions, and real requests, find their articles."""
    settings = config.load(os.environ)
    steal = keywords or bool(base)
    asked = writing.ask(settings, head, typed=keystrokes, steal=steal)
    lines = [*_figures(asked, settings.support.quality), *_misses(asked.report.misses)]
    lines += _thefts(asked.thefts) if keywords else []
    lines += _changes(asked, writing.against(settings, asked.report, base), base) if base else []
    click.echo("\n".join(lines))
    if summary:
        with open(summary, "a", encoding="utf-8") as file:  # noqa: PTH123  it may be a pipe
            file.write("## Do questions find their articles?\n\n```\n" + "\n".join(lines) + "\n```\n")
    if not asked.report.ranks:
        click.echo("No article has questions, so nothing was measured. Add `questions` to their front matter.", err=True)
    sys.exit(0 if _is_reached(asked.report, settings.support.quality) else 1)


@click.command()
@click.argument("text")
@click.option("--product", default="", help="Ask as somebody who chose this product.")
@click.option("--limit", default=3, show_default=True, help="How many suggestions to explain.")
@told
def explain(text: str, product: str, limit: int) -> None:
    """Say why TEXT brings these suggestions: what each owes to the words, to the fields of the article and to popularity."""
    settings = config.load(os.environ)
    found = writing.why(settings, text, product=product, limit=limit, needed=need.shares(settings, utc_now()))
    floor = settings.support.portal.floor
    for number, one in enumerate(found, 1):
        click.echo("\n".join(_explained(number, one, DEFAULT_FLOOR if floor is None else floor)))
    if not found:
        click.echo("No article has any of these words, nor one like them.")


@click.command()
@click.argument("title")
@click.option("--product", default="", help="The product it is about: the folder it goes into.")
@click.option("--type", "kind", type=click.Choice(start.TYPES), default="how-to", show_default=True)
@click.option("--question", "questions", multiple=True, help="How a user asks it. Give it once for each.")
@click.option("--menu", default="", help="The group of the menu it goes into. Default: after the product's last page.")
@told
def new(title: str, product: str, kind: str, questions: tuple[str, ...], menu: str) -> None:
    """Start a page with this TITLE from its type's template, in the right folder and in the menu."""
    settings = config.load(os.environ)
    known = settings.support.products
    product = product or next(iter(known)) if len(known) == 1 else product
    if product not in known:
        raise InputError(f"Say which product it is about: --product {' or '.join(known)}.")
    folder = writing.docs_folder(settings)
    made = start.create(folder, start.Draft(title, product, kind, questions), utc_now().date())
    click.echo(f"Made {folder / made}")
    text = settings.mkdocs.read_text(encoding="utf-8")
    changed = start.in_menu(text, made.as_posix(), product, menu)
    if changed:
        settings.mkdocs.write_text(changed, encoding="utf-8")
        click.echo(f"It is in the menu: see {settings.mkdocs.name}.")
    elif "\nnav:" in text:
        click.echo(f"Put it into nav of {settings.mkdocs.name}: there is no such place yet.")
    click.echo("Write it, then run deflect lint and deflect quality.")


def _is_reached(figures: Report, wanted: Quality) -> bool:
    return bool(figures.ranks) and figures.success1 >= wanted.success1 and figures.success3 >= wanted.success3


def _figures(asked: writing.Asked, wanted: Quality) -> list[str]:
    figures = asked.report
    real = f", {count(asked.golden, 'real request')}" if asked.golden else ""
    questions = count(len(figures.ranks) - asked.golden, "question")
    lines = [f"{questions} of {count(asked.articles, 'article')}{real}, each asked as its product.", ""]
    for name, value, least in (
        ("its article is first (success@1)", figures.success1, wanted.success1),
        ("among the first three (success@3)", figures.success3, wanted.success3),
    ):
        lines.append(f"  {name:<36}{value:.3f}   at least {least:g}{'' if value >= least else ', NOT REACHED'}")
    lines.append(f"  {'mean reciprocal rank (MRR)':<36}{figures.mrr:.3f}")
    if figures.keystrokes is not None:
        lines.append(f"  {'typed until it stays in sight':<36}{figures.keystrokes:.3f}   of the question")
    return lines


def _misses(misses: Iterable[Miss]) -> list[str]:
    lines: list[str] = []
    for miss in misses:
        lines += [] if lines else ["", "Not among the first three, worst first:"]
        place = f"{miss.rank}th" if miss.rank else "not found"
        lines += ["", f"  {miss.question.text}", f"    wanted  {miss.question.article} ({place})"]
        lines.append(f"    shown   {', '.join(miss.shown) or 'nothing'}")
    return lines


def _thefts(found: Iterable[Theft]) -> list[str]:
    lines: list[str] = []
    for theft in found:
        lines += [] if lines else ["", "Keywords that take another article's first place:"]
        lines.append(f'  {theft.thief} takes "{theft.question.text}" from {theft.question.article}')
    return lines


def _changes(asked: writing.Asked, changed: Comparison, base: str) -> list[str]:
    lines = _questions(f"Found since {base}", changed.gained) + _questions(f"Lost since {base}", changed.lost)
    lines += ["", f"Moved since {base}: {len(changed.moved) or 'none'}"]
    for move in changed.moved:
        lines.append(f"  {_place(move.before)} -> {_place(move.after)}  {move.question.text}    {move.question.article}")
    worse = {*changed.lost, *(move.question for move in changed.moved if not move.is_better)}
    return lines + _thefts(theft for theft in asked.thefts if theft.question in worse)


def _place(rank: int | None) -> str:
    return str(rank) if rank else "not found"


def _questions(title: str, questions: tuple[Question, ...]) -> list[str]:
    return ["", f"{title}: {len(questions) or 'none'}", *(f"  {one.text}    {one.article}" for one in questions)]


def _explained(number: int, one: Explained, floor: float) -> list[str]:
    shown: Suggestion = one.suggestion
    weak = "" if shown.score >= floor else f", not shown: below {floor:g}"
    return [
        f"{number}. {shown.title}  ({shown.score:.2f}{weak})",
        f"   {shown.url}",
        f"   words   {_parts(one.words)}",
        f"   fields  {_parts(one.fields)}",
        *([f"   needed  {'more' if number < one.plain else 'less'} than others: place {one.plain} without"] if one.plain else []),
    ]


def _parts(parts: tuple[Part, ...]) -> str:
    return ", ".join(f"{part.name} {part.points:+.2f}" for part in parts) or "none alone"
