"""The gauges show the highest since the last look, pass everything on, and keep no words where nobody looks."""

from __future__ import annotations

import asyncio

import numpy as np

from fakes import FakeTranscriber, FakeVad
from homebody.messages import Route
from homebody.options import EndpointingOptions
from homebody.voice.audio import CHUNK_SAMPLES, Chunk, Utterance
from homebody.voice.ears import Ears
from homebody.voice.gauges import WATCHED_S, Gauges, WatchedTranscriber
from homebody.voice.notes import Notes
from homebody.voice.wake_word import Score

SPEECH = Utterance(np.full(8000, 0.3, np.float32), speech_began_s=1.0, speech_ended_s=1.5, decided_s=2.0)


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


def chunk(level):
    return Chunk(np.full(CHUNK_SAMPLES, level, np.float32), 0.0)


def test_the_highest_since_the_last_look_is_shown_once():
    gauges = Gauges(clock_s=Clock())
    gauges.look("asleep", None)
    for level in (0.01, 0.1, 0.001):
        gauges.feed(chunk(level))
    for probability in (0.2, 0.7, 0.1):
        gauges.scored([Score("okay_nabu", probability, 0.8)])
    seen = gauges.look("asleep", None)
    assert (seen["level_dbfs"], seen["wake"], seen["speech"]) == (-20.0, {"okay_nabu": 0.7}, None)
    assert gauges.look("asleep", None) | {"state": ""} == {
        "state": "", "level_dbfs": None, "speech": None, "wake": {}, "partial": ""
    }  # fmt: skip


def test_everything_is_passed_on_to_the_next_recorder_and_to_the_meter():
    told = []

    class Tape:
        def heard(self, *what):
            told.append("heard")

        def learned(self, *what):
            told.append("learned")

        def reset(self):
            told.append("reset")

    gauges = Gauges(Tape())
    ears = Ears(FakeVad(), EndpointingOptions(), recorder=gauges)
    ears.feed(chunk(0.5))
    ears.reset()
    gauges.learned(1, None, None)
    assert told == ["heard", "reset", "learned"]
    assert gauges.look("hearing", None)["speech"] > 0.5
    gauges.feed(chunk(0.5))
    assert gauges.take() == 0.5


def test_words_are_seen_only_while_somebody_looks_and_until_they_are_answered():
    clock = Clock()
    gauges = Gauges(clock_s=clock)
    transcriber = WatchedTranscriber(FakeTranscriber("a secret", "set a timer", "what time is it"), gauges)

    async def hear():
        await transcriber.load()
        return await transcriber.transcribe(SPEECH.samples, "en")

    assert asyncio.run(hear()).text == "a secret"
    assert gauges.look("hearing", None)["partial"] == ""
    asyncio.run(hear())
    assert gauges.look("hearing", None)["partial"] == "set a timer"
    notes = Notes(SPEECH, live=False)
    gauges.look("thinking", notes)
    assert gauges.look("listening", None)["partial"] == ""
    clock.now_s += WATCHED_S + 0.1
    asyncio.run(hear())
    gauges.feed(chunk(0.5))
    seen = gauges.look("hearing", None)
    assert (seen["partial"], seen["level_dbfs"]) == ("", None)
    asyncio.run(transcriber.aclose())


def test_of_a_turn_the_route_and_the_answer_so_far_are_shown():
    notes = Notes(SPEECH, live=False)
    assert "route" not in Gauges().look("thinking", notes)
    notes.accepted(Route(kind="model", model="qwen", language="de"))
    for piece in ("Es ", "ist ", "halb acht."):
        notes.token(piece)
    seen = Gauges().look("speaking", notes)
    assert seen["route"] == {"kind": "model", "name": "qwen", "language": "de"}
    assert (seen["tokens"], seen["said"]) == (3, "Es ist halb acht.")
