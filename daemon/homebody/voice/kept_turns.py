"""Kept turns: the sound of an utterance and all that its decisions were made of, for `homebody replay`.

Only where ``voice.keep_turns`` asks for it. A turn is a folder ``turns/<time>`` of the data directory: ``sound.wav``
(16 kHz, mono, 32 bit float: bit for bit what was heard) and ``events.json``. No words are written down; who listens to
the sound hears them, of course.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import shutil
import struct
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from homebody.errors import AudioFileError, NotWritable
from homebody.options import CommitOptions, EndpointingOptions, VoiceOptions
from homebody.paths import private_dir
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk, Samples
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Ears, Habits, Heard
from homebody.voice.recordings import read_recording

log = logging.getLogger(__name__)

LONGEST_CHUNKS: Final = round(45_000 / CHUNK_MS)  # of one turn; an utterance is capped at less
LEAD_CHUNKS: Final = round(5_000 / CHUNK_MS)  # of quiet kept before speech: any pre-roll
SOUND, EVENTS = "sound.wav", "events.json"


class Learned(msgspec.Struct, frozen=True):
    """After this chunk, counted from 0, this became known of a guess's words."""

    chunk: int
    revision: int
    words: Words


class Decision(msgspec.Struct, frozen=True):
    """What was decided at this chunk, counted from 0."""

    chunk: int
    kind: Literal["began", "guess", "resumed", "ended"]
    revision: int | None = None


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What is in ``events.json``.

    Attributes:
        endpointing, commit, pauses_ms: What the decisions depended on.
        at_s: When each chunk ended, on the microphone's clock.
        probabilities: Of speech, as the voice detector gave them.
        revisions: Guesses made before this turn.
    """

    version: int = 1
    endpointing: EndpointingOptions
    commit: CommitOptions
    pauses_ms: tuple[float, ...]
    at_s: tuple[float, ...]
    probabilities: tuple[float, ...]
    revisions: int
    learned: tuple[Learned, ...]
    decisions: tuple[Decision, ...]


class Tape:
    """Notes what `Ears` hear and decide. Holds the present utterance and some quiet before it; never more.

    Args:
        endpointing, commit: The profile's.
    """

    def __init__(self, endpointing: EndpointingOptions, commit: CommitOptions) -> None:
        self._endpointing, self._commit = endpointing, commit
        self._pauses_ms: tuple[float, ...] = ()
        self._revisions = 0
        self.reset()

    def reset(self) -> None:
        """What was heard before does not continue."""
        self._chunks: deque[Chunk] = deque(maxlen=LONGEST_CHUNKS)
        self._probabilities: deque[float] = deque(maxlen=LONGEST_CHUNKS)
        self._learned: list[Learned] = []
        self._decisions: list[Decision] = []

    def heard(self, chunk: Chunk, probability: float, heard: Heard, ears: Ears) -> None:
        """A chunk, and what came of it."""
        if self._decisions and self._decisions[-1].kind == "ended":
            self.reset()  # nobody took it
        self._chunks.append(chunk)
        self._probabilities.append(probability)
        self._decided(heard)
        if ears.quiet and not self._decisions:  # whatever led to nothing is forgotten, but for what pre-roll may need
            while len(self._chunks) > LEAD_CHUNKS:
                self._chunks.popleft()
                self._probabilities.popleft()
            self._pauses_ms, self._revisions = ears.pauses_ms, ears.revisions

    def learned(self, revision: int, words: Words, heard: Heard) -> None:
        """What became known, and what came of it."""
        if self._decisions:
            self._learned.append(Learned(len(self._chunks) - 1, revision, words))
            self._decided(heard)

    def taken(self) -> tuple[Turn, Samples] | None:
        """The turn that has just ended, and its sound; None where it is too long to be kept. The tape begins anew."""
        chunks = list(self._chunks)
        turn = Turn(
            endpointing=self._endpointing,
            commit=self._commit,
            pauses_ms=self._pauses_ms,
            at_s=tuple(chunk.at_s for chunk in chunks),
            probabilities=tuple(self._probabilities),
            revisions=self._revisions,
            learned=tuple(self._learned),
            decisions=tuple(self._decisions),
        )
        self.reset()
        if not chunks or len(chunks) == LONGEST_CHUNKS:
            return None
        return turn, np.concatenate([chunk.samples for chunk in chunks])

    def _decided(self, heard: Heard) -> None:
        self._decisions += _decisions(len(self._chunks) - 1, heard)


def _decisions(chunk: int, heard: Heard) -> Iterator[Decision]:
    if heard.began:
        yield Decision(chunk, "began")
    if heard.resumed:
        yield Decision(chunk, "resumed")
    if heard.guess:
        yield Decision(chunk, "guess", heard.guess.revision)
    if heard.utterance:
        yield Decision(chunk, "ended", heard.revision)


class TurnKeeper:
    """Keeps the last turns of a voice service, where its profile wants that.

    Args:
        options: The profile's.
        folder: The data directory.

    Attributes:
        tape: For the ears; None: nothing is kept.
    """

    def __init__(self, options: VoiceOptions, folder: Path) -> None:
        self.tape = Tape(options.endpointing, options.commit) if options.keep_turns else None
        self._folder, self._limit = folder / "turns", options.keep_turns
        self._writing: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """A turn's utterance has just ended. Written in a thread; one that comes while another is written is lost."""
        taken = self.tape.taken() if self.tape else None
        if taken and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write(*taken))

    async def aclose(self) -> None:
        """Wait until the last one is written."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self, turn: Turn, sound: Samples) -> None:
        try:
            now = dt.datetime.now(dt.UTC)
            await asyncio.to_thread(keep, self._folder, turn, sound, limit=self._limit, now=now)
        except NotWritable as error:
            log.warning("a turn was not kept: %s", error)


# --- folders ---------------------------------------------------------------------------------------------------------


def keep(folder: Path, turn: Turn, sound: Samples, *, limit: int, now: dt.datetime) -> Path:
    """Write a turn, whole or not at all, and drop the oldest beyond ``limit``. Blocks, some 10 ms.

    Raises:
        NotWritable: It cannot be written there.
    """
    home = private_dir(folder)
    fresh: Path | None = None
    try:
        fresh = Path(tempfile.mkdtemp(dir=home, prefix="."))
        _write(fresh / SOUND, _wav(sound))
        _write(fresh / EVENTS, msgspec.json.format(msgspec.json.encode(turn), indent=1))
        path = home / now.strftime("%Y-%m-%dT%H-%M-%S.%f")
        fresh.rename(path)
        for old in folders(home)[:-limit]:
            shutil.rmtree(old, ignore_errors=True)
        for left in home.glob(".*"):  # by a process that was killed over it
            shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)
        raise NotWritable(
            f"{home} cannot be written: {error.strerror}.", "Make room, or set keep_turns = 0."
        ) from error
    return path


def folders(home: Path) -> list[Path]:
    """All kept turns, oldest first."""
    return sorted(path.parent for path in home.glob(f"[!.]*/{EVENTS}"))


def read(path: Path) -> tuple[Turn, Samples]:
    """A kept turn.

    Raises:
        AudioFileError: It is missing, damaged, or of another version.
    """
    try:
        turn = msgspec.json.decode((path / EVENTS).read_bytes(), type=Turn)
    except OSError as error:
        raise AudioFileError(f"{path} is no kept turn.", "Name a folder under turns in the data directory.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AudioFileError(
            f"{path / EVENTS} cannot be understood: {error}.", "It may be of another version."
        ) from error
    sound = read_recording(path / SOUND).audio.samples
    if turn.version != 1 or not len(turn.at_s) == len(turn.probabilities) == len(sound) // CHUNK_SAMPLES:
        raise AudioFileError(f"Sound and events in {path} do not belong together.", "It may be of another version.")
    return turn, sound


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _wav(sound: Samples) -> bytes:
    """32 bit float WAV, WAVE_FORMAT_IEEE_FLOAT."""
    data = sound.astype("<f4").tobytes()
    head = struct.pack("<HHIIHHH", 3, 1, RATE_HZ, 4 * RATE_HZ, 4, 32, 0)
    fact = struct.pack("<4sII", b"fact", 4, len(sound))
    body = b"WAVE" + struct.pack("<4sI", b"fmt ", len(head)) + head + fact + struct.pack("<4sI", b"data", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data


# --- again -----------------------------------------------------------------------------------------------------------


def replayed(turn: Turn, sound: Samples, commit: CommitOptions | None = None) -> list[Decision]:
    """The decisions of a kept turn, made again in virtual time: same sound, same probabilities, same words.

    Args:
        turn: From `read`.
        sound: Likewise.
        commit: Other limits than those of that day; None: the same.
    """
    ears = Ears(
        _Remembered(turn.probabilities), turn.endpointing, commit or turn.commit, Habits(turn.pauses_ms),
        revisions=turn.revisions,
    )  # fmt: skip
    decisions: list[Decision] = []
    learned = deque(turn.learned)
    for number, at_s in enumerate(turn.at_s):
        chunk = Chunk(sound[number * CHUNK_SAMPLES : (number + 1) * CHUNK_SAMPLES], at_s)
        decisions += _decisions(number, ears.feed(chunk))
        while learned and learned[0].chunk == number:
            known = learned.popleft()
            decisions += _decisions(number, ears.weigh(known.revision, known.words))
    return decisions


class _Remembered:
    """A voice detector that says again what it said."""

    def __init__(self, probabilities: tuple[float, ...]) -> None:
        self._left = deque(probabilities)

    def probability(self, chunk: Samples) -> float:
        """See `homebody.voice.vad.VoiceActivityDetector`."""
        del chunk
        return self._left.popleft()

    def reset(self) -> None:
        """See `homebody.voice.vad.VoiceActivityDetector`."""
