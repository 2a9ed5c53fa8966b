"""What a product's own fields and the device's hold: trimmed, and understood where a whole address was pasted. Pure.

Nothing is refused and nothing is lost: where a part was taken out, the words as written are kept beside it.
"""

import re
from collections.abc import Iterable, Mapping

from deflect_api.config.support import ProductField
from deflect_api.i18n import said

AS_WRITTEN = "_as_written"
APP = ("phone app", "tablet app")
WHERE = {
    "computer browser": said("A browser on a computer"),
    "phone app": said("The app on a phone"),
    "tablet app": said("The app on a tablet"),
    "phone browser": said("A browser on a phone or tablet"),
}
CONNECTIONS = {"Wi-Fi": said("Wi-Fi"), "mobile data": said("Mobile data"), "cable": said("Cable"), "none": said("None")}
DEVICE = (
    ProductField(name="where", label=said("Where it happens"), choices=tuple(WHERE)),
    ProductField(name="system", label=said("System"), example="Windows 10"),
    ProductField(name="browser", label=said("Browser and its version"), example="Chrome 120"),
    ProductField(name="screen", label=said("Screen"), example="1366 × 768"),
    ProductField(name="model", label=said("Phone or tablet: make and model"), example="Moto g5"),
    ProductField(
        name="android_version",
        label=said("Android version"),
        example="8.1.0",
        extract=r"^(?:android|version|v)[ .:]*(?:version[ .:]*)?([0-9]{1,2}(?:\.[0-9]{1,2}){0,2})$",
        pattern=r"[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}",
    ),
    ProductField(
        name="app_version",
        label=said("App version"),
        example="2.10.2",
        extract=r"^[a-z .:-]*([0-9]+\.[0-9]+(?:\.[0-9]+){0,2})$",
        pattern=r"[0-9]+\.[0-9]+(?:\.[0-9]+){0,2}",
    ),
    ProductField(name="connection", label=said("Connection"), choices=tuple(CONNECTIONS)),
    ProductField(name="page_address", label=said("Address of the page")),
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
    """Name each fact for people, and its words as they were written; to be said in any language."""
    named = {field.name: field.label for field in fields}
    return named | {name + AS_WRITTEN: said("%(label)s, as it was written", label=label) for name, label in named.items()}


def told(fields: Iterable[ProductField], name: str, value: str) -> str:
    """Put a stored answer into words, to be said in any language: what was chosen from a list, else as it was written."""
    chosen = {"where": WHERE, "connection": CONNECTIONS}.get(name, {}).get(value)
    offered = (choice for field in fields if field.name == name for choice in field.choices if choice == value)
    return chosen or next(offered, value)
