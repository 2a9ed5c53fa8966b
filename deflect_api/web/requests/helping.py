"""What helps a person to write a good request and nothing too private: as data for the form's script, and for the page without.

Nothing here refuses anything: it points out, and the person decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from deflect_api.config.support import Product, ProductField, Support
from deflect_api.i18n import SOURCE_LANGUAGE, said, say
from deflect_api.intake import facts
from deflect_api.intake.wording import coaching, sensitive, typos

PLAIN = ("product", "type", "subject", "doing", "language")
DEVICE_NAMES = {
    "where": "where", "system": "system", "os": "system", "browser": "browser", "screen": "screen", "model": "model",
    "device": "model", "android": "android_version", "android_version": "android_version", "version": "app_version",
    "app_version": "app_version", "connection": "connection", "page": "page_address",
}  # fmt: skip
LONGEST, MOST_FINDINGS, AROUND = 500, 20, 30
REMOVE = "remove."
REMOVED = said("[removed]")


@dataclass(frozen=True)
class Found:
    """A piece to point out, with a few words on each side; `remove` is what its checkbox sends."""

    kind: str
    field: str
    before: str
    piece: str
    after: str
    remove: str


@dataclass(frozen=True)
class Review:
    """What the page between form and request says of the words themselves."""

    progress: coaching.Progress
    labels: Mapping[str, str]
    found: tuple[Found, ...]
    meant: Mapping[str, str]


def page_data(support: Support, language: str = SOURCE_LANGUAGE) -> dict[str, Any]:
    """Return every rule that the form's script follows, once."""
    checks = {key: _checks(product.fields, language) for key, product in support.products.items()}
    return {
        "coaching": coaching.as_data(support, partial(say, language=language)),
        "sensitive": sensitive.as_data(say(REMOVED, language)),
        "typos": typos.as_data(),
        "checks": {**checks, "device": _checks(facts.DEVICE, language)},
        "address": {"plain": [name for name in PLAIN if name != "language"], "device": DEVICE_NAMES},
        "ours": [support.contact.email],
    }


def review(support: Support, values: Mapping[str, str], *, files: bool = False, language: str = SOURCE_LANGUAGE) -> Review:
    parts = coaching.parts_of(support)
    addresses = [one.strip() for one in f"{values.get('email', '')},{values.get('cc', '')}".replace(";", ",").split(",")]
    return Review(
        progress=coaching.look({**values, coaching.FILES: "attached" if files else ""}, parts),
        labels={part.key: say(part.label, language) for part in parts if part.product == values.get("product")},
        found=found_in(support, values),
        meant={address: meant for address in addresses if (meant := typos.better(address))},
    )


def found_in(support: Support, values: Mapping[str, str]) -> tuple[Found, ...]:
    """List what the writer may not want to send, each piece of a field once."""
    made: dict[tuple[str, str], Found] = {}
    for name, finding in sensitive.find_in(values, [support.contact.email]):
        before, after = _around(values[name], finding)
        one = Found(finding.kind, name, before, finding.piece, after, f"{name}:{finding.piece}")
        made.setdefault((name, finding.piece), one)
    return tuple(made.values())[:MOST_FINDINGS]


def _around(text: str, finding: sensitive.Finding) -> tuple[str, str]:
    before, after = text[: finding.start], text[finding.end :]
    if len(before) > AROUND:
        before = "… " + re.sub(r"^\S*\s", "", before[-AROUND:])
    if len(after) > AROUND:
        after = re.sub(r"\s\S*$", "", after[:AROUND]) + " …"
    return before, after


def without_removed(values: Mapping[str, str], language: str = SOURCE_LANGUAGE) -> dict[str, str]:
    """Take out of the texts what was ticked on the page between form and request."""
    kept = {name: value for name, value in values.items() if not name.startswith(REMOVE)}
    for ticked in (value for name, value in values.items() if name.startswith(REMOVE)):
        name, _, piece = ticked.partition(":")
        if name in sensitive.TEXTS and name in kept:
            kept[name] = sensitive.remove(kept[name], piece, say(REMOVED, language))
    return kept


def prefill(support: Support, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the form's values for an address's parameters; what is not known is passed over, and so are personal ones."""
    product = support.products.get(asked.get("product", ""))
    named = {_form_name(name, value, product): value[:LONGEST] for name, value in asked.items()}
    return {name: value for name, value in named.items() if name and value}


def _form_name(name: str, value: str, product: Product | None) -> str:
    if name in PLAIN:
        return name
    field = next((field for field in product.fields if field.name == name), None) if product else None
    if field and (not field.choices or value in field.choices):
        return f"context.{name}"
    return f"device.{DEVICE_NAMES[name]}" if name in DEVICE_NAMES else ""


def _checks(fields: tuple[ProductField, ...], language: str) -> dict[str, dict[str, str]]:
    found = {
        field.name: {"extract": field.extract, "pattern": field.pattern, "warn": say(field.warn, language)} for field in fields
    }
    return {name: check for name, check in found.items() if any(check.values())}
