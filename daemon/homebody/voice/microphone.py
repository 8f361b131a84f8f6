"""The microphone: sound in chunks of 512 samples at 16 kHz, and why there is none."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Final, Protocol

import numpy as np

from homebody.errors import AudioStuck, MachineError, NoMicrophone, Problem, UnknownDevice
from homebody.options import MicrophoneOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Audio, Chunk, Samples
from homebody.voice.looks import next_look_at_s
from homebody.voice.portaudio import PORTAUDIO, OpenStream, PortAudio, SampleClock, choose, on_monotonic_clock

logger = logging.getLogger(__name__)

RING_S: Final = 10.0  # while nobody reads, so much is kept; the oldest is lost first
WATCH_S: Final = 0.2
SLEPT_S: Final = 5.0
RETRY_S: Final = (0.25, 5.0)  # first and longest wait before a lost device is tried again


class Microphone(Protocol):
    """Something that hears."""

    late_ms: float
    """So late chunks may come, several at a time, where nobody is in a hurry: most of what waiting costs is waking up.
    0: each as soon as it is complete. May change at any time; when it is made less, what was kept back comes at once.
    """

    def chunks(self) -> AsyncGenerator[Chunk, None]:
        """Chunks in order, without overlap, each as soon as `late_ms` wants it; for ever, or until a recording
        ends.

        One reader at a time; close the generator (`contextlib.aclosing`) to let the device go. A reader that is slow
        for more than `RING_S` loses the oldest sound. A device that is lost is waited for: nothing comes then, and
        `problem` says why. Reading again starts anew, with what is heard then.

        Raises:
            UnknownDevice, NoMicrophone, MissingPart: The device cannot be opened in the first place.
            AudioStuck: The sound system hangs; the process should end with this error's exit code.
        """
        ...

    @property
    def problem(self) -> Problem | None:
        """Why it is deaf at present, or None. Changes while `chunks` is read, also while no chunk comes."""
        ...


class Rechunker:
    """Makes chunks of 512 samples at 16 kHz of blocks of any length at any rate. Pure: time comes with the blocks."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler: Any = None
        if rate_hz != RATE_HZ:
            import soxr

            self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
        self._held: Samples = np.zeros(0, dtype=np.float32)

    def feed(self, samples: Samples, at_s: float) -> list[Chunk]:
        """Take a block whose last sample was spoken at ``at_s``; return the chunks that are now complete."""
        behind = 0.0  # samples that the resampler still holds back
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
            behind = self._resampler.delay()
        self._held = np.concatenate((self._held, samples))
        chunks = []
        while len(self._held) >= CHUNK_SAMPLES:
            chunk, self._held = self._held[:CHUNK_SAMPLES], self._held[CHUNK_SAMPLES:]
            chunks.append(Chunk(chunk, at_s - (len(self._held) + behind) / RATE_HZ))
        return chunks


class PortAudioMicrophone:
    """A microphone of this machine, by part of its name; survives whatever its sound server does.

    Args:
        options: From the profile.
        hears_from: Tells which source the sound server has us hear; None: not known. See `homebody.voice.sources`.
        portaudio: The process's own.
    """

    def __init__(
        self,
        options: MicrophoneOptions,
        *,
        hears_from: Callable[[], str | None] = lambda: None,
        portaudio: PortAudio = PORTAUDIO,
    ) -> None:
        self._options = options
        self._portaudio = portaudio
        self._late_ms = 0.0
        self._arrived = asyncio.Event()  # something was heard, or what was kept back is wanted now
        self._problem: Problem | None = None
        self._hears_from = hears_from
        self._source: str | None = None  # where the stream was first
        # Sound, when it was taken and called back on the stream's clock, and the latter on ours; full: the oldest goes.
        self._blocks: deque[tuple[bytes, float, float, float]] = deque(maxlen=round(1000 * RING_S / CHUNK_MS))
        self._slept_s = asleep_s()  # when the stream was opened
        self._heard_at_s = self._sound_at_s = 0.0  # the last callback, and the last one that was not all zeros

    @property
    def late_ms(self) -> float:
        """As `Microphone.late_ms`; 0 at first."""
        return self._late_ms

    @late_ms.setter
    def late_ms(self, late_ms: float) -> None:
        hurry, self._late_ms = late_ms < self._late_ms, late_ms
        if hurry:
            self._arrived.set()

    @property
    def problem(self) -> Problem | None:
        """Why it is deaf, in words for the person, with what to do about it."""
        return self._problem

    def check(self) -> None:
        """Whether there is a device of that name, without opening it. Blocks, usually 0.2 s.

        Raises:
            NoMicrophone, UnknownDevice, MissingPart, AudioStuck: As `chunks` would.
        """
        choose(self._portaudio.devices(), "input", self._options.device)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """As `Microphone.chunks`."""
        self._arrived = asyncio.Event()  # of this event loop
        stream: OpenStream | None = await self._open()
        try:
            while True:
                if stream is None:
                    stream = await self._reopen()
                rechunker, clock = Rechunker(stream.rate_hz), SampleClock(stream.rate_hz)
                while not self._deaf(stream):
                    await self._some_arrived()
                    while self._blocks:
                        data, *times = self._blocks.popleft()
                        samples = _mono(data, stream.channels)
                        at_s = _spoken_at_s(len(samples) / stream.rate_hz, *times)
                        if data.count(0) != len(data):
                            self._sound_at_s = times[-1]
                        for chunk in rechunker.feed(samples, clock.stamp(len(samples), at_s)):
                            yield chunk
                if self._problem:
                    logger.warning("microphone lost: %s", self._problem.problem)
                await self._portaudio.close(stream, abort=True)
                stream = None
        finally:
            if stream is not None:
                await self._portaudio.close(stream, abort=True)

    async def _some_arrived(self) -> None:
        """Wait for sound, as long as it may be late: nobody wakes us then but the clock, which wakes others as well."""
        loop = asyncio.get_running_loop()
        wait_s = self._late_ms / 1000
        until_s = next_look_at_s(loop.time(), wait_s) if wait_s else loop.time() + WATCH_S
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):  # in 3.11, wait_for can swallow a cancellation
                await self._arrived.wait()
        self._arrived.clear()

    async def _open(self) -> OpenStream:
        loop = asyncio.get_running_loop()

        def callback(data: Any, _frames: int, buffer_s: float, current_s: float) -> None:
            """In PortAudio's thread: copy, stamp, wake."""
            self._heard_at_s = time.monotonic()
            self._blocks.append((bytes(data), buffer_s, current_s, self._heard_at_s))
            if not self._late_ms:
                with suppress(RuntimeError):  # the loop was closed a moment ago
                    loop.call_soon_threadsafe(self._arrived.set)

        self._blocks.clear()
        stream = await self._portaudio.open(
            "input",
            self._options.device,
            rate_hz=RATE_HZ,
            latency_ms=self._options.latency_ms,
            block_ms=CHUNK_MS,
            callback=callback,
        )
        self._heard_at_s = self._sound_at_s = time.monotonic()
        self._slept_s, self._source = asleep_s(), None
        self._problem = None
        return stream

    async def _reopen(self) -> OpenStream:
        """Wait for the device. A plain reopening first: starting PortAudio anew silences the loudspeaker too."""
        wait_s, longest_s = RETRY_S
        while True:
            seen = self._portaudio.generation
            try:
                stream = await self._open()
            except (NoMicrophone, UnknownDevice) as error:
                if self._problem is None:  # why it went says more than why it cannot be opened
                    self._problem = Problem("microphone", error.reason, error.remedy)
            else:
                logger.info("microphone is back")
                return stream
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, longest_s)
            try:
                await self._portaudio.reinitialise(seen)
            except AudioStuck:
                raise
            except MachineError as error:
                self._problem = self._problem or Problem("microphone", error.reason, error.remedy)

    def _deaf(self, stream: OpenStream) -> bool:
        """Whether the stream must be given up; notes what is wrong, also where it need not be."""
        now_s = time.monotonic()
        if stream.finished.is_set():
            self._problem = Problem("microphone", "The microphone went away.", "Connect it again; I keep trying.")
            return True
        if asleep_s() - self._slept_s > SLEPT_S:
            # A stream from before may go on, stand still, or give zeros for ever; which of them depends on the driver.
            logger.warning("the machine was asleep; opening the microphone again")
            self._problem = None
            return True
        if self._moved():
            reason = "The microphone went away, and the sound system gave me another sound in its place."
            self._problem = Problem("microphone", reason, "Connect it again; I keep trying. Or: homebody devices")
            return True
        if now_s - self._heard_at_s > self._options.stall_ms / 1000:
            remedy = "I am opening it again; if that does not help, connect it anew."
            self._problem = Problem("microphone", "The microphone stopped delivering sound.", remedy)
            return True
        muted = now_s - self._sound_at_s > self._options.zeros_ms / 1000
        if muted and self._problem is None:
            logger.warning("microphone delivers exact zeros")
        self._problem = _silence_problem() if muted else None
        return False

    def _moved(self) -> bool:
        """Whether the server has put something else in the place of what was opened. Who takes the default device wants
        to follow it, but never to what the loudspeaker plays."""
        source = self._hears_from()
        if source is None or source == self._source:
            return False
        before, self._source = self._source, source
        return before is not None and (bool(self._options.device) or source.endswith(".monitor"))


class WavMicrophone:
    """A recording as if spoken into a microphone.

    Args:
        audio: At any rate.
        realtime: Chunks come when they would have been spoken, on `time.monotonic`; else at once, on a clock that
            starts at the present and runs ahead.
        lead_ms, tail_ms: Of a quiet room, before and after it.
        noise_dbfs: How loud the quiet room is; None: digital silence.
    """

    def __init__(
        self,
        audio: Audio,
        *,
        realtime: bool,
        lead_ms: float = 300.0,
        tail_ms: float = 1500.0,
        noise_dbfs: float | None = -70.0,
    ) -> None:
        self.late_ms = 0.0  # a recording takes no notice of it
        self._audio = audio
        self._realtime = realtime
        self._lead_ms = lead_ms
        self._tail_ms = tail_ms
        self._noise_dbfs = noise_dbfs

    @property
    def problem(self) -> Problem | None:
        """None; a recording is always there."""
        return None

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """The recording's chunks; the last one is filled up with the quiet room."""
        sound = self._sound()
        began_s = time.monotonic()
        for number in range(len(sound) // CHUNK_SAMPLES):
            at_s = began_s + (number + 1) * CHUNK_MS / 1000
            await asyncio.sleep(max(0.0, at_s - time.monotonic()) if self._realtime else 0)
            yield Chunk(sound[number * CHUNK_SAMPLES : (number + 1) * CHUNK_SAMPLES], at_s)

    def _sound(self) -> Samples:
        speech = self._audio.samples
        if self._audio.rate_hz != RATE_HZ:
            import soxr

            speech = soxr.resample(speech, self._audio.rate_hz, RATE_HZ, quality="HQ")
        lead = round(self._lead_ms * RATE_HZ / 1000)
        needed = lead + len(speech) + round(self._tail_ms * RATE_HZ / 1000)
        total = -(-needed // CHUNK_SAMPLES) * CHUNK_SAMPLES
        sound = np.zeros(total, dtype=np.float32)
        if self._noise_dbfs is not None:
            level = 10 ** (self._noise_dbfs / 20)
            sound += np.random.default_rng(0).normal(0.0, level, total).astype(np.float32)  # the same room every time
        sound[lead : lead + len(speech)] += speech
        return sound


def asleep_s() -> float:
    """How long the machine has slept since it was started, from some fixed point on."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    # macOS: the wall clock goes on in sleep and the monotonic one does not; who sets the clock reopens a microphone.
    return (time.time() if boot is None else time.clock_gettime(boot)) - time.monotonic()


def _spoken_at_s(block_s: float, buffer_s: float, current_s: float, now_s: float) -> float:
    """When the last sample of a block was spoken, on `time.monotonic`."""
    began_s = on_monotonic_clock(buffer_s, current_s, fallback_s=-block_s, now_s=now_s)
    return min(began_s + block_s, now_s)


def _mono(data: bytes, channels: int) -> Samples:
    samples: Samples = np.frombuffer(data, dtype=np.float32)
    return samples if channels == 1 else samples.reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _silence_problem() -> Problem:
    if sys.platform == "darwin":
        return Problem(
            "microphone",
            "The microphone delivers only digital silence; homebody is probably not allowed to use it.",
            "Allow it in System Settings > Privacy & Security > Microphone, then restart homebody.",
        )
    return Problem(
        "microphone",
        "The microphone delivers only digital silence; it is probably muted.",
        "Unmute it in the sound settings, or with: pactl set-source-mute @DEFAULT_SOURCE@ 0",
    )
