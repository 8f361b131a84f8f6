"""What `homebody devices` lists."""

from __future__ import annotations

from homebody.voice.portaudio import PORTAUDIO, Device

__all__ = ["Device", "list_devices"]


def list_devices() -> list[Device]:
    """The sound devices of this machine, in PortAudio's order. Blocks, usually 0.2 s, at most 5 s.

    Raises:
        MissingPart: The PortAudio library is not installed.
        AudioStuck: The sound system does not answer.
    """
    return PORTAUDIO.devices()
