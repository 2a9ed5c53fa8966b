"""What is opened before serving helps the first keystroke, and stops no start when it cannot be opened."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deflect_api.cli_serve import warmed
from search import arrays, generations
from search.build import IMPACTS
from tests.conftest import Desk


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_first_keystroke_finds_everything_open(desk: Desk) -> None:
    warmed(desk.app)
    assert gc.get_freeze_count() > 10_000
    assert desk.search()


def test_an_index_of_another_version_stops_no_request(desk: Desk, release: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(release, older, ignore=shutil.ignore_patterns("index"))
    made = next((release / "index").glob("*/" + IMPACTS)).parent

    def write(folder: Path) -> None:
        shutil.copytree(made, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))
        held = arrays.open_mapped(made / IMPACTS)
        arrays.save(folder / IMPACTS, {name: array for name, array in held.items() if name not in ("made_by", "gram_norm")})

    generations.publish(older / "index", "0" * 64, write)
    link = desk.settings.home / "current"
    link.unlink()
    link.symlink_to(older)
    warmed(desk.app)
    assert desk.client.post("/api/v1/suggest", data={"text": "survey"}).status_code == 503
    assert desk.send(receipt="unavailable").status_code == 201
