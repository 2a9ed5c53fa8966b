"""The outbox against its model, in full: thousands of runs. `python -m soak.model RUNS SEED` is one share of them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from soak.changed import changed
from soak.table import Row
from tests.served import ROOT

RUNS, STEPS, TOGETHER, CONTROL = 10_000, 50, 2, 400
QUICK = Path("/dev/shm")  # what is synced is no matter here
TEST = "tests/delivery/test_model.py"
FAULT = ("delivery/outbox.py", "UNKNOWN if unknown else QUEUED", "DELIVERED if unknown else QUEUED")


def begin(runs: int, seed: int, source: Path, folder: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", f"--basetemp={folder}"]
    given = {"MODEL_RUNS": str(runs), "MODEL_STEPS": str(STEPS), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([*words, TEST], cwd=source, env={**os.environ, **given}, stdout=subprocess.PIPE)


def passed(shares: Sequence[int], seed: int, source: Path = ROOT) -> list[bool]:
    """Run the model in so many processes at a time, each with its share of the runs."""
    with tempfile.TemporaryDirectory(prefix="deflect-model-", dir=QUICK if QUICK.is_dir() else None) as folder:
        every = [begin(runs, seed + at, source, Path(folder) / str(at)) for at, runs in enumerate(shares)]
        for process in every:
            process.communicate()
    return [process.returncode == 0 for process in every]


def run(runs: int = RUNS, seed: int = 9) -> Row:
    began = time.monotonic()
    ours = passed([runs // TOGETHER] * TOGETHER, seed)
    seconds = time.monotonic() - began
    with changed(*FAULT) as source:
        faulty = passed([CONTROL], seed, source)
    return Row(
        "Model of the outbox",
        f"{runs} runs of {STEPS} steps in {seconds:.0f} s: {'no rule broken' if all(ours) else 'a rule broken'}",
        f"with a fault put in, {CONTROL} runs: {'no rule broken' if all(faulty) else 'a rule broken'}",
        all(ours) and not all(faulty),
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
