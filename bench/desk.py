"""The desk's pages with 500 open of 20,000 tickets, on both databases: server time of each request. `python -m bench.desk`

On a busy machine the time grows with what else runs; the last column is the processor's own time of this process.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import create_engine, insert, text

from bench import load
from deflect_api import build, config
from deflect_api.app import create_app
from deflect_api.desk import tags
from deflect_api.desk.people import accounts
from deflect_api.store import migrate
from deflect_api.store.db import Database
from deflect_api.store.desk import TicketTag, TicketWords
from deflect_api.store.full_text import fold
from deflect_api.store.models import Comment, JournalEntry, SessionEvent, SupportSession, Ticket
from search import Section, read_docs
from tests import postgres
from tests.served import ROOT

TICKETS, OPEN, EACH = 20_000, 500, 200
PASSWORD = "a long one of the bench"
WORDS_ASKED = ("export", "survey not on phone", "update declined", "1500", "map points missing", "ada17@partner3.example.org")


def main() -> None:
    with TemporaryDirectory(prefix="deflect-bench-") as folder:
        settings = config.load({"DEFLECT_HOME": folder, "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_SECRET": "bench"})
        build.build(settings)
        print(f"{TICKETS:,} tickets, {OPEN} of them open; milliseconds of server time, {EACH} requests of each kind")
        print(f"{'':32}{'p50':>8}{'p95':>8}{'p99':>8}{'limit':>8}{'p95 of CPU':>12}")
        measure("SQLite", f"sqlite:///{Path(folder) / 'deflect.db'}", settings)
        if postgres.programs() is None:
            print("PostgreSQL is not installed: not measured")
            return
        with on_postgres() as address:
            measure("PostgreSQL", address, settings)


@contextmanager
def on_postgres() -> Iterator[str]:
    with postgres.server() as address:
        admin = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        admin.dispose()
        yield f"{address}/bench"


def measure(name: str, address: str, settings: config.Settings) -> None:
    with closing(Database(address)) as database:
        migrate.upgrade(database)
        numbers = fill(database, settings)
        client = create_app(settings, database).test_client()
        client.post("/desk/sign-in", data={"email": "agent@example.org", "password": PASSWORD})
        token = _token(client)
        chance = random.Random(7)
        show(
            f"{name}: queue",
            [lambda view=view: client.get(f"/desk/?view={view}") for view in ("unassigned", "open", "overdue", "done")],
            150,
        )
        filters = ("product=flow", "hub=Asia", "category=Import and export", "type=bug&severity=minor")
        show(f"{name}: queue, filtered", [lambda one=one: client.get(f"/desk/?view=open&{one}") for one in filters], 150)
        searches = [
            lambda words=words: client.post("/desk/search", data={"form_token": token, "words": words}) for words in WORDS_ASKED
        ]
        show(f"{name}: search", searches, 150)
        pages = [lambda number=number: client.get(f"/desk/tickets/{number}") for number in chance.sample(numbers, 50)]
        show(f"{name}: ticket page", pages, 100)


def show(name: str, calls: list[Callable[[], Any]], limit: int) -> None:
    for call in calls[:6]:
        assert call().status_code == 200  # and everything is warm
    spent, worked = [], []
    for turn in range(EACH):
        call, began, cpu = calls[turn % len(calls)], time.perf_counter(), time.process_time()
        answer = call()
        spent.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
        assert answer.status_code == 200
    spent.sort()
    p50, p95, p99 = (spent[int(len(spent) * share)] for share in (0.5, 0.95, 0.99))
    print(f"{name:32}{p50:8.1f}{p95:8.1f}{p99:8.1f}{limit:8}{sorted(worked)[int(len(worked) * 0.95)]:12.1f}", flush=True)


def fill(database: Database, settings: config.Settings) -> list[int]:
    """Store tickets with the words of our own articles and questions; return the numbers of the open ones."""
    chance, now = random.Random(7), datetime.now(UTC)
    articles = read_docs(settings.mkdocs, products=tuple(settings.support.products))
    sections = [section for article in articles for section in article.sections if len(section.text) > 200]
    questions = load.questions()
    with database.write() as session:
        agents = [accounts.add(session, f"{name}@example.org", name.title(), PASSWORD, now) for name in ("agent", "bo", "cy")]
        partners = [
            tags.add(session, "partner", f"Partner {n}", by="bench", now=now, support=settings.support) for n in range(200)
        ]
        names = list(settings.support.categories)
        categories = [tags.get(session, settings.support, "category", name, now) for name in names]
    rows = [_ticket(chance, number, now, (questions, sections, [agent.id for agent in agents])) for number in range(TICKETS)]
    with database.write() as session:
        for start in range(0, TICKETS, 1000):
            some = rows[start : start + 1000]
            session.execute(insert(SupportSession), [_session(row) for row in some])
            session.execute(insert(Ticket), some)
            session.execute(insert(SessionEvent), [event for row in some for event in _events(row, chance, articles)])
            session.execute(insert(Comment), [_comment(row, chance, sections) for row in some for _ in range(2)])
            session.execute(insert(JournalEntry), [_entry(row, n) for row in some for n in range(4)])
            session.execute(insert(TicketWords), [_words(row) for row in some])
            session.execute(insert(TicketTag), [{"ticket_id": row["id"], "tag_id": one.id} for row in some
                                                for one in (chance.choice(partners), chance.choice(categories))])  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return [row["id"] for row in rows if row["status"] not in ("solved", "closed")]


def _ticket(
    chance: random.Random, number: int, now: datetime, said: tuple[list[str], list[Section], list[int]]
) -> dict[str, Any]:
    questions, sections, agents = said
    is_open = number >= TICKETS - OPEN
    at = now - timedelta(minutes=(TICKETS - number) * 25)
    section = chance.choice(sections)
    status = chance.choice(("new", "new", "open", "pending", "escalated")) if is_open else chance.choice(("solved", "closed"))
    partner = chance.randrange(200)
    return {
        "id": 1001 + number, "created_at": at, "updated_at": at, "status": status,
        "type": chance.choice(("bug", "question", "question", "feature request")),
        "severity": chance.choice(("critical", "significant", "minor", "low")),
        "priority": chance.choice(("urgent", "high", "normal", "low")),
        "priority_reason": "Work goes on with an easy workaround.",
        "working": "easy workaround", "affected": "one", "needed_by": "no date", "product": section.product or "other",
        "hub": chance.choice(("Asia", "Europe", "East-Africa")), "partner": f"Partner {partner}", "name": "Ada Lovelace",
        "email": f"ada{number % 997}@partner{partner}.example.org",
        "cc": [], "language": "en", "subject": chance.choice(questions)[:120],
        "happened": f"{chance.choice(questions)}. {section.text[:700]}", "doing": "", "expected": "", "steps": section.text[:300],
        "context": {"instance": f"care{partner}.akvoflow.org"}, "device": {"where": "phone app"}, "searched": "yes",
        "session_id": f"bench-{number}", "link_nonce": str(number), "remote_id": str(number), "version": 3,
        "awaiting": status in ("new", "open"), "reply_due_at": at + timedelta(days=1),
        "first_reply_at": None if is_open else at, "solved_at": None if is_open else at,
        "paused_at": at if status == "pending" else None,
        "solved_says": None, "override_reason": None, "assignee_id": None if status == "new" else chance.choice(agents),
    }  # fmt: skip


def _session(row: dict[str, Any]) -> dict[str, Any]:
    at = row["created_at"]
    return {"id": row["session_id"], "product": row["product"], "started_at": at, "last_at": at, "outcome": "submitted"}


def _events(row: dict[str, Any], chance: random.Random, articles: list[Any]) -> list[dict[str, Any]]:
    three = [article.url for article in chance.sample(articles, 3)]
    plain = {"session_id": row["session_id"], "at": row["created_at"], "reason": "", "text": row["subject"]}
    shown = {**plain, "event": "shown", "article": "", "shown": three}
    return [shown, {**plain, "event": "opened", "article": three[0], "shown": []},
            {**plain, "event": "rejected", "article": three[0], "shown": []}]  # fmt: skip


def _comment(row: dict[str, Any], chance: random.Random, sections: list[Section]) -> dict[str, Any]:
    body = chance.choice(sections).text[:500]
    return {
        "ticket_id": row["id"],
        "at": row["created_at"],
        "author": "Bo",
        "from_requester": False,
        "public": True,
        "body": body,
    }


def _entry(row: dict[str, Any], number: int) -> dict[str, Any]:
    return {"ticket_id": row["id"], "at": row["created_at"], "actor": "bo@example.org", "change": "status", "before": "new",
            "after": "open", "reason": f"step {number}"}  # fmt: skip


def _words(row: dict[str, Any]) -> dict[str, Any]:
    said = " ".join((str(row["id"]), row["email"], row["partner"], row["subject"], row["happened"], row["steps"]))
    return {"ticket_id": row["id"], "words": " ".join(dict.fromkeys(fold(said)))}


def _token(client: FlaskClient) -> str:
    return client.get("/desk/").text.partition('name="form_token" value="')[2].partition('"')[0]


if __name__ == "__main__":
    sys.exit(main())
