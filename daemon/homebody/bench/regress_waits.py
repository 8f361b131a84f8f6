"""The waits of a spoken turn, in virtual time: from the last word to the first sample, its parts taking fixed times.

Everything that decides is the house's own (voice detection, endpointing, the commit gate, speculation, the turn,
sentences, the mouth); what hears, answers and speaks takes as long on any machine. What is left are the waits somebody
has written down, and whether what can be done in the pause is done in the pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final

import numpy as np

from homebody.bench import virtual_time
from homebody.messages import Accepted, Done, Route, Token
from homebody.options import VoiceOptions
from homebody.starter import bundled
from homebody.voice.assembly import ears_for
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Audio, Chunk, Samples, Transcript, Utterance
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Heard
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.recordings import read_audio
from homebody.voice.speaker import SilentSpeaker
from homebody.voice.speculation import Speculation, Speculator
from homebody.voice.turn import Answer, Asker, Draft, Parts, take_turn
from homebody.voice.turn_detector import WordsAlone

SILENCE_S: Final = 3.0  # after the last word, for its end to be noticed
# About what the starter models take on two idle cores.
HEARS_S: Final = 0.04
ASKS_S: Final = 0.004
SPEAKS_S: Final = 0.012
REPLY: Final = "It is ten past four."


def waits_ms(wrap_router: Callable[[Asker], Asker]) -> list[float]:
    """For each bundled recording: from the end of its speech to the first sample of the reply. Every pause in it that
    is long enough counts as the end.

    Args:
        wrap_router: Given the router, returns what the turn is given; the seam for a slowed build.
    """
    return [virtual_time.run(_turn(read_audio(one.path).samples, wrap_router)) for one in bundled()]


async def _turn(speech: Samples, wrap_router: Callable[[Asker], Asker]) -> float:
    speaker = _Speaker()
    parts = Parts(_Transcriber(), wrap_router(_Router()), Mouth(_Synthesizer(), speaker), "en", 10_000.0)
    async with aclosing(_Listener(parts)) as listener:
        hearing = asyncio.ensure_future(listener.hear(speech))
        either: tuple[asyncio.Future[Any], ...] = (hearing, listener.ended)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        hearing.cancel()
        if not listener.ended.done():
            return 1000 * SILENCE_S  # its end was not noticed at all
        utterance, ahead = listener.ended.result()
        await take_turn(utterance, parts, Notes(utterance), ahead)
        if ahead:
            await ahead.aclose()
        return 1000 * (speaker.first_s - utterance.speech_ended_s)


class _Listener:
    """Hears one utterance as the voice service does; ``ended`` is it, with what was begun for it."""

    def __init__(self, parts: Parts) -> None:
        self.ended: asyncio.Future[tuple[Utterance, Speculation | None]] = asyncio.get_running_loop().create_future()
        self._ears = ears_for(VoiceOptions(), live=True)
        self._speculator = Speculator(parts, WordsAlone(), self._weigh)

    async def hear(self, speech: Samples) -> None:
        padded = np.concatenate([speech, np.zeros(round(SILENCE_S * RATE_HZ), np.float32)])
        for at in range(0, len(padded) - CHUNK_SAMPLES, CHUNK_SAMPLES):
            await asyncio.sleep(CHUNK_SAMPLES / RATE_HZ)
            chunk = Chunk(padded[at : at + CHUNK_SAMPLES], asyncio.get_running_loop().time())
            self._act(self._ears.feed(chunk))

    def _weigh(self, revision: int, words: Words) -> None:
        self._act(self._ears.weigh(revision, words))

    def _act(self, heard: Heard) -> None:
        if self.ended.done():
            return
        self._speculator.follow(heard)
        if heard.utterance:
            self.ended.set_result((heard.utterance, self._speculator.take(heard.revision)))

    async def aclose(self) -> None:
        await self._speculator.aclose()


class _Transcriber:
    async def load(self) -> None:
        pass

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        await asyncio.sleep(HEARS_S)
        return Transcript("what time is it", language or "en", -0.1, 0.0, "")

    async def aclose(self) -> None:
        pass


class _Router:
    async def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        await asyncio.sleep(ASKS_S)
        yield Accepted(id="1", route=Route(kind="skill", name="clock"), complete=True)
        yield Token(id="1", seq=0, text=REPLY)
        yield Done(id="1")

    def draft(self, *, deadline_ms: float, source: str) -> Draft | None:
        return _Draft(self)

    def cut(self, ask: str, heard: str) -> None:
        """Everything is heard to its end."""


class _Draft:
    def __init__(self, router: _Router) -> None:
        self._router = router

    async def revise(self, text: str, *, language: str | None = None) -> Accepted:
        await asyncio.sleep(ASKS_S)
        return Accepted(id="1", route=Route(kind="skill", name="clock"), complete=True)

    async def beginning(self) -> str:
        return REPLY

    async def commit(self) -> Answer:
        async with aclosing(self._router.ask("", language=None, deadline_ms=0.0, source="")) as answer:
            async for message in answer:
                yield message

    async def aclose(self) -> None:
        pass


class _Synthesizer:
    speed_percent = 100.0

    async def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        await asyncio.sleep(SPEAKS_S)
        yield Audio(np.full(RATE_HZ // 10, 0.1, np.float32), RATE_HZ)


class _Speaker(SilentSpeaker):
    """Notes when the first sound came, on the virtual clock."""

    def __init__(self) -> None:
        super().__init__()
        self.first_s = 0.0

    def _take(self, sound: Audio) -> None:
        self.first_s = self.first_s or asyncio.get_running_loop().time()


class SleepingRouter:
    """A router that sleeps before each commit: the seam by which `regress` proves that it notices.

    Args:
        inner: Who answers.
        sleep_s: For so long.
    """

    def __init__(self, inner: Asker, sleep_s: float) -> None:
        self._inner, self._sleep_s = inner, sleep_s

    async def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        """As of `Asker`, later."""
        await asyncio.sleep(self._sleep_s)
        answer = self._inner.ask(text, language=language, deadline_ms=deadline_ms, source=source)
        async with aclosing(answer):
            async for message in answer:
                yield message

    def draft(self, *, deadline_ms: float, source: str) -> Draft | None:
        """One whose commit comes later."""
        draft = self._inner.draft(deadline_ms=deadline_ms, source=source)
        return _SleepingDraft(draft, self._sleep_s) if draft else None

    def cut(self, ask: str, heard: str) -> None:
        """As of the router that is wrapped."""
        self._inner.cut(ask, heard)


class _SleepingDraft:
    def __init__(self, inner: Draft, sleep_s: float) -> None:
        self._inner, self._sleep_s = inner, sleep_s
        self.revise, self.beginning, self.aclose = inner.revise, inner.beginning, inner.aclose

    async def commit(self) -> Answer:
        await asyncio.sleep(self._sleep_s)
        async with aclosing(self._inner.commit()) as answer:
            async for message in answer:
                yield message
