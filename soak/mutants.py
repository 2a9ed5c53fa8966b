"""Faults put into relay, outbox and connectors on purpose, one at a time, in a copy: the suite must catch each.

`python -m soak.mutants FIRST LAST` tries some of them; each runs the tests that are about the changed code, and stops at the
first that fails.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from soak.changed import copied, put_in
from soak.table import Row

SECONDS = 60  # a fault may make a test go on for ever: that is caught too
OUTBOX = (
    "tests/delivery/test_outbox.py", "tests/delivery/test_settling.py", "tests/delivery/test_relay.py",
    "tests/delivery/test_channels.py",
)  # fmt: skip
STEERING = ("tests/delivery/test_steering.py",)
BOTH_WAYS = ("tests/delivery/test_forward.py", "tests/intake/test_desk_updates.py")
CONTRACT = ("tests/connectors/test_faults.py", "tests/connectors/test_contract.py")
TESTS = {
    "connectors/github.py": ("tests/connectors/test_github.py",),
    "connectors/email.py": ("tests/delivery/test_forward.py", *CONTRACT),
    "connectors/mailer.py": ("tests/delivery/test_mailer.py",),
    "connectors/slack.py": ("tests/connectors/test_slack.py",),
    "connectors/webhook.py": ("tests/connectors/test_webhook.py", *CONTRACT),
    "connectors": CONTRACT,
    "delivery/forward.py": BOTH_WAYS,
    "delivery/redact.py": STEERING,
    "delivery/steering.py": STEERING,
    "delivery": OUTBOX,
    "intake/desk_updates.py": BOTH_WAYS,
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
    ("delivery/relay.py", "except (TemporaryFailure, Unavailable) as error:", "except TemporaryFailure as error:"),
    ("delivery/relay.py", "if row is None:", "if False:"),
    ("delivery/redact.py", "(re.compile(r\"[\\w.+%'-]+@[\\w-]+(?:\\.[\\w-]+)*\"), \"…@…\"),", ""),
    ("connectors/_http.py", "UnknownOutcome\n        return kind(f\"", "TemporaryFailure\n        return kind(f\""),
    ("connectors/_http.py", "UnknownOutcome\n            return kind(told", "TemporaryFailure\n            return kind(told"),
    ("connectors/_http.py", "if code in (408, 425, 429)", "if code in (408, 425)"),
    ("connectors/_http.py", "if left <= 0.1:", "if False:"),
    ("connectors/_http.py", "len(body) > MOST_BYTES or ", ""),
    ("connectors/limit.py", "min(most, end - time.monotonic())", "most"),
    ("connectors/reamaze.py", "if _tag(request.reference) not in", "if 0 and _tag(request.reference) not in"),
    ("connectors/reamaze.py", "if at < since or marks(words):", "if at < since:"),
    ("connectors/zendesk.py", "if not marks(comment[\"plain_body\"])", "if True"),
    ("connectors/zendesk.py", "if ticket.get(\"external_id\") != request.reference:", "if False:"),
    ("connectors/zendesk.py", "if not me.get(\"email\"):", "if False:"),
    ("connectors/zendesk.py", "        if dropped:", "        if False:"),
    ("connectors/slack.py", "if answer.status_code >= 500 or code in UNSURE:", "if False:"),
    ("connectors/slack.py", "said = f\"{_escaped(text)}\\n{key}\"", "said = _escaped(text)"),
    ("connectors/email.py", "f\"{request.reference}.request\"", "f\"{id(request)}.request\""),
    ("connectors/mailer.py", "raise UnknownOutcome(", "raise TemporaryFailure("),
    ("connectors/github.py", "if _comment(key) in (comment.get(\"body\") or \"\"):", "if False:"),
    ("connectors/github.py", "if self.label not in kept.labels:", "if False:"),
    ("delivery/relay.py", "for _ in range(SETTLE_TRIES):", "for _ in range(0):"),
    ("delivery/relay.py", "if left_off:", "if False:"),
)  # fmt: skip


def tests_of(file: str) -> tuple[str, ...]:
    """The tests that are about a file of deflect_api."""
    return TESTS.get(file) or TESTS[file.partition("/")[0]]


def passes(folder: Path, tests: Sequence[str]) -> bool:
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not postgres", *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def caught(folder: Path, fault: tuple[str, str, str]) -> bool:
    """Put a fault in, run the tests, take it out again."""
    file, right, _ = fault
    whole, began = put_in(folder, *fault), time.monotonic()
    found = not passes(folder, tests_of(file))
    (folder / "deflect_api" / file).write_text(whole, encoding="utf-8")
    print(f"{'caught' if found else 'SURVIVED'} {time.monotonic() - began:5.1f} s  {file}: {right[:60]!r}", flush=True)
    return found


def run(first: int = 0, last: int = len(FAULTS)) -> Row:
    chosen = FAULTS[first:last]
    with copied() as folder:
        sound = passes(folder, sorted({test for file, _, _ in chosen for test in tests_of(file)}))
        found = sum(caught(folder, fault) for fault in chosen)
    return Row(
        "Faults put in on purpose",
        f"{len(chosen)} faults, {found} caught by the suite",
        "the suite passes without them" if sound else "the suite fails without them",
        sound and found == len(chosen) > 0,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
