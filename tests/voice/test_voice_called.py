"""The voice service whole: called by name."""

from __future__ import annotations

import asyncio

import pytest

from fakes import FakeBrain, FakeSpeaker, FakeTranscriber, FakeWakeWords
from homebody.errors import Problem
from homebody.options import VoiceOptions
from homebody.voice import attention, service, wake_word
from homebody.voice.earcons import earcon
from homebody.voice.wake_word import LEISURE_MS, REST_MS
from voice_home import LONG, AskingBack, eventually, lived
from wire import HANG_GUARD_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


def test_called_by_name_it_listens_and_otherwise_it_does_not(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        it.microphone.hear()
        await it.chunks(60)
        before = len(it.ledger.turns())
        wake.say()
        await it.until("voice.woke", word="okay_nabu")
        it.microphone.hear()
        await it.until("turn.ended")
        await it.until("voice.state", state="asleep")
        it.microphone.hear()
        await it.chunks(60)
        return before, [row.outcome for row in it.ledger.turns()], len(it.speaker.chimes)

    assert lived(tmp_path, story, wake=wake) == (0, ["answered"], 1)


def test_sound_may_come_late_only_while_nothing_but_the_wake_word_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(wake_word, "GOES_ON_CHUNKS", 1_000_000)  # the room's microphone is so much faster
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=1.0)

    async def story(it):
        async def late_ms():
            await it.chunks(9)
            return it.microphone.late_ms

        seen = [await late_ms()]
        wake.still = True
        seen.append(await late_ms())
        asked = await it.asked()
        seen.append(await late_ms())
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        seen.append(await late_ms())
        await asyncio.wait_for(asked, HANG_GUARD_S)
        await it.until("voice.state", state="asleep")
        return [*seen, await late_ms()]

    assert lived(tmp_path, story, wake=wake, speaker=speaker) == [LEISURE_MS, REST_MS, 0.0, 0.0, REST_MS]


def test_asked_to_listen_it_is_in_a_hurry_at_once(tmp_path):
    async def story(it):
        await it.chunks(9)
        before = it.microphone.late_ms
        it.microphone.stalled = True  # what may be late is late
        asked = it.listening()
        await eventually(lambda: it.microphone.late_ms == 0.0)
        asked.cancel()
        return before

    assert lived(tmp_path, story) == REST_MS


def test_the_command_may_follow_the_wake_word_in_one_breath(tmp_path):
    wake = FakeWakeWords()
    transcriber = FakeTranscriber("what time is it")

    async def story(it):
        it.microphone.hear(640.0)  # its first chunks come before the word is certain
        await it.chunks(3)
        wake.say()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake, transcriber=transcriber) == ["answered"]


def test_called_by_name_it_stops_speaking_and_listens(tmp_path):
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=1.0)

    async def story(it):
        first = await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        wake.say(0.85)  # above its cutoff of 0.8, but not while we speak
        await it.chunks(8)
        spoke_on = not it.data("voice.woke")
        wake.say(0.95)
        await it.until("voice.woke")
        it.microphone.hear()
        await it.until("voice.heard", 2)
        await first
        return spoke_on, it.ledger.turns()[0].outcome, speaker.played[0].complete

    brain = FakeBrain(LONG)
    found = lived(tmp_path, story, brain, heard=("one", "two"), wake=wake, speaker=speaker)
    assert found == (True, "interrupted", False)


def test_called_twice_it_listens_from_the_second_call_on(tmp_path):
    wake, transcriber = FakeWakeWords(), FakeTranscriber(*["what time is it"] * 4)

    async def story(it):
        await it.called(wake)
        it.microphone.away(2.0)
        it.microphone.hear(1400.0)  # the name once more
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke", 2)
        await it.chunks(8)
        it.microphone.hear()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake, transcriber=transcriber) == ["answered"]


def test_the_name_in_the_middle_of_a_sentence_is_no_call(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        it.microphone.away(2.0)
        it.microphone.hear(12_000.0)
        await it.chunks(80)
        wake.say()
        await it.until("turn.ended")
        return len(it.data("voice.woke")), [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake) == (1, ["answered"])


def test_called_by_name_while_asked_to_listen_whoever_asked_gets_what_is_said(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        asked = await it.asked()
        it.microphone.hear(640.0)
        await it.called(wake)
        return (await asked).heard

    assert lived(tmp_path, story, wake=wake) == "what time is it"


def test_called_and_then_told_nothing_it_goes_back_to_sleep(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.state", state="listening")
        await it.until("voice.state", state="asleep")
        return it.ledger.turns()

    assert lived(tmp_path, story, wake=wake, options=VoiceOptions(listen_timeout_ms=30.0)) == []


def test_called_and_then_not_understood_it_says_so_by_a_tone(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        it.microphone.hear()
        await it.until("turn.ended")
        return [chime.duration_ms for chime in it.speaker.chimes], it.speaker.played

    tones = [earcon("woke").duration_ms, earcon("error").duration_ms]
    assert lived(tmp_path, story, wake=wake, transcriber=FakeTranscriber("")) == (tones, [])


def test_a_question_back_is_answered_without_the_wake_word(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        it.microphone.hear()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("voice.heard", text="the first")
        return len(it.data("voice.woke"))

    assert lived(tmp_path, story, AskingBack("Which one?"), heard=("cancel", "the first"), wake=wake) == 1


def test_a_cough_after_a_question_back_does_not_end_the_wait_for_its_answer(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        it.microphone.hear()
        for times in (2, 3, 4):
            await it.until("voice.state", times, state="listening")
            it.microphone.hear()
        await it.until("voice.heard", text="five minutes")
        return len(it.data("voice.woke")), [row.outcome for row in it.ledger.turns()][:3]

    heard = "set a timer", "", "", "five minutes"
    assert lived(tmp_path, story, AskingBack("For how long?"), heard=heard, wake=wake) == (
        1, ["answered", "refused", "refused"],
    )  # fmt: skip


def test_coughs_after_a_question_back_do_not_keep_the_microphone_open_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(attention, "AGAIN_S", 0.2)
    options = VoiceOptions(follow_up_ms=100.0)

    async def story(it):
        await it.told()
        while it.states[-1] != "asleep" or len(it.ledger.turns()) < 2:
            it.microphone.hear(256.0)
            await it.chunks(40)
        return it.ledger.turns()[1].outcome

    assert lived(tmp_path, story, AskingBack("For how long?"), heard=("set a timer",), options=options) == "refused"


def test_what_falls_due_after_a_call_waits_until_the_caller_is_answered(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        saying = asyncio.create_task(it.client.say("The tea is ready."))
        await it.chunks(40)
        it.microphone.hear()
        spoken = (await saying).spoken
        return spoken, it.synthesizer.texts

    said = ["It is half past seven.", "The tea is ready."]
    assert lived(tmp_path, story, wake=wake) == (True, said)


def test_what_falls_due_after_a_call_that_nothing_follows_is_said_when_its_time_is_over(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.called(wake)
        spoken = (await it.client.say("The tea is ready.")).spoken
        return spoken, it.states[-1]

    assert lived(tmp_path, story, wake=wake, options=VoiceOptions(listen_timeout_ms=100.0)) == (True, "asleep")


@pytest.mark.parametrize("interrupting", [True, False])
def test_what_is_said_to_a_caller_all_the_same_is_not_taken_for_the_caller(tmp_path, monkeypatch, interrupting):
    monkeypatch.setattr(service, "COURTESY_S", 0.0)
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=4.0)

    async def story(it):
        await it.called(wake)
        saying = asyncio.create_task(it.client.say(LONG, interrupt=interrupting))
        await eventually(lambda: it.speaker.sounds)
        it.microphone.hear(1280)  # our own words
        await it.chunks(60)
        turns = len(it.ledger.turns())
        speaker.speed = float("inf")
        spoken = (await saying).spoken
        it.microphone.hear()
        await it.until("voice.heard", text="what time is it")
        return turns, spoken

    options = VoiceOptions(listen_timeout_ms=30_000.0)
    assert lived(tmp_path, story, wake=wake, speaker=speaker, options=options) == (0, True)


def test_what_waited_behind_what_a_call_has_silenced_is_said_whole_and_not_heard(tmp_path):
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=4.0)

    async def story(it):
        first, second = (asyncio.create_task(it.client.say(f"{which} {LONG}")) for which in ("First.", "Second."))
        await eventually(lambda: it.speaker.sounds)
        await it.chunks(8)
        wake.say(0.95)
        await it.until("voice.woke")
        silenced = (await first).spoken
        await eventually(lambda: len(it.speaker.played) == 2)
        it.microphone.hear(1280)  # our own words
        await it.chunks(150)
        speaker.speed = float("inf")
        return silenced, (await second).spoken, it.states

    silenced, spoken, states = lived(tmp_path, story, wake=wake, speaker=speaker)
    assert (silenced, spoken) == (False, True)
    assert "hearing" not in states


def test_what_is_missing_from_the_start_is_told_to_the_router_and_asking_to_listen_works(tmp_path):
    lack = Problem("wake word", "It is not installed.", "Install it.")

    async def story(it):
        told = await it.until("problem.raised")
        return told["part"], await it.told()

    assert lived(tmp_path, story, problems=[lack]) == ("wake word", "what time is it")
