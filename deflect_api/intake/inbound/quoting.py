"""What somebody wrote, apart from what their mail program quoted below it. Pure. In doubt nothing is folded away."""

import re

_WROTE = re.compile(
    r"^[ \t>]*(?:on\b.{0,200}\bwrote|le\b.{0,200}\ba écrit|el\b.{0,200}\bescribió|em\b.{0,200}\bescreveu|il\b.{0,200}\bha scritto"
    r"|pada\b.{0,200}\bmenulis|am\b.{0,200}\bschrieb.{0,100}|op\b.{0,200}\bschreef.{0,100}|.{0,200}<[^<>@\s]+@[^<>\s]+>.{0,40})\s*:\s*$",
    re.I,
)
_OUTLOOK = re.compile(
    r"^[ \t]*(?:-{2,}\s*(?:original message|message d'origine|mensaje original|mensagem original|pesan asli).*|_{20,})$", re.I
)
_FROM = re.compile(r"^[ \t*]*(?:from|de|von|van|da|dari)\s*:\*?\s*\S.*$", re.I)
_SENT = re.compile(r"^[ \t*]*(?:sent|date|envoyé|enviado|gesendet|verzonden|inviato|dikirim|to|à|para|an|aan|kepada)\s*:", re.I)
_SIGNATURE = re.compile(r"^-- ?$|^(?:sent from my|envoyé de mon|enviado desde mi|dikirim dari)\b.*$", re.I)
FORWARDED = re.compile(
    r"^[ \t>]*(?:-{3,}\s*(?:forwarded message|message transféré|mensaje reenviado|mensagem encaminhada|pesan terusan)\s*-{3,}"
    r"|begin forwarded message:|-{2,}\s*original message\s*-{2,})[ \t]*$",
    re.I | re.M,
)
_MAILBOX = re.compile(r"^[ \t*>]*(?:from|de|von|van|da|dari)\s*:\*?\s*(.*)$", re.I | re.M)
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


def split(text: str) -> tuple[str, str]:
    """Return what is new and what is quoted. When all is quoted or everything was written in between, all of it is new."""
    lines = text.splitlines()
    at = next((place for place in range(len(lines)) if _begins_quote(lines, place)), len(lines))
    new = lines[:at]
    while new and not new[-1].strip():
        new.pop()
    after = [line for line in lines[at:] if line.strip() and not line.lstrip().startswith(">")]
    in_between = len(after) > 1 and any(line.lstrip().startswith(">") for line in lines[at:]) and not _only_header(after)
    if not "".join(new).strip() or (in_between and _answers_below(lines, at)):
        return text.strip(), ""
    return "\n".join(new).strip(), "\n".join(lines[at:]).strip()


def _begins_quote(lines: list[str], place: int) -> bool:
    line, following = lines[place], lines[place + 1] if place + 1 < len(lines) else ""
    if _OUTLOOK.match(line) or _WROTE.match(line) or (_WROTE.match(f"{line} {following}".replace("\n", " ")) and len(line) > 10):
        return True
    if _FROM.match(line) and any(_SENT.match(each) for each in lines[place + 1 : place + 4]):
        return True
    return line.startswith(">") and all(each.startswith(">") or not each.strip() for each in lines[place:])


def _answers_below(lines: list[str], at: int) -> bool:
    """Tell whether somebody wrote between the quoted lines."""
    quoted = [place for place in range(at, len(lines)) if lines[place].lstrip().startswith(">")]
    return any(lines[place].strip() and not lines[place].lstrip().startswith(">") for place in range(quoted[0], len(lines)))


def _only_header(lines: list[str]) -> bool:
    return all(_WROTE.match(line) or _OUTLOOK.match(line) or _SIGNATURE.match(line) for line in lines)


def forwarded(text: str) -> tuple[str, str, str] | None:
    """Read a mail that was sent on: the name and address of who wrote it first, and their words. None when it is none."""
    found = FORWARDED.search(text)
    rest = text[found.end() :] if found else ""
    sender = _MAILBOX.search(rest[:2000])
    address = _ADDRESS.search(sender[1]) if sender else None
    if not sender or not address:
        return None
    name = re.sub(r"[<>\"\[\]()]|mailto:", " ", sender[1].replace(address[0], " "))
    head, _, words = rest[sender.start() :].replace("\r", "").partition("\n\n")
    return " ".join(name.split()), address[0], re.sub(r"(?m)^> ?", "", words or head).strip()
