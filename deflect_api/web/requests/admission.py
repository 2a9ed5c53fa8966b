"""Who sends a request, and how it is taken: counted, held for a look by a person, or asked for a little work in a flood.

Nothing that was sent is dropped: it is refused in words that say when to try again, or it is stored.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from flask import request
from sqlalchemy.orm import Session

from deflect_api.errors import Unavailable, WorkNeeded
from deflect_api.i18n import said
from deflect_api.intake import tickets
from deflect_api.intake.abuse import limits, proof_of_work, receipts, suspicion
from deflect_api.store.models import IdempotencyKey, SupportSession
from deflect_api.web.parts import parts
from deflect_api.web.schemas import TicketIn
from deflect_api.web.suggest import find

FORM = "form"  # the purpose of a form's stamp
WORK = said("Many requests arrive at this moment. Compute the challenge and send again; what you wrote stays.")


@dataclass(frozen=True)
class Arrival:
    """One request at the door: what was sent, under which key, by a script or by the plain form."""

    given: TicketIn
    key: tickets.Key
    scripted: bool
    now: datetime


def stamp() -> str:
    """Sign that a form is opened now."""
    return receipts.stamp(parts().settings.secret, FORM, parts().clock())


def shed(arrival: Arrival) -> None:
    """Refuse what will be refused before it waits for the database's one writer. Raises TooMany, WorkNeeded, SearchFirst."""
    with parts().database.read() as session:
        if session.get(IdempotencyKey, arrival.key.key_hash) is None:
            _check(session, arrival, _sender(arrival))


def admit(session: Session, arrival: Arrival, draft: tickets.Draft) -> tickets.Draft:
    """Count a new request and say how it is taken. Raises TooMany, WorkNeeded, SearchFirst."""
    rules, sender = parts().settings.support.limits, _sender(arrival)
    limits.hold_places(session, sender)
    without_work = _check(session, arrival, sender)
    found = suspicion.judge(_facts(session, arrival, sender, without_work=without_work))
    limits.note(session, sender, rules, arrival.now)
    if found.holds:
        return replace(draft, held=found.reasons)
    told = limits.take(session, limits.ACKNOWLEDGEMENTS, sender.mail, rules, arrival.now)
    return replace(draft, acknowledged=told)


def _check(session: Session, arrival: Arrival, sender: limits.Who) -> bool:
    """Raise TooMany or WorkNeeded; return whether a flood is on and the work was not done."""
    rules, secret = parts().settings.support.limits, parts().settings.secret
    limits.check(session, sender, rules, arrival.now)
    if not limits.is_flood(session, sender, rules, arrival.now):
        return False
    if not arrival.scripted:
        return True
    work = request.headers.get("Work", "")
    if not proof_of_work.is_done(secret, work, key=arrival.key.key, now=arrival.now):
        asked = proof_of_work.challenge(secret, arrival.key.key, bits=rules.work_bits, now=arrival.now)
        raise WorkNeeded(WORK, asdict(asked))
    return False


def _sender(arrival: Arrival) -> limits.Who:
    secret, given = parts().settings.secret, arrival.given
    return limits.who(secret, address=request.remote_addr or "", visit=_visit(given, arrival.now), mail=given.email)


def _visit(given: TicketIn, now: datetime) -> str:
    """Return the session whose receipt this is; "" when it is nobody's. While search is down, the session is believed."""
    if given.receipt == receipts.UNAVAILABLE:
        return given.session if _search_is_down() else ""
    return receipts.read(parts().settings.secret, given.receipt, session=given.session, now=now).session


def _search_is_down() -> bool:
    if parts().crowd.was_lately(parts().clock()):  # who was refused a search has no receipt
        return True
    try:
        find("help", limit=1)
    except Unavailable:
        return True
    return False


def _facts(session: Session, arrival: Arrival, sender: limits.Who, *, without_work: bool) -> suspicion.Facts:
    given = arrival.given
    text = "\n".join((given.subject, given.happened, given.doing, given.expected, given.steps))
    gist = suspicion.gist(f"{given.subject}\n{given.happened}")
    words = limits.keyed(parts().settings.secret, limits.WORDS, gist)
    others = limits.others_with(session, words, sender, arrival.now) if gist else (0, 0)
    return suspicion.Facts(
        trap=given.website,
        age=_age(session, arrival),
        text=text,
        same_words=suspicion.Repeated(*others),
        without_work=without_work,
    )


def _age(session: Session, arrival: Arrival) -> timedelta | None:
    """Return how long ago the visit began, by the oldest proof there is: the form's stamp, a receipt, an event of the visit."""
    secret, given, now = parts().settings.secret, arrival.given, arrival.now
    began = [receipts.stamped_at(secret, FORM, given.opened, now)]
    began += [receipts.issued_at(secret, text, session=given.session, now=now) for text in (given.opened, given.receipt)]
    visit = session.get(SupportSession, given.session) if given.session else None
    began.append(visit.started_at if visit else None)
    known = [at for at in began if at]
    return now - min(known) if known else None
