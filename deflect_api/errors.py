"""Every error of the service, in one tree; foreign exceptions become one of these where they enter.

DeflectError
├── ConfigError            support.yml or the environment is wrong; names the line and the mend
├── InputError             what was sent cannot be taken; names the fields            (422)
│   ├── SearchFirst        no search came before the request                          (422)
│   └── KeyReused          the idempotency key already belongs to another request     (422)
├── Stale                  it changed since it was read; carries the version `seen`      (409)
├── InFlight               the same request is being stored at this moment            (409)
├── NotFound               there is no such thing, or the caller may not know of it   (404)
├── SignedOut              only for staff, and nobody is signed in                        (401)
├── NotAllowed             signed in, but not for this                                (403)
├── TooMany                more than we take in a time; carries `retry_after` seconds (429)
├── WorkNeeded             a flood is on: compute a little first; carries `challenge` (428)
├── Unavailable            a part we need is down for now                             (503)
└── DeliveryError          a message could not be delivered
    ├── TemporaryFailure   try again later; may carry `retry_after` seconds
    ├── PermanentFailure   trying again will not help; a human decides
    └── UnknownOutcome     sent, but no answer came: look it up before sending again; may carry `retry_after` too
"""

from collections.abc import Mapping
from typing import Literal


class DeflectError(Exception):
    """An error with a machine-readable `code` and a text for people."""

    code = "error"

    def __init__(self, detail: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = dict(fields or {})


class ConfigError(DeflectError):
    code = "config"


class InputError(DeflectError):
    code = "input"


class SearchFirst(InputError):
    code = "search_first"


class KeyReused(InputError):
    code = "key_reused"


class Stale(DeflectError):
    code = "stale"

    def __init__(self, detail: str, *, seen: int) -> None:
        super().__init__(detail, {"version": detail})
        self.seen = seen


class InFlight(DeflectError):
    code = "in_flight"


class NotFound(DeflectError):
    code = "not_found"


class SignedOut(DeflectError):
    code = "signed_out"


class NotAllowed(DeflectError):
    code = "not_allowed"


class TooMany(DeflectError):
    code = "too_many"

    def __init__(self, detail: str, fields: Mapping[str, str] | None = None, retry_after: int = 1) -> None:
        super().__init__(detail, fields)
        self.retry_after = retry_after


class WorkNeeded(DeflectError):
    code = "work"

    def __init__(self, detail: str, challenge: Mapping[str, str | int]) -> None:
        super().__init__(detail, {"Work": detail})
        self.challenge = dict(challenge)


class Unavailable(DeflectError):
    code = "unavailable"


class DeliveryError(DeflectError):
    """`blame` says whose trouble it clearly is: the other system's as a whole, or this message's alone; "" when it is unclear."""

    code = "delivery"

    def __init__(self, detail: str, *, retry_after: float | None = None, blame: Literal["system", "message", ""] = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.blame = blame


class TemporaryFailure(DeliveryError):
    code = "temporary"


class PermanentFailure(DeliveryError):
    code = "permanent"


class UnknownOutcome(DeliveryError):
    code = "unknown_outcome"
