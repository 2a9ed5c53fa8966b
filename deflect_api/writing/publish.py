"""Publish by git: check out a commit beside the live site, check it, build it as a release, switch. One at a time.

What a push brings are the sources; the settings are the ones that the service runs with. A check that fails changes nothing."""

import fcntl
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from deflect_api import build, history
from deflect_api.config import Settings
from deflect_api.errors import ConfigError
from deflect_api.writing.checks import check, docs_folder
from deflect_api.writing.questions import ask
from search.report import as_text

LOCK = "publish.lock"
MOST_TOLD = 30

Say = Callable[[str], None]


@dataclass(frozen=True)
class Push:
    """Where the sources are: a repository, a revision of it, and today's date for reviews that are due."""

    repository: Path
    revision: str
    today: date
    only_check: bool = False


def publish(settings: Settings, push: Push, say: Say) -> str:
    """Check, build and switch; return what was done in one line. Raises ConfigError with what must be mended first."""
    with _queued(settings.home, say), tempfile.TemporaryDirectory(prefix="deflect-push-") as folder:
        commit = history.export(push.repository, push.revision, Path(folder))
        here = replace(settings, sources=Path(folder))
        _say_what_is_not_published(settings, Path(folder), say)
        say(f"Checking {commit[:10]}.")
        _check(here, push.today)
        if push.only_check:
            return f"{commit[:10]} is fit to publish."
        below = docs_folder(here).resolve().relative_to(Path(folder).resolve()).as_posix()
        live = (settings.home / "current").resolve()
        release, fresh = build.build(here, history.changed_on(push.repository, commit, below))
        done = "Published" if fresh else "Nothing changed: kept" if release == live else "Switched back to"
        return f"{done} release {release.name} of {commit[:10]}."


def pushed(lines: str, branch: str) -> str:
    """The commit that a push brought to a branch, from what git tells its hooks; "" when it is about others."""
    for line in lines.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[2] == f"refs/heads/{branch}" and set(parts[1]) != {"0"}:
            return parts[1]
    return ""


def manifest_pages(home: Path) -> dict[str, dict[str, Any]]:
    """The pages of the live release, by their paths below docs_dir; {} when there is none."""
    try:
        manifest = json.loads((home / "current" / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {page["path"]: page for page in manifest.get("pages", ())}


def _check(settings: Settings, today: date) -> None:
    found = check(settings, today, before=list(manifest_pages(settings.home)))
    wrong = [finding for finding in found if not finding.minor]
    if wrong:
        more = f"and {len(wrong) - MOST_TOLD} more\n" if len(wrong) > MOST_TOLD else ""
        raise ConfigError(f"{as_text(wrong[:MOST_TOLD])}{more}Not published. The live site is as it was.")
    asked, wanted = ask(settings), settings.support.quality
    figures = asked.report
    if figures.ranks and (figures.success1 < wanted.success1 or figures.success3 < wanted.success3):
        missed = "".join(f"  {miss.question.text}    {miss.question.article}\n" for miss in figures.misses[:MOST_TOLD])
        raise ConfigError(
            f"Questions that do not find their article:\n{missed}"
            f"success@1 is {figures.success1:.3f} (at least {wanted.success1:g}), success@3 is {figures.success3:.3f} "
            f"(at least {wanted.success3:g}).\nNot published. The live site is as it was."
        )


def _say_what_is_not_published(settings: Settings, folder: Path, say: Say) -> None:
    brought = folder / settings.config.name
    if brought.is_file() and settings.config.is_file() and brought.read_bytes() != settings.config.read_bytes():
        say(f"{settings.config.name} differs from the one in use, and is not published: who runs the service changes it there.")


@contextmanager
def _queued(home: Path, say: Say) -> Iterator[None]:
    """Wait for the publish that is going on; whoever comes later publishes what the branch holds by then."""
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another publish is going on. Waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
