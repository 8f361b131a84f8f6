"""The waits of a spoken turn, in virtual time: from the last word to the first sample, with parts that take no time.

Everything that decides is the house's own (voice detection, endpointing, the turn, sentences, the mouth); what hears,
answers and speaks does so at once. What is left are the waits somebody has written down.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import numpy as np

from homebody.bench import virtual_time
from homebody.messages import Accepted, Done, Route, Token
from homebody.options import VoiceOptions
from homebody.starter import bundled
from homebody.voice.assembly import ears_for
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Audio, Chunk, Samples, Transcript
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.recordings import read_audio
from homebody.voice.speaker import SilentSpeaker
from homebody.voice.turn import Answer, Asker, Parts, take_turn

SILENCE_S = 3.0  # after the last word, for the endpointer to notice


def waits_ms(wrap_router: Callable[[Asker], Asker]) -> list[float]:
    """For each bundled recording: from the end of its speech to the first sample of the reply.

    Args:
        wrap_router: Given the router that answers at once, returns what the turn is given; the seam for a slowed build.
    """
    return [virtual_time.run(_turn(read_audio(one.path).samples, wrap_router)) for one in bundled()]


async def _turn(speech: Samples, wrap_router: Callable[[Asker], Asker]) -> float:
    ears = ears_for(VoiceOptions(), live=False)
    speaker = _Speaker()
    parts = Parts(_Transcriber(), wrap_router(_Router()), Mouth(_Synthesizer(), speaker), "en", 10_000.0)
    padded = np.concatenate([speech, np.zeros(round(SILENCE_S * RATE_HZ), np.float32)])
    for at in range(0, len(padded) - CHUNK_SAMPLES, CHUNK_SAMPLES):
        await asyncio.sleep(CHUNK_SAMPLES / RATE_HZ)
        heard = ears.feed(Chunk(padded[at : at + CHUNK_SAMPLES], asyncio.get_running_loop().time()))
        if heard.utterance:
            notes = Notes(heard.utterance, on_understood=lambda _: None, on_first_sample=lambda: None)
            await take_turn(heard.utterance, parts, notes)
            return 1000 * (speaker.first_s - heard.utterance.speech_ended_s)
    return 1000 * SILENCE_S  # its end was not noticed at all


class _Transcriber:
    async def load(self) -> None:
        pass

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        return Transcript("what time is it", language or "en", -0.1, 0.0, "")

    async def aclose(self) -> None:
        pass


class _Router:
    async def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        yield Accepted(id="1", route=Route(kind="skill", name="clock"))
        yield Token(id="1", seq=0, text="It is ten past four.")
        yield Done(id="1")

    def draft(self, *, deadline_ms: float, source: str) -> None:
        """It cannot be asked ahead: a turn's whole wait is seen."""

    def cut(self, ask: str, heard: str) -> None:
        """Everything is heard to its end."""


class _Synthesizer:
    speed_percent = 100.0

    async def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        yield Audio(np.full(RATE_HZ // 10, 0.1, np.float32), RATE_HZ)


class _Speaker(SilentSpeaker):
    """Notes when the first sound came, on the virtual clock."""

    def __init__(self) -> None:
        super().__init__()
        self.first_s = 0.0

    def _take(self, sound: Audio) -> None:
        self.first_s = self.first_s or asyncio.get_running_loop().time()


class SleepingRouter:
    """A router that sleeps before it is asked: the seam by which `regress` proves that it notices.

    Args:
        inner: Who answers.
        sleep_s: For so long.
    """

    def __init__(self, inner: Asker, sleep_s: float) -> None:
        self._inner = inner
        self._sleep_s = sleep_s

    async def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        """As of `Asker`, later."""
        await asyncio.sleep(self._sleep_s)
        answer = self._inner.ask(text, language=language, deadline_ms=deadline_ms, source=source)
        async with aclosing(answer):
            async for message in answer:
                yield message

    def draft(self, *, deadline_ms: float, source: str) -> None:
        """As of the router that is wrapped: none."""

    def cut(self, ask: str, heard: str) -> None:
        """As of the router that is wrapped."""
        self._inner.cut(ask, heard)
