"""The `homebody.skill.Context` that skills are given in the worker: every wish is a call to the router."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from homebody.skill import Picture, Scheduled, SessionView, Skill, SkillInfo

Caller = Callable[[int, str, list[Any]], Any]
"""run, method, arguments -> value; blocks; raises `SkillFailed` when the router refuses."""


class WorkerContext:
    """What one run may do.

    Args:
        call: Reaches the router.
        run: The run these calls belong to; the router refuses them once it has ended.
        plugin: Whose store and schedule. For the reader: the router knows it from the run.
        loaded: All skills of this worker, by name.
        now: Aware, in the person's time zone.
        text: The words that were matched; empty for a handler.
        session: The last exchange; empty for a handler.
        language: Of the sentence that was matched.
    """

    def __init__(
        self,
        call: Caller,
        run: int,
        plugin: str,
        loaded: Mapping[str, Skill],
        *,
        now: dt.datetime,
        text: str = "",
        session: SessionView | None = None,
        language: str = "en",
    ) -> None:
        self.plugin = plugin
        self.now = now
        self.text = text
        self.language = language
        self.session = session or SessionView()
        self._call, self._run, self._loaded = call, run, loaded
        self.store = _Store(self._ask)
        self.schedule = _Schedule(self._ask, now)
        self.voice = _Voice(self._ask)
        self.pictures = _Pictures(self._ask, now)
        self.screen = _Screen(self._ask)

    @functools.cached_property
    def skills(self) -> Sequence[SkillInfo]:
        """All skills that are loaded and not quarantined. Only their names come from the router: with their sentences
        in all languages they are half a megabyte."""
        return tuple(self._loaded[name].info for name in self._ask("skills") if name in self._loaded)

    def announce(self, text: str, language: str = "en") -> None:
        """Say this as soon as possible."""
        self._ask("announce", text, language)

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to everyone who follows."""
        self._ask("publish", name, dict(data))

    def _ask(self, method: str, *arguments: Any) -> Any:
        return self._call(self._run, method, list(arguments))


Ask = Callable[..., Any]


class _Store:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def get(self, key: str, default: Any = None) -> Any:
        found, value = self._ask("store.get", key)
        return value if found else default

    def set(self, key: str, value: Any) -> None:
        self._ask("store.set", key, value)

    def delete(self, key: str) -> None:
        self._ask("store.delete", key)


class _Schedule:
    def __init__(self, ask: Ask, now: dt.datetime) -> None:
        self._ask, self._now = ask, now

    def add(self, due_at: dt.datetime, handler: str, data: Mapping[str, Any]) -> Scheduled:
        return self._scheduled(self._ask("schedule.add", due_at.isoformat(), handler, dict(data)))

    def pending(self, handler: str) -> Sequence[Scheduled]:
        return [self._scheduled(row) for row in self._ask("schedule.pending", handler)]

    def cancel(self, id: int) -> bool:
        return bool(self._ask("schedule.cancel", id))

    def _scheduled(self, row: Any) -> Scheduled:
        id_, handler, due_at, data = row
        return Scheduled(id_, handler, dt.datetime.fromisoformat(due_at).astimezone(self._now.tzinfo), data)


class _Voice:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def stop(self) -> None:
        self._ask("voice.stop")

    def volume(self, value: float | str | None = None) -> float:
        return float(self._ask("voice.volume", value))

    def speed(self, value: float | str | None = None) -> float:
        return float(self._ask("voice.speed", value))

    def mute(self, muted: bool) -> None:
        self._ask("voice.mute", muted)

    def mute_microphone(self, muted: bool) -> None:
        self._ask("voice.mute_microphone", muted)


class _Pictures:
    def __init__(self, ask: Ask, now: dt.datetime) -> None:
        self._ask, self._now = ask, now

    def search(self, words: str, limit: int = 3) -> tuple[Sequence[Picture], int]:
        rows, total = self._ask("pictures.search", words, limit)
        return [Picture(path, caption, self._moment(at)) for path, caption, at in rows], total

    def show(self, path: str) -> None:
        self._ask("pictures.show", path)

    def waiting(self) -> tuple[int, int]:
        waiting, captioned = self._ask("pictures.waiting")
        return int(waiting), int(captioned)

    def _moment(self, at: str | None) -> dt.datetime | None:
        return dt.datetime.fromisoformat(at).astimezone(self._now.tzinfo) if at else None


class _Screen:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def ask(self, question: str) -> str:
        return str(self._ask("screen.ask", question))

    def take(self) -> str:
        return str(self._ask("screen.take"))
