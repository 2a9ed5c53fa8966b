"""What becomes of each table when a person is erased. Every table has its line: a test fails for one without.

A table without a line is treated with care: what belongs to a ticket or has a mail address goes.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, String, Text, delete, func, select
from sqlalchemy import Table as Described
from sqlalchemy.orm import Session

from deflect_api.store.models import Table

STRIPPED = "stripped"  # the row stays for the figures, and says nothing of anybody
REMOVED = "removed"  # the row goes
MENDED = "mended"  # another's row: the person's address is taken out of it
KEPT = "kept"  # says nothing of anybody and is counted
NOT_THEIRS = "not theirs"  # holds nothing of requesters
POLICY = {
    "ticket": STRIPPED,
    "comment": REMOVED,
    "journal_entry": STRIPPED,
    "idempotency_key": REMOVED,
    "message": REMOVED,
    "attempt": REMOVED,
    "upload": REMOVED,
    "holding": REMOVED,
    "support_session": STRIPPED,
    "session_event": STRIPPED,
    "tally": REMOVED,
    "agent": NOT_THEIRS,
    "agent_limit": NOT_THEIRS,
    "sign_in": NOT_THEIRS,
    "second_factor": NOT_THEIRS,
    "recovery_code": NOT_THEIRS,
    "identity": NOT_THEIRS,
    "known_device": NOT_THEIRS,
    "invitation": NOT_THEIRS,
    "staff_token": NOT_THEIRS,
    "audit_entry": NOT_THEIRS,
    "incident": MENDED,
    "ticket_words": REMOVED,
    "ticket_tag": KEPT,
    "tag": MENDED,
    "tag_change": MENDED,
    "relation": KEPT,
    "issue_link": REMOVED,
    "follower": REMOVED,
    "fix": MENDED,
    "notice": REMOVED,
    "notice_choice": NOT_THEIRS,
    "gap": MENDED,
    "helpful_answer": MENDED,
    "channel": NOT_THEIRS,
    "removal": NOT_THEIRS,
    "issue": MENDED,
    "escalation": REMOVED,
    "task": REMOVED,
    "hook_delivery": NOT_THEIRS,
    "inbound_mail": REMOVED,
    "bounce": REMOVED,
}
ERASED, ERASED_SUBJECT = "[erased]", "(erased)"
FIGURES = (  # the columns of a ticket that stay, for the figures
    "status", "type", "severity", "priority", "working", "affected", "needed_by", "product", "hub", "language", "searched",
    "link_nonce", "solved_says",
)  # fmt: skip
ADDRESS_COLUMNS = ("email", "sender", "address")
BATCH = 500


def remove_with_tickets(session: Session, ids: Sequence[int]) -> dict[str, int]:
    """Remove the rows of every table that belongs to these tickets, the stripped ones apart; return how many of each."""
    removed: dict[str, int] = {}
    for table in reversed(Table.metadata.sorted_tables):
        columns = [column for column in _to_ticket(table) if _policy(table) == REMOVED]
        gone = sum(_removed(session, table, column, ids) for column in columns)
        if gone:
            removed[table.name] = gone
    return removed


def remove_with_address(session: Session, address: str) -> dict[str, int]:
    """Remove the rows of removable tables that are about a mail address alone, such as those who follow something."""
    removed: dict[str, int] = {}
    for table in reversed(Table.metadata.sorted_tables):
        for name in ADDRESS_COLUMNS:
            if name in table.c and _policy(table) == REMOVED:
                gone = session.execute(delete(table).where(func.lower(table.c[name]) == address)).rowcount  # type: ignore[attr-defined]
                removed.update({table.name: gone} if gone else {})
    return removed


def of_address(session: Session, table: Described, address: str) -> list[dict[str, object]]:
    """Read the rows of a removable table that are about a mail address."""
    columns = [table.c[name] for name in ADDRESS_COLUMNS if name in table.c and _policy(table) == REMOVED]
    return [
        dict(row) for column in columns for row in session.execute(select(table).where(func.lower(column) == address)).mappings()
    ]


def nothing(table: Described) -> dict[str, object]:
    """Return values for a ticket that says nothing of its requester; a column that is not named in FIGURES is emptied."""
    said = [
        column for column in table.columns if column.name not in FIGURES and not column.primary_key and not column.foreign_keys
    ]
    words = {column.name: None if column.nullable else "" for column in said if isinstance(column.type, (String, Text))}
    lists: dict[str, object] = {column.name: _empty(column) for column in said if type(column.type).__name__ == "JSON"}
    return {**words, **lists, "subject": ERASED_SUBJECT}


def _empty(column: Column[object]) -> object:
    default: Any = column.default
    return default.arg(None) if default is not None else None


def texts(table: Described) -> list[Column[object]]:
    """List the columns in which somebody's address can stand."""
    long = [column for column in table.columns if isinstance(column.type, (String, Text)) and not column.primary_key]
    named = [column for column in long if not column.foreign_keys and not column.name.endswith("_hash")]
    return [*named, *(column for column in table.columns if type(column.type).__name__ == "JSON")]


def mentioned(table: Described) -> bool:
    """Tell whether a table's texts are looked through for an address."""
    return _policy(table) != NOT_THEIRS


def of_tickets(session: Session, table: Described, ids: Sequence[int]) -> list[dict[str, object]]:
    """Read the rows of a table that belong to these tickets."""
    columns = _to_ticket(table)
    if not columns:
        return []
    found = session.execute(select(table).where(columns[0].in_(ids))).mappings()
    return [dict(row) for row in found]


def _policy(table: Described) -> str:
    careful = REMOVED if _to_ticket(table) or any(name in table.c for name in ADDRESS_COLUMNS) else MENDED
    return POLICY.get(table.name, careful)


def _to_ticket(table: Described) -> list[Column[object]]:
    keys = [key for key in table.foreign_keys if key.column.table.name == "ticket"]
    return sorted((key.parent for key in keys), key=lambda column: column.name != "ticket_id")


def _removed(session: Session, table: Described, column: Column[object], ids: Sequence[int]) -> int:
    gone = 0
    for at in range(0, len(ids), BATCH):
        gone += session.execute(delete(table).where(column.in_(ids[at : at + BATCH]))).rowcount  # type: ignore[attr-defined]
    return gone
