"""People who send at once, as tests of abuse need them: each from an address, with a session, a mail address and words."""

import uuid
from typing import Any

from deflect_api.intake.abuse import proof_of_work
from deflect_api.intake.abuse.proof_of_work import Challenge
from tests.conftest import Desk

ROOM = "203.0.113.5"


def send(desk: Desk, number: int | str, *, address: str = ROOM, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    """Send one request of person `number`: their own session, receipt, mail address and words, unless `changes` say otherwise."""
    whole = {
        "session": f"visit-{number}",
        "email": f"person{number}@example.org",
        "subject": f"problem {number}",
        "happened": f"What I see is number {number}, and not what I expected.",
        **changes,
    }
    if "receipt" not in whole:
        whole["receipt"] = searched(desk, whole["session"])
    sent = {"Idempotency-Key": uuid.uuid4().hex, **(headers or {})}
    place = {"REMOTE_ADDR": address}
    return desk.client.post("/api/v1/tickets", json=desk.request(**whole), headers=sent, environ_base=place)


def searched(desk: Desk, session: str, seconds: float = 10) -> str:
    """The receipt of somebody who searched some seconds ago: people take their time."""
    desk.clock.forward(seconds=-seconds)
    receipt = desk.search(session=session)
    desk.clock.forward(seconds=seconds)
    return receipt


def wait_of(answer: Any) -> int:
    assert answer.status_code == 429, answer.text
    return int(answer.headers["Retry-After"])


def worked(answer: Any) -> str:
    """Solve the challenge of a 428, as a browser does."""
    assert answer.status_code == 428, answer.text
    return proof_of_work.solve(Challenge(**answer.json["challenge"]))
