"""The wake word: the decision, what is kept of the sound, and the real models on synthetic voices."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeWakeWords
from homebody import profile as profiles
from homebody.errors import MissingPart, ModelFailed, ModelMissing
from homebody.options import WakeOptions
from homebody.starter import bundled
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk
from homebody.voice.recordings import read_audio
from homebody.voice.stillness import Stillness
from homebody.voice.wake_word import (
    ALIKE,
    ALIKE_CHUNKS,
    GOES_ON_CHUNKS,
    LEISURE_MS,
    PRE_ROLL_CHUNKS,
    REST_MS,
    MicroWakeWords,
    Score,
    Sentry,
    WakeGate,
    behind_the_word,
    sentry_for,
    unhurried_ms,
)
from homebody.voice.whisper_model import decode, load
from homebody.voice.whisper_window import STARTERS

OPTIONS = WakeOptions()
SCORES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=200)


def scored(*probabilities, cutoff=0.8):
    return [Score(f"word {number}", probability, cutoff) for number, probability in enumerate(probabilities)]


@given(SCORES)
def test_no_two_calls_are_closer_than_the_refractory_time_and_none_is_below_the_cutoff(heard):
    gate, called = WakeGate(OPTIONS), []
    for number, (probability, speaking) in enumerate(heard):
        at_s = number * CHUNK_MS / 1000
        if gate.feed(scored(probability), at_s, speaking=speaking):
            assert probability > 0.8
            called.append(at_s)
    assert all(later - earlier >= OPTIONS.refractory_ms / 1000 for earlier, later in itertools.pairwise(called))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_whatever_calls_us_while_we_speak_calls_us_in_silence_too(probability, cutoff, margin):
    options = WakeOptions(speaking_margin=margin)
    scores = scored(probability, cutoff=cutoff)
    if WakeGate(options).feed(scores, 0.0, speaking=True):
        assert WakeGate(options).feed(scores, 0.0, speaking=False)


def test_while_we_speak_it_takes_more_to_call_us():
    assert WakeGate(OPTIONS).feed(scored(0.85), 0.0, speaking=False)
    assert WakeGate(OPTIONS).feed(scored(0.85), 0.0, speaking=True) is None
    assert WakeGate(OPTIONS).feed(scored(0.95), 0.0, speaking=True)


def test_of_several_words_the_surest_one_counts():
    assert WakeGate(OPTIONS).feed(scored(0.85, 0.99, 0.9), 0.0, speaking=False) == "word 1"


def test_a_clock_that_starts_anew_does_not_make_it_deaf():
    gate = WakeGate(OPTIONS)
    assert gate.feed(scored(0.9), 5000.0, speaking=False)
    assert gate.feed(scored(0.9), 1.0, speaking=False)


def test_a_call_brings_the_sound_since_the_word_ended():
    detector = FakeWakeWords()
    sentry = Sentry(detector, OPTIONS)
    for number in range(20):
        if number == 19:
            detector.say()
        woke = sentry.hear(Chunk(np.zeros(CHUNK_SAMPLES, np.float32), number * CHUNK_MS / 1000), speaking=False)
    assert woke.word == "okay_nabu"
    assert [round(chunk.at_s * 1000 / CHUNK_MS) for chunk in woke.since] == list(range(20 - PRE_ROLL_CHUNKS, 20))
    sentry.close()
    assert detector.closed


def heard(levels):
    """Chunks of noise as loud as told, one each, that end at their number."""
    noise = np.random.default_rng(0).normal(0, 1, CHUNK_SAMPLES).astype(np.float32)
    return [Chunk(noise * level, float(number)) for number, level in enumerate(levels)]


@pytest.mark.parametrize(
    ("levels", "begins"),
    [
        ([0.1] * 20, 20 - PRE_ROLL_CHUNKS),  # no pause
        ([0.1] * 15 + [0.001] * 3 + [0.1] * 2, 15),  # the word, a pause, the command
        ([0.1] * 17 + [0.001] * 3, 17),  # the command has not begun
        ([0.1] * 14 + [0.001] * 3 + [0.1] + [0.001] * 2, 14),  # a stop within the command
        ([0.1] * 16 + [0.001] + [0.1] * 3, 20 - PRE_ROLL_CHUNKS),  # a stop within the word
        ([0.1] * 5 + [0.001] * 15, 20 - PRE_ROLL_CHUNKS),  # a long time ago
        ([0.01] * 15 + [0.005] * 3 + [0.01] * 2, 20 - PRE_ROLL_CHUNKS),  # in noise
        ([0.0] * 3, 0),
    ],
)
def test_where_somebody_pauses_behind_the_word_the_command_begins_there(levels, begins):
    assert [chunk.at_s for chunk in behind_the_word(heard(levels))] == list(range(begins, len(levels)))


@given(st.lists(st.sampled_from([0.0, 1e-4, 0.01, 0.3]), min_size=1, max_size=40))
def test_what_is_kept_is_the_end_of_what_was_heard_and_never_more_than_the_pre_roll(levels):
    chunks = heard(levels)
    kept = behind_the_word(chunks)
    assert 0 < len(kept) <= PRE_ROLL_CHUNKS
    assert list(kept) == chunks[-len(kept) :]


def test_sound_may_be_later_while_nothing_stirs_or_nobody_can_call():
    detector = FakeWakeWords()
    sentry = Sentry(detector, OPTIONS)
    assert (unhurried_ms(None), unhurried_ms(sentry)) == (REST_MS, LEISURE_MS)
    detector.still = True
    assert unhurried_ms(sentry) == REST_MS


def test_sound_may_be_later_too_once_talk_has_gone_on_until_something_in_it_resembles_a_word():
    detector = FakeWakeWords()
    sentry, late_ms = Sentry(detector, OPTIONS), []
    for number in range(GOES_ON_CHUNKS + ALIKE_CHUNKS + 100):
        if number == GOES_ON_CHUNKS + 50:
            detector.say(ALIKE)
        sentry.hear(Chunk(np.zeros(CHUNK_SAMPLES, np.float32), number * CHUNK_MS / 1000), speaking=False)
        late_ms.append(unhurried_ms(sentry))
    begins, alike = GOES_ON_CHUNKS, GOES_ON_CHUNKS + 50
    assert late_ms[:begins] == [LEISURE_MS] * begins
    assert late_ms[begins:alike] == [REST_MS] * 50
    assert late_ms[alike : alike + ALIKE_CHUNKS] == [LEISURE_MS] * ALIKE_CHUNKS
    assert late_ms[-1] == REST_MS


def test_without_the_extra_the_reason_is_told_and_nothing_breaks(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    with pytest.raises(MissingPart, match="pymicro-wakeword"):
        MicroWakeWords(["okay_nabu"])
    sentry, problem = sentry_for(WakeOptions(enabled=True))
    assert sentry is None
    assert "I listen when asked to" in problem.problem
    assert "homebody[wake]" in problem.remedy


def test_where_no_wake_word_is_wanted_nothing_is_loaded_or_missed():
    assert sentry_for(WakeOptions()) == (None, None)


# --- the real models -------------------------------------------------------------------------------------------------


@pytest.fixture
def library():
    return pytest.importorskip("pymicro_wakeword")


def test_a_word_without_a_model_is_named(library, tmp_path):
    with pytest.raises(ModelMissing, match="hey_nobody"):
        MicroWakeWords(["hey_nobody"])
    manifest = {"wake_word": "x", "model": "x.tflite", "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelMissing, match=r"x\.tflite"):
        MicroWakeWords([str(path)])


@pytest.mark.parametrize("damage", ["{", "[]", '{"model": "x.tflite"}', None])
def test_a_damaged_model_is_refused_before_it_can_break_the_process(library, tmp_path, damage):
    manifest = {"wake_word": "x", "model": "x.tflite", "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(manifest) if damage is None else damage)
    (tmp_path / "x.tflite").write_bytes(b"this is no model")
    with pytest.raises(ModelFailed):
        MicroWakeWords([str(path)])


def spoken(tmp_path, text, voice):
    path = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True, timeout=20)
    import soxr

    audio = read_audio(path)
    return soxr.resample(audio.samples, audio.rate_hz, RATE_HZ).astype(np.float32)


def called(tmp_path, text, voice, *, before_s=1, noise=0.0005, late_ms=None):
    """When the real models hear a synthetic voice call, in seconds; and when it ended. ``late_ms`` gets, for each
    chunk, how late the next may come."""
    said = spoken(tmp_path, text, voice) * 0.6
    sound = np.concatenate([np.zeros(before_s * RATE_HZ, np.float32), said, np.zeros(RATE_HZ, np.float32)])
    sound += np.random.default_rng(0).normal(0, noise, len(sound)).astype(np.float32)
    detector = MicroWakeWords(["okay_nabu"])
    sentry, calls, late_ms = Sentry(detector, OPTIONS), [], [] if late_ms is None else late_ms
    for at in range(0, len(sound) - CHUNK_SAMPLES, CHUNK_SAMPLES):
        chunk = Chunk(sound[at : at + CHUNK_SAMPLES], (at + CHUNK_SAMPLES) / RATE_HZ)
        if sentry.hear(chunk, speaking=False):
            calls.append(chunk.at_s)
        late_ms.append(unhurried_ms(sentry))
    sentry.close()
    return calls, before_s + np.flatnonzero(np.abs(said) > 0.02)[-1] / RATE_HZ


@pytest.mark.models
def test_the_real_model_hears_its_name_once_and_the_sound_kept_reaches_back_to_its_end(library, tmp_path):
    for voice in ("en-us", "en-gb"):
        calls, ended_s = called(tmp_path, "okay nabu", voice)
        assert len(calls) == 1
        assert 0 < calls[0] - ended_s < PRE_ROLL_CHUNKS * CHUNK_MS / 1000 + 0.032


@pytest.mark.models
@pytest.mark.parametrize("pause_ms", [60, 150, 250])
def test_of_a_command_behind_the_name_no_word_is_lost_and_none_of_the_name_is_left(library, tmp_path, pause_ms):
    command = read_audio(next(one.path for one in bundled() if one.path.stem == "time")).samples
    whisper = load(profiles.load("embedded").voice.transcriber)
    for voice in ("en-us", "en-gb"):
        name = spoken(tmp_path, "okay nabu", voice)
        name = name[: np.flatnonzero(np.abs(name) > 0.01)[-1]] * 0.2
        for shift in range(0, CHUNK_SAMPLES, 128):
            pause, quiet = np.zeros(pause_ms * RATE_HZ // 1000, np.float32), np.zeros(RATE_HZ, np.float32)
            sound = np.concatenate([quiet, quiet[:shift], name, pause, command, quiet])
            chunks = [sound[at : at + CHUNK_SAMPLES] for at in range(0, len(sound) - CHUNK_SAMPLES, CHUNK_SAMPLES)]
            sentry = Sentry(MicroWakeWords(["okay_nabu"]), OPTIONS)
            woke, at = next(
                (woke, at) for at, chunk in enumerate(chunks)
                if (woke := sentry.hear(Chunk(chunk, at * CHUNK_MS / 1000), speaking=False))
            )  # fmt: skip
            sentry.close()
            since = np.concatenate([*(chunk.samples for chunk in woke.since), *chunks[at + 1 :]])
            understood = decode(
                whisper, since, language="en", beam_size=1, window_s=STARTERS.floor_s, given_up=threading.Event()
            )
            assert understood.text == "what time is it"


@pytest.mark.models
def test_the_real_model_hears_its_name_within_a_sentence_and_not_in_other_words(library, tmp_path):
    assert len(called(tmp_path, "okay nabu what time is it", "en-us")[0]) == 1
    assert called(tmp_path, "set a timer for five minutes and call me tomorrow", "en-us")[0] == []


@pytest.mark.models
@pytest.mark.parametrize("noise", [0.0, 0.0005, 0.02])
def test_after_a_minute_of_stillness_it_hears_its_name_as_soon(library, tmp_path, monkeypatch, noise):
    rested, _ = called(tmp_path, "okay nabu", "en-us", before_s=60, noise=noise)
    monkeypatch.setattr(Stillness, "feed", lambda *_: False)
    unrested, _ = called(tmp_path, "okay nabu", "en-us", before_s=60, noise=noise)
    assert rested == pytest.approx(unrested, abs=CHUNK_MS / 1000 + 1e-6)  # steps of three features may begin elsewhere


@pytest.mark.models
@pytest.mark.parametrize("voice", ["en-us", "en-gb", "de"])
def test_a_call_into_a_still_room_is_answered_as_soon_as_one_into_a_lively_one(library, tmp_path, voice):
    late_ms = []
    calls, _ = called(tmp_path, "okay nabu", voice, before_s=20, late_ms=late_ms)
    number = round(calls[0] * RATE_HZ / CHUNK_SAMPLES) - 1
    before = number - round(3000 / CHUNK_MS)
    assert late_ms[before] == REST_MS
    for phase_ms in range(0, round(REST_MS), 10):
        looks_ms, read = before * CHUNK_MS + phase_ms, before
        while True:  # a reader that comes as late as it may
            read = max(read, int(looks_ms // CHUNK_MS))
            if read > number:
                break
            looks_ms += late_ms[read - 1] if read else REST_MS
        assert looks_ms - (number + 1) * CHUNK_MS <= LEISURE_MS


@pytest.mark.models
def test_while_the_room_is_still_no_network_works(library, monkeypatch):
    steps = []
    inner = library.MicroWakeWord.process_streaming_prob
    monkeypatch.setattr(
        library.MicroWakeWord, "process_streaming_prob", lambda *given: steps.append(1) or inner(*given)
    )
    detector, rng = MicroWakeWords(["okay_nabu"]), np.random.default_rng(0)

    def heard(seconds, loudness):
        steps.clear()
        for _ in range(round(seconds * RATE_HZ / CHUNK_SAMPLES)):
            detector.scores(rng.normal(0, loudness, CHUNK_SAMPLES).astype(np.float32))
        return len(steps)

    heard(20, 0.001)
    assert heard(10, 0.001) == 0
    assert heard(0.2, 0.01) >= 200  # what came before is heard anew
    detector.close()
