"""Runs the same corpora, typed keystrokes and judgements through ours and its peers, and prints one table for each corpus.

`python -m bench.side_by_side`. Each search runs in a process of its own, and its CPU time counts, so that a busy machine
changes little. RELEVANCE names the folder of the public question sets; without it those are left out."""

import argparse
import importlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import corpora, texts
from bench.corpora import Corpus, Question

PYTHON = ("ours", "ours_first_stage", "plain_whoosh", "tantivy_en", "tantivy_typos", "fts5", "bm25s_en")
NODE = ("lunr", "minisearch", "flexsearch")
NODE_PACKAGES = ("lunr@2.3.9", "minisearch@7.2.0", "flexsearch@0.8.212")
ENDED = "\n"
"""After a whole question: its last word is whole, too."""
WARM = ("how do i", "data is not there", "a form", "map of p", "e", "users ", "cannot log in to the app")
Answers = list[tuple[list[str], float]]


@dataclass(frozen=True)
class Job:
    """What is asked of a corpus: whole questions, and questions as they are typed; each in all WAYS."""

    whole: dict[str, list[Question]]
    typed: dict[str, list[Question]]

    def texts(self) -> list[tuple[str, int]]:
        """Every text with the number of articles wanted, in one fixed order."""
        whole = [(question.text + ENDED, 10) for listed in self.whole.values() for question in listed]
        return [(text, 3) for way in self.typed for text in self.keystrokes(way)] + whole

    def keystrokes(self, way: str) -> list[str]:
        return [question.text[:end] for question in self.typed[way] for end in range(1, len(question.text) + 1)]


@dataclass(frozen=True)
class Outcome:
    """What one search did: seconds, bytes, CPU milliseconds to open and of each clean keystroke; answers in the order asked."""

    build: float
    bytes: int
    open: float
    keystrokes: list[float]
    answers: list[list[str]]


def job_for(corpus: Corpus) -> Job:
    """Fewer questions where the corpus is large, since the slowest take a third of a second for a keystroke."""
    chance = random.Random(20)
    large = len(corpus.sections) > 5_000
    asked = chance.sample(corpus.questions, min(len(corpus.questions), 80 if large else 200))
    ways = ("clean", "typos") if large else tuple(texts.WAYS)
    return Job(
        {way: _in_way(way, asked) for way in ways},
        {way: _in_way(way, asked[:30]) for way in ways},
    )


def _in_way(way: str, asked: Sequence[Question]) -> list[Question]:
    chance = random.Random(way)
    return [Question(texts.WAYS[way](question.text, chance), question.answers) for question in asked]


def run(peer: str, corpus: Corpus) -> Outcome:
    """Run one search over one corpus, in this process (or in Node's)."""
    job = job_for(corpus)
    with TemporaryDirectory(prefix="bench-") as folder:
        return _run_node(peer, corpus, job, Path(folder)) if peer in NODE else _run_python(peer, corpus, job, Path(folder))


def _run_python(peer: str, corpus: Corpus, job: Job, folder: Path) -> Outcome:
    module = importlib.import_module(f"bench.peers.{peer}")
    began = time.process_time()
    module.build(corpus.sections, folder)
    build = time.process_time() - began
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    began = time.process_time()
    search = module.opened(folder)
    opened = (time.process_time() - began) * 1000
    for text in WARM:
        search(text, 3)
    timed = []
    for text, limit in job.texts():
        at = time.thread_time_ns()
        found = search(text, limit)
        timed.append((found, (time.thread_time_ns() - at) / 1e6))
    return Outcome(build, size, opened, _clean(job, timed), [found for found, _ in timed])


def _run_node(peer: str, corpus: Corpus, job: Job, folder: Path) -> Outcome:
    rows = [
        {"article": s.article, "title": f"{s.title} {s.heading} {' '.join(s.keywords)}", "text": s.text} for s in corpus.sections
    ]
    asked: dict[str, Any] = {"peer": peer, "sections": rows, "texts": job.texts(), "warm": WARM}
    asked |= {"file": str(folder / "index.json"), "modules": str(node_modules())}
    script = Path(__file__).parent / "peers" / "node.mjs"
    done = subprocess.run(
        ["node", "--max-old-space-size=6000", str(script)], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    timed = [(found, spent) for found, spent in told["answers"]]
    return Outcome(told["build"], told["bytes"], told["open"], _clean(job, timed), [found for found, _ in timed])


def _clean(job: Job, timed: Answers) -> list[float]:
    return [spent for _, spent in timed[: len(job.keystrokes("clean"))]]


@cache
def node_modules() -> Path:
    """Node's packages, installed by npm into a folder outside the repository and kept for the next run."""
    folder = Path.home() / ".cache" / "deflect-bench"
    if not all((folder / "node_modules" / package.split("@")[0]).is_dir() for package in NODE_PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", *NODE_PACKAGES]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def peers() -> tuple[str, ...]:
    """All that can run here: Node's only where Node is."""
    return PYTHON + (NODE if shutil.which("node") and shutil.which("npm") else ())


def in_its_own_process(peer: str, name: str) -> Outcome | None:
    """Run one search over one corpus; None, with a line to standard error, when it fails."""
    command = [sys.executable, "-m", "bench.side_by_side", "--one", peer, "--corpus", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=corpora.ROOT)
    if done.returncode:
        print(f"{peer} on {name} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return Outcome(**json.loads(done.stdout))


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--one", choices=(*PYTHON, *NODE), help="print the raw outcome of one search, as JSON")
    given.add_argument("--peer", action="append", help="only these searches")
    given.add_argument("--corpus", action="append", help="only these corpora")
    asked = given.parse_args()
    if asked.one:
        print(json.dumps(asdict(run(asked.one, corpora.load(asked.corpus[0])))))
        return
    from bench import figures  # noqa: PLC0415  what prints knows what runs, not the other way round

    for name in asked.corpus or corpora.names():
        outcomes = {peer: in_its_own_process(peer, name) for peer in asked.peer or peers()}
        print(figures.table(corpora.load(name), {peer: out for peer, out in outcomes.items() if out}), flush=True)


if __name__ == "__main__":
    main()
