"""Endpointing: what it promises about every utterance, and the cases it was built for."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.options import EndpointingOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk, Utterance
from homebody.voice.endpointing import Endpointer, SpeechBegan

CHUNK_S = CHUNK_MS / 1000
SPEECH, SILENCE = 0.9, 0.1
UNGATED = EndpointingOptions(energy_gate_db=0)
SMALL = EndpointingOptions(
    energy_gate_db=0, max_utterance_ms=1500, silence_ms=320
)  # so that short runs meet all limits


def numbered(index: int, *, amplitude: float | None = None, late_s: float = 0.0) -> Chunk:
    """A chunk whose samples tell which one it is, or which has an RMS of ``amplitude``."""
    value = index + 1 if amplitude is None else amplitude
    return Chunk(np.full(CHUNK_SAMPLES, value, np.float32), (index + 1) * CHUNK_S + late_s)


def run(endpointer: Endpointer, probabilities: list[float], *, first: int = 0) -> list[SpeechBegan | Utterance]:
    """Feed one numbered chunk a probability."""
    return [
        event
        for index, probability in enumerate(probabilities, first)
        for event in endpointer.feed(numbered(index), probability)
    ]


def numbers(utterance: Utterance) -> list[int]:
    """Which chunks an utterance of numbered ones holds; lost ones are -1."""
    return [int(value) - 1 for value in utterance.samples[::CHUNK_SAMPLES]]


def chunks(ms: float) -> int:
    return math.ceil(ms / CHUNK_MS)


# Runs of equal probabilities are what speech looks like; single ones are what noise looks like.
probability_runs = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.9, 1.0, math.nan]), st.integers(1, 40)), max_size=30
).map(lambda runs: [probability for probability, length in runs for _ in range(length)])


@given(probability_runs)
def test_no_utterance_is_longer_than_the_cap_and_the_pre_roll(probabilities: list[float]) -> None:
    longest = chunks(SMALL.max_utterance_ms) + chunks(SMALL.pre_roll_ms)
    endpointer = Endpointer(SMALL)
    for event in run(endpointer, probabilities):
        if isinstance(event, Utterance):
            assert len(event.samples) <= longest * CHUNK_SAMPLES
    last = endpointer.flush()
    assert last is None or len(last.samples) <= longest * CHUNK_SAMPLES


@given(probability_runs)
def test_an_utterance_holds_every_chunk_from_its_pre_roll_to_its_end_and_none_twice(probabilities: list[float]) -> None:
    endpointer = Endpointer(SMALL)
    seen = -1
    for index, probability in enumerate(probabilities):
        for event in endpointer.feed(numbered(index), probability):
            if isinstance(event, Utterance):
                held = numbers(event)
                assert held == list(range(held[0], index + 1))
                first_speech = round(event.speech_began_s / CHUNK_S)
                assert held[0] == max(seen + 1, first_speech - chunks(SMALL.pre_roll_ms))
                assert event.speech_began_s < event.speech_ended_s <= event.decided_s
                seen = index


@given(probability_runs)
def test_every_utterance_is_announced_once_and_before_it_ends(probabilities: list[float]) -> None:
    events = run(Endpointer(SMALL), probabilities)
    kinds = [type(event) for event in events]
    assert kinds[::2] == [SpeechBegan] * len(kinds[::2])
    assert kinds[1::2] == [Utterance] * len(kinds[1::2])
    for began, ended in zip(events[::2], events[1::2], strict=False):
        assert isinstance(began, SpeechBegan)
        assert isinstance(ended, Utterance)
        assert began.at_s == ended.speech_began_s


@given(st.lists(st.integers(1, chunks(UNGATED.silence_ms) - 1), max_size=6))
def test_pauses_shorter_than_the_silence_never_cut(pauses: list[int]) -> None:
    probabilities = [SPEECH] * 10
    for pause in pauses:
        probabilities += [SILENCE] * pause + [SPEECH] * 4
    probabilities += [SILENCE] * chunks(UNGATED.silence_ms)
    events = run(Endpointer(UNGATED), probabilities)
    assert [type(event) for event in events] == [SpeechBegan, Utterance]
    assert len(events[1].samples) == len(probabilities) * CHUNK_SAMPLES  # type: ignore[union-attr]


@given(probability_runs)
def test_an_utterance_that_silence_ended_ends_with_exactly_that_silence(probabilities: list[float]) -> None:
    for event in run(Endpointer(SMALL), probabilities):
        if isinstance(event, Utterance) and not event.cut:
            silence_ms = 1000 * (event.decided_s - event.speech_ended_s)
            assert silence_ms == pytest.approx(chunks(SMALL.silence_ms) * CHUNK_MS)


@given(probability_runs)
def test_after_a_reset_it_is_as_new(probabilities: list[float]) -> None:
    used = Endpointer(SMALL)
    run(used, probabilities)
    used.reset()
    said = [SPEECH] * 20 + [SILENCE] * 10
    fresh_events, used_events = run(Endpointer(SMALL), said), run(used, said)
    assert [type(event) for event in used_events] == [type(event) for event in fresh_events]
    assert isinstance(used_events[1], Utterance)
    assert numbers(used_events[1]) == list(range(30))


@given(probability_runs, st.lists(st.integers(0, 60), min_size=1))
def test_lost_chunks_break_none_of_the_promises(probabilities: list[float], jumps: list[int]) -> None:
    endpointer = Endpointer(SMALL)
    longest = chunks(SMALL.max_utterance_ms) + chunks(SMALL.pre_roll_ms)
    index, began = 0, 0
    for step, probability in enumerate(probabilities):
        index += 1 + (jumps[step % len(jumps)] if step % 7 == 6 else 0)
        for event in endpointer.feed(numbered(index), probability):
            if isinstance(event, SpeechBegan):
                began += 1
            else:
                began -= 1
                held = [number for number in numbers(event) if number >= 0]
                assert len(event.samples) <= longest * CHUNK_SAMPLES
                assert held == sorted(set(held))
                assert all(later - earlier < chunks(SMALL.silence_ms) + 1 for earlier, later in pairwise(held))
            assert began in (0, 1)


def test_a_click_is_no_utterance() -> None:
    assert run(Endpointer(UNGATED), [SILENCE] * 20 + [SPEECH] * 3 + [SILENCE] * 60) == []


def test_keystrokes_do_not_add_up_to_speech() -> None:
    keystroke = [SPEECH] + [SILENCE] * 7  # four a second
    assert run(Endpointer(UNGATED), keystroke * 50) == []


def test_what_the_detector_is_never_sure_of_is_no_utterance_however_long_it_lasts() -> None:
    """Music: probabilities between on and sure for minutes, with a sure chunk here and there."""
    assert run(Endpointer(UNGATED), ([0.6] * 30 + [0.9]) * 60) == []


@given(st.integers(0, 100))
def test_words_over_long_music_are_heard_from_their_first_one_on(music: int) -> None:
    music += 400
    events = run(Endpointer(UNGATED), [0.6] * music + [SPEECH] * 15 + [SILENCE] * 20)
    assert [type(event) for event in events] == [SpeechBegan, Utterance]
    assert isinstance(events[1], Utterance)
    assert music - chunks(1000) - 32 <= numbers(events[1])[0] <= music - 20


def test_speech_is_certain_after_a_few_sure_chunks_and_began_with_the_first_unsure_one() -> None:
    events = run(Endpointer(UNGATED), [SILENCE] * 5 + [0.6] * 4 + [SPEECH] * 2)
    assert events == [SpeechBegan(pytest.approx(5 * CHUNK_S))]


def test_a_click_before_the_words_stays_in_the_pre_roll() -> None:
    events = run(Endpointer(UNGATED), [SPEECH] + [SILENCE] * 10 + [SPEECH] * 10 + [SILENCE] * 20)
    assert isinstance(events[1], Utterance)
    assert numbers(events[1])[0] == 0
    assert events[1].speech_began_s == pytest.approx(11 * CHUNK_S)


def test_the_pre_roll_is_as_long_as_asked_for() -> None:
    events = run(Endpointer(UNGATED), [SILENCE] * 100 + [SPEECH] * 10 + [SILENCE] * 20)
    assert isinstance(events[1], Utterance)
    assert numbers(events[1])[0] == 100 - chunks(1000)


def test_the_end_of_speech_is_told_on_the_microphones_clock() -> None:
    events = run(Endpointer(UNGATED), [SILENCE] * 5 + [SPEECH] * 10 + [SILENCE] * 20)
    assert isinstance(events[1], Utterance)
    assert events[1].speech_began_s == pytest.approx(5 * CHUNK_S)
    assert events[1].speech_ended_s == pytest.approx(15 * CHUNK_S)
    assert events[1].decided_s == pytest.approx(35 * CHUNK_S)
    assert not events[1].cut


def test_silence_is_counted_in_samples_however_unevenly_they_come() -> None:
    """An audio system may hand over several chunks at once, and stamp them a little wrong."""
    endpointer = Endpointer(UNGATED)
    wobble = [0.03, -0.03, 0.0, 0.02]
    ended_at = [
        index
        for index, probability in enumerate([SPEECH] * 10 + [SILENCE] * 30)
        for event in endpointer.feed(numbered(index, late_s=wobble[index % 4]), probability)
        if isinstance(event, Utterance)
    ]
    assert ended_at == [10 + 20 - 1]


def test_how_long_the_silence_is_so_far_can_be_read() -> None:
    endpointer = Endpointer(UNGATED)
    run(endpointer, [SPEECH] * 10)
    assert (endpointer.speaking, endpointer.silence_ms, endpointer.speech_ms) == (True, 0, 320)
    run(endpointer, [SILENCE] * 5, first=10)
    assert (endpointer.speaking, endpointer.silence_ms, endpointer.speech_ms) == (True, 160, 320)
    run(endpointer, [SILENCE] * 15, first=15)
    assert (endpointer.speaking, endpointer.silence_ms, endpointer.speech_ms) == (False, 0, 0)


def test_a_few_lost_chunks_are_filled_and_count_as_no_pause() -> None:
    endpointer = Endpointer(UNGATED)
    run(endpointer, [SPEECH] * 10 + [SILENCE] * 15)
    events = run(endpointer, [SILENCE] * 4 + [SPEECH] * 5 + [SILENCE] * 20, first=35)
    assert len(events) == 1
    assert isinstance(events[0], Utterance)
    assert numbers(events[0]) == [*range(25), *[-1] * 10, *range(35, 64)]


def test_so_many_lost_chunks_that_a_pause_may_hide_in_them_end_the_utterance() -> None:
    endpointer = Endpointer(UNGATED)
    run(endpointer, [SPEECH] * 10)
    events = run(endpointer, [SPEECH] * 10 + [SILENCE] * 20, first=40)
    assert [type(event) for event in events] == [Utterance, SpeechBegan, Utterance]
    assert isinstance(events[0], Utterance)
    assert isinstance(events[2], Utterance)
    assert numbers(events[0]) == list(range(10))
    assert numbers(events[2]) == list(range(40, 70))


def test_a_clock_that_jumps_back_harms_nothing() -> None:
    endpointer = Endpointer(UNGATED)
    run(endpointer, [SPEECH] * 10, first=1000)
    events = run(endpointer, [SILENCE] * 20)
    assert [type(event) for event in events] == [Utterance]


def test_a_recording_that_ends_in_mid_word_gives_what_was_said() -> None:
    endpointer = Endpointer(UNGATED)
    run(endpointer, [SILENCE] * 5 + [SPEECH] * 10)
    utterance = endpointer.flush()
    assert utterance is not None
    assert numbers(utterance) == list(range(15))
    assert endpointer.flush() is None


def test_talk_without_a_pause_is_cut_at_the_cap_and_goes_on_in_the_next_utterance() -> None:
    events = run(Endpointer(SMALL), [SPEECH] * 100)
    cuts = [event for event in events if isinstance(event, Utterance)]
    assert [event.cut for event in cuts] == [True, True]
    assert numbers(cuts[0]) + numbers(cuts[1]) == list(range(2 * chunks(SMALL.max_utterance_ms)))


def levels(loud: float, quiet: float, *, knock: bool = False) -> list[type]:
    """Someone speaks for a second, then something 20 dB more quiet goes on that the voice detector takes for speech."""
    endpointer = Endpointer(EndpointingOptions())
    amplitudes = [0.9 if knock else loud] + [loud] * 30 + [quiet] * 60
    return [
        type(event)
        for index, amplitude in enumerate(amplitudes)
        for event in endpointer.feed(numbered(index, amplitude=amplitude), SPEECH)
    ]


def test_a_television_much_more_quiet_than_the_person_does_not_keep_an_utterance_open() -> None:
    assert levels(0.1, 0.01)[:2] == [SpeechBegan, Utterance]


def test_words_a_little_more_quiet_than_the_first_ones_are_still_heard() -> None:
    assert levels(0.1, 0.04) == [SpeechBegan]


def test_one_knock_does_not_turn_the_words_after_it_into_silence() -> None:
    assert levels(0.05, 0.05, knock=True) == [SpeechBegan]
