"""`homebody bench voice`: how long a person waits, from their last word to the first sound of the reply.

The real services run on virtual devices of a private sound server. Commands are played into the microphone at the speed
they were spoken; microphone and loudspeaker are recorded on the two channels of one tape (`homebody.bench.tape`), and
the wait is counted in its samples. The wait for silence, both audio buffers and everything between are in it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import os
import tempfile
import wave
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from homebody.bench.pauses import paused
from homebody.bench.services import services
from homebody.bench.tape import Command, exchanges
from homebody.bench.virtual_devices import LOUDSPEAKER_CHANNEL, ROOM_CHANNEL, TAPE, VirtualDevices
from homebody.bench.word_errors import Understood, errors, understood
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, HomebodyError
from homebody.hardware import Machine, this_machine
from homebody.ledger import Leg, Turn, legs, percentile
from homebody.profile import Profile
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ, Audio
from homebody.voice.noise import pink, with_noise
from homebody.voice.playback import resampled
from homebody.voice.recordings import read_audio, write_wav

TURN_LIMIT_S: Final = 60.0
CUT_MS: Final = 250.0  # a detector may end a word early; a word that was cut off is longer
DROWNED_S: Final = 15.0  # a command in noise that no turn has answered by then was not heard
LATE_MS: Final = 2000.0  # from asking the sound server to play a command until it sounds, at most
REST_S: Final = 0.8  # between the end of a reply and the next command: longer than our own echo is waited for

# Commands a skill answers without changing anything that the next one depends on.
REPEATABLE: Final = frozenset({"time.wav", "date.wav", "maths.wav", "memory.wav", "help.wav"})


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """One turn.

    Attributes:
        key: Its number and the recording's name, so that two reports can be paired.
        wait_ms: None: no reply, or a tape with a gap in it.
        endpoint_ms: Of it, until the end of speech was decided, by the ledger.
    """

    key: str
    wait_ms: float | None
    endpoint_ms: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        turns: Commands that were spoken.
        answered: Commands a reply was heard to.
        understood: Commands heard word for word.
        score: Word error rate, sentence accuracy, cut-offs by their words, and false starts: turns that began where
            nobody had spoken.
        noise_db: The commands were so much louder than the noise under them; None: there was none.
        p50_ms, p95_ms, p99_ms: From the last sample of speech to the first sample of the reply, on the tape; with
            pauses, by the ledger.
        waits: What they are of.
        legs: The same turns in the ledger's own stamps.
        cut_off: Turns that began before the last word was said.
        silence_ms: Of the wait, until the end of speech was decided (median), by the ledger.
        silence_percent: The same as a share of the wait (median).
        output_buffer_ms: The loudspeaker's; likewise.
        load_average: Of the machine over the last minute, at the end.
    """

    turns: int
    answered: int
    understood: int
    score: Understood
    noise_db: float | None
    p50_ms: float
    p95_ms: float
    p99_ms: float
    waits: tuple[Wait, ...]
    legs: tuple[Leg, ...]
    cut_off: int
    silence_ms: float
    silence_percent: float
    output_buffer_ms: float
    load_average: float
    profile: str
    machine: Machine


async def measure(
    profile: Profile,
    turns: int,
    *,
    pauses: bool = False,
    noise_db: float | None = None,
    recordings: Sequence[Recording] = (),
    progress: Callable[[int], None],
) -> Report:
    """Take this many spoken turns. About seven seconds each.

    Args:
        profile: Whose models and limits.
        turns: How many, at least 1.
        pauses: Sentences with pauses for thought (`homebody.bench.pauses`) instead of whole ones.
        noise_db: Pink noise under each, so many decibels quieter.
        recordings: People's own, in turn, instead of the bundled ones.
        progress: Called with the number of turns taken so far.

    Raises:
        MissingPart: There is no sound server to make virtual devices with.
        DeadlineExceeded: No command was answered; without noise, one of them was not heard.
    """
    rows: list[Turn | None] = []
    found: list[float | None] = []
    pairs_of_words: list[tuple[str, str]] = []
    began: list[tuple[dt.datetime, Recording]] = []
    cut_off = 0
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hb-")))
        chosen = paused(folder, turns) if pauses else _whole(folder, turns, recordings, noise_db)
        devices = stack.enter_context(VirtualDevices(rate_hz=RATE_HZ))
        endpoint = await stack.enter_async_context(services(profile, folder, devices, "--always-listening"))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        all_turns = await stack.enter_async_context(_all_turns(client))
        tape = folder / "tape.wav"
        for number, recording in enumerate(chosen, start=1):
            began.append((dt.datetime.now(dt.UTC), recording))
            row, heard, cut = None, "", False
            with devices.recorded(tape, source=TAPE):  # one a turn: a gap in it costs that turn alone
                try:
                    row, heard, cut = await take_turn(client, devices, recording, limit_s=_limit_s(noise_db))
                except DeadlineExceeded:
                    if noise_db is None:
                        raise
            # Pauses are for counting who is cut off; there the ledger's figures do.
            on_tape = read_tape(tape, [recording])[0] if row and not pauses else None
            found.append(row.first_sample_ms if row and pauses else on_tape)
            rows.append(row)
            pairs_of_words.append((recording.text, heard))
            cut_off += cut
            progress(number)
            if row and row.route_name == "timer_set":  # lest it rings among the commands that follow
                await _ask(client, "cancel all timers")
            await asyncio.sleep(REST_S)
    pairs = [(wait, row) for wait, row in zip(found, rows, strict=True) if wait is not None and row]
    if not pairs:
        raise DeadlineExceeded("No command was answered aloud.", "See what is wrong with: homebody demo")
    waits = [wait for wait, _ in pairs]
    waited = [row.endpoint_ms or 0.0 for _, row in pairs]
    shares = [100 * min(1.0, silence_ms / wait) for wait, silence_ms in zip(waits, waited, strict=True)]
    return Report(
        turns=turns,
        answered=len(waits),
        understood=sum(errors(said, heard) == 0 for said, heard in pairs_of_words),
        score=understood(pairs_of_words, false_starts=_false_starts(all_turns, began)),
        noise_db=noise_db,
        p50_ms=round(percentile(waits, 50), 1),
        p95_ms=round(percentile(waits, 95), 1),
        p99_ms=round(percentile(waits, 99), 1),
        waits=tuple(
            Wait(key=f"{number} {recording.path.stem}", wait_ms=wait, endpoint_ms=row.endpoint_ms if row else None)
            for number, (recording, wait, row) in enumerate(zip(chosen, found, rows, strict=True), start=1)
        ),
        legs=tuple(legs(row for row in rows if row)),
        cut_off=cut_off,
        silence_ms=round(percentile(waited, 50), 1),
        silence_percent=round(percentile(shares, 50), 1),
        output_buffer_ms=profile.voice.speaker.latency_ms,
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


def _whole(folder: Path, turns: int, own: Sequence[Recording], noise_db: float | None) -> list[Recording]:
    recordings = list(own) or [recording for recording in bundled() if recording.path.name in REPEATABLE]
    if own or noise_db is not None:
        recordings = [
            _copied(folder / f"own{number}-{one.path.stem}.wav", one, noise_db)
            for number, one in enumerate(recordings, 1)
        ]
    return list(itertools.islice(itertools.cycle(recordings), turns))


def _copied(path: Path, recording: Recording, noise_db: float | None) -> Recording:
    """The same at the devices' own rate, so that it is found on the tape again, and with noise under it."""
    samples = resampled(read_audio(recording.path), RATE_HZ)
    if noise_db is not None:
        samples = with_noise(samples, noise_db, pink(len(samples)))
    write_wav(path, Audio(samples, RATE_HZ))
    return Recording(path, recording.text, recording.speech_ended_ms)


def _limit_s(noise_db: float | None) -> float:
    return TURN_LIMIT_S if noise_db is None else DROWNED_S


@asynccontextmanager
async def _all_turns(client: HomebodyClient) -> AsyncGenerator[list[Turn], None]:
    """Every turn that ends while this is open, also of what nobody said."""
    turns: list[Turn] = []

    async def collect() -> None:
        async with aclosing(client.follow("turn.ended")) as events:
            async for event in events:
                turns.append(msgspec.convert(event.data, Turn))  # noqa: PERF401  # read while it grows

    task = asyncio.create_task(collect())
    try:
        yield turns
    finally:
        task.cancel()
        await asyncio.wait({task})


def _false_starts(turns: Sequence[Turn], commands: Sequence[tuple[dt.datetime, Recording]]) -> int:
    """Turns whose speech ended at no time at which a command was being spoken. Pure."""
    late = dt.timedelta(milliseconds=LATE_MS)
    spans = [(at, at + dt.timedelta(milliseconds=said.speech_ended_ms) + late) for at, said in commands]
    return sum(not any(begin <= turn.at <= end for begin, end in spans) for turn in turns)


async def _ask(client: HomebodyClient, text: str) -> None:
    async with aclosing(client.ask(text)) as answer:
        async for _ in answer:
            pass


async def take_turn(
    client: HomebodyClient, devices: VirtualDevices, recording: Recording, *, limit_s: float = TURN_LIMIT_S
) -> tuple[Turn, str, bool]:
    """Speak a command and wait until its turn has ended; returns the ledger's row, what was heard, and whether the turn
    began too early.

    Raises:
        DeadlineExceeded: No turn ended within ``limit_s``.
    """
    heard = ""
    began_at = dt.datetime.now(dt.UTC)
    try:
        async with asyncio.timeout(limit_s), aclosing(client.follow("voice.heard", "turn.ended")) as events:
            devices.speak_into_microphone(recording.path)  # takes longer than the router takes to know that we follow
            async for event in events:
                if event.name == "turn.ended":
                    row = msgspec.convert(event.data, Turn)
                    said_at = began_at + dt.timedelta(milliseconds=recording.speech_ended_ms - CUT_MS)
                    return row, heard, row.at < said_at
                heard = str(event.data.get("text", ""))
    except TimeoutError:
        raise DeadlineExceeded("A spoken command was not heard.", "See what is wrong with: homebody demo") from None
    raise HomebodyError("The router ended the events.")


def read_tape(tape: Path, recordings: list[Recording]) -> list[float | None]:
    """What the person waited for each reply, in milliseconds; None where none came, or where the tape has such a gap
    (on a loaded machine) that the commands are not found on it."""
    with wave.open(str(tape)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    commands = [
        Command(
            np.rint(read_audio(recording.path).samples * 32768).astype(np.int16),
            round(recording.speech_ended_ms * RATE_HZ / 1000),
        )
        for recording in recordings
    ]
    try:
        found = exchanges(frames[:, ROOM_CHANNEL], frames[:, LOUDSPEAKER_CHANNEL], commands)
    except ValueError:
        return [None] * len(recordings)
    # 0: something sounded already when the last word ended, which was no reply to it.
    return [exchange.latency_ms(RATE_HZ) or None for exchange in found]
