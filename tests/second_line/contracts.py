"""Requests checked against a published contract, where it lies beside the repository; elsewhere nothing is checked."""

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

HOSTS = {"github": "https://api.github.com", "slack": "https://slack.com/api"}


def folder() -> Path | None:
    """Where the contracts are: beside the repository, or beside the folder of its worktrees."""
    for base in Path(__file__).resolve().parents:
        if (base / "shared" / "contracts").is_dir():
            return base / "shared" / "contracts"
    return None


@cache
def contract(name: str) -> OpenAPI | None:
    found = folder()
    return OpenAPI.from_dict(json.loads((found / f"{name}.json").read_text(encoding="utf-8"))) if found else None


def wrong(name: str, method: str, target: str, headers: dict[str, str], body: bytes) -> str:
    """Say what the contract has against a request, or ""."""
    spec = contract(name)
    if spec is None:
        return ""
    parts = urlsplit(target)
    kind = headers.get("Content-Type", "application/json").partition(";")[0]
    given: Any = MockRequest(
        HOSTS[name], method.lower(), parts.path, args=dict(parse_qsl(parts.query)), headers=headers, data=body or None,
        content_type=kind,
    )  # fmt: skip
    try:
        spec.validate_request(given)
    except OpenAPIError as error:
        return f"{method} {parts.path}: {error!r} {error.__cause__!r}"
    return ""
