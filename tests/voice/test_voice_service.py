"""The voice service whole: turns, and what the router asks of it."""

from __future__ import annotations

import asyncio

import pytest

from fakes import FakeBrain
from homebody.errors import RemoteFailure
from homebody.options import VoiceOptions
from voice_home import AskingBack, eventually, lived

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


def test_asked_to_listen_it_hears_asks_answers_aloud_and_writes_it_down(tmp_path):
    brain = FakeBrain("It is half past seven.")

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", 1, state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, brain)
    assert heard == "what time is it"
    assert brain.asked == ["what time is it"]
    assert it.synthesizer.texts == ["It is half past seven."]
    assert (row.outcome, row.route_kind, row.route_name) == ("answered", "skill", "fake")
    legs = [row.endpoint_ms, row.text_ms, row.route_ms, row.first_token_ms, row.first_pcm_ms, row.done_ms]
    assert legs == sorted(legs)
    assert it.states == ["listening", "hearing", "thinking", "speaking", "asleep"]
    (told,) = it.data("voice.heard")
    assert (told["text"], told["refused"], told["language"]) == ("what time is it", "", "en")
    assert it.data("voice.said") == [{"text": "It is half past seven."}]
    (published,) = it.data("turn.ended")
    assert published["outcome"] == "answered"
    assert "what time" not in str(published)


def test_nobody_who_was_not_asked_is_heard(tmp_path):
    async def story(it):
        it.microphone.hear()
        await it.chunks(60)
        return it.events, it.ledger.turns()

    events, turns = lived(tmp_path, story)
    assert turns == []
    assert {event.name for event in events} <= {"service.attached"}


def test_always_listening_it_answers_whatever_is_said_and_listens_again(tmp_path):
    async def story(it):
        for count in (1, 2):
            it.microphone.hear()
            await it.until("turn.ended", count)
            await eventually(lambda: it.states[-1] == "listening")
        return [data["text"] for data in it.data("voice.heard")]

    assert lived(tmp_path, story, heard=("one", "two"), always=True) == ["one", "two"]


def test_a_listen_that_hears_nobody_is_answered_with_nothing_and_closes_the_microphone(tmp_path):
    async def story(it):
        done = await it.listening(timeout_ms=60)
        await it.until("voice.state", state="asleep")
        it.microphone.hear()
        await it.chunks(60)
        return done.heard, it.ledger.turns()

    assert lived(tmp_path, story) == ("", [])


def test_the_timeout_is_for_beginning_to_speak_and_not_for_speaking(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.hear(14_000)  # longer than the timeout, here too
        return (await task).heard

    assert lived(tmp_path, story) == "what time is it"


def test_what_is_refused_leaves_a_row_and_whoever_asked_to_be_heard_is_told(tmp_path):
    brain = FakeBrain()

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, brain, heard=())
    assert (heard, row.outcome, row.reason) == ("", "refused", "empty")
    assert (brain.asked, it.data("voice.said")) == ([], [])
    assert " ".join(it.synthesizer.texts) == "Sorry, I did not understand that."
    assert it.data("voice.heard")[0]["refused"] == "empty"


def test_what_was_not_meant_for_it_is_met_with_silence(tmp_path):
    async def story(it):
        it.microphone.hear()
        await it.until("turn.ended")
        return it.synthesizer.texts

    assert lived(tmp_path, story, heard=(), always=True) == []


def test_a_question_back_opens_the_microphone(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return [data["text"] for data in it.data("voice.heard")]

    assert lived(tmp_path, story, AskingBack("Which one?"), heard=("cancel", "the first")) == ["cancel", "the first"]


def test_a_question_back_that_nobody_answers_closes_the_microphone(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        await asyncio.sleep(0.12)
        it.microphone.hear()
        await it.chunks(60)
        return len(it.ledger.turns())

    assert lived(tmp_path, story, AskingBack("Which one?"), options=VoiceOptions(follow_up_ms=50.0)) == 1


def test_a_question_back_that_nobody_answers_is_shown_to_be_over(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        await asyncio.sleep(0.12)
        return it.states[-1]

    options = VoiceOptions(follow_up_ms=50.0)
    assert lived(tmp_path, story, AskingBack("Which one?"), options=options) == "asleep"


def test_a_text_is_said_and_the_volume_is_changed_over_the_wire(tmp_path):
    async def story(it):
        said = await it.client.say("Dinner is **ready**.")
        volume = await it.client.control("voice", "volume", "-30")
        muted = await it.client.control("voice", "mute")
        return said.spoken, said.heard_text, volume.value, muted.value

    assert lived(tmp_path, story) == (
        True,
        "Dinner is ready.",
        {"volume_percent": 50.0, "muted": False, "speed_percent": 100.0},
        {"volume_percent": 50.0, "muted": True, "speed_percent": 100.0},
    )


def test_an_action_nobody_knows_is_refused_over_the_wire_too(tmp_path):
    async def story(it):
        with pytest.raises(RemoteFailure) as refused:
            await it.client.control("voice", "sing")
        return refused.value.code

    assert lived(tmp_path, story) == "bad_message"
