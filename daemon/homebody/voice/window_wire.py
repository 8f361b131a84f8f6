"""What the voice service and the process that measures a model's windows and threads say to each other: one request,
one answer."""

from __future__ import annotations

import msgspec

from homebody.options import SynthesizerOptions, TranscriberOptions
from homebody.voice.thread_choice import Timings
from homebody.voice.window_calibration import Verdict


class Measure(msgspec.Struct, frozen=True, tag=True):
    """To the process: how it hears, and what speaks the longer sentences. Which windows does the model bear?

    Attributes:
        transcriber: The model, here already, and how it computes.
        synthesizer: The voice.
        language: Of the profile (ISO 639-1).
    """

    transcriber: TranscriberOptions
    synthesizer: SynthesizerOptions
    language: str


class Time(msgspec.Struct, frozen=True, tag=True):
    """To the process: with how many threads is a command understood how quickly?

    Attributes:
        transcriber: As of `Measure`; ``threads`` is the most that is tried.
        floor_s, margin_s: The rule of its windows.
    """

    transcriber: TranscriberOptions
    floor_s: float
    margin_s: float


class Found(msgspec.Struct, frozen=True, tag=True):
    """From the process: what the model bears."""

    verdict: Verdict


class Timed(msgspec.Struct, frozen=True, tag=True):
    """From the process: what each number of threads takes; None: the machine is too busy to tell."""

    timings: Timings | None


class Broke(msgspec.Struct, frozen=True, tag=True):
    """From the process: nothing can be measured."""

    reason: str


ToMeasurer = Measure | Time
FromMeasurer = Found | Timed | Broke
