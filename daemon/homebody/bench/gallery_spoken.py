"""`homebody bench gallery --spoken`: thousands of pictures dropped at once while a person asks aloud every few seconds.

The real router, voice and gallery run as processes on virtual sound devices, as in `homebody.bench.voice`, in front of
a model server without a model (`homebody.bench.eyes_server`). The same spoken commands are taken first with nothing
else going on; the wait is counted on a recording of both. Text in pictures is not read during that. What reading it
costs is measured afterwards: aloud again, while screens are read, and the processor time of some screens by themselves.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Final

import msgspec

from homebody import profile as profiles
from homebody.bench.gallery import captioned_rows, made, made_screen, memory_of, noted, until_captioned
from homebody.bench.measured_router import model_server, with_model
from homebody.bench.services import environment_for, services
from homebody.bench.virtual_devices import TAPE, VirtualDevices
from homebody.bench.voice import REPEATABLE, REST_S, read_tape, take_turn
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, MissingPart, ServiceError
from homebody.gallery.ocr import TextReader
from homebody.hardware import Machine, this_machine
from homebody.house import Child
from homebody.ledger import percentile
from homebody.options import AnswerCacheOptions, Wire
from homebody.options_gallery import GalleryOptions
from homebody.profile import Profile
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ

MODEL: Final = "steady"
ASKS_A_MODEL: Final = "question.wav"  # among commands that skills answer
LIMIT_S: Final = 5400.0
SETTLED_S: Final = 3.0  # after a reply, until the state of the voice is known everywhere
IN_FLIGHT_S: Final = 0.25  # what had been sent when somebody began to speak arrives within
READ_LIMIT_S: Final = 900.0  # of a screen, on a machine that is busy with everything else
GROWTH_SHARE: Final = 0.25  # of the run at whose end and beginning memory is compared


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """What a person waited for a reply, from the last word to the first sound.

    Attributes:
        on_tape: Of ``turns``, those counted on the recording; the others are the ledger's.
        misheard: Turns whose words were not heard as they were said.
        unheard: Commands that no turn answered; not among ``turns``.
    """

    turns: int
    on_tape: int
    misheard: int
    unheard: int = 0
    p50_ms: float
    p95_ms: float


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of a service and its workers.

    Attributes:
        early_mb, late_mb: Medians over the second and the last quarter of the run.
        per_hour_mb: Slope of a straight line through all samples but the first quarter's.
    """

    early_mb: float
    late_mb: float
    per_hour_mb: float


class Ocr(msgspec.Struct, frozen=True, kw_only=True):
    """What reading text costs, which the run itself did not do.

    Attributes:
        cpu_s, took_s: For one screen of 1920 by 1080 full of text, median.
        waits: Of spoken commands while screens were read; None: none were taken.
        slower: ``waits`` / idle, p50.
    """

    engine: str
    cpu_s: float
    took_s: float
    waits: Waits | None = None
    slower: float | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        caption_ms: What the model server takes for a picture.
        idle, busy: Spoken commands with nothing else going on, and while pictures were described.
        slower: ``busy`` / ``idle``, p50.
        lost, stored_twice, asked_twice: As of `homebody.bench.gallery`.
        asked_during_turns: Requests with a picture that reached the model server while somebody was at it, those that
            were on their way when they began to speak left out.
        turn_percent: Of the run, during which somebody was at it.
        gallery, router, voice: Their memory during the run.
    """

    images: int
    caption_ms: float
    took_s: float
    per_min: float
    idle: Waits
    busy: Waits
    slower: float
    lost: int
    stored_twice: int
    asked_twice: int
    asked_during_turns: int
    turn_percent: float
    gallery: Memory
    router: Memory
    voice: Memory
    ocr: Ocr | None
    load_average: float
    profile: str
    machine: Machine


async def measure(
    profile: Profile,
    images: int,
    *,
    every_s: float = 10.0,
    idle_turns: int = 18,
    ocr_turns: int = 12,
    screens: int = 3,
    caption_s: float = 0.05,
    progress: Callable[[str], None],
) -> Report:
    """Measure.

    Args:
        profile: Whose voice and limits; its models and folders are replaced.
        images: How many are dropped.
        every_s: From the beginning of one command to that of the next, at least.
        idle_turns: Spoken before.
        ocr_turns: Spoken afterwards, while text is read; 0: none.
        screens: Read by themselves; 0: what reading costs is not measured at all.
        caption_s: What the model server takes for a picture.
        progress: Told how far it is.

    Raises:
        MissingPart: There is no sound server to make virtual devices with.
        ServiceError: The gallery did not come up, or did not get done.
        DeadlineExceeded: No command was answered.
    """
    async with AsyncExitStack() as stack:
        # Not a folder whose name begins with a dot: the gallery would pass it over.
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hb-", ignore_cleanup_errors=True)))
        watched, heap = place / "watched", place / "heap"
        watched.mkdir()
        progress(f"making {images} pictures")
        await asyncio.to_thread(made, heap, images)
        server = await stack.enter_async_context(model_server("eyes_server", str(caption_s)))
        seen: list[tuple[str, str, float]] = []
        noting = asyncio.create_task(noted(server, seen))
        stack.callback(noting.cancel)
        own = _measured(profile, server.base_url, watched)
        devices = stack.enter_context(VirtualDevices(rate_hz=RATE_HZ))
        endpoint = await stack.enter_async_context(services(own, place, devices, "--always-listening"))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        file = place / "measured.toml"
        child = await Child.start(
            "gallery", "--endpoint", endpoint, profile=str(file), env=environment_for(place, devices)
        )
        stack.push_async_callback(child.stop)
        await until_captioned(client, 0, 60.0)
        person = Person(client, devices, place, every_s)
        watching = asyncio.create_task(person.watch())
        stack.callback(watching.cancel)
        for label, count in (("warming up", 2), ("nothing else going on", idle_turns)):
            person.begin()
            for number in range(count):
                progress(f"{label}: command {number + 1} of {count}, {await person.ask()}")
        idle = person.waits()
        person.begin()
        progress(f"dropping {images} pictures")
        began_s = time.monotonic()
        heap.rename(watched / "dropped")
        finished = asyncio.create_task(until_captioned(client, images, LIMIT_S))
        stack.callback(finished.cancel)
        samples = await _asked_until(finished, person, seen, progress)
        took_s = time.monotonic() - began_s
        busy = person.waits()
        turns = person.turns(began_s)
        ocr = await _ocr(place, screens, progress) if screens else None
        if ocr is not None and ocr_turns:
            await asyncio.to_thread(_screens, watched, ocr_turns)
            await _reading(client, file)
            person.begin()
            for number in range(ocr_turns):
                progress(f"text is read: command {number + 1} of {ocr_turns}, {await person.ask()}")
            waits = person.waits()
            ocr = msgspec.structs.replace(ocr, waits=waits, slower=round(waits.p50_ms / idle.p50_ms, 3))
        await child.stop()
        rows = await asyncio.to_thread(captioned_rows, place / "data")
    described = [image for kind, image, at_s in seen if kind == "captioned" and at_s < began_s + took_s]
    asked_s = [at_s for kind, _, at_s in seen if kind == "asked" and began_s < at_s < began_s + took_s]
    paths = [path for one in rows for path in one if "dropped" in path]
    return Report(
        images=images,
        caption_ms=round(1000 * caption_s),
        took_s=round(took_s, 1),
        per_min=round(60 * images / took_s),
        idle=idle,
        busy=busy,
        slower=round(busy.p50_ms / idle.p50_ms, 3),
        lost=images - len(set(paths)),
        stored_twice=len(paths) - len(set(paths)),
        asked_twice=len(described) - len(set(described)),
        asked_during_turns=sum(begun + IN_FLIGHT_S < at_s < ended for at_s in asked_s for begun, ended in turns),
        turn_percent=round(100 * sum(ended - begun for begun, ended in turns) / took_s, 1),
        **{name: _memory(found) for name, found in samples.items()},
        ocr=ocr,
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


async def _asked_until(
    finished: asyncio.Task[None], person: Person, seen: list[tuple[str, str, float]], progress: Callable[[str], None]
) -> dict[str, list[tuple[float, float]]]:
    """Ask again and again until it is finished; each service's memory after each reply: when (s), and in MB."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in ("gallery", "router", "voice")}
    while not finished.done():
        took = await person.ask()
        for name, found in samples.items():
            found.append((time.monotonic(), await asyncio.to_thread(memory_of, name)))
        captioned = sum(kind == "captioned" for kind, _, _ in seen)
        progress(f"{captioned} described; {took}; gallery {samples['gallery'][-1][1]:.0f} MB")
    await finished
    return samples


async def _reading(client: HomebodyClient, file: Path) -> None:
    """Have the gallery read texts from now on."""

    def written() -> None:
        profile = file.read_text(encoding="utf-8")
        file.write_text(profile.replace('ocr = "off"', 'ocr = "all"'), encoding="utf-8")
        if profiles.load(str(file)).gallery.ocr != "all":
            raise ServiceError("The gallery's profile could not be changed.")

    await asyncio.to_thread(written)
    await client.control("gallery", "reload")


class Person:
    """Speaks the same commands in the same order again and again, and keeps what it waited for.

    Args:
        every_s: See `measure`.
    """

    def __init__(self, client: HomebodyClient, devices: VirtualDevices, place: Path, every_s: float) -> None:
        self._client, self._devices, self._tape, self._every_s = client, devices, place / "tape.wav", every_s
        self._states: list[tuple[float, str]] = []
        self.begin()

    def begin(self) -> None:
        """From the first command again, with nothing kept."""
        self._next: Iterator[Recording] = itertools.cycle(_commands())
        self._kept: list[tuple[float, bool, bool]] = []
        self._unheard = 0
        self._again_s = 0.0

    async def watch(self) -> None:
        """Note when somebody is at it, for ever."""
        async with aclosing(self._client.follow("voice.state")) as events:
            async for event in events:
                # When the router had it, which counts: we may be told late, while a recording is being ended.
                late_s = time.time() - event.at.timestamp()
                self._states.append((time.monotonic() - late_s, str(event.data.get("state"))))

    async def ask(self) -> str:
        """Speak the next command, when it is time; returns what it took, for people."""
        await asyncio.sleep(max(REST_S, self._again_s - time.monotonic()))
        self._again_s = time.monotonic() + self._every_s
        command = next(self._next)
        self._tape.unlink(missing_ok=True)
        with self._devices.recorded(self._tape, source=TAPE):
            try:
                row, heard, _ = await take_turn(self._client, self._devices, command)
            except DeadlineExceeded:  # one is not to cost the other thousands
                self._unheard += 1
                return "not heard"
        (wait_ms,) = await asyncio.to_thread(read_tape, self._tape, [command])
        on_tape = wait_ms is not None
        wait_ms = wait_ms if wait_ms is not None else row.first_sample_ms
        if wait_ms is None:
            self._unheard += 1
            return "not answered aloud"
        self._kept.append((wait_ms, on_tape, heard == command.text))
        return f"{wait_ms:.0f} ms"

    def waits(self) -> Waits:
        """What was kept since `begin`.

        Raises:
            DeadlineExceeded: No command was answered.
        """
        if not self._kept:
            raise DeadlineExceeded("No spoken command was answered.", "See what is wrong with: homebody demo")
        waits = [wait for wait, _, _ in self._kept]
        return Waits(
            turns=len(waits),
            on_tape=sum(on_tape for _, on_tape, _ in self._kept),
            misheard=sum(not right for _, _, right in self._kept),
            unheard=self._unheard,
            p50_ms=round(percentile(waits, 50), 1),
            p95_ms=round(percentile(waits, 95), 1),
        )

    def turns(self, since_s: float) -> list[tuple[float, float]]:
        """When turns began and ended since then, on the monotonic clock."""
        found, begun = [], None
        for at_s, state in self._states:
            if state in {"hearing", "thinking", "speaking"}:
                begun = at_s if begun is None else begun
            elif begun is not None:
                found.append((begun, at_s))
                begun = None
        return [(begun, ended) for begun, ended in found if begun > since_s]


def _measured(profile: Profile, base_url: str, watched: Path) -> Profile:
    with_eyes = with_model(profile, base_url, MODEL)
    router = msgspec.structs.replace(with_eyes.router, answer_cache=AnswerCacheOptions(ttl_s=0, entries=0), metrics="")
    options = GalleryOptions(folders=(str(watched),), ocr="off")
    return msgspec.structs.replace(with_eyes, router=router, wire=Wire(), gallery=options)


def _commands() -> list[Recording]:
    return [one for one in bundled() if one.path.name in REPEATABLE or one.path.name == ASKS_A_MODEL]


def _memory(samples: list[tuple[float, float]]) -> Memory:
    quarter = max(1, round(len(samples) * GROWTH_SHARE))
    later = samples[quarter:] or samples
    sizes = [size for _, size in later]
    slope = 0.0
    if len(later) > 2:
        slope = statistics.linear_regression([at_s for at_s, _ in later], sizes).slope
    return Memory(
        early_mb=round(statistics.median(sizes[:quarter]), 1),
        late_mb=round(statistics.median(sizes[-quarter:]), 1),
        per_hour_mb=round(3600 * slope, 1),
    )


def _screens(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"Screenshot {number:03}.png" for number in range(count)]
    for number, path in enumerate(paths):
        made_screen(path, number)
    return paths


async def _ocr(place: Path, count: int, progress: Callable[[str], None]) -> Ocr | None:
    """What a screen costs by itself; None where nothing that reads is installed."""
    (folder := place / "screens").mkdir()
    screens = await asyncio.to_thread(_screens, folder, count)
    cpu, took, engine = [], [], ""
    try:
        for path in screens:
            before_s, began_s = _children_cpu_s(), time.monotonic()
            async with TextReader(deadline_s=READ_LIMIT_S) as reader:
                engine = reader.engine
                progress(f"reading a screen by itself with {engine}")
                await reader.recognize(path)
            took.append(time.monotonic() - began_s)
            cpu.append(_children_cpu_s() - before_s)
    except MissingPart:
        return None
    return Ocr(engine=engine, cpu_s=round(statistics.median(cpu), 2), took_s=round(statistics.median(took), 2))


def _children_cpu_s() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
