"""The voices and sounds of the starter recogniser's training and of its judgement, and its export."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel

import shards
from homebody import profile as profiles
from homebody import starter
from homebody.voice.audio import RATE_HZ
from homebody.voice.whisper_window import Decoded
from recogniser import corpus, export, trials, voices
from recogniser.calibrate import gates
from recogniser.corpus import Utterance
from recogniser.evaluate import Heard, judged, missed
from recogniser.guesses import STEP_MS, earliest_ms
from recogniser.noises import Noises
from recogniser.sentences import Said
from recogniser.trials import Clip

VARIANTS = ["f1", "f5", "m1", "m7", "klatt2", "klatt3", "anika", "Demonic", "adam"]


def test_voices_that_are_kept_out_are_never_drawn():
    cast = voices.Cast(random.Random(1), VARIANTS)
    drawn = [cast.any() for _ in range(3000)]
    assert not {(voice.synthesiser, voice.name) for voice in drawn} & set(voices.KEPT_OUT)
    variants = {voice.name.partition("+")[2] for voice in drawn if voice.synthesiser == "espeak-ng"}
    assert variants == {"", "f1", "m1", "klatt2", "adam"}
    assert {voice.synthesiser for voice in drawn} == {"espeak-ng", "flite", "festival"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("wake me at seven am", "wake me at seven AM"),
        ("at half past six pm", "at half past six PM"),
        ("add a meeting", "add a meeting"),
        ("i am at home", "i am at home"),
        ("at ten o'clock am please", "at ten o'clock AM please"),
        ("set a map for peter", "set a map for peter"),
    ],
)
def test_am_is_two_letters_after_a_time_and_nowhere_else(text: str, wanted: str):
    assert voices.said_as(text) == wanted


def test_a_shard_is_read_as_it_was_written(tmp_path: Path):
    spoken = [
        Utterance(Said("stop", "example", "stop"), "flite slt", np.arange(-5, 5, dtype=np.int16)),
        Utterance(Said("he went home", "other", "other"), "flite awb", np.arange(3, dtype=np.int16)),
    ]
    corpus.write(tmp_path / "shard-0000.npz", spoken)
    (read,) = [corpus.read(path) for path in shards.paths(tmp_path)]
    assert [one[:2] for one in read] == [one[:2] for one in spoken]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(read, spoken, strict=True))


def test_noises_are_the_same_for_the_same_seed_and_of_one_loudness():
    for make in ("noise", "music"):
        first, again, other = (getattr(Noises(np.random.default_rng(seed)), make)(RATE_HZ) for seed in (1, 1, 2))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
        assert np.isfinite(first).all()
        assert np.std(first) == pytest.approx(1, abs=0.01)


def test_a_room_passes_the_direct_sound_on_first():
    room = Noises(np.random.default_rng(3)).room()
    assert room[0] == 1.0
    assert np.abs(room[1:]).max() < 1.0


def heard(kind: str, text: str, as_: str, logprob: float, no_speech: float = 0.0) -> Heard:
    clip = Clip(kind, text, "flite rms" if text else "", np.zeros(1, np.float32))
    return Heard(clip, Decoded(as_, "en", logprob, no_speech, 0.0, 3.0, complete=True))


def options():
    return profiles.load("embedded").voice.transcriber


def test_what_the_gate_refuses_is_no_false_command():
    rows = [heard("music", "", "stop", -0.9), heard("music", "", "stop", -0.01), heard("music", "", "", 0.0, 1.0)]
    rows += [heard(trials.EXAMPLES, "stop", "stop", -0.01), heard(trials.EXAMPLES, "stop", "top", -0.01)]
    figures = judged(rows, options())
    assert figures["music"]["accepted"] == pytest.approx(1 / 3)
    assert figures[trials.EXAMPLES]["exact"] == 0.5
    assert missed(figures) == [trials.EXAMPLES, "false commands: music"]


def test_the_chosen_gate_keeps_sounds_out_before_it_lets_sentences_in():
    rows = [heard("music", "", "stop", -0.4) for _ in range(10)]
    rows += [heard(trials.EXAMPLES, "stop", "stop", -0.1), heard(trials.EXAMPLES, "mute", "mute", -0.6)]
    best = gates(rows, options())[0]
    assert best.min_avg_logprob > -0.4
    assert best.worst == 0
    assert best.gain == 0.5


def random_weights(vocabulary: int) -> export.Weights:
    """Of the smallest model."""
    rng = np.random.default_rng(0)
    width = 16

    def some(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.1, shape).astype(np.float32)

    weights: export.Weights = {
        "first.weight": some(width, 80, 3), "first.bias": some(width), "second.weight": some(width, width, 3),
        "second.bias": some(width), "positions": some(1500, width), "text_positions": some(448, width),
        "embedding.weight": some(vocabulary, width), "step": np.array(3), "heard": np.array(99),
    }  # fmt: skip
    norms = ["encoder_norm", "decoder_norm"]
    for layer in ("encoder.0", "decoder.0"):
        attentions = ["attention"] if layer == "encoder.0" else ["attention", "cross"]
        norms += [f"{layer}.{attention}_norm" for attention in attentions] + [f"{layer}.inner_norm"]
        for attention in attentions:
            for part in ("query", "key", "value", "out"):
                weights[f"{layer}.{attention}.{part}.weight"] = some(width, width)
                weights[f"{layer}.{attention}.{part}.bias"] = some(width)
        weights |= {f"{layer}.inner.weight": some(4 * width, width), f"{layer}.inner.bias": some(4 * width)}
        weights |= {f"{layer}.outer.weight": some(width, 4 * width), f"{layer}.outer.bias": some(width)}
    for norm in norms:
        weights |= {f"{norm}.weight": some(width) + 1, f"{norm}.bias": some(width)}
    shape = {"heads": 2, "encoder_layers": 1, "decoder_layers": 1, "width": width, "vocabulary": vocabulary}
    weights["shape"] = np.frombuffer(json.dumps(shape).encode(), np.uint8)
    return weights


@pytest.mark.lengthy
def test_an_exported_model_is_one_that_faster_whisper_runs_and_its_manifest_describes_it(tmp_path: Path):
    shutil.copy(starter.recogniser() / "tokenizer.json", tmp_path / "tokenizer.json")
    vocabulary = len(json.loads((starter.recogniser() / "vocabulary.json").read_text()))
    weights = random_weights(vocabulary)
    before = {name: array.copy() for name, array in weights.items()}
    export.write_model(weights, tmp_path / "tokenizer.json", tmp_path / "model")
    export.write_manifest(tmp_path / "model", weights, tmp_path / "tokenizer.json")
    assert all(np.array_equal(before[name], array) for name, array in weights.items()), "training could go on"
    model = WhisperModel(str(tmp_path / "model"), device="cpu", compute_type="int8", local_files_only=True)
    segments, _ = model.transcribe(np.zeros(RATE_HZ, np.float32), language="en", beam_size=1, max_new_tokens=4)
    assert all(isinstance(segment.text, str) for segment in segments)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["utterances_heard"] == 99
    for name, said in manifest["files"].items():
        assert hashlib.sha256((tmp_path / "model" / name).read_bytes()).hexdigest() == said["sha256"]


def test_a_guess_is_told_by_how_long_before_the_end_it_came():
    whole = "how much memory is free"

    def in_turn(*texts: str) -> list[Heard]:
        return [heard(trials.EXAMPLES, whole, text, -0.1) for text in texts]

    assert earliest_ms(in_turn("how much", "how much memory is", whole)) == 0
    assert earliest_ms(in_turn("how much", whole, "how much memory is", whole)) == 2 * STEP_MS
    assert earliest_ms(in_turn("how much", "how much memory")) is None
