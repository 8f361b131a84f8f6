"""What the voice service remembers between starts: the volume, whether it is to hear, how its person pauses, and the
notices it has given."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import msgspec

from homebody.atomic import replacing
from homebody.errors import NotWritable
from homebody.paths import private_dir

log = logging.getLogger(__name__)


class _Remembered(msgspec.Struct, kw_only=True, omit_defaults=True):
    volume_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    speed_percent: Annotated[float, msgspec.Meta(ge=50, le=200)] | None = None
    microphone_muted: bool = False
    noticed: list[str] = []
    pauses_ms: tuple[Annotated[float, msgspec.Meta(ge=0, le=60_000)], ...] = ()


class VoiceMemory:
    """The file ``voice.json``. Written at once and atomically; an unreadable file is forgotten, not fatal.

    Args:
        folder: Where it lies; created if need be.

    Raises:
        NotWritable: The folder refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._path = private_dir(folder) / "voice.json"
        try:
            self._remembered = msgspec.json.decode(self._path.read_bytes(), type=_Remembered)
        except FileNotFoundError:
            self._remembered = _Remembered()
        except (OSError, ValueError, msgspec.MsgspecError):
            log.warning("%s cannot be read; starting afresh", self._path)
            self._remembered = _Remembered()

    @property
    def volume_percent(self) -> float | None:
        """The volume the person last chose; None: never."""
        return self._remembered.volume_percent

    @volume_percent.setter
    def volume_percent(self, percent: float) -> None:
        self._remembered.volume_percent = percent
        self._write()

    @property
    def speed_percent(self) -> float | None:
        """How fast the person last chose to be spoken to; None: never."""
        return self._remembered.speed_percent

    @speed_percent.setter
    def speed_percent(self, percent: float) -> None:
        self._remembered.speed_percent = percent
        self._write()

    @property
    def microphone_muted(self) -> bool:
        """The person last wanted not to be heard."""
        return self._remembered.microphone_muted

    @microphone_muted.setter
    def microphone_muted(self, muted: bool) -> None:
        self._remembered.microphone_muted = muted
        self._write()

    @property
    def pauses_ms(self) -> tuple[float, ...]:
        """How long the person paused within what they said, the last times, oldest first."""
        return self._remembered.pauses_ms

    @pauses_ms.setter
    def pauses_ms(self, pauses_ms: tuple[float, ...]) -> None:
        if pauses_ms != self.pauses_ms:
            self._remembered.pauses_ms = pauses_ms
            self._write()

    def given(self, notice: str) -> bool:
        """Whether this notice has been given."""
        return notice in self._remembered.noticed

    def give(self, notice: str) -> None:
        """This notice has been given."""
        if not self.given(notice):
            self._remembered.noticed.append(notice)
            self._write()

    def _write(self) -> None:
        try:
            with replacing(self._path) as file:
                file.write(msgspec.json.encode(self._remembered))
        except OSError as error:
            raise NotWritable(
                f"{self._path} cannot be written: {error.strerror}.", "Make room, and check the folder's rights."
            ) from error
