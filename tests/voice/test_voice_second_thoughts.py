"""The voice service whole: what is said to an answer without being called."""

from __future__ import annotations

import asyncio

import pytest

from fakes import FakeSpeaker
from homebody.options import VoiceOptions
from homebody.voice import going_on, service
from homebody.voice.second_thoughts import ECHO_ENDS_S
from voice_home import BY_VOICE, LONG, OPTIONS, UNCUT, Correctable, SlowTranscriber, eventually, lived
from wire import HANG_GUARD_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


async def corrected(it):
    """Something is changed, and corrected when our last words have faded; what we said."""
    await it.told()
    await it.until("voice.state", 2, state="listening")
    await asyncio.sleep(2 * ECHO_ENDS_S)
    it.microphone.hear()
    await it.until("turn.ended", 2)
    return [data["text"] for data in it.data("voice.said")]


@pytest.mark.parametrize("by_voice", [False, True])
def test_a_change_is_corrected_without_being_called_again(tmp_path, by_voice):
    options = BY_VOICE if by_voice else OPTIONS
    said = lived(tmp_path, corrected, Correctable(), heard=("ten minutes", "no five"), options=options)
    assert said == ["You said ten minutes", "You said no five"]


def test_a_correction_is_not_lost_where_the_recogniser_is_slow(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "SOUND_LIMIT_S", HANG_GUARD_S)
    transcriber = SlowTranscriber("ten minutes", "no five minutes", chunks=30)  # 960 ms
    options = VoiceOptions(second_thoughts_ms=10_000.0)

    async def story(it):
        transcriber.room = it.microphone
        return await corrected(it)

    said = lived(tmp_path, story, Correctable(), transcriber=transcriber, options=options)
    assert said == ["You said ten minutes", "You said no five minutes"]


def test_what_corrects_nothing_is_not_answered_after_a_change_and_leaves_no_trace(tmp_path):
    brain = Correctable()

    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await eventually(lambda: "the news at nine" in brain.asked)
        await it.chunks(100)
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return [data["text"] for data in it.data("voice.heard")], len(it.ledger.turns())

    heard = "ten minutes", "the news at nine", "no five"
    assert lived(tmp_path, story, brain, heard=heard) == (["ten minutes", "no five"], 2)
    assert brain.committed == ["ten minutes", "no five"]


def test_where_there_is_nothing_to_correct_after_all_nobody_else_answers(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return it.synthesizer.texts

    heard = "ten minutes", "no nothing"
    assert lived(tmp_path, story, Correctable(), heard=heard) == ["You said ten minutes"]


@pytest.mark.parametrize("ms", [0.0, 30.0])
def test_after_its_time_a_second_thought_is_not_heard(tmp_path, ms):
    async def story(it):
        await it.told()
        await eventually(lambda: it.states[-1] == "asleep")
        it.microphone.hear()
        await it.chunks(60)
        return len(it.ledger.turns())

    options = VoiceOptions(second_thoughts_ms=ms)
    assert lived(tmp_path, story, Correctable(), heard=("ten minutes", "no five"), options=options) == 1


def test_a_second_thought_before_the_answer_sounds_takes_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = Correctable(wait=asyncio.Event())

    async def story(it):
        await it.thinking(brain)
        await it.chunks(10)
        it.microphone.hear()
        await it.until("voice.heard", 2)
        brain._wait.set()
        await it.until("turn.ended", 2)
        return it.synthesizer.texts, [row["outcome"] for row in it.data("turn.ended")]

    found = lived(tmp_path, story, brain, heard=("ten minutes", "no five"))
    assert found == (["You said no five"], ["interrupted", "answered"])


def test_a_second_thought_over_the_answer_is_heard_where_our_own_words_are_not(tmp_path):
    """With headphones on."""

    async def story(it):
        await it.speaking()
        await it.chunks(40)
        it.microphone.hear()
        await it.until("voice.heard", 2)
        return it.ledger.turns()[0].outcome, it.data("voice.heard")[1]["text"]

    found = lived(tmp_path, story, Correctable(LONG), heard=("ten minutes", "no five"), speaker=FakeSpeaker(speed=1.0))
    assert found == ("interrupted", "no five")


def test_a_television_that_talks_on_neither_holds_the_answer_for_ever_nor_is_answered(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = Correctable(wait=asyncio.Event())

    async def story(it):
        await it.thinking(brain)
        await it.chunks(10)
        it.microphone.hear(30_000.0)
        brain._wait.set()
        await it.until("turn.ended")
        return it.synthesizer.texts, [row.outcome for row in it.ledger.turns()]

    options, speaker = VoiceOptions(endpointing=UNCUT), FakeSpeaker(speed=20.0)
    found = lived(tmp_path, story, brain, heard=("ten minutes", "no five"), options=options, speaker=speaker)
    assert found == (["You said ten minutes"], ["answered"])
