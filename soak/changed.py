"""A copy of the source with a protection taken out, for faults put in on purpose and for the controls of trials."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.served import ROOT

COPIED = ("deflect_api", "search", "soak", "tests", "docs", "replies", "overrides", "support.yml", "pyproject.toml", "mkdocs.yml")


@contextmanager
def copied() -> Iterator[Path]:
    """Copy what runs and what tests it to a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="deflect-changed-") as name:
        for part in COPIED:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, Path(name) / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, name)
        yield Path(name)


@contextmanager
def changed(file: str, right: str, wrong: str) -> Iterator[Path]:
    """A copy in which `right` of a file of deflect_api, which must be there once, is `wrong`."""
    with copied() as folder:
        put_in(folder, file, right, wrong)
        yield folder


def put_in(folder: Path, file: str, right: str, wrong: str) -> str:
    """Change a copy and return what the file held before."""
    path = folder / "deflect_api" / file
    whole = path.read_text(encoding="utf-8")
    if whole.count(right) != 1:
        raise ValueError(f"{file} holds {right!r} {whole.count(right)} times")
    path.write_text(whole.replace(right, wrong), encoding="utf-8")
    return whole
