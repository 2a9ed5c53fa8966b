"""What every help desk connector must do, as checks that a test runs: ours run all of them, and so can yours.

A `Rig` gives a check the connector and a view from the other side, which must not use the connector.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from deflect_api.connectors import Change, File, HelpDesk, Note, Request

ODD = "Ünïcode “quotes” it's <b>not bold</b> 100% \\ {curly} 水\n- a list\n\n# no heading"


@dataclass
class Held:
    """A ticket as the other side holds it. `fields` and `notes` (text, public) are what a person there sees."""

    id: str
    subject: str
    body: str
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[tuple[str, bool]] = field(default_factory=list)
    status: str = "new"


class Rig(Protocol):
    """`can` lists what the other system offers: find, heard, comment, changes, files, private. `fields` have a place there."""

    desk: HelpDesk
    can: frozenset[str]
    fields: frozenset[str]

    def held(self, reference: str) -> list[Held]: ...
    def agent_says(self, remote: str, words: str, *, public: bool) -> None: ...
    def agent_sets(self, remote: str, status: str) -> None: ...
    def fresh_reference(self) -> str: ...


def a_request(reference: str, **changes: object) -> Request:
    """A whole request, with `changes`."""
    whole: dict[str, object] = {
        "reference": reference,
        "subject": "Survey is not on the phone",
        "body": f"What happened\nThe list stays empty.\n\n{ODD}",
        "product": "flow",
        "type": "bug",
        "severity": "minor",
        "priority": "high",
        "requester_name": "Ada Example",
        "requester_email": "ada@example.org",
        "link": f"https://help.example.org/requests/{reference}/secret/",
        "tags": ("Asia", "bug"),
        "fields": {"instance": "care.akvoflow.org"},
        "files": (File("list.txt", "text/plain", lambda: b"an empty list\n"),),
        **changes,
    }
    return Request(**whole)  # type: ignore[arg-type] # the caller names fields of Request


def a_new_ticket_is_there_once_and_found(rig: Rig) -> None:
    reference = rig.fresh_reference()
    assert rig.desk.find(reference) is None
    remote = rig.desk.create(a_request(reference))
    held = rig.held(reference)
    assert [ticket.id for ticket in held] == [remote]
    assert rig.desk.find(reference) == (remote if "find" in rig.can else None)


def every_part_arrives(rig: Rig) -> None:
    reference = rig.fresh_reference()
    request = a_request(reference)
    rig.desk.create(request)
    (held,) = rig.held(reference)
    assert request.subject in held.subject
    assert reference in held.subject
    for line in request.body.splitlines():
        assert line in held.body
    for name in rig.fields - {"tags"}:
        assert held.fields.get(name) == request.values[name], (name, held.fields)
    assert set(request.tags) <= set(held.fields.get("tags", "").split(", ")) or "tags" not in rig.fields
    if "files" in rig.can:
        assert held.files == {"list.txt": b"an empty list\n"}


def a_reference_is_found_whole_or_not_at_all(rig: Rig) -> None:
    reference = rig.fresh_reference()
    remote = rig.desk.create(a_request(reference))
    assert rig.desk.find(reference[:-1]) is None
    assert rig.desk.find(reference + "0") is None
    assert rig.desk.find(reference) in (remote, None)


def a_closed_ticket_is_still_found(rig: Rig) -> None:
    if {"find", "changes"} <= rig.can:
        reference = rig.fresh_reference()
        remote = rig.desk.create(a_request(reference))
        rig.agent_sets(remote, "closed")
        assert rig.desk.find(reference) == remote


def a_value_without_a_place_is_not_lost(rig: Rig) -> None:
    reference = rig.fresh_reference()
    rig.desk.create(a_request(reference, product="a product that no list has"))
    (held,) = rig.held(reference)
    everywhere = [held.body, *held.fields.values(), *(text for text, _ in held.notes)]
    assert any("a product that no list has" in text for text in everywhere)


def a_note_is_heard_and_keeps_its_words(rig: Rig) -> None:
    reference = rig.fresh_reference()
    remote = rig.desk.create(a_request(reference))
    note = Note(f"{reference}-7", "Ada Example", ODD, files=(File("more.txt", "text/plain", lambda: b"more"),))
    assert not rig.desk.heard(remote, note.key)
    rig.desk.comment(remote, note)
    assert rig.desk.heard(remote, note.key) is ("heard" in rig.can)
    assert not rig.desk.heard(remote, f"{reference}-70")
    if "comment" in rig.can:
        (held,) = rig.held(reference)
        (text,) = [text for text, _ in held.notes if note.key in text]
        assert all(line in text for line in ODD.splitlines())
        assert "files" not in rig.can or "more.txt" in held.files


def a_private_note_stays_private(rig: Rig) -> None:
    if {"comment", "private"} <= rig.can:
        reference = rig.fresh_reference()
        remote = rig.desk.create(a_request(reference))
        rig.desk.comment(remote, Note(f"{reference}-8", "Bo", "for the team alone", public=False))
        (held,) = rig.held(reference)
        assert [public for text, public in held.notes if "for the team alone" in text] == [False]


def a_note_can_open_a_ticket_again(rig: Rig) -> None:
    if {"comment", "changes"} <= rig.can:
        reference = rig.fresh_reference()
        remote = rig.desk.create(a_request(reference))
        rig.agent_sets(remote, "solved")
        rig.desk.comment(remote, Note(f"{reference}-9", "Ada", "It came back.", reopens=True))
        assert rig.held(reference)[0].status == "open"


def what_agents_do_comes_back(rig: Rig) -> None:
    if "changes" in rig.can:
        start = rig.desk.changes("").cursor
        reference = rig.fresh_reference()
        remote = rig.desk.create(a_request(reference))
        rig.desk.comment(remote, Note(f"{reference}-3", "Ada", "our own words"))
        rig.agent_says(remote, f"Have you tried again?\n\n{ODD}", public=True)
        rig.agent_says(remote, "ask the developers", public=False)
        rig.agent_sets(remote, "pending")
        change = _change_of(rig, start, remote)
        assert change.status == "pending"
        said = {entry.public: entry for entry in change.said}
        assert len(change.said) == 2, change.said
        assert said[True].body.startswith("Have you tried again?")
        assert said[False].body == "ask the developers"
        assert isinstance(said[True].at, datetime)
        assert said[True].at.tzinfo is not None
        assert _change_of(rig, start, remote) == change, "the same cursor gives the same again"


def the_cursor_goes_on(rig: Rig) -> None:
    if "changes" in rig.can:
        first = rig.desk.changes("").cursor
        remote = rig.desk.create(a_request(rig.fresh_reference()))
        _change_of(rig, first, remote)
        later = _last_cursor(rig, first)
        assert later >= first
        rig.agent_sets(remote, "solved")
        assert _change_of(rig, later, remote).status == "solved"


def the_credentials_can_be_tried(rig: Rig) -> None:
    assert rig.desk.check()


def _change_of(rig: Rig, cursor: str, remote: str) -> Change:
    found: dict[str, Change] = {}
    for _ in range(200):
        batch = rig.desk.changes(cursor)
        found |= {change.remote: change for change in batch.changed}
        if not batch.more:
            break
        assert batch.cursor != cursor, "a batch that says there is more must go on"
        cursor = batch.cursor
    return found[remote]


def _last_cursor(rig: Rig, cursor: str) -> str:
    batch = rig.desk.changes(cursor)
    while batch.more:
        batch = rig.desk.changes(batch.cursor)
    return batch.cursor


CHECKS: tuple[Callable[[Rig], None], ...] = (
    a_new_ticket_is_there_once_and_found,
    every_part_arrives,
    a_reference_is_found_whole_or_not_at_all,
    a_closed_ticket_is_still_found,
    a_value_without_a_place_is_not_lost,
    a_note_is_heard_and_keeps_its_words,
    a_private_note_stays_private,
    a_note_can_open_a_ticket_again,
    what_agents_do_comes_back,
    the_cursor_goes_on,
    the_credentials_can_be_tried,
)
