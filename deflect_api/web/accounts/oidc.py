"""Sign-in through an OpenID Connect provider: code flow with PKCE, state and nonce. It opens accounts and makes none."""

import secrets
from datetime import timedelta
from typing import Any, cast

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.staff import OpenId
from deflect_api.desk.people import accounts, audit, sign_ins
from deflect_api.errors import NotAllowed, NotFound, Unavailable
from deflect_api.intake.abuse.limits import network_of
from deflect_api.store.models import Agent
from deflect_api.store.staff import Identity
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.accounts.sign_in import enter
from deflect_api.web.parts import parts

routes = Blueprint("provider", __name__, url_prefix="/desk/sign-in")
COOKIE, LIFE = "desk_provider", timedelta(minutes=10)
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]  # none and shared secrets are not among them
SLACK_SECONDS = 60
SECONDS = 10


@routes.get("/provider")
def to_provider() -> ResponseReturnValue:
    """Send the browser to the provider, because somebody chose to: another site cannot start a sign-in."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return desk.go("/desk/")
    settings, verifier, nonce = _settings(), secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    with _client(settings) as client:
        address, state = client.create_authorization_url(
            _told(settings)["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
    response = desk.go(address)
    kept = [state, nonce, verifier, int(parts().clock().timestamp())]
    identity.set_cookie(response, COOKIE, str(_signer().dumps(kept)), LIFE)
    return response


@routes.get("/back")
def from_provider() -> ResponseReturnValue:
    """Take the provider's answer, once, in the browser that asked."""
    settings = _settings()
    try:
        claims = _claims(settings, *_kept())
        with parts().database.write() as session:
            response = cast(Any, enter(session, _agent(session, settings, claims), sign_ins.PROVIDER))
    except NotAllowed as error:
        with parts().database.write() as session:
            by = audit.By("", parts().clock(), network_of(request.remote_addr or ""))
            audit.note(session, by, audit.SIGN_IN_FAILED, "", "provider")
        response = desk.page("sign_in.html", 403, email="", error=error.detail)
    identity.drop_cookie(response, COOKIE)
    return cast(ResponseReturnValue, response)


def _settings() -> OpenId:
    settings = parts().settings.support.staff.openid
    if not settings.issuer:
        raise NotFound("There is nothing at this address.")
    return settings


def _client(settings: OpenId) -> OAuth2Client:
    return OAuth2Client(
        settings.client_id, settings.client_secret, scope="openid email", code_challenge_method="S256",
        redirect_uri=f"{parts().settings.url}/desk/sign-in/back", timeout=SECONDS,
    )  # fmt: skip


def _kept() -> tuple[str, str, str]:
    """Return state, nonce and verifier of the sign-in that this browser began. Raises NotAllowed."""
    try:
        state, nonce, verifier, at = _signer().loads(identity.cookie(COOKIE))
    except (BadData, ValueError, TypeError):
        raise _again() from None
    if parts().clock().timestamp() - at > LIFE.total_seconds():
        raise _again()
    return state, nonce, verifier


def _claims(settings: OpenId, state: str, nonce: str, verifier: str) -> CodeIDToken:
    """Exchange the code and check the ID token: signature, issuer, audience, time and nonce. Raises NotAllowed, Unavailable."""
    address = f"{parts().settings.url}/desk/sign-in/back?{request.query_string.decode('ascii', 'replace')}"
    if request.args.get("state", "") != state:
        raise _again()
    told = _told(settings)
    keys = KeySet.import_key_set(_read(settings, told["jwks_uri"]))
    try:
        with _client(settings) as client:
            token = client.fetch_token(
                told["token_endpoint"], authorization_response=address, state=state, code_verifier=verifier
            )
        return _checked(settings, str(token["id_token"]), keys, nonce)
    except (OAuthError, JoseError, KeyError, ValueError) as error:
        raise _again() from error
    except httpx2.HTTPError as error:
        raise Unavailable(f"{settings.name} cannot be reached just now.") from error


def _checked(settings: OpenId, id_token: str, keys: KeySet, nonce: str) -> CodeIDToken:
    read = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    options = {
        "iss": {"essential": True, "value": settings.issuer},
        "aud": {"essential": True, "value": settings.client_id},
    }
    claims = CodeIDToken(read.claims, read.header, options, {"nonce": nonce, "client_id": settings.client_id})
    claims.validate(now=int(parts().clock().timestamp()), leeway=SLACK_SECONDS)
    return claims


def _told(settings: OpenId) -> dict[str, Any]:
    """Read what the provider says of itself. Raises Unavailable."""
    told: dict[str, Any] = _read(settings, f"{settings.issuer}/.well-known/openid-configuration")
    if str(told.get("issuer", "")).rstrip("/") != settings.issuer:
        raise Unavailable(f"{settings.name} names another issuer than support.yml.")
    return told


def _read(settings: OpenId, address: str) -> Any:
    try:
        answer = httpx2.get(address, timeout=SECONDS)
        answer.raise_for_status()
        return answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Unavailable(f"{settings.name} cannot be reached just now.") from error


def _agent(session: Session, settings: OpenId, claims: CodeIDToken) -> Agent:
    """Find whose identity this is; the first time, by the address that the provider has verified. Raises NotAllowed."""
    subject = str(claims["sub"])
    known = select(Identity).where(Identity.issuer == settings.issuer, Identity.subject == subject)
    row = session.scalar(known)
    agent = session.get(Agent, row.agent_id) if row else None
    if agent is None and claims.get("email_verified") is True:
        agent = accounts.by_email(session, str(claims.get("email", "")))
        if agent is not None and session.scalar(select(Identity).where(Identity.agent_id == agent.id)) is None:
            session.add(Identity(agent_id=agent.id, issuer=settings.issuer, subject=subject))
        else:
            agent = None
    if agent is None or not agent.active:
        raise NotAllowed("There is no account for you at this desk. Ask a lead to add your mail address.")
    return agent


def _again() -> NotAllowed:
    return NotAllowed("The sign-in could not be completed. Try again from here.")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(parts().settings.secret, salt=COOKIE)
