"""What was said before is not computed again; what is often said is computed ahead, while it is quiet."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeSpeaker, FakeSynthesizer
from homebody.errors import ModelFailed
from homebody.voice.mouth import Mouth
from homebody.voice.said_before import LIMIT_BYTES, TEXT_LIMIT_CHARS, WAITING_LIMIT, Rehearsal, Remembering
from wire import HANG_GUARD_S, eventually


async def say(synthesizer, text, language=None):
    async with aclosing(synthesizer.synthesize(text, language)) as sounds:
        return [audio async for audio in sounds]


def test_what_was_said_before_sounds_the_same_and_is_not_computed_again():
    inner = FakeSynthesizer()
    remembering = Remembering(inner)
    first, second = (asyncio.run(say(remembering, "Okay. You're welcome.")) for _ in range(2))
    assert inner.texts == ["Okay. You're welcome."]
    assert [len(audio.samples) for audio in first] == [len(audio.samples) for audio in second]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(first, second, strict=True))


def test_another_language_or_speed_is_another_sound():
    inner = FakeSynthesizer()
    remembering = Remembering(inner)

    async def main():
        await say(remembering, "Okay.", "en")
        await say(remembering, "Okay.", "de")
        remembering.speed_percent = 80.0
        await say(remembering, "Okay.", "en")
        remembering.speed_percent = 100.0
        await say(remembering, "Okay.", "en")

    asyncio.run(main())
    assert inner.languages == ["en", "de", "en"]
    assert inner.speed_percent == 100.0


def test_what_was_broken_off_is_not_kept():
    inner = FakeSynthesizer()
    remembering = Remembering(inner)

    async def main():
        async with aclosing(remembering.synthesize("One. Two.")) as sounds:
            await anext(sounds)
        assert len(await say(remembering, "One. Two.")) == 2

    asyncio.run(main())
    assert len(inner.texts) == 2


def test_the_first_sound_comes_before_the_second_was_computed():
    inner = FakeSynthesizer()

    async def main():
        async with aclosing(Remembering(inner).synthesize("One. Two.")) as sounds:
            return await anext(sounds)

    assert asyncio.run(main()).duration_ms > 0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 120)), max_size=60), st.integers(0, 200_000))
def test_it_never_holds_more_than_it_may_and_always_says_what_the_voice_says(said, limit_bytes):
    inner, plain = FakeSynthesizer(), FakeSynthesizer()
    remembering = Remembering(inner, limit_bytes=limit_bytes)

    async def main():
        for number, length in said:
            text = f"{number} {'x' * length}."
            got, expected = await say(remembering, text), await say(plain, text)
            assert [len(a.samples) for a in got] == [len(a.samples) for a in expected]
            assert 0 <= remembering.kept_bytes <= limit_bytes

    asyncio.run(main())
    assert all(
        inner.texts.count(text) == plain.texts.count(text) for text in plain.texts if len(text) > TEXT_LIMIT_CHARS
    )


def test_what_is_said_most_lately_stays_longest():
    inner = FakeSynthesizer()
    one = len(asyncio.run(say(FakeSynthesizer(), "Number 1."))[0].samples) * 4
    remembering = Remembering(inner, limit_bytes=3 * one)

    async def main():
        for number in (1, 2, 3, 1, 4, 1, 2):
            await say(remembering, f"Number {number}.")

    asyncio.run(main())
    assert inner.texts == [f"Number {number}." for number in (1, 2, 3, 4, 2)]
    assert one < LIMIT_BYTES


def test_sentences_are_made_ahead_in_the_pieces_the_mouth_will_ask_for():
    inner = FakeSynthesizer()
    remembering = Remembering(inner)

    async def main():
        rehearsal = Rehearsal(remembering, lambda: True, ("en", "de"))
        running = asyncio.create_task(rehearsal.run())
        assert rehearsal.add("en\nI'm speaking slower now.\nThe volume is at 50 %. That is as loud as it gets.") == 3
        assert rehearsal.add("fr\nJe parle.") == 0
        await eventually(lambda: len(inner.texts) == 3)
        running.cancel()
        before = list(inner.texts)
        await Mouth(remembering, FakeSpeaker()).say("The volume is at 50 %. That is as loud as it gets.", "en")
        assert inner.texts == before

    asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))


def test_nothing_is_made_ahead_while_somebody_speaks_and_a_failure_stops_nothing(monkeypatch):
    monkeypatch.setattr("homebody.voice.said_before.LOOK_S", 0.001)
    inner, quiet = FakeSynthesizer(), False

    async def main():
        nonlocal quiet
        rehearsal = Rehearsal(Remembering(inner), lambda: quiet, ("en",))
        running = asyncio.create_task(rehearsal.run())
        rehearsal.add("en\nHello there.\nGood morning.")
        await asyncio.sleep(0.02)
        assert inner.texts == []
        inner.error, quiet = ModelFailed("It broke off."), True
        await eventually(lambda: len(inner.texts) == 2)
        inner.error = None
        rehearsal.add("en\nGood night.")
        await eventually(lambda: len(inner.texts) == 3)
        running.cancel()

    asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))


@pytest.mark.parametrize("lines", ["", "en", "en\n", "en\n\n\n", "nothing"])
def test_lines_without_words_are_nothing_to_make(lines):
    assert Rehearsal(FakeSynthesizer(), lambda: True, ("en",)).add(lines) == 0


def test_however_much_is_to_be_made_ahead_it_is_bounded():
    rehearsal = Rehearsal(FakeSynthesizer(), lambda: False, ("en",))
    for number in range(2 * WAITING_LIMIT):
        rehearsal.add(f"en\nThis is number {number}.")
    assert len(rehearsal._waiting) == WAITING_LIMIT
