"""What `homebody doctor` and `homebody reload` ask of a running voice: to try itself, and to take over new settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Protocol

import msgspec

from homebody.errors import Problem
from homebody.messages import Control, Done, Listen, Say
from homebody.options import VoiceOptions
from homebody.reloading import changed_keys, sorted_out
from homebody.voice.audio import Chunk
from homebody.voice.gauges import Gauges
from homebody.voice.memory import VoiceMemory
from homebody.voice.microphone import Microphone
from homebody.voice.muting import Muting
from homebody.voice.notes import Notes
from homebody.voice.said_before import Rehearsal
from homebody.voice.self_check import Meter, check
from homebody.voice.turn import Parts

ACTIONS: Final = frozenset({"check", "gauges", "reload", "rehearse", "status"})
LIVE: Final = (
    "voice.listen_timeout_ms",
    "voice.follow_up_ms",
    "voice.second_thoughts_ms",
    "voice.speaker.volume_percent",
    "voice.earcons",
    "voice.ducking",
)
BARGE_IN: Final = "voice.barge_in"  # too, unless echo cancelling is to be begun or ended, on which the rest depends


class MeteredMicrophone:
    """A microphone, and how loud it is. Args: as the attributes.

    Attributes:
        inner: What hears.
        meter: Fed with every chunk that is read.
    """

    def __init__(self, inner: Microphone, meter: Meter) -> None:
        self.inner, self.meter = inner, meter

    @property
    def late_ms(self) -> float:
        """The inner one's."""
        return self.inner.late_ms

    @late_ms.setter
    def late_ms(self, late_ms: float) -> None:
        self.inner.late_ms = late_ms

    @property
    def problem(self) -> Problem | None:
        """As of the inner one."""
        return self.inner.problem

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """As of the inner one."""
        async with aclosing(self.inner.chunks()) as chunks:
            async for chunk in chunks:
                self.meter.feed(chunk)
                yield chunk


class Runs(Protocol):
    """What is kept up: `homebody.voice.service.Voice`."""

    options: VoiceOptions
    notes: Notes | None

    @property
    def state(self) -> str:
        """As the event ``voice.state``."""

    async def handle(self, request: Say | Listen | Control) -> Done:
        """Do what the router asks."""


class Upkeep:
    """Stands before the voice service: carries out `ACTIONS`, and hands on everything else.

    Args:
        voice: The service.
        microphone: The one it reads.
        parts: What its turns are made of.
        memory: Keeps the volume.
        load: Reads the options again.
        rehearsal: Makes the sound of sentences ahead.
        gauges: What is heard and said now.
        muting: Switches the microphone; None: it cannot be.
    """

    def __init__(
        self,
        voice: Runs,
        microphone: MeteredMicrophone,
        parts: Parts,
        memory: VoiceMemory,
        load: Callable[[], VoiceOptions],
        rehearsal: Rehearsal,
        gauges: Gauges,
        muting: Muting | None = None,
    ) -> None:
        self._muting = muting
        self._rehearsal, self._gauges = rehearsal, gauges
        self._voice, self._microphone, self._parts = voice, microphone, parts
        self._memory, self._load = memory, load

    async def handle(self, request: Say | Listen | Control) -> Done:
        """Do what was asked; runs in a task of its own for each request.

        Raises:
            RemoteFailure: ``capability``: somebody wants to be listened to, and the microphone is muted.
            ProfileError: What stands in homebody.toml now is refused; nothing has changed.
        """
        if self._muting and (done := self._muting.handle(request)):
            return done
        if not isinstance(request, Control) or request.action not in ACTIONS:
            return await self._voice.handle(request)
        if request.action == "reload":
            return Done(id=request.id, value=self._taken(await asyncio.to_thread(self._load)))
        if request.action == "gauges":
            return Done(id=request.id, value=self._gauges.look(self._voice.state, self._voice.notes))
        if request.action == "rehearse":
            return Done(id=request.id, value={"sentences": self._rehearsal.add(str(request.value or ""))})
        if request.action == "status":
            return Done(id=request.id, value={"window": chosen.told()} if (chosen := self._parts.windows()) else {})
        aloud = request.value != "quiet"
        links = await check(self._microphone, self._microphone.meter, self._parts, self._voice.options, aloud=aloud)
        return Done(id=request.id, value={"links": msgspec.to_builtins(links)})

    def _taken(self, new: VoiceOptions) -> dict[str, list[str]]:
        old = self._voice.options
        if (percent := new.speaker.volume_percent) != old.speaker.volume_percent:
            self._parts.mouth.speaker.volume_percent = self._memory.volume_percent = percent
        speaker = msgspec.structs.replace(old.speaker, volume_percent=percent)
        same = new.barge_in.echo_cancelling == old.barge_in.echo_cancelling
        self._voice.options = msgspec.structs.replace(
            old,
            listen_timeout_ms=new.listen_timeout_ms,
            follow_up_ms=new.follow_up_ms,
            second_thoughts_ms=new.second_thoughts_ms,
            speaker=speaker,
            barge_in=new.barge_in if same else old.barge_in,
            earcons=new.earcons,
            ducking=new.ducking,
        )
        return sorted_out(changed_keys(old, new, "voice"), (*LIVE, BARGE_IN) if same else LIVE)
