"""The loudspeaker: plays sound as it comes, to its last sample, and stops at once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from homebody.errors import AudioStuck, MachineError, NoSpeaker, UnknownDevice
from homebody.options import SpeakerOptions
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.playback import (
    OnFirstSample,
    PlaybackRing,
    Played,
    Playing,
    Progress,
    Volume,
    at_one_rate,
    resampled,
)
from homebody.voice.portaudio import PORTAUDIO, OpenStream, PortAudio, choose, on_monotonic_clock
from homebody.voice.recordings import write_wav

__all__ = ["Played", "PortAudioSpeaker", "Progress", "SilentSpeaker", "Speaker", "WavSpeaker"]

logger = logging.getLogger(__name__)

AHEAD_S: Final = 2.0  # so much is taken from the synthesizer before it has sounded
TAIL_S: Final = 0.1  # silence behind the last sample, besides the latency: PortAudio drops the end otherwise
STEP_S: Final = 0.25  # so much is put into the ring at a time
WATCH_S: Final = 0.05
RETRY_S: Final = 0.25
STALL_S: Final = 1.5  # without a callback for so long, the device is opened again
RESTS_AFTER_S: Final = 30.0  # without a sound, the device is let go: silence costs more than waiting for the wake word
CUT_LIMIT_S: Final = 0.065  # with more in the device's buffer, stopping in time means throwing the buffer away


class Speaker(Protocol):
    """Something that speaks."""

    volume_percent: float
    """0 to 100; may change while it plays. Setting it outside raises UsageError."""

    muted: bool

    held: bool
    """What is played waits, silent, where it is, until it is no longer held; a new `play` too."""

    async def play(
        self,
        audio: AsyncIterable[Audio],
        *,
        on_first_sample: OnFirstSample | None = None,
        progress: Progress | None = None,
    ) -> Played:
        """Play sound while it comes, at any rates; return when its last sample has sounded.

        Takes about `AHEAD_S` in advance and then waits; where the next sound is late there is silence. Cancelling
        silences within 100 ms, and ``progress`` then says how much was heard. It does not close ``audio``.
        One at a time: a second call waits for the first.

        Args:
            audio: The sound. What it raises comes out of here, after what came before it was silenced.
            on_first_sample: Called once, on the event loop, with the time on `time.monotonic` at which the first
                sample sounds, up to the latency ahead of it; not called if there is none.
            progress: Is kept up to date.

        Raises:
            NoSpeaker, UnknownDevice, MissingPart: The device cannot be opened, or was lost for `RECOVERY_LIMIT_S`.
            AudioStuck: The sound system hangs; the process should end with this error's exit code.
        """
        ...

    async def chime(self, audio: Audio) -> None:
        """Play a short sound at once, over whatever is being played, and do not wait for its end. One without samples
        makes the device ready for what is played next. Raises as `play`."""
        ...

    async def aclose(self) -> None:
        """Let the device go. What was played before was heard to its end."""
        ...


class PortAudioSpeaker(Volume):
    """A loudspeaker of this machine, by part of its name.

    Its stream is opened by the first sound and stays open, playing silence, so that the next reply begins sooner; after
    `RESTS_AFTER_S` of that it is closed.

    Args:
        on_played: Called in PortAudio's thread with all that the device takes, silence too, and its rate.
    """

    def __init__(
        self,
        options: SpeakerOptions,
        *,
        portaudio: PortAudio = PORTAUDIO,
        on_played: Callable[[Samples, int], None] | None = None,
    ) -> None:
        self._ring: PlaybackRing | None = None
        self._chime: PlaybackRing | None = None
        self._on_played = on_played
        super().__init__(options.volume_percent)
        self._options = options
        self._portaudio = portaudio
        self._stream: OpenStream | None = None
        self._was_open = False
        self._called_at_s = 0.0  # when the device last asked for samples
        self._spoke_at_hz = 0  # the rate of what was last played
        self._one_at_a_time = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None
        self._resting: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Whether there is a device of that name, without opening it. Blocks, usually 0.2 s.

        Raises:
            NoSpeaker, UnknownDevice, MissingPart, AudioStuck: As `play` would.
        """
        choose(self._portaudio.devices(), "output", self._options.device)

    async def play(
        self,
        audio: AsyncIterable[Audio],
        *,
        on_first_sample: OnFirstSample | None = None,
        progress: Progress | None = None,
    ) -> Played:
        """As `Speaker.play`."""
        progress = progress if progress is not None else Progress()
        async with self._one_at_a_time:
            playing = Playing(progress, on_first_sample, asyncio.get_running_loop())
            try:
                async for samples in at_one_rate(audio, lambda rate_hz: self._begin(playing, rate_hz)):
                    await self._write(playing, samples)
                await self._drain(playing)
                progress.complete = True
            finally:
                await self._end(playing)
                self._rest_later()
        return progress.played()

    async def chime(self, audio: Audio) -> None:
        """As `Speaker.chime`; lost where the device is."""
        if self._stream is None and not self._one_at_a_time.locked():
            async with self._one_at_a_time:
                await self._open(self._spoke_at_hz or audio.rate_hz)
        self._rest_later()
        if (stream := self._stream) is None or not len(audio.samples):
            return
        ring = PlaybackRing(stream.rate_hz, gain=self.gain, on_first=lambda _: None, on_read=lambda: None)
        ring.write(resampled(audio, stream.rate_hz))
        self._chime = ring

    async def aclose(self) -> None:
        """As `Speaker.aclose`."""
        if self._rest is not None:
            self._rest.cancel()
        stream, self._stream = self._stream, None
        if stream is not None:
            await self._portaudio.close(stream, abort=True)

    def _rest_later(self) -> None:
        """Let the device go when nothing has sounded for a while."""
        if self._rest is not None:
            self._rest.cancel()

        def rest() -> None:
            self._resting = asyncio.get_running_loop().create_task(self._let_go())

        self._rest = asyncio.get_running_loop().call_later(RESTS_AFTER_S, rest)

    async def _let_go(self) -> None:
        if self._one_at_a_time.locked():
            return  # something is played after all, and comes here when it has ended
        async with self._one_at_a_time:
            with suppress(AudioStuck):  # whoever wants to hear or say something next is told
                await self.aclose()

    def _changed(self) -> None:
        if self._ring is not None:
            self._ring.set_gain(self.gain)
            self._ring.hold(self.held)

    async def _begin(self, playing: Playing, rate_hz: int) -> int:
        """The first sound has come: open the device, or find it open; return its rate."""
        self._spoke_at_hz = rate_hz
        if self._stream is not None and self._is_lost(self._stream):
            await self._recover(playing, rate_hz)
        elif self._stream is None:
            try:
                await self._open(rate_hz)
            except (NoSpeaker, UnknownDevice):
                if not self._was_open:
                    raise
                await self._recover(playing, rate_hz)
        stream = self._stream
        assert stream is not None
        ring = PlaybackRing(
            stream.rate_hz, gain=self.gain, on_first=playing.first_from_thread, on_read=playing.read_from_thread
        )
        ring.hold(self.held)
        playing.ring = self._ring = ring
        return stream.rate_hz

    async def _write(self, playing: Playing, samples: Samples) -> None:
        ring = playing.ring
        assert ring is not None
        step = max(1, round(STEP_S * ring.rate_hz))
        for at in range(0, len(samples), step):
            while ring.queued > AHEAD_S * ring.rate_hz:
                await self._watch(playing)
            ring.write(samples[at : at + step])

    async def _drain(self, playing: Playing) -> None:
        """Wait until all has sounded and enough silence has followed it for nothing to be lost."""
        ring = playing.ring
        while ring is not None:
            stream = self._stream
            padded = stream is not None and ring.silence >= (stream.latency_s + TAIL_S) * ring.rate_hz
            if not ring.queued and padded and time.monotonic() >= ring.last_sounds_at_s:
                return
            await self._watch(playing)

    async def _end(self, playing: Playing) -> None:
        """Everything has sounded, or what has not shall not."""
        ring, stream = playing.ring, self._stream
        if ring is None:
            return
        if not playing.progress.complete and stream is not None:
            if stream.latency_s > CUT_LIMIT_S:
                playing.note_heard()
                ring.cut()
                await self.aclose()
            else:
                ring.cut()
                with suppress(TimeoutError):
                    async with asyncio.timeout(2 * CUT_LIMIT_S):
                        while ring.queued and not stream.finished.is_set():
                            playing.read.clear()
                            await playing.read.wait()
        playing.note_heard(all_taken=self._stream is not None)
        self._ring = None

    async def _watch(self, playing: Playing) -> None:
        """Wait until the device has taken something; see to it that it lives."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WATCH_S):  # in 3.11, wait_for can swallow a cancellation
                await playing.read.wait()
        playing.read.clear()
        playing.note_heard()
        assert playing.ring is not None
        if self._stream is None or self._is_lost(self._stream):
            await self._recover(playing, playing.ring.rate_hz)

    def _is_lost(self, stream: OpenStream) -> bool:
        return stream.finished.is_set() or time.monotonic() - self._called_at_s > STALL_S

    async def _recover(self, playing: Playing, rate_hz: int) -> None:
        """Open the device again. Plainly at first: starting PortAudio anew makes the microphone deaf for a moment."""
        logger.warning("loudspeaker lost")
        await self.aclose()
        while True:
            seen = self._portaudio.generation
            try:
                await self._open(rate_hz)
            except (NoSpeaker, UnknownDevice) as error:
                playing.lost(error)
            else:
                playing.lost(NoSpeaker("The loudspeaker takes no sound.", "Check whether it is suspended or in use."))
                break
            await asyncio.sleep(RETRY_S)
            try:
                await self._portaudio.reinitialise(seen)
            except AudioStuck:
                raise
            except MachineError as error:
                playing.lost(error)
        if playing.ring is not None and self._stream and self._stream.rate_hz != playing.ring.rate_hz:
            await self.aclose()
            raise NoSpeaker("The loudspeaker came back with another sampling rate.", "Ask again.")

    async def _open(self, rate_hz: int) -> None:
        latency_s = self._options.latency_ms / 1000
        device_rate_hz = rate_hz

        def callback(data: Any, frames: int, buffer_s: float, current_s: float) -> None:
            """In PortAudio's thread."""
            self._called_at_s = time.monotonic()
            out = np.frombuffer(data, dtype=np.float32).reshape(frames, -1)
            ring, chime = self._ring, self._chime
            out[:] = 0
            if ring is not None:
                sounds_at_s = on_monotonic_clock(buffer_s, current_s, fallback_s=latency_s)
                out[:] = ring.read(frames, sounds_at_s)[:, np.newaxis]
            if chime is not None and chime.queued:
                out[:] = np.clip(out + chime.read(frames, 0.0)[:, np.newaxis], -1.0, 1.0)
            if self._on_played is not None:
                self._on_played(out[:, 0], device_rate_hz)

        self._stream = await self._portaudio.open(
            "output",
            self._options.device,
            rate_hz=rate_hz,
            latency_ms=self._options.latency_ms,
            block_ms=0,  # as the device likes it best
            callback=callback,
        )
        latency_s, device_rate_hz = self._stream.latency_s, self._stream.rate_hz
        self._called_at_s = time.monotonic()
        self._was_open = True


class SilentSpeaker(Volume):
    """Takes all sound at once and lets nothing be heard."""

    async def play(
        self,
        audio: AsyncIterable[Audio],
        *,
        on_first_sample: OnFirstSample | None = None,
        progress: Progress | None = None,
    ) -> Played:
        """As `Speaker.play`, but takes no longer than the sound takes to come."""
        progress = progress if progress is not None else Progress()
        try:
            async for sound in audio:
                if not len(sound.samples):
                    continue
                if progress.first_sample_at_s is None:
                    progress.first_sample_at_s = time.monotonic()
                    if on_first_sample:
                        on_first_sample(progress.first_sample_at_s)
                progress.played_ms += sound.duration_ms
                self._take(sound)
            progress.complete = True
        finally:
            self._finish()
        return progress.played()

    async def chime(self, audio: Audio) -> None:
        """As `Speaker.chime`: unheard, and in no recording."""

    async def aclose(self) -> None:
        """Nothing is held."""

    def _take(self, sound: Audio) -> None:
        """Some sound is played."""

    def _finish(self) -> None:
        """It has ended."""


class WavSpeaker(SilentSpeaker):
    """Plays into a WAV file: mono, 16 bit, at the first sound's rate. It holds all that was played so far, and is
    replaced in one go at the end of each `play`, also of a cancelled one.

    Raises:
        NotWritable: By `play`: the file cannot be written.
    """

    def __init__(self, path: Path, *, volume_percent: float = 100.0) -> None:
        super().__init__(volume_percent)
        self._path = path
        self._rate_hz = 0
        self._parts: list[Samples] = []

    def _take(self, sound: Audio) -> None:
        self._rate_hz = self._rate_hz or sound.rate_hz
        self._parts.append(resampled(sound, self._rate_hz) * np.float32(self.gain))

    def _finish(self) -> None:
        samples = np.concatenate(self._parts) if self._parts else np.zeros(0, dtype=np.float32)
        write_wav(self._path, Audio(samples, self._rate_hz or RATE_HZ))
