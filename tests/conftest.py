"""What the tests share: both databases, a built release of our own docs, an application whose clock a test sets."""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from deflect_api import build, config
from deflect_api.app import create_app, handlers
from deflect_api.config import Settings
from deflect_api.delivery.relay import Relay
from deflect_api.store import migrate
from deflect_api.store.db import Database
from tests import postgres

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("SHARED") or ROOT.parent / "shared")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The time, as a test sets it."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; make browser installs it")
    with postgres.server() as address:
        engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE template_deflect"))
        template = Database(f"{address}/template_deflect")
        migrate.upgrade(template)
        template.close()
        engine.dispose()
        yield address


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path.read_bytes()


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database: SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        path = tmp_path / "deflect.db"
        path.write_bytes(request.getfixturevalue("sqlite_template"))
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_address")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_deflect"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_address(sqlite_template: bytes, tmp_path: Path) -> str:
    path = tmp_path / "deflect.db"
    path.write_bytes(sqlite_template)
    return f"sqlite:///{path}"


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    made = Database(address)
    yield made
    made.close()


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own portal and index, built once; read only."""
    home = tmp_path_factory.mktemp("release")
    settings = config.load({"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_SECRET": "test"})
    folder, _ = build.build(settings)
    return folder


@pytest.fixture
def settings(tmp_path: Path, release: Path) -> Settings:
    """Settings as in the repository's support.yml, in a home of the test's own that serves the built release."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "current").symlink_to(release)
    return config.load(
        {
            "DEFLECT_HOME": str(home),
            "DEFLECT_CONFIG": str(ROOT / "support.yml"),
            "DEFLECT_SECRET": "a secret of the tests",
            "DEFLECT_URL": "http://help.example.org",
        }
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Desk:
    """An application on one database, with the relay in the test's hands."""

    app: Flask
    database: Database
    settings: Settings
    clock: Clock
    relay: Relay
    woken: list[bool] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def search(self, text: str = "my survey is not on the phone", session: str = "s1") -> str:
        """Search as the form does, and return the receipt."""
        answer = self.client.post("/api/v1/suggest", data={"text": text, "session": session})
        assert answer.status_code == 200, answer.text
        receipt: str = answer.json["receipt"]
        return receipt

    def request(self, **changes: Any) -> dict[str, Any]:
        """A whole request, as the form sends it, with `changes`; a change to None leaves the field out."""
        whole = {
            "email": "ada@example.org",
            "name": "Ada",
            "product": "flow",
            "subject": "survey is not on the phone",
            "happened": "I made an assignment, but the list stays empty.",
            "session": "s1",
            **changes,
        }
        if "receipt" not in whole:
            whole["receipt"] = self.search(session=whole["session"] or "")
        return {name: value for name, value in whole.items() if value is not None}

    def send(self, key: str | None = None, **changes: Any) -> Any:
        """Send a request through the API."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.post("/api/v1/tickets", json=self.request(**changes), headers=headers)

    def mails(self) -> list[Path]:
        return sorted(self.settings.mail_folder.glob("*.eml"))


@pytest.fixture
def make_desk(settings: Settings, clock: Clock) -> Iterator[Callable[[str], Desk]]:
    made: list[Database] = []

    def make(address: str) -> Desk:
        database = Database(address)
        made.append(database)
        woken: list[bool] = []
        ours = replace(settings, database=address)
        app = create_app(ours, database, wake=lambda: woken.append(True), clock=clock)
        return Desk(app, database, ours, clock, Relay(database, handlers(ours, database, clock), clock), woken)

    yield make
    for database in made:
        database.close()


@pytest.fixture
def desk(make_desk: Callable[[str], Desk], sqlite_address: str) -> Desk:
    """An application on SQLite."""
    return make_desk(sqlite_address)


@pytest.fixture
def any_desk(make_desk: Callable[[str], Desk], address: str) -> Desk:
    """An application, on SQLite and on PostgreSQL in turn."""
    return make_desk(address)
