"""Run every trial and print the table of docs/team/reliability.md. Names after the command choose some of them."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2

from deflect_api import build, config
from soak import (
    clock_jumps,
    crash_points,
    desk_down,
    disk_full,
    lost_answers,
    lost_issues,
    model,
    mutants,
    overload,
    postgres_killed,
    power_cut,
    replicas,
    sigkill,
    slow_lines,
)
from soak.desks.rigs import REDMINE_URL, RT_URL
from soak.table import Row, Skipped, as_markdown
from tests import postgres
from tests.served import ROOT


def with_desk(name: str, url: str, trial: Callable[[], Row | Skipped]) -> Row | Skipped:
    """Try it where that desk runs."""
    try:
        httpx2.get(url, timeout=10)
    except httpx2.HTTPError:
        return Skipped(name, f"nothing answers at {url}; `make test-desks` installs it")
    return trial()


def trials(release: Path) -> dict[str, Callable[[], Row | Skipped]]:
    return {
        "power_cut": power_cut.run,
        "crash_points": crash_points.run,
        "sigkill_rt": lambda: with_desk("SIGKILL, rt", RT_URL, lambda: sigkill.run("rt", release)),
        "sigkill_redmine": lambda: with_desk("SIGKILL, redmine", REDMINE_URL, lambda: sigkill.run("redmine", release)),
        "lost_rt": lambda: with_desk("Lost answers, rt", RT_URL, lambda: lost_answers.run("rt", 1000, release)),
        "lost_redmine": lambda: with_desk(
            "Lost answers, redmine", REDMINE_URL, lambda: lost_answers.run("redmine", 1000, release)
        ),
        "lost_zendesk": lambda: lost_answers.run("zendesk", 1000, release),
        "lost_github": lost_issues.run,
        "desk_down": desk_down.run,
        "clock_jumps": lambda: clock_jumps.run(release),
        "replicas": lambda: replicas.run() if postgres.programs() else Skipped("Replicas", "PostgreSQL is not installed"),
        "disk_full": lambda: disk_full.run(release),
        "postgres_killed": lambda: postgres_killed.run(release),
        "overload": lambda: overload.run(release),
        "overload_gunicorn": lambda: overload.run(release, overload.GUNICORN),
        "overload_granian": lambda: overload.run(release, overload.GRANIAN),
        "slow_lines": lambda: slow_lines.run(release),
        "model": model.run,
        "mutants": mutants.run,
    }


def main(chosen: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load({**os.environ, "DEFLECT_HOME": folder, "DEFLECT_CONFIG": str(ROOT / "support.yml")})
        release, _ = build.build(settings)
        rows = []
        for name, trial in trials(release).items():
            if not chosen or name in chosen:
                print(f"{name} ...", file=sys.stderr, flush=True)
                rows.append(trial())
    print(as_markdown(rows))
    return 0 if all(isinstance(row, Skipped) or row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
