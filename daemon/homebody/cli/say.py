"""`homebody say`: speak a text."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import click

from homebody import profile as profiles
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import complete, emit
from homebody.client import HomebodyClient
from homebody.house import answers
from homebody.profile import Profile


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write a WAV file instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: said, spoken, timings.")
@router_options
@click.pass_obj
def say(
    profile: str | None,
    text: tuple[str, ...],
    output: Path | None,
    as_json: bool,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Speak a text, through the running assistant where there is one."""
    loaded = profiles.load(profile)
    record = complete(_say(loaded, chosen(loaded, endpoint, key_file), " ".join(text), output))
    if as_json:
        emit(record)


async def _say(profile: Profile, router: Router, text: str, output: Path | None) -> dict[str, object]:
    began_s = time.monotonic()
    if output is None and (router.named or await answers(router.endpoint)):
        async with HomebodyClient.connect(router.endpoint, router.key) as client:
            await client.ping()
            done = await client.say(text)
        return {"said": done.heard_text, "spoken": done.spoken, "timings": {"done_ms": _ms(began_s)}}
    return await _say_here(profile, text, output, began_s)


async def _say_here(profile: Profile, text: str, output: Path | None, began_s: float) -> dict[str, object]:
    from homebody.voice.mouth import Mouth
    from homebody.voice.speaker import PortAudioSpeaker, WavSpeaker
    from homebody.voice.synthesizer import PiperSynthesizer

    async with AsyncExitStack() as stack:
        speaker = WavSpeaker(output) if output else PortAudioSpeaker(profile.voice.speaker)
        await stack.enter_async_context(aclosing(speaker))
        synthesizer = PiperSynthesizer(profile.voice.synthesizer, language=profile.voice.language)
        await stack.enter_async_context(aclosing(synthesizer))
        spoken = await Mouth(synthesizer, speaker).say(text)
    return {"said": spoken.heard_text, "spoken": spoken.complete, "timings": {"done_ms": _ms(began_s)}}


def _ms(began_s: float) -> float:
    return round(1000 * (time.monotonic() - began_s), 1)
