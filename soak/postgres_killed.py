"""PostgreSQL is killed again and again under load: what was acknowledged is there and at the desk, and service is back soon.

Killed means every process of it at once, with SIGKILL. The control turns `synchronous_commit` off behind the service's back.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import yaml

from bench import load
from soak.replicas import settings_for
from soak.stand_in import StandIn, serving
from soak.table import Row, Skipped
from tests import postgres
from tests.journeys.test_never_lost import send
from tests.served import Served

CLIENTS, MOST_SECONDS, DRAIN_SECONDS = 4, 5.0, 300


def alive(parent: int) -> list[int]:
    """The server's process and those that it began."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [parent, *map(int, told.stdout.split())]


def folder_of(port: int) -> Path:
    """The folder that holds the server's data, log and socket."""
    with closing(psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres")) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    return Path(data).parent


@dataclass
class Server:
    """PostgreSQL in a folder of its own, that can be killed and started again on the same port."""

    folder: Path
    port: int

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname=name, connect_timeout=2, autocommit=True)

    def kill(self) -> None:
        """End every process of it at once, and wait until none is left."""
        number = int((self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        processes = alive(number)
        for process in processes:
            os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() for process in processes):
            time.sleep(0.01)

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        postgres.start(self.folder, self.port)
        while not self.answers():
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def tell(self, *statements: str) -> None:
        with closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@dataclass
class Load:
    """Clients that send one request after another, each until it is acknowledged."""

    served: Served
    acknowledged: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def client(self) -> None:
        while not self.stop.is_set():
            key = uuid.uuid4().hex
            self.acknowledged[key] = send(self.served, key)

    def start(self) -> list[threading.Thread]:
        made = [threading.Thread(target=self.client, daemon=True) for _ in range(CLIENTS)]
        for client in made:
            client.start()
        return made

    def seconds_to_another(self) -> float:
        """Wait for a request that is acknowledged from now on."""
        began, before = time.monotonic(), len(self.acknowledged)
        while len(self.acknowledged) == before and time.monotonic() - began < 60:
            time.sleep(0.01)
        return time.monotonic() - began


@dataclass(frozen=True)
class Seen:
    kills: int
    acknowledged: int
    lost: int
    not_once: int
    slowest: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.acknowledged} acknowledged: lost {self.lost}, at the desk not once {self.not_once}, "
            f"slowest first 201 after its return {self.slowest:.1f} s"
        )


def unlimited(path: Path) -> Path:
    """Let one machine send what many people would."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    limits = load.unlimited(path.with_name("limits.yml"))
    settings["limits"] = yaml.safe_load(limits.read_text(encoding="utf-8"))["limits"]
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return path


def trial(release: Path, kills: int, *, careless: bool) -> Seen:
    with postgres.server() as address, serving() as desk, tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), int(address.rpartition(":")[2])
        server = Server(folder_of(port), port)
        server.tell("CREATE DATABASE soak")
        (home / "current").symlink_to(release)
        extra = {"DEFLECT_DATABASE": f"{address}/soak"}
        served = Served(home, config=unlimited(settings_for(home, desk.url)), extra=extra)
        served.start()
        if careless:  # the service refuses to start with it
            server.tell("ALTER SYSTEM SET synchronous_commit = off", "ALTER SYSTEM SET wal_writer_delay = 10000")
            server.tell("SELECT pg_reload_conf()")
        try:
            clients = Load(served)
            slowest = _killed(server, clients, kills)
            if not careless:  # what forgets what it did is not waited for
                _drain(server)
            return _count(server, clients, desk, (kills, slowest))
        finally:
            served.kill()


def _killed(server: Server, load: Load, kills: int) -> float:
    """Kill it so often under load; return the longest time from its return to the next acknowledgement."""
    chance, slowest, clients = random.Random(9), 0.0, load.start()
    for _ in range(kills):
        load.seconds_to_another()
        time.sleep(chance.random() * 1.5)
        server.kill()
        time.sleep(chance.random())
        server.start()
        slowest = max(slowest, load.seconds_to_another())
    load.stop.set()
    for client in clients:
        client.join(60)
    return slowest


def _drain(server: Server) -> None:
    """Wait until all requests are at the desk."""
    with closing(server.connect("soak")) as database:
        give_up = time.monotonic() + DRAIN_SECONDS
        owed = "SELECT count(*) FROM message WHERE kind = 'forward' AND state <> 'delivered'"
        while database.execute(owed).fetchone() != (0,) and time.monotonic() < give_up:
            time.sleep(0.2)


def _count(server: Server, load: Load, desk: StandIn, told: tuple[int, float]) -> Seen:
    with closing(server.connect("soak")) as database:
        stored = {subject: str(number) for subject, number in database.execute("SELECT subject, id FROM ticket")}
    times = desk.times()
    lost = sum(stored.get(key) != reference for key, reference in load.acknowledged.items())
    not_once = sum(times[reference] != 1 for reference in load.acknowledged.values())
    return Seen(told[0], len(load.acknowledged), lost, not_once, told[1])


def run(release: Path, kills: int = 50, control: int = 5) -> Row | Skipped:
    if postgres.programs() is None:
        return Skipped("PostgreSQL killed", "PostgreSQL is not installed")
    ours, careless = trial(release, kills, careless=False), trial(release, control, careless=True)
    return Row(
        "PostgreSQL killed",
        str(ours),
        f"`synchronous_commit` off: {careless}",
        (ours.lost, ours.not_once) == (0, 0) and ours.slowest < MOST_SECONDS and careless.lost > 0,
    )


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), *(int(word) for word in sys.argv[2:])))
