"""The mouth says one thing at a time, can be stopped, and knows what of it was heard."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeSpeaker, FakeSynthesizer
from homebody.errors import ModelFailed, NoSpeaker, RemoteFailure
from homebody.voice.mouth import WAITING_LIMIT, Mouth, Silence, Spoken
from homebody.voice.sentences import Fragment
from wire import HANG_GUARD_S, eventually


def mouth(**parts):
    return Mouth(parts.pop("synthesizer", None) or FakeSynthesizer(), FakeSpeaker(**parts))


async def fragments(*texts, wait=None):
    for text in texts:
        yield Fragment(text)
        if wait is not None:
            await wait.wait()


def finishing(main):
    return asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))


class Noted(Silence):
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def first_pcm(self):
        self.told.append("pcm")

    def first_sample(self, at_s):
        self.told.append("sample")

    def finished(self):
        self.told.append("finished")


def test_what_is_said_is_heard_to_its_end():
    async def main():
        speaking = mouth()
        notes = Noted()
        spoken = await speaking.speak(fragments("One thing.", "And another."), notes)
        return spoken, notes.told, speaking.speaking

    spoken, told, still = finishing(main)
    assert spoken.complete
    assert spoken.heard_text == "One thing. And another."
    assert (
        spoken.played_ms == sum(ms for _, ms in spoken.fragments) == pytest.approx(10 * len("One thing.And another."))
    )
    assert (told[0], told[-1], told.count("sample")) == ("pcm", "finished", 1)
    assert not still


def test_a_whole_text_is_said_without_its_signs_in_fragments():
    async def main():
        synthesizer = FakeSynthesizer()
        spoken = await Mouth(synthesizer, FakeSpeaker()).say("It is **half past seven**. `Get` up, please!")
        return spoken, synthesizer.texts

    spoken, texts = finishing(main)
    assert texts == ["It is half past seven.", "Get up, please!"]
    assert spoken.heard_text == "It is half past seven. Get up, please!"


@pytest.mark.parametrize("text", ["", "   ", "```\ncode\n", "***"])
def test_what_cannot_be_said_ends_at_once(text):
    assert finishing(lambda: mouth().say(text)).complete


@pytest.mark.lengthy
def test_one_thing_is_said_at_a_time_in_the_order_asked_for():
    async def main():
        synthesizer = FakeSynthesizer()
        speaking = Mouth(synthesizer, FakeSpeaker(speed=20))
        await asyncio.gather(*(speaking.say(f"This is the number {n}. It is over now.") for n in range(4)))
        return synthesizer.texts

    assert finishing(main) == [text for n in range(4) for text in (f"This is the number {n}.", "It is over now.")]


@pytest.mark.lengthy
def test_too_much_waiting_is_refused_and_what_waits_is_still_said():
    async def main():
        speaking = mouth(speed=1.0)
        first = asyncio.create_task(speaking.say("The first of all. " * 20))
        await eventually(lambda: speaking.speaking)
        waiting = [asyncio.create_task(speaking.say("Me.")) for _ in range(WAITING_LIMIT)]
        await asyncio.sleep(0)
        with pytest.raises(RemoteFailure) as refused:
            await speaking.say("One too many.")
        assert (refused.value.code, bool(refused.value.remedy)) == ("busy", True)
        first.cancel()
        assert all(spoken.complete for spoken in await asyncio.gather(*waiting))

    finishing(main)


def test_giving_up_waiting_makes_room_and_stops_nobody():
    async def main():
        speaking = mouth(speed=4.0)
        first = asyncio.create_task(speaking.say("The first of all."))
        await eventually(lambda: speaking.speaking)
        waiting = [asyncio.create_task(speaking.say("Me.")) for _ in range(WAITING_LIMIT)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        after = asyncio.create_task(speaking.say("And me."))
        return [(await task).complete for task in (first, after)]

    assert finishing(main) == [True, True]


@pytest.mark.lengthy
def test_stopping_silences_what_is_said_and_tells_what_of_it_was_heard():
    async def main():
        speaking = mouth(speed=1.0)
        saying = asyncio.create_task(
            speaking.say("Short words. " + "And then a very, very long sentence follows. " * 9)
        )
        await eventually(lambda: speaking.speaker.played and speaking.speaker.played[0].played_ms > 150)
        assert speaking.stop()
        spoken = await saying
        return spoken, speaking.speaking, speaking.speaker.played[0]

    spoken, still, played = finishing(main)
    assert not spoken.complete
    assert not still
    assert not played.complete
    assert spoken.heard_text.startswith("Short words.")
    assert spoken.heard_text.count("follows") < 9


def test_there_is_nothing_to_stop_in_silence_nor_a_second_time():
    async def main():
        speaking = mouth(speed=1.0)
        assert not speaking.stop()
        saying = asyncio.create_task(speaking.say("A long sentence, and another one. " * 9))
        await eventually(lambda: speaking.speaker.sounds)
        assert [speaking.stop(), speaking.stop()] == [True, False]
        await saying
        assert not speaking.stop()

    finishing(main)


@pytest.mark.lengthy
def test_what_waits_behind_a_stopped_speech_is_said():
    async def main():
        speaking = mouth(speed=1.0)
        first = asyncio.create_task(speaking.say("A long sentence, and another one. " * 9))
        second = asyncio.create_task(speaking.say("Dinner."))
        await eventually(lambda: speaking.speaker.sounds)
        speaking.stop()
        return [(await task).complete for task in (first, second)]

    assert finishing(main) == [False, True]


def test_stopping_leaves_alone_what_has_not_begun_to_sound():
    async def main():
        speaking, answer = mouth(), asyncio.Event()

        async def later():
            await answer.wait()
            yield Fragment("Good night.")

        saying = asyncio.create_task(speaking.speak(later(), Silence()))
        await asyncio.sleep(0.01)
        stopped = speaking.stop()
        answer.set()
        return stopped, (await saying).complete

    assert finishing(main) == (False, True)


def test_cancelling_a_speech_silences_it_and_frees_the_mouth():
    async def main():
        speaking = mouth(speed=1.0)
        saying = asyncio.create_task(speaking.say("A long sentence, and another one. " * 9))
        await eventually(lambda: speaking.speaker.sounds)
        saying.cancel()
        await asyncio.wait([saying])
        assert saying.cancelled()
        assert not speaking.speaker.played[0].complete
        return await speaking.say("Hi.")

    assert finishing(main).complete


@pytest.mark.parametrize(
    "parts",
    [
        {"error": NoSpeaker("There is no loudspeaker.")},
        {"synthesizer": FakeSynthesizer(error=ModelFailed("The voice broke."))},
    ],
    ids=["loudspeaker", "synthesizer"],
)
def test_what_goes_wrong_is_raised_and_frees_the_mouth(parts):
    async def main():
        speaking = mouth(**parts)
        for _ in range(2):
            with pytest.raises((NoSpeaker, ModelFailed)):
                await speaking.say("Hello there.")
            assert not speaking.speaking

    finishing(main)


def test_where_the_words_fail_to_come_what_came_before_is_not_said_twice_and_the_error_is_raised():
    async def main():
        speaking = mouth()

        async def failing():
            yield Fragment("Hello there.")
            raise ModelFailed("It broke off.")

        with pytest.raises(ModelFailed):
            await speaking.speak(failing(), Silence())
        return (await speaking.say("Hi.")).complete

    assert finishing(main)


def test_a_fragment_that_makes_no_sound_hides_none_of_those_after_it():
    assert Spoken([("One.", 100.0), ("-", 0.0), ("Two.", 100.0), ("Three.", 100.0)], 200.0).heard_text == "One. Two."


def test_of_what_was_broken_off_the_words_count_that_were_heard():
    said = [("It is noon.", 800.0), ("The kettle is on the stove.", 1300.0)]
    assert Spoken(said, 800.0 + 550.0).heard_text == "It is noon. The kettle"
    assert Spoken(said, 400.0).heard_text == "It is"


@given(st.lists(st.floats(1, 2000), min_size=1, max_size=6), st.floats(0, 1))
def test_what_was_heard_is_the_beginning_of_what_was_said_and_grows_with_what_sounded(durations_ms, share):
    said = [(f"word{n}", ms) for n, ms in enumerate(durations_ms)]
    played_ms = share * sum(durations_ms)
    spoken = Spoken(said, played_ms)
    heard = spoken.heard_text.split()
    assert heard == [text for text, _ in said][: len(heard)]
    assert len(heard) <= len(Spoken(said, min(played_ms * 1.5, sum(durations_ms))).heard_text.split())
    assert Spoken(said, 0.0).heard_text == ""
    assert Spoken(said, sum(durations_ms)).heard_text.split() == [text for text, _ in said]


@pytest.mark.parametrize("said", [[("first", 0.0)], [("first", 100.0), ("second", 0.0)]], ids=["first", "second"])
def test_a_fragment_that_has_no_sound_yet_was_not_heard(said):
    played_ms = sum(ms for _, ms in said)
    assert Spoken(said, played_ms).heard_text == " ".join(text for text, ms in said if ms)
