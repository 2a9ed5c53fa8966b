"""What the relay does with the developers' tracker: opens an issue once, links one that is there, and asks what changed."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.second_line import Escalate
from deflect_api.connectors import Issue as Told
from deflect_api.connectors import IssueTracker, open_connector
from deflect_api.connectors.limit import time_limit
from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.desk.second_line import escalation, issue_updates
from deflect_api.errors import DeliveryError, PermanentFailure
from deflect_api.intake.inbound import github_events
from deflect_api.intake.inbound.github_events import IssueEvent
from deflect_api.store.db import Database, wait_for_name
from deflect_api.store.models import Message
from deflect_api.store.second_line import CLOSED, OPEN, Escalation, Issue

POLL = "poll_issues"
SECONDS = 50.0
OVERLAP = timedelta(minutes=2)
Clock = Callable[[], datetime]
Opener = Callable[[str], IssueTracker]


def opener(settings: Escalate) -> Opener:
    """Return what opens the tracker of one repository. Raises ConfigError when it cannot be made."""

    def open_tracker(repository: str) -> IssueTracker:
        made: IssueTracker = open_connector(settings.connector, {**settings.settings, "repository": repository}, where="escalate")
        return made

    for repository in settings.repositories.values():
        open_tracker(repository).close()
    return open_tracker


def sender(database: Database, open_tracker: Opener, settings: Escalate, clock: Clock) -> Handler:
    """Return what the relay calls for an `escalate` message."""

    def send(message: Message) -> Done:
        with database.read() as session:
            made = session.get(Escalation, message.payload["escalation"])
        if made is None or made.issue_id is not None:
            return Done("done before")
        tracker = open_tracker(made.repository)
        try:
            with time_limit(SECONDS):
                told = _issue(tracker, made)
        finally:
            tracker.close()
        return Done(f"issue {told.id}", record=lambda session: _keep(session, made, told, settings, clock()))

    return send


def poller(database: Database, open_tracker: Opener, settings: Escalate, clock: Clock) -> Handler:
    """Return what the relay calls for a `poll_issues` message: what hooks did not tell is asked for, and applied the same way."""

    def poll(message: Message) -> Done:
        repository, began = message.payload["repository"], clock()
        since = datetime.fromisoformat(message.payload["since"]) - OVERLAP
        with database.read() as session:
            ours = set(session.scalars(select(Issue.number).where(Issue.repository == repository)))
        events, told, next_since = _asked(open_tracker, repository, ours, since)

        def record(session: Session) -> None:
            for event in events:
                issue_updates.apply(session, event, now=clock())
            owe_poll(session, repository, settings, now=clock(), since=next_since or began)

        return Done(told, record=record)

    return poll


def _asked(
    open_tracker: Opener, repository: str, ours: set[int], since: datetime
) -> tuple[list[IssueEvent], str, datetime | None]:
    """Ask what changed. What fails is asked again from the same time: the question itself never ends."""
    tracker = open_tracker(repository)
    try:
        with time_limit(SECONDS):
            events = list(_events(tracker, repository, ours, since))
    except DeliveryError as error:
        return [], error.detail, since + OVERLAP
    finally:
        tracker.close()
    return events, f"{len(events)} changes", None


def owe_poll(session: Session, repository: str, settings: Escalate, *, now: datetime, since: datetime) -> None:
    """Owe the next question about a repository, unless one is owed."""
    stream = f"{POLL}:{repository}"
    owed = select(Message.id).where(Message.stream == stream, Message.state.in_((outbox.QUEUED, outbox.UNKNOWN))).limit(1)
    if session.scalar(owed) is None:
        due, payload = now + timedelta(minutes=settings.poll_minutes), {"repository": repository, "since": since.isoformat()}
        outbox.put(session, outbox.owe(POLL, stream, now, not_before=due, payload=payload))


def _issue(tracker: IssueTracker, made: Escalation) -> Told:
    """Look it up before opening it: an answer may have been lost."""
    if made.known_number:
        return tracker.get(made.known_number)
    return tracker.find(made.marker) or tracker.create(made.marker, made.title, made.body, made.labels)


def _keep(session: Session, made: Escalation, told: Told, settings: Escalate, now: datetime) -> None:
    if not told.id.isdigit():
        raise PermanentFailure("the tracker gave no number")
    wait_for_name(session, f"issue:{made.repository}")
    known = (Issue.repository == made.repository) & (Issue.number == int(told.id))
    issue = session.scalar(select(Issue).where(known).with_for_update())
    if issue is None:
        issue = Issue(repository=made.repository, number=int(told.id), url=told.url, title=told.title, labels=list(told.labels))
        # One of our own counts as open until an event says otherwise, so that its end becomes a task.
        issue.state = CLOSED if made.known_number and told.state == CLOSED else OPEN
        session.add(issue)
        session.flush()
    escalation.record(session, made, issue, now)
    owe_poll(session, made.repository, settings, now=now, since=made.at)


def _events(tracker: IssueTracker, repository: str, ours: set[int], since: datetime) -> Iterator[IssueEvent]:
    for told in tracker.changed(since):
        event = github_events.of_issue(told, repository)
        if event is None or event.number not in ours:
            continue
        yield event
        for comment in tracker.comments(str(event.number), since):
            said = github_events.of_comment(told, comment, repository)
            if said is not None:
                yield said
