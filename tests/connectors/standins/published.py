"""Calls and answers checked against a published contract, where it lies beside the repository; else handed on."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse


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


class Published(httpx2.BaseTransport):
    """`unknown` are paths that the contract leaves out. `checked` counts the calls that it allowed."""

    def __init__(self, name: str, inner: httpx2.BaseTransport, unknown: tuple[str, ...] = ()) -> None:
        self.spec, self.inner, self.unknown, self.checked = contract(name), inner, unknown, 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        answered = self.inner.handle_request(request)
        if self.spec is not None and request.url.path not in self.unknown:
            theirs = _request(request)
            self.spec.validate_request(theirs)
            self.spec.validate_response(theirs, _response(answered))
            self.checked += 1
        return answered


def _request(request: httpx2.Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0]
    return MockRequest(
        f"{request.url.scheme}://{request.url.host}", request.method.lower(), request.url.path,
        args=dict(request.url.params), headers=dict(request.headers), data=request.content or None,
        content_type=kind or "application/json",
    )  # fmt: skip


def _response(answered: httpx2.Response) -> Any:
    return MockResponse(
        data=answered.content, status_code=answered.status_code, content_type="application/json", headers=dict(answered.headers)
    )
