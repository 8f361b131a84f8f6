"""The steps of `homebody setup` in which a person listens and speaks: loudspeaker, microphone, wake word."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from homebody.cli.output import complete, say
from homebody.errors import HomebodyError, MachineError, MissingPart

if TYPE_CHECKING:
    from homebody.cli.setup import Day

RECORD_S: Final = 4.0
CALL_S: Final = 8.0


def speaker(day: Day) -> None:
    """Three notes are played; where they are not heard, another loudspeaker is chosen."""
    from homebody.setup import by_ear
    from homebody.voice.speaker import PortAudioSpeaker

    async def play(name: str) -> None:
        speaker = PortAudioSpeaker(msgspec.structs.replace(day.profile().voice.speaker, device=name))
        try:
            await by_ear.play(speaker, by_ear.tone())
        finally:
            await speaker.aclose()

    def attempt(name: str) -> bool:
        say("  Three notes are played.")
        complete(play(name))
        return day.talk.wants("  Did you hear them?")

    _choose_device(day, "speaker", day.profile().voice.speaker.device, attempt)


def microphone(day: Day) -> None:
    """The person speaks, sees how loud, and hears themself; where that is no good, another one is chosen."""
    from homebody.setup import by_ear
    from homebody.voice.audio import Audio
    from homebody.voice.microphone import PortAudioMicrophone
    from homebody.voice.speaker import PortAudioSpeaker

    async def record(name: str) -> Audio:
        microphone = PortAudioMicrophone(msgspec.structs.replace(day.profile().voice.microphone, device=name))
        return await by_ear.record(microphone, RECORD_S, _meter)

    async def play(heard: Audio) -> None:
        speaker = PortAudioSpeaker(day.profile().voice.speaker)
        try:
            await by_ear.play(speaker, by_ear.louder(heard))
        finally:
            await speaker.aclose()

    def attempt(name: str) -> bool:
        day.talk.wait(f"  Press Enter, then say something for {RECORD_S:.0f} seconds.")
        heard = complete(record(name))
        verdict = by_ear.verdict(heard.samples)
        say(f"\r  {by_ear.meter(by_ear.peak_dbfs(heard.samples))}")
        say(f"  {by_ear.REMARKS[verdict]}" if verdict == "zeros" or not day.talk.yes else "  The microphone works.")
        if verdict in {"zeros", "silence"}:
            return day.talk.yes and verdict == "silence"  # nobody was asked to speak
        if day.talk.yes:
            return True
        say("  This is what it heard.")
        try:
            complete(play(heard))
        except HomebodyError as error:
            say(f"  It cannot be played: {error.reason}")
        return day.talk.wants("  Good?")

    _choose_device(day, "microphone", day.profile().voice.microphone.device, attempt)


def _meter(level_dbfs: float) -> None:
    from homebody.setup.by_ear import meter

    if sys.stdout.isatty():
        say(f"\r  {meter(level_dbfs)}", end="")


def _choose_device(day: Day, kind: str, current: str, attempt: Callable[[str], bool]) -> None:
    """Try the one in use, then, while the person is not content, others that they choose; keep the one that works.

    Raises:
        MachineError: There is none, or none that works.
    """
    from homebody.voice.devices import list_devices

    chosen, refused = current, None
    while True:
        found = [one for one in list_devices() if (one.inputs if kind == "microphone" else one.outputs)]
        if not found:
            raise MachineError(f"There is no {kind}.", f"Connect one, then: homebody setup --only {kind}")
        say(f"  {chosen or 'The one that the system has chosen'}:")
        try:
            works = attempt(chosen)
        except HomebodyError as error:
            say(f"  {error.reason}")
            works, refused = False, error
        if works:
            break
        if day.talk.yes or not day.talk.wants("  Try another one?"):
            raise MachineError(f"No {kind} was settled on.", refused.remedy if refused else "Try again when you like.")
        for number, device in enumerate(found, 1):
            say(f"  {number:3} {device}")
        number = click.prompt("  Which?", type=click.IntRange(1, len(found)), default=1)
        chosen = found[number - 1].name
    if chosen != current:
        day.write({("voice", kind, "device"): chosen})


def wake(day: Day) -> None:
    """Where the extra is installed, the person chooses a name, calls it, and is told whether it was heard."""
    from homebody.setup import by_ear
    from homebody.voice.microphone import PortAudioMicrophone
    from homebody.voice.wake_word import BUILT_IN, MicroWakeWords, Sentry

    voice = day.profile().voice
    try:
        MicroWakeWords(voice.wake.words).close()
    except MissingPart as missing:
        if voice.wake.enabled:
            raise
        say(f"  {missing.reason}")
        say("  It listens when asked: Enter, or homebody listen.")
        say("  To call it by name: pip install 'homebody[wake]', then: homebody setup --only wake")
        return
    if day.talk.yes:
        words = " or ".join(map(spoken, voice.wake.words))
        say(
            f"  It is called by {words}."
            if voice.wake.enabled
            else "  It is not called by name, and listens when asked."
        )
        say("  To try that by ear: homebody setup --only wake")
        return
    if not day.talk.wants("  Shall it listen for its name?"):
        if voice.wake.enabled:
            day.write({("voice", "wake", "enabled"): False})
        return
    choices = {spoken(word): word for word in dict.fromkeys((*voice.wake.words, *BUILT_IN))}
    name = day.talk.choice("  For which one?", list(choices), default=next(iter(choices)))

    async def called() -> bool:
        with closing(Sentry(MicroWakeWords([choices[name]]), voice.wake)) as sentry:
            return await by_ear.call(PortAudioMicrophone(voice.microphone), sentry, CALL_S) is not None

    while True:
        day.talk.wait(f"  Press Enter, then say: {name}")
        if complete(called()):
            say("  It heard you.")
            break
        say(f"  It did not hear its name in {CALL_S:.0f} seconds.")
        if not day.talk.wants("  Once more?"):
            if day.talk.wants("  Shall it listen for it all the same?", default=False):
                break
            return
    kept = list(voice.wake.words) if choices[name] in voice.wake.words else [choices[name]]
    day.write({("voice", "wake", "enabled"): True, ("voice", "wake", "words"): kept})


def spoken(word: str) -> str:
    """A wake word as a person says it; that of a model of one's own is its file's name."""
    return Path(word).stem.replace("_", " ")
