"""Three answers in ten of GitHub's are lost: each escalation becomes one issue, found again by listing, on a stand-in."""

import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from deflect_api.config.second_line import Escalate
from deflect_api.connectors.github import GitHub
from deflect_api.delivery import outbox
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.desk.second_line import escalation, issue_sending
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database
from deflect_api.store.second_line import Escalation
from soak.lost_answers import Lossy, cut_pauses, left
from soak.table import Row
from tests.intake.made import submitted
from tests.second_line import github_server

REPOSITORY = "akvo/akvo-flow"
KINDS = (escalation.KIND,)


class Blind(GitHub):
    """Without the look-up: the control."""

    def find(self, marker: str) -> None:
        return None


def owe(database: Database, issues: int) -> list[str]:
    """Owe so many escalations, as an agent does who has reviewed each; return their markers."""
    markers = []
    with database.write() as session:
        for number in range(issues):
            ticket = submitted(session, utc_now(), email=f"p{number}@example.org")
            made = Escalation(
                ticket_id=ticket.id, marker=f"soak{number:08}", repository=REPOSITORY, title=f"Case {number}", body="It stopped.",
                labels=["bug"], by="agent@example.org", at=utc_now(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            payload = {"escalation": made.id}
            owed = outbox.owe(escalation.KIND, f"escalate:{REPOSITORY}", utc_now(), ticket_id=ticket.id, payload=payload)
            outbox.put(session, owed)
            markers.append(made.marker)
    return markers


def trial(issues: int, kind: type[GitHub] = GitHub) -> tuple[Counter[int], Lossy, float, list[str], int]:
    """Open them over a line that loses answers; return how many there are of each, and what broke a rule of the contract."""
    line, began = Lossy(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, github_server.running() as there:
        database = ready_database(f"sqlite:///{Path(folder) / 'deflect.db'}")
        markers = owe(database, issues)
        opener = lambda repository: kind(repository, github_server.TOKEN, url=there.url, transport=line)  # noqa: E731
        handlers = {escalation.KIND: issue_sending.sender(database, opener, Escalate(), utc_now)}
        relay = Relay(database, handlers, kinds=frozenset(KINDS), idle=0.05)
        thread = relay.start()
        while left(database, KINDS):
            cut_pauses(database, KINDS)
            time.sleep(0.2)
        relay.stop()
        thread.join(120)
        with database.read() as session:
            parked = session.query(Message).filter(Message.state == outbox.WAITING).count()
        database.close()
        held = Counter(mark for issue in there.issues.values() for mark in re.findall(r"ref:(\w+)", issue["body"]))
    return Counter(held[marker] for marker in markers), line, time.monotonic() - began, there.wrongs, parked


def run(issues: int = 1000, control: int = 40) -> Row:
    times, line, seconds, wrongs, parked = trial(issues)
    blind, *_ = trial(control, Blind)
    more = sum((number - 1) * count for number, count in blind.items() if number > 1)
    return Row(
        "Lost answers, GitHub (a stand-in held to its contract)",
        f"{issues} issues in {seconds:.0f} s, {line.lost} of {line.calls} answers lost: there once {times[1]}, never {times[0]}, "
        f"more than once {issues - times[0] - times[1]}; waiting for a human {parked}; calls against the contract {len(wrongs)}",
        f"without look-up: {more} more than the {control} sent",
        times == Counter({1: issues}) and more > 0 and not parked and not wrongs,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
