"""Three answers in ten are lost on both ways, from the requester to us and from us to the desk: stored once, open there once.

With the real desks one forward in twenty is done by two workers at once, as when a lease ran out: the loser is closed there.
"""

import itertools
import random
import re
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import delete, func, select, update

from deflect_api import config
from deflect_api.app import Outside, create_app, handlers
from deflect_api.config import Settings
from deflect_api.connectors import HelpDesk, Request
from deflect_api.connectors.mailer import open_mailer
from deflect_api.connectors.redmine import Redmine
from deflect_api.connectors.rt import RequestTracker
from deflect_api.connectors.zendesk import Zendesk
from deflect_api.delivery import channels, forward, outbox
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.store.channels import Channel
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from deflect_api.store.ready import ready_database
from soak import shares, stand_in
from soak.desks.rigs import RedmineRig, RtRig, redmine_connector, rt_connector
from soak.installed import built, fresh_numbers, number_from, write_settings
from soak.table import Row

SHARE = 0.3
RACED = 20  # one in so many is forwarded twice at once
CLIENTS, WORKERS = 4, 2
PAGE = 100
Desk = RequestTracker | Redmine | Zendesk


class Lossy(httpx2.BaseTransport):
    """Carries every call out, and loses three answers in ten."""

    def __init__(self, inner: httpx2.BaseTransport | None = None) -> None:
        self.inner, self.chance, self.lost, self.calls = inner or httpx2.HTTPTransport(), random.Random(9), 0, 0
        self._lock = threading.Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with self._lock:
            self.calls += 1
            lose = self.chance.random() < SHARE
            self.lost += lose
        answered = self.inner.handle_request(request)
        if lose:
            answered.read()
            answered.close()
            raise httpx2.ReadTimeout("lost", request=request)
        return answered


class Raced:
    """A desk where the lease of some forwards runs out on the way: another worker takes them over, and both create at once."""

    def __init__(self, desk: Desk, database: Database) -> None:
        self.desk, self.database, self.both = desk, database, dict[str, threading.Event]()

    def create(self, request: Request) -> str:
        if request.reference in self.both:
            self.both[request.reference].set()
        elif not int(request.reference) % RACED:
            self.both[request.reference] = threading.Event()
            self._lose_lease(request)
            self.both[request.reference].wait(10)
        return self.desk.create(request)

    def _lose_lease(self, request: Request) -> None:
        owed = (Message.ticket_id == int(request.reference)) & (Message.kind == forward.FORWARD)
        with self.database.write() as session:
            session.execute(update(Message).where(owed).values(leased_until=utc_now() - timedelta(seconds=1)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


class Place:
    """A desk to send to, and how many open tickets each reference has there as an agent sees it."""

    def __init__(self, which: str, stack: ExitStack) -> None:
        self.which, self.line = which, Lossy()
        self.before = 0
        if which == "zendesk":
            self.rig: Any = stack.enter_context(stand_in.serving())
        else:
            self.rig = RtRig(rt_connector()) if which == "rt" else RedmineRig(redmine_connector())
            self.before = max((number for number, _, _ in self._page(1)), default=0)

    def connect(self) -> Desk:
        if self.which == "rt":
            return rt_connector(transport=self.line)
        if self.which == "redmine":
            return redmine_connector(transport=self.line)
        return Zendesk(self.rig.url, "d@example.org", "key", transport=self.line)

    def times_open(self, references: Sequence[str]) -> list[int]:
        if self.which == "zendesk":
            times = self.rig.times()
            return [times[reference] for reference in references]
        listed = self._listed()
        return [len(listed.get((reference, True), [])) for reference in references]

    def losers(self, references: Sequence[str]) -> list[bool]:
        """Of each ticket that was closed because another has its reference: whether it points at that one."""
        if self.which == "zendesk":
            return []
        listed = self._listed()
        return [
            self._points_at(loser, listed.get((reference, True), []))
            for reference in references
            for loser in listed.get((reference, False), [])
        ]

    def _listed(self) -> dict[tuple[str, bool], list[str]]:
        """List all tickets of this trial, as an agent sees them: by reference, and whether they are open."""
        found: dict[tuple[str, bool], list[str]] = {}
        for page in itertools.count(1):
            listed = [one for one in self._page(page) if one[0] > self.before]
            for number, subject, is_open in listed:
                reference = subject.partition("]")[0].removeprefix("[")
                found.setdefault((reference, is_open), []).append(str(number))
            if len(listed) < PAGE:
                return found
        raise AssertionError  # it counts for ever

    def _page(self, page: int) -> list[tuple[int, str, bool]]:
        """List number, subject and whether it is open, the newest first."""
        if self.which == "rt":
            asked = {"query": "Queue = 'Support'", "fields": "Subject,Status", "orderby": "id", "order": "DESC"}
            items = self.rig._get("tickets", **asked, per_page=PAGE, page=page)["items"]
            return [(int(one["id"]), one["Subject"], one["Status"] != "rejected") for one in items]
        asked = {"project_id": "support", "status_id": "*", "sort": "id:desc"}
        issues = self.rig._get("/issues.json", **asked, limit=PAGE, offset=(page - 1) * PAGE)["issues"]
        return [(int(one["id"]), one["subject"], not one["status"]["is_closed"]) for one in issues]

    def _points_at(self, loser: str, winner: list[str]) -> bool:
        if self.which == "rt":
            links = self.rig._get(f"ticket/{loser}")["_hyperlinks"]
            return [str(link["id"]) for link in links if link["ref"] == "refers-to"] == winner
        journals = self.rig._get(f"/issues/{loser}.json", include="journals")["issue"]["journals"]
        return [f"#{number}" for number in winner] == [
            word for entry in journals for word in re.findall(r"#\d+", entry["notes"] or "")
        ]


def blind(desk: Desk) -> Desk:
    """Take the look-up out of a connector: the control."""
    kind = type("Blind", (type(desk),), {"find": lambda *_: None})
    desk.__class__ = kind
    return desk


def send(client: httpx2.Client, number: int, *, same_key: bool = True) -> str:
    """Send one request as the form does: again with the same key until an answer comes. Returns its reference."""
    key = uuid.uuid4().hex
    words = {"email": f"p{number}@example.org", "product": "flow", "subject": key, "happened": "It stopped.", "session": key}
    while True:
        try:
            found = client.post("/api/v1/suggest", data={"text": "it stopped", "session": key}).raise_for_status().json()
            headers = {"Idempotency-Key": key if same_key else uuid.uuid4().hex}
            sent = client.post("/api/v1/tickets", json={**words, "receipt": found["receipt"]}, headers=headers)
            if sent.status_code != 409:
                return str(sent.raise_for_status().json()["reference"])
        except httpx2.TimeoutException:
            pass


def take_in(settings: Settings, database: Database, tickets: int, *, same_key: bool = True) -> tuple[list[str], Lossy]:
    """Have `tickets` requests sent over a line that loses answers; return the references that their senders got."""
    line = Lossy(httpx2.WSGITransport(app=create_app(settings, database)))
    waiting, references = iter(range(tickets)), list[str]()
    lock = threading.Lock()

    def one() -> None:
        with httpx2.Client(transport=line, base_url="http://help.example.org", timeout=60) as client:
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                references.append(send(client, number, same_key=same_key))

    clients = [threading.Thread(target=one) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return references, line


def deliver(settings: Settings, database: Database, desk: HelpDesk, most_seconds: float = 3600) -> None:
    """Have relays forward all that is owed, pauses cut short: they are not what is tried here."""
    outside = Outside(open_mailer(settings.support.mail, settings.mail_folder), desk)
    made = handlers(settings, database, outside=outside)
    kinds, probes = frozenset(forward.KINDS), {channels.DESK: lambda: "up"}
    relays = [Relay(database, made, kinds=kinds, idle=0.05, probes=probes) for _ in range(WORKERS)]
    threads = [relay.start() for relay in relays]
    until = time.monotonic() + most_seconds
    while left(database, forward.KINDS) and time.monotonic() < until:
        cut_pauses(database, forward.KINDS)
        time.sleep(0.2)
    for relay in relays:
        relay.stop()
    for thread in threads:
        thread.join(120)


def cut_pauses(database: Database, kinds: Sequence[str]) -> None:
    """Make all of these kinds due that wait for their time or for their channel."""
    with database.write() as session:
        waiting = Message.kind.in_(kinds) & Message.state.in_((outbox.QUEUED, outbox.UNKNOWN))
        session.execute(update(Message).where(waiting).values(not_before=utc_now() - timedelta(seconds=1)))
        session.execute(delete(Channel))


def left(database: Database, kinds: Sequence[str]) -> int:
    """Count what is not carried out and waits for no human."""
    with database.read() as session:
        wanted = select(func.count()).where(Message.kind.in_(kinds), Message.state.in_(outbox.OPEN))
        return int(session.scalar(wanted) or 0)


def share(which: str, tickets: int, release: Path, *, sighted: bool = True) -> shares.Counts:
    """Take in and deliver so many, and count. Without `sighted` nothing is looked up: the control."""
    began = time.monotonic()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "current").symlink_to(release)
        file = write_settings(home, "builtin", {})
        settings = config.load({"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(file), "DEFLECT_URL": "http://help.example.org"})
        database = ready_database(settings.database)
        number_from(home / "deflect.db", fresh_numbers())
        place = Place(which, stack)
        references, first = take_in(settings, database, tickets, same_key=sighted)
        if not sighted:
            desk: Any = blind(place.connect())
        else:
            desk = place.connect() if which == "zendesk" else Raced(place.connect(), database)
        deliver(settings, database, desk)
        with database.read() as session:
            stored = Counter(session.scalars(select(Ticket.subject)))
            everything = [str(number) for number in session.scalars(select(Ticket.id))]
            parked = session.scalar(select(func.count()).where(Message.state == outbox.WAITING)) or 0
        database.close()
        times, losers = place.times_open(everything), place.losers(everything)
        return {
            "tickets": tickets, "stored": len(stored), "stored twice": sum(number > 1 for number in stored.values()),
            "acknowledged": len(set(references)), "lost to us": first.lost, "calls to us": first.calls,
            "lost there": place.line.lost, "calls there": place.line.calls, "once": times.count(1), "never": times.count(0),
            "more": sum(number > 1 for number in times), "extra": sum(number - 1 for number in times if number > 1),
            "losers": len(losers), "pointing": sum(losers), "parked": parked, "seconds": time.monotonic() - began,
        }  # fmt: skip


def row(which: str, counts: shares.Counts, control: shares.Counts) -> Row:
    c = {name: round(number) for name, number in counts.items()}
    x = {name: round(number) for name, number in control.items()}
    losers = f"; losers closed {c['losers']}, pointing at the winner {c['pointing']}" if which != "zendesk" else ""
    return Row(
        f"Lost answers, {which}",
        f"{c['tickets']} tickets in {c['seconds']} s; on the way to us {c['lost to us']} of {c['calls to us']} answers lost: "
        f"stored once {c['stored'] - c['stored twice']}, twice {c['stored twice']}; on the way to the desk {c['lost there']} of "
        f"{c['calls there']}: open there once {c['once']}, never {c['never']}, more than once {c['more']}{losers}",
        f"a new key at each try and no look-up, {x['tickets']} tickets: stored twice or more {x['stored twice']}, more than one "
        f"at the desk for {x['more']} references ({x['extra']} too many)",
        c["once"] == c["tickets"] == c["stored"] == c["acknowledged"]
        and not (c["never"] or c["more"] or c["stored twice"] or c["parked"])
        and c["losers"] == c["pointing"]
        and x["more"] > 0
        and x["stored twice"] > 0,
    )


def run(which: str, tickets: int, release: Path, control: int = 40) -> Row:
    """Try one desk: rt, redmine or zendesk."""
    return row(which, share(which, tickets, release), share(which, control, release, sighted=False))


def main(which: str, tickets: int, file: Path) -> None:
    """Run one share, keep it in `file`, and print the row of all that are there. The control is run with the first share."""
    with built() as release:
        control = file.with_suffix(".control")
        if not control.exists():
            shares.keep(control, share(which, 40, release, sighted=False))
        counts = shares.keep(file, share(which, tickets, release))
    print(row(which, counts, shares.total(control)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
