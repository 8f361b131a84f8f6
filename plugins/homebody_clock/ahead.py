"""How long until a time of day, and what date it is in two weeks: sentences in English, and times. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from homebody_clock import spoken

LISTS: Final[dict[str, Any]] = {
    "hour": {"range": {"from": 1, "to": 24}},
    "minute": {"range": {"from": 1, "to": 59}},
    "half": {"values": [{"in": "(am|a m|in the morning)", "out": "am"},
                        {"in": "(pm|p m|in the afternoon|in the evening)", "out": "pm"}]},
    "before_hour": {"values": [{"in": "half past", "out": 30}, {"in": "[a] quarter past", "out": 15},
                               {"in": "[a] quarter to", "out": -15}]},
    "by_name": {"values": [{"in": "(noon|midday)", "out": "12:00"}, {"in": "midnight", "out": "00:00"}]},
    "clock": {"wildcard": True},
}  # fmt: skip
LISTS_AHEAD: Final[dict[str, Any]] = {
    "ahead": {"range": {"from": 1, "to": 5000}},
    "one": {"values": [{"in": "(a|one)", "out": 1}]},
}
RULES: Final = {
    "until": "(until|till|til|to|before|is it until|is it till|until it is|till it is|left until|do i have until|"
    "do we have until|is left until)",
    "time_of_day": "({before_hour:minute} {hour:hour}[ {half:half}]|{hour:hour}[ o'clock][ {half:half}]|"
    "{hour:hour} {minute:minute}[ {half:half}]|{clock:clock}[ {half:half}]|{by_name:clock})",
}
RULES_AHEAD: Final = {
    "ahead": "({ahead:ahead_x1} (day|days)|{ahead:ahead_x7} (week|weeks)|{one:ahead_x1} day|{one:ahead_x7} week)",
}
UNTIL: Final = (
    "how (long|much time|much longer|many hours|many minutes) <until> <time_of_day>",
    "how (far|long) away is <time_of_day>",
)


def next_time(now: dt.datetime, minutes: int, half: str, *, exact: bool) -> dt.datetime:
    """The next moment that the clock shows this many ``minutes`` after midnight; in either half of the day, unless it
    is said which or ``exact``."""
    of_half = minutes % 720
    possible = {"am": [of_half], "pm": [of_half + 720]}.get(half) or [of_half, of_half + 720]
    if exact or minutes >= 780:
        possible = [minutes % 1440]
    today = dt.datetime.combine(now.date(), dt.time())
    moments = (_local(today + dt.timedelta(days=days, minutes=one), now) for one in possible for days in (0, 1))
    return min(moment for moment in moments if moment > now)


def _local(wall: dt.datetime, now: dt.datetime) -> dt.datetime:
    """A naive wall-clock time as an aware one: with the clock changes of the system's zone where ``now`` is in it."""
    if now.replace(tzinfo=None).astimezone().utcoffset() != now.utcoffset():
        return wall.replace(tzinfo=now.tzinfo)
    return dt.datetime.fromtimestamp(wall.timestamp(), dt.UTC).astimezone()


def until(left_s: float, time: dt.time) -> str:
    """The sentence that says how long it is."""
    hours, minutes = divmod(-(-round(left_s) // 60), 60)
    parts = [f"{spoken.in_words(n)} {unit}{'' if n == 1 else 's'}" for n, unit in
             ((hours, "hour"), (minutes, "minute")) if n]  # fmt: skip
    verb = "is" if (hours or minutes) == 1 else "are"
    return f"There {verb} {' and '.join(parts)} left until {spoken.time_of_day(time)}."
