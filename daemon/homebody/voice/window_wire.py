"""What the voice service and the process that measures a model's windows say to each other."""

from __future__ import annotations

import msgspec

from homebody.options import SynthesizerOptions, TranscriberOptions
from homebody.voice.window_calibration import Verdict


class Measure(msgspec.Struct, frozen=True, tag=True):
    """To the process, once: how it hears, and what speaks the longer sentences.

    Attributes:
        transcriber: The model, here already, and how it computes.
        synthesizer: The voice.
        language: Of the profile (ISO 639-1).
    """

    transcriber: TranscriberOptions
    synthesizer: SynthesizerOptions
    language: str


class Found(msgspec.Struct, frozen=True, tag=True):
    """From the process: what the model bears."""

    verdict: Verdict


class Broke(msgspec.Struct, frozen=True, tag=True):
    """From the process: nothing can be measured."""

    reason: str


FromMeasurer = Found | Broke
