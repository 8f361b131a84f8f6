"""The microphone, switched off: its device is closed, nothing is read, and that holds until it is switched on again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from homebody.errors import Problem, RemoteFailure
from homebody.messages import Control, Done, Listen, Say
from homebody.voice.audio import Chunk
from homebody.voice.earcons import Earcon
from homebody.voice.memory import VoiceMemory
from homebody.voice.microphone import Microphone

MUTED: Final = Problem(
    "microphone", "I am not listening: the microphone is muted.", "Have it listen again: homebody unmute"
)
ACTIONS: Final = frozenset({"mute_microphone", "unmute_microphone", "toggle_microphone"})


class SwitchedMicrophone:
    """A `Microphone` that can be muted. While it is, the inner one is closed and `problem` is `MUTED`.

    Args:
        inner: What hears.
        muted: From the beginning.
    """

    def __init__(self, inner: Microphone, *, muted: bool = False) -> None:
        self._inner = inner
        self._on = asyncio.Event()
        self.muted = muted

    @property
    def muted(self) -> bool:
        """Nothing is heard. What is on its way when this is set is dropped."""
        return not self._on.is_set()

    @muted.setter
    def muted(self, muted: bool) -> None:
        if muted:
            self._on.clear()
        else:
            self._on.set()

    @property
    def late_ms(self) -> float:
        """The inner one's."""
        return self._inner.late_ms

    @late_ms.setter
    def late_ms(self, late_ms: float) -> None:
        self._inner.late_ms = late_ms

    @property
    def problem(self) -> Problem | None:
        """As of the inner one; `MUTED` before everything else."""
        return MUTED if self.muted else self._inner.problem

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """As `Microphone.chunks`; the device is opened when it is first unmuted."""
        while True:
            await self._on.wait()
            async with aclosing(self._inner.chunks()) as chunks:
                async for chunk in chunks:
                    if self.muted:
                        break
                    yield chunk
                else:
                    return


class Muting:
    """Mutes and unmutes, with a tone, and remembers it for the next start.

    Args:
        microphone: What is switched.
        memory: Keeps it.
        play: Plays an earcon, without waiting.
    """

    def __init__(self, microphone: SwitchedMicrophone, memory: VoiceMemory, play: Callable[[Earcon], None]) -> None:
        self._microphone, self._memory, self._play = microphone, memory, play

    def handle(self, request: Say | Listen | Control) -> Done | None:
        """Do what was asked; None: that is not for us.

        Raises:
            RemoteFailure: ``capability``: somebody wants to be listened to, and it is muted.
            NotWritable: It could not be remembered; it is done all the same.
        """
        if isinstance(request, Listen) and self._microphone.muted:
            raise RemoteFailure("capability", MUTED.problem, MUTED.remedy)
        if not isinstance(request, Control) or request.action not in ACTIONS:
            return None
        before = self._microphone.muted
        muted = not before if request.action == "toggle_microphone" else request.action == "mute_microphone"
        self._microphone.muted = muted
        if muted != before:
            self._play("muted" if muted else "unmuted")
        self._memory.microphone_muted = muted
        return Done(id=request.id, value={"microphone_muted": muted})
