"""How people talk about timers: the sentence templates, in hassil's syntax."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from homebody.skill import NTH

# A name is what is left between words we know, so it must not itself look like a part of the command.
_NO_FIRST_WORD: Final = (
    "the|my|a|an|our|some|your|this|that|set|start|make|create|begin|add|run|give|get|put|do|i|can|could|please|cancel|"
    "who|why|where|whose|stop|delete|remove|clear|end|kill|pause|resume|continue|check|hello|hey|okay|computer|"
    "how|when|tell|show|turn|time"
)
_NO_WORD: Final = (
    "timers?|alarms?|reminders?|hours?|minutes?|seconds?|half|another|other|new|one|all|both|every|each|it|more|up|off|"
    "down|on|is|are|in|to|at|what|which|called|named|for|running|still|first|last|next|of|left|the|my"
)
NAME: Final = (
    rf"^(?!(?:{_NO_FIRST_WORD})\b)(?!.*\b(?:{_NO_WORD})\b)[^\W\d_][^\W\d_']*(?: [^\W\d_][^\W\d_']*){{0,3}}$|^$"
)

LISTS: Final = {
    "nth": NTH["en"],
    "name": {"wildcard": True},
    "hours": {"wildcard": True},
    "minutes": {"wildcard": True},
    "seconds": {"wildcard": True},
    "bare": {"range": {"from": 1, "to": 59}},  # "one hour thirty"
    "and_part": {
        "values": [
            {"in": "and [a|1] half", "out": 0.5},
            {"in": "and a quarter", "out": 0.25},
            {"in": "and (3|three) quarters", "out": 0.75},
        ]
    },
    "every": {
        "values": [
            {
                "in": "(all|every|each|both) [1] [of] [the|my|our|them|those|of them] [running] [timer|timers]",
                "out": True,
            },
            {"in": "[the|my|our] timers", "out": True},
            {"in": "everything [that is] (running|timed)", "out": True},
        ]
    },
    "more": {"values": [{"in": "[more] (to|on|onto)", "out": True}]},
    "known": {"values": [{"in": "(long|much longer|much time|(long|much time|much longer) is left)", "out": True}]},
    "count": {"range": {"from": 1, "to": 999}},  # in the unit of the timer that is corrected
    "another": {"values": [{"in": "(another [1|one]|1 more|one more|1|one)", "out": True}]},
    "all_of_them": {"values": [{"in": "(all|both) [of them|timers|of the timers]", "out": True}]},
}


def lengths(rules: Mapping[str, str], *slots: str) -> dict[str, str]:
    """The rules of a length once more for each of these slots: ``<to_length>`` fills the slot ``to``."""

    def of(slot: str, text: str) -> str:
        return re.sub(r"<([hms])>", rf"<{slot}_\1>", text).replace(":seconds_x", f":{slot}_x")

    return {f"{slot}_{key}": of(slot, rules[key]) for slot in slots for key in ("h", "m", "s", "length")}


RULES: Final = {
    "h": "{hours:seconds_x3600} (hour|hours|hr|hrs)[ {and_part:seconds_x3600}]",
    "m": "{minutes:seconds_x60} (minute|minutes|min|mins)[ {and_part:seconds_x60}]",
    "s": "{seconds:seconds_x1} (second|seconds|sec|secs)",
    "length": (
        "(<h>[ [and] <m>][ [and] <s>]|{hours:seconds_x3600} (hour|hours) [and] {bare:seconds_x60}|"
        "{minutes:seconds_x60} (minute|minutes) [and] {bare:seconds_x1}|<m>[ [and] <s>]|<s>)"
    ),
    "the": "[the|my|a|an|our|that|this|another|another 1|1|a new|1 more|an additional|a second|the second]",
    "set": (
        "(set|set up|start|put|make|create|begin|add|run|give me|put on|get me|do|i need|i want|i'd like|i would "
        "like|"
        "can i have|can i get|could i have|let's have|let's do|have|new) <the>"
    ),
    "for": "[for|of|to|with|at|lasting|that lasts|that runs|that goes off in|that rings in|in]",
    "named": "((called|named|labeled|labelled|with the name|and call it|and name it|call it|name it|titled) "
    "[the|my|a|an]|for (the|my|our)|for) {name}",
    "cancel": "(cancel|stop|delete|remove|clear|end|kill|quit|abort|dismiss|drop|forget|discard|turn off|switch off|"
    "shut off|get rid of|reset)",
    "whats": "(what is|what's|whats)",
    "one": "(<the> timer|<the> {name} timer|<the> <length> timer|<the> timer (called|named|for [the|my]) {name}|"
    "<the> timer for <length>)",
    "done": "(done|over|up|finished|ready|ringing|going off|due)",
    "rings": "(rings|goes off|ends|finishes|runs out|is <done>|is complete|beeps|stops|expires)",
    "ring": "(ring|go off|end|finish|run out|be <done>|beep|stop|expire)",
}
CHANGING: Final = (
    RULES
    | lengths(RULES, "to", "by", "less")
    | {
        "no": "(no|nope|no no|no wait|wait|wait no|sorry|no sorry|oops|actually|no actually|rather|or rather|"
        "[no|sorry|sorry no] (i mean|i meant|i said|make (it|that)))",
    }
)

SET: Final = (
    "<set> timer <for> <length>[ <named>]",
    "<set> timer <named> <for> <length>",
    "<set> <length> timer[ <named>]",
    "<set> <length> {name} timer",
    "<set> {name} timer <for> <length>",
    "put <the> timer on <for> <length>",
    "put <the> {name} timer on <for> <length>",
    "<set> timer for (the|my|our) {name} <for> <length>",
    "<set> timer for {minutes:seconds_x60}",
    "<the> timer <for> <length>[ <named>]",
    "<the> <length> timer <named>",
    "[a|another|new|a new|start|set] <length> timer",
    "<the> {name} timer <for> <length>",
    "(count down|countdown|start [a] (countdown|count down)|set a countdown) [from|for|of] <length>",
    (
        "(let me know|tell me|call me|ring|beep|ping me|alert me|notify me) (when|after|once|in) <length>"
        "[ (are|is|have|has|'s) (up|over|passed|gone|done|gone by)]"
    ),
    "time <length>[ for me]",
    "<set> timer",
    "<set> timer <named>",
    "<set> {name} timer",
)

CANCEL: Final = (
    "<cancel> [all of] <one>",
    "<cancel> {every:every}",
    "<cancel> (the|that|my) {nth:nth} (one|timer)",
    "(turn|switch|shut) <one> off",
    "(turn|switch|shut) {every:every} off",
    "i (don't|do not) need (<one>|{every:every}) (anymore|any more|any longer)",
    "(no|no more) timers",
)

QUERY: Final = (
    (
        "how (much time|long|much|many minutes|many seconds|much longer) (is|are|remains|remain|do i have|have i got|"
        "has|do we have|does|is there) [got|have] (left|remaining|to go|still left)[ (on|for|in|of|until|with) <one>]"
    ),
    (
        "how (much time|long|much|many minutes|many seconds|much longer) (does|has|is|will|do) <one> "
        "[have|got|still have] [left|remaining|to go|take|run|going to take|going to run]"
    ),
    (
        "how (much time|long|much longer) (until|till|before|to|is it until|is it till|for|on) <one>"
        "[ <rings>| is left| to <ring>]"
    ),
    "how (much|much time|long) (remains|is remaining|left)[ (on|for|in|of) <one>]",
    "how {known:known} (on|for|until|till) [the|my] {name}[ (<rings>|to go|left)]",
    "how much longer[ (on|for|until|till|with) <one>[ <rings>]]",
    "(time left|time remaining|remaining time)[ (on|for|of|in) <one>]",
    "<whats> (left|remaining|the time left|the remaining time|the time remaining|the status) (on|for|of|in) <one>",
    "(check|check on|show|show me|read|tell me about|status of) <one>",
    "how (is|are) <one> (doing|going|looking|coming along)",
    "(what|which) timers (are|are there|do i have|do we have|have i) [running|set|active|going|on|left|got]",
    "<whats> (my|the) timers",
    "how many timers (are|do i have|are there|have i|do we have) [running|set|active|going|on|left|got]",
    "(list|show|show me|read|read out|tell me|check|give me|what about) [all] [of] [the|my] timers",
    "(is|are) (there|any|<one>|[the|my|any] timers) [any|a] [timer|timers] [still] (running|on|active|going|set)",
    "(is there|are there) (any timers|a timer|timers) [running|set|active|going|on]",
    "do (i|we) have (any timers|a timer|timers) [running|set|active|going|on]",
    "when (will|does|is|do) <one> (<ring>|<done>|going to <ring>)",
    "is <one> [still] (running|on|active|going|<done>|paused) [yet|already]",
    "(timer status|timers|timer|status of [the|my] timers)",
)

# Answers to "For how long?" and "Which one?".
ANSWER: Final = (
    "[for|make it|let's say|about|say] <length>",
    "{all_of_them:every}",
    "(the|that|my) {nth:nth} [one|timer]",
    "[the|my] {name} timer",
    "(the|my) {name} one",
    "(the|my) <length> (timer|one)",
)

PAUSE: Final = ("(pause|hold|freeze|suspend|halt) [all] <one>", "put <one> on (hold|pause)")
RESUME: Final = (
    "(resume|continue|unpause|restart|go on with|carry on with) [all] <one>",
    "let <one> (continue|run on|run again)",
)

CHANGE: Final = (
    "(change|adjust|correct|switch) <one> to <to_length>",
    "(add|put) [another] <by_length> [more] (to|on|onto) <one>",
    "(add|put) [another] <by_length> {more:known} [the|my|our] {name}",
    "give <one> [another] <by_length> [more]",
    "give <one> {minutes:by_x60} more (minute|minutes)",
    "(extend|lengthen|prolong) <one> by <by_length>",
    "make <one> <by_length> longer",
    "(shorten|reduce) <one> by <less_length>",
    "make <one> <less_length> shorter",
    "(take|remove|subtract) <less_length> (off|from|off of) <one>",
)

# What follows an answer that was given too early, or was not what was meant.
CORRECT: Final = (
    "(and|plus|and another|add|add another|give it|give it another) <by_length> [more] [to (it|that)]",
    "(add|plus) {count:by_count} [more] [to (it|that)]",
    "[and|add|give it] {minutes:by_x60} more (minute|minutes)",
    "<by_length> longer",
    "<less_length> (shorter|less)",
    "[<no>] (make|change) (it|that|this) [to|into] <to_length>",
    "[<no>] (make|change) (it|that|this) [to|into] {count:to_count}",
    "<no> [for|to] {count:to_count}",
    "{count:to_count} (instead|rather|i mean|i meant)",
    "[and] [set|start] {another:another} [for|of] <to_length>[ for (the|my|our) {name}]",
    "[and] [set|start] {another:another} for (the|my|our) {name} [for|of] <to_length>",
    "<no> [for|to] <to_length>",
    "<to_length> (instead|rather|i mean|i meant)",
    "[<no>] not [for] <length> [but|but for|for] <to_length>",
    "(and|please) (call|name) (it|that|this|the timer) {name}",
    "(call|name) (it|that|this|the timer) {name}",
    "[and] (called|named) {name}",
    "[and] for (the|my|our) {name}",
)
