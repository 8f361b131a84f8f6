"""Word errors, noise and manifests."""

from __future__ import annotations

import asyncio
import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import profile, starter
from homebody.bench import windows
from homebody.bench.hearing import measure
from homebody.bench.noise import own_recordings
from homebody.bench.word_errors import errors, is_cut_off, understood
from homebody.cli.bench_hearing import window_lines
from homebody.errors import UsageError
from homebody.options import VoiceOptions
from homebody.starter import bundled
from homebody.voice.noise import pink, speech_power, with_noise
from homebody.voice.window_record import choice

WORDS = st.lists(st.sampled_from(["owl", "timer", "eight", "stop", "the"]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_word_errors_are_a_distance(one, other):
    assert errors(one, one) == 0
    assert errors(one, other) == errors(other, one)
    longest, shortest = sorted((len(one.split()), len(other.split())), reverse=True)
    assert longest - shortest <= errors(one, other) <= longest


@given(WORDS, WORDS)
def test_a_beginning_is_cut_off_and_the_whole_is_not(begin, rest):
    whole = f"{begin} {rest}".strip()
    assert is_cut_off(whole, begin) == bool(begin and rest)
    assert not is_cut_off(begin, whole)


def test_a_score_counts_words_over_all_utterances():
    score = understood([("what time is it", "What time is it?"), ("stop the timer", "stop"), ("go on", "no")])
    assert (score.word_error_rate, score.sentence_accuracy, score.cut_off) == (round(4 / 9, 4), round(1 / 3, 4), 1)


@given(st.floats(-5, 40), st.integers(0, 9))
def test_noise_has_the_ratio_that_was_asked_for(ratio_db, seed):
    speech = np.sin(np.arange(8000) / 5).astype(np.float32) * np.float32(0.3)
    noise = pink(len(speech), seed)
    mixed = with_noise(speech, ratio_db, noise).astype(np.float64)
    assert np.abs(mixed).max() <= 1
    # It may have been scaled as a whole: what is left after taking out the best-fitting speech and noise is nothing.
    parts, *_ = np.linalg.lstsq(np.stack([speech, noise], axis=1).astype(np.float64), mixed, rcond=None)
    found = 10 * math.log10(parts[0] ** 2 * speech_power(speech) / parts[1] ** 2)
    assert found == pytest.approx(ratio_db, abs=0.2)


def test_silence_stays_silence():
    assert not with_noise(np.zeros(100, np.float32), 10, pink(100)).any()


def test_a_manifest_names_files_beside_it_and_a_wrong_line_by_its_number(tmp_path):
    (tmp_path / "one.wav").write_bytes(b"")
    good = json.dumps({"file": "one.wav", "text": "stop", "speech_ended_ms": 400})
    manifest = tmp_path / "set.jsonl"
    manifest.write_text(f"{good}\n\n")
    assert [one.text for one in own_recordings(manifest)] == ["stop"]
    for bad in ("{", '{"file": "one.wav"}', good.replace("one.wav", "two.wav")):
        manifest.write_text(f"{good}\n{bad}\n")
        with pytest.raises(UsageError, match="line 2"):
            own_recordings(manifest)


@pytest.mark.models
def test_bundled_recordings_are_heard_word_for_word_in_quiet():
    report = asyncio.run(measure(VoiceOptions(), bundled()[:2], progress=lambda _: None))
    assert [one.key for one in report.conditions] == ["quiet", "20 dB", "10 dB", "5 dB"]
    quiet = report.conditions[0].score
    assert (quiet.word_error_rate, quiet.sentence_accuracy, quiet.cut_off, quiet.false_starts) == (0, 1, 0, 0)


@pytest.mark.models
@pytest.mark.slow
def test_the_starter_bears_short_windows_and_what_was_found_is_kept_for_it():
    heard = msgspec.structs.replace(profile.shipped_only("embedded").voice.transcriber, min_window_s=None)
    options = msgspec.structs.replace(VoiceOptions(), transcriber=heard)
    found = asyncio.run(windows.measure(options, thorough=False, progress=lambda _: None))
    assert found.verdict.outcome == "proven"
    assert found.verdict.floor_s <= 5.0
    assert found.in_use_floor_s == found.verdict.floor_s
    chosen = choice(starter.recogniser(), heard)
    assert (chosen.source, chosen.rule) == ("measured", found.verdict.rule)
    (whole,) = [row for row in found.rows if row.floor_s == 30.0]
    assert whole.read == found.verdict.understood
    assert whole.changed == 0
    assert chosen.threads.number == found.threads
    if found.timings is not None:
        assert chosen.threads.source == "measured"
    table = "\n".join(window_lines(found))
    assert "No word changes" in table
    assert found.in_use in table
