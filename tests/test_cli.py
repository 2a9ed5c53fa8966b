"""The commands, run as a person runs them: they say what they did, or what is wrong and how to mend it."""

import json
import sqlite3
import stat
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deflect_api.store.db import Database
from tests.conftest import MONDAY
from tests.intake.made import submitted
from tests.served import ROOT, Served


@pytest.fixture
def installed(tmp_path: Path, release: Path) -> Iterator[Served]:
    (tmp_path / "current").symlink_to(release)
    made = Served(tmp_path)
    yield made
    made.kill()


def test_an_account_is_made_once_and_a_short_password_is_told(installed: Served) -> None:
    made = installed.command("agent", "add", "grace@example.org", "--password", "correct horse battery")
    assert made.returncode == 0
    assert "/desk/" in made.stdout
    again = installed.command("agent", "add", "Grace@example.org", "--password", "correct horse battery")
    assert again.returncode == 1
    assert "already has an account" in again.stderr
    short = installed.command("agent", "add", "ada@example.org", "--password", "short")
    assert short.returncode == 1
    assert "at least 12 characters" in short.stderr


def test_check_passes_a_fit_installation_and_names_what_is_missing(installed: Served, tmp_path: Path) -> None:
    fit = installed.command("check")
    assert fit.returncode == 0, fit.stderr
    assert fit.stdout.count("ok:") == 4
    (tmp_path / "current").unlink()
    unfit = installed.command("check")
    assert unfit.returncode == 1
    assert "deflect build" in unfit.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("desk: {connector: telegraph}", "not installed"),
        ("desk: {connector: email}", "to"),
        ("desk: {connector: builtin, settings: {colour: red}}", "colour"),
        ("mail: {transport: pigeon}", "mail.transport"),
    ],
)
def test_a_setting_that_cannot_be_is_told_before_serving(installed: Served, tmp_path: Path, line: str, told: str) -> None:
    kept = (ROOT / "support.yml").read_text(encoding="utf-8").split("\ndesk:")[0]
    installed.config = tmp_path / "support.yml"
    installed.config.write_text(f"{kept}\n{line}\n", encoding="utf-8")
    refused = installed.command("check")
    assert refused.returncode == 1
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr


def test_serving_says_where_everything_is_and_ends_when_told(installed: Served, tmp_path: Path) -> None:
    installed.start()
    told = (tmp_path / "serve.log").read_text(encoding="utf-8")
    for place in ("Portal", "Ask for help", "Desk", "Mail", "deflect agent add"):
        assert place in told
    with urllib.request.urlopen(f"{installed.url}/api/v1/openapi.json", timeout=10) as answer:
        assert json.load(answer)["servers"] == [{"url": installed.url}]
    assert installed.stop() == 0


def test_the_secret_is_kept_for_the_owner_alone(installed: Served, tmp_path: Path) -> None:
    installed.command("check")
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_an_incident_is_set_shown_and_cleared_from_the_command_line(installed: Served) -> None:
    assert installed.command("incident").stdout == "Nothing is told now.\n"
    text = "We know that exports are slow; no need to report."
    made = installed.command("incident", "set", text, "--product", "flow", "--hours", "2")
    assert made.returncode == 0, made.stderr
    assert text in made.stdout
    shown = installed.command("incident").stdout
    assert shown.startswith("flow, until ")
    assert text in shown
    for wrong in (("--product", "telescope"), ("--hours", "0")):
        refused = installed.command("incident", "set", text, *wrong)
        assert refused.returncode == 1
        assert "hoose" in refused.stderr
    assert installed.command("incident", "clear").stdout == "Cleared 1.\n"
    assert installed.command("incident", "clear").stdout == "Nothing was told.\n"


def test_people_are_managed_by_commands_and_it_is_on_record(installed: Served, tmp_path: Path) -> None:
    installed.extra["DEFLECT_AGENT_PASSWORD"] = "correct horse battery"
    for words, told in (
        (["add", "grace@example.org"], "as lead"),
        (["add", "ada@example.org"], "as agent"),
        (["limit", "ada@example.org", "--product", "flow", "--hub", "Asia"], "Asia, flow"),
        (["role", "ada@example.org", "lead"], "is lead now"),
        (["disable", "grace@example.org"], "cannot sign in"),
        (["enable", "grace@example.org"], "can sign in again"),
        (["password", "grace@example.org"], "have ended"),
        (["totp-reset", "grace@example.org"], "without a code"),
        (["list"], "ada@example.org\tlead\teverything\twithout authenticator app"),
    ):
        done = installed.command("agent", *words)
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
    with closing(sqlite3.connect(tmp_path / "deflect.db")) as database:
        events = [row[0] for row in database.execute("SELECT event FROM audit_entry ORDER BY id")]
    assert events == [
        "agent added", "agent added", "limits", "role", "disabled", "enabled", "password set", "second factor removed",
    ]  # fmt: skip


def test_a_person_is_exported_and_erased_by_commands(installed: Served, tmp_path: Path) -> None:
    assert installed.command("agent", "list").returncode == 0  # makes the tables
    with closing(Database(f"sqlite:///{tmp_path / 'deflect.db'}")) as database, database.write() as session:
        submitted(session, MONDAY, email="ada@example.org", subject="quokkaword")
    target = tmp_path / "ada.zip"
    done = installed.command("person", "export", "Ada@example.org", "--to", str(target))
    assert "ticket 1" in done.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with zipfile.ZipFile(target) as packed:
        person = json.loads(packed.read("person.json"))
    assert person["ticket"][0]["subject"] == "quokkaword"
    assert "link_nonce" not in person["ticket"][0]
    erased = installed.command("person", "erase", "ada@example.org", "--yes")
    assert "ticket 1" in erased.stdout, erased.stderr
    for path in tmp_path.glob("deflect.db*"):
        assert b"quokkaword" not in path.read_bytes()
    assert installed.command("person", "erase", "ada", "--yes").returncode == 1
