"""What PortAudio prints is kept from the terminal, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homebody.voice.hushed import hushed


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux only")
def test_only_what_portaudio_prints_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    with hushed():
        os.write(2, b"Expression 'r' failed in 'src/hostapi/alsa/pa_linux_alsa.c', line: 2097\nthe house is on fire\n")
    os.write(2, b"and went on\n")
    assert capfd.readouterr().err == "the house is on fire\nand went on\n"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux only")
def test_after_an_error_everything_is_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with hushed():
            os.write(2, b"heard\n")
            raise ValueError("x")

    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ValueError, match="x"):
        fail()
    assert capfd.readouterr().err == "heard\n"
    assert len(list(Path("/proc/self/fd").iterdir())) == before
