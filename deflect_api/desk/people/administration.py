"""What a lead or an operator does to an account, on record: the pages and the commands do the same."""

from sqlalchemy.orm import Session

from deflect_api.desk.people import accounts, attempts, audit, sign_ins, tokens, totp
from deflect_api.store.models import Agent


def end_all(session: Session, agent: Agent) -> None:
    """Take from an agent every way in that is open now: sign-ins, known browsers and tokens."""
    sign_ins.end_all(session, agent)
    attempts.forget_devices(session, agent)
    tokens.revoke_all(session, agent)


def disable(session: Session, agent: Agent, by: audit.By) -> None:
    """Let nobody in with an account any more. Raises InputError for the last lead."""
    accounts.set_active(session, agent, False)
    end_all(session, agent)
    audit.note(session, by, audit.DISABLED, agent.email)


def enable(session: Session, agent: Agent, by: audit.By) -> None:
    """Let an agent sign in again."""
    accounts.set_active(session, agent, True)
    audit.note(session, by, audit.ENABLED, agent.email)


def reset_factor(session: Session, agent: Agent, by: audit.By) -> None:
    """Forget an agent's authenticator app. All their sign-ins end."""
    totp.remove(session, agent)
    sign_ins.end_all(session, agent)
    audit.note(session, by, audit.FACTOR_GONE, agent.email)
