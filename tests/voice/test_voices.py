"""Whoever speaks German is understood as German and answered by a German voice; without one, the usual voice speaks."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeAsker, FakeSpeaker, FakeSynthesizer, FakeTranscriber
from homebody import profile as profiles
from homebody.client import HomebodyClient
from homebody.errors import ModelFailed
from homebody.house import a_router
from homebody.messages import Progress
from homebody.options import SynthesizerOptions, VoiceOptions
from homebody.voice.audio import Utterance
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.turn import Parts, take_turn
from homebody.voice.voices import OTHERS_LIMIT, PiperVoices, heard_languages
from wire import HANG_GUARD_S

pytestmark = pytest.mark.lengthy

SPEECH = Utterance(np.full(8000, 0.3, np.float32), speech_began_s=1.0, speech_ended_s=1.5, decided_s=2.0)
NAMED = {"en": "starter", "de": "/there/de.onnx", "fr": "/there/fr.onnx", "es": "/there/es.onnx", "it": "it_IT-x-low"}


class OneVoice(FakeSynthesizer):
    """Stands for `PiperSynthesizer`; ``broken`` languages cannot be loaded."""

    made: ClassVar[list[OneVoice]]
    broken: ClassVar[frozenset[str]]

    def __init__(self, options, *, language=""):
        super().__init__()
        self.language, self.problem = language, None
        self.made.append(self)

    async def load(self):
        await super().load()
        if self.language in self.broken:
            raise ModelFailed("That voice is damaged.", "Download it again.")


def voices(*, language="en", broken=(), named=NAMED):
    making = type("Making", (OneVoice,), {"made": [], "broken": frozenset(broken)})
    problems = []
    made = PiperVoices(SynthesizerOptions(voices=named), language=language, make=making, on_problem=problems.append)
    return made, making.made, problems


async def say(synthesizer, text, language=None):
    async with aclosing(synthesizer.synthesize(text, language)) as sounds:
        return [audio async for audio in sounds]


def spoken(made):
    return {voice.language: voice.texts for voice in made if voice.texts}


def test_each_language_is_spoken_by_its_own_voice_which_is_loaded_when_it_is_first_wanted():
    several, made, problems = voices()

    async def main():
        await several.load()
        assert [voice.language for voice in made] == ["en"]
        for text, language in (("Hello.", None), ("Hallo.", "de"), ("Servus.", "de-AT"), ("Hi.", "en-GB")):
            assert await say(several, text, language)
        await several.aclose()

    asyncio.run(main())
    assert spoken(made) == {"en": ["Hello.", "Hi."], "de": ["Hallo.", "Servus."]}
    assert not problems
    assert all(voice.closed and voice.loads == 1 for voice in made)


def test_where_a_voice_is_not_here_or_not_named_the_usual_one_speaks_and_that_is_told_once():
    several, made, problems = voices()

    async def main():
        for _ in range(2):
            for language in ("it", "sv"):
                await say(several, "Ciao.", language)
        await several.aclose()

    asyncio.run(main())
    assert spoken(made) == {"en": ["Ciao."] * 4}
    assert [problem.part for problem in problems] == ["voice", "voice"]
    assert problems[0].remedy == "Download it with: homebody models pull it_IT-x-low"
    assert "sv" in problems[1].problem


def test_a_voice_that_does_not_load_is_replaced_by_the_usual_one_and_that_is_told():
    several, made, problems = voices(broken=["de"])
    asyncio.run(say(several, "Hallo.", "de"))
    assert spoken(made) == {"en": ["Hallo."]}
    assert [(problem.problem, problem.remedy) for problem in problems] == [
        ("That voice is damaged.", "Download it again.")
    ]
    assert [voice.closed for voice in made] == [False, True]


@given(st.lists(st.sampled_from(["en", "de", "fr", "es", "it", None]), max_size=30))
def test_never_are_more_voices_open_than_allowed_and_every_text_is_spoken(languages):
    several, made, _ = voices()

    async def main():
        for number, language in enumerate(languages):
            await say(several, f"Number {number}.", language)
            assert sum(not voice.closed for voice in made) <= 1 + OTHERS_LIMIT
        await several.aclose()

    asyncio.run(main())
    assert sorted(text for voice in made for text in voice.texts) == sorted(
        f"Number {number}." for number in range(len(languages))
    )
    assert all(voice.closed for voice in made)


def test_a_voice_that_is_speaking_is_not_let_go():
    several, made, _ = voices()

    async def main():
        async with aclosing(several.synthesize("Eins. Zwei.", "de")) as sounds:
            await anext(sounds)
            for language in ("fr", "es", "fr", "es"):
                await say(several, "Un.", language)
            assert not next(voice for voice in made if voice.language == "de").closed
            assert len([audio async for audio in sounds]) == 1
        await several.aclose()

    asyncio.run(main())


def test_the_languages_to_tell_apart_are_those_named_else_those_whose_voices_are_here(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))
    folder = tmp_path / "models" / "voices"
    folder.mkdir(parents=True)
    named = SynthesizerOptions(voices={"en": "en_US-a-low", "de": "de_DE-b-low", "fr": "fr_FR-c-low"})
    assert heard_languages(VoiceOptions(synthesizer=named)) == ("en",)
    (folder / "de_DE-b-low.onnx").touch()
    assert heard_languages(VoiceOptions(synthesizer=named)) == ("en", "de")
    assert heard_languages(VoiceOptions(synthesizer=named, languages=("es", "en-GB"))) == ("en", "es")
    assert heard_languages(VoiceOptions()) == ("en",)


def test_every_part_of_an_answer_is_said_in_the_language_of_the_answer_and_an_error_in_english():
    synthesizer = FakeSynthesizer()
    asker = FakeAsker(
        Progress(id="1", stage="thinking", elapsed_ms=1.0, say="Lass mich überlegen."),
        "Es sind 20 °C. ",
        language="de",
        error=ModelFailed("The model broke off."),
    )

    async def main():
        parts = Parts(
            FakeTranscriber(("wie warm ist es", "de")), asker, Mouth(synthesizer, FakeSpeaker()), None, 5000.0
        )
        await take_turn(SPEECH, parts, Notes(SPEECH, live=False))

    asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))
    assert asker.asked[0][1]["language"] == "de"
    assert list(zip(synthesizer.texts, synthesizer.languages, strict=True)) == [
        ("Lass mich überlegen.", "de"),
        ("Es sind 20 Grad Celsius.", "de"),
        ("The model broke off.", "en"),
    ]


@pytest.mark.processes
def test_in_one_room_four_languages_are_heard_and_each_is_answered_in_its_own(tmp_path):
    """The real router and the shipped skills; only the recogniser follows a script and the voice hums."""
    heard = [
        ("what is seven times eight", "en", "56"),
        ("was ist sieben mal acht", "de", "56"),
        ("combien font sept fois huit", "fr", "56"),
        ("cuánto es siete por ocho", "es", "56"),
        ("danke", "de", "Gern geschehen."),
        ("thank you", "en", "welcome"),
    ]
    synthesizer = FakeSynthesizer()

    async def main():
        path = tmp_path / "skills.toml"
        path.write_text('name = "skills"\nsummary = "Skills only."\n[router.text]\nbackend = "none"\n')
        async with (
            a_router(profiles.load(str(path)), str(path), data=tmp_path) as (endpoint, _),
            HomebodyClient.connect(endpoint) as client,
        ):
            recogniser = FakeTranscriber(*((text, language) for text, language, _ in heard))
            parts = Parts(recogniser, client, Mouth(synthesizer, FakeSpeaker()), None, 20_000.0)
            for _ in heard:
                await take_turn(SPEECH, parts, Notes(SPEECH, live=False))

    asyncio.run(asyncio.wait_for(main(), 60.0))
    assert synthesizer.languages == [language for _, language, _ in heard]
    for text, (_, _, expected) in zip(synthesizer.texts, heard, strict=True):
        assert expected in text


class KnowsLanguages:
    """CTranslate2's starter model, as if it knew several languages."""

    is_multilingual = True

    def __init__(self, model):
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def detect_language(self, encoded):
        assert encoded.shape[0] == 1
        return [[("<|de|>", 0.45), ("<|en|>", 0.3), ("<|zh|>", 0.25)]]


@pytest.mark.parametrize(
    ("languages", "expected"),
    [((), "de"), (("de", "en"), "de"), (("en", "de"), "en"), (("en",), "en"), (("fr", "zh"), "zh"), (("fr",), "de")],
)
def test_only_the_languages_spoken_here_are_told_apart_and_the_sound_is_encoded_once(monkeypatch, languages, expected):
    from homebody.options import TranscriberOptions
    from homebody.starter import bundled
    from homebody.voice import whisper_model
    from homebody.voice.recordings import read_audio

    model, encoded = whisper_model.load(TranscriberOptions()), []
    model.model, model.languages = KnowsLanguages(model.model), languages
    encode = whisper_model.faster_whisper.WhisperModel.encode

    def counted(self, features):
        encoded.append(features.shape[-1])
        return encode(self, features)

    monkeypatch.setattr(whisper_model.faster_whisper.WhisperModel, "encode", counted)
    recording = next(one for one in bundled() if one.path.stem == "time")
    samples, never = read_audio(recording.path).samples, threading.Event()
    for _ in range(2):
        got = whisper_model.decode(model, samples, language=None, beam_size=1, window_s=5.0, given_up=never)
        assert got.language == expected
    assert encoded == [500, 500]


@given(
    st.dictionaries(st.sampled_from(["en", "de", "fr", "es", "cy"]), st.floats(0, 1), min_size=1),
    st.lists(st.sampled_from(["en", "de", "fr"]), max_size=3, unique=True),
)
def test_the_likeliest_language_is_one_of_those_spoken_here_where_any_is_known(probabilities, languages):
    from homebody.voice.whisper_model import likeliest

    chosen = likeliest(probabilities, languages)
    assert chosen in probabilities
    if set(languages) & set(probabilities):
        assert chosen in languages
