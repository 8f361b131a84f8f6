"""Piper speaks: clearly, evenly, the same every time, and refuses broken voices in plain words."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeSynthesizer
from homebody.errors import ModelFailed, ModelMissing
from homebody.options import SynthesizerOptions
from homebody.starter import voice
from homebody.voice.audio import Audio
from homebody.voice.synthesizer import (
    LEVEL_DBFS,
    PiperSynthesizer,
    Synthesizer,
    clean,
    gain_for,
    limited,
    without_lead,
)
from listening import transcribed, words

REPLIES = (
    "The timer is set for five minutes.",
    "It is sunny and warm outside.",
    "I turned off the kitchen light.",
    "Sorry, I did not understand that.",
    "You have three new messages.",
    "What would you like to do next?",
    "Good morning, how can I help you?",
    "The meeting starts at half past nine.",
    "I added milk to your shopping list.",
    "Your battery is almost empty.",
    "Playing some quiet music now.",
    "The front door is still open.",
    "I could not reach the network.",
    "Please say that again.",
    "Tomorrow will be cold with heavy rain.",
    "Your alarm is set for seven o'clock.",
    "The download is finished.",
    "I do not know the answer to that.",
    "Goodbye, and have a nice evening.",
    "Would you like me to read it aloud?",
)


async def spoken(synthesizer: Synthesizer, text: str) -> list[Audio]:
    async with aclosing(synthesizer.synthesize(text)) as sentences:
        return [audio async for audio in sentences]


def say(*texts: str, options: SynthesizerOptions | None = None) -> list[list[Audio]]:
    async def run() -> list[list[Audio]]:
        async with aclosing(PiperSynthesizer(options or SynthesizerOptions())) as synthesizer:
            return [await spoken(synthesizer, text) for text in texts]

    return asyncio.run(run())


def edits(said: str, heard: str) -> int:
    from listening import word_accuracy

    return round((1 - word_accuracy(said, heard)) * len(words(said)))


# --- what every synthesizer does ------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", pytest.param("piper", marks=pytest.mark.models)])
def synthesizer(request: pytest.FixtureRequest) -> PiperSynthesizer | FakeSynthesizer:
    return FakeSynthesizer() if request.param == "fake" else PiperSynthesizer(SynthesizerOptions())


def test_every_sentence_comes_by_itself(synthesizer: PiperSynthesizer | FakeSynthesizer) -> None:
    async def run() -> list[Audio]:
        async with aclosing(synthesizer):
            return await spoken(synthesizer, "This is one. This is two. And three!")

    sentences = asyncio.run(run())
    assert len(sentences) == 3
    for audio in sentences:
        assert audio.samples.dtype == np.float32
        assert audio.samples.ndim == 1
        assert audio.rate_hz >= 8000
        assert 0 < float(np.abs(audio.samples).max()) <= 1


def test_half_the_speed_takes_nearly_twice_the_time(synthesizer: PiperSynthesizer | FakeSynthesizer) -> None:
    if isinstance(synthesizer, FakeSynthesizer):
        return  # its hum has no pace

    async def run() -> list[float]:
        async with aclosing(synthesizer):
            lengths_ms = []
            for synthesizer.speed_percent in (100.0, 50.0):
                sound = await spoken(synthesizer, "The quick brown fox jumps over the lazy dog.")
                lengths_ms.append(sum(audio.duration_ms for audio in sound))
            return lengths_ms

    usual_ms, slow_ms = asyncio.run(run())
    assert 1.6 < slow_ms / usual_ms < 2.2


def test_nothing_to_say_gives_no_sound(synthesizer: PiperSynthesizer | FakeSynthesizer) -> None:
    async def run() -> list[list[Audio]]:
        async with aclosing(synthesizer):
            return [await spoken(synthesizer, text) for text in ("", "   ", "...", "!?")]

    assert asyncio.run(run()) == [[], [], [], []]


def test_it_can_be_left_after_the_first_sentence_and_used_again(
    synthesizer: PiperSynthesizer | FakeSynthesizer,
) -> None:
    async def run() -> int:
        async with aclosing(synthesizer):
            async with aclosing(synthesizer.synthesize("This is one. This is two. And three!")) as sentences:
                async for _ in sentences:
                    break
            return len(await spoken(synthesizer, "Again. And again."))

    assert asyncio.run(run()) == 2


# --- Piper ----------------------------------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.slow
def test_an_independent_recogniser_understands_four_words_of_five() -> None:
    wrong = total = 0
    for reply, sentences in zip(REPLIES, say(*REPLIES), strict=True):
        audio = Audio(np.concatenate([audio.samples for audio in sentences]), sentences[0].rate_hz)
        wrong += edits(reply, transcribed(audio))
        total += len(words(reply))
    assert 1 - wrong / total >= 0.8


@pytest.mark.models
def test_the_same_words_sound_the_same_every_time() -> None:
    first, second = (say(*REPLIES[:4]) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert [audio.samples.tobytes() for audio in one] == [audio.samples.tobytes() for audio in other]


@pytest.mark.models
def test_sentences_are_about_equally_loud() -> None:
    levels = [-20 * np.log10(gain_for(a.samples, a.rate_hz)) for sentences in say(*REPLIES) for a in sentences]
    assert max(np.abs(levels)) < 0.5  # dB from `LEVEL_DBFS`
    assert max(float(np.abs(a.samples).max()) for sentences in say(*REPLIES[:4]) for a in sentences) < 1


@pytest.mark.models
def test_a_sentence_ends_with_its_pause_and_begins_without_one() -> None:
    options = SynthesizerOptions(sentence_silence_ms=400.0)
    ((sentence,), (clause,)) = say("The kettle is on.", "The kettle is on,", options=options)
    for audio, pause_ms in ((sentence, 400), (clause, 200)):
        loud = np.flatnonzero(np.abs(audio.samples) > 0.002)
        assert loud[0] < 0.02 * audio.rate_hz
        assert pause_ms <= 1000 * (len(audio.samples) - loud[-1]) / audio.rate_hz < pause_ms + 150


@pytest.mark.models
def test_a_very_long_text_without_punctuation_comes_in_parts() -> None:
    ((*parts,),) = say("many words without an end " * 40)
    assert len(parts) >= 3
    assert max(audio.duration_ms for audio in parts) < 40_000


@pytest.mark.models
def test_what_piper_chokes_on_is_left_out() -> None:
    plain, odd = say("Hello you.", "Hello\x00 \ud800 😀 you.")
    assert [a.samples.tobytes() for a in plain] == [a.samples.tobytes() for a in odd]


@pytest.mark.models
def test_a_slower_voice_takes_longer() -> None:
    (usual,), (slow,) = say(REPLIES[0])[0:1], say(REPLIES[0], options=SynthesizerOptions(length_scale=1.5))[0:1]
    assert slow[0].duration_ms > 1.3 * usual[0].duration_ms


@pytest.mark.models
def test_a_voice_of_another_language_is_noted() -> None:
    async def run(language: str) -> str:
        async with aclosing(PiperSynthesizer(SynthesizerOptions(), language=language)) as synthesizer:
            await synthesizer.load()
            return synthesizer.problem.problem if synthesizer.problem else ""

    assert "language is de" in asyncio.run(run("de"))
    assert asyncio.run(run("en")) == ""


def test_a_missing_voice_is_named() -> None:
    with pytest.raises(ModelMissing, match=r"nobody\.onnx") as caught:
        say("Hello.", options=SynthesizerOptions(voice="/nowhere/nobody.onnx"))
    assert "starter" in caught.value.remedy


def test_a_voice_without_its_description_is_named(tmp_path: Path) -> None:
    shutil.copy(voice(), tmp_path / "v.onnx")
    with pytest.raises(ModelMissing, match=r"v\.onnx\.json"):
        say("Hello.", options=SynthesizerOptions(voice=str(tmp_path / "v.onnx")))


@pytest.mark.lengthy
@pytest.mark.parametrize("broken", ["model", "description", "empty description", "unknown language"])
def test_a_damaged_voice_is_refused_with_a_remedy(tmp_path: Path, broken: str) -> None:
    model, description = voice().read_bytes(), json.loads(voice().with_name("starter.onnx.json").read_text())
    if broken == "unknown language":
        description["espeak"]["voice"] = "xx-klingon"
    texts = {"description": '{"audio": ', "empty description": "{}"}
    (tmp_path / "v.onnx").write_bytes(model[: len(model) // 2] if broken == "model" else model)
    (tmp_path / "v.onnx.json").write_text(texts.get(broken, json.dumps(description)))
    with pytest.raises(ModelFailed) as caught:
        say("Hello.", options=SynthesizerOptions(voice=str(tmp_path / "v.onnx")))
    assert caught.value.remedy


# --- its arithmetic -------------------------------------------------------------------------------------------------


@given(st.text())
def test_cleaned_text_can_be_encoded_and_holds_no_commands(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert "[[" not in cleaned
    assert clean(cleaned) == cleaned


def test_the_gain_brings_speech_to_its_level_whatever_its_pauses() -> None:
    tone = np.sin(np.arange(16_000) / 10).astype(np.float32) * 0.01
    paused = np.concatenate((np.zeros(32_000, dtype=np.float32), tone, np.zeros(8000, dtype=np.float32)))
    assert gain_for(paused, 16_000) == pytest.approx(gain_for(tone, 16_000), rel=0.02)
    level = float(np.sqrt(np.mean((tone * gain_for(tone, 16_000)) ** 2)))
    assert level == pytest.approx(10 ** (LEVEL_DBFS / 20), rel=0.05)
    assert gain_for(np.zeros(100, dtype=np.float32), 16_000) == 1.0


@given(st.lists(st.floats(-8, 8, width=32), min_size=1))
def test_limiting_leaves_quiet_samples_alone_and_never_clips(values: list[float]) -> None:
    samples = np.array(values, dtype=np.float32)
    bent = limited(samples)
    assert float(np.abs(bent).max()) <= 1.0
    quiet = np.abs(samples) <= 0.95
    assert np.array_equal(bent[quiet], samples[quiet])


def test_silence_alone_is_not_taken_for_a_lead() -> None:
    assert len(without_lead(np.zeros(500, dtype=np.float32), 16_000)) == 500


def test_a_voice_named_for_the_language_speaks_once_it_is_downloaded(tmp_path, monkeypatch):
    from homebody.voice.synthesizer import voice_for

    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))
    options = SynthesizerOptions(voices={"de": "de_DE-thorsten-medium", "fr": "/there/fr.onnx"})
    assert voice_for(options, "en") == ("starter", None)
    assert voice_for(options, "fr-CA") == ("/there/fr.onnx", None)
    name, problem = voice_for(options, "de")
    assert name == "starter"
    assert "de_DE-thorsten-medium" in problem.problem
    assert problem.remedy == "Download it with: homebody models pull de_DE-thorsten-medium"
    path = tmp_path / "models" / "voices" / "de_DE-thorsten-medium.onnx"
    path.parent.mkdir(parents=True)
    path.touch()
    assert voice_for(options, "de-AT") == (str(path), None)


def test_a_voice_is_found_by_its_name_alone_and_the_starter_speaks_until_it_is_there(tmp_path, monkeypatch):
    from homebody.voice.synthesizer import voice_for

    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))
    options = SynthesizerOptions(voice="en_US-lessac-medium", voices={"de": "de_DE-thorsten-medium"})
    assert [voice_for(options, language)[0] for language in ("en", "de")] == ["starter", "starter"]
    path = tmp_path / "models" / "voices" / "en_US-lessac-medium.onnx"
    path.parent.mkdir(parents=True)
    path.touch()
    assert voice_for(options, "en") == (str(path), None)
    name, problem = voice_for(options, "de")
    assert name == str(path)
    assert problem is not None
