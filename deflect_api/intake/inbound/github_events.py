"""What GitHub tells of issues, in our words. Pure and lenient: a missing field is empty, what is about no issue is None."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ACTIONS = {
    "issues": ("opened", "edited", "closed", "reopened", "labeled", "unlabeled", "transferred", "deleted",
        "milestoned", "demilestoned"),
    "issue_comment": ("created", "edited", "deleted"),
}  # fmt: skip
CHANGED = "changed"  # seen by asking: only the state it is in now is known
_MARK = re.compile(r"<!-- ref:([A-Za-z0-9_-]{8,80}) -->")
_COMMENT = re.compile(r"<!--.*?-->", re.S)


@dataclass(frozen=True)
class IssueEvent:
    """One thing that happened to an issue, and how the issue was then. `at` is the issue's own time of change."""

    action: str
    repository: str
    number: int
    at: datetime
    url: str = ""
    title: str = ""
    state: str = "open"
    state_reason: str = ""
    labels: tuple[str, ...] = ()
    milestone: str = ""
    marks: tuple[str, ...] = ()
    changed_at: str = ""  # when it was closed or opened again: what makes a closing the same one
    comment: str = ""
    said: str = ""
    ours: bool = False
    moved_to: tuple[str, int, str] | None = None


def read(kind: str, payload: Any) -> IssueEvent | None:
    """Read the payload of a hook. None when it is about nothing that we follow."""
    told = _object(payload)
    issue, action = _object(told.get("issue")), _text(told, "action")
    repository = _text(_object(told.get("repository")), "full_name")
    if action not in ACTIONS.get(kind, ()) or "pull_request" in issue:
        return None
    if kind == "issue_comment":
        return of_comment(issue, {**_object(told.get("comment")), "action": action}, repository)
    event = of_issue(issue, repository, action)
    return _moved(event, _object(told.get("changes"))) if event and action == "transferred" else event


def of_issue(issue: Any, repository: str, action: str = CHANGED) -> IssueEvent | None:
    """Read an issue as GitHub gives it."""
    told, number = _object(issue), _object(issue).get("number")
    at = _time(_text(told, "updated_at")) or _time(_text(told, "created_at"))
    if not isinstance(number, int) or not repository or at is None:
        return None
    closed = _text(told, "closed_at")
    return IssueEvent(
        action=action, repository=repository[:140], number=number, at=at, url=_text(told, "html_url"),
        title=_text(told, "title")[:300],
        state="closed" if _text(told, "state") == "closed" else "open", state_reason=_text(told, "state_reason")[:30],
        labels=tuple(_label(label) for label in _list(told.get("labels"))), changed_at=closed or _text(told, "updated_at"),
        milestone=_text(_object(told.get("milestone")), "title")[:100], marks=tuple(_MARK.findall(_text(told, "body"))),
    )  # fmt: skip


def of_comment(issue: Any, comment: Any, repository: str) -> IssueEvent | None:
    """Read a comment of an issue as GitHub gives it."""
    event, told = of_issue(issue, repository), _object(comment)
    if event is None or "id" not in told:
        return None
    action = {"deleted": "comment deleted", "edited": "comment edited"}.get(_text(told, "action"), "commented")
    said = _text(told, "body")
    changes = {"action": action, "comment": str(told["id"])[:30], "said": plain(said)[:4000], "ours": bool(_MARK.search(said))}
    return IssueEvent(**{**event.__dict__, **changes})


def plain(markdown: str) -> str:
    """Make of a comment what can stand in a mail: without hidden parts, mentions and pictures."""
    text = _COMMENT.sub("", markdown.replace("\r", "").replace("\x00", ""))
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1 (\2)", text)
    return re.sub(r"(?<![\w@])@(?=[A-Za-z0-9-]+)", "", re.sub(r"[ \t]*`{3}\w*[ \t]*\n?|`", "", text)).strip()


def _moved(event: IssueEvent, changes: dict[str, Any]) -> IssueEvent:
    new, place = _object(changes.get("new_issue")), _object(changes.get("new_repository"))
    number, repository = new.get("number"), _text(place, "full_name")
    if not isinstance(number, int) or not repository:
        return event
    return IssueEvent(**{**event.__dict__, "moved_to": (repository[:140], number, _text(new, "html_url"))})


def _label(label: Any) -> str:
    return (label if isinstance(label, str) else _text(_object(label), "name"))[:100]


def _object(told: Any) -> dict[str, Any]:
    return told if isinstance(told, dict) else {}


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def _text(told: dict[str, Any], name: str) -> str:
    found = told.get(name)
    return found.replace("\x00", "") if isinstance(found, str) else ""


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
