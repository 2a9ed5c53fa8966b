"""The request form as its template needs it: choices from support.yml, what was typed, what needs a change. Knows no Flask."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product as every
from types import SimpleNamespace
from typing import Any

from deflect_api.config.support import SEVERITY_OF, Product, Support
from deflect_api.i18n import SOURCE_LANGUAGE, said, say
from deflect_api.intake import facts, triage
from deflect_api.web.requests import helping

WORKING = {
    "stopped": said("No, work has stopped"),
    "inconvenient workaround": said("Only in an inconvenient way"),
    "easy workaround": said("Yes, in another easy way"),
    "only looks wrong": said("Yes, it only looks wrong"),
}
AFFECTED = {"one": said("One person"), "several": said("Several people"), "everyone": said("Everyone")}
NEEDED_BY = {"today": said("Today"), "this week": said("This week"), "no date": said("No date")}
TYPES = {
    "question": said("A question: how does it work?"),
    "bug": said("A bug: something fails"),
    "feature request": said("A wish: something is missing"),
}
TITLE = said("Ask for help")


@dataclass(frozen=True)
class Sent:
    """What came back with the form: typed values and, by field, what needs a change."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    receipt: str = ""
    key: str = ""
    opened: str = ""


def blank(support: Support) -> SimpleNamespace:
    """The form of the portal's own page: it carries no key and no session, its script makes them."""
    return view(support, Sent())


def fresh(values: Mapping[str, str]) -> Sent:
    """A form to be filled in, with a new key and session, so that it works without a script."""
    return Sent(values=values, session=secrets.token_urlsafe(16), key=secrets.token_urlsafe(24))


def view(support: Support, sent: Sent, reply_due: str = "", *, language: str = SOURCE_LANGUAGE) -> SimpleNamespace:
    """Everything request_form.html reads. `reply_due` is when a request sent now is answered, "" where nobody can know."""
    return SimpleNamespace(
        action="/support/contact/",
        api="/api/v1",
        values=dict(sent.values),
        errors={name: say(told, language) for name, told in sent.errors.items()},
        products=[_product(key, product, language) for key, product in support.products.items()],
        types=_choices(TYPES, language),
        working=_choices(WORKING, language),
        affected=_choices(AFFECTED, language),
        needed_by=_choices(NEEDED_BY, language),
        hubs=_offered(support.hubs, language),
        where=_choices(facts.WHERE, language),
        connections=_choices(facts.CONNECTIONS, language),
        priority_table=priority_table(support, language),
        reply_due=dict.fromkeys(("urgent", "high", "normal", "low"), reply_due),
        idempotency_key=sent.key,
        session=sent.session,
        receipt=sent.receipt,
        opened=sent.opened,
        support_email=support.contact.email,
        helping=helping.page_data(support, language),
    )


def priority_table(support: Support, language: str = SOURCE_LANGUAGE) -> dict[str, dict[str, str]]:
    """List the priority and its reason for every three answers, for the page to show while they are chosen."""
    table = {}
    for working, affected, needed_by in every(SEVERITY_OF, AFFECTED, NEEDED_BY):
        answers = triage.Answers(working, affected, needed_by)  # type: ignore[arg-type] # the keys are the words
        table[f"{working}|{affected}|{needed_by}"] = {
            "priority": triage.judge(answers, support).priority,
            "reason": triage.reason(answers, partial(say, language=language)),
        }
    return table


def _choices(words: Mapping[str, str], language: str) -> list[dict[str, str]]:
    return [{"key": key, "label": say(label, language)} for key, label in words.items()]


def _offered(texts: Iterable[str], language: str) -> list[dict[str, str]]:
    """Offer texts of support.yml; what is stored is the text in the source language."""
    return [{"key": str(text), "label": say(text, language)} for text in texts]


def _product(key: str, product: Product, language: str) -> dict[str, Any]:
    fields = [
        {
            "name": part.name,
            **{name: say(getattr(part, name), language) for name in ("label", "hint", "example")},
            "choices": _offered(part.choices, language),
            "kind": "choice" if part.choices else "text",
        }
        for part in product.fields
    ]
    return {"key": key, "name": product.name, "fields": fields}
