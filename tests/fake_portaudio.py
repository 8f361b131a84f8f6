"""A sound system in a thread: keeps the promises of `homebody.voice.portaudio.PortAudio` without any device."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np

from homebody.errors import AudioStuck, NoMicrophone, NoSpeaker
from homebody.voice.audio import Samples
from homebody.voice.portaudio import Callback, Device, Direction, OpenStream, choose


class FakePortAudio:
    """One microphone and one loudspeaker; blocks pass in real time.

    Attributes:
        plugged: Set False to make the device vanish: streams end and none can be opened.
        stalled: Set True to stop callbacks without a word, as a suspended device does.
        stuck: Set True to make every call hang, as a frozen sound server does.
        heard: What the microphone hears next, in samples at the stream's rate; silence of -60 dBFS after it.
        sounded: What the loudspeaker has sounded, silence included.
    """

    def __init__(self, *, rate_hz: int | None = None, latency_s: float = 0.02) -> None:
        self.generation = 0
        self.opened = 0
        self.plugged = True
        self.stalled = False
        self.stuck = False
        self.zeros = False
        self.heard: Samples = np.zeros(0, dtype=np.float32)
        self.sounded: list[Samples] = []
        self._rate_hz = rate_hz
        self._latency_s = latency_s
        self._streams: set[OpenStream] = set()

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams)

    def devices(self) -> list[Device]:
        return [
            Device(0, "Fake microphone", "Fake", 1, 0, 48_000, is_default_input=True),
            Device(1, "Fake loudspeaker", "Fake", 0, 2, 48_000, is_default_output=True),
        ]

    async def open(
        self, direction: Direction, name: str, *, rate_hz: int, latency_ms: float, block_ms: float, callback: Callback
    ) -> OpenStream:
        await self._answer()
        choose(self.devices(), direction, name)
        if not self.plugged:
            raise (NoMicrophone if direction == "input" else NoSpeaker)("It is not there.", "Connect it.")
        rate_hz = self._rate_hz or rate_hz
        stream = OpenStream(None, rate_hz, 1, self._latency_s, threading.Event())
        self._streams.add(stream)
        self.opened += 1
        frames = round(rate_hz * (block_ms or 10) / 1000)
        threading.Thread(target=self._run, args=(direction, stream, frames, callback), daemon=True).start()
        return stream

    async def close(self, stream: OpenStream, *, abort: bool = False) -> None:
        await self._answer()
        self._streams.discard(stream)
        stream.finished.set()

    async def reinitialise(self, seen: int) -> None:
        await self._answer()
        if self.generation == seen:
            self.generation += 1
            for stream in list(self._streams):
                await self.close(stream)

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.stuck:
            raise AudioStuck("The sound system does not answer.", "Restart it.")

    def _run(self, direction: Direction, stream: OpenStream, frames: int, callback: Callback) -> None:
        room = np.random.default_rng(0)
        next_s = time.monotonic()
        while not stream.finished.is_set():
            next_s += frames / stream.rate_hz
            time.sleep(max(0.0, next_s - time.monotonic()))
            if not self.plugged:
                stream.finished.set()
            elif self.stalled:
                pass
            elif direction == "input":
                block = room.normal(0, 0 if self.zeros else 1e-3, frames).astype(np.float32)
                part, self.heard = self.heard[:frames], self.heard[frames:]
                block[: len(part)] = part
                callback(block.tobytes(), frames, 0.0, 0.0)  # some systems tell no time
            else:
                data = bytearray(4 * frames)
                callback(data, frames, 10.0 + self._latency_s, 10.0)
                self.sounded.append(np.frombuffer(data, dtype=np.float32))
