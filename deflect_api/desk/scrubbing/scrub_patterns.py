"""Finds by their shape: mail addresses, links, tokens, passwords, device and telephone numbers. Pure.

Others will read the text, so in doubt a number counts as private; the word before it ("form 237070018") says that it is not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from deflect_api.desk.scrubbing.folded import plain_digits
from deflect_api.intake.wording import sensitive

MAIL, LINK, TOKEN, PASSWORD, DEVICE, NUMBER = "mail", "link", "token", "password", "device number", "number"
PUBLIC = ("akvo.org", "akvoflow.org", "akvolumen.org", "github.com")
LOOK_BACK = 30

_MAILS = (
    re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{0,64}\w(?:@|%40)(?!\d+(?:\.\d+)+(?![.\w-]))[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(
        r"[\w.+-]{1,64}\s{0,2}[\[({<]\s?(?:at|@|a|arobase)\s?[\])}>]\s{0,2}[\w-]{1,63}"
        r"(?:(?:\s{0,2}(?:\.|[\[({<]\s?(?:dot|\.)\s?[\])}>])\s{0,2}|\s{1,2}dot\s{1,2})[\w-]{1,63})+",
        re.I,
    ),
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64}\s{1,2}AT\s{1,2}[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}\s{1,2}(?:at|arobase|arroba)\s{1,2}[\w-]{1,63}(?:\s{1,2}(?:dot|point|punto)\s{1,2}[\w-]{1,63})+",
        re.I,
    ),
)  # fmt: skip
_LINKS = (
    re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s<>\"]+|\b(?:tel|mailto|skype|whatsapp|callto|sip|geo):[^\s<>\",;]+", re.I),
    re.compile(r"(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,18}(?::\d+)?/[^\s<>\"]*", re.I),
    re.compile(
        r"(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,8}(?:internal|intranet|corp|lan|local)(?:\.[a-z0-9-]{1,63}){0,4}(?![\w.-])", re.I
    ),
)
_BEFORE_ONE = (
    r"(?:(?<![^\W_])(?:pass|pass ?word|pw|pwd|passphrase|passwort|parola|parol|has[łl]o|kennwort|heslo|salasana|senha|contraseña"
    r"|clave|mot de passe|kata sandi|nywila)(?!\w)|парол\w*|كلمة (?:المرور|السر)|密码|密碼|提取码|访问码|验证码|पासवर्ड|পাসওয়ার্ড"
    r"|የይለፍ ቃል|şifre)"
)
_PASSWORDS = (
    re.compile(
        rf"{_BEFORE_ONE}\)?\s*(?:[:=：]|is\b|est\b|es\b|-)\s*[\"'“«]?([^\s\"'”»,;]{{3,60}})",
        re.I,
    ),
    re.compile(rf"{_BEFORE_ONE}[\s\"'“«:=]{{1,3}}((?=\S*[\d!@#$%^&*])[^\s\"'”»,;]{{4,60}})", re.I),
    re.compile(r"(?<!\w)-u\s+\S+?:(\S{3,60})"),
)
_TOKENS = (
    re.compile(
        r"(?:token|secret|key|signature|credential|authorization|cookie|sess(?:ion)?|\bsid)[\w-]*[\"']?\s*[:=]\s*[\"']?(?!\[)"
        r"((?=[^\s\"'&]*\d)[^\s\"'&,;]{10,})",
        re.I,
    ),
    re.compile(r"(?<![\w/-])((?=[\w+-]{0,80}\d)(?=[\w+-]{0,80}[a-z])(?:[0-9a-f]{32,}|[\w-][\w+-]{39,400}))(?![\w/-])", re.I),
    re.compile(r"\b(?:basic|bearer|token)\s+((?=[\w.+/=-]*\d)[\w.+/=-]{16,})", re.I),
)
_KEPT = (
    re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)"),
    re.compile(r"(?<![\d.])\d{2,3}\.0\.\d{3,4}\.\d{1,3}(?!\.?\d)"),  # a browser's version
    re.compile(r"(?<!\d)\d{3,4} ?[x×] ?\d{3,4}(?!\d)"),
    re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])", re.I),
    re.compile(r"(?<![\w-])(?=[a-z0-9-]{0,14}[a-z])[a-z0-9]{2,4}-[a-z0-9]{4}-[a-z0-9]{4}(?![\w-])", re.I),
)
_RUN = re.compile(
    r"(?<![\w])(?<!\d[.,])\+?\(?\d(?:[ \u00a0\u2009\u202f.\-\u2010-\u2015/()]{0,3}\d)+"
    r"(?:\s*(?:ext|extn|poste|x)\.?\s*\d{1,5})?(?![A-Za-z_])"
)
_ID_WORD = re.compile(
    r"(?:\b(?:form(?:ular|ulaire|ulario|ulir|s)?|fomu|surveys?|instance|ids?|identifier|point|encuesta|version|build|line|row|code|port|project|projet"
    r"|record|dataset|error|assignment|encuesta|folder|period|indicator|issue|ticket|request)|форм\w*|النموذج|الاستمارة|表格|调查表|फॉर्म|ফর্ম|ፎርም?ሙ?)"
    r"(?:\s+(?:id|no|nr|number|namba|আইডি|n°))?[\W_]{0,4}$",
    re.I,
)  # fmt: skip
_DATE = re.compile(
    r"(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:19|20)\d\d)(?: \d{1,2})?(?: ?- ?\d.*)?"
)
_DECIMAL = re.compile(r"\d{1,3}[.,]\d{3,}")
_UNIT = re.compile(r"\s*(?:ms|sec|seconds|kb|mb|gb|bytes|rows|records|submissions|pixels|px|usd|eur)\b", re.I)
_OF_RULE = {"password": PASSWORD, "token": TOKEN, "card": TOKEN, "imei": DEVICE, "address": MAIL, "phone": NUMBER}


@dataclass(frozen=True)
class Span:
    """A piece of a text; `kind` says what it is, and pieces with one `key` are the same thing."""

    start: int
    end: int
    kind: str
    key: str


def find(text: str, public: Sequence[str] = PUBLIC, keep: Sequence[str] = ()) -> list[Span]:
    """List what is private by its shape, in order and apart. `public` are hosts whose links may stay, `keep` pieces that do."""
    plain = plain_digits(text)
    kept = [match.span() for pattern in _KEPT for match in pattern.finditer(plain)]
    kept += [match.span() for piece in keep if piece for match in re.finditer(rf"(?<!\w){re.escape(piece)}(?!\w)", plain)]
    found: list[Span] = []
    for span in _candidates(plain, public, kept):
        if not any(span.start < other.end and other.start < span.end for other in found):
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def _candidates(plain: str, public: Sequence[str], kept: list[tuple[int, int]]) -> Iterator[Span]:
    """What comes first wins: a link with a token in it is one link."""
    yield from _links(plain, public, kept)
    for pattern in _MAILS:
        yield from (Span(*match.span(), MAIL, match[0].casefold()) for match in pattern.finditer(plain))
    for kind, patterns in ((PASSWORD, _PASSWORDS), (TOKEN, _TOKENS)):
        yield from (Span(*match.span(1), kind, match[1]) for pattern in patterns for match in pattern.finditer(plain))
    for one in sensitive.find(plain):
        if one.kind not in ("phone", "imei", "card"):
            yield Span(one.start, one.end, _OF_RULE[one.kind], one.piece.casefold())
    yield from _numbers(plain, kept)
    for one in sensitive.find(plain):  # what is a number only because of the word before it
        if not _within(one.start, one.end, kept):
            yield Span(one.start, one.end, _OF_RULE[one.kind], re.sub(r"\D", "", one.piece) or one.piece)


def _links(plain: str, public: Sequence[str], kept: list[tuple[int, int]]) -> Iterator[Span]:
    for pattern in _LINKS:
        for match in pattern.finditer(plain):
            link = match[0].rstrip(".,;:!?'”»*_")
            while link.endswith((")", "]", "}", ">")) and link.count("(") < link.count(")") + link.count("]"):
                link = link[:-1]
            start, end = match.start(), match.start() + len(link)
            if is_public(link, public):
                kept.append((start, end))
            elif not _within(start, end, kept):
                yield Span(start, end, LINK, link)


def is_public(link: str, public: Sequence[str]) -> bool:
    """Tell whether a link may stay: a page of a public host, without a user, a question or a share's secret in it."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    known = any(host == name or host.endswith(f".{name}") for name in public)
    bare = parts.scheme in ("http", "https") and "@" not in parts.netloc and not parts.query and "=" not in parts.fragment
    return (
        known and bare and not re.search(r"/(?:s|share|requests|shared)/|@|%40", parts.path) and not _TOKENS[1].search(parts.path)
    )


def _numbers(plain: str, kept: list[tuple[int, int]]) -> Iterator[Span]:
    for match in _RUN.finditer(plain):
        for start, end in _split(match[0], match.start()):
            piece = plain[start:end]
            digits = re.sub(r"\D", "", piece)
            if len(digits) >= 7 and not _within(start, end, kept) and not _harmless(piece, plain, start, end):
                device = 14 <= len(digits) <= 17 and not piece.startswith("+")
                yield Span(start, end, DEVICE if device else NUMBER, digits)


def _split(run: str, start: int) -> Iterator[tuple[int, int]]:
    """Cut a run at a bracket that stays open, and at a stroke between two whole numbers."""
    if run.count("(") > run.count(")"):
        run = run[: run.rindex("(")].rstrip(" .-/")
    pieces = run.split("/") if len(re.sub(r"\D", "", run)) > 15 else [run]
    whole = all(len(re.sub(r"\D", "", piece)) >= 7 for piece in pieces)
    for piece in pieces if whole else [run]:
        lead = len(piece) - len(piece.lstrip(" .-"))
        yield start + lead, start + len(piece.rstrip(" .-"))
        start += len(piece) + 1


def _harmless(piece: str, plain: str, start: int, end: int) -> bool:
    if piece.startswith("+"):
        return False
    before = plain[max(0, start - LOOK_BACK) : start]
    unit = _UNIT.match(plain, end) is not None
    is_id = "(" not in piece and " " not in piece and _ID_WORD.search(before) is not None
    return unit or is_id or bool(_DATE.fullmatch(piece) or _DECIMAL.fullmatch(piece))


def _within(start: int, end: int, kept: Sequence[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in kept)
