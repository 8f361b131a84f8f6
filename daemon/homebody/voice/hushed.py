"""What the sound libraries print to the person's terminal, kept from it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from typing import Final

PRINTED_LIMIT_BYTES: Final = 64 * 1024


def _say_nothing(*_: object) -> None:
    """ALSA's error handler; what matters comes as a PortAudioError too."""


_ALSA_HANDLER: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)(_say_nothing)


def hush_alsa() -> None:
    """Keep libasound from printing every probed device and every underrun to the person's terminal."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ALSA_HANDLER)


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Keep PortAudio from printing "Expression ... failed" to the person's terminal at each attempt to open what is
    gone, which its Debian build does and offers no switch for. What others print meanwhile comes a moment later."""
    if not hasattr(os, "memfd_create"):
        yield
        return
    kept, real = os.memfd_create("printed"), os.dup(2)
    os.dup2(kept, 2)
    try:
        yield
    finally:
        os.dup2(real, 2)
        printed = os.pread(kept, PRINTED_LIMIT_BYTES, 0).splitlines(keepends=True)
        if rest := b"".join(line for line in printed if not line.startswith(b"Expression '")):
            os.write(real, rest)
        os.close(kept)
        os.close(real)
