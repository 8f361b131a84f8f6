"""Homebody and its peers in one run: how long a person waits, from the last word to the first sound of the reply.

    python bench/peers/prepare.py                            # once
    python bench/peers/run.py --turns 50 --out peers.json    # about 25 seconds a turn

Every turn speaks one recording to each of them, one after the other, in an order that changes with the turn: into the
same virtual microphone, from the same loudspeaker, both on one tape, in whose samples the wait is counted. All are
loaded all the time; only the one that is asked listens. ``README.md`` says what is the same for all and what is not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import wave
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from prepare import PEERS, python

from homebody import __version__, starter
from homebody import profile as profiles
from homebody.bench.circumstances import circumstances, documented
from homebody.bench.peers import HEADER, WANTED, Peers, System, Turn, rows, system
from homebody.bench.services import services
from homebody.bench.tape import Command, exchanges
from homebody.bench.virtual_devices import LOUDSPEAKER_CHANNEL, ROOM_CHANNEL, TAPE, VirtualDevices
from homebody.bench.voice import REPEATABLE
from homebody.cli.bench_output import console_table, write_whole
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.profile import Profile
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ
from homebody.voice.recordings import read_audio

REPLY = "It is twelve minutes past eight."  # about as long as what our own skills answer
START_LIMIT_S = 180.0
TURN_LIMIT_S = 60.0
OPENS_S = 0.5  # between asking it to listen and speaking: a microphone takes some milliseconds to open
REST_S = 1.5  # longer than anybody's pre-roll
OURS = "homebody"


class Assistant(Protocol):
    """Something that is spoken to and answers aloud."""

    versions: dict[str, str]

    async def listen(self) -> None:
        """Returns when it hears."""
        ...

    async def answered(self) -> str:
        """What it heard; returns when its reply has been spoken."""
        ...


class Homebody:
    """Ours, with its ordinary turn: recogniser, router, skill, voice."""

    def __init__(self, client: HomebodyClient) -> None:
        self._client = client
        self._listening: asyncio.Task[Any] | None = None
        self.versions = {"homebody": __version__}

    async def listen(self) -> None:
        """As its hot-key does."""
        work = self._client.listen(timeout_ms=15_000, deadline_ms=1000 * TURN_LIMIT_S)
        self._listening = asyncio.create_task(work)

    async def answered(self) -> str:
        """The turn has ended, reply included."""
        assert self._listening is not None
        return (await self._listening).heard or ""


class Peer:
    """One of the others: its assistant as a process in its own environment."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.versions: dict[str, str] = {}

    async def event(self, name: str) -> dict[str, Any]:
        """Skip to this one.

        Raises:
            HomebodyError: The process has ended.
        """
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            found: dict[str, Any] = json.loads(line)
            if found["event"] == name:
                return found
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:]
        raise HomebodyError("A peer's process has ended. It said:\n" + "\n".join(said))

    async def listen(self) -> None:
        """The driver's word, and its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"listen\n")
        await self.event("listening")

    async def answered(self) -> str:
        """The reply has been played."""
        text = str((await self.event("heard"))["text"])
        await self.event("spoken")
        return text


@asynccontextmanager
async def peer(name: str, reply: str, profile: Profile, log: Path) -> AsyncGenerator[Peer, None]:
    """A peer, loaded and ready, until the block ends; what it prints goes into the log.

    Raises:
        HomebodyError: It is not prepared, or does not start.
    """
    interpreter = python(name)
    if interpreter is None:
        raise HomebodyError(f"{name} is not installed.", f"Install it with: python bench/peers/prepare.py {name}")
    options = {
        "--recogniser": str(starter.recogniser()),
        "--voice": str(starter.voice()),
        "--reply": reply,
        "--language": profile.voice.language,
        "--latency-ms": str(profile.voice.speaker.latency_ms),
    }
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            interpreter, str(PEERS[name]), *(word for pair in options.items() for word in pair),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            # Nothing is fetched: whatever is not there already is a failure that can be seen.
            env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
        )  # fmt: skip
    found = Peer(process, log)
    try:
        async with asyncio.timeout(START_LIMIT_S):
            found.versions = (await found.event("ready"))["versions"]
        yield found
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(20):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def measure(profile: Profile, names: Sequence[str], turns: int, reply: str) -> Peers:
    """Speak every recording to everybody."""
    recordings = [recording for recording in bundled() if recording.path.name in REPEATABLE]
    kept: dict[str, list[Turn]] = {name: [] for name in (OURS, *names)}
    # An answer of ours that asks something would have it listen to what is meant for the next.
    voice = msgspec.structs.replace(profile.voice, follow_up_ms=1000.0)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hb-")))
        devices = stack.enter_context(VirtualDevices(rate_hz=RATE_HZ))
        assistants: dict[str, Assistant] = {}
        for name in names:
            say(f"starting {name} ...")
            assistants[name] = await stack.enter_async_context(peer(name, reply, profile, folder / f"{name}.log"))
        say(f"starting {OURS} ...")
        ours = services(msgspec.structs.replace(profile, voice=voice), folder, devices)
        endpoint = await stack.enter_async_context(ours)
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        assistants[OURS] = Homebody(client)
        order = list(kept)
        for number in range(-1, turns):  # the first warms everybody up and is not counted
            recording = recordings[number % len(recordings)]
            for name in order:
                found = await turn(assistants[name], devices, recording, folder / "tape.wav", number + 1)
                if number >= 0:
                    kept[name].append(found)
                say(f"turn {number + 1} of {turns}, {name}: {shown(found)}")
            order = [*order[1:], order[0]]
        versions = {name: assistant.versions for name, assistant in assistants.items()}
    systems: list[System] = []
    for name, taken in kept.items():
        systems.append(system(name, versions[name], taken, systems[0].turns if systems else ()))
    return Peers(
        turns=turns,
        systems=tuple(systems),
        reply=reply,
        output_buffer_ms=profile.voice.speaker.latency_ms,
        profile=profile.name,
    )


async def turn(assistant: Assistant, devices: VirtualDevices, recording: Recording, tape: Path, number: int) -> Turn:
    """Speak one recording to one of them, and read the wait off the tape."""
    heard = ""
    with devices.recorded(tape, source=TAPE):
        try:
            async with asyncio.timeout(TURN_LIMIT_S):
                await assistant.listen()
                await asyncio.sleep(OPENS_S)
                devices.speak_into_microphone(recording.path)
                heard = await assistant.answered()
        except TimeoutError:
            raise HomebodyError(f"No answer to {recording.path.name} within {TURN_LIMIT_S:.0f} s.") from None
    await asyncio.sleep(REST_S)
    with wave.open(str(tape)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    spoken = Command(
        np.rint(read_audio(recording.path).samples * 32768).astype(np.int16),
        round(recording.speech_ended_ms * RATE_HZ / 1000),
    )
    try:
        found = exchanges(frames[:, ROOM_CHANNEL], frames[:, LOUDSPEAKER_CHANNEL], [spoken])[0]
    except ValueError:
        wait_ms = None  # the machine was so busy that the recording has a gap where the command was
    else:
        wait_ms = found.latency_ms(RATE_HZ)
    return Turn(
        key=f"{number} {recording.path.stem}",
        wait_ms=None if wait_ms is None else round(wait_ms, 1),
        heard=heard,
        understood=plain(heard) == plain(recording.text),
    )


def plain(text: str) -> str:
    """Words alone: some write capitals and full stops."""
    return " ".join("".join(sign for sign in text.lower() if sign.isalnum() or sign.isspace()).split())


def shown(found: Turn) -> str:
    """A turn in a few words."""
    wait = "not to be read off the tape" if found.wait_ms is None else f"{found.wait_ms:.0f} ms"
    return f"{wait}, heard: {found.heard}"


def lines(report: Peers) -> list[str]:
    """The result, for a terminal."""
    out = ["From the last word to the first sound of the reply:", *console_table(HEADER, rows(report))]
    for one in report.systems:
        out.append(f"{one.name}: {', '.join(f'{name} {version}' for name, version in one.versions.items())}")
        if one.ours_to_its is not None:
            reached = "reached" if one.ours_to_its.median <= WANTED else "not reached"
            out.append(f"  wanted: at most {WANTED:g} of its time; {reached}")
    return out


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Homebody and its peers in one run.")
    parser.add_argument("--turns", type=int, default=20, help="Commands spoken to each of them.")
    parser.add_argument("--only", action="append", choices=list(PEERS), help="This peer; may be given several times.")
    parser.add_argument("--profile", help="Ours; its models are the starter ones, as everybody's.", default="embedded")
    parser.add_argument("--reply", default=REPLY, help="What the peers answer.")
    parser.add_argument("--out", type=Path, help="Write the report's JSON here, for homebody bench report and compare.")
    given = parser.parse_args()
    profile = profiles.load(given.profile)
    try:
        report = asyncio.run(measure(profile, given.only or list(PEERS), given.turns, given.reply))
    except HomebodyError as error:
        say(str(error))
        return 1
    if given.out is not None:
        record = documented("peers", report)
        write_whole(given.out, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        say(f"written: {given.out}")
    print(f"{circumstances()}.")
    for line in lines(report):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
