"""People who think while they speak: sentences with pauses, through the real detector, recogniser and intents, in
virtual time. Each is one utterance."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import aclosing
from typing import NamedTuple

import numpy as np
import pytest

from homebody.bench.pauses import PAUSES_MS, PLACES, paused
from homebody.options import CommitOptions, EndpointingOptions, TranscriberOptions
from homebody.router.beginnings import Beginnings
from homebody.router.intents import Intents
from homebody.sentence_shape import completeness
from homebody.skill import Registry
from homebody.starter import bundled
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Ears
from homebody.voice.microphone import WavMicrophone
from homebody.voice.recordings import read_audio
from homebody.voice.transcriber import WhisperTranscriber
from homebody.voice.vad import SileroVad

pytestmark = [pytest.mark.models, pytest.mark.slow]
COMMIT = CommitOptions()
LEAD_MS = 1000.0  # of a quiet room: as much as pre-roll holds
RECOGNISER_MS = 96.0  # of silence that go by while it works; here it takes as long on any machine


class Skills(NamedTuple):
    intents: Intents
    beginnings: Beginnings


def skills_of_the_house():
    registry = Registry()
    for plugin in ("clock", "timers", "maths", "units", "system", "volume", "manners", "help"):
        importlib.import_module(f"homebody_{plugin}").register(registry.loading(plugin))
    infos = [skill.info for skill in registry.skills.values()]
    return Skills(Intents(infos), Beginnings(infos))


def known(transcript, skills):
    matches = [] if transcript.refused else skills.intents.match(transcript.text)
    goes_on = not matches[0].complete if matches else skills.beginnings.has(transcript.text)
    intent = "open" if goes_on else "whole" if matches else "none"
    shape = completeness(transcript.text, transcript.language)
    extensible = intent == "whole" and matches[0].extensible
    return Words(completeness=shape, avg_logprob=transcript.avg_logprob, intent=intent, extensible=extensible)


async def utterances(path, transcriber, skills, *, lead_ms=LEAD_MS, recogniser_ms=RECOGNISER_MS):
    """Each utterance's last word and decision in the recording's milliseconds, and the words of each guess."""
    ears = Ears(SileroVad(), EndpointingOptions(), COMMIT)
    microphone = WavMicrophone(read_audio(path), realtime=False, lead_ms=lead_ms, tail_ms=4000.0)
    found, guesses, due = [], [], None
    sound = microphone._sound()
    for number in range(len(sound) // CHUNK_SAMPLES):
        at_ms = (number + 1) * CHUNK_MS
        heard = [ears.feed(Chunk(sound[number * CHUNK_SAMPLES : (number + 1) * CHUNK_SAMPLES], at_ms / 1000))]
        if due and at_ms >= due[0]:
            heard.append(ears.weigh(*due[1:]))
            due = None
        for one in heard:
            if one.guess:
                transcript = await transcriber.transcribe(one.guess.so_far.words, "en")
                guesses.append((transcript.text, round(transcript.avg_logprob, 2)))
                due = (at_ms + recogniser_ms, one.guess.revision, known(transcript, skills))
            if one.utterance:
                found.append([1000 * s - lead_ms for s in (one.utterance.speech_ended_s, one.utterance.decided_s)])
    return found, guesses


def test_a_sentence_with_pauses_for_thought_is_one_utterance_and_a_whole_command_is_answered_soon(tmp_path):
    async def main():
        skills = skills_of_the_house()
        async with aclosing(WhisperTranscriber(TranscriberOptions())) as transcriber:
            whole = [(recording, await utterances(recording.path, transcriber, skills)) for recording in bundled()]
            made = paused(tmp_path, len(PLACES) * len(PAUSES_MS))
            return whole, [(recording, await utterances(recording.path, transcriber, skills)) for recording in made]

    whole, made = asyncio.run(main())
    cut = [(r.path.name, r.text, found, guesses) for r, (found, guesses) in made if len(found) != 1]
    assert len(cut) <= len(made) * 2 / 50, cut
    waits_ms = [found[0][1] - r.speech_ended_ms for r, (found, _) in whole]
    assert np.median(waits_ms) <= 256, waits_ms
    paused_ms = [found[-1][1] - r.speech_ended_ms for r, (found, _) in made]
    assert np.percentile(paused_ms, 95) <= 800, paused_ms  # nobody's whole command is waited out


def test_no_word_s_own_stops_end_a_command_wherever_the_chunks_borders_fall():
    """By the fastest recogniser: what was heard before a stop ("the date | today") is there while it lasts."""

    async def main():
        skills = skills_of_the_house()
        async with aclosing(WhisperTranscriber(TranscriberOptions())) as transcriber:
            return [
                (recording.text, place_ms, found, guesses)
                for recording in bundled()
                for place_ms in np.arange(0, CHUNK_MS, CHUNK_MS / 8)
                for found, guesses in [
                    await utterances(
                        recording.path, transcriber, skills, lead_ms=LEAD_MS + place_ms, recogniser_ms=CHUNK_MS
                    )
                ]
                if len(found) != 1
            ]

    assert asyncio.run(main()) == []
