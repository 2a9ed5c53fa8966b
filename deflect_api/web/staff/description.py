"""The desk's part of the API's description, made from its actions and their schemas."""

from typing import Any

from deflect_api.web.schemas import Schema
from deflect_api.web.staff import schemas
from deflect_api.web.staff.actions import ACTIONS

BASE = "/api/v1/desk"
SUMMARIES = {
    "take": "Work on it.",
    "release": "Put it back for whoever comes next.",
    "reply": "Answer the requester, or leave a note; set the state with it.",
    "ask": "Ask the requester for all parts that are missing.",
    "status": "Set the state.",
    "escalate": "Hand it to the product's developers.",
    "evaluate": "Set product, type, severity, impact and urgency; the table gives the priority.",
    "tags": "Set the tags of each kind that is named.",
    "duplicate": "Solve it as a duplicate of another.",
    "known-issue": "Say that it is about a known issue.",
    "not-known-issue": "Say that it is not about this known issue.",
    "issue-is-known": "Say that an issue of the developers, on which it hangs, is a known issue.",
    "issue-is-not-known": "Say that this issue is none after all.",
    "gap": "Note what no article answers.",
    "real": "Let a held request go.",
    "spam": "Close a held request as spam.",
}
OTHERS: tuple[tuple[str, str, str, type[Schema] | None], ...] = (
    ("/tickets", "get", "List a view of the queue; filters as query parameters.", None),
    ("/tickets", "post", "Make a request in a client's name.", schemas.ClientIn),
    ("/tickets/search", "post", "Find tickets by their words.", schemas.FindIn),
    ("/tickets/{reference}", "get", "One ticket with everything that its page shows.", None),
    ("/tickets/{reference}/article", "get", "The draft of an article from a solved ticket, as Markdown.", None),
    ("/tags", "get", "The managed lists.", None),
    ("/tags", "post", "Add a tag.", schemas.TagIn),
    ("/tags/rename", "post", "Rename a tag.", schemas.RenameIn),
    ("/tags/merge", "post", "Let one tag stand for another.", schemas.MergeIn),
    ("/known-issues", "get", "The known issues, and who waits for each.", None),
    ("/known-issues/tell", "post", "Tell everybody who waits that it is fixed.", schemas.TellIn),
    ("/notices", "get", "What the agent hears of, and how.", None),
    ("/notices", "post", "Choose it.", schemas.NoticesIn),
    ("/notices/new", "get", "What is new after a number, `after`.", None),
    ("/gaps", "get", "What people looked for and did not find, and what agents noted.", None),
)
_TAKEN: list[type[Schema]] = [action.schema for action in ACTIONS.values()] + [model for _, _, _, model in OTHERS if model]
MODELS = tuple(dict.fromkeys(_TAKEN))
REFUSALS = ("401", "403", "404", "409", "413", "422", "503")


def paths(refusals: Any) -> dict[str, Any]:
    """Describe every address of the desk's API. `refusals` describes status codes."""
    found: dict[str, Any] = {}
    acts = [(f"/tickets/{{reference}}/{name}", "post", SUMMARIES[name], action.schema) for name, action in ACTIONS.items()]
    for address, method, summary, model in [*OTHERS, *acts]:
        found.setdefault(BASE + address, {})[method] = _operation(address, summary, model, refusals)
    return found


def _operation(address: str, summary: str, model: type[Schema] | None, refusals: Any) -> dict[str, Any]:
    answer = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}
    made: dict[str, Any] = {"summary": summary, "tags": ["desk"], "responses": {"200": answer, **refusals(*REFUSALS)}}
    if "{reference}" in address:
        made["parameters"] = [{"name": "reference", "in": "path", "required": True, "schema": {"type": "string"}}]
    if model is not None:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
        made["requestBody"] = {"required": True, "content": content}
    return made
