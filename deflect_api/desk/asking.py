"""Which parts of a well documented request are missing, and the words that ask for them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deflect_api import i18n
from deflect_api.config.support import Support
from deflect_api.i18n import said
from deflect_api.intake import facts
from deflect_api.intake.wording import coaching
from deflect_api.store.models import Ticket

QUESTIONS = {
    "doing": said("What were you doing?"),
    "expected": said("What did you expect to happen?"),
    "happened": said("What happened instead? If there was a message, its exact words help most."),
    "steps": said("Which steps lead to it, one by one?"),
    "files": said("A screenshot, or a photo of the screen"),
}
LABELS = {
    "doing": "What you were doing",
    "expected": "What you expected",
    "happened": "What happened",
    "steps": "Steps to see it again",
    "files": "A screenshot",
}


@dataclass(frozen=True)
class Missing:
    """One part that is not there. `label` names it for the agent, `question` asks the requester."""

    key: str
    label: str
    question: str


def missing(ticket: Ticket, support: Support, *, has_files: bool) -> list[Missing]:
    """List what would help and is not there, in the form's order."""
    looked = coaching.look(_values(ticket, has_files=has_files), coaching.parts_of(support))
    named = labels(ticket, support)
    return [_missing(key, named) for key in looked.missing]


def text(parts: Sequence[Missing], ticket: Ticket) -> str:
    """Write the reply that asks for the parts in the requester's language, to be read before it is sent."""
    language = i18n.choose(ticket.language)
    greeting = said("Hello %(name)s,", name=ticket.name) if ticket.name else said("Hello,")
    lines = "\n".join(f"* {i18n.say(part.question, language)}" for part in parts)
    asks = said("To find the cause, we need a little more from you:")
    return "\n\n".join((i18n.say(greeting, language), i18n.say(asks, language), lines))


def labels(ticket: Ticket, support: Support) -> Mapping[str, str]:
    """Name the parts of a request of this product, by their keys."""
    product = support.products.get(ticket.product)
    context = {f"context.{field.name}": field.label for field in (product.fields if product else ())}
    return LABELS | context | {f"device.{field.name}": field.label for field in facts.DEVICE}


def _missing(key: str, named: Mapping[str, str]) -> Missing:
    label = named.get(key, key)
    return Missing(key, label, QUESTIONS.get(key, label))


def _values(ticket: Ticket, *, has_files: bool) -> dict[str, str]:
    said = {
        name: getattr(ticket, name) or "" for name in ("product", "type", "subject", "happened", "doing", "expected", "steps")
    }
    context = {f"context.{name}": str(value) for name, value in ticket.context.items()}
    device = {f"device.{name}": str(value) for name, value in ticket.device.items()}
    return {**said, **context, **device, coaching.FILES: "attached" if has_files else ""}
