"""The voice service whole: without its microphone."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

import wire
from fakes import FakeBrain, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad, RoomMicrophone
from homebody.client import HomebodyClient
from homebody.errors import Problem, RemoteFailure
from homebody.ledger import Ledger
from homebody.options import VoiceOptions
from homebody.voice.ears import Ears
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.service import Voice
from homebody.voice.turn import Parts
from voice_home import DEAF, LONG, OPTIONS, SOON_S, UNCUT, Beats, answered, ended, eventually, lived
from wire import HANG_GUARD_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


def test_a_microphone_problem_is_published_shown_and_cleared_and_listening_is_refused_with_its_reason(tmp_path):
    async def story(it):
        it.microphone.problem = DEAF
        await it.until("voice.state", state="deaf")
        with pytest.raises(RemoteFailure) as refused:
            await it.client.listen(timeout_ms=60)
        it.microphone.problem = None
        await it.until("problem.cleared")
        await it.until("voice.state", state="asleep")
        return it, refused.value, await it.told()

    it, refused, heard = lived(tmp_path, story)
    wanted = {"part": "microphone", "problem": "The microphone is gone.", "remedy": "Plug it in again."}
    assert it.data("problem.raised")[0] == wanted
    assert it.data("problem.cleared") == [wanted]
    assert it.data("voice.state")[0] == {"state": "deaf", "reason": "The microphone is gone."}
    assert (refused.code, refused.reason, refused.remedy) == ("capability", DEAF.problem, DEAF.remedy)
    assert heard == "what time is it"


def test_what_is_wrong_from_the_start_is_told_once_there_is_a_router(tmp_path):
    async def main():
        with wire.endpoint() as at, contextlib.closing(Ledger(tmp_path / "ledger")) as ledger:
            async with HomebodyClient.connect(at) as client, HomebodyClient.connect(at) as person:
                microphone, mouth = RoomMicrophone(), Mouth(FakeSynthesizer(), FakeSpeaker())
                microphone.problem = DEAF
                ears, memory = Ears(FakeVad(), OPTIONS.endpointing), VoiceMemory(tmp_path)
                parts = Parts(FakeTranscriber(), client, mouth, "en", 20_000.0)
                voice = Voice(microphone, ears, parts, client, ledger, memory, OPTIONS)
                async with client.attach("voice", voice.handle) as attachment:
                    running = asyncio.create_task(voice.run(Beats()))
                    await asyncio.sleep(SOON_S)
                    async with wire.running(FakeBrain(), at):
                        await attachment.wait_attached(10_000)
                        await asyncio.sleep(2 * SOON_S)
                        report = await person.status()
                    await ended(running)
                    return [problem.problem for problem in report.problems]

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S)) == [DEAF.problem]


def test_another_problem_takes_the_place_of_the_first(tmp_path):
    other = Problem("microphone", "It delivers exact zeros.", "Unmute it.")

    async def story(it):
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        it.microphone.problem = other
        await it.until("problem.raised", 2)
        return [data["problem"] for data in it.data("problem.raised") + it.data("problem.cleared")]

    assert lived(tmp_path, story) == [DEAF.problem, other.problem, DEAF.problem]


def test_a_turn_that_ends_does_not_hide_that_it_is_deaf(tmp_path):
    async def story(it):
        await it.speaking()
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        await it.client.control("voice", "stop")
        await it.until("turn.ended")
        await asyncio.sleep(SOON_S)
        return it.states[-1]

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=1.0)) == "deaf"


def test_a_microphone_that_is_lost_while_listening_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.problem = DEAF
        return await answered(task, 5.0)

    assert lived(tmp_path, story)


def test_a_microphone_that_is_lost_in_mid_sentence_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        it.microphone.problem = DEAF
        return await answered(task)

    assert lived(tmp_path, story, options=VoiceOptions(endpointing=UNCUT))


def test_half_a_sentence_from_before_the_microphone_was_lost_is_forgotten(tmp_path):
    brain = FakeBrain()

    async def story(it):
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        it.microphone.away(3600)
        it.microphone.problem = None
        await it.until("problem.cleared")
        await it.chunks(60)
        await asyncio.sleep(SOON_S)

    lived(tmp_path, story, brain, always=True, options=VoiceOptions(endpointing=UNCUT))
    assert brain.asked == []


def test_the_watchdog_is_fed_while_sound_comes_or_its_absence_is_known_and_not_otherwise(tmp_path):
    async def beats(it, seconds):
        before = it.beats.count
        await asyncio.sleep(seconds)
        return it.beats.count - before

    async def story(it):
        hearing = await beats(it, 0.1)
        it.microphone.problem = DEAF
        await asyncio.sleep(0.15)
        deaf = await beats(it, 0.1)
        it.microphone.problem, it.microphone.stalled = None, True
        until_s = time.monotonic() + HANG_GUARD_S
        while await beats(it, 0.1):
            assert time.monotonic() < until_s, "it is fed for ever"
        it.microphone.stalled = False
        await eventually(lambda: it.microphone.delivered)
        return hearing > 0, deaf > 0, await beats(it, 0.1) > 0

    assert lived(tmp_path, story) == (True, True, True)
