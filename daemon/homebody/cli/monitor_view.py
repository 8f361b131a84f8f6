"""What the monitor shows, from events and gauges. Pure: they go in, lines come out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from rich.text import Text

from homebody.ledger import LEGS
from homebody.messages import Event

TURNS: Final = 8
PROBLEMS: Final = 4
WORDS_LINES: Final = 3
FLOOR_DBFS: Final = -60.0  # the left end of the level meter
SPANS: Final = (  # between the legs of a turn up to the first sample: what took the time, and its colour
    ("silence", "grey50"),
    ("words", "cyan"),
    ("route", "yellow"),
    ("answer", "magenta"),
    ("voice", "green"),
    ("sound", "blue"),
)
STATES: Final = {
    "asleep": ("asleep", "grey50"),
    "listening": ("listening", "bold green"),
    "hearing": ("hearing somebody", "bold cyan"),
    "thinking": ("thinking", "bold magenta"),
    "speaking": ("speaking", "bold blue"),
    "deaf": ("deaf", "bold red"),
    "muted": ("muted", "bold red"),
}
EVENTS: Final = ("voice.", "turn.", "problem.", "service.")


@dataclass
class View:
    """What is known. `event` and `look` change it; the other methods only read it."""

    state: str = ""
    reason: str = ""
    gauges: dict[str, Any] = field(default_factory=dict)
    absent: str = ""
    heard: str = ""
    refused: str = ""
    language: str = ""
    said: str = ""
    route: str = ""
    tokens: int | None = None
    turns: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=TURNS))
    problems: dict[str, str] = field(default_factory=dict)

    def event(self, event: Event) -> None:
        """Something happened."""
        data = event.data
        match event.name:
            case "voice.state":
                self.state, self.reason = str(data.get("state", "")), str(data.get("reason", ""))
            case "voice.heard":
                self.heard, self.refused = str(data.get("text", "")), str(data.get("refused", ""))
                self.language, self.said, self.route, self.tokens = str(data.get("language", "")), "", "", None
            case "voice.said":
                self.said = str(data.get("text", ""))
            case "turn.ended":
                self.turns.appendleft(data)
                name = data.get("route_name") or ""
                self.route = f"{data.get('route_kind', '')} {name}".strip() or self.route
            case "problem.raised":
                self.problems[str(data.get("part", ""))] = str(data.get("problem", ""))
            case "problem.cleared":
                self.problems.pop(str(data.get("part", "")), None)
            case "service.lost" if data.get("service") == "voice":
                self.gauges, self.state = {}, ""
                self.problems.clear()

    def look(self, gauges: Mapping[str, Any]) -> None:
        """What the voice's gauges show."""
        self.gauges, self.absent = dict(gauges), ""
        self.state = str(gauges.get("state", self.state))
        route = gauges.get("route")
        if isinstance(route, Mapping):
            language = f" in {route['language']}" if route.get("language") else ""
            self.route = f"{route.get('kind', '')} {route.get('name', '')}{language}".strip()
            self.tokens, self.said = gauges.get("tokens"), str(gauges.get("said", ""))

    def gone(self, why: str) -> None:
        """The voice cannot be looked at."""
        self.gauges, self.absent = {}, why

    def now(self, width: int) -> Text:
        """State and meters."""
        name, style = STATES.get(self.state, (self.state or "no voice", "grey50"))
        text = Text.assemble(
            (f"{'state':10}", "bold"), (name, style), (f"  {self.reason}" if self.reason else "", "red"), "\n"
        )
        if self.absent:
            text.append(f"{'':10}{self.absent}\n", "yellow")
        level = self.gauges.get("level_dbfs")
        share = None if level is None else (level - FLOOR_DBFS) / -FLOOR_DBFS
        text.append(_meter("level", share, "" if level is None else f"{level:.0f} dBFS", width, "green"))
        speech = self.gauges.get("speech")
        text.append(_meter("speech", speech, "" if speech is None else f"{speech:.2f}", width, "cyan"))
        wake = self.gauges.get("wake")
        for word, probability in (wake if isinstance(wake, Mapping) else {}).items():
            text.append(_meter(word, probability, f"{probability:.2f}", width, "magenta"))
        text.right_crop(1)
        return text

    def talk(self, width: int = 1000) -> Text:
        """What is heard and answered; of what is longer than `WORDS_LINES` the end, which is what grows."""
        partial = str(self.gauges.get("partial") or "")
        hearing = self.state in {"hearing", "listening", "thinking"} and partial not in {"", self.heard}
        words = _end_of(partial if hearing else self.heard, width)
        text = Text.assemble((f"{'heard':10}", "bold"), (words or "-", "italic" if hearing else ""))
        if hearing and self.state != "thinking":
            text.append(" ...", "grey50")
        elif self.refused:
            text.append(f"(not acted on: {self.refused.replace('_', ' ')})", "yellow")
        elif self.language and self.heard:
            text.append(f"  ({self.language})", "grey50")
        text.append(f"\n{'route':10}", "bold").append(self.route or "-")
        if self.tokens:
            text.append(f"  {self.tokens} {'token' if self.tokens == 1 else 'tokens'}", "grey50")
        return text.append(f"\n{'said':10}", "bold").append(_end_of(self.said, width) or "-")

    def times(self, width: int, rows: int = TURNS) -> Text:
        """Where the milliseconds of the last turns went, from the end of speech to the first sound; one scale."""
        text = Text()
        for name, style in SPANS:
            text.append("■ ", style).append(f"{name}  ")
        text.append("\n")
        if not self.turns:
            return text.append("no turn yet", "grey50")
        shown = [(turn, spans(turn)) for turn in list(self.turns)[:rows]]
        longest_ms = max((sum(row) for _, row in shown), default=0.0) or 1.0
        room = max(10, width - 34)
        for turn, row in shown:
            total_ms = sum(row)
            name = str(turn.get("route_name") or turn.get("outcome") or "")
            text.append(f"{name[:14]:14} {total_ms:6.0f} ms  " if total_ms else f"{name[:14]:14} {'-':>9}  ")
            for (_, style), cells in zip(SPANS, _cells(row, room * total_ms / longest_ms), strict=True):
                text.append("█" * cells, style)
            outcome = turn.get("outcome", "")
            text.append("\n" if outcome == "answered" else f"  {outcome} {turn.get('reason', '')}".rstrip() + "\n")
        text.right_crop(1)
        return text

    def wrong(self) -> Text:
        """Problems; empty where there are none."""
        lines = [problem if not part else f"{part}: {problem}" for part, problem in self.problems.items()]
        return Text("\n".join(f"! {line}" for line in lines[:PROBLEMS]), "yellow")


def lines(text: Text, width: int) -> int:
    """How many rows of a screen it takes; words that are wrapped may take one more each."""
    return sum(max(1, -(-len(line) // max(1, width))) for line in text.plain.splitlines()) or 1


def _end_of(words: str, width: int) -> str:
    limit = max(20, WORDS_LINES * (width - 12))
    return words if len(words) <= limit else f"... {words[len(words) - limit + 4 :].lstrip()}"


def spans(turn: Mapping[str, Any]) -> list[float]:
    """The milliseconds of each of `SPANS`; a leg that did not happen took none."""
    took, before = [], 0.0
    for leg in LEGS[: len(SPANS)]:
        at = turn.get(leg)
        at_ms = max(before, float(at)) if isinstance(at, int | float) else before
        took.append(at_ms - before)
        before = at_ms
    return took


def _cells(parts: list[float], width: float) -> list[int]:
    """Whole cells for each part, in all as many as ``width`` rounded: each border is rounded, not each part."""
    total = sum(parts)
    if not total:
        return [0] * len(parts)
    borders, at = [0], 0.0
    for part in parts:
        at += part
        borders.append(round(width * at / total))
    return [after - before for before, after in pairwise(borders)]


def _meter(name: str, share: float | None, reading: str, width: int, style: str) -> Text:
    room = max(10, width - 24)
    filled = 0 if share is None else round(room * min(1.0, max(0.0, share)))
    text = Text.assemble((f"{name[:9]:10}", "bold"), ("█" * filled, style), ("░" * (room - filled), "grey37"))
    return text.append(f" {reading or '-'}\n")
