"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes. Each code counts once."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from deflect_api.store.models import Agent
from deflect_api.store.staff import RecoveryCode, SecondFactor

STEP_SECONDS = 30
DRIFT = 1  # steps before and after now: phones' clocks are a little off
CODES = 10
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 letters and digits that nobody confuses: 5 bits each


def begin(session: Session, agent: Agent, secret: str, now: datetime) -> str:
    """Start to set up an authenticator app and return its key (base32). It counts once `confirm` has seen a code."""
    key = pyotp.random_base32()
    session.execute(delete(SecondFactor).where(SecondFactor.agent_id == agent.id, SecondFactor.confirmed_at.is_(None)))
    session.add(SecondFactor(agent_id=agent.id, secret=_cipher(secret).encrypt(key.encode()).decode(), created_at=now))
    return key


def begun(session: Session, agent: Agent, secret: str) -> str:
    """Return the key of an app that is being set up, or ""."""
    row = session.get(SecondFactor, agent.id)
    return _key(row, secret) if row and row.confirmed_at is None else ""


def confirm(session: Session, agent: Agent, secret: str, code: str, now: datetime) -> list[str]:
    """Turn the second factor on when the code is right, and return the recovery codes; an empty list when it is not."""
    row = session.get(SecondFactor, agent.id, with_for_update=True)
    if row is None or row.confirmed_at is not None or not _takes(row, secret, code, now):
        return []
    row.confirmed_at = now
    return new_recovery_codes(session, agent)


def is_on(session: Session, agent: Agent) -> bool:
    row = session.get(SecondFactor, agent.id)
    return row is not None and row.confirmed_at is not None


def check(session: Session, agent: Agent, secret: str, code: str, now: datetime) -> bool:
    """Take a code of the app or a recovery code, once."""
    row = session.get(SecondFactor, agent.id, with_for_update=True)
    if row is None or row.confirmed_at is None:
        return False
    return _takes(row, secret, code, now) or _takes_recovery(session, agent, code, now)


def remove(session: Session, agent: Agent) -> None:
    """Turn the second factor off."""
    for table in (SecondFactor, RecoveryCode):
        session.execute(delete(table).where(table.agent_id == agent.id))


def new_recovery_codes(session: Session, agent: Agent) -> list[str]:
    """Make ten new recovery codes in place of the old ones, and return them: they are shown once."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.agent_id == agent.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(24)) for _ in range(CODES)]
    session.add_all(RecoveryCode(code_hash=_hashed(code), agent_id=agent.id) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, 24, 4)) for code in codes]


def recovery_codes_left(session: Session, agent: Agent) -> int:
    unused = select(func.count()).where(RecoveryCode.agent_id == agent.id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def picture(key: str, email: str, issuer: str) -> str:
    """Draw the key as a QR code: SVG that is part of the page, so nobody else is asked to draw it."""
    drawn = segno.make(pyotp.TOTP(key).provisioning_uri(name=email, issuer_name=issuer), error="m")
    return str(drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))


def _takes(row: SecondFactor, secret: str, code: str, now: datetime) -> bool:
    """Compare with the steps around now; a step that was used, or an older one, does not count again."""
    digits, app = "".join(code.split()), pyotp.TOTP(_key(row, secret) or pyotp.random_base32())
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - DRIFT, current + DRIFT + 1):
        right = hmac.compare_digest(app.generate_otp(step).encode(), digits.encode("utf-8", "replace"))
        if right and step > row.last_step:
            row.last_step = step
            return True
    return False


def _takes_recovery(session: Session, agent: Agent, code: str, now: datetime) -> bool:
    row = session.get(RecoveryCode, _hashed("".join(code.lower().replace("-", "").split())), with_for_update=True)
    if row is None or row.agent_id != agent.id or row.used_at is not None:
        return False
    row.used_at = now
    return True


def _key(row: SecondFactor, secret: str) -> str:
    try:
        return _cipher(secret).decrypt(row.secret.encode()).decode()
    except InvalidToken:  # the installation's secret is another now: a lead resets the factor
        return ""


def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.new(secret.encode(), b"second factor", hashlib.sha256).digest()))


def _hashed(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
