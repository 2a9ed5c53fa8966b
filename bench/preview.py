"""Prints how long an edit takes to reach suggestions and page under `make docs`, on our own docs.

Run it as `python -m bench.preview`, on a machine that does nothing else."""

import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from tests.served import ROOT, Served

LETTERS = "abcdefgh"
PAGE = "flow/phone-time"
PARTS = ("docs", "overrides", "mkdocs.yml", "support.yml", "redirects.yml", "spelling.txt")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        site, home = Path(folder, "site"), Path(folder, "home")
        home.mkdir()
        site.mkdir()
        for name in PARTS:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, site / name)
            elif (ROOT / name).is_file():
                shutil.copy(ROOT / name, site / name)
        served = Served(home, config=site / "support.yml")
        try:
            served.start("preview")
            page = site / "docs" / f"{PAGE}.md"
            text = page.read_text(encoding="utf-8")
            times = [edit(served, page, text, f"zebra{letter}") for letter in LETTERS]
        finally:
            served.kill()
    for name, spent in zip(("edit to suggestion", "edit to page"), zip(*times, strict=True), strict=True):
        print(f"{name:24}median {statistics.median(spent):.2f} s, slowest {max(spent):.2f} s")
    return 0


def edit(served: Served, page: Path, text: str, word: str) -> tuple[float, float]:
    page.write_text(f"{text}\n## Why the {word} is here\n\nThe {word} is here.\n", encoding="utf-8")
    started = time.perf_counter()
    suggestion = until(lambda: word in suggest(served, word), started)
    return suggestion, until(lambda: f"The {word} is here" in get(f"{served.url}/{PAGE}/"), started)


def until(done: Callable[[], bool], started: float) -> float:
    while not done():
        time.sleep(0.05)
    return time.perf_counter() - started


def suggest(served: Served, text: str) -> str:
    return json.dumps(json.loads(get(f"{served.url}/api/v1/suggest", urlencode({"text": text, "product": "flow"}).encode())))


def get(url: str, form: bytes | None = None) -> str:
    with urllib.request.urlopen(url, data=form, timeout=30) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    sys.exit(main())
