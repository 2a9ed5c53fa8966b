"""The API's description, OpenAPI 3.1, made from the schemas that check every request."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from deflect_api.config import Settings
from deflect_api.web import schemas
from deflect_api.web.staff import description as description_of_the_desk

MODELS: tuple[type[BaseModel], ...] = (
    schemas.TicketIn, schemas.TicketOut, schemas.SuggestIn, schemas.SuggestOut, schemas.EventIn, schemas.FileOut,
    schemas.ErrorOut, *description_of_the_desk.MODELS,
)  # fmt: skip
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made once for this request; trying again with it is safe for 30 days.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[!-~]+$"},
}
WORK = {
    "name": "Work",
    "in": "header",
    "description": "The answer to a challenge (428), as TOKEN:NUMBER.",
    "schema": {"type": "string", "maxLength": 500, "pattern": "^[!-~]*$"},
}
REFUSALS = {
    "401": "Nobody is signed in.",
    "403": "Signed in, but not for this.",
    "404": "There is nothing here, or not for you.",
    "409": "The same request is being stored at this moment, or the ticket changed since it was read; ask again.",
    "413": "Larger than may be sent.",
    "428": "A flood is on: compute the challenge and send again with the header Work.",
    "429": "More than is taken in a time; Retry-After says when there is room.",
    "422": "Some fields cannot be taken; each is named.",
    "503": "A part that is needed is down; try again after Retry-After seconds.",
}


def description(settings: Settings) -> dict[str, Any]:
    """Return the whole document."""
    _, definitions = models_json_schema([(model, "validation") for model in MODELS], ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{settings.support.portal.title}: API", "version": "1", "license": {"name": "Apache-2.0"}},
        "servers": [{"url": settings.url}],
        "paths": {
            "/api/v1/suggest": {"post": _suggest()},
            "/api/v1/tickets": {"post": _tickets()},
            "/api/v1/events": {"post": _events()},
            "/api/v1/incident": {"get": _incident()},
            **description_of_the_desk.paths(_refusals),
            "/healthz": {"get": _health("Is the process alive?")},
            "/readyz": {"get": _health("Can requests be stored? Also tells what is down.")},
        },
        "components": {"schemas": definitions["$defs"]},
    }


def _suggest() -> dict[str, Any]:
    return {
        "operationId": "suggest",
        "summary": "Suggest articles for the text so far.",
        "requestBody": _body("SuggestIn", "application/x-www-form-urlencoded"),
        "responses": {
            "200": _answer("Suggestions, best first, and a receipt.", "SuggestOut"),
            **_refusals("413", "422", "429", "503"),
        },
    }


def _tickets() -> dict[str, Any]:
    return {
        "operationId": "createTicket",
        "summary": "Send a support request.",
        "parameters": [KEY, WORK],
        "requestBody": _body("TicketIn", "application/json", "multipart/form-data", files=True),
        "responses": {"201": _answer("Stored for good.", "TicketOut"), **_refusals("409", "413", "422", "428", "429", "503")},
    }


def _events() -> dict[str, Any]:
    return {
        "operationId": "recordEvent",
        "summary": "Tell what happened in a support session.",
        "requestBody": _body("EventIn", "application/x-www-form-urlencoded"),
        "responses": {"204": {"description": "Noted."}, **_refusals("413", "422", "429", "503")},
    }


def _incident() -> dict[str, Any]:
    product = {"name": "product", "in": "query", "schema": {"type": "string", "maxLength": 40}}
    answer = {"description": "What everybody is told now.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"operationId": "incident", "summary": "What is known now.", "parameters": [product], "responses": {"200": answer}}


def _health(summary: str) -> dict[str, Any]:
    answer = {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"summary": summary, "responses": {"200": answer, **_refusals("503")}}


def _body(model: str, *kinds: str, files: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": _ref(model)} for kind in kinds}
    if files:
        binary = {"type": "array", "items": {"type": "string", "format": "binary"}}
        content["multipart/form-data"]["schema"] = {"allOf": [_ref(model), {"type": "object", "properties": {"files": binary}}]}
    return {"required": True, "content": content}


def _answer(text: str, model: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": _ref(model)}}}


def _refusals(*codes: str) -> dict[str, Any]:
    return {code: _answer(REFUSALS[code], "ErrorOut") for code in codes}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
