"""What has been said before is not computed again, and what is often said is computed ahead, while it is quiet."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final

from homebody.errors import HomebodyError
from homebody.voice.audio import Audio
from homebody.voice.sentences import SentenceSplitter
from homebody.voice.speakable import speakable
from homebody.voice.synthesizer import Synthesizer

log = logging.getLogger(__name__)

LIMIT_BYTES: Final = 16 * 1024 * 1024  # some three minutes of speech
TEXT_LIMIT_CHARS: Final = 80  # longer sentences are seldom said twice
WAITING_LIMIT: Final = 256  # sentences to be made ahead
LOOK_S: Final = 0.5


class Remembering:
    """A `Synthesizer` that keeps the sound of short texts, in memory only; those not said for longest go first.

    Args:
        synthesizer: Makes the sound; not owned.
        limit_bytes: Of sound kept.
    """

    def __init__(self, synthesizer: Synthesizer, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._synthesizer, self._limit_bytes = synthesizer, limit_bytes
        self._kept: OrderedDict[tuple[str, str | None, float], tuple[Audio, ...]] = OrderedDict()
        self._kept_bytes = 0

    @property
    def speed_percent(self) -> float:
        """As of `Synthesizer`."""
        return self._synthesizer.speed_percent

    @speed_percent.setter
    def speed_percent(self, percent: float) -> None:
        self._synthesizer.speed_percent = percent

    @property
    def kept_bytes(self) -> int:
        """Of sound, now."""
        return self._kept_bytes

    async def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        """As `Synthesizer.synthesize`."""
        key = (text, language, self.speed_percent)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            for audio in kept:
                yield audio
            return
        made = []
        async with aclosing(self._synthesizer.synthesize(text, language)) as sentences:
            async for audio in sentences:
                made.append(audio)
                yield audio
        if made and len(text) <= TEXT_LIMIT_CHARS and key[2] == self.speed_percent:
            self._keep(key, tuple(made))

    def _keep(self, key: tuple[str, str | None, float], made: tuple[Audio, ...]) -> None:
        self._kept_bytes += _size_bytes(made) - _size_bytes(self._kept.pop(key, ()))
        self._kept[key] = made
        while self._kept_bytes > self._limit_bytes:
            _, gone = self._kept.popitem(last=False)
            self._kept_bytes -= _size_bytes(gone)


def _size_bytes(made: tuple[Audio, ...]) -> int:
    return sum(audio.samples.nbytes for audio in made)


class Rehearsal:
    """Makes the sound of sentences ahead, one at a time, while it is quiet. One that was begun delays what is to be
    said then by its own time at most, which is less than anybody needs to say something first.

    Args:
        synthesizer: Keeps what it has made, such as `Remembering`.
        is_quiet: Whether nobody is heard or answered now.
        languages: Those that are spoken here (ISO 639-1); sentences of others are left out.
    """

    def __init__(self, synthesizer: Synthesizer, is_quiet: Callable[[], bool], languages: Sequence[str]) -> None:
        self._synthesizer, self._is_quiet, self._languages = synthesizer, is_quiet, frozenset(languages)
        self._waiting: deque[tuple[str, str]] = deque(maxlen=WAITING_LIMIT)
        self._new = asyncio.Event()

    def add(self, lines: str) -> int:
        """A language's tag in the first line, a sentence in each other. Returns how many will be made."""
        language, *sentences = lines.split("\n")
        fragments = [part for sentence in sentences for part in _fragments(sentence, language)]
        if language not in self._languages:
            return 0
        self._waiting.extend((part, language) for part in fragments)
        self._new.set()
        return len(fragments)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._new.wait()
            self._new.clear()
            while self._waiting:
                while not self._is_quiet():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_S)  # nothing tells, and nothing is in a hurry
                text, language = self._waiting.popleft()
                await self._make(text, language)

    async def _make(self, text: str, language: str) -> None:
        try:
            async with aclosing(self._synthesizer.synthesize(text, language)) as sentences:
                async for _ in sentences:
                    pass
        except HomebodyError as error:
            log.info("a sentence could not be made ahead: %s", error)


def _fragments(sentence: str, language: str) -> list[str]:
    """As the mouth would be given it."""
    splitter = SentenceSplitter()
    return [*splitter.feed(speakable(sentence, language)), *splitter.flush()]
