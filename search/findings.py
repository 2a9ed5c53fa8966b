"""What a check for writers says: where, what is wrong and how to mend it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend: `file` is relative to docs_dir, `line` counts from 1. A `minor` one does not stop a publish."""

    file: str
    line: int
    rule: str
    what: str
    mend: str
    minor: bool = False


def line_of(source: str, text: str, *, before: tuple[str, ...] = ("",)) -> int:
    """The first line that holds `text`, with one of `before` ahead of it if any line has that; 1 if none does."""
    lines = list(enumerate(source.splitlines(), 1))
    found = (number for ahead in before for number, line in lines if text and f"{ahead}{text}" in line)
    return next(found, 1)
