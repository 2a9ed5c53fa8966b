"""Triage: the table of support.yml decides, worse answers never help less, and reply times run in working hours only."""

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any, get_args

import hypothesis
import pytest
import yaml
from hypothesis import strategies as some

from deflect_api.config.support import Affected, Calendar, Day, NeededBy, Working
from deflect_api.intake import triage
from deflect_api.intake.triage import Answers, reply_due
from tests.conftest import ROOT
from tests.intake.made import SUPPORT

SEVERITIES = {
    "stopped": "critical",
    "inconvenient workaround": "significant",
    "easy workaround": "minor",
    "only looks wrong": "low",
}
WORST_FIRST = (list(SEVERITIES), ["everyone", "several", "one"], ["today", "this week", "no date"])
PRIORITIES = ["low", "normal", "high", "urgent"]
ALL = [Answers(*combination) for combination in itertools.product(*WORST_FIRST)]  # type: ignore[arg-type]

OFFICE = Calendar(timezone="Europe/Amsterdam")  # Monday to Friday, 9 to 17


def local(text: str) -> datetime:
    """A time on the wall in Amsterdam."""
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE.zone)


def told(start: str, calendar: Calendar = OFFICE) -> str:
    return f"{reply_due(local(start), calendar):%a %Y-%m-%d %H:%M}"


def test_every_answer_the_form_offers_is_in_the_table() -> None:
    assert [set(get_args(kind)) for kind in (Working, Affected, NeededBy)] == [set(answers) for answers in WORST_FIRST]
    assert len(ALL) == 36


def test_every_combination_gives_what_support_yml_says() -> None:
    table: Any = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))["priorities"]
    for answers in ALL:
        severity = SEVERITIES[answers.working]
        column = ["today", "this week", "no date"].index(answers.needed_by)
        verdict = triage.judge(answers, SUPPORT)
        assert (verdict.severity, verdict.priority) == (severity, table[severity][answers.affected][column])


def badness(answers: Answers) -> tuple[int, ...]:
    """How bad each answer is: 0 is the worst."""
    given = (answers.working, answers.affected, answers.needed_by)
    return tuple(order.index(answer) for order, answer in zip(WORST_FIRST, given, strict=True))


def test_a_worse_answer_never_lowers_the_priority() -> None:
    for one, other in itertools.product(ALL, ALL):
        if all(a <= b for a, b in zip(badness(one), badness(other), strict=True)):
            worse, better = (PRIORITIES.index(triage.judge(answers, SUPPORT).priority) for answers in (one, other))
            assert worse >= better, (one, other)


def test_every_priority_is_given_to_somebody() -> None:
    assert {triage.judge(answers, SUPPORT).priority for answers in ALL} == set(PRIORITIES)


def test_open_questions_count_as_the_calm_middle() -> None:
    assert triage.judge(Answers(), SUPPORT) == triage.judge(Answers("easy workaround", "one", "no date"), SUPPORT)


def test_every_combination_has_a_reason_of_its_own_in_whole_sentences() -> None:
    reasons = {triage.reason(answers) for answers in ALL}
    assert len(reasons) == len(ALL)
    for reason in reasons:
        assert reason.endswith(".")
        assert reason.count(". ") == 2


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-24 10:30", "Wed 2026-11-25 10:30"),  # in the middle of a day: a day later
        ("2026-11-24 09:00", "Tue 2026-11-24 17:00"),  # at opening: that whole day
        ("2026-11-24 06:15", "Tue 2026-11-24 17:00"),  # before opening: counted from opening
        ("2026-11-24 17:00", "Wed 2026-11-25 17:00"),  # exactly at closing: the next day
        ("2026-11-24 16:59", "Wed 2026-11-25 16:59"),
        ("2026-11-24 22:00", "Wed 2026-11-25 17:00"),
        ("2026-11-27 15:00", "Mon 2026-11-30 15:00"),  # Friday afternoon
        ("2026-11-27 17:00", "Mon 2026-11-30 17:00"),
        ("2026-11-28 12:00", "Mon 2026-11-30 17:00"),  # Saturday
        ("2026-11-29 23:59", "Mon 2026-11-30 17:00"),  # Sunday night
        ("2026-12-31 10:00", "Fri 2027-01-01 10:00"),  # no holidays are known
        ("2026-03-27 15:00", "Mon 2026-03-30 15:00"),  # the clock goes forward in that night of Sunday
        ("2026-10-23 15:00", "Mon 2026-10-26 15:00"),  # and back in this one
    ],
)
def test_one_working_day_from(start: str, due: str) -> None:
    assert told(start) == due


@pytest.mark.parametrize(
    ("days", "start", "due"),
    [
        (0.5, "2026-11-24 09:00", "Tue 2026-11-24 13:00"),
        (0.5, "2026-11-24 13:00", "Tue 2026-11-24 17:00"),
        (0.5, "2026-11-24 13:01", "Wed 2026-11-25 09:01"),
        (0.5, "2026-11-27 16:00", "Mon 2026-11-30 12:00"),
        (1.5, "2026-11-27 16:00", "Tue 2026-12-01 12:00"),
        (3, "2026-11-26 09:00", "Mon 2026-11-30 17:00"),
        (5, "2026-11-24 12:00", "Tue 2026-12-01 12:00"),
        (30, "2026-11-24 12:00", "Tue 2027-01-05 12:00"),
    ],
)
def test_other_promises(days: float, start: str, due: str) -> None:
    assert told(start, OFFICE.model_copy(update={"reply_days": days})) == due


def test_when_the_clock_changes_the_same_hour_is_an_hour_apart_in_utc() -> None:
    before, after = local("2026-03-27 15:00"), reply_due(local("2026-03-27 15:00"), OFFICE)
    assert before.astimezone(UTC).hour == 14
    assert after.astimezone(UTC) == datetime(2026, 3, 30, 13, 0, tzinfo=UTC)


def test_the_teams_zone_counts_not_the_requesters() -> None:
    nairobi = Calendar(timezone="Africa/Nairobi")  # UTC+3 all year
    start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 15:00 there
    assert reply_due(start, nairobi) == datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert reply_due(start.astimezone(OFFICE.zone), nairobi) == reply_due(start, nairobi)


def test_a_week_of_sunday_to_thursday() -> None:
    amman = Calendar(timezone="Asia/Amman", days=("sun", "mon", "tue", "wed", "thu"))
    thursday = datetime(2026, 11, 26, 15, 0, tzinfo=amman.zone)
    assert f"{reply_due(thursday, amman):%a %H:%M}" == "Sun 15:00"


def working_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Count, minute for minute of each day's hours, the working time between two times on the team's wall."""
    names: tuple[Day, ...] = get_args(Day)
    start, end = start.astimezone(calendar.zone).replace(tzinfo=None), end.astimezone(calendar.zone).replace(tzinfo=None)
    day, total = start.date(), timedelta()
    while day <= end.date():
        if names[day.weekday()] in calendar.days:
            opens, closes = datetime.combine(day, calendar.opens), datetime.combine(day, calendar.closes)
            total += max(min(end, closes) - max(start, opens), timedelta())
        day += timedelta(days=1)
    return total


minutes_of_day = some.integers(6 * 4, 22 * 4).map(lambda quarters: time(quarters // 4, quarters % 4 * 15))
calendars = some.builds(
    lambda zone, days, hours, reply_days: Calendar(
        timezone=zone, days=tuple(days), opens=min(hours), closes=max(hours), reply_days=reply_days
    ),
    zone=some.sampled_from(["Europe/Amsterdam", "Africa/Nairobi", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"]),
    days=some.sets(some.sampled_from(get_args(Day)), min_size=1),
    hours=some.sets(minutes_of_day, min_size=2, max_size=2),
    reply_days=some.sampled_from([0.25, 0.5, 1, 1.5, 2, 3, 10, 30]),
)
starts = some.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(start=starts, calendar=calendars)
@hypothesis.example(start=datetime(2026, 3, 28, 23, 0, tzinfo=UTC), calendar=Calendar(timezone="Europe/Amsterdam", days=("sun",)))
@hypothesis.example(start=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), calendar=OFFICE)
def test_the_reply_is_due_within_working_hours_after_just_the_promised_working_time(start: datetime, calendar: Calendar) -> None:
    due = reply_due(start, calendar)
    day = datetime.combine(start, calendar.closes) - datetime.combine(start, calendar.opens)
    assert due > start
    assert get_args(Day)[due.weekday()] in calendar.days
    assert calendar.opens <= due.time() <= calendar.closes
    assert working_time(start, due, calendar) == day * calendar.reply_days


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(one=starts, other=starts, calendar=calendars)
def test_who_comes_later_is_never_due_earlier(one: datetime, other: datetime, calendar: Calendar) -> None:
    first, second = sorted((one, other))
    assert reply_due(first, calendar) <= reply_due(second, calendar)
