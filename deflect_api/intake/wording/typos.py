"""Mail addresses that are probably mistyped (gmial.com, .con). Pure; a hint only: nothing is ever changed by itself."""

from typing import Any

COMMON = ("gmail.com", "googlemail.com", "yahoo.com", "yahoo.fr", "yahoo.co.uk", "ymail.com", "hotmail.com", "hotmail.fr",
          "outlook.com", "outlook.fr", "icloud.com", "protonmail.com", "orange.fr", "akvo.org")  # fmt: skip
REAL = ("mail.com", "email.com", "gmx.com", "hotmail.ch", "yahoo.se")  # near, yet real
ENDINGS = {"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com", "cpm": "com", "ogr": "org",
           "rog": "org", "orgg": "org", "prg": "org", "nte": "net", "nett": "net"}  # fmt: skip


def better(address: str) -> str:
    """Return the address that was probably meant, or "" when nothing looks mistyped."""
    name, at, domain = address.strip().rpartition("@")
    known = domain.lower()
    if not (name and at and "." in known) or known in COMMON or known in REAL:
        return ""
    stem, _, ending = known.rpartition(".")
    mended = f"{stem}.{ENDINGS.get(ending, ending)}"
    meant = mended if mended in COMMON else next((common for common in COMMON if _one_slip(mended, common)), mended)
    return "" if meant == known else f"{name}@{meant}"


def as_data() -> dict[str, Any]:
    """Return the lists as the page carries them, for coach.js."""
    return {"common": COMMON, "real": REAL, "endings": ENDINGS}


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter more, less or other, or two that changed places, make one word of the other."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
