"""The small models that travel with homebody, for a first start without any network and for tests.

They are what they are: a recogniser of some two thousand words of spoken commands, learned from synthetic voices, a
robot's voice, and a talker that knows some 1,600 answers and nothing else. A profile names them (``starter``);
each also stands in, named as what it is, for as long as the model that a profile names instead is not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "starter"  # what a profile calls each of them
SYSTEM_PROMPT: Final = "You are homebody. Answer in one or two short plain sentences."  # the talker was trained on it
_HERE = Path(__file__).parent


def recogniser() -> Path:
    """The folder of the starter recogniser: Whisper architecture, CTranslate2 format."""
    return _HERE / "recogniser"


def voice() -> Path:
    """The starter voice: a Piper ``.onnx``, with its ``.onnx.json`` beside it."""
    return _HERE / "voice" / "starter.onnx"


def talker() -> Path:
    """The folder of the starter talker: Qwen2 architecture, CTranslate2 format, with its ``manifest.json``."""
    return _HERE / "talker"


def recordings() -> Path:
    """The folder of the bundled spoken questions (16 kHz, mono, 16 bit) and their ``manifest.json``."""
    return _HERE / "recordings"


class Recording(msgspec.Struct, frozen=True):
    """A bundled spoken question.

    Attributes:
        path: 16 kHz, mono, 16 bit WAV.
        text: What is said in it.
        speech_ended_ms: Where in it the last word ends.
    """

    path: Path
    text: str
    speech_ended_ms: float


class _Entry(msgspec.Struct):
    file: str
    text: str
    speech_ended_ms: float


def bundled() -> list[Recording]:
    """The bundled spoken questions, in the order of a small conversation."""
    entries = msgspec.json.decode((recordings() / "manifest.json").read_bytes(), type=list[_Entry])
    return [Recording(recordings() / entry.file, entry.text, entry.speech_ended_ms) for entry in entries]
