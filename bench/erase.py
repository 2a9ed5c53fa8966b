"""How long it takes until nothing of a person with 200 of 20,000 tickets is left in the database's files: prints seconds."""

import tempfile
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from deflect_api.config import read_support
from deflect_api.intake import deflection, tickets
from deflect_api.intake.personal_data import privacy
from deflect_api.store import migrate
from deflect_api.store.db import Database

TICKETS, THEIRS = 20_000, 200
WHO, WORD = "erase.me@example.org", "quokkaword"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def fill(database: Database) -> None:
    support = read_support(Path("support.yml"), {})
    for first in range(0, TICKETS, 1000):
        with database.write() as session:
            for number in range(first, first + 1000):
                theirs = number % (TICKETS // THEIRS) == 0
                email, word = (WHO, WORD) if theirs else (f"p{number}@example.org", "ordinary")
                deflection.record(session, f"v{number}", deflection.Event("opened", text=f"{word} text"), NOW)
                draft = tickets.Draft(
                    email=email, product="flow", subject=f"{word} {number}", happened=f"{word} happened to {email} " * 10,
                    texts={"name": word}, session=f"v{number}",
                )  # fmt: skip
                tickets.submit(session, draft, tickets.Key(uuid.uuid4().hex, "d"), support=support, now=NOW)


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("bench.db*") if any(word.encode() in path.read_bytes() for word in (WHO, WORD))]


def main() -> None:
    with tempfile.TemporaryDirectory() as name, closing(Database(f"sqlite:///{name}/bench.db")) as database:
        migrate.upgrade(database)
        fill(database)
        assert left(Path(name)), "there is something to erase"
        start = time.perf_counter()
        with database.write() as session:
            done = privacy.erase(session, WHO, secret="bench", desk="builtin", now=NOW)
        tables = time.perf_counter() - start
        database.compact()
        whole = time.perf_counter() - start
        size = (Path(name) / "bench.db").stat().st_size / 1_000_000
        print(f"{len(done.tickets)} of {TICKETS} tickets erased; database {size:.0f} MB")
        print(f"  gone from the tables    {tables:6.1f} s")
        print(f"  and from the raw bytes  {whole:6.1f} s   (at most 60)")
        print(f"  still found in          {left(Path(name)) or 'no file'}")


if __name__ == "__main__":
    main()
