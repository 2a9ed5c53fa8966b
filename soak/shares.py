"""A trial of hours is run in shares: each appends its counts to a file, and the row is made of all of them together."""

import json
from collections.abc import Mapping
from pathlib import Path

Counts = dict[str, float]


def add(one: Mapping[str, float], other: Mapping[str, float]) -> Counts:
    """Sum up two shares; what is called slowest is the greater of the two."""
    return {
        name: (max if name.startswith("slowest") else lambda a, b: a + b)(one.get(name, 0), other.get(name, 0))
        for name in {**one, **other}
    }


def keep(path: Path, counts: Mapping[str, float]) -> Counts:
    """Append a share, and return the sum of all that are there."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(counts) + "\n")
    return total(path)


def total(path: Path) -> Counts:
    found: Counts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        found = add(found, json.loads(line))
    return found
