"""Writes WAV files."""

from __future__ import annotations

import io
import os
import tempfile
import wave
from pathlib import Path

import numpy as np

from homebody.errors import NotWritable
from homebody.voice.audio import Audio


def write_wav(path: Path, audio: Audio) -> None:
    """Write mono 16-bit PCM, replacing the file in one go; louder than full scale is clipped.

    Raises:
        NotWritable: The folder is missing or refuses.
    """
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(audio.rate_hz)
        file.writeframes(np.clip(np.rint(audio.samples * 32768), -32768, 32767).astype("<i2").tobytes())
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file_object:
            file_object.write(buffer.getvalue())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}.", "Choose a folder that exists and that you may write to."
        ) from error
