"""What a product's own fields and the device's hold: trimmed, and understood where a whole address was pasted. Pure.

Nothing is refused and nothing is lost: where a part was taken out, the words as written are kept beside it.
"""

import re
from collections.abc import Iterable, Mapping

from deflect_api.config.support import ProductField

AS_WRITTEN = "_as_written"
APP, COMPUTER, BROWSER = ("phone app", "tablet app"), ("computer browser",), ("phone browser",)
WHERE = (*COMPUTER, *APP, *BROWSER)
DEVICE = (
    ProductField(name="where", label="Where it happens", choices=WHERE),
    ProductField(name="system", label="System", example="Windows 10"),
    ProductField(name="browser", label="Browser and its version", example="Chrome 120"),
    ProductField(name="screen", label="Screen", example="1366 × 768"),
    ProductField(name="model", label="Phone or tablet: make and model", example="Moto g5"),
    ProductField(
        name="android_version",
        label="Android version",
        example="8.1.0",
        extract=r"^(?:android|version|v)[ .:]*(?:version[ .:]*)?([0-9]{1,2}(?:\.[0-9]{1,2}){0,2})$",
        pattern=r"[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}",
    ),
    ProductField(
        name="app_version",
        label="App version",
        example="2.10.2",
        extract=r"^[a-z .:-]*([0-9]+\.[0-9]+(?:\.[0-9]+){0,2})$",
        pattern=r"[0-9]+\.[0-9]+(?:\.[0-9]+){0,2}",
    ),
    ProductField(name="connection", label="Connection", choices=("Wi-Fi", "mobile data", "cable", "none")),
    ProductField(name="page_address", label="Address of the page"),
)


def understood(field: ProductField, written: str) -> str:
    """Return the part that counts of what somebody wrote or pasted, else all of it, trimmed."""
    text = " ".join(written.split())
    found = re.search(field.extract, text, re.IGNORECASE | re.ASCII) if field.extract else None
    return next((part for part in found.groups() if part), text) if found else text


def looks_right(field: ProductField, written: str) -> bool:
    """Whether it is empty or has the form it mostly has; what has not is taken all the same."""
    text = understood(field, written)
    return not text or not field.pattern or bool(re.fullmatch(field.pattern, text, re.IGNORECASE | re.ASCII))


def tidy(fields: Iterable[ProductField], written: Mapping[str, str]) -> dict[str, str]:
    """Return the filled-in facts by name, as understood; "instance_as_written" holds the words that a part was taken from."""
    known = {field.name: field for field in fields}
    facts = {}
    for name, words in written.items():
        text = understood(known[name], words) if name in known else words.strip()
        if text:
            facts[name] = text
        if text and text != " ".join(words.split()):
            facts[name + AS_WRITTEN] = words.strip()
    return facts


def labels(fields: Iterable[ProductField]) -> dict[str, str]:
    """Name each fact for people, and its words as they were written."""
    named = {field.name: field.label for field in fields}
    return named | {name + AS_WRITTEN: f"{label}, as it was written" for name, label in named.items()}
