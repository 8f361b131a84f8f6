"""flite's phones become the times of Piper's phonemes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.frames import HOP, RATE_HZ, places
from voice.phones import NAMES, PAUSE, WORST, Phone, Sound, align, read_phones, sounds, widths

SAID = "pau:0.176 dh:0.329 ax:0.352 t:0.462 ay:0.688 m:0.766 er:0.926 pau:1.100 pau:1.300 "
PHONEMES = ["^", *"ðə tˈaɪmɚ.", "$"]
UNAMBIGUOUS = sorted(name for name, spoken in NAMES.items() if " " not in spoken)


def test_each_phoneme_gets_the_time_of_its_phone_and_marks_get_none():
    said = [Sound(PAUSE, (0,)), *sounds(PHONEMES)]
    spoken = read_phones(SAID)
    aligned = align(said, spoken)
    assert aligned.cost == 0
    frames = round(1.3 * RATE_HZ / HOP)
    found = dict(zip(PHONEMES, widths(aligned.spans, said, len(PHONEMES), frames), strict=True))
    assert found["ˈ"] == found[" "] == found["$"] == 0
    assert found["^"] == round(0.176 * RATE_HZ / HOP)
    assert found["t"] == pytest.approx(0.110 * RATE_HZ / HOP, abs=1)
    assert found["a"] == pytest.approx(found["ɪ"], abs=1), "the two vowels of one sound share it"
    assert sum(found.values()) == frames


def test_pauses_in_a_row_are_one():
    assert read_phones(SAID)[-1] == Phone(PAUSE, 0.926, 1.3)


def test_a_sound_that_is_not_spoken_takes_no_time_and_a_phone_without_one_goes_to_the_sound_before():
    said = [Sound(PAUSE, (0,)), Sound("k", (1,)), Sound("ə", (2,)), Sound("t", (3,)), Sound(PAUSE, (4,))]
    missing = [Phone(PAUSE, 0, 1), Phone("k", 1, 2), Phone("t", 2, 3), Phone(PAUSE, 3, 4)]
    assert align(said, missing).spans == [(0, 1), (1, 2), None, (2, 3), (3, 4)]
    added = [*missing[:2], Phone("ax", 2, 2.5), Phone("r", 2.5, 3), Phone("t", 3, 4), Phone(PAUSE, 4, 5)]
    assert align(said, added).spans == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_another_sentence_costs_more_than_is_allowed():
    said = [Sound(PAUSE, (0,)), *sounds([*"ðə tˈaɪmɚ."])]
    other = [Phone(name, at, at + 1) for at, name in enumerate(["pau", "g", "uh", "d", "b", "ay", "pau"])]
    assert align(said, other).cost > WORST


@given(st.lists(st.sampled_from([*"ˈˌː .,?abdeiklmnoɪʊɚʃʒθᵻ"]), max_size=30))
def test_sounds_name_every_place_once_and_in_order(phonemes: list[str]):
    at = [place for sound in sounds(phonemes) for place in sound.at]
    assert at == sorted(set(at))
    assert {phonemes[place] for place in at}.isdisjoint("ˈˌː ")


@st.composite
def spoken_sentences(draw: st.DrawFn) -> tuple[list[Sound], list[Phone]]:
    """Sounds and the very phones that flite has for them."""
    names = [PAUSE, *draw(st.lists(st.sampled_from(UNAMBIGUOUS), min_size=1, max_size=12)), PAUSE]
    lengths = draw(st.lists(st.floats(0.01, 0.4), min_size=len(names), max_size=len(names)))
    ends = list(itertools.accumulate(lengths))
    said = [Sound(name, (at,)) for at, name in enumerate(names)]
    spoken = [
        Phone(NAMES.get(name, PAUSE), begin, end) for name, begin, end in zip(names, [0.0, *ends], ends, strict=False)
    ]
    return said, spoken


@given(spoken_sentences())
def test_a_sentence_that_both_speak_alike_costs_nothing_and_keeps_its_times(sentence: tuple[list[Sound], list[Phone]]):
    said, spoken = sentence
    aligned = align(said, spoken)
    assert aligned.cost == 0
    assert aligned.spans == [(phone.begin_s, phone.end_s) for phone in spoken]


@given(spoken_sentences(), st.data())
def test_whatever_flite_leaves_out_or_adds_its_times_stay_in_order_and_nothing_is_lost(
    sentence: tuple[list[Sound], list[Phone]], data: st.DataObject
):
    said, spoken = sentence
    said = [said[0], *data.draw(st.lists(st.sampled_from(said), max_size=12)), said[-1]]
    said = [sound._replace(at=(number,)) for number, sound in enumerate(said)]
    aligned = align(said, spoken)
    spans = [span for span in aligned.spans if span is not None]
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert (edges[0], edges[-1]) == (0.0, spoken[-1].end_s)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans)), "without gaps"
    frames = round(spoken[-1].end_s * RATE_HZ / HOP)
    found = widths(aligned.spans, said, len(said), frames)
    assert found.sum() == frames
    assert found.min() >= 0


@given(st.lists(st.integers(0, 12), min_size=1, max_size=10).filter(any))
def test_places_run_through_each_symbol(symbol_widths: list[int]):
    symbol, place = places(np.array(symbol_widths))
    assert symbol.tolist() == [at for at, width in enumerate(symbol_widths) for _ in range(width)]
    for at, width in enumerate(symbol_widths):
        own = place[symbol == at]
        assert np.all(np.diff(own[:, 0]) > 0)
        assert np.array_equal(own[:, 1], own[::-1, 2]), "as far from its beginning as, backwards, from its end"
        assert np.allclose(own[:, 3], np.log(max(width, 1)) / 3)
