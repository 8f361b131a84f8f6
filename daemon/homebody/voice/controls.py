"""What the router may ask of a mouth: say this, be quiet, louder. The part of the voice service that needs no ears."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Final

from homebody.errors import DeadlineExceeded, RemoteFailure
from homebody.messages import Control, Done, Listen, Say
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth

SLOWEST: Final = 50.0  # percent; beyond these, voices are hard to understand
FASTEST: Final = 200.0


class Controls:
    """Carries out `Say` and `Control`; `Listen` is refused here.

    Args:
        mouth: What speaks.
        memory: Keeps the volume for the next start; None: nothing is kept.
        interrupt: Ends whatever would be in the way of a `Say` that interrupts; None: what sounds.
    """

    def __init__(
        self, mouth: Mouth, memory: VoiceMemory | None = None, *, interrupt: Callable[[], object] | None = None
    ) -> None:
        self._mouth = mouth
        self._memory = memory
        self._interrupt = interrupt or mouth.stop

    async def handle(self, request: Say | Listen | Control) -> Done:
        """Do what was asked.

        Raises:
            RemoteFailure: It cannot be done; the code says why.
            NoSpeaker: There is nothing to speak through.
        """
        match request:
            case Say():
                return await self._say(request)
            case Control():
                return self._control(request)
            case Listen():
                raise RemoteFailure("capability", "There is no microphone here.", "Start one with: homebody run")

    async def _say(self, request: Say) -> Done:
        if request.expires_at and request.expires_at < dt.datetime.now(dt.UTC):
            raise DeadlineExceeded("It is too late to say this.")
        if request.interrupt:
            self._interrupt()
        spoken = await self._mouth.say(request.text, request.language)
        return Done(id=request.id, spoken=spoken.complete, heard_text=spoken.heard_text)

    def _control(self, request: Control) -> Done:
        speaker = self._mouth.speaker
        match request.action:
            case "stop":
                # Only what sounds: the turn that asks for silence has not begun to speak and must not end itself.
                self._mouth.stop()
            case "mute" | "unmute":
                speaker.muted = request.action == "mute"
            case "volume":
                speaker.volume_percent = changed(speaker.volume_percent, request.value)
                if self._memory and request.value is not None:
                    self._memory.volume_percent = speaker.volume_percent
            case "speed":
                synthesizer = self._mouth.synthesizer
                synthesizer.speed_percent = changed(synthesizer.speed_percent, request.value, SLOWEST, FASTEST)
                if self._memory and request.value is not None:
                    self._memory.speed_percent = synthesizer.speed_percent
            case _:
                raise RemoteFailure("bad_message", f"The voice cannot do this: {request.action}.")
        state = {"volume_percent": speaker.volume_percent, "muted": speaker.muted}
        return Done(id=request.id, value={**state, "speed_percent": self._mouth.synthesizer.speed_percent})


def changed(percent: float, value: float | str | None, low: float = 0.0, high: float = 100.0) -> float:
    """The volume after ``value``: None leaves it, a number sets it, ``"+10"`` and ``"-10"`` change it; from ``low`` to
    ``high``. Likewise the speed.

    Raises:
        RemoteFailure: ``bad_message``: no number.
    """
    if value is None:
        return percent
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RemoteFailure("bad_message", "That is no number.", f"Give a percentage from {low:.0f} to {high:.0f}.")
    relative = isinstance(value, str) and value.strip()[:1] in {"+", "-"}
    return min(high, max(low, percent + number if relative else number))
