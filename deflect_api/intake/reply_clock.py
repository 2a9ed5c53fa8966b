"""The reply clock: it runs in the team's working hours alone, and stands still while a ticket waits for its requester. Pure."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from deflect_api.config.support import Calendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]


def promised(calendar: Calendar) -> timedelta:
    """Return the working time within which a reply is promised."""
    return (_of_day(calendar.closes) - _of_day(calendar.opens)) * calendar.reply_days


def due(start: datetime, left: timedelta, calendar: Calendar) -> datetime:
    """Add working time to `start`. Aware in, aware (team's zone) out. What is overdue already (`left` below 0) was due before."""
    for begin, end in _worked_from(start, calendar):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("the calendar has at least one working day")


def between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Return the working time from `start` to `end`; zero when it is over before it began."""
    spent = timedelta()
    for begin, close in _worked_from(start, calendar):
        if begin >= end:
            break
        spent += min(close, end) - begin
    return spent


def resumed(due_at: datetime, paused_at: datetime, now: datetime, calendar: Calendar) -> datetime:
    """Return when the reply is due after a pause. One that was overdue when the pause began stays so."""
    if due_at <= paused_at:
        return due_at
    return due(now, between(paused_at, due_at, calendar), calendar)


def _worked_from(start: datetime, calendar: Calendar) -> Iterator[Span]:
    """Give each stretch of working time from `start` on. Its ends are of the team's zone."""
    now = start.astimezone(calendar.zone)
    while True:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begin, end = max(now, midnight + _of_day(calendar.opens)), midnight + _of_day(calendar.closes)
        if DAYS[now.weekday()] in calendar.days and begin < end:
            yield begin, end
        now = midnight + timedelta(days=1)


def _of_day(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)
