"""The rules by which private pieces are found in a text, for Python and for browsers alike.

A false alarm costs trust: the formats of our products (form IDs, versions, dates, positions) must find nothing. Quantifiers over
long runs are bounded, so that no text is slow to read.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["password", "token", "card", "imei", "address", "phone"]


@dataclass(frozen=True)
class Rule:
    """`pattern` has two groups: what stands before, and the piece. `digits` and `luhn` look at the piece's digits alone.

    It is no finding when `unless` matches the words before it, or `shape` the piece. Case and accents' case do not count.
    """

    kind: Kind
    pattern: str
    digits: str = ""
    luhn: bool = False
    unless: str = ""
    shape: str = ""


_WORD = r"\b(?:password|passwd|passwort|passcode|pwd|mot de passe|mdp|contrase(?:ñ|n)a|clave|senha|wachtwoord|kata sandi)\b"
_OPEN, _INSIDE, _CLOSE = "[\"'“«]?", "[^\\s\"'”»,;]", "[.,;)\"'”»]*"
_ENDS = rf"(?={_CLOSE}[ \t]*(?:$|[\r\n,;/]|(?:and|et|y|user|login)\b))"
_BEFORE, _AFTER, _GAP = r"(^|[^A-Za-z0-9._/-])", r"(?![0-9A-Za-z_/-])", "[ \u00a0.-]?"
_ID_WORDS = r"#|\bids?|form|survey|instance|identifier|point|formulaire|formulario|encuesta|version|cleaning|analysis|dataset"
_AN_ID = rf"(?:{_ID_WORDS})[\W_]{{0,4}}$"
_TAKEN_OUT = r"^(?:https?:|\[[^\[\]]{2,40}\])"  # "[removed]", in whatever language
_A_DATE = r"^(?:0?[1-9]|[12][0-9]|3[01])[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:19|20)[0-9]{2}"
_A_DECIMAL = r"[0-9]+\.[0-9]+(?:[^0-9.]|$)"
_IMEI = r"[0-9]{15}|[0-9]{2}[ -][0-9]{6}[ -][0-9]{6}[ -][0-9]"
_MADE_KEYS = (
    r"gh[opsu]_[a-z0-9]{20,}|(?:glpat-|sk[-_])[a-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|xox[abp]-[a-z0-9-]{16,}|AIza[0-9a-z_-]{30,}"
)
_KEY_WORDS = r"(?:\b|_)(?:api[_ -]?key|key|token|secret|signature|jsessionid|session[_ -]?id|sid)"
_CARDS = (
    r"^(?:4[0-9]{12}(?:[0-9]{3}){0,2}|(?:5[1-5][0-9]{2}|2[2-7][0-9]{2})[0-9]{12}|3[47][0-9]{13}|6(?:011|5[0-9]{2})[0-9]{12})$"
)
_ROLES = r"^(?:support|info|help|helpdesk|no-?reply|admin|contact|office|name)@"
_PHONE_WORDS = (
    r"tel|tél|whatsapp|mobile|cell|phone (?:number|no)|t[ée]l[ée]phone|tel[ée]fono|m[óo]vil|celular|portable"
    r"|call (?:me|him|her|us|them) (?:on|at)"
)

RULES = (
    # "password: sunshine" at the end of a line or clause; "the password is Akvo2024" only when it looks like one.
    Rule("password", rf"({_WORD}\s*[:=]\s*{_OPEN})({_INSIDE}{{4,60}}?){_ENDS}", shape=_TAKEN_OUT),
    Rule(
        "password",
        rf"({_WORD}\s*(?:[:=]|is|was|est|es|era)\s*{_OPEN})((?=[^\s]{{0,60}}[0-9!@#$%^&*_+]){_INSIDE}{{4,}})",
        shape=_TAKEN_OUT,
    ),
    Rule("password", r"(\bpin(?: ?code)?\s*(?:[:=]|is)\s*)([0-9]{4,8})(?![0-9]| ?k?m\b)"),
    # Bearer tokens, JSON Web Tokens, keys of known makers, key=…, and what looks like chance: digits and letters in turn.
    Rule("token", r"(\bBearer\s+)([a-z0-9._~+/=-]{12,})"),
    Rule("token", r"()(\beyJ[a-z0-9_-]{8,}\.[a-z0-9_-]{8,}(?:\.[a-z0-9_-]+)?)"),
    Rule("token", rf"()(\b(?:{_MADE_KEYS}))"),
    Rule("token", rf"({_KEY_WORDS}\s*[=:]\s*[\"']?)((?=[^\s&]{{0,60}}[0-9])(?=[^\s&]{{0,60}}[a-z])[a-z0-9._~+/-]{{12,}}=*)"),
    Rule(
        "token",
        r"(^|[\s\"'=:(])((?=[a-z0-9]{0,20}?[0-9][a-z]{1,12}[0-9]{1,12}[a-z]{1,12}[0-9])[a-z0-9]{24,}=*)(?=[.,;)\"']*(?:\s|$))",
    ),
    # 15 digits with a check digit (3GPP TS 23.003); after the word IMEI also older and mistyped ones.
    Rule("imei", rf"(\bIMEI\b[^0-9\n]{{0,20}})({_IMEI}|[0-9]{{14,17}})(?![0-9])"),
    Rule("imei", rf"{_BEFORE}({_IMEI}){_AFTER}", digits=r"^(?!3[47])(?:0[01]|[1-9][0-9])", luhn=True, unless=_AN_ID),
    Rule("card", rf"{_BEFORE}([0-9](?:[ -]?[0-9]){{12,18}}){_AFTER}", digits=_CARDS, luhn=True, unless=_AN_ID),
    Rule("address", r"(^|[^a-z0-9._%+@/-])([a-z0-9._%+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,24})(?![a-z0-9@-])", shape=_ROLES),
    # +254 …, 00254 …, 0712 …, and any number after a word for a telephone.
    Rule("phone", rf"(^|[^0-9A-Za-z+])(\+(?!{_A_DECIMAL})[1-9](?:[ \u00a0().-]{{0,2}}[0-9]){{7,14}})(?![0-9])"),
    Rule("phone", rf"{_BEFORE}(00[1-9](?:{_GAP}[0-9]){{8,13}}){_AFTER}", unless=_AN_ID),
    Rule(
        "phone",
        rf"{_BEFORE}(?!{_A_DECIMAL})(\(?0[1-9][0-9]{{0,3}}\)?(?:{_GAP}[0-9]{{2,4}}){{2,4}}){_AFTER}(?!\.[0-9])",
        digits=r"^[0-9]{9,11}$",
        unless=_AN_ID,
        shape=_A_DATE,
    ),
    Rule(
        "phone",
        rf"(\b(?:{_PHONE_WORDS})\b[ .:n°o#-]{{0,6}}(?:number|no|is|est|es)?[ .:]{{0,3}})([1-9](?:{_GAP}[0-9]){{6,13}})(?![0-9])",
        shape=_A_DATE,
    ),
)
