"""What training sees is what faster-whisper sees. Needs torch: run in the training environment."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.audio import RATE_HZ

pytestmark = pytest.mark.lengthy

torch = pytest.importorskip("torch")


def spoken_like(seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    voice = sum(np.sin(2 * np.pi * 140 * h * t) / h for h in range(1, 20)) * (1 + np.sin(2 * np.pi * 4 * t))
    return (0.1 * voice + 0.01 * rng.standard_normal(len(t))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.7, 1.0, 2.345])
def test_features_are_those_of_faster_whisper(seconds: float):
    from recogniser.features import HOP, Features

    wave = spoken_like(seconds, 1)
    theirs = FeatureExtractor()(wave)[:, : len(wave) // HOP]
    waves = torch.zeros(2, RATE_HZ * 3)  # in a batch with a longer one
    waves[0, : len(wave)] = torch.from_numpy(wave)
    waves[1] = torch.from_numpy(spoken_like(3.0, 2))
    ours = Features(np.random.default_rng(0)).plain(waves, torch.tensor([len(wave), 3 * RATE_HZ]))[0].numpy()
    assert np.abs(ours[:, : theirs.shape[1] - 2] - theirs[:, :-2]).max() < 2e-3
    assert not ours[:, theirs.shape[1] :].any(), "after the end there is nothing"


def test_sampled_padding_stands_for_all_of_it():
    """With each position of the padding drawn about as often, the mean over draws is near the real thing."""
    from recogniser.model import MELS, Recogniser, Shape

    torch.manual_seed(0)
    model = Recogniser(Shape(50, width=32, heads=2, encoder_layers=1, decoder_layers=1)).eval()
    mel = torch.randn(1, MELS, 300)
    padded = torch.nn.functional.pad(mel, (0, 3000 - 300))
    with torch.no_grad():
        whole = model.encode(padded, window=0)[0][:, :140]
        drawn = torch.stack([model.encode(mel)[0][:, :140] for _ in range(20)]).mean(0)
        unpadded = model.encode(mel, window=0)[0][:, :140]
    assert (drawn - whole).abs().mean() < 0.25 * (unpadded - whole).abs().mean()


def test_a_model_goes_on_with_other_words():
    from tokenizers import Tokenizer

    from homebody import starter
    from recogniser.adopt import carried_over

    old = Tokenizer.from_file(str(starter.recogniser() / "tokenizer.json"))
    new = Tokenizer.from_file(str(starter.recogniser() / "tokenizer.json"))
    new.add_tokens([" walrus"])
    embedding = torch.randn(old.get_vocab_size(), 8)
    rows = carried_over(embedding, old, new)
    assert len(rows) == len(embedding) + 1
    assert torch.equal(rows[: len(embedding)], embedding)
    made_of = embedding[old.encode(" walrus", add_special_tokens=False).ids].mean(0)
    assert torch.nn.functional.cosine_similarity(rows[-1], made_of, dim=0) > 0.9


@given(st.lists(st.integers(2, 60), min_size=1, max_size=9), st.integers(0, 2**32 - 1))
def test_what_is_broken_off_within_a_word_is_taught_without_that_word(lengths: list[int], seed: int):
    from recogniser.batches import POSITION, Example, broken_off

    ends = np.cumsum(lengths)
    words = [(float(end - length), float(end)) for end, length in zip(ends, lengths, strict=True)]
    text = " ".join(f"word{number}" for number in range(len(words)))
    wave = np.ones(int(ends[-1]) * POSITION, np.float32)
    whole = Example(wave, text, len(wave), [(*word, number) for number, word in enumerate(words)], words)
    cut = broken_off(whole, np.random.default_rng(seed))
    if cut is whole:
        assert all(length < 10 for length in lengths[1:]), "there was no word to break off"
        return
    said = len(cut.words)
    begin, end = words[said]
    assert said >= 1
    assert cut.text.split() == text.split()[:said]
    assert begin * POSITION < cut.end < end * POSITION
    assert cut.phones == whole.phones[:said]
    assert cut.wave[: cut.end].all()
    assert not cut.wave[cut.end :].any(), "after the end there is silence"


@given(st.lists(st.integers(2, 60), min_size=3, max_size=9), st.integers(1, 2), st.integers(0, 2**32 - 1))
def test_the_rest_of_a_name_before_a_sentence_is_not_taught(lengths: list[int], name: int, seed: int):
    from recogniser.batches import POSITION, Example, behind_name

    ends = np.cumsum(lengths)
    words = [(float(end - length), float(end)) for end, length in zip(ends, lengths, strict=True)]
    text = " ".join(f"word{number}" for number in range(len(words)))
    wave = np.repeat(np.arange(len(words), dtype=np.float32), [length * POSITION for length in lengths])
    whole = Example(wave, text, len(wave), [(*word, number) for number, word in enumerate(words)], words)
    left = behind_name(whole, name, np.random.default_rng(seed))
    assert left.text.split() == text.split()[name:]
    assert left.end == len(left.wave)
    assert set(range(name, len(words))) <= set(left.wave), "all of the sentence is there"
    assert [phone for *_, phone in left.phones] == list(range(name, len(words)))
    for number, (begin, end) in enumerate(left.words, name):
        heard = left.wave[round(begin * POSITION) + 1 : round(end * POSITION) - 1]
        assert (heard == number).all(), "words are where they are said to be"
