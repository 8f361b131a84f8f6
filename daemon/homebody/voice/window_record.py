"""What was measured about a model's windows and threads, kept in the data directory: a small file a model and way of
computing."""

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
from homebody.hardware import usable_cores
from homebody.options import TranscriberOptions
from homebody.paths import data_dir, private_dir
from homebody.voice.thread_choice import Threads, Timings, threads_for
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
        at: When (UTC) the verdict was found.
        verdict: Which windows it bears; None: the profile sets them.
        timings: With how many threads it was how quick; None: not measured, as in records from before they were.
    """

    model: str
    compute_type: str
    device: str
    beam_size: int
    at: dt.datetime
    verdict: Verdict | None = None
    timings: Timings | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The rule and the threads in use.

    Attributes:
        rule: For the windows.
        source: ``profile`` sets it; ``measured`` on this machine; ``starter``: the starter model's own; ``unmeasured``.
        threads: How many the model is loaded with.
        verdict: What was measured about windows.
        at: When.
    """

    rule: WindowRule
    source: Literal["profile", "measured", "starter", "unmeasured"]
    threads: Threads
    verdict: Verdict | None = None
    at: dt.datetime | None = None

    @property
    def why(self) -> str:
        """For a person: where the rule comes from, without a full stop."""
        if self.source == "profile":
            return "set in the profile"
        if self.source == "starter":
            return "as the starter model was trained"
        if (found := self.verdict) is None or self.at is None:
            return "not measured with this model yet"
        day = f"{self.at.day} {self.at:%B %Y}"
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
            "threads": self.threads.number,
            "threads_why": self.threads.why,
        }

    def __str__(self) -> str:
        return f"windows of at least {self.rule.floor_s:g} s, {self.why}; {self.threads}"


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


def choice(folder: Path, options: TranscriberOptions, cores: int | None = None) -> Choice:
    """How the model in this folder hears. The rule: the profile's, else the measured one, else the starter's own or
    `UNPROVEN`. The threads: `threads_for`, where ``cores`` may be used; None: as many as here."""
    record = read(folder, options)
    verdict, timings = (record.verdict, record.timings) if record else (None, None)
    rule, source = _rule(options, verdict)
    threads = threads_for(options, rule, timings, cores or usable_cores())
    return Choice(rule, source, threads, verdict, record.at if record else None)


def _rule(
    options: TranscriberOptions, verdict: Verdict | None
) -> tuple[WindowRule, Literal["profile", "measured", "starter", "unmeasured"]]:
    if options.min_window_s is not None:
        return WindowRule(options.min_window_s), "profile"
    if verdict is not None:
        return verdict.rule, "measured"
    return (STARTERS, "starter") if options.model == starter.NAME else (UNPROVEN, "unmeasured")


def read(folder: Path, options: TranscriberOptions) -> Record | None:
    """What was measured with this model; None: nothing, or it cannot be read."""
    try:
        return msgspec.json.decode(_path(folder, options).read_bytes(), type=Record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        log.warning("what was measured about the recogniser's windows cannot be read: %s", type(error).__name__)
        return None


def keep(folder: Path, options: TranscriberOptions, found: Verdict | Timings) -> Record:
    """Write it down, whole or not at all, in the place of what was known of it before.

    Raises:
        NotWritable: The data directory refuses.
    """
    before = read(folder, options)
    record = Record(
        model=options.model,
        compute_type=options.compute_type,
        device=options.device,
        beam_size=options.beam_size,
        at=before.at if before and isinstance(found, Timings) else dt.datetime.now(dt.UTC),
        verdict=found if isinstance(found, Verdict) else before.verdict if before else None,
        timings=found if isinstance(found, Timings) else before.timings if before else None,
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
