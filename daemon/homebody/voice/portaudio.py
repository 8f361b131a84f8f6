"""PortAudio, which a process has only once: who may start it, stop it, and open streams on it.

Terminating PortAudio closes every stream of the process, and a frozen sound server makes any of its calls hang. So all
calls are made by one thread, one after another, and waited for with a limit; microphone and loudspeaker share
`PORTAUDIO` and see from `OpenStream.finished` that the other had to start it anew.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from homebody.errors import AudioStuck, MachineError, MissingPart, NoMicrophone, NoSpeaker, UnknownDevice
from homebody.voice.hushed import hush_alsa, hushed

T = TypeVar("T")
Direction = Literal["input", "output"]

CALL_LIMIT_S: Final = 5.0  # an answering sound server needs under 0.5 s, a loaded machine 2.7 s (measured)
USUAL_RATES_HZ: Final = (48_000, 44_100)
BAD_FORMAT: Final = (-9997, -9998)  # paInvalidSampleRate, paInvalidChannelCount: try another
CHANNELS: Final = (1, 2)  # a strict device that takes no mono takes stereo


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device as PortAudio lists it.

    Attributes:
        index: PortAudio's number, good until it is started anew.
        name: As it is named in the profile; part of it is enough.
        host_api: ALSA, Core Audio, ...
        inputs, outputs: Channels; sound servers report 32 of each for whatever they have.
        rate_hz: Its default sampling rate, as it claims.
        is_default_input, is_default_output: What is taken when the profile names none.
    """

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    rate_hz: float
    is_default_input: bool = False
    is_default_output: bool = False

    def __str__(self) -> str:
        kinds = [kind for kind, channels in (("hears", self.inputs), ("speaks", self.outputs)) if channels]
        default = " (default)" if self.is_default_input or self.is_default_output else ""
        return f"{self.name}{default}: {' and '.join(kinds)}, {self.rate_hz:.0f} Hz, {self.host_api}"


@dataclass(eq=False, slots=True)
class OpenStream:
    """A running stream.

    Attributes:
        rate_hz, channels: What the device accepted.
        latency_s: PortAudio's own estimate.
        finished: Set when no further callback will come: closed, or its device or sound server died.
    """

    raw: Any
    rate_hz: int
    channels: int
    latency_s: float
    finished: threading.Event


# indata or outdata as a buffer of float32, frames, time of its first frame and of now on the stream's clock
Callback = Callable[[Any, int, float, float], None]


class PortAudio:
    """All calls to PortAudio.

    Every coroutine raises `AudioStuck` when PortAudio does not come back within ``limit_s``; from then on this process
    can use no sound and should end with that error's exit code, so that the service manager starts it again.
    """

    def __init__(self, *, limit_s: float = CALL_LIMIT_S) -> None:
        self.generation = 0
        self._limit_s = limit_s
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._stuck = False
        self._streams: set[OpenStream] = set()

    def devices(self) -> list[Device]:
        """What there is, now. Blocks, up to the limit, usually 0.2 s.

        PortAudio lists what it found when it was started, so it is started anew where no stream is open.

        Raises:
            MissingPart: The PortAudio library is not installed.
        """

        def work() -> list[Device]:
            if not self._streams:
                _restart()
            return _devices()

        try:
            return self._submit(work).result(self._limit_s)
        except TimeoutError:
            raise self._give_up() from None

    async def open(
        self, direction: Direction, name: str, *, rate_hz: int, latency_ms: float, block_ms: float, callback: Callback
    ) -> OpenStream:
        """Open and start a stream of float32 on the device with ``name`` in its name; empty: the default one.

        The wanted rate and one channel are tried first, then what the device says it has. The callback runs in
        PortAudio's thread and must not block.

        Raises:
            UnknownDevice: No such device; the remedy lists those there are.
            NoMicrophone, NoSpeaker: There is none at all, or it cannot be opened.
            MissingPart: The PortAudio library is not installed.
        """

        def work() -> OpenStream:
            with hushed():
                stream = _open(
                    direction, name, rate_hz=rate_hz, latency_ms=latency_ms, block_ms=block_ms, callback=callback
                )
            self._streams.add(stream)
            return stream

        future = self._submit(work)
        try:
            return await self._wait(future)
        except asyncio.CancelledError:
            future.add_done_callback(self._close_unwanted)
            raise

    async def close(self, stream: OpenStream, *, abort: bool = False) -> None:
        """Close it; ``abort`` throws away what the device has not sounded yet. Closing a closed one does nothing."""
        if stream in self._streams:
            await self._call(lambda: self._close(stream, abort=abort))

    async def reinitialise(self, seen: int) -> None:
        """Stop and start PortAudio, unless someone did so since generation ``seen``. Closes all streams."""

        def work() -> None:
            if self.generation != seen:
                return
            self.generation += 1
            for stream in list(self._streams):
                self._close(stream, abort=True)
            _restart()

        await self._call(work)

    def _close(self, stream: OpenStream, *, abort: bool) -> None:
        if stream in self._streams:
            self._streams.discard(stream)
            if abort:
                stream.raw.abort(ignore_errors=True)
            stream.raw.close(ignore_errors=True)
            stream.finished.set()

    def _close_unwanted(self, future: Future[OpenStream]) -> None:
        if not future.cancelled() and future.exception() is None:
            self._submit(lambda: self._close(future.result(), abort=True))

    async def _call(self, work: Callable[[], T]) -> T:
        return await self._wait(self._submit(work))

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._stuck:
            raise _stuck_error()
        with self._start_lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="portaudio", daemon=True)
                self._thread.start()
        future: Future[T] = Future()
        self._calls.put((future, work))
        return future

    async def _wait(self, future: Future[T]) -> T:
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.shield(asyncio.wrap_future(future))
        except TimeoutError:
            raise self._give_up() from None

    def _give_up(self) -> AudioStuck:
        self._stuck = True
        _forget_exit_handler()
        return _stuck_error()

    def _run(self) -> None:
        while True:
            future, work = self._calls.get()
            try:
                future.set_result(work())
            except BaseException as error:  # whoever waits gets it
                future.set_exception(error)


PORTAUDIO: Final = PortAudio()
"""The process's own; the only one that may be used outside tests of its errors."""


class SampleClock:
    """Says when each sample was really spoken or will really sound, though callbacks come in bursts and late. Pure.

    A callback can only be late, never early; so the earliest one seen, in relation to the number of samples, is right.
    The estimate may rise by ``DRIFT`` for clocks that run apart, and starts anew where samples were lost.
    """

    DRIFT: Final = 0.0005  # 500 ppm, more than any sound card's crystal is off
    LOST_S: Final = 0.5

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._offset_s: float | None = None
        self._samples = 0

    def stamp(self, samples: int, at_s: float) -> float:
        """After ``samples`` more, whose last one was taken at about ``at_s``: when it was, as well as can be told."""
        self._samples += samples
        offset_s = at_s - self._samples / self._rate_hz
        if self._offset_s is None or offset_s > self._offset_s + self.LOST_S:
            self._offset_s = offset_s
        else:
            self._offset_s = min(self._offset_s + self.DRIFT * samples / self._rate_hz, offset_s)
        return self._offset_s + self._samples / self._rate_hz


def on_monotonic_clock(buffer_s: float, current_s: float, *, fallback_s: float, now_s: float | None = None) -> float:
    """A time of PortAudio's stream clock on `time.monotonic`'s, which showed ``now_s`` at ``current_s`` (None: now).

    Some backends leave the buffer's time at 0 or report nonsense; then it is now, moved by ``fallback_s``.
    """
    now_s = time.monotonic() if now_s is None else now_s
    ahead_s = buffer_s - current_s
    if buffer_s <= 0 or current_s <= 0 or abs(ahead_s) > 2:
        return now_s + fallback_s
    return now_s + ahead_s


def _sounddevice() -> Any:
    try:
        import sounddevice
    except (OSError, ImportError) as error:
        command = "brew install portaudio" if sys.platform == "darwin" else "sudo apt-get install libportaudio2"
        raise MissingPart("The PortAudio library is not installed.", f"Install it: {command}") from error
    hush_alsa()
    return sounddevice


def _restart() -> None:
    sounddevice = _sounddevice()
    with contextlib.suppress(sounddevice.PortAudioError):  # it was not running
        sounddevice._terminate()  # noqa: SLF001  # the only way to a new list of devices
    try:
        sounddevice._initialize()  # noqa: SLF001
    except sounddevice.PortAudioError as error:
        raise MachineError("PortAudio does not start.", "Check that the sound system runs.") from error


def _devices() -> list[Device]:
    sounddevice = _sounddevice()
    apis = [api["name"] for api in sounddevice.query_hostapis()]
    default_input, default_output = sounddevice.default.device
    return [
        Device(
            index=found["index"],
            name=found["name"],
            host_api=apis[found["hostapi"]],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate_hz=found["default_samplerate"],
            is_default_input=found["index"] == default_input,
            is_default_output=found["index"] == default_output,
        )
        for found in sounddevice.query_devices()
    ]


def choose(devices: list[Device], direction: Direction, name: str) -> Device:
    """The device meant by ``name``: the one of exactly this name, else the first with it in its name.

    Raises:
        UnknownDevice: None of them has it.
        NoMicrophone, NoSpeaker: There is none for this direction.
    """
    capture = direction == "input"
    usable = [device for device in devices if (device.inputs if capture else device.outputs) > 0]
    if not usable:
        raise _absent(direction, "There is no microphone." if capture else "There is no loudspeaker.")
    if not name:
        defaults = [device for device in usable if (device.is_default_input if capture else device.is_default_output)]
        return (defaults or usable)[0]
    wanted = name.casefold()
    exact = [device for device in usable if device.name.casefold() == wanted]
    near = [device for device in usable if wanted in device.name.casefold()]
    if not near:
        kind = "microphone" if capture else "loudspeaker"
        names = ", ".join(dict.fromkeys(device.name for device in usable))
        raise UnknownDevice(f"There is no {kind} named {name}.", f"Name one of: {names}.")
    return (exact or near)[0]


def _open(
    direction: Direction, name: str, *, rate_hz: int, latency_ms: float, block_ms: float, callback: Callback
) -> OpenStream:
    sounddevice = _sounddevice()
    device = choose(_devices(), direction, name)
    capture = direction == "input"
    kind = sounddevice.RawInputStream if capture else sounddevice.RawOutputStream
    finished = threading.Event()

    def bridge(data: Any, frames: int, times: Any, _status: Any) -> None:
        buffer_s = times.inputBufferAdcTime if capture else times.outputBufferDacTime
        callback(data, frames, buffer_s, times.currentTime)

    refusal = ""
    for channels in CHANNELS:
        for rate in dict.fromkeys((rate_hz, int(device.rate_hz), *USUAL_RATES_HZ)):
            try:
                raw = kind(
                    device=device.index,
                    samplerate=rate,
                    channels=channels,
                    dtype="float32",
                    blocksize=round(rate * block_ms / 1000),
                    latency=latency_ms / 1000,
                    callback=bridge,
                    finished_callback=finished.set,
                )
            except sounddevice.PortAudioError as error:
                refusal = str(error.args[0]) if error.args else ""
                if len(error.args) > 1 and error.args[1] in BAD_FORMAT:
                    continue
                raise _absent(direction, f"{device.name} cannot be opened ({refusal}).") from error
            try:
                raw.start()
            except sounddevice.PortAudioError as error:
                raw.close(ignore_errors=True)
                raise _absent(direction, f"{device.name} cannot be started.") from error
            return OpenStream(raw, rate, channels, float(raw.latency), finished)
    raise _absent(direction, f"{device.name} takes none of the usual formats ({refusal}).")


def _absent(direction: Direction, reason: str) -> MachineError:
    if direction == "input":
        return NoMicrophone(reason, "Connect a microphone, or name another one; `homebody devices` lists them.")
    return NoSpeaker(reason, "Connect a loudspeaker, or name another one; `homebody devices` lists them.")


def _stuck_error() -> AudioStuck:
    return AudioStuck("The sound system does not answer.", "Restart homebody; if that does not help, the sound system.")


def _forget_exit_handler() -> None:
    """Its call to PortAudio at the interpreter's end would hang as well."""
    if sounddevice := sys.modules.get("sounddevice"):
        atexit.unregister(sounddevice._exit_handler)  # noqa: SLF001
