"""The seams to other systems: what a help desk must be able to do, and how a connector is found.

A connector is a class under the entry-point group `deflect_api.connectors`; its settings are its constructor's parameters.
It alone knows the other system; it raises only the DeliveryErrors of `deflect_api.errors`.
"""

import inspect
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol

from deflect_api.config.support import Desk
from deflect_api.connectors.mailer import Mailer
from deflect_api.errors import ConfigError

GROUP = "deflect_api.connectors"


@dataclass(frozen=True)
class Request:
    """A ticket as a help desk receives it: plain words, nothing of our tables."""

    reference: str
    subject: str
    body: str
    product: str
    type: str
    severity: str
    priority: str
    requester_name: str
    requester_email: str
    link: str
    tags: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


class HelpDesk(Protocol):
    """One help desk. `create` is called once `find` knows no ticket of that reference."""

    def find(self, reference: str) -> str | None:
        """Return the desk's own id of the ticket that carries our reference, or None."""

    def create(self, request: Request) -> str:
        """Create the ticket and return the desk's own id."""


def open_desk(desk: Desk, mailer: Mailer) -> HelpDesk:
    """Make the connector that support.yml names. One that asks for a `mailer` gets ours. Raises ConfigError."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if desk.connector not in found:
        raise ConfigError(
            f"desk.connector is {desk.connector!r}, which is not installed. Choose one of {', '.join(sorted(found))}."
        )
    kind: Any = found[desk.connector].load()
    given: dict[str, Any] = dict(desk.settings)
    if "mailer" in inspect.signature(kind).parameters:
        given["mailer"] = mailer
    try:
        inspect.signature(kind).bind(**given)
    except TypeError as error:
        raise ConfigError(
            f"desk.settings of {desk.connector}: {error}. Its page in docs/team/connectors.md lists them."
        ) from None
    made: HelpDesk = kind(**given)
    return made
