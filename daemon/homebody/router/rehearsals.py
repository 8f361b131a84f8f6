"""Tells the voice what skills often say, word for word, so that it can make the sound ahead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from homebody.errors import HomebodyError
from homebody.messages import Done
from homebody.skill import SkillInfo

log = logging.getLogger(__name__)

SENTENCES_LIMIT: Final = 64  # of a language


class Rehearsals:
    """Whenever a voice attaches, it is told.

    Args:
        skills: Those there are.
        control_voice: Has the voice do something.
    """

    def __init__(
        self, skills: Callable[[], Sequence[SkillInfo]], control_voice: Callable[[str, str], Awaitable[Done]]
    ) -> None:
        self._skills, self._control_voice = skills, control_voice
        self._attached = asyncio.Event()

    def notice(self, name: str, data: Mapping[str, Any]) -> None:
        """An event of the router."""
        if name == "service.attached" and data.get("service") == "voice":
            self._attached.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._attached.wait()
            self._attached.clear()
            for language, sentences in said_often(self._skills()).items():
                try:
                    await self._control_voice("rehearse", "\n".join((language, *sentences)))
                except HomebodyError as error:
                    log.info("The voice does not rehearse: %s", error)
                    break


def said_often(skills: Sequence[SkillInfo]) -> dict[str, list[str]]:
    """By language, what the skills say they often say."""
    found: dict[str, dict[str, None]] = {}
    for info in skills:
        for language, says in (("en", info.says), *((name, one.says) for name, one in info.translations.items())):
            found.setdefault(language, {}).update(dict.fromkeys(" ".join(sentence.split()) for sentence in says))
    return {language: list(sentences)[:SENTENCES_LIMIT] for language, sentences in found.items() if sentences}
