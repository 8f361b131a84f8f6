"""A Context in memory that keeps the promises of homebody.skill's Protocols, for tests of skills without a daemon."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from homebody.skill import Due, Picture, Registry, Reply, Scheduled, SessionView, SkillFailed, SkillInfo, as_reply

START = dt.datetime(2026, 11, 22, 16, 20, tzinfo=dt.timezone(dt.timedelta(hours=1)))  # a Sunday


class FakeStore:
    """JSON values by key, as text, so that nothing is shared with the caller."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self._values[key]) if key in self._values else default

    def set(self, key: str, value: Any) -> None:
        text = json.dumps(value)
        if len(text) > 64 * 1024:
            raise ValueError("more than 64 KiB")
        self._values[key] = text

    def delete(self, key: str) -> None:
        self._values.pop(key, None)


class FakeSchedule:
    def __init__(self) -> None:
        self.rows: dict[int, Scheduled] = {}
        self._last_id = 0

    def add(self, due_at: dt.datetime, handler: str, data: Mapping[str, Any]) -> Scheduled:
        if due_at.tzinfo is None:
            raise ValueError("due_at must be aware")
        self._last_id += 1
        row = Scheduled(self._last_id, handler, due_at, json.loads(json.dumps(dict(data))))
        self.rows[row.id] = row
        return row

    def pending(self, handler: str) -> Sequence[Scheduled]:
        return sorted((r for r in self.rows.values() if r.handler == handler), key=lambda r: (r.due_at, r.id))

    def cancel(self, id: int) -> bool:
        return self.rows.pop(id, None) is not None


class FakeVoice:
    """A loudspeaker; ``attached = False`` behaves as a house without a voice."""

    def __init__(self, *, attached: bool = True) -> None:
        self.attached = attached
        self.percent = 50.0
        self.muted = self.microphone_muted = False
        self.speed_percent = 100.0
        self.stopped = 0

    def _need(self) -> None:
        if not self.attached:
            raise SkillFailed("No voice is attached.", "Start it with `homebody run`.")

    def stop(self) -> None:
        self._need()
        self.stopped += 1

    def volume(self, value: float | str | None = None) -> float:
        self._need()
        if isinstance(value, str):
            self.percent += float(value)
        elif value is not None:
            self.percent = float(value)
        self.percent = min(max(self.percent, 0.0), 100.0)
        return self.percent

    def speed(self, value: float | str | None = None) -> float:
        self._need()
        if value is not None:
            self.speed_percent = float(value) + (self.speed_percent if isinstance(value, str) else 0.0)
        self.speed_percent = min(max(self.speed_percent, 50.0), 200.0)
        return self.speed_percent

    def mute(self, muted: bool) -> None:
        self._need()
        self.muted = muted

    def mute_microphone(self, muted: bool) -> None:
        self._need()
        self.microphone_muted = muted


class FakePictures:
    """A gallery of ``hung`` pictures: those whose caption has all the words that are longer than three letters."""

    def __init__(self) -> None:
        self.hung: list[Picture] = []
        self.shown: list[str] = []
        self.refuses = self.refusal = ""

    def search(self, words: str, limit: int = 3) -> tuple[Sequence[Picture], int]:
        wanted = [word for word in words.lower().split() if len(word) > 2 and word not in {"the", "from"}]
        found = [one for one in self.hung if all(word in one.caption.lower() for word in wanted)]
        return found[:limit], len(found)

    def show(self, path: str) -> None:
        if self.refuses:
            raise SkillFailed(self.refuses, refusal=self.refusal)
        self.shown.append(path)

    def waiting(self) -> tuple[int, int]:
        if self.refuses:
            raise SkillFailed(self.refuses, refusal=self.refusal)
        return 0, len(self.hung)


class FakeScreen:
    """A screen of which everything can be asked; ``refuses``: why not."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = self.refusal = ""

    def ask(self, question: str) -> str:
        if self.refuses:
            raise SkillFailed(self.refuses, refusal=self.refusal)
        self.asked.append(question)
        return "A terminal with an error."

    def take(self) -> str:
        if self.refuses:
            raise SkillFailed(self.refuses, refusal=self.refusal)
        return "/home/anna/Pictures/Screenshots/homebody.png"


class FakeContext:
    """Everything a skill may do, with what it did left to look at in ``announced`` and ``published``."""

    def __init__(self, registry: Registry | None = None, *, voice: bool = True) -> None:
        self.registry = registry or Registry()
        self.now = START
        self.text = ""
        self.language = "en"
        self.session = SessionView()
        self.stores: dict[str, FakeStore] = {}
        self.plugin = ""  # whose turn it is
        self.schedule = FakeSchedule()
        self.voice = FakeVoice(attached=voice)
        self.pictures = FakePictures()
        self.screen = FakeScreen()
        self.announced: list[str] = []
        self.published: list[tuple[str, dict[str, Any]]] = []

    @property
    def store(self) -> FakeStore:
        return self.stores.setdefault(self.plugin, FakeStore())

    @property
    def skills(self) -> Sequence[SkillInfo]:
        return [s.info for s in self.registry.skills.values()]

    def announce(self, text: str, language: str = "en") -> None:
        self.announced.append(text)

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        self.published.append((name, json.loads(json.dumps(dict(data)))))

    def call(self, name: str, /, **slots: Any) -> Reply:
        """Run a skill as the host does: slots validated, the result made a Reply that can travel as JSON."""
        self.plugin = self.registry.skills[name].info.plugin
        reply = self.registry.skills[name].call(self, slots)
        json.dumps(reply.value)
        return reply

    def pass_time(self, seconds: float, *, away: bool = False) -> None:
        """Let time pass; what comes due is handled on time, or, while nobody runs (``away``), late at the end."""
        end = self.now + dt.timedelta(seconds=seconds)
        while due_rows := [row for row in self.schedule.rows.values() if row.due_at <= end]:
            row = min(due_rows, key=lambda r: (r.due_at, r.id))
            self.now = end if away else max(row.due_at, self.now)
            plugin = self.plugin = next(p for p, h in self.registry.handlers if h == row.handler)
            due = Due(row, (self.now - row.due_at).total_seconds())
            said = as_reply(self.registry.handlers[plugin, row.handler](self, due)).text
            if said:
                self.announce(said)
            self.schedule.cancel(row.id)
        self.now = end
