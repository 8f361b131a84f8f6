"""What is noted of a turn: each leg once, from the end of speech, on whichever clock the sound has."""

from __future__ import annotations

import datetime as dt

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import RemoteFailure
from homebody.ledger import LEGS
from homebody.messages import Done, Route
from homebody.voice.audio import Transcript, Utterance
from homebody.voice.notes import Notes

UTTERANCE = Utterance(np.zeros(24_000, np.float32), speech_began_s=99.0, speech_ended_s=100.0, decided_s=100.64)
UNDERSTOOD = Transcript("what time is it", "en", -0.2, 0.01, "", 4.5)
REFUSED = Transcript("thank you", "en", -1.9, 0.4, "unsure")


class Clock:
    def __init__(self, at_s):
        self.at_s = at_s

    def __call__(self):
        return self.at_s


def test_legs_are_milliseconds_after_the_end_of_speech():
    clock = Clock(100.65)
    notes = Notes(UTTERANCE, clock=clock)
    clock.at_s = 100.8
    notes.understood(UNDERSTOOD)
    notes.first_sample(100.95)
    assert notes.legs == pytest.approx({"endpoint_ms": 650.0, "text_ms": 800.0, "first_sample_ms": 950.0})


def test_only_the_first_time_counts():
    clock = Clock(101.0)
    notes = Notes(UTTERANCE, clock=clock)
    for at_s in (101.2, 105.0):
        clock.at_s = at_s
        notes.token("a")
        notes.first_pcm()
    assert notes.legs["first_token_ms"] == notes.legs["first_pcm_ms"] == pytest.approx(1200.0)
    assert notes.said == "aa"


def test_a_recording_that_is_read_faster_than_it_was_spoken_begins_where_the_end_was_decided():
    clock = Clock(5.0)  # long before the recording's own clock
    notes = Notes(UTTERANCE, live=False, clock=clock)
    clock.at_s = 5.1
    notes.understood(UNDERSTOOD)
    assert notes.legs == pytest.approx({"endpoint_ms": 640.0, "text_ms": 740.0})
    assert dt.datetime.now(dt.UTC) - notes.row().at < dt.timedelta(seconds=2)


def test_whoever_shows_what_happens_is_told_at_once():
    told = []
    notes = Notes(UTTERANCE, on_understood=told.append, on_first_sample=lambda: told.append("sounds"))
    notes.understood(UNDERSTOOD)
    notes.first_sample(0.0)
    assert told == [UNDERSTOOD, "sounds"]


@pytest.mark.parametrize(
    ("transcript", "error", "interrupted", "outcome", "reason"),
    [
        (None, None, False, "refused", ""),
        (REFUSED, None, False, "refused", "unsure"),
        (UNDERSTOOD, None, False, "answered", ""),
        (UNDERSTOOD, RemoteFailure("no_model", "None."), False, "failed", "no_model"),
        (None, RemoteFailure("model_failed", "Broken."), False, "failed", "model_failed"),
        (UNDERSTOOD, None, True, "interrupted", ""),
        (None, None, True, "interrupted", ""),
    ],
)
def test_the_outcome_and_its_reason(transcript, error, interrupted, outcome, reason):
    notes = Notes(UTTERANCE, transcript=transcript, error=error, interrupted=interrupted)
    assert (notes.outcome, notes.row().reason) == (outcome, reason)


def test_only_words_that_were_acted_on_count_as_heard():
    assert Notes(UTTERANCE).heard == ""
    assert Notes(UTTERANCE, transcript=REFUSED).heard == ""
    assert Notes(UTTERANCE, transcript=UNDERSTOOD).heard == "what time is it"


def test_the_row_says_who_answered_and_holds_nobodys_words():
    notes = Notes(UTTERANCE)
    notes.understood(UNDERSTOOD)
    notes.accepted(Route(kind="model", model="qwen2.5:1.5b", slots={"secret": "word"}))
    notes.token("half past seven")
    notes.answered(Done(id="1", text="half past seven"))
    notes.finished()
    row = notes.row()
    assert (row.route_kind, row.route_name, row.utterance_ms, row.window_s) == ("model", "qwen2.5:1.5b", 1500.0, 4.5)
    written = msgspec.json.encode(row).decode()
    assert not any(word in written for word in ("what time", "half past", "secret"))


@given(st.lists(st.tuples(st.sampled_from(LEGS), st.floats(0, 100)), max_size=30))
def test_a_leg_is_the_first_time_it_was_reached_and_never_before_the_one_reached_earlier(steps):
    clock = Clock(100.64)
    notes = Notes(UTTERANCE, clock=clock)
    reached = ["endpoint_ms"]
    for leg, seconds in steps:
        clock.at_s += seconds
        notes.mark(leg)
        reached += [leg] if leg not in reached else []
    assert list(notes.legs) == reached
    assert list(notes.legs.values()) == sorted(notes.legs.values())
