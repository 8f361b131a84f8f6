"""What skills get from the router: the calls of `homebody.skill.Context`, carried out."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from homebody.errors import SkillFailed
from homebody.messages import Done, Found, Search
from homebody.router.memory import Memory
from homebody.skill import Scheduled, SkillInfo

EVENT_LIMIT_BYTES: Final = 16 * 1024
LOOK_LIMIT_S: Final = 4.0
SEE_LIMIT_S: Final = 110.0  # a person may have to allow the picture, and a model to be loaded; the run ends before


class Household(Protocol):
    """What the house does for skills. The router implements it."""

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to everyone who follows. Does not block."""

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        """Have the voice service do something; ``value`` of the `Done` says how things are then
        (``volume_percent``).

        Raises:
            RemoteFailure: ``no_voice`` where none is attached.
        """

    async def control_gallery(self, action: str, value: str | None = None, *, limit_s: float) -> Done:
        """Have the gallery do something.

        Raises:
            RemoteFailure: ``not_found`` where none is attached.
        """

    async def find_pictures(self, search: Search) -> Found:
        """Search the captions."""

    def announce(self, text: str) -> None:
        """This announcement has been stored: say it when there is a voice. Does not block."""


class Visit(msgspec.Struct):
    """Whose call it is, and what is held back until a due handler's work is safely recorded.

    Attributes:
        plugin: Whose store and schedule.
        held: For a handler: its announcements and events wait here, so that neither is doubled when it has to be called
            again; None for a skill, whose calls take effect at once.
    """

    plugin: str
    held: Held | None = None


class Held(msgspec.Struct):
    """What a due handler announced (words and their language) and published, in order."""

    announcements: list[tuple[str, str]] = msgspec.field(default_factory=list)
    events: list[tuple[str, dict[str, Any]]] = msgspec.field(default_factory=list)


class House:
    """Carries out calls. Memory is used in threads: a commit waits for the disk.

    Args:
        household: The rest of the house.
        memory: Where things are kept.
        skills: The skills on offer now.
        on_schedule: Called when something was scheduled or taken back.
    """

    def __init__(
        self,
        household: Household,
        memory: Memory,
        skills: Callable[[], Sequence[SkillInfo]],
        on_schedule: Callable[[], None],
    ) -> None:
        self._household, self._memory = household, memory
        self._skills, self._on_schedule = skills, on_schedule
        self._methods: dict[str, Callable[..., Awaitable[Any]]] = {
            "store.get": self._store_get,
            "store.set": self._store_set,
            "store.delete": self._store_delete,
            "schedule.add": self._schedule_add,
            "schedule.pending": self._schedule_pending,
            "schedule.cancel": self._schedule_cancel,
            "announce": self._announce,
            "publish": self._publish,
            "voice.stop": self._voice_stop,
            "voice.volume": self._voice_volume,
            "voice.speed": self._voice_speed,
            "voice.mute": self._voice_mute,
            "voice.mute_microphone": self._voice_mute_microphone,
            "pictures.search": self._pictures_search,
            "pictures.show": self._pictures_show,
            "pictures.waiting": self._pictures_waiting,
            "screen.ask": self._screen_ask,
            "screen.take": self._screen_take,
            "skills": self._list_skills,
        }

    async def do(self, visit: Visit, method: str, arguments: Sequence[Any]) -> Any:
        """Carry out one call.

        Raises:
            HomebodyError: It cannot be done, with a sentence for the person.
            ValueError, TypeError: The skill asked for something that makes no sense.
        """
        if method not in self._methods:
            raise SkillFailed(f"Skills cannot ask for {method}.")
        return await self._methods[method](visit, *arguments)

    async def _store_get(self, visit: Visit, key: str) -> tuple[bool, Any]:
        missing = object()
        value = await asyncio.to_thread(self._memory.get, visit.plugin, key, missing)
        return (False, None) if value is missing else (True, value)

    async def _store_set(self, visit: Visit, key: str, value: Any) -> None:
        await asyncio.to_thread(self._memory.set, visit.plugin, key, value)

    async def _store_delete(self, visit: Visit, key: str) -> None:
        await asyncio.to_thread(self._memory.delete, visit.plugin, key)

    async def _schedule_add(self, visit: Visit, due_at: str, handler: str, data: dict[str, Any]) -> tuple[Any, ...]:
        at = dt.datetime.fromisoformat(due_at)
        scheduled = await asyncio.to_thread(self._memory.schedule, visit.plugin, at, handler, data)
        self._on_schedule()
        return _row(scheduled)

    async def _schedule_pending(self, visit: Visit, handler: str) -> list[tuple[Any, ...]]:
        return [_row(one) for one in await asyncio.to_thread(self._memory.pending, visit.plugin, handler)]

    async def _schedule_cancel(self, visit: Visit, id: int) -> bool:
        cancelled = await asyncio.to_thread(self._memory.cancel, visit.plugin, id)
        self._on_schedule()
        return cancelled

    async def _announce(self, visit: Visit, text: str, language: str = "en") -> None:
        if not isinstance(text, str) or not text.strip():
            raise ValueError("an announcement is some words")
        if visit.held is not None:
            visit.held.announcements.append((text, language))
            return
        await asyncio.to_thread(self._memory.add, text, language=language)
        self._household.announce(text)

    async def _publish(self, visit: Visit, name: str, data: dict[str, Any]) -> None:
        if len(msgspec.json.encode(data)) > EVENT_LIMIT_BYTES:
            raise ValueError(f"an event holds at most {EVENT_LIMIT_BYTES} bytes")
        if visit.held is not None:
            visit.held.events.append((name, data))
        else:
            self._household.publish(name, data)

    async def _voice_stop(self, _: Visit) -> None:
        await self._household.control_voice("stop")

    async def _voice_volume(self, _: Visit, value: float | str | None) -> float:
        return await self._voice_percent("volume", value)

    async def _voice_speed(self, _: Visit, value: float | str | None) -> float:
        return await self._voice_percent("speed", value)

    async def _voice_percent(self, action: str, value: float | str | None) -> float:
        done = await self._household.control_voice(action, value)
        percent = (done.value or {}).get(f"{action}_percent")
        if not isinstance(percent, int | float):
            raise SkillFailed(f"The voice does not tell its {action}.")
        return percent

    async def _voice_mute(self, _: Visit, muted: bool) -> None:
        await self._household.control_voice("mute" if muted else "unmute")

    async def _voice_mute_microphone(self, _: Visit, muted: bool) -> None:
        await self._household.control_voice("mute_microphone" if muted else "unmute_microphone")

    async def _pictures_search(self, _: Visit, words: str, limit: int) -> tuple[list[tuple[Any, ...]], int]:
        found = await self._household.find_pictures(Search(id=None, query=words, limit=limit))
        rows = [(row.path, row.caption, row.taken_at.isoformat() if row.taken_at else None) for row in found.rows]
        return rows, found.total

    async def _pictures_show(self, _: Visit, path: str) -> None:
        await self._gallery("open", path, LOOK_LIMIT_S)

    async def _pictures_waiting(self, _: Visit) -> tuple[int, int]:
        value = await self._gallery("status", None, LOOK_LIMIT_S)
        return int(value.get("waiting", 0)), int(value.get("captioned", 0))

    async def _screen_ask(self, _: Visit, question: str) -> str:
        return str((await self._gallery("look", question, SEE_LIMIT_S)).get("said", ""))

    async def _screen_take(self, _: Visit) -> str:
        return str((await self._gallery("screenshot", None, SEE_LIMIT_S)).get("file", ""))

    async def _gallery(self, action: str, value: str | None, limit_s: float) -> dict[str, Any]:
        done = await self._household.control_gallery(action, value, limit_s=limit_s)
        return done.value or {}

    async def _list_skills(self, _: Visit) -> tuple[str, ...]:
        return tuple(info.name for info in self._skills())


def _row(scheduled: Scheduled) -> tuple[Any, ...]:
    return scheduled.id, scheduled.handler, scheduled.due_at.isoformat(), scheduled.data
