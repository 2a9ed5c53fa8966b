"""The desk is down for 72 hours of a clock that is set forward: nothing is lost, sent twice or out of order, and mail goes on.

Tickets, outbox, relay, connector and sockets are the product's own; the desk is a stand-in. The clock is real where delays count.
"""

import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from sqlalchemy import func, select, update

from deflect_api.connectors.zendesk import Zendesk
from deflect_api.delivery import channels, forward, outbox
from deflect_api.delivery.lanes import make_lanes
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import TemporaryFailure
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from deflect_api.store.ready import ready_database
from soak.stand_in import StandIn, serving
from soak.table import Row
from tests.conftest import Clock
from tests.intake.made import submitted

HOURS, STEPS = 72, 12
EACH = 7  # requests of one person, on average
MAILS, ROUNDS, QUEUED = 120, 5, 5000


class Line(httpx2.BaseTransport):
    """The way to the desk. Down, it refuses, is silent or answers 503, by turns; dying, it carries out and says nothing.

    Limping, it does one of the two to one create in ten.
    """

    def __init__(self) -> None:
        self.inner, self.down, self.dying, self.limping = httpx2.HTTPTransport(), False, 0, False
        self.turn, self.chance = itertools.count(), random.Random(9)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST" and (self.dying or (self.limping and self.chance.random() < 0.1)):
            self.dying = max(self.dying - 1, 0)
            if self.limping and self.chance.random() < 0.5:
                return httpx2.Response(503, request=request)
            self.inner.handle_request(request).read()
            raise httpx2.ReadTimeout("it died", request=request)
        if not self.down:
            return self.inner.handle_request(request)
        turn = next(self.turn) % 3
        if turn == 0:
            raise httpx2.ConnectError("refused", request=request)
        if turn == 1:
            raise httpx2.ReadTimeout("silent", request=request)
        return httpx2.Response(503, request=request)


class Installed:
    """One installation whose clock is set by hand, and its desk."""

    def __init__(self, folder: str, desk: StandIn) -> None:
        self.database, self.clock, self.line = ready_database(f"sqlite:///{Path(folder) / 'd.db'}"), Clock(), Line()
        self.desk = Zendesk(desk.url, "d@example.org", "key", transport=self.line)
        way = forward.Way(self.database, self.desk, lambda ticket: f"https://help.example.org/{ticket.id}/", clock=self.clock)
        other: dict[str, Handler] = {"mail": lambda _: Done(), outbox.ALERT: lambda _: Done()}
        made = {**forward.handlers(way), **other}
        self.relays = [
            Relay(self.database, made, self.clock, kinds=frozenset(forward.KINDS), probes={channels.DESK: self.desk.check}),
            Relay(self.database, made, self.clock, kinds=frozenset(other)),
        ]

    def submit(self, person: int, *, alone: bool) -> int:
        """Take in a request; return its number. `alone`, it is in nobody's order: the control."""
        with self.database.write() as session:
            ticket = submitted(session, self.clock(), email=f"p{person}@example.org")
            if alone:
                own = {"stream": f"desk:alone:{ticket.id}"}
                session.execute(
                    update(Message).where(Message.ticket_id == ticket.id, Message.kind == forward.FORWARD).values(own)
                )
            return ticket.id

    def work(self, **span: float) -> None:
        """Let time go on, and do all that is due."""
        self.clock.forward(**span)
        while sum(relay.run_once() for relay in self.relays):
            pass

    def count(self, state: str, *kinds: str) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).where(Message.state == state, Message.kind.in_(kinds))) or 0


def outage(tickets: int, *, alone: bool = False) -> dict[str, int]:
    """Queue so many through 72 hours without a desk, let it come back limping, and count what it has."""
    chance, owner, people = random.Random(9), dict[str, int](), tickets // EACH
    with tempfile.TemporaryDirectory() as folder, serving() as desk:
        here = Installed(folder, desk)
        here.line.dying = 5  # what it carried out with its last breath, and never said
        for hour in range(HOURS):
            for _ in range(tickets * (hour + 1) // HOURS - tickets * hour // HOURS):
                person = chance.randrange(people)
                owner[str(here.submit(person, alone=alone))] = person
            for _ in range(STEPS):
                here.work(minutes=60 / STEPS)
                here.line.down = here.line.down or not here.line.dying
        meanwhile, mails = len(desk.creates), here.count(outbox.DELIVERED, "mail")
        here.line.down = False
        for here.line.limping in [True] * 20 + [False] * 20:
            here.work(minutes=1)
        here.work(hours=6)
        parked, times = here.count(outbox.WAITING, forward.FORWARD), desk.times()
        with here.database.read() as session:
            unanswered = session.scalar(select(func.count()).where(Ticket.remote_id == "")) or 0
        here.database.close()
    orders = [[int(one) for one in desk.creates if owner[one] == person] for person in range(people)]
    return {
        "queued": len(owner), "meanwhile": meanwhile, "mails": mails, "lost": len(set(owner) - set(times)), "parked": parked,
        "twice": sum(number > 1 for number in times.values()), "disorder": sum(order != sorted(order) for order in orders),
        "unanswered": unanswered,
    }  # fmt: skip


@contextmanager
def mail_beside(database: Database, desk: Handler, *, lanes: bool) -> Iterator[tuple[dict[int, float], Callable[[], None]]]:
    """Run the product's lanes, or one relay for all as the control; yield when each mail was carried out, and the bell."""
    sent: dict[int, float] = {}

    def mail(message: Message) -> Done:
        sent[message.id] = time.monotonic()
        return Done()

    handlers = {forward.FORWARD: desk, "mail": mail, outbox.ALERT: lambda _: Done()}
    probes = {channels.DESK: lambda: desk(Message())}
    worker = make_lanes(database, handlers, probes=probes) if lanes else Relay(database, handlers, probes=probes)
    started = worker.start()
    threads = started if isinstance(started, list) else [started]
    yield sent, worker.wake
    worker.stop()
    for thread in threads:
        thread.join(60)


def delay(desk: Handler, *, queued: int, lanes: bool = True, mails: int = MAILS) -> float:
    """Return the median delay of a mail, in seconds, while `queued` forwards wait and one more comes with each mail."""
    with tempfile.TemporaryDirectory() as folder:
        database = ready_database(f"sqlite:///{Path(folder) / 'd.db'}")
        with database.write() as session:
            for number in range(queued):
                outbox.put(session, outbox.owe(forward.FORWARD, f"desk:{number}", utc_now()))
        owed: dict[int, float] = {}
        with mail_beside(database, desk, lanes=lanes) as (sent, wake):
            for number in range(mails):
                with database.write() as session:
                    mail = outbox.put(session, outbox.owe("mail", f"mail:{number}", utc_now()))
                    outbox.put(session, outbox.owe(forward.FORWARD, f"desk:new:{number}", utc_now()))
                    session.flush()
                    at = mail.id
                owed[at] = time.monotonic()
                wake()
                time.sleep(0.05)
            until = time.monotonic() + 60
            while len(sent) < mails and time.monotonic() < until:
                time.sleep(0.05)
        database.close()
    return statistics.median(sent.get(at, until) - began for at, began in owed.items())


def answers(_: Message) -> Done:
    return Done()


def refuses(_: Message) -> Done:
    raise TemporaryFailure("could not be reached", blame="system")


def is_slow(_: Message) -> Done:
    threading.Event().wait(0.3)
    return Done()


def delays() -> tuple[float, float, float]:
    """Return the delay with the desk up, down with a long queue, and (the control) slow without lanes. Up and down by turns."""
    up, down = [], []
    for _ in range(ROUNDS):
        up.append(delay(answers, queued=0))
        down.append(delay(refuses, queued=QUEUED))
    return statistics.median(up), statistics.median(down), delay(is_slow, queued=50, lanes=False, mails=40)


def run(tickets: int = 5000) -> Row:
    return row(outage(tickets), outage(min(tickets, 500), alone=True), delays())


def row(c: dict[str, int], x: dict[str, int], seconds: tuple[float, float, float]) -> Row:
    """Make the row of a whole outage, of its control, and of the delays of a mail."""
    up, down, without = seconds
    return Row(
        "Desk down for 72 h",
        f"{c['queued']} queued, {c['mails']} mails sent meanwhile; after it: lost {c['lost']}, twice {c['twice']}, parked "
        f"{c['parked']}, requesters out of order {c['disorder']}; delay of a mail {down * 1000:.1f} ms beside {QUEUED} that "
        f"wait, {up * 1000:.1f} ms with the desk up (medians of {ROUNDS})",
        f"each request in a stream of its own: {x['disorder']} requesters out of order; one relay without lanes beside a slow "
        f"desk: {without * 1000:.0f} ms for a mail",
        not any(c[name] for name in ("lost", "twice", "parked", "disorder", "unanswered"))
        and c["meanwhile"] <= 5
        and c["mails"] == c["queued"]
        and down <= up * 1.1
        and x["disorder"] > 0
        and without > up * 1.1,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
