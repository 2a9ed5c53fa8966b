"""Mails that no person wrote: absence notes, lists, loops, and reports that a mail did not arrive. Pure."""

import re
from dataclasses import dataclass

from deflect_api.intake.inbound.letter import Letter

_ABSENT = re.compile(
    r"^(?:auto(?:matic)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|absence|absent"
    r"|réponse automatique|respuesta automática"
    r"|resposta automática|fora do escritório|fuera de la oficina|abwesenheit|afwezig|balasan otomatis"
    r"|away from|on leave|vacation)\b",
    re.I,
)
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|bounces?(?:[+=-].*)?)@", re.I)
_FAILED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|returned mail|failure notice|mail delivery failed|could not be delivered",
    re.I,
)
_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", re.M)
_ADDRESS = re.compile(r"[\w.+%=&'/-]{1,64}@[\w.-]{1,250}\w")


OWN = "it is our own"


@dataclass(frozen=True)
class Report:
    """A mail of ours that did not arrive. `ids` are the Message-IDs in it, `final` is False while the server still tries."""

    address: str
    told: str
    ids: tuple[str, ...]
    final: bool


def is_automatic(letter: Letter, ours: str) -> str:
    """Say why no person wrote this, or ""."""
    head = letter.headers
    if letter.sender.lower() == ours.lower() or "x-deflect-reference" in head:
        return OWN
    if head.get("auto-submitted", "no").split(";")[0].strip().lower() not in ("no", ""):
        return "it says that it is automatic"
    if any(name in head for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "x-amazon-auto-reply")):
        return "it says that it is automatic"
    if head.get("precedence", "").strip().lower() in ("bulk", "junk", "auto_reply") or "list-id" in head or "feedback-id" in head:
        return "it went to many"
    if _DAEMON.match(letter.sender) or head.get("return-path", "").strip() == "<>":
        return "a mail server wrote it"
    return "its subject is that of an absence note" if _ABSENT.match(letter.subject) else ""


def report(letter: Letter) -> Report | None:
    """Read a report of a mail that did not arrive: by its machine-readable part (RFC 3464), else by its words."""
    ids = tuple(re.findall(r"<[^<>\s]{1,250}>", f"{letter.original}\n{' '.join(letter.refers_to)}"))
    if letter.report:
        return _structured(letter, ids)
    if not (_DAEMON.match(letter.sender) and _FAILED.search(f"{letter.subject} {letter.text[:500]}")):
        return None
    named = [found for found in _ADDRESS.findall(letter.text[:5000]) if not _DAEMON.match(found)]
    inside = tuple(re.findall(r"(?im)^message-id:\s*(<[^<>\s]{1,250}>)", letter.text))
    return Report(named[0] if named else "", letter.text.strip()[:300], (*ids, *inside), final=True)


def _structured(letter: Letter, ids: tuple[str, ...]) -> Report | None:
    for block in re.split(r"\n\s*\n", letter.report):
        fields = {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block)}
        recipient = fields.get("original-recipient") or fields.get("final-recipient", "")
        address = _ADDRESS.search(recipient.partition(";")[2] or recipient)
        action = fields.get("action", "").lower()
        if address and action in ("failed", "delayed"):
            told = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("status", "")
            return Report(address[0], told[:300] or "no reason was given", ids, final=action == "failed")
    return None
