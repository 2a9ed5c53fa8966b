"""One row for each trial: what was promised, what was counted, what the control showed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`control` is the same trial with the protection off; it must have failed for the trial to count."""

    name: str
    counted: str
    control: str
    holds: bool
    found: str = ""


@dataclass(frozen=True)
class Skipped:
    name: str
    why: str


def as_markdown(rows: list[Row | Skipped]) -> str:
    """Return the table of docs/team/reliability.md."""
    lines = ["| Trial | Counted | Control | Holds |", "|---|---|---|---|"]
    for row in rows:
        if isinstance(row, Skipped):
            lines.append(f"| {row.name} | skipped: {row.why} | | |")
        else:
            lines.append(f"| {row.name} | {row.counted} | {row.control} | {'yes' if row.holds else '**no**'} |")
    return "\n".join(lines)
