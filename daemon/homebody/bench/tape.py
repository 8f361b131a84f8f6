"""Reading a tape: a stereo recording with the room's microphone on one channel and the loudspeaker on the other.

Both channels share one clock, so the time from the end of a spoken command to the first sample of the reply is counted
in samples: no process's idea of time, buffer or latency enters into it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]

AUDIBLE: Final = 64  # of 32,768: -54 dBFS, above any dither, below any speech


@dataclass(frozen=True, slots=True)
class Command:
    """A recording that was played into the room.

    Attributes:
        samples: int16, mono, at the tape's rate.
        speech_ended: Index of its last sample of speech.
    """

    samples: Pcm
    speech_ended: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where on the tape a command's speech ended and the reply's first sample sounded; None: there was no reply."""

    speech_ended: int
    reply_began: int | None

    def latency_ms(self, rate_hz: int) -> float | None:
        """What the person waited."""
        return None if self.reply_began is None else 1000 * (self.reply_began - self.speech_ended) / rate_hz


def exchanges(room: Pcm, speaker: Pcm, commands: Sequence[Command]) -> list[Exchange]:
    """Find each command, in the order in which they were played, and the reply after it.

    Args:
        room: What the microphone heard, int16.
        speaker: What the loudspeaker played, int16, same length and clock.
        commands: In the order of playing.

    Raises:
        ValueError: A command is not on the tape.
    """
    found = []
    starts = []
    at = 0
    for command in commands:
        start = _find(room, command.samples, at)
        if start is None:
            raise ValueError("a command is not on the tape")
        starts.append(start)
        at = start + len(command.samples)
    for number, (start, command) in enumerate(zip(starts, commands, strict=True)):
        ended = start + command.speech_ended
        until = starts[number + 1] if number + 1 < len(starts) else len(speaker)
        audible = np.nonzero(np.abs(speaker[ended:until].astype(np.int32)) >= AUDIBLE)[0]
        found.append(Exchange(ended, ended + int(audible[0]) if len(audible) else None))
    return found


def _find(tape: Pcm, command: Pcm, after: int) -> int | None:
    """Where the command begins, by exact match of its first loud 50 ms and then of the most of it.

    A server at the command's own rate passes samples on unchanged, so an exact match is the right question; a gap
    (the server ran late) may cost some of the rest, and 90 % of it must still be there.
    """
    loud = int(np.argmax(np.abs(command.astype(np.int32)) >= 512))
    key = command[loud : loud + 800].tobytes()
    hay = tape.tobytes()
    at = 2 * after
    while (at := hay.find(key, at)) >= 0:
        start = at // 2 - loud
        if at % 2 == 0 and start >= 0:
            there = tape[start : start + len(command)]
            if len(there) == len(command) and np.mean(there == command) >= 0.9:
                return start
        at += 1
    return None
