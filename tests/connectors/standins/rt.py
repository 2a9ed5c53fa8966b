"""Request Tracker in memory: it answers 201 and drops a value no list has, or a reference that another ticket holds."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx2

from deflect_api.connectors.contract import Held
from deflect_api.connectors.rt import RequestTracker
from tests.connectors.standins import ALL, EVERY, Faulty, answer, asked, fresh_reference, sent, ticking

LISTS = {"product": ("flow", "rsr", "lumen"), "severity": ("critical", "significant", "minor", "low")}
FIELDS = ("external_ref", "product", "severity", "request_type", "instance", "tags", "priority_word")


@dataclass
class Rt:
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoken: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    forgetful: bool = False

    def __post_init__(self) -> None:
        self.now = ticking()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("authorization") != "Basic " + base64.b64encode(b"deflect:key").decode():
            return answer(401, {"message": "Unauthorized"})
        path = request.url.path.removeprefix("/REST/2.0/")
        for pattern, does in ROUTES:
            found = re.fullmatch(pattern, f"{request.method} {path}")
            if found:
                return does(self, request, *found.groups())
        return answer(404, {"message": "Not Found"})

    def version(self, _: httpx2.Request) -> httpx2.Response:
        return answer(200, {"Version": "5.0.3"})

    def queue(self, _: httpx2.Request, name: str) -> httpx2.Response:
        known = [{"name": each} for each in FIELDS]
        return answer(200, {"TicketCustomFields": known}) if name == "Support" else answer(404, {"message": "Not Found"})

    def create(self, request: httpx2.Request) -> httpx2.Response:
        given = sent(request)
        if given["Queue"] != "Support":
            return answer(403, {"message": "Forbidden"})
        number = str(len(self.tickets) + 1)
        fields = {name: [] for name in FIELDS}
        for name, value in given["CustomFields"].items():
            values = value if isinstance(value, list) else [value]
            taken = name == "external_ref" and any(each["fields"]["external_ref"] == values for each in self.tickets.values())
            if not (taken or self.forgetful) and all(one in LISTS.get(name, (one,)) for one in values):
                fields[name] = values
        self.tickets[number] = {
            "id": number, "Subject": given["Subject"], "Status": "new", "Priority": str(given["Priority"]), "fields": fields,
            "Requestor": given.get("Requestor", []), "Creator": "deflect", "LastUpdated": self._stamp(), "links": [],
        }  # fmt: skip
        self._speak(number, "Create", "deflect", given)
        return answer(201, {"id": number, "type": "ticket"})

    def _speak(self, number: str, kind: str, creator: str, given: dict[str, Any]) -> None:
        entry = {"id": str(len(self.spoken) + 1), "ticket": number, "Type": kind, "Creator": creator, "Created": self._stamp()}
        self.spoken.append(entry)
        self._part(entry, "text/plain", given["Content"].encode())
        for file in given.get("Attachments", ()):
            self._part(entry, file["FileType"], base64.b64decode(file["FileContent"]), file["FileName"])
        self.tickets[number]["LastUpdated"] = entry["Created"]

    def _part(self, entry: dict[str, Any], kind: str, content: bytes, name: str = "") -> None:
        self.parts.append(
            {"id": str(len(self.parts) + 1), "of": entry["id"], "ContentType": kind, "content": content, "Filename": name}
        )

    def _stamp(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%SZ}"

    def show(self, _: httpx2.Request, number: str) -> httpx2.Response:
        ticket = self.tickets[number]
        fields = [{"name": name, "values": values} for name, values in ticket["fields"].items()]
        return answer(200, {**{k: v for k, v in ticket.items() if k not in ("fields", "links")}, "CustomFields": fields})

    def change(self, request: httpx2.Request, number: str) -> httpx2.Response:
        ticket, given = self.tickets[number], sent(request)
        if "Status" in given:
            if given["Status"] == ticket["Status"]:
                return answer(200, ["That is already the current value"])
            ticket["Status"] = given["Status"]
        if "RefersTo" in given:
            ticket["links"].append(given["RefersTo"])
        ticket["LastUpdated"] = self._stamp()
        return answer(200, ["changed"])

    def speak(self, request: httpx2.Request, number: str, verb: str) -> httpx2.Response:
        self._speak(number, {"comment": "Comment", "correspond": "Correspond"}[verb], "deflect", sent(request))
        return answer(201, ["added"])

    def search(self, request: httpx2.Request) -> httpx2.Response:
        query = asked(request)["query"]
        found = [ticket for ticket in self.tickets.values() if self._matches(ticket, query)]
        found.sort(key=lambda ticket: (ticket[asked(request).get("orderby", "id")], int(ticket["id"])))
        page = found[: int(asked(request).get("per_page", 20))]
        items = [{"id": one["id"], "Status": one["Status"], "LastUpdated": one["LastUpdated"]} for one in page]
        return answer(200, {"items": items, "total": len(found)})

    def _matches(self, ticket: dict[str, Any], query: str) -> bool:
        for term in query.split(" AND "):
            name, operator, value = re.fullmatch(r"(\S+) (=|!=|>=|LIKE|IS) (.*)", term).groups()  # type: ignore[union-attr]
            value = value.strip("'").replace("\\'", "'")
            if name == "Queue":
                continue
            has = ticket["fields"].get(name[4:-1], []) if name.startswith("CF.") else str(ticket[name])
            right = {
                "=": lambda has=has, value=value: value in has if isinstance(has, list) else has == value,
                "!=": lambda has=has, value=value: has != value,
                ">=": lambda has=has, value=value: has.replace("T", " ").rstrip("Z") >= value,
                "LIKE": lambda has=has, value=value: value in has,
                "IS": lambda has=has: not has,
            }[operator]()
            if not right:
                return False
        return True

    def history(self, _: httpx2.Request, number: str) -> httpx2.Response:
        entries = [{**each, "Creator": {"id": each["Creator"]}} for each in self.spoken if each["ticket"] == number]
        return answer(200, {"items": entries})

    def parts_of(self, _: httpx2.Request, number: str) -> httpx2.Response:
        found = [{"id": part["id"], "ContentType": part["ContentType"]} for part in self.parts if part["of"] == number]
        return answer(200, {"items": found})

    def part(self, _: httpx2.Request, number: str) -> httpx2.Response:
        part = self.parts[int(number) - 1]
        return answer(200, {"Content": base64.b64encode(part["content"]).decode(), "Filename": part["Filename"]})


ROUTES = (
    (r"GET rt", Rt.version),
    (r"GET queue/(\w+)", Rt.queue),
    (r"POST ticket", Rt.create),
    (r"GET ticket/(\d+)", Rt.show),
    (r"PUT ticket/(\d+)", Rt.change),
    (r"POST ticket/(\d+)/(comment|correspond)", Rt.speak),
    (r"GET tickets", Rt.search),
    (r"GET ticket/(\d+)/history", Rt.history),
    (r"GET transaction/(\d+)/attachments", Rt.parts_of),
    (r"GET attachment/(\d+)", Rt.part),
)


@dataclass
class RtRig:
    there: Rt = field(default_factory=Rt)
    can: frozenset[str] = ALL
    fields: frozenset[str] = EVERY
    words: ClassVar = {"open": "open", "pending": "stalled", "solved": "resolved", "closed": "rejected"}
    fresh_reference = staticmethod(fresh_reference)

    def __post_init__(self) -> None:
        self.line = Faulty(httpx2.MockTransport(self.there))
        self.desk = self.connect()

    def connect(self, **changes: Any) -> RequestTracker:
        fields = {"product": "product", "severity": "severity", "type": "request_type", "instance": "instance"}
        settings = {"user": "deflect", "password": "key", "queue": "Support", "tags_field": "tags", "fields": fields}
        return RequestTracker("http://rt.example.org", **{**settings, **changes}, transport=self.line)

    def held(self, reference: str) -> list[Held]:
        return [self._held(one) for one in self.there.tickets.values() if f"[{reference}]" in one["Subject"]]

    def _held(self, ticket: dict[str, Any]) -> Held:
        fields = {name: ", ".join(values) for name, values in ticket["fields"].items()}
        priority = {"100": "urgent", "70": "high", "50": "normal", "20": "low"}[ticket["Priority"]]
        named = {"type": fields["request_type"], "reference": fields["external_ref"], "priority": priority}
        status = {theirs: ours for ours, theirs in {"new": "new", **self.words}.items()}[ticket["Status"]]
        made = Held(ticket["id"], ticket["Subject"], "", {**fields, **named}, status=status)
        for entry in [each for each in self.there.spoken if each["ticket"] == ticket["id"]]:
            for part in [each for each in self.there.parts if each["of"] == entry["id"]]:
                if part["Filename"]:
                    made.files[part["Filename"]] = part["content"]
                elif entry["Type"] == "Create":
                    made.body = part["content"].decode()
                else:
                    made.notes.append((part["content"].decode(), entry["Type"] == "Correspond"))
        return made

    def agent_says(self, remote: str, words: str, *, public: bool) -> None:
        self.there._speak(remote, "Correspond" if public else "Comment", "agent", {"Content": words})

    def agent_sets(self, remote: str, status: str) -> None:
        self.there.tickets[remote] |= {"Status": self.words[status], "LastUpdated": self.there._stamp()}
