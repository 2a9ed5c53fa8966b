"""The desk is down for 72 hours of a clock that is set forward: nothing is lost, sent twice or out of order, and mail goes on."""

import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from deflect_api.delivery import channels, outbox
from deflect_api.delivery.relay import Relay
from deflect_api.delivery.work import Done
from deflect_api.errors import TemporaryFailure
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database
from soak.table import Row
from tests.conftest import Clock

PEOPLE = 700


class Systems:
    def __init__(self, clock: Clock) -> None:
        self.clock, self.down, self.taken, self.late = clock, True, list[int](), list[float]()

    def forward(self, message: Message) -> Done:
        self.probe()
        self.taken.append(message.id)
        return Done()

    def mail(self, message: Message) -> Done:
        self.late.append(message.id)
        return Done()

    def probe(self) -> None:
        if self.down:
            raise TemporaryFailure("could not be reached", blame="system")


def mail_seconds(down: bool, mails: int = 300) -> float:
    """How long mails take beside 500 forwards, with the desk down or up."""
    with tempfile.TemporaryDirectory() as folder:
        database, clock = ready_database(f"sqlite:///{Path(folder) / 'd.db'}"), Clock()
        systems = Systems(clock)
        systems.down = down
        with database.write() as session:
            for number in range(500):
                outbox.put(session, outbox.owe("forward", f"desk:{number}", clock()))
            for number in range(mails):
                outbox.put(session, outbox.owe("mail", f"mail:{number}", clock()))
        lane = Relay(database, {"mail": systems.mail}, clock, kinds=frozenset({"mail"}))
        forwards = Relay(database, {"forward": systems.forward}, clock, kinds=frozenset({"forward"}))
        for _ in range(5):
            forwards.run_once()
        began = time.process_time()
        while lane.run_once():
            pass
        spent = time.process_time() - began
        database.close()
    return spent / mails


def run(tickets: int = 5000) -> Row:
    chance = random.Random(9)
    with tempfile.TemporaryDirectory() as folder:
        database, clock = ready_database(f"sqlite:///{Path(folder) / 'd.db'}"), Clock()
        systems = Systems(clock)
        handlers = {"forward": systems.forward, outbox.ALERT: lambda _: Done()}
        relay = Relay(database, handlers, clock, probes={channels.DESK: systems.probe})
        owed: dict[int, int] = {}
        for hour in range(72):
            with database.write() as session:
                for _ in range(tickets * (hour + 1) // 72 - tickets * hour // 72):
                    person = chance.randrange(PEOPLE)
                    message = outbox.put(session, outbox.owe("forward", f"desk:{person}", clock()))
                    session.flush()
                    owed[message.id] = person
            for _ in range(12):
                clock.now += timedelta(minutes=5)
                while relay.run_once():
                    pass
        waited = len(systems.taken)
        systems.down = False
        clock.now += timedelta(minutes=1)
        while relay.run_once():
            pass
        with database.read() as session:
            parked = session.scalar(select(func.count()).where(Message.state == outbox.WAITING)) or 0
        database.close()
    lost, twice = len(set(owed) - set(systems.taken)), len(systems.taken) - len(set(systems.taken))
    disorder = sum(mine != sorted(mine) for mine in ([n for n in systems.taken if owed[n] == person] for person in range(PEOPLE)))
    up, down = mail_seconds(False), mail_seconds(True)
    return Row(
        "Desk down for 72 h",
        f"{tickets} queued, {waited} sent meanwhile; after it: lost {lost}, twice {twice}, parked {parked}, "
        f"requesters out of order {disorder}; CPU for a mail beside it {down * 1000:.1f} ms, with the desk up {up * 1000:.1f} ms",
        "a relay without lanes is tried in the suite: the desk's messages alone are held",
        (lost, twice, parked, disorder, waited) == (0, 0, 0, 0, 0) and down < up * 1.1,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
