"""Severity, priority, its reason and the reply time, from a requester's plain answers. Pure: no clock, no I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from deflect_api.config.support import SEVERITY_OF, Affected, Calendar, NeededBy, Priority, Severity, Support, Working
from deflect_api.i18n import said
from deflect_api.intake import reply_clock

COLUMNS: tuple[NeededBy, ...] = ("today", "this week", "no date")


@dataclass(frozen=True)
class Answers:
    """The three plain questions. The defaults are the calm middle, used when a question was left open."""

    working: Working = "easy workaround"
    affected: Affected = "one"
    needed_by: NeededBy = "no date"


@dataclass(frozen=True)
class Verdict:
    severity: Severity
    priority: Priority


def judge(answers: Answers, support: Support) -> Verdict:
    """Look the priority up in the table of support.yml: severity, then impact, then urgency."""
    severity = SEVERITY_OF[answers.working]
    row = support.priorities[severity][answers.affected]
    return Verdict(severity, row[COLUMNS.index(answers.needed_by)])


def reason(answers: Answers, say: Callable[[str], str] = str) -> str:
    """Say in three short sentences why the priority is what it is; `say` translates each."""
    return f"{say(_WORKING[answers.working])} {say(_AFFECTED[answers.affected])} {say(_NEEDED[answers.needed_by])}"


_WORKING: dict[Working, str] = {
    "stopped": said("Work has stopped."),
    "inconvenient workaround": said("Work goes on only with an inconvenient workaround."),
    "easy workaround": said("Work goes on with an easy workaround."),
    "only looks wrong": said("It only looks wrong; work goes on."),
}
_AFFECTED: dict[Affected, str] = {
    "one": said("One person is affected."),
    "several": said("Several people are affected."),
    "everyone": said("Everyone is affected."),
}
_NEEDED: dict[NeededBy, str] = {
    "today": said("It is needed today."),
    "this week": said("It is needed this week."),
    "no date": said("There is no date."),
}


def reply_due(start: datetime, calendar: Calendar) -> datetime:
    """Add the promised reply time to `start`, counting the team's working hours only. Aware in, aware (team's zone) out."""
    return reply_clock.due(start, reply_clock.promised(calendar), calendar)
