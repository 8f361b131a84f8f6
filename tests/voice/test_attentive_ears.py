"""Ears with a commit gate: guesses in the pauses, and an end as soon as the words allow it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeVad
from homebody.options import CommitOptions, EndpointingOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk
from homebody.voice.commit_gate import HABIT_SHORTEST_MS, HABITS_KEPT, Words
from homebody.voice.ears import NOTHING, Ears, Habits
from homebody.voice.kept_turns import Tape, replayed

OPTIONS, COMMIT = EndpointingOptions(), CommitOptions()
LOUD = np.full(CHUNK_SAMPLES, 0.3, np.float32)
QUIET = np.zeros(CHUNK_SAMPLES, np.float32)
WHOLE = Words(completeness=0.55, intent="whole")
DOUBTED = Words(completeness=0.55, intent="whole", avg_logprob=-0.6)
OPEN = Words(completeness=0.05, intent="open")


class Person:
    """Speaks and pauses; what came of it is in ``heard``."""

    def __init__(self, ears):
        self.ears, self.at_s, self.heard = ears, 0.0, []

    def chunks(self, samples, duration_ms):
        got = []
        for _ in range(round(duration_ms / CHUNK_MS)):
            self.at_s += CHUNK_MS / 1000
            got.append(self.ears.feed(Chunk(samples, self.at_s)))
        self.heard += got
        return [heard for heard in got if heard is not NOTHING]

    def speaks(self, duration_ms):
        return self.chunks(LOUD, duration_ms)

    def pauses(self, duration_ms):
        return self.chunks(QUIET, duration_ms)


def person(**parts):
    return Person(Ears(FakeVad(), OPTIONS, COMMIT, parts.pop("habits", None), **parts))


def test_a_short_pause_is_guessed_at_once_and_the_guess_holds_all_that_was_said():
    it = person()
    it.speaks(640)
    (heard,) = it.pauses(480)
    assert heard.guess.revision == 1
    assert np.count_nonzero(heard.guess.so_far.samples) == 20 * CHUNK_SAMPLES
    assert heard.utterance is None


def test_a_whole_command_ends_the_utterance_the_moment_that_is_known():
    it = person()
    it.speaks(640)
    (heard,) = it.pauses(224)
    ended = it.ears.weigh(heard.guess.revision, WHOLE)
    assert (ended.revision, ended.utterance.decided_s) == (1, it.at_s)
    assert it.pauses(3000) == []


def test_words_that_arrive_before_the_silence_is_long_enough_end_it_when_it_is():
    it = person()
    it.speaks(640)
    (heard,) = it.pauses(128)
    assert it.ears.weigh(heard.guess.revision, WHOLE) is NOTHING
    (ended,) = it.pauses(64)
    assert ended.utterance is not None
    assert ended.revision == 1


def test_a_whole_command_that_was_heard_unsurely_is_heard_once_more_and_then_believed():
    it = person()
    it.speaks(640)
    (first,) = it.pauses(224)
    assert it.ears.weigh(first.guess.revision, DOUBTED) is NOTHING
    (again,) = it.pauses(480)
    assert again.guess.revision == 2
    assert len(again.guess.so_far.samples) > len(first.guess.so_far.samples)
    assert it.ears.weigh(1, WHOLE) is NOTHING
    assert it.ears.weigh(2, WHOLE).revision == 2


def test_what_stays_doubted_is_heard_twice_and_no_more():
    it = person()
    it.speaks(640)
    it.pauses(224)
    it.ears.weigh(1, DOUBTED)
    (again,) = it.pauses(480)
    it.ears.weigh(again.guess.revision, DOUBTED)
    (ended,) = it.pauses(2400)
    assert (ended.guess, ended.revision) == (None, 2)


def test_a_pause_for_thought_is_one_utterance_and_each_pause_a_revision():
    it = person()
    revisions = []
    for pause_ms in (512, 1024, 1504):
        it.speaks(640)
        (heard, *others) = it.pauses(pause_ms)
        assert others == []
        revisions.append(heard.guess.revision)
        it.ears.weigh(heard.guess.revision, OPEN)
    resumed = it.speaks(640)
    assert [heard.resumed for heard in resumed] == [True]
    (guessed, *_) = it.pauses(320)
    ended = it.ears.weigh(guessed.guess.revision, WHOLE)
    assert revisions == [1, 2, 3]
    assert ended.revision == 4
    assert np.count_nonzero(ended.utterance.samples) == 4 * 20 * CHUNK_SAMPLES
    assert sum(heard.began for heard in it.heard) == 1


def test_words_of_a_guess_that_was_dropped_decide_nothing():
    it = person()
    it.speaks(640)
    (heard,) = it.pauses(320)
    it.speaks(64)
    it.pauses(160)
    assert it.ears.weigh(heard.guess.revision, WHOLE) is NOTHING


def test_a_recogniser_that_never_answers_does_not_keep_the_utterance_open():
    it = person()
    it.speaks(640)
    (guessed, ended) = it.pauses(4000)
    assert (ended.utterance is not None, ended.revision) == (True, guessed.guess.revision)
    silence_ms = 1000 * (ended.utterance.decided_s - ended.utterance.speech_ended_s)
    assert silence_ms - COMMIT.longest_silence_ms < CHUNK_MS


def test_an_utterance_that_the_cap_ends_has_no_guess_that_holds_all_of_it():
    it = person()
    ended = [heard for heard in it.speaks(16_000) if heard.utterance]
    assert [heard.revision for heard in ended] == [None]
    assert ended[0].utterance.cut


def test_without_speculation_every_pause_of_the_usual_length_ends_it():
    it = Person(Ears(FakeVad(), OPTIONS, CommitOptions(speculate=False)))
    it.speaks(640)
    (heard,) = it.pauses(640)
    assert (heard.guess, heard.revision) == (None, None)
    assert heard.utterance is not None


def test_pauses_within_an_utterance_are_learned_and_neither_short_stops_nor_the_silence_after_it():
    habits = Habits()
    it = person(habits=habits)
    for pause_ms in (192, 800, 1120):
        it.speaks(320)
        it.pauses(pause_ms)
    it.speaks(320)
    it.pauses(4000)
    it.speaks(320)
    assert habits.pauses_ms == (800.0, 1120.0)


def test_only_the_last_pauses_are_kept_and_none_where_nothing_is_to_be_learned():
    habits = Habits([HABIT_SHORTEST_MS] * HABITS_KEPT)
    habits.learn(900)
    assert len(habits.pauses_ms) == HABITS_KEPT
    assert habits.pauses_ms[-1] == 900
    fixed = Habits([300.0], learning=False)
    fixed.learn(900)
    assert fixed.pauses_ms == (300.0,)


def test_resetting_forgets_the_guess():
    it = person()
    it.speaks(640)
    (heard,) = it.pauses(320)
    it.ears.reset()
    assert it.ears.weigh(heard.guess.revision, WHOLE) is NOTHING
    assert it.pauses(4000) == []


steps = st.lists(
    st.tuples(st.sampled_from(["speak", "pause"]), st.integers(1, 60))
    | st.tuples(st.just("know"), st.builds(Words, completeness=st.floats(0, 1), intent=st.sampled_from(
        ["whole", "open", "none", None]))),
    max_size=25,
)  # fmt: skip


@given(steps)
def test_whatever_is_said_and_known_every_utterance_has_begun_and_ends_once_and_replays_to_the_same(steps):
    tape = Tape(OPTIONS, COMMIT)
    it = person(recorder=tape, habits=Habits())
    last, kept = 0, []
    open_ = False

    def look(heard):
        nonlocal last, open_
        if heard.began:
            assert not open_
            open_ = True
        if heard.guess:
            assert open_
            assert heard.guess.revision == last + 1
            last = heard.guess.revision
        if heard.utterance:
            assert open_
            open_ = False
            kept.append(tape.taken())

    for kind, what in steps:
        if kind == "know":
            look(it.ears.weigh(last, what))
            continue
        for _ in range(what):
            it.at_s += CHUNK_MS / 1000
            look(it.ears.feed(Chunk(LOUD if kind == "speak" else QUIET, it.at_s)))
    for turn, sound in kept:
        assert [(d.chunk, d.kind) for d in replayed(turn, sound)] == [(d.chunk, d.kind) for d in turn.decisions]
        assert replayed(turn, sound) == list(turn.decisions)
