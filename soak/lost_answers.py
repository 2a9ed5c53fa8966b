"""30 % of all answers are lost on the way back from the real desk. Each ticket must be open there once, all the same."""

import random
import tempfile
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import delete, func, select, update

from deflect_api.connectors import HelpDesk, Request
from deflect_api.delivery import forward, outbox
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.store.channels import Channel
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database
from soak.desks.rigs import RedmineRig, RtRig, redmine_connector, rt_connector
from soak.table import Row
from tests.intake.made import submitted

SHARE = 0.3


class Lossy(httpx2.BaseTransport):
    """Carries every call out, and loses three answers in ten."""

    def __init__(self) -> None:
        self.inner, self.chance, self.lost, self.calls = httpx2.HTTPTransport(), random.Random(9), 0, 0
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


class Offset:
    """The desk under references that no run before this one used."""

    def __init__(self, desk: Any, base: int, *, looks_up: bool = True) -> None:
        self.desk, self.base, self.looks_up = desk, base, looks_up

    def name(self, reference: str) -> str:
        return str(self.base + int(reference))

    def find(self, reference: str) -> str | None:
        return self.desk.find(self.name(reference)) if self.looks_up else None

    def create(self, request: Request) -> str:
        made: str = self.desk.create(Request(**{**vars(request), "reference": self.name(request.reference)}))
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


def deliver(desk: HelpDesk, tickets: int, workers: int = 2) -> tuple[list[str], float]:
    """Owe that many forwards and have them carried out; return the references."""
    with tempfile.TemporaryDirectory() as folder:
        database = ready_database(f"sqlite:///{Path(folder) / 'deflect.db'}")
        with database.write() as session:
            made = [submitted(session, utc_now(), email=f"p{n}@example.org").reference for n in range(tickets)]
        way = forward.Way(database, desk, lambda ticket: f"https://help.example.org/requests/{ticket.id}/secret/")
        handlers = {**forward.handlers(way), "mail": lambda _: forward.Done(), outbox.ALERT: lambda _: forward.Done()}
        relays = [
            Relay(database, handlers, kinds=frozenset({"forward"}), idle=0.05, probes={"desk": lambda: "up"})
            for _ in range(workers)
        ]
        started = time.monotonic()
        threads = [relay.start() for relay in relays]
        while _left(database):
            with database.write() as session:  # pauses are not what is tried here
                session.execute(update(Message).where(Message.attempts > 0).values(not_before=utc_now() - timedelta(seconds=1)))
                session.execute(update(Message).values(attempts=0).where(Message.state == outbox.QUEUED))
                session.execute(delete(Channel))
            time.sleep(0.2)
        for relay in relays:
            relay.stop()
        for thread in threads:
            thread.join(60)
        database.close()
    return made, time.monotonic() - started


def _left(database: Any) -> int:
    with database.read() as session:
        wanted = select(func.count()).where(Message.kind == "forward", Message.state.in_(outbox.OPEN))
        return int(session.scalar(wanted) or 0)


def there(rig: Any, references: list[str], name: Any) -> Counter[int]:
    """Count the open tickets of each reference, as an agent sees them."""
    return Counter(len(_open(rig, name(reference))) for reference in references)


def _open(rig: Any, reference: str) -> list[str]:
    if isinstance(rig, RtRig):
        query = f"Queue = 'Support' AND Subject LIKE '[{reference}]' AND Status != 'rejected'"
        return [item["id"] for item in rig._get("tickets", query=query, per_page=100)["items"]]
    return rig.ids(reference)


def run(which: str, tickets: int, workers: int = 2) -> Row:
    """Try one desk, and without a look-up as the control."""
    line, base = Lossy(), 1_000_000_000 + uuid.uuid4().int % 8_000_000 * 1000
    desk = Offset(connector(which, line), base)
    rig = RtRig(rt_connector()) if which == "rt" else RedmineRig(redmine_connector())
    references, seconds = deliver(desk, tickets, workers)
    counted = there(rig, references, desk.name)
    control = (
        "see Redmine's: RT's unique field alone would hold"
        if which == "rt"
        else _blind(which, rig, base + 500_000, min(40, tickets))
    )
    return Row(
        f"Lost answers, {which}",
        f"{tickets} tickets, {line.lost} of {line.calls} answers lost, {seconds:.0f} s: open at the desk once {counted[1]}, "
        f"never {counted[0]}, more than once {tickets - counted[0] - counted[1]}",
        control,
        counted == Counter({1: tickets}),
    )


def _blind(which: str, rig: Any, base: int, tickets: int) -> str:
    """The same without a look-up: there must be more at the desk than were sent."""
    blind = Offset(connector(which, Lossy()), base, looks_up=False)
    few, _ = deliver(blind, tickets)
    control = there(rig, few, blind.name)
    more = sum((number - 1) * times for number, times in control.items() if number > 1)
    return f"without look-up: {more} more than the {tickets} sent"


def connector(which: str, line: httpx2.BaseTransport) -> Any:
    return rt_connector(transport=line) if which == "rt" else redmine_connector(transport=line)


if __name__ == "__main__":
    import sys

    print(run(sys.argv[1], int(sys.argv[2])))
