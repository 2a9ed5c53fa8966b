"""Was this page helpful? One answer, stored by page and version, without anything that tells who gave it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from deflect_api.intake.wording import sensitive
from deflect_api.store.helpful import HelpfulAnswer

YES, NO = "yes", "no"
REASONS = ("other problem", "did not work", "not clear", "wrong or old")
LONGEST = 1000


@dataclass(frozen=True)
class Answer:
    """What a reader said of a page; `reason` and `text` only of one that did not help."""

    page: str
    version: str
    helpful: bool
    reason: str = ""
    text: str = ""


def note(session: Session, answer: Answer, now: datetime) -> None:
    """Store an answer. What is sensitive in its text is taken out before."""
    session.add(
        HelpfulAnswer(
            at=now,
            page=answer.page,
            version=answer.version[:20],
            helpful=answer.helpful,
            reason="" if answer.helpful or answer.reason not in REASONS else answer.reason,
            text="" if answer.helpful else scrubbed(answer.text[:LONGEST]),
        )
    )


def scrubbed(text: str) -> str:
    """A text without passwords, cards, device numbers, addresses and telephone numbers."""
    for finding in sensitive.find(text):
        text = sensitive.remove(text, finding.piece)
    return " ".join(text.split())
