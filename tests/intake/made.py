"""Tickets and agents as tests of several layers need them: stored by the product's own verbs."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from deflect_api.config import read_support
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, Ticket
from tests.conftest import ROOT

SUPPORT = read_support(ROOT / "support.yml", {})


def draft(**changes: Any) -> tickets.Draft:
    """A small whole request, with `changes`."""
    whole: dict[str, Any] = {
        "email": "ada@example.org",
        "product": "flow",
        "subject": "Survey is not on the phone",
        "happened": "The list stays empty.",
        "texts": {"name": "Ada"},
        **changes,
    }
    return tickets.Draft(**whole)


def submitted(session: Session, now: datetime, /, **changes: Any) -> Ticket:
    """Submit a request under a key of its own."""
    return tickets.submit(session, draft(**changes), tickets.Key(uuid.uuid4().hex, "digest"), support=SUPPORT, now=now)


def agent(session: Session, now: datetime, name: str = "Bo") -> Agent:
    """An agent who cannot sign in (no test of theirs hashes a password)."""
    made = Agent(email=f"{name.lower()}@desk.example.org", name=name, password_hash="none", created_at=now)
    session.add(made)
    session.flush()
    return made
