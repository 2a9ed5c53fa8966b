"""What people at the desk may do: their role, the products and hubs they are limited to, and the scopes of tokens."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from deflect_api.intake.reach import AGENT, HUB, LEAD, PRODUCT, Reach, may_see, reach_of, visible
from deflect_api.store.models import Agent
from deflect_api.store.staff import AgentLimit

__all__ = ["AGENT", "HUB", "LEAD", "PRODUCT", "Reach", "may_see", "reach_of", "visible"]
ROLES = (AGENT, LEAD)
READ, WRITE, ADMIN = "read", "write", "admin"
SCOPES = (READ, WRITE, ADMIN)  # each includes those before it


def limit(session: Session, agent: Agent, *, products: Iterable[str], hubs: Iterable[str]) -> Reach:
    """Put these limits in place of those an agent had."""
    session.execute(delete(AgentLimit).where(AgentLimit.agent_id == agent.id))
    for kind, values in ((PRODUCT, set(products)), (HUB, set(hubs))):
        session.add_all(AgentLimit(agent_id=agent.id, kind=kind, value=value) for value in sorted(values))
    session.flush()
    return reach_of(session, agent)


def includes(scope: str, wanted: str) -> bool:
    """Tell whether a token of `scope` may do what needs `wanted`."""
    return SCOPES.index(scope) >= SCOPES.index(wanted)
