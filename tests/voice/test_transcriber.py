"""Transcription: the window, the guards, the errors, and the bundled questions through the real starter model."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeTranscriber
from homebody import profile, starter
from homebody.errors import DeadlineExceeded, HomebodyError, ModelFailed, ModelMissing
from homebody.options import TranscriberOptions
from homebody.voice import transcriber, whisper_model, window_record
from homebody.voice.audio import RATE_HZ, Samples
from homebody.voice.phantom_phrases import is_phantom
from homebody.voice.recordings import read_audio
from homebody.voice.thread_choice import Timing, Timings
from homebody.voice.transcriber import Transcriber, WhisperTranscriber, refusal
from homebody.voice.whisper_window import (
    MARGIN_S,
    WHOLE_WINDOW_S,
    Decoded,
    WindowRule,
    is_repetitive,
    looks_wrong,
)

SILENCE = np.zeros(RATE_HZ, np.float32)
QUESTIONS = json.loads((starter.recordings() / "manifest.json").read_text(encoding="utf-8"))


def embedded() -> TranscriberOptions:
    """The embedded profile's, without the overlay of whoever runs the tests."""
    return profile.load("embedded", overlay=Path("no overlay")).voice.transcriber


def question(name: str) -> Samples:
    """A bundled question."""
    return read_audio(starter.recordings() / name).samples


def decoded(
    text: str = "set a timer",
    *,
    avg_logprob: float = -0.1,
    no_speech: float = 0.0,
    ended_s: float = 2.0,
    window_s: float = 10.0,
    complete: bool = True,
) -> Decoded:
    """Something well understood, unless told otherwise."""
    return Decoded(text, "en", avg_logprob, no_speech, ended_s, window_s, complete)


WORDS = (
    "set",
    "a",
    "timer",
    "for",
    "ten",
    "minutes",
    "please",
    "and",
    "then",
    "play",
    "some",
    "music",
    "in",
    "the",
    "hall",
)


# --- the window ------------------------------------------------------------------------------------------------------


@given(st.floats(0, 120), st.floats(1, 30), st.floats(MARGIN_S, 5))
def test_the_window_holds_the_utterance_and_a_margin_unless_that_exceeds_whispers_own(
    duration_s: float, floor_s: float, margin_s: float
) -> None:
    window_s = WindowRule(floor_s, margin_s).window_s(duration_s)
    assert floor_s <= window_s <= WHOLE_WINDOW_S
    assert window_s == WHOLE_WINDOW_S or window_s >= duration_s + margin_s
    assert window_s <= max(floor_s, duration_s + margin_s + 0.5)


@pytest.mark.parametrize(
    "bad",
    [
        decoded(complete=False),
        decoded(avg_logprob=-1.2),
        decoded(ended_s=9.9),
        decoded("the cat and the cat and the cat and the cat and the cat and"),
    ],
)
def test_a_doubtful_result_of_a_short_window_is_tried_again(bad: Decoded) -> None:
    assert looks_wrong(bad, 3.0)


@pytest.mark.parametrize("good", [decoded(), decoded(""), decoded(avg_logprob=-1.2, window_s=WHOLE_WINDOW_S)])
def test_a_good_one_silence_and_what_had_the_whole_window_are_not(good: Decoded) -> None:
    assert not looks_wrong(good, 3.0)


# --- the guards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (decoded(), ""),
        (decoded("stop"), ""),
        (decoded("no no no"), ""),
        (decoded(""), "empty"),
        (decoded(" ... "), "empty"),
        (decoded("Thank you for watching!"), "phantom"),
        (decoded("stop stop stop stop stop stop stop stop stop"), "repetition"),
        (decoded(complete=False), "repetition"),
        (decoded(no_speech=0.9), "no_speech"),
        (decoded(avg_logprob=-0.9), "unsure"),
    ],
)
def test_what_must_not_be_acted_on_is_refused_and_says_why(what: Decoded, why: str) -> None:
    assert refusal(what, TranscriberOptions(min_avg_logprob=-0.5, max_no_speech=0.5)) == why


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for watching!",
        " Thank you for watching. Thank you for watching.",
        "Untertitelung im Auftrag des ZDF für funk, 2017",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Subtítulos por la comunidad de Amara.org",
        "Vielen Dank fürs Zuschauen!",
        "ご視聴ありがとうございました",
        "谢谢观看",
        "Субтитры сделал DimaTorzok",
        "Продолжение следует...",
        "시청해 주셔서 감사합니다.",
        "you",
    ],
)
def test_whispers_phrases_for_silence_are_phantoms_in_any_language(text: str) -> None:
    assert is_phantom(text, 0.0)


@pytest.mark.parametrize(
    "text",
    ["thank you for watching the baby", "can you do that", "thank you", "subscribe to the paper", "", "how are you"],
)
def test_sentences_that_only_resemble_them_are_not(text: str) -> None:
    assert not is_phantom(text, 0.05)


def test_thanks_are_a_phantom_only_where_the_model_doubts_that_anyone_spoke() -> None:
    assert is_phantom("Thank you.", 0.4)
    assert not is_phantom("Thank you.", 0.1)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))
def test_going_round_in_a_circle_is_noticed(words: list[str]) -> None:
    assert is_repetitive(" ".join(words * 9))


@given(st.permutations(WORDS))
def test_a_sentence_without_a_circle_is_not_one(words: list[str]) -> None:
    assert not is_repetitive(" ".join(words))


# --- what every transcriber promises ---------------------------------------------------------------------------------

TRANSCRIBERS: dict[str, Callable[[], Transcriber]] = {
    "fake": lambda: FakeTranscriber("what time is it", "cancel the timer"),
    "whisper": lambda: WhisperTranscriber(embedded()),
}


@pytest.mark.parametrize("kind", ["fake", pytest.param("whisper", marks=pytest.mark.models)])
def test_a_transcriber_understands_in_order_refuses_silence_and_closes(kind: str) -> None:
    async def scenario() -> None:
        ears = TRANSCRIBERS[kind]()
        await ears.load()
        await ears.load()
        first, second = await asyncio.gather(
            ears.transcribe(question("time.wav"), "en"), ears.transcribe(question("timer-cancel.wav"), "en")
        )
        assert (first.text, first.refused) == ("what time is it", "")
        assert (second.text, second.refused) == ("cancel the timer", "")
        for nothing in (SILENCE, SILENCE[:0]):
            silent = await ears.transcribe(nothing, "en")
            assert (silent.text, silent.refused) == ("", "empty")
        await ears.aclose()

    asyncio.run(scenario())


# --- the real model --------------------------------------------------------------------------------------------------


@pytest.mark.models
def test_every_bundled_question_is_understood_to_the_letter_in_a_short_window() -> None:
    async def scenario() -> None:
        ears = WhisperTranscriber(embedded())
        for row in QUESTIONS:
            transcript = await ears.transcribe(question(row["file"]), "en-GB")
            assert (transcript.text, transcript.refused, transcript.language) == (row["text"], "", "en")
            assert transcript.window_s < 5
        await ears.aclose()

    assert len(QUESTIONS) >= 8
    asyncio.run(scenario())


@pytest.mark.models
def test_the_window_really_reaches_the_encoder() -> None:
    model = whisper_model.load(embedded())
    mel = np.zeros((80, 3000), np.float32)
    model.window_s = 3.5
    assert model.encode(mel).shape[1] == 175
    model.window_s = WHOLE_WINDOW_S
    assert model.encode(mel).shape[1] == 1500


@pytest.mark.models
def test_a_recording_longer_than_the_window_is_heard_to_its_end() -> None:
    async def scenario() -> None:
        ears = WhisperTranscriber(embedded())
        samples = np.zeros(66 * RATE_HZ, np.float32)
        for at_s, name in ((1, "time.wav"), (31, "timer.wav"), (61, "help.wav")):  # the starter hears one a window
            samples[at_s * RATE_HZ :][: len(question(name))] = question(name)
        transcript = await ears.transcribe(samples, "en")
        assert transcript.window_s == WHOLE_WINDOW_S
        assert transcript.text == "what time is it set a timer for eight minutes what can you do"
        await ears.aclose()

    asyncio.run(scenario())


@pytest.mark.models
@pytest.mark.parametrize("name", ["mine", "starter"])
def test_a_doubtful_result_of_a_real_model_gets_the_whole_window(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcriber, "looks_wrong", lambda decoded, duration_s: decoded.window_s < WHOLE_WINDOW_S)

    async def window_s() -> float:
        model = str(starter.recogniser()) if name == "mine" else name
        ears = WhisperTranscriber(TranscriberOptions(model=model, min_window_s=10))
        transcript = await ears.transcribe(question("time.wav"), None)
        await ears.aclose()
        return transcript.window_s

    assert asyncio.run(window_s()) == (30.0 if name == "mine" else 10.0)


@pytest.mark.models
def test_faint_noise_is_refused() -> None:
    async def scenario() -> None:
        ears = WhisperTranscriber(embedded())
        for seed, amplitude in enumerate((1e-4, 1e-3, 1e-2, 0.1)):
            noise = np.random.default_rng(seed).normal(0, amplitude, 2 * RATE_HZ).astype(np.float32)
            assert (await ears.transcribe(noise, "en")).refused
        await ears.aclose()

    asyncio.run(scenario())


@pytest.mark.models
def test_the_model_is_loaded_with_the_threads_that_were_found_to_pay_from_the_next_loading_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    class Counted(whisper_model.RightSizedWhisper):
        def __init__(self, *args: Any, cpu_threads: int, **options: Any) -> None:
            asked.append(cpu_threads)
            super().__init__(*args, cpu_threads=cpu_threads, **options)

    monkeypatch.setattr(whisper_model, "RightSizedWhisper", Counted)
    monkeypatch.setattr(window_record, "usable_cores", lambda: 3)
    options = TranscriberOptions(model=str(starter.recogniser()), threads=64, min_window_s=3)
    rows = tuple(Timing(threads=threads, median_ms=ms) for threads, ms in ((1, 20.0), (2, 10.0), (3, 15.0)))
    timings = Timings(floor_s=3.0, margin_s=0.5, cores=3, rows=rows)

    async def loaded() -> None:
        ears = WhisperTranscriber(options)
        await ears.load()
        ears.adopt(timings)
        assert ears.windows.threads.number == asked[-1]  # the loaded one keeps its own
        await ears.aclose()

    whisper_model.load(TranscriberOptions(threads=64))
    asyncio.run(loaded())
    asyncio.run(loaded())
    assert asked == [1, 3, 2]


# --- waiting, giving up, failing -------------------------------------------------------------------------------------


class SlowWhisper(WhisperTranscriber):
    """Decodes when it is let."""

    def __init__(self) -> None:
        super().__init__(embedded())
        self.let = threading.Event()
        self.decodings = 0

    def _decode(self, samples: Samples, language: str | None, given_up: threading.Event) -> Decoded:
        self.decodings += 1
        self.let.wait(30)
        return decoded()


@pytest.mark.lengthy
def test_a_cancelled_transcription_is_dropped_and_the_next_one_is_answered() -> None:
    async def scenario() -> None:
        ears = SlowWhisper()
        running = asyncio.create_task(ears.transcribe(SILENCE, "en"))
        waiting = asyncio.create_task(ears.transcribe(SILENCE, "en"))
        await asyncio.sleep(0.05)
        running.cancel()
        waiting.cancel()
        outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError] * 2
        ears.let.set()
        assert (await ears.transcribe(SILENCE, "en")).text == "set a timer"
        assert ears.decodings == 2  # the one that waited never ran
        await ears.aclose()

    asyncio.run(scenario())


def test_no_more_than_a_few_utterances_wait() -> None:
    async def scenario() -> None:
        ears = SlowWhisper()
        tasks = [asyncio.create_task(ears.transcribe(SILENCE, "en")) for _ in range(transcriber.WAITING_LIMIT)]
        await asyncio.sleep(0)
        with pytest.raises(ModelFailed):
            await ears.transcribe(SILENCE, "en")
        ears.let.set()
        assert len(await asyncio.gather(*tasks)) == transcriber.WAITING_LIMIT
        assert (await ears.transcribe(SILENCE, "en")).text
        await ears.aclose()

    asyncio.run(scenario())


@pytest.mark.lengthy
def test_a_recogniser_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcriber, "DEADLINE_S", -9.9)  # with ten times one second of silence: 0.1 s

    async def scenario() -> None:
        ears = SlowWhisper()
        with pytest.raises(DeadlineExceeded):
            await ears.transcribe(SILENCE, "en")
        ears.let.set()
        await ears.aclose()

    asyncio.run(scenario())


def load_error(options: TranscriberOptions) -> HomebodyError:
    """What loading ends in: an error of ours that names no exception class and says what to do."""

    async def scenario() -> None:
        ears = WhisperTranscriber(options)
        try:
            await ears.load()
        finally:
            await ears.aclose()

    with pytest.raises(HomebodyError) as caught:
        asyncio.run(scenario())
    assert caught.value.remedy
    return caught.value


@pytest.mark.models
@pytest.mark.parametrize("name", ["bass.en", "/no/such/folder", "~/nothing/here"])
def test_an_unknown_model_is_refused_and_never_replaced(name: str) -> None:
    error = load_error(TranscriberOptions(model=name))
    assert isinstance(error, ModelMissing)
    assert name in error.reason


@pytest.mark.models
def test_until_a_model_can_be_downloaded_the_starter_hears_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))

    def offline(name: str, *, cache_dir: str, local_files_only: bool) -> str:
        assert Path(cache_dir) == tmp_path / "models"
        raise ConnectionError("no network")

    monkeypatch.setattr(whisper_model, "download_model", offline)
    with pytest.raises(ModelMissing, match=r"base\.en"):
        whisper_model.find("base.en")

    async def load() -> None:
        async with aclosing(WhisperTranscriber(TranscriberOptions(model="base.en"))) as transcriber:
            assert transcriber.problem is None
            await transcriber.load()
            assert transcriber.problem is not None
            assert "base.en" in transcriber.problem.problem
            assert "homebody models pull" in transcriber.problem.remedy

    asyncio.run(load())


@pytest.mark.models
def test_what_was_downloaded_once_is_used_without_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))
    asked: list[bool] = []

    def cached(name: str, *, cache_dir: str, local_files_only: bool) -> str:
        asked.append(local_files_only)
        return str(starter.recogniser())

    monkeypatch.setattr(whisper_model, "download_model", cached)
    assert whisper_model.find("base.en") == starter.recogniser()
    assert asked == [True]


@pytest.mark.models
def test_an_interrupted_download_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(tmp_path))
    (tmp_path / "half").mkdir()

    def half(name: str, *, cache_dir: str, local_files_only: bool) -> str:
        return str(tmp_path / "half") if local_files_only else str(starter.recogniser())

    monkeypatch.setattr(whisper_model, "download_model", half)
    assert whisper_model.find("base.en") == starter.recogniser()


@pytest.mark.models
@pytest.mark.parametrize("spoilt", ["model.bin", "tokenizer.json", "config.json"])
def test_a_spoilt_model_is_refused(tmp_path: Path, spoilt: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(starter.recogniser(), folder)
    (folder / spoilt).write_bytes(b"\x00" * 100)
    assert isinstance(load_error(TranscriberOptions(model=str(folder))), ModelFailed)


@pytest.mark.models
def test_a_compute_type_this_machine_lacks_is_refused() -> None:
    assert "nonsense" in load_error(TranscriberOptions(compute_type="nonsense")).reason


@pytest.mark.models
def test_a_device_this_machine_lacks_is_refused() -> None:
    pytest.importorskip("ctranslate2")
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has the device")
    assert "cuda" in load_error(TranscriberOptions(device="cuda")).reason
