"""What was measured about a model's windows, kept in the data directory: a small file a model and way of computing."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from homebody import starter
from homebody.atomic import replacing
from homebody.errors import NotWritable
from homebody.options import TranscriberOptions
from homebody.paths import data_dir, private_dir
from homebody.voice.whisper_window import STARTERS, UNPROVEN, WindowRule
from homebody.voice.window_calibration import Verdict

log = logging.getLogger(__name__)

METHOD: Final = 1  # of measuring: recordings, rules, when a word counts as changed. Another one measures anew
BLOCKS: Final = 64  # of the weights that are looked at, evenly spread
BLOCK_BYTES: Final = 64 * 1024
SMALL_FILES: Final = ("config.json", "preprocessor_config.json", "tokenizer.json", "vocabulary.json", "vocabulary.txt")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement.

    Attributes:
        model: As the profile named it, for whoever reads the file.
        compute_type, device, beam_size: How it computed.
        at: When (UTC).
        verdict: What was found.
    """

    model: str
    compute_type: str
    device: str
    beam_size: int
    at: dt.datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule in use.

    Attributes:
        rule: For the windows.
        source: ``profile`` sets it; ``measured`` on this machine; ``starter``: the starter model's own; ``unmeasured``.
        record: The measurement.
    """

    rule: WindowRule
    source: Literal["profile", "measured", "starter", "unmeasured"]
    record: Record | None = None

    @property
    def why(self) -> str:
        """For a person: where it comes from, without a full stop."""
        if self.source == "profile":
            return "set in the profile"
        if self.source == "starter":
            return "as the starter model was trained"
        if self.record is None:
            return "not measured with this model yet"
        found, at = self.record.verdict, self.record.at
        day = f"{at.day} {at:%B %Y}"
        if found.outcome == "proven":
            return f"measured on {day}: as in 30 s, every word of {found.understood} recordings"
        if found.outcome == "none":
            return f"measured on {day}: shorter ones change words"
        return f"nothing to tell it by: this model understood {found.understood} of {found.clips} recordings on {day}"

    def told(self) -> dict[str, Any]:
        """For the wire."""
        return {
            "floor_s": self.rule.floor_s,
            "margin_s": self.rule.margin_s,
            "source": self.source,
            "why": self.why,
        }

    def __str__(self) -> str:
        return f"windows of at least {self.rule.floor_s:g} s, {self.why}"


def identity(folder: Path, options: TranscriberOptions) -> str:
    """A model's weights and the way they are computed, as 32 hexadecimal digits. Blocks for some milliseconds.

    Of ``model.bin`` its size and `BLOCKS` blocks are looked at: all of it would take seconds at every start, and other
    weights differ everywhere.

    Raises:
        OSError: The folder cannot be read.
    """
    digest = hashlib.sha256(msgspec.json.encode((METHOD, options.compute_type, options.device, options.beam_size)))
    with (folder / "model.bin").open("rb") as weights:
        size_bytes = os.fstat(weights.fileno()).st_size
        digest.update(str(size_bytes).encode())
        for block in range(BLOCKS):
            weights.seek(max(0, size_bytes - BLOCK_BYTES) * block // (BLOCKS - 1))
            digest.update(weights.read(BLOCK_BYTES))
    for name in SMALL_FILES:
        if (file := folder / name).is_file():
            digest.update(name.encode() + file.read_bytes())
    return digest.hexdigest()[:32]


def choice(folder: Path, options: TranscriberOptions) -> Choice:
    """The rule for the model in this folder: the profile's, else the measured one, else the starter's own or
    `UNPROVEN`."""
    if options.min_window_s is not None:
        return Choice(WindowRule(options.min_window_s), "profile")
    if (record := read(folder, options)) is not None:
        return Choice(record.verdict.rule, "measured", record)
    is_starter = options.model == starter.NAME
    return Choice(STARTERS, "starter") if is_starter else Choice(UNPROVEN, "unmeasured")


def read(folder: Path, options: TranscriberOptions) -> Record | None:
    """What was measured with this model; None: nothing, or it cannot be read."""
    try:
        return msgspec.json.decode(_path(folder, options).read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        log.warning("what was measured about the recogniser's windows cannot be read: %s", type(error).__name__)
        return None


def keep(folder: Path, options: TranscriberOptions, verdict: Verdict) -> Record:
    """Write it down, whole or not at all, in the place of what was known before.

    Raises:
        NotWritable: The data directory refuses.
    """
    record = Record(
        model=options.model,
        compute_type=options.compute_type,
        device=options.device,
        beam_size=options.beam_size,
        at=dt.datetime.now(dt.UTC),
        verdict=verdict,
    )
    try:
        path = _path(folder, options)
        private_dir(path.parent)
        with replacing(path) as file:
            file.write(msgspec.json.encode(record))
    except OSError as error:
        raise NotWritable(
            f"What was measured cannot be written down: {error.strerror}.", "Make room in the data directory."
        ) from error
    return record


def _path(folder: Path, options: TranscriberOptions) -> Path:
    return data_dir() / "windows" / f"{identity(folder, options)}.json"
