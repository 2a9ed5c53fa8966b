"""Which tickets an agent may see: decided here alone, for pages, the API and notices. A lead is never limited."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from deflect_api.store.models import Agent, Ticket
from deflect_api.store.staff import AgentLimit

AGENT, LEAD = "agent", "lead"
PRODUCT, HUB = "product", "hub"


@dataclass(frozen=True)
class Reach:
    """What one agent is limited to. An empty set is no limit of that kind; with both, a ticket must be in both."""

    products: frozenset[str] = frozenset()
    hubs: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        return not (self.products or self.hubs)

    def includes(self, product: str) -> bool:
        """Tell whether what is about a product, or about none, concerns this agent."""
        return not product or not self.products or product in self.products


EVERYTHING = Reach()


def reach_of(session: Session, agent: Agent) -> Reach:
    """Read an agent's limits."""
    if agent.role == LEAD:
        return Reach()
    rows = session.scalars(select(AgentLimit).where(AgentLimit.agent_id == agent.id)).all()
    return Reach(
        products=frozenset(row.value for row in rows if row.kind == PRODUCT),
        hubs=frozenset(row.value for row in rows if row.kind == HUB),
    )


def visible(reach: Reach) -> ColumnElement[bool]:
    """Return the SQL condition on Ticket that holds for what may be seen."""
    conditions = [Ticket.product.in_(sorted(reach.products))] if reach.products else []
    if reach.hubs:
        conditions.append(Ticket.hub.in_(sorted(reach.hubs)))
    return and_(true(), *conditions)


def may_see(reach: Reach, ticket: Ticket) -> bool:
    """Decide for one ticket, as `visible` does for many."""
    return (not reach.products or ticket.product in reach.products) and (not reach.hubs or ticket.hub in reach.hubs)
