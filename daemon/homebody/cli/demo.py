"""`homebody demo`: bundled recordings are spoken to the real services, and they answer."""

from __future__ import annotations

import tempfile
from contextlib import aclosing
from pathlib import Path
from typing import Final

import click

from homebody import profile as profiles
from homebody.cli.hear import assistant, record
from homebody.cli.output import complete, described, emit, folder, say
from homebody.errors import HomebodyError
from homebody.ledger import legs
from homebody.profile import Profile
from homebody.starter import Recording, bundled
from homebody.voice.assembly import answers, ears_for
from homebody.voice.microphone import WavMicrophone
from homebody.voice.notes import Notes
from homebody.voice.recordings import read_audio
from homebody.voice.speaker import PortAudioSpeaker, WavSpeaker
from homebody.voice.tee import Tee
from homebody.voice.turn import Parts

# What shows most within a minute, replies played aloud included.
SHORT: Final = frozenset({"time", "timer", "timer-left", "maths", "volume", "timer-cancel", "question"})
TAIL_MS: Final = 1500.0  # of silence after each recording: more than any profile waits for


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object an exchange.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("homebody-demo"),
    show_default=True,
    help="Where the replies are written as WAV.",
)
@click.option("--quiet", is_flag=True, help="Do not play the replies.")
@click.option("--all", "whole", is_flag=True, help="All bundled recordings, not only those of a minute.")
@click.pass_obj
def demo(profile: str | None, as_json: bool, output: Path, quiet: bool, whole: bool) -> int:
    """Play bundled recordings to the assistant and show what it heard, said, and where the time went.

    Everything is real: recordings arrive at the speed they were spoken, a router service runs (a private one, so that
    nothing of yours is touched), and the replies are synthesized. Exit status 1 when a recording was misheard.
    """
    chosen = [recording for recording in bundled() if whole or recording.path.stem in SHORT]
    return complete(_demo(profile, chosen, as_json, output, quiet))


async def _demo(name: str | None, chosen: list[Recording], as_json: bool, output: Path, quiet: bool) -> int:
    profile = profiles.load(name)
    if not as_json:
        say(f"Profile {profile.name}: {profile.summary}")
        if profile.notice:
            say(f"  {profile.notice}")
    folder(output)
    loudspeaker = None if quiet else _loudspeaker(profile)
    if loudspeaker is None and not quiet and not as_json:
        say("No loudspeaker here: the replies are only written.")
    right = 0
    turns = []
    with tempfile.TemporaryDirectory(prefix="hb-demo-") as data:
        async with assistant(profile, name, data=Path(data)) as parts:
            for number, recording in enumerate(chosen, start=1):
                file = output / f"{number:02d}-{recording.path.stem}.wav"
                written = WavSpeaker(file)
                parts.mouth.speaker = Tee(loudspeaker, written) if loudspeaker else written
                notes = await _exchange(recording.path, profile, parts)
                good = notes is not None and notes.heard == recording.text
                right += good
                turns += [notes.row()] if notes else []
                if as_json:
                    emit({**record(recording.path.name, notes), "expected": recording.text, "reply": str(file)})
                else:
                    _show(recording.text, notes, good, file)
    wrong = number - right
    if not as_json:
        say(f"{number} exchanges, {right} heard word for word. Replies: {output}/")
        middle = ", ".join(f"{leg.name.removesuffix('_ms').replace('_', ' ')} {leg.p50_ms:.0f}" for leg in legs(turns))
        say(f"Milliseconds after the end of speech, median: {middle}.")
    if loudspeaker:
        await loudspeaker.aclose()
    return 1 if wrong else 0


def _loudspeaker(profile: Profile) -> PortAudioSpeaker | None:
    try:
        speaker = PortAudioSpeaker(profile.voice.speaker)
        speaker.check()
    except HomebodyError:
        return None
    return speaker


async def _exchange(path: Path, profile: Profile, parts: Parts) -> Notes | None:
    """The first turn of a recording; None where nobody was heard."""
    microphone = WavMicrophone(read_audio(path), realtime=True, tail_ms=TAIL_MS)
    async with aclosing(answers(microphone, ears_for(profile.voice, live=True), parts, live=True)) as turns:
        async for notes in turns:
            return notes
    return None


def _show(spoken: str, notes: Notes | None, good: bool, file: Path) -> None:
    say()
    say(f"  spoken  {spoken}")
    if notes is None:
        say("  heard   (nothing)")
        return
    say(f"  heard   {notes.heard or '(nothing to act on)'}{'' if good else '   <- misheard'}")
    say(f"  route   {described(notes.route)}")
    if notes.error:
        say(f"  said    {notes.error.reason}")
        say(f"          {notes.error.remedy}")
    else:
        say(f"  said    {notes.said}   [{file.name}]")
    names = ("endpoint", "text", "route", "first_token", "first_pcm")
    took = "  ".join(
        f"{leg.replace('_', ' ')} {notes.legs[leg + '_ms']:.0f}" for leg in names if leg + "_ms" in notes.legs
    )
    say(f"  ms      {took}")
