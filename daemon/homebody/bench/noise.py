"""How loud the noise under recordings is, and recordings of people's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from homebody.errors import UsageError
from homebody.starter import Recording

RATIOS_DB: Final = (20.0, 10.0, 5.0)


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    text: str
    speech_ended_ms: float


def own_recordings(manifest: Path) -> list[Recording]:
    """People's own recordings: JSON lines of ``{"file", "text", "speech_ended_ms"}``, files beside the manifest.

    Raises:
        UsageError: A line is not that, or names a file that is not there; the line's number is named.
    """
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest} cannot be read.", "Give a file of JSON lines.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError as error:
            remedy = 'Write lines of {"file": "one.wav", "text": "what time is it", "speech_ended_ms": 1300}.'
            raise UsageError(f"{manifest}, line {number}: {error}.", remedy) from error
        path = manifest.parent / entry.file
        if not path.is_file():
            raise UsageError(f"{manifest}, line {number}: there is no {path}.", "Put the recording there.")
        found.append(Recording(path, entry.text, entry.speech_ended_ms))
    return found
