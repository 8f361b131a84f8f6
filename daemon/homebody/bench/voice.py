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
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from homebody.bench.pauses import paused
from homebody.bench.services import services
from homebody.bench.tape import Command, exchanges
from homebody.bench.virtual_devices import LOUDSPEAKER_CHANNEL, ROOM_CHANNEL, TAPE, VirtualDevices
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, HomebodyError
from homebody.hardware import Machine, this_machine
from homebody.ledger import Leg, Turn, legs, percentile
from homebody.profile import Profile
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ
from homebody.voice.recordings import read_audio

TURN_LIMIT_S: Final = 60.0
CUT_MS: Final = 250.0  # a detector may end a word early; a word that was cut off is longer
REST_S: Final = 0.8  # between the end of a reply and the next command: longer than our own echo is waited for

# Commands a skill answers without changing anything that the next one depends on.
REPEATABLE: Final = frozenset({"time.wav", "date.wav", "maths.wav", "memory.wav", "help.wav"})


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        turns: Commands that were spoken.
        answered: Commands a reply was heard to.
        understood: Commands heard word for word.
        p50_ms, p95_ms: From the last sample of speech to the first sample of the reply, on the tape; with pauses, by
            the ledger.
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
    p50_ms: float
    p95_ms: float
    legs: tuple[Leg, ...]
    cut_off: int
    silence_ms: float
    silence_percent: float
    output_buffer_ms: float
    load_average: float
    profile: str
    machine: Machine


async def measure(profile: Profile, turns: int, *, pauses: bool = False, progress: Callable[[int], None]) -> Report:
    """Take this many spoken turns. About seven seconds each.

    Args:
        profile: Whose models and limits.
        turns: How many, at least 1.
        pauses: Sentences with pauses for thought (`homebody.bench.pauses`) instead of whole ones.
        progress: Called with the number of turns taken so far.

    Raises:
        MissingPart: There is no sound server to make virtual devices with.
        DeadlineExceeded: A command was not answered at all.
    """
    rows: list[Turn] = []
    understood = cut_off = 0
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hb-")))
        chosen = paused(folder, turns) if pauses else _whole(turns)
        devices = stack.enter_context(VirtualDevices(rate_hz=RATE_HZ))
        endpoint = await stack.enter_async_context(services(profile, folder, devices, "--always-listening"))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        tape = folder / "tape.wav"
        with devices.recorded(tape, source=TAPE):
            for number, recording in enumerate(chosen, start=1):
                row, heard, cut = await take_turn(client, devices, recording)
                rows.append(row)
                understood += heard == recording.text
                cut_off += cut
                progress(number)
                if row.route_name == "timer_set":  # lest it rings among the commands that follow
                    await _ask(client, "cancel all timers")
                await asyncio.sleep(REST_S)
        # Pauses are for counting who is cut off; a long recording with a gap in it, as a loaded machine makes them, is
        # not found on the tape again, so there the ledger's figures must do.
        found = [row.first_sample_ms for row in rows] if pauses else read_tape(tape, chosen)
    pairs = [(wait, row) for wait, row in zip(found, rows, strict=True) if wait is not None]
    if not pairs:
        raise DeadlineExceeded("No command was answered aloud.", "See what is wrong with: homebody demo")
    waits = [wait for wait, _ in pairs]
    waited = [row.endpoint_ms or 0.0 for _, row in pairs]
    shares = [100 * min(1.0, silence_ms / wait) for wait, silence_ms in zip(waits, waited, strict=True)]
    return Report(
        turns=turns,
        answered=len(waits),
        understood=understood,
        p50_ms=round(percentile(waits, 50), 1),
        p95_ms=round(percentile(waits, 95), 1),
        legs=tuple(legs(rows)),
        cut_off=cut_off,
        silence_ms=round(percentile(waited, 50), 1),
        silence_percent=round(percentile(shares, 50), 1),
        output_buffer_ms=profile.voice.speaker.latency_ms,
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


def _whole(turns: int) -> list[Recording]:
    recordings = [recording for recording in bundled() if recording.path.name in REPEATABLE]
    return list(itertools.islice(itertools.cycle(recordings), turns))


async def _ask(client: HomebodyClient, text: str) -> None:
    async with aclosing(client.ask(text)) as answer:
        async for _ in answer:
            pass


async def take_turn(client: HomebodyClient, devices: VirtualDevices, recording: Recording) -> tuple[Turn, str, bool]:
    """Speak a command and wait until its turn has ended; returns the ledger's row, what was heard, and whether the turn
    began too early."""
    heard = ""
    began_at = dt.datetime.now(dt.UTC)
    try:
        async with asyncio.timeout(TURN_LIMIT_S), aclosing(client.follow("voice.heard", "turn.ended")) as events:
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
    """What the person waited for each reply, in milliseconds; None where none came."""
    with wave.open(str(tape)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    commands = [
        Command(
            np.rint(read_audio(recording.path).samples * 32768).astype(np.int16),
            round(recording.speech_ended_ms * RATE_HZ / 1000),
        )
        for recording in recordings
    ]
    found = exchanges(frames[:, ROOM_CHANNEL], frames[:, LOUDSPEAKER_CHANNEL], commands)
    return [exchange.latency_ms(RATE_HZ) for exchange in found]
