"""The voice service whole: what is said, and what is asked of it, while it thinks and speaks."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import numpy as np
import pytest

from fakes import FakeBrain, FakeSpeaker, FakeTranscriber
from homebody.errors import HomebodyError
from homebody.messages import Say
from homebody.options import VoiceOptions
from homebody.voice import going_on, service
from homebody.voice.audio import RATE_HZ
from voice_home import (
    BY_VOICE,
    LONG,
    SOON_S,
    UNCUT,
    Correctable,
    SlowSynthesizer,
    SlowTranscriber,
    Stopping,
    eventually,
    lived,
)
from wire import HANG_GUARD_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


def test_asking_to_listen_interrupts_a_reply(tmp_path):
    brain = FakeBrain(LONG)

    async def story(it):
        first = await it.speaking()
        second = it.listening()
        await it.until("turn.ended")
        await eventually(lambda: brain.ended)
        first_heard = (await first).heard
        it.microphone.hear()
        await it.until("voice.heard", 2)
        second.cancel()
        return first_heard, [row.outcome for row in it.ledger.turns()][:1], it.speaker.played[0].complete

    heard, outcomes, complete = lived(tmp_path, story, brain, heard=("one", "two"), speaker=FakeSpeaker(speed=1.0))
    assert (heard, outcomes, complete) == ("one", ["interrupted"], False)


def test_whoever_interrupts_a_reply_gets_what_is_said_to_them(tmp_path):
    async def story(it):
        await it.speaking()
        second = it.listening()
        await it.until("turn.ended")
        await asyncio.sleep(0.1)
        it.speaker.speed = float("inf")
        it.microphone.hear()
        return (await second).heard

    assert lived(tmp_path, story, FakeBrain(LONG), heard=("one", "two"), speaker=FakeSpeaker(speed=1.0)) == "two"


def test_a_second_listen_takes_the_place_of_the_first(tmp_path):
    async def story(it):
        first = await it.asked()
        second = it.listening()
        nothing = (await first).heard
        it.microphone.hear()
        return nothing, (await second).heard

    assert lived(tmp_path, story) == ("", "what time is it")


def test_asking_to_listen_silences_an_announcement(tmp_path):
    async def story(it):
        saying = asyncio.create_task(it.client.say(LONG))
        await eventually(lambda: it.speaker.sounds)
        heard = await it.told()
        return (await saying).spoken, heard

    assert lived(tmp_path, story, speaker=FakeSpeaker(speed=8.0)) == (False, "what time is it")


@pytest.mark.parametrize("always", [True, False], ids=["always listening", "when asked"])
def test_its_own_voice_is_not_heard(tmp_path, always):
    async def story(it):
        saying = asyncio.create_task(it.client.say("Here I am, and I talk to myself."))
        await eventually(lambda: it.speaker.sounds)
        it.microphone.hear(1600)
        spoken = (await saying).spoken
        return spoken, it.ledger.turns()

    assert lived(tmp_path, story, always=always, speaker=FakeSpeaker(speed=2.0)) == (True, [])


def test_speech_interrupts_a_reply_where_that_is_wanted(tmp_path):
    async def story(it):
        await it.speaking()
        it.microphone.hear(1200)
        row = await it.until("turn.ended")
        return row["outcome"], it.speaker.played[0].complete

    speaker = FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, FakeBrain(LONG), options=BY_VOICE, speaker=speaker) == ("interrupted", False)


@pytest.mark.parametrize("always", [True, False], ids=["always listening", "when asked"])
def test_what_interrupts_a_reply_is_heard_from_its_beginning(tmp_path, always, monkeypatch):
    monkeypatch.setattr(service, "ECHO_TAIL_S", 0.02)
    transcriber = FakeTranscriber("one", "two")

    async def story(it):
        await it.speaking()
        it.microphone.hear(1280)
        await it.until("turn.ended", 1)
        await it.chunks(100)
        await asyncio.sleep(SOON_S)
        return [data["text"] for data in it.data("voice.heard")]

    heard = lived(
        tmp_path, story, FakeBrain(LONG), transcriber=transcriber, options=BY_VOICE, always=always,
        speaker=FakeSpeaker(speed=1.0),
    )  # fmt: skip
    assert heard == ["one", "two"]
    assert np.count_nonzero(transcriber.heard[1]) >= 0.95 * 1.28 * RATE_HZ


@pytest.mark.parametrize("speech_ms", [64, 200])
def test_a_cough_does_not_interrupt_a_reply(tmp_path, speech_ms):
    async def story(it):
        await it.speaking()
        it.microphone.hear(speech_ms)
        await it.chunks(60)
        await asyncio.sleep(0.05)
        return it.data("turn.ended")

    options, speaker = BY_VOICE, FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, FakeBrain(LONG), heard=("one", ""), options=options, speaker=speaker) == []


@pytest.mark.parametrize("read_only", [True, False])
def test_whoever_goes_on_before_the_answer_sounds_is_answered_once_to_all_of_it_unless_something_is_done(
    tmp_path, monkeypatch, read_only
):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)  # the room's microphone is so much faster
    brain, transcriber = FakeBrain(wait=asyncio.Event(), read_only=read_only), FakeTranscriber("one", "one and two")

    async def story(it):
        await it.thinking(brain)
        it.microphone.hear(960)
        if read_only:
            await it.until("voice.heard", 2)
        await it.chunks(40)
        brain._wait.set()
        await eventually(lambda: "done" in brain.ended and it.speaker.played)
        await it.until("voice.state", state="asleep")
        return brain.ended, [data["text"] for data in it.data("voice.said")]

    ended, said = lived(tmp_path, story, brain, transcriber=transcriber)
    assert ended.count("done") == 1
    assert said == (["You said one and two"] if read_only else ["You said one"])
    heard_ms = 1000 * np.count_nonzero(transcriber.heard[-1]) / RATE_HZ
    assert (heard_ms > 0.9 * (512 + 960)) == read_only


def test_short_words_over_ours_are_answered_though_the_loudspeaker_is_not_silent_yet(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "SOUND_LIMIT_S", HANG_GUARD_S)
    transcriber = SlowTranscriber("one", "two", "two", chunks=10, quick=2)  # the second time it is only judged
    silent = asyncio.Event()

    class Fading(FakeSpeaker):
        async def play(self, *args, **more):
            try:
                return await super().play(*args, **more)
            finally:
                await silent.wait()

    async def story(it):
        transcriber.room = it.microphone
        await it.speaking()
        it.microphone.hear(256)
        await it.until("voice.heard", text="two")
        silent.set()
        return len(transcriber.heard)

    speaker = Fading(speed=1.0)
    told = lived(tmp_path, story, Correctable(LONG), transcriber=transcriber, options=BY_VOICE, speaker=speaker)
    assert told == 3


def test_a_cough_before_the_answer_sounds_delays_it_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = FakeBrain(wait=asyncio.Event(), read_only=True)

    async def story(it):
        await it.thinking(brain)
        it.microphone.hear(200)
        await it.chunks(60)
        brain._wait.set()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()], brain.ended

    assert lived(tmp_path, story, brain, heard=("one", "")) == (["answered"], ["done"])


def test_a_turn_that_asks_for_silence_does_not_end_itself(tmp_path):
    brain = Stopping()

    async def story(it):
        brain.router = it.router
        await it.told()
        await eventually(lambda: brain.ended)
        return brain.ended, it.synthesizer.texts, [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, brain) == (["done"], ["All is quiet."], ["answered"])


def test_stop_ends_a_reply_that_sounds(tmp_path):
    brain = FakeBrain(LONG)

    async def story(it):
        task = await it.speaking()
        await it.client.control("voice", "stop")
        heard = (await task).heard
        await it.until("voice.state", state="asleep")
        return heard, [row.outcome for row in it.ledger.turns()]

    speaker = FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, brain, speaker=speaker) == ("what time is it", ["interrupted"])


def test_an_interrupting_text_ends_the_turn_and_is_said(tmp_path):
    async def story(it):
        task = await it.speaking()
        done = await it.client.say("Fire!", interrupt=True)
        return done.spoken, (await task).heard, it.synthesizer.texts[-1], [row.outcome for row in it.ledger.turns()]

    got = lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=4.0))
    assert got == (True, "what time is it", "Fire!", ["interrupted"])


def test_after_an_interrupting_text_it_is_shown_to_rest(tmp_path):
    async def story(it):
        await it.speaking()
        await it.client.say("Fire!", interrupt=True)
        await it.chunks(20)
        await asyncio.sleep(SOON_S)
        return it.states[-1]

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=4.0)) == "asleep"


def test_an_interrupting_text_that_has_expired_interrupts_nobody(tmp_path):
    async def story(it):
        await it.speaking()
        late = Say(id="9", text="Fire!", interrupt=True, expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        with contextlib.suppress(HomebodyError):
            await it.voice.handle(late)
        await asyncio.sleep(0.05)
        return it.data("turn.ended")

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=1.0)) == []


def test_whoever_gives_up_listening_closes_the_microphone(tmp_path):
    async def story(it):
        task = await it.asked()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(SOON_S)
        it.microphone.hear()
        await it.chunks(60)
        await asyncio.sleep(SOON_S)
        return it.data("voice.heard")

    assert lived(tmp_path, story) == []


def test_an_announcement_waits_for_the_end_of_somebodys_words(tmp_path):
    async def story(it):
        task = await it.asked()
        it.microphone.hear(3000)
        await it.until("voice.state", state="hearing")
        said = await it.client.say("The tea is ready.")
        return (await task).heard, said.spoken, it.synthesizer.texts

    texts = ["It is half past seven.", "The tea is ready."]
    assert lived(tmp_path, story) == ("what time is it", True, texts)


def test_an_announcement_into_words_without_end_does_not_leave_the_microphone_open(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "COURTESY_S", 0.05)

    async def story(it):
        task = await it.asked()
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        await it.client.say("The tea is ready. Come and get it.")
        return (await task).heard

    options, speaker = VoiceOptions(listen_timeout_ms=100.0, endpointing=UNCUT), FakeSpeaker(speed=2.0)
    assert lived(tmp_path, story, options=options, speaker=speaker) == ""


def test_asking_to_listen_silences_an_announcement_whose_first_sound_is_still_being_made(tmp_path):
    """Piper takes a moment for the first sentence; what is said in it must not be lost."""
    synthesizer = SlowSynthesizer()

    async def story(it):
        saying = asyncio.create_task(it.client.say("Dinner is ready."))
        await eventually(lambda: synthesizer.texts)
        listening = await it.asked()
        synthesizer.ready.set()
        spoken = (await saying).spoken
        it.microphone.hear()
        return spoken, (await listening).heard

    assert lived(tmp_path, story, synthesizer=synthesizer) == (False, "what time is it")
