"""What is still to be said aloud: kept until a voice has said it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from homebody.errors import HomebodyError
from homebody.messages import Say
from homebody.router.service_link import ServiceLink

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
SAY_DEADLINE_S: Final = 120.0
LATE_S: Final = 90.0  # what waited longer for a voice is said to be from then
_UNITS: Final = (86_400, 3600, 60)
_FROM_THEN: Final = {  # what comes first, and the units in the order of _UNITS; always two of them or more
    "en": ("This is from {} {} ago.", ("days", "hours", "minutes")),
    "de": ("Das war vor {} {}.", ("Tagen", "Stunden", "Minuten")),
    "fr": ("C'était il y a {} {}.", ("jours", "heures", "minutes")),
    "es": ("Esto era hace {} {}.", ("días", "horas", "minutos")),
}


class Announcements(Protocol):
    """Where announcements are kept; `router.memory` keeps them on disk. Each call is one durable transaction
    and may block for some milliseconds; called in threads."""

    def waiting(self) -> Sequence[tuple[int, str, dt.datetime, str | None]]:
        """Id, words, time and language of each that was not spoken yet, oldest first."""

    def add(self, text: str, *, language: str | None = None) -> int:
        """Keep one; returns its id."""

    def spoken(self, id: int) -> None:
        """Forget one."""


def worded(text: str, at: dt.datetime, now: dt.datetime, language: str | None = None) -> str:
    """What is said of an announcement of ``at``: where it had to wait for a voice, that comes first."""
    waited_s = (now - at).total_seconds()
    if waited_s < LATE_S:
        return text
    template, units = _FROM_THEN.get(language or "en", _FROM_THEN["en"])
    sizes = zip(_UNITS, units, strict=True)
    size_s, unit = next(((size_s, unit) for size_s, unit in sizes if waited_s >= 1.5 * size_s), (_UNITS[-1], units[-1]))
    return f"{template.format(round(waited_s / size_s), unit)} {text}"


class Announcer:
    """Says what is kept, oldest first, whenever a voice is attached.

    Args:
        kept: Where it is kept.
        voice: Says it.
        now: The wall clock, aware.
    """

    def __init__(
        self,
        kept: Announcements,
        voice: ServiceLink,
        *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._kept, self._voice, self._now = kept, voice, now
        self._new = asyncio.Event()
        self._new.set()  # those kept from before this start

    def wake(self) -> None:
        """Something was added."""
        self._new.set()

    async def run(self) -> None:
        """Deliver for ever. One that fails to be said stays, and is tried again after a while."""
        while True:
            await self._new.wait()
            await self._voice.attached.wait()
            self._new.clear()
            try:
                await self._deliver()
            except (HomebodyError, TimeoutError) as error:
                log.info("An announcement could not be said yet: %s", type(error).__name__)
                self._new.set()
                await asyncio.sleep(RETRY_S if self._voice.attached.is_set() else 0)
            except Exception as error:
                log.error("Announcements cannot be read: %s", type(error).__name__)
                log.debug("Traceback:", exc_info=True)
                self._new.set()
                await asyncio.sleep(RETRY_S)

    async def _deliver(self) -> None:
        failed: HomebodyError | TimeoutError | None = None
        for id_, text, at, language in await asyncio.to_thread(self._kept.waiting):
            try:
                async with asyncio.timeout(SAY_DEADLINE_S):
                    await self._voice.forward(self._say(text, at, language))
            except (HomebodyError, TimeoutError) as error:
                if not self._voice.attached.is_set():
                    raise
                failed = error  # this one stays; those behind it are said all the same
                continue
            # Begun is enough: the person who stopped it in the middle has heard it and wants no more of it.
            await asyncio.to_thread(self._kept.spoken, id_)
        if failed is not None:
            raise failed

    def _say(self, text: str, at: dt.datetime, language: str | None) -> Say:
        return Say(id=None, text=worded(text, at, self._now(), language), language=language, earcon="timer")
