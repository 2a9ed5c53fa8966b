"""What a machine answered for somebody who is away: a line in the journal.

It is no answer: it changes nothing, and keeps nobody from saving what they write.
"""

from datetime import datetime

from deflect_api.intake.inbound import quoting
from deflect_api.intake.inbound.letter import Letter, one_line
from deflect_api.store.models import JournalEntry, Ticket

CHANGE = "automatic answer"
MOST = 200


def note(ticket: Ticket, read: Letter, now: datetime) -> None:
    """Note who is away, and the first words of the note. The same words of the same person are noted once."""
    words = (one_line(quoting.split(read.text)[0]) or read.subject)[:MOST]
    known = {(entry.after, entry.reason) for entry in ticket.journal if entry.change == CHANGE}
    if (read.sender, words) not in known:
        ticket.journal.append(JournalEntry(at=now, actor="relay", change=CHANGE, after=read.sender, reason=words))
