"""Installations as trials need them: our support.yml with another desk, numbers of their own, or a protection gone."""

import os
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from deflect_api import build, config
from soak.changed import copied, put_in
from tests.served import ROOT

MANY = "1000000 in 10 minutes"
NO_LIMITS = {
    **dict.fromkeys(("visit", "unproven", "mail", "address", "acknowledgements"), MANY),
    **dict.fromkeys(("flood_address", "flood_everywhere"), 1_000_000),
}


def write_settings(home: Path, connector: str, settings: dict[str, Any]) -> Path:
    """Write a support.yml whose desk is this one, and that limits nobody."""
    whole = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))
    whole["desk"] = {"connector": connector, "settings": settings, "replies": str(ROOT / "replies")}
    whole["limits"] = NO_LIMITS
    path = home / "support.yml"
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    return path


@contextmanager
def built() -> Iterator[Path]:
    """Build our own release in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load({**os.environ, "DEFLECT_HOME": folder, "DEFLECT_CONFIG": str(ROOT / "support.yml")})
        yield build.build(settings)[0]


def fresh_numbers() -> int:
    """A number from which on no real desk has seen a reference of ours."""
    return 1_000_000_000 + uuid.uuid4().int % 8_000_000 * 1000


def number_from(database: Path, base: int) -> None:
    """Let requests be numbered from `base` on. Nobody may be writing."""
    with closing(sqlite3.connect(database)) as connection:
        done = connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'ticket'", (base,))
        if not done.rowcount:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('ticket', ?)", (base,))
        connection.commit()


@contextmanager
def weakened(*faults: tuple[str, str, str]) -> Iterator[Path]:
    """Copy the product with each (file, right, wrong) put in: the control of a trial."""
    with copied() as folder:
        for fault in faults:
            put_in(folder, *fault)
        yield folder
