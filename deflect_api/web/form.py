"""The request form as its template needs it: choices from support.yml, what was typed, what needs a change. Knows no Flask."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product as every
from types import SimpleNamespace
from typing import Any

from deflect_api.config.support import SEVERITY_OF, Support
from deflect_api.intake import triage
from deflect_api.web import helping

WORKING = {
    "stopped": "No, work has stopped",
    "inconvenient workaround": "Only in an inconvenient way",
    "easy workaround": "Yes, in another easy way",
    "only looks wrong": "Yes, it only looks wrong",
}
AFFECTED = {"one": "One person", "several": "Several people", "everyone": "Everyone"}
NEEDED_BY = {"today": "Today", "this week": "This week", "no date": "No date"}
TYPES = {
    "question": "A question: how does it work?",
    "bug": "A bug: something fails",
    "feature request": "A wish: something is missing",
}


@dataclass(frozen=True)
class Sent:
    """What came back with the form: typed values and, by field, what needs a change."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    receipt: str = ""
    key: str = ""
    opened: str = ""


def title() -> str:
    return "Ask for help"


def blank(support: Support) -> SimpleNamespace:
    """The form of the portal's own page: it carries no key and no session, its script makes them."""
    return view(support, Sent())


def fresh(values: Mapping[str, str]) -> Sent:
    """A form to be filled in, with a new key and session, so that it works without a script."""
    return Sent(values=values, session=secrets.token_urlsafe(16), key=secrets.token_urlsafe(24))


def view(support: Support, sent: Sent, reply_due: str = "") -> SimpleNamespace:
    """Everything request_form.html reads. `reply_due` is when a request sent now is answered, "" where nobody can know."""
    return SimpleNamespace(
        action="/support/contact/",
        api="/api/v1",
        values=dict(sent.values),
        errors=dict(sent.errors),
        products=[_product(key, product) for key, product in support.products.items()],
        types=_choices(TYPES),
        working=_choices(WORKING),
        affected=_choices(AFFECTED),
        needed_by=_choices(NEEDED_BY),
        hubs=list(support.hubs),
        priority_table=priority_table(support),
        reply_due=dict.fromkeys(("urgent", "high", "normal", "low"), reply_due),
        idempotency_key=sent.key,
        session=sent.session,
        receipt=sent.receipt,
        opened=sent.opened,
        support_email=support.contact.email,
        helping=helping.page_data(support),
    )


def priority_table(support: Support) -> dict[str, dict[str, str]]:
    """List the priority and its reason for every three answers, for the page to show while they are chosen."""
    table = {}
    for working, affected, needed_by in every(SEVERITY_OF, AFFECTED, NEEDED_BY):
        answers = triage.Answers(working, affected, needed_by)  # type: ignore[arg-type] # the keys are the words
        table[f"{working}|{affected}|{needed_by}"] = {
            "priority": triage.judge(answers, support).priority,
            "reason": triage.reason(answers),
        }
    return table


def _choices(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "label": label} for key, label in words.items()]


def _product(key: str, product: Any) -> dict[str, Any]:
    fields = [
        {**part.model_dump(exclude={"choices"}), "choices": list(part.choices), "kind": "choice" if part.choices else "text"}
        for part in product.fields
    ]
    return {"key": key, "name": product.name, "fields": fields}
