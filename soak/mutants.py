"""Faults put into relay, outbox and connectors on purpose, one at a time, in a copy: the suite must catch each."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from soak.table import Row

ROOT = Path(__file__).parent.parent
COPIED = ("deflect_api", "search", "tests", "docs", "support.yml", "pyproject.toml", "mkdocs.yml", "overrides")
CONNECTORS = ("tests/connectors",)
OUTBOX = (
    "tests/delivery/test_channels.py", "tests/delivery/test_steering.py", "tests/delivery/test_outbox.py",
    "tests/delivery/test_relay.py",
)  # fmt: skip
BOTH_WAYS = ("tests/intake/test_desk_updates.py", "tests/delivery/test_forward.py")
TESTS = {
    "connectors": CONNECTORS,
    "delivery/forward.py": BOTH_WAYS,
    "intake/desk_updates.py": BOTH_WAYS,
    "delivery": OUTBOX,
}
FAULTS = (
    ("delivery/forward.py", "way.desk.find(request.reference) or way", "way"),
    ("delivery/forward.py", "if way.desk.heard(ticket.remote_id, note.key):", "if False:"),
    ("delivery/outbox.py", "chosen = select(Message.id).where(wanted, ~blocked)", "chosen = select(Message.id).where(wanted)"),
    ("delivery/outbox.py", "earlier.state.in_(OPEN))", "earlier.state == QUEUED)"),
    ("delivery/outbox.py", "row.attempts == message.attempts", "True"),
    ("delivery/outbox.py", "UNKNOWN if unknown else QUEUED", "QUEUED"),
    ("delivery/outbox.py", "return or_(ready, _left(now))", "return ready"),
    ("delivery/outbox.py", "Message.created_at > now, at_once)", "Message.id < 0)"),
    ("delivery/outbox.py", "values(leased_until=now + LEASE)", "values(leased_until=Message.leased_until)"),
    ("delivery/outbox.py", "if row.attempts >= MOST_ATTEMPTS:", "if False:"),
    ("delivery/outbox.py", "kept = redacted(detail)", "kept = detail"),
    ("delivery/relay.py", "except UnknownOutcome as error:", "except ZeroDivisionError as error:"),
    ("delivery/relay.py", "or self._kills(message)", ""),
    ("delivery/relay.py", "retry_after=getattr(error, \"retry_after\", None)", "retry_after=None"),
    ("delivery/channels.py", "if row.down_since or _rests(row, now)", "if False"),
    ("delivery/channels.py", "row.probe_at = now + PROBE_EVERY\n            return", "return"),
    ("delivery/channels.py", "error.blame == \"message\"", "False"),
    ("delivery/channels.py", "if error.blame != \"system\" and row.last_message == message.id:", "if False:"),
    ("delivery/steering.py", "outbox.UNKNOWN if row.state == outbox.UNKNOWN else", ""),
    ("delivery/steering.py", "(outbox.WAITING, outbox.QUEUED, outbox.UNKNOWN, DROPPED)", "(*outbox.OPEN, outbox.DELIVERED)"),
    ("connectors/_http.py", "if code >= 500:", "if code >= 600:"),
    ("connectors/_http.py", "if code == 401:", "if code == 499:"),
    ("connectors/_http.py", "follow_redirects=False", "follow_redirects=True"),
    ("connectors/rt.py", "if request.reference not in kept.get(self.reference_field, ()):", "if False:"),
    ("connectors/rt.py", "Creator = '{_quoted(self.user)}' AND ", ""),
    ("connectors/rt.py", "if dropped:", "if False:"),
    ("connectors/redmine.py", "\"status_id\": \"*\", \"sort\": \"id\"", "\"sort\": \"id\""),
    ("connectors/redmine.py", "if issues and not found:", "if False:"),
    ("connectors/zendesk.py", "public = note.public and self.mails == \"desk\"", "public = note.public"),
    ("connectors/zendesk.py", "f\"deflect-{request.reference}\"", "\"deflect\""),
    ("connectors/github.py", "{**asked, \"per_page\": PAGE, \"page\": number}", "{**asked, \"per_page\": PAGE, \"page\": 1}"),
    ("connectors/webhook.py", "number, at), body)", "number, number), body)"),
    ("intake/desk_updates.py", "if not _known(session, ticket, said)", "if True"),
)  # fmt: skip


def copy_to(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def tests_of(file: str) -> tuple[str, ...]:
    return TESTS.get(file) or TESTS[file.partition("/")[0]]


def passes(folder: Path, tests: tuple[str, ...]) -> bool:
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not postgres", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900)
    return done.returncode == 0


def run(most: int = 1000) -> Row:
    survived, tried, absent = [], 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_to(folder)
        sound = passes(folder, (*CONNECTORS, *OUTBOX, *BOTH_WAYS))
        for file, right, wrong in FAULTS[:most]:
            path = folder / "deflect_api" / file
            whole = path.read_text(encoding="utf-8")
            if right not in whole:
                absent.append(f"{file}: {right[:40]}")
                continue
            path.write_text(whole.replace(right, wrong, 1), encoding="utf-8")
            tried += 1
            if passes(folder, tests_of(file)):
                survived.append(f"{file}: {right[:50]}")
            print(
                tried, file, "SURVIVED" if survived and survived[-1].startswith(f"{file}: {right[:50]}") else "caught", flush=True
            )
            path.write_text(whole, encoding="utf-8")
    print("survived", survived, "absent", absent, "sound", sound, flush=True)
    return Row(
        "Faults put in on purpose",
        f"{tried} faults, {tried - len(survived)} caught by the suite",
        "the suite passes without them" if sound else "the suite fails without them",
        sound and not survived and not absent and tried >= 20,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
