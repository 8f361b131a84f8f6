"""The mouth: one thing is said at a time, sentence by sentence, and can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np

from homebody.errors import HomebodyError, RemoteFailure
from homebody.voice.audio import Audio
from homebody.voice.prepared import Prepared
from homebody.voice.sentences import Fragment, SentenceSplitter
from homebody.voice.speakable import Speakable
from homebody.voice.speaker import Progress, Speaker
from homebody.voice.synthesizer import Synthesizer

WAITING_LIMIT: Final = 16  # things to say that may wait for the one being said
NOTHING: Final = Audio(np.zeros(0, np.float32), 22_050)


class SpeechNotes(Protocol):
    """Who wants to know when speech begins and ends. `homebody.voice.notes.Notes` is one."""

    def first_pcm(self) -> None:
        """The first sound was synthesized."""

    def first_sample(self, at_s: float) -> None:
        """The first sample left the loudspeaker, at ``at_s`` on `time.monotonic`."""

    def finished(self) -> None:
        """The last sample has sounded, or there was nothing to say."""


@dataclass(slots=True)
class Spoken:
    """What was said.

    Attributes:
        fragments: Each fragment with the length of its sound in milliseconds, in order, as far as synthesized.
        played_ms: How much of that has sounded.
        complete: Everything sounded to its end.
    """

    fragments: list[tuple[str, float]] = field(default_factory=list)
    played_ms: float = 0.0
    complete: bool = False

    @property
    def heard_text(self) -> str:
        """The fragments that have sounded, and of the one that was broken off the words of which at least half has, as
        far as their letters tell how long they take."""
        if self.complete:
            return " ".join(text for text, _ in self.fragments if text)
        heard, at_ms = [], 0.0
        for text, duration_ms in self.fragments:
            if duration_ms == 0:
                continue  # makes no sound, or is only being synthesized
            heard.append(
                text if at_ms + duration_ms <= self.played_ms else _begun(text, self.played_ms - at_ms, duration_ms)
            )
            at_ms += duration_ms
            if at_ms > self.played_ms:
                break
        return " ".join(filter(None, heard))


def _begun(text: str, played_ms: float, duration_ms: float) -> str:
    letters = len(text) * played_ms / duration_ms
    kept, at = [], 0
    for word in text.split():
        if at + len(word) / 2 > letters:
            break
        kept.append(word)
        at += len(word) + 1
    return " ".join(kept)


class Silence:
    """Speech notes that nobody reads."""

    def first_pcm(self) -> None:
        """Not noted."""

    def first_sample(self, at_s: float) -> None:
        """Not noted."""

    def finished(self) -> None:
        """Not noted."""


class Mouth:
    """Speaks fragments through a synthesizer and a loudspeaker.

    Fragments are synthesized while earlier ones sound, as far ahead as the speaker takes them. One speech at a time:
    others wait their turn, at most `WAITING_LIMIT`. ``on_speaking`` is called when something begins to be said.
    """

    def __init__(self, synthesizer: Synthesizer, speaker: Speaker) -> None:
        self.speaker = speaker
        self.on_speaking: Callable[[], None] = lambda: None
        self._synthesizer = synthesizer
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._stop: asyncio.Future[Any] | None = None  # of what is being said
        self._chime: asyncio.Task[None] | None = None
        self._prepared: Prepared | None = None

    @property
    def synthesizer(self) -> Synthesizer:
        """What makes the sound; not owned."""
        return self._synthesizer

    @property
    def speaking(self) -> bool:
        """Something is being said now."""
        return self._stop is not None

    @property
    def stopping(self) -> bool:
        """What is being said was told to `stop`, and still sounds for a moment; what waited behind it is not meant."""
        return self._stop is not None and self._stop.done()

    async def speak(
        self,
        fragments: AsyncIterable[Fragment],
        notes: SpeechNotes,
        spoken: Spoken | None = None,
        opening: Audio | None = None,
    ) -> Spoken:
        """Say the fragments as they come; returns when the last sample has sounded or `stop` was called. ``spoken`` is
        kept up to date, also where this is cancelled.

        Cancelling it silences the loudspeaker within 100 ms and cancels whoever waits for fragments.

        Raises:
            RemoteFailure: ``busy``: too much is waiting to be said.
            NoSpeaker: There is nothing to speak through.
        """
        spoken = Spoken() if spoken is None else spoken
        words = aiter(fragments)
        try:
            first = await anext(words)  # whoever has words yet may speak while we wait for ours
        except StopAsyncIteration:
            notes.finished()
            spoken.complete = True
            return spoken
        if self._waiting >= WAITING_LIMIT:
            raise RemoteFailure("busy", "Too much is waiting to be said.", "Ask again in a moment.")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        progress = Progress()
        stopped: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._stop = stopped
        self.on_speaking()
        try:
            async with aclosing(self._sound(first, words, spoken, notes, opening)) as sound:
                playing: asyncio.Future[Any] = asyncio.ensure_future(
                    self.speaker.play(sound, on_first_sample=notes.first_sample, progress=progress)
                )
                try:
                    await asyncio.wait([playing, stopped], return_when=asyncio.FIRST_COMPLETED)
                    if playing.done():
                        playing.result()  # raises what went wrong
                finally:
                    await _cancelled(playing)
                    spoken.played_ms, spoken.complete = progress.played_ms, progress.complete
        finally:
            self._stop = None
            stopped.cancel()
            self._turn.release()
        notes.finished()
        return spoken

    def prepare(self, fragment: Fragment) -> Prepared | None:
        """Begin to make the sound of what will probably be said first, unheard. Whoever asks for it drops it when it
        will not be said. Not while something is being said, which needs the voice more: None."""
        if self.speaking:
            return None
        self._prepared = Prepared(fragment, self._synthesizer.synthesize(fragment.text, fragment.language))
        return self._prepared

    async def say(self, text: str, language: str | None = None, opening: Audio | None = None) -> Spoken:
        """Say a text that is already whole, in its language (BCP 47; None: the profile's); whatever a voice cannot say
        is left out of it. ``opening``: sounds before it."""
        return await self.speak(_fragments(text, language), Silence(), opening=opening)

    def chime(self, audio: Audio | None) -> None:
        """Let a short sound be heard, over whatever is being said; returns at once, and is silent about a failure."""
        if audio is None:
            return
        if self._chime is None or self._chime.done():  # one at a time
            self._chime = asyncio.get_running_loop().create_task(self._chimed(audio))

    def rouse(self) -> None:
        """Something will probably be said soon: have the loudspeaker ready."""
        self.chime(NOTHING)

    async def _chimed(self, audio: Audio) -> None:
        with suppress(HomebodyError):
            await self.speaker.chime(audio)

    def hold(self, held: bool) -> None:
        """Let what is said, or is about to be, wait in silence; or go on from there."""
        if self.speaker.held != held:
            self.speaker.held = held

    def stop(self) -> bool:
        """End what is being said, within 100 ms; False when nothing is. A speech that still waits for its first words
        goes on: it may be the turn in which the person asks for silence."""
        if self._stop is None or self._stop.done():
            return False
        self._stop.set_result(None)
        return True

    def _made(self, fragment: Fragment) -> AsyncGenerator[Audio, None]:
        """The sound of a fragment: what was prepared, where it is this one."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared.fragment == fragment and not prepared.dropped:
            return prepared.sound()
        return self._synthesizer.synthesize(fragment.text, fragment.language)

    async def _sound(
        self,
        first: Fragment,
        others: AsyncIterator[Fragment],
        spoken: Spoken,
        notes: SpeechNotes,
        opening: Audio | None,
    ) -> AsyncGenerator[Audio, None]:
        if opening is not None:
            spoken.fragments.append(("", opening.duration_ms))
            yield opening
        async for fragment in _chained(first, others):
            spoken.fragments.append((fragment.text, 0.0))
            async with aclosing(self._made(fragment)) as sentences:
                async for audio in sentences:
                    notes.first_pcm()
                    text, so_far_ms = spoken.fragments[-1]
                    spoken.fragments[-1] = (text, so_far_ms + audio.duration_ms)
                    yield audio


async def _cancelled(task: asyncio.Future[Any]) -> None:
    """Cancel and wait until it has really ended; its own outcome no longer matters."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])


async def _chained(first: Fragment, others: AsyncIterator[Fragment]) -> AsyncIterator[Fragment]:
    yield first
    async for other in others:
        yield other


async def _fragments(text: str, language: str | None) -> AsyncGenerator[Fragment, None]:
    speakable, splitter = Speakable(language), SentenceSplitter()
    for fragment in (*splitter.feed(speakable.feed(text) + speakable.flush()), *splitter.flush()):
        yield Fragment(fragment, language)
