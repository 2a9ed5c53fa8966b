"""Prints Lighthouse's scores of home, a landing page and an article, as a phone sees them: the median of five runs.

Run it as `python -m bench.lighthouse` with Node 20 or newer and Chromium installed; npx fetches Lighthouse 12.8.2 once.
Scores of performance are only worth something on a machine that does nothing else."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.served import Served

VERSION = "lighthouse@12.8.2"
PAGES = ("/", "/flow/", "/flow/form-not-in-app/")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
RUNS = 5
FLAGS = "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if shutil.which("npx") is None or chromium is None:
        print("Lighthouse needs npx (Node 20 or newer) and Chromium; one of them is not here.")
        return 0
    with tempfile.TemporaryDirectory() as home:
        installed = Served(Path(home))
        built = installed.command("build")
        if built.returncode:
            print(built.stderr)
            return 1
        installed.start()
        try:
            for address in PAGES:
                print_page(installed.url + address, chromium)
        finally:
            installed.stop()
    return 0


def print_page(url: str, chromium: str) -> None:
    runs = [run(url, chromium) for _ in range(RUNS)]
    scores = {name: statistics.median(score(one, name) for one in runs) for name in CATEGORIES}
    address = "/" + url.split("/", 3)[3]
    print(f"{address:28}" + "  ".join(f"{name} {value:.0f}" for name, value in scores.items()))
    for name, audits in sorted(failed(runs[-1]).items()):
        print(f"    {name}: {', '.join(audits)}")


def run(url: str, chromium: str) -> dict[str, Any]:
    words = ["npx", "--yes", VERSION, url, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    words.append(f"--only-categories={','.join(CATEGORIES)}")
    done = subprocess.run(words, env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Lighthouse could not look at {url}: {done.stderr[-2000:]}")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def score(one: dict[str, Any], name: str) -> float:
    return 100 * float(one["categories"][name]["score"] or 0)


def failed(one: dict[str, Any]) -> dict[str, list[str]]:
    """The audits that cost points, by category."""
    found: dict[str, list[str]] = {}
    for name in CATEGORIES:
        weighed = {part["id"] for part in one["categories"][name]["auditRefs"] if part["weight"]}
        bad = [audit for audit in sorted(weighed) if (given := one["audits"][audit]["score"]) is not None and given < 0.9]
        if bad:
            found[name] = bad
    return found


if __name__ == "__main__":
    sys.exit(main())
