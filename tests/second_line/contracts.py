"""Requests checked against a published contract, where it lies beside the repository; elsewhere nothing is checked."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from tests.connectors.standins.published import contract
from tests.http_server import Asked

HOSTS = {"github": "https://api.github.com", "slack": "https://slack.com"}
checked: Counter[str] = Counter()
"""How many requests each contract allowed."""


def wrong(name: str, asked: Asked) -> str:
    """Say what the contract has against a request, or ""."""
    spec = contract(name)
    if spec is None:
        return ""
    parts, headers = urlsplit(asked.target), asked.headers
    kind = headers.get("Content-Type", "application/json").partition(";")[0]
    given: Any = MockRequest(
        HOSTS[name], asked.method.lower(), parts.path, args=dict(parse_qsl(parts.query)), headers=headers,
        data=asked.body or None, content_type=kind,
    )  # fmt: skip
    try:
        spec.validate_request(given)
    except OpenAPIError as error:
        return f"{asked.method} {parts.path}: {error!r} {error.__cause__!r}"
    checked[name] += 1
    return ""
