"""`homebody hear`: recordings understood and answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import click

from homebody import profile as profiles
from homebody.cli.output import aside, complete, described, emit, folder, in_order, say
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.house import a_router
from homebody.process import complain
from homebody.profile import Profile
from homebody.voice.assembly import answers, assembled, ears_for
from homebody.voice.controls import Controls
from homebody.voice.microphone import WavMicrophone
from homebody.voice.notes import Notes
from homebody.voice.recordings import read_recording
from homebody.voice.speaker import SilentSpeaker, WavSpeaker
from homebody.voice.turn import Parts


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object an utterance: heard, route, said, timings.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Write the replies as WAV here.")
@click.pass_obj
def hear(profile: str | None, files: tuple[Path, ...], as_json: bool, output: Path | None) -> int:
    """Understand and answer recordings. A file that cannot be read is said so, and the others go on."""
    return complete(_hear(profile, files, as_json, output))


async def _hear(name: str | None, files: tuple[Path, ...], as_json: bool, output: Path | None) -> int:
    profile = profiles.load(name)
    if output:
        folder(output)
    status = 0
    async with assistant(profile, name) as parts:
        for file in files:
            parts.mouth.speaker = WavSpeaker(output / f"{file.stem}.reply.wav") if output else SilentSpeaker()
            try:
                async with aclosing(_answered(file, profile, parts)) as turns:
                    async for notes in turns:
                        show(file.name, notes, as_json)
            except HomebodyError as error:
                status = error.exit_code
                if as_json:
                    emit({"file": file.name, "error": error.reason, "remedy": error.remedy})
                complain(error)
    return status


async def _answered(file: Path, profile: Profile, parts: Parts) -> AsyncGenerator[Notes | None, None]:
    """The turns of a file; a single None where nobody speaks in it."""
    recording = read_recording(file)
    if recording.notice:
        aside(f"{file.name}: {recording.notice}")
    microphone = WavMicrophone(recording.audio, realtime=False)
    spoke = False
    async with aclosing(answers(microphone, ears_for(profile.voice, live=False), parts, live=False)) as turns:
        async for notes in turns:
            spoke = True
            yield notes
    if not spoke:
        yield None


@asynccontextmanager
async def assistant(profile: Profile, name: str | None, *, data: Path | None = None) -> AsyncGenerator[Parts, None]:
    """All parts of a turn, connected to the running router or to a private one, with a speaker nobody hears.

    At a private router we are the voice, so that skills which speak or change the volume find one.
    """
    async with AsyncExitStack() as stack:
        endpoint, private = await stack.enter_async_context(a_router(profile, name, data=data))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        parts = await stack.enter_async_context(assembled(profile.voice, client, SilentSpeaker()))
        if private:
            await stack.enter_async_context(client.attach("voice", Controls(parts.mouth).handle))
        yield parts


def record(file: str, notes: Notes | None) -> dict[str, Any]:
    """A turn as `--json` prints it."""
    if notes is None:
        return {"file": file, "heard": "", "refused": "no_speech", "route": None, "said": "", "timings": {}}
    refused = notes.transcript.refused if notes.transcript else "empty"
    error = notes.error
    return {
        "file": file,
        "heard": notes.heard,
        "refused": refused,
        "route": notes.route,
        "said": notes.said or (error.reason if error else ""),
        "value": notes.done.value if notes.done else None,
        **({"error": error.code, "remedy": error.remedy} if error else {}),
        "timings": in_order(notes.legs),
    }


def show(file: str, notes: Notes | None, as_json: bool) -> None:
    """Print a turn."""
    if as_json:
        emit(record(file, notes))
        return
    if notes is None or not notes.heard:
        why = notes.transcript.refused if notes and notes.transcript else "nobody speaks"
        say(f"{file}\n  heard  (nothing to act on: {why.replace('_', ' ')})")
        return
    say(f"{file}\n  heard  {notes.heard}\n  route  {described(notes.route)}")
    if notes.error:
        say(f"  said   {notes.error.reason}")
        if notes.error.remedy:
            say(f"  do     {notes.error.remedy}")
    else:
        say(f"  said   {notes.said}")
