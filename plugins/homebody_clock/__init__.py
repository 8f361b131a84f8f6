"""The clock and the calendar."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from homebody.skill import Context, Registry, Reply, skill
from homebody_clock import ahead as ahead_
from homebody_clock import days, languages, spoken

_WHATS: Final = "(what is|what's|whats|tell me|give me|say|do you know)"


@skill(
    "what time (is it|it is|do we have|have you got|have we got|is it [right] now|is it at the moment)",
    "(tell me|do you know|say) what time it is",
    "<whats> [the] [current|exact|local|correct|right] time [right now|at the moment|of day]",
    "[what] time is it [now]",
    "(do you have|have you got|you got) the [right|correct] time [on you]",
    "how late is it",
    "what time is it [right] [now] exactly",
    "what hour is it",
    "(the time|time|current time|clock|time check|what time|the current time)",
    *ahead_.UNTIL,
    lists=ahead_.LISTS,
    rules={"whats": _WHATS, **ahead_.RULES},
    read_only=True,
    examples=("what time is it", "what is the time", "tell me the time", "do you have the time"),
    translations=languages.CLOCK,
)
def clock(
    ctx: Context,
    hour: Annotated[int, Meta(ge=1, le=24, description="to tell how long it is until then")] | None = None,
    minute: Annotated[int, Meta(ge=-15, le=59)] = 0,
    clock: Annotated[
        str, Meta(pattern=r"^(?:[01]?\d|2[0-3]):[0-5]\d$|^$", description="instead of hour and minute")
    ] = "",
    half: Literal["", "am", "pm"] = "",
) -> Reply:
    """Tell the time."""
    now = ctx.now
    if hour is not None or clock:
        said = [int(part) for part in clock.split(":")] if clock else [hour or 0, minute]
        exact = clock.startswith(("00", "12"))
        then = ahead_.next_time(now, (said[0] * 60 + said[1]) % 1440, half, exact=exact and not half)
        left_s = (then - now).total_seconds()
        told = {"time": f"{then:%H:%M}", "hour": then.hour, "minute": then.minute, "seconds": round(left_s)}
        return Reply(ahead_.until(left_s, then.time()), value=told)
    value = {"time": f"{now:%H:%M}", "hour": now.hour, "minute": now.minute}
    if ctx.language != "en":
        return Reply(languages.clock(now.time(), ctx.language), value=value)
    return Reply(f"It's {spoken.time_of_day(now.time())}.", value=value)


def _day_names() -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = [{"in": name, "out": name} for name in days.NAMES if "new year" not in name]
    values += [{"in": f"this {name}", "out": name} for name in days.WEEKDAYS]
    values += [{"in": f"([the] next|[this|the] coming) {name}", "out": days.NEXT + name} for name in days.WEEKDAYS]
    values += [
        {"in": "(xmas|christmas day)", "out": "christmas"},
        {"in": "the day after", "out": "tomorrow"},
        {"in": "([the] new year|new years|new year's|new years day|new year's day)", "out": "new year"},
        {"in": "(new years eve|new year's eve|silvester)", "out": "new year's eve"},
        {"in": "(valentines|valentines day|valentine's day)", "out": "valentine's day"},
        {"in": "easter sunday", "out": "easter"},
    ]
    return values


def _ordinal_numbers() -> list[dict[str, Any]]:
    def suffix(n: int) -> str:
        return "th" if n in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")

    return [{"in": f"({spoken.ORDINALS[n]}|{n}{suffix(n)}|{n})", "out": n} for n in range(1, 32)]


_LISTS: Final = {
    "day": {"values": _day_names()},
    "day_of_month": {"values": _ordinal_numbers()},
    "month": {"values": [{"in": name.lower(), "out": n} for n, name in enumerate(spoken.MONTHS, start=1)]},
    "until": {"values": [{"in": "(until|till|til|to|before)", "out": "days_until"}]},
    "until_weeks": {"values": [{"in": "(until|till|til|to|before)", "out": "weeks_until"}]},
    "near": {
        "values": [
            *({"in": f"[the] {name.removeprefix('the ')}", "out": name} for name in days.RELATIVE if " " in name),
            *({"in": name, "out": name} for name in ("today", "tomorrow")),
        ]
    },
    "ahead": ahead_.LISTS_AHEAD["ahead"],
    "one": ahead_.LISTS_AHEAD["one"],
    "whether": {"values": [{"in": "is (it|today|it already)", "out": "whether"}]},
    "year": {"values": [{"in": "year", "out": "year"}]},
    "month_word": {"values": [{"in": "month", "out": "month"}]},
    "week": {"values": [{"in": "[calendar] week", "out": "week"}]},
}
_COUNTS: Final = frozenset(("days_until", "weeks_until"))  # what counts the days until one
_RULES: Final = {
    "whats": _WHATS,
    "ahead": ahead_.RULES_AHEAD["ahead"],
    "date": (
        "([the|today's|todays] [current|exact] date|the day|[the] day of the week|[the] weekday|[the] (day and date|"
        "date and day))"
    ),
    "day": (
        "({day:day}|[the] {day_of_month:day_of_month} [of] {month:month}|{month:month} [the] "
        "{day_of_month:day_of_month}|"
        "the {day_of_month:day_of_month}[ of (this|the) month])"
    ),
    "which": "(what|which|what's the|what is the|on what|on which)",
    "asked_day": "(day|date|weekday|day of the week|day of week|day of the month)",
}


@skill(
    "<whats> <date> [right now|of today|now]",
    "<whats> <date> [of|for|on] <day>",
    "(what is|what's|whats) {near:day}",
    "<whats> <date> (in <ahead>|<ahead> (from now|from today))",
    "<which> <asked_day> (is it|will it be|is|do we have) (in <ahead>|<ahead> (from now|from today))",
    "what was (the date|the day) [on] <day>",
    "<whats> (today's|todays|tomorrow's|tomorrows) (day|weekday)",
    "<whats> {day:day}['s] date",
    "<which> <asked_day> (is it|is today|do we have|are we|it is|are we on)",
    "<which> <asked_day> (is it|is|was|will it be|was it|will be|do we have|falls|does|on) [on] <day>[ (fall|be) [on]]",
    "(tell me|do you know) <which> <asked_day> (it is|<day> (is|was|will be)|it is on <day>)",
    "when is <day>",
    "(what|which) <asked_day> does <day> (fall|come|land) on",
    "on (what|which) <asked_day> (is|does|will|was) <day> [fall|be|come]",
    "{whether:ask} [a] {day:day} [today|already|yet]",
    "(date|today's date|todays date|the date|what date|what day|which day)",
    (
        "(how many days|how long|how many days is it|how long is it|how many more days|how many days are there|"
        "how many days do we have|how many days left|how many days are left|how many days remain|how much time|how "
        "many sleeps|how far is it|days) [left] {until:ask} <day>"
    ),
    "how (far|long) away is <day>",
    (
        "how many [more] weeks [is it|are there|are left|left|do we have|have we got|do i have|remain] "
        "{until_weeks:ask} <day>"
    ),
    "(what|which) {year:ask} (is it|is this|do we have|are we in)",
    "<whats> [the] [current] {year:ask}",
    "(what|which) {month_word:ask} (is it|is this|do we have|are we in)",
    "<whats> [the] [current] {month_word:ask}",
    "(what|which) {week:ask} [of the year] (is it|is this|do we have|are we in)",
    "<whats> [the] [current] {week:ask} [number|of the year]",
    lists=_LISTS,
    rules=_RULES,
    read_only=True,
    examples=(
        "what is the date",
        "what day is it tomorrow",
        "what is the date on friday",
        "what day is the third of may",
        "how many days until christmas",
    ),
    translations=languages.DATE,
)
def date(
    ctx: Context,
    day: Annotated[str, Meta(description="today, tomorrow, a weekday, next and a weekday, or a holiday")] = "today",
    day_of_month: Annotated[int, Meta(ge=1, le=31)] | None = None,
    month: Annotated[int, Meta(ge=1, le=12)] | None = None,
    ahead: Annotated[int, Meta(ge=1, le=36_500, description="days from today")] | None = None,
    ask: Literal["date", "days_until", "weeks_until", "year", "month", "week", "whether"] = "date",
) -> Reply | None:
    """Tell the date, or how many days are left until one."""
    today = ctx.now.date()
    asked: dt.date | None
    if ahead is not None:
        asked, name = today + dt.timedelta(days=ahead), "that"
    elif day_of_month is None:
        asked = days.named(day, today)
        if asked is None:
            return None
        name = _titled(day)
    else:
        asked = days.next_date(month, day_of_month, today)
        if asked is None:
            none = f"{spoken.MONTHS[(month or 1) - 1]} has no such day."
            return Reply(languages.NO_SUCH_DAY.get(ctx.language, none), value={"date": None})
        name = ""
    value: dict[str, Any] = {"date": asked.isoformat(), "weekday": spoken.WEEKDAYS[asked.weekday()].lower()}
    left = (asked - today).days
    if ask in _COUNTS:
        value |= {"days": left}
    if ask == "whether":
        value = {"is": left == 0, "date": today.isoformat(), "weekday": spoken.WEEKDAYS[today.weekday()].lower()}
        now = _sentence(today, "today", today) if ctx.language == "en" else languages.date(today, today, ctx.language)
        return Reply(f"{languages.YES_NO[ctx.language][left != 0]} {now}", value=value)
    if ctx.language != "en":
        return Reply(_foreign(ask, asked, today, ctx.language), value=value)
    if ask in _COUNTS:
        in_weeks = ask == "weeks_until" and left >= 7
        until = (name or spoken.date(asked)).replace("Next", "next")  # within the sentence
        return Reply((_weeks_until if in_weeks else _until)(left, until), value=value)
    if ask != "date":
        return Reply(_calendar(ask, today), value=value)
    return Reply(_sentence(asked, name, today), value=value)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(clock)
    registry.add(date)


def _foreign(ask: str, asked: dt.date, today: dt.date, language: str) -> str:
    if ask in _COUNTS:
        return languages.until((asked - today).days, language)
    if ask == "date":
        return languages.date(asked, today, language)
    return languages.calendar(ask, today, language)


def _titled(name: str) -> str:
    return name if name in days.RELATIVE else " ".join(word.capitalize() for word in name.split())


def _sentence(asked: dt.date, name: str, today: dt.date) -> str:
    weekday, date_words = spoken.WEEKDAYS[asked.weekday()], spoken.date(asked)
    verb = "was" if asked < today else "is"
    if not name:  # asked by its number: the weekday is what was wanted
        return f"{_capital(spoken.date(asked, year=asked.year != today.year))} is a {weekday}."
    if name in {weekday, f"Next {weekday}"}:
        return f"{name} {verb} {date_words}."
    date_words = spoken.date(asked, year=name == "that" and asked.year != today.year)
    return f"{_capital(name)} {verb} {weekday}, {date_words}."


def _until(left: int, name: str) -> str:
    if left == 0:
        return f"{_capital(name)} is today."
    if left < 0:
        return f"{_capital(name)} is over."
    days_left = "is one day" if left == 1 else f"are {left} days"
    return f"There {days_left} left until {name}."


def _weeks_until(left: int, name: str) -> str:
    weeks, rest = divmod(left, 7)
    said = "one week" if weeks == 1 else f"{weeks} weeks"
    if rest:
        said += " and one day" if rest == 1 else f" and {rest} days"
    return f"There {'is' if weeks == 1 else 'are'} {said} left until {name}."


def _calendar(ask: str, today: dt.date) -> str:
    if ask == "year":
        return f"It's {today.year}."
    if ask == "month":
        return f"It's {spoken.MONTHS[today.month - 1]}."
    return f"It's week {today.isocalendar().week} of the year."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
