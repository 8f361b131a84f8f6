"""Ducking: while somebody is heard or answered, other programs' sound is quieter, and afterwards it is as it was.

`Mixer` is the sound server, `Books` decides (pure), `Ducker` does it and keeps on disk what it owes: whoever kills us
in the middle finds the music at its own loudness again after the next start.

Sound servers remember the volume of a program whose sound ends, so one that ends while it is quiet would begin quiet
for ever (the complaint about other assistants that duck). Therefore a level of ours is known by its number: volumes are
only ever set to the steps of `ladder`, and what stands on a step of a program's ladder is ours to put right, also in
another stream of it; what stands anywhere else was changed by the person, who is right.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec

from homebody.atomic import replacing
from homebody.errors import MachineError, MissingPart, NotWritable
from homebody.options import DuckingOptions
from homebody.paths import private_dir

log = logging.getLogger(__name__)

STEPS: Final = 6  # from loud to quiet; of 15 dB each is 2.5 dB, which is heard as a slope
DOWN: Final = 2  # steps at a time: somebody speaks already
STEP_S: Final = 0.06
LOOK_S: Final = 0.1  # for whether somebody is heard or answered
RETRY_S: Final = 5.0
GIVE_BACK_LIMIT_S: Final = 1.5  # of a stop of the service
OWED: Final = 64  # programs whose sound ended while it was quiet; the oldest are forgotten first
ALIKE: Final = 0.005  # servers round; a step is ten times as wide


@dataclass(frozen=True, slots=True)
class Stream:
    """Another program's sound.

    Attributes:
        id: The server's, while the stream lasts.
        program: Under what name the server remembers its volume.
        volumes: One for each channel; 65536 is full, and their cube is the loudness (PulseAudio's scale).
    """

    id: int
    program: str
    volumes: tuple[int, ...]


class Mixer(Protocol):
    """The volumes of other programs."""

    async def others(self) -> Sequence[Stream]:
        """What other programs play now, on any loudspeaker of this machine; never our own sound, nor calls, alerts and
        screen readers.

        Raises:
            MissingPart: This system has no volume for each program. MachineError: It cannot be asked now.
        """
        ...

    async def set_volumes(self, stream: int, volumes: Sequence[int]) -> None:
        """Change a stream's volumes; nothing happens where it has ended. Raises as `others`."""
        ...

    def changes(self) -> AsyncGenerator[None, None]:
        """Something may have changed; what happened before it was first asked is not told. Ends when the server does.
        Close it. Raises as `others`."""
        ...


class Owed(msgspec.Struct, kw_only=True):
    """A stream's own volumes, and how far below them we went."""

    id: int
    program: str
    own: tuple[Annotated[int, msgspec.Meta(ge=0)], ...]
    depth_db: Annotated[float, msgspec.Meta(ge=0)]

    def at(self, step: int) -> tuple[int, ...]:
        """The volumes on a step of the ladder; 0 is its own."""
        return ladder(self.own, self.depth_db, step)

    def stands(self, volumes: Sequence[int]) -> bool:
        """Whether volumes are on one of the steps."""
        return any(alike(volumes, self.at(step)) for step in range(STEPS + 1))


def ladder(own: Sequence[int], depth_db: float, step: int) -> tuple[int, ...]:
    """The volumes ``step`` of `STEPS` steps down, of which the last is ``depth_db`` below ``own``. PulseAudio's volumes
    are cubic (``pa_sw_volume_from_linear``), so that -60 dB is a tenth."""
    share = 10 ** (-depth_db * step / STEPS / 60)
    return tuple(round(volume * share) for volume in own)


def alike(one: Sequence[int], other: Sequence[int]) -> bool:
    """Equal but for rounding."""
    return len(one) == len(other) and all(
        abs(a - b) <= max(2, ALIKE * b) for a, b in zip(one, other, strict=True)
    )  # fmt: skip


class Books:
    """What is owed to whom. Pure: streams go in, volumes to set come out.

    Args:
        owed: From before.
    """

    def __init__(self, owed: Sequence[Owed] = ()) -> None:
        self.owed = list(owed)
        self._left_alone: set[int] = set()  # streams whose person has chosen meanwhile

    def plan(self, streams: Sequence[Stream], step: int, depth_db: float) -> dict[int, tuple[int, ...]]:
        """Which volumes to set, by stream, so that all stand ``step`` steps down. What is owed is in `owed` from now
        on, until a later look finds it given back.

        Args:
            streams: Of other programs, now.
            step: 0: everybody is to be as loud as before.
            depth_db: Of the ladder of a stream that is new.
        """
        here = {(stream.id, stream.program) for stream in streams}
        live = {one.id: one for one in self.owed if (one.id, one.program) in here}
        gone = [one for one in self.owed if (one.id, one.program) not in here]
        owed: list[Owed] = []
        wanted: dict[int, tuple[int, ...]] = {}
        for stream in streams:
            one = live.get(stream.id)
            if one is None and stream.id not in self._left_alone:
                one = _inherited(stream, [*gone, *live.values()])
                if one is None and step:
                    one = Owed(id=stream.id, program=stream.program, own=stream.volumes, depth_db=depth_db)
            changed = one is not None and not one.stands(stream.volumes)
            if changed:
                self._left_alone.add(stream.id)
            if one is None or changed or (step == 0 and alike(stream.volumes, one.own)):
                # The server knows a loudness of this program that is not ours: nothing is owed to its other sound.
                gone = [other for other in gone if other.program != stream.program]
                continue
            if not alike(stream.volumes, one.at(step)):
                wanted[stream.id] = one.at(step)
            owed.append(one)
        taken = {(one.program, one.own) for one in owed}
        self.owed = [one for one in gone if (one.program, one.own) not in taken][-OWED:] + owed
        self._left_alone &= {stream.id for stream in streams} if step else set()
        return wanted


def _inherited(stream: Stream, known: Sequence[Owed]) -> Owed | None:
    """What is owed to a new stream: the server gave it the volume of another one of its program, which is ours."""
    for one in known:
        if one.program == stream.program and one.stands(stream.volumes):
            return msgspec.structs.replace(one, id=stream.id)
    return None


class Ducker:
    """Ducks while it is wanted.

    Args:
        mixer: The sound server.
        options: Asked each time.
        folder: Where ``ducked.json`` lies while something is owed.
    """

    def __init__(self, mixer: Mixer, options: Callable[[], DuckingOptions], folder: Path) -> None:
        self._mixer, self._options = mixer, options
        self._path = private_dir(folder) / "ducked.json"
        self._kept = _read(self._path)
        self._books = Books(self._kept)
        self._step = STEPS if self._kept else 0  # so that what a killed one left quiet comes back as a slope, too
        self._until_s = -math.inf
        self._changed, self._looks = asyncio.Event(), asyncio.Event()

    async def run(self, wanted: Callable[[], bool]) -> None:
        """Duck whenever it is wanted, until cancelled; then all is given back. Returns at once where this system has no
        volume for each program.

        Args:
            wanted: Somebody is heard or answered now. Asked at each `look`, and ten times a second while it is so.
        """
        try:
            while True:
                try:
                    await self._serve(wanted)
                except MissingPart:
                    return
                except MachineError as error:
                    log.info("other programs' sound cannot be made quieter now: %s", error.reason)
                    await asyncio.sleep(RETRY_S)
        finally:
            if self._books.owed:
                with suppress(TimeoutError, MachineError):
                    async with asyncio.timeout(GIVE_BACK_LIMIT_S):
                        await self._go(0)

    def look(self) -> None:
        """What is wanted may be something else now."""
        self._looks.set()

    async def _serve(self, wanted: Callable[[], bool]) -> None:
        while True:
            self._looks.clear()
            if self._quiet(wanted) or self._step or self._books.owed:
                await self._attend(wanted)
            else:
                await self._looks.wait()

    async def _attend(self, wanted: Callable[[], bool]) -> None:
        """Something is quiet, or is to be, or is owed: follow what the server tells until none of that is so."""
        following = asyncio.create_task(self._follow())
        try:
            self._changed.set()
            while not following.done():
                quiet, before = self._quiet(wanted), self._step
                self._step = min(STEPS, before + DOWN) if quiet else max(0, before - 1)
                if self._step != before or self._changed.is_set():
                    self._changed.clear()
                    await self._go(self._step)
                if self._step == 0 and not (quiet or self._books.owed):
                    return
                await asyncio.sleep(LOOK_S if self._step == before else STEP_S)
            await following  # raises what ended it
            raise MachineError("The sound server went away.")
        finally:
            following.cancel()
            await asyncio.wait([following])

    def _quiet(self, wanted: Callable[[], bool]) -> bool:
        """Somebody is heard or answered, or was a moment ago."""
        now_s, options = asyncio.get_running_loop().time(), self._options()
        if wanted():
            self._until_s = now_s + options.release_ms / 1000
        return options.enabled and now_s < self._until_s

    async def _go(self, step: int) -> None:
        """Have everybody stand on this step; on disk before it is so."""
        volumes = self._books.plan(await self._mixer.others(), step, self._options().depth_db)
        if self._books.owed != self._kept:
            kept = [msgspec.structs.replace(one) for one in self._books.owed]
            _write(self._path, kept)
            self._kept = kept
        for stream, wanted in volumes.items():
            await self._mixer.set_volumes(stream, wanted)

    async def _follow(self) -> None:
        async with aclosing(self._mixer.changes()) as changes:
            async for _ in changes:
                self._changed.set()


def _read(path: Path) -> list[Owed]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Owed])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, msgspec.MsgspecError):
        log.warning("%s cannot be read; other programs may be quieter than they were", path)
        return []


def _write(path: Path, owed: Sequence[Owed]) -> None:
    """Atomically; nothing owed: no file. Not forced to the disk, which would hold up a turn: it outlives us as it is.

    Raises:
        NotWritable: The folder refuses.
    """
    try:
        if not owed:
            path.unlink(missing_ok=True)
            return
        with replacing(path, durable=False) as file:
            file.write(msgspec.json.encode(owed))
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}.", "Make room, and check the folder's rights."
        ) from error
