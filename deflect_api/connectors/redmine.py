"""Redmine 5 through its REST API. Our reference is a custom field, found with closed issues included.

Redmine mails only its own users, so the requester is always mailed by us. It answers 201 and drops fields it does not know, and
a wrong key on a public project is answered as if nobody had signed in: both are checked.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from deflect_api.connectors import Change, Changes, File, Note, Request, Said, marks
from deflect_api.connectors._http import Api
from deflect_api.errors import ConfigError, PermanentFailure

PRIORITIES = {"urgent": "Urgent", "high": "High", "normal": "Normal", "low": "Low"}
STATES = {
    "New": "new", "In Progress": "open", "Feedback": "pending", "Resolved": "solved", "Closed": "closed", "Rejected": "closed",
}  # fmt: skip
LONGEST_SUBJECT = 255
PAGE = 25


class Redmine:
    def __init__(
        self,
        url: str,
        key: str,
        project: str,
        reference_field: int,
        tracker: str = "",
        tags_field: int = 0,
        fields: Mapping[str, int] | None = None,
        priorities: Mapping[str, str] | None = None,
        states: Mapping[str, str] | None = None,
        reopened: str = "In Progress",
        mails: str = "us",
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        if mails != "us":
            raise ConfigError("desk.mails: Redmine mails only its own users. Set it to us.")
        self._api = Api("Redmine", url, transport=transport, headers={"X-Redmine-API-Key": key})
        self.project, self.tracker, self.reopened = project, tracker, reopened
        self.reference_field, self.tags_field = reference_field, tags_field
        self.fields = dict(fields or {})
        self._ids: dict[str, dict[str, int]] = {}
        self._signed_in = False
        self.priorities, self.states = {**PRIORITIES, **(priorities or {})}, {**STATES, **(states or {})}

    def close(self) -> None:
        self._api.close()

    def find(self, reference: str) -> str | None:
        field = f"cf_{self.reference_field}"
        asked = {"project_id": self.project, field: reference, "status_id": "*", "sort": "id", "limit": 10}
        issues = self._api.get("issues.json", params=asked)["issues"]
        found = [issue for issue in issues if _fields_of(issue).get(self.reference_field) == reference]
        if issues and not found:  # Redmine ignores a filter that it does not know, and gives all issues
            raise PermanentFailure(f"Redmine does not search custom field {self.reference_field}. Tick “Used as a filter” there.")
        for loser in found[1:]:  # two workers made one each, and neither saw the other's
            self._give_way(loser, str(found[0]["id"]), reference)
        return str(found[0]["id"]) if found else None

    def create(self, request: Request) -> str:
        if not self._signed_in:  # a wrong key is 401 here, and nobody in particular on a public project
            self._api.get("users/current.json")
            self._signed_in = True
        made = self._api.send("POST", "issues.json", json={"issue": self._issue(request)})["issue"]
        remote = str(made["id"])
        kept = _fields_of(self._one(remote))
        if kept.get(self.reference_field) != request.reference:
            told = f"Redmine made issue {remote} without our reference: is custom field {self.reference_field} on the project?"
            raise PermanentFailure(told)
        dropped = [name for name, number in self.fields.items() if request.values.get(name) and not kept.get(number)]
        if dropped:
            told = ", ".join(f"{name}: {request.values[name]}" for name in dropped)
            self._update(remote, {"notes": f"Not taken by the fields: {told}\n\nReference {request.reference}-0"}, private=True)
        return remote

    def heard(self, remote: str, key: str) -> bool:
        return any(key in marks(entry.get("notes") or "") for entry in self._one(remote, "journals").get("journals", ()))

    def comment(self, remote: str, note: Note) -> None:
        change: dict[str, Any] = {"notes": note.text, "uploads": [self._upload(file) for file in note.files]}
        if note.reopens:
            change["status_id"] = self._id("issue_statuses.json", "issue_statuses", self.reopened)
        self._update(remote, change, private=not note.public)

    def changes(self, cursor: str) -> Changes:
        if not cursor:
            return Changes(f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}")
        asked = {
            "project_id": self.project, "status_id": "*", "updated_on": f">={cursor}", "sort": "updated_on:asc", "limit": PAGE,
        }  # fmt: skip
        page = self._api.get("issues.json", params=asked)
        issues = page["issues"]
        last = max([cursor, *(str(issue["updated_on"]) for issue in issues)])
        full = int(page.get("total_count") or 0) > len(issues)
        if full and last == cursor:
            last = f"{datetime.fromisoformat(cursor) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        return Changes(last, tuple(self._change_of(issue, cursor) for issue in issues), more=full)

    def check(self) -> str:
        user = self._api.get("users/current.json")["user"]
        found = self._api.call("GET", f"projects/{self.project}.json?include=trackers,issue_custom_fields", fine=(403, 404))
        if not found.is_success:
            raise PermanentFailure(f"Redmine has no project {self.project} that {user['login']} can see")
        project = found.json()["project"]
        self.find("no reference")
        self._check_fields(project)
        if self.tracker and self.tracker not in {tracker["name"] for tracker in project.get("trackers", ())}:
            raise PermanentFailure(f"the project {self.project} has no tracker {self.tracker}")
        return f"Redmine as {user['login']}, project {self.project}"

    def _give_way(self, loser: dict[str, Any], winner: str, reference: str) -> None:
        """Close the second issue of one reference, with a note that points at the first."""
        closed = self._closed()
        if loser["status"]["name"] in closed:
            return
        remote, note = str(loser["id"]), f"The same request as #{winner}.\n\nReference {reference}-0"
        self._update(remote, {"status_id": next(iter(closed.values())), "notes": note}, private=True)
        if self._one(remote)["status"]["name"] not in closed:  # it answers 204 to a change that it does not allow
            raise PermanentFailure(f"Redmine did not close issue {remote}, a double of {winner}: may our user close issues?")

    def _closed(self) -> dict[str, int]:
        known = self._api.get("issue_statuses.json")["issue_statuses"]
        return {entry["name"]: int(entry["id"]) for entry in known if entry["is_closed"]}

    def _check_fields(self, project: dict[str, Any]) -> None:
        """Compare with the newest issue's fields: those for all projects are listed nowhere else to a user like ours."""
        newest = self._api.get("issues.json", params={"project_id": self.project, "status_id": "*", "limit": 1})["issues"]
        have = {field["id"] for field in project.get("issue_custom_fields", ())} | {n for one in newest for n in _fields_of(one)}
        missing = sorted({self.reference_field, self.tags_field, *self.fields.values()} - {0} - have)
        if newest and missing:
            raise PermanentFailure(f"the project {self.project} has no custom field {', '.join(map(str, missing))}")

    def _one(self, remote: str, include: str = "") -> dict[str, Any]:
        issue: dict[str, Any] = self._api.get(f"issues/{remote}.json", params={"include": include} if include else None)["issue"]
        return issue

    def _issue(self, request: Request) -> dict[str, Any]:
        fields = [{"id": self.reference_field, "value": request.reference}]
        fields += [
            {"id": number, "value": request.values[name]} for name, number in self.fields.items() if request.values.get(name)
        ]
        if self.tags_field:
            fields.append({"id": self.tags_field, "value": ", ".join(request.tags)})
        issue: dict[str, Any] = {
            "project_id": self.project,
            "subject": f"[{request.reference}] {request.subject}"[:LONGEST_SUBJECT],
            "description": request.body,
            "custom_fields": fields,
            "priority_id": self._id("enumerations/issue_priorities.json", "issue_priorities", self.priorities[request.priority]),
            "uploads": [self._upload(file) for file in request.files],
        }
        if self.tracker:
            issue["tracker_id"] = self._id("trackers.json", "trackers", self.tracker)
        return issue

    def _id(self, path: str, group: str, name: str) -> int:
        if name not in self._ids.get(group, {}):
            self._ids[group] = {entry["name"]: int(entry["id"]) for entry in self._api.get(path)[group]}
        known = self._ids[group]
        if name not in known:
            raise PermanentFailure(f"Redmine has no {group} named {name}; it has {', '.join(known)}")
        return known[name]

    def _upload(self, file: File) -> dict[str, str]:
        # A token is used up by one issue, so files are sent again at each try.
        sent = self._api.send(
            "POST", "uploads.json", params={"filename": file.name}, content=file.read(),
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        kind = file.media_type or "application/octet-stream"
        return {"token": sent["upload"]["token"], "filename": file.name, "content_type": kind}

    def _update(self, remote: str, change: dict[str, Any], *, private: bool) -> None:
        self._api.send("PUT", f"issues/{remote}.json", json={"issue": {**change, "private_notes": private}})

    def _change_of(self, issue: dict[str, Any], since: str) -> Change:
        remote = str(issue["id"])
        journals = self._one(remote, "journals").get("journals", ())
        said = [
            Said(
                str(entry["id"]), datetime.fromisoformat(entry["created_on"]), entry["user"]["name"],
                entry["notes"].replace("\r", "").strip(), not entry.get("private_notes", False),
            )
            for entry in journals
            if entry.get("notes") and entry["created_on"] >= since and not marks(entry["notes"])
        ]  # fmt: skip
        return Change(remote, self.states.get(issue["status"]["name"], ""), tuple(said))


def _fields_of(issue: dict[str, Any]) -> dict[int, Any]:
    return {int(field["id"]): field.get("value") for field in issue.get("custom_fields", ())}
