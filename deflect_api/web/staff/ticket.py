"""One ticket's page and what is done on it. A stale save is refused and shows both versions; nothing typed is lost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import asking, canned, dossier
from deflect_api.errors import InputError, Stale
from deflect_api.intake import evaluation, follow_ups, tickets
from deflect_api.store.desk import KINDS
from deflect_api.store.models import Ticket
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.requests import attached
from deflect_api.web.requests.status import field_labels
from deflect_api.web.schemas import OTHER
from deflect_api.web.second_line import second_shown
from deflect_api.web.staff import entry
from deflect_api.web.staff.actions import ACTIONS, do
from deflect_api.web.staff.fitting import Fitting, fitting_for

ADDRESS = "/tickets/<reference>"
THEN = {"reply": "#talk", "ask": "#talk", "escalate": "#talk", "evaluate": "#evaluate", "tags": "#evaluate", "gap": "#writers",
        "known-issue": "#similar", "not-known-issue": "#similar", "issue-is-known": "#developers",
        "issue-is-not-known": "#developers"}  # fmt: skip
"""Where the page stands after an action: where it was pressed, or where its words are."""
SET_WITH = ("", tickets.OPEN, tickets.PENDING, tickets.SOLVED)
STALE_FIELDS = ("status", "priority", "severity", "type", "product")


@entry.pages.get(ADDRESS)
def ticket(reference: str) -> ResponseReturnValue:
    entry.require_agent()
    return _page(reference)


@entry.pages.post(f"{ADDRESS}/insert")
def insert(reference: str) -> ResponseReturnValue:
    """Put a canned reply, an article or the questions into what is being written, for browsers without a script."""
    entry.require_agent()
    typed = entry.fields()
    found, fits = _read(reference)
    wanted = next((name for name in reversed(request.form.getlist("insert")) if name), "")  # the button pressed, or the choice
    text = _insertable(found, fits).get(wanted, "")
    body = "\n\n".join(piece for piece in (str(typed.get("body", "")).strip(), text) if piece)
    return _rendered(found, fits, 200, typed={**typed, "body": body}, inserted=bool(text))


def _act(name: str) -> Any:
    def act(reference: str) -> ResponseReturnValue:
        agent, sent = entry.require_agent(), entry.fields()
        try:
            do(name, agent, reference, sent)
        except (InputError, Stale) as error:
            return _page(reference, 409 if isinstance(error, Stale) else 422, typed=sent, error=error, action=name)
        return desk.go(f"/desk/tickets/{reference}{THEN.get(name, '')}")

    return act


for _name in ACTIONS:
    entry.pages.add_url_rule(f"{ADDRESS}/{_name}", f"ticket_{_name.replace('-', '_')}", _act(_name), methods=["POST"])


def _page(reference: str, status: int = 200, **values: Any) -> Response:
    return _rendered(*_read(reference), status, **values)


def _read(reference: str) -> tuple[dossier.Dossier, Fitting]:
    with parts().database.read() as session:
        entry.ticket_for(session, reference)
        found = dossier.read(session, reference, parts().settings.support, identity.reach())
    return found, fitting_for(found)


def _rendered(
    found: dossier.Dossier, fits: Fitting, status: int, *, typed: Mapping[str, Any] | None = None, error: Any = None,
    action: str = "", inserted: bool = False,
) -> Response:  # fmt: skip
    one, support, typed = found.ticket, parts().settings.support, typed or {}
    return entry.show(
        "ticket.html", status, dossier=found, ticket=one, held=found.held, fits=fits, typed=typed, action=action,
        error=error.detail if error else "", wrong=error.fields if error else {}, inserted=inserted,
        stale=_differences(found, typed) if isinstance(error, Stale) else None, chosen_tags=_tags(found, typed, action),
        files=attached.listed(found.files, "en"), labels=field_labels(one), statuses=tickets.STATUSES, set_with=SET_WITH,
        products=support.products, other=OTHER, definitions=evaluation.DEFINITIONS, table=support.priorities,
        by_table=evaluation.by_table(evaluation.of(one), support), canned=_canned(one),
        insertable=_insertable(found, fits), due_is_late=one.awaiting and one.reply_due_at < parts().clock(),
        reopens=follow_ups.opens_again(one, parts().clock()), days=follow_ups.REOPENS // timedelta(days=1),
        second=second_shown.of_ticket(one),
    )  # fmt: skip


def _differences(found: dossier.Dossier, typed: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List what is saved now beside what was about to be saved."""
    plain = [(name, getattr(found.ticket, name), str(typed[name])) for name in STALE_FIELDS if typed.get(name)]
    return plain + [(kind, ", ".join(found.tags[kind]), ", ".join(_list(typed[kind]))) for kind in KINDS if kind in typed]


def _tags(found: dossier.Dossier, typed: Mapping[str, Any], action: str) -> dict[str, list[str]]:
    """What the tag form shows as chosen: what came back with it, else what is put and what fits."""
    came_back = action == "tags"
    return {kind: _list(typed.get(kind)) if came_back else [*found.tags[kind], *found.suggested[kind]] for kind in KINDS}


def _list(sent: Any) -> list[str]:
    return [one for one in (sent if isinstance(sent, list) else [sent]) if one]


def _canned(one: Ticket) -> list[canned.Canned]:
    return canned.fitting(parts().settings.config.parent / parts().settings.support.desk.replies, one)


def _insertable(found: dossier.Dossier, fits: Fitting) -> dict[str, str]:
    """Name every text that may be put into a reply."""
    one, support = found.ticket, parts().settings.support
    agent, product = entry.require_agent(), support.products.get(one.product)
    values = {"name": one.name or "", "reference": one.reference, "agent": agent.name, "product": product.name if product else ""}
    texts = {f"canned:{each.product}/{each.name}": canned.filled(each, values) for each in _canned(one)}
    texts |= {f"article:{each.article}": f"{each.title}\n{parts().settings.url}/{each.url}" for each in fits.articles}
    if found.missing:
        texts["missing"] = asking.text(found.missing, one)
    return texts
