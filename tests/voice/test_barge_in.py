"""Speaking into our words, in simulated rooms and virtual time, with the real voice detector and recogniser.

``pytest -s -m slow tests/voice/test_barge_in.py`` prints in how many rooms, places and voices "stop" is heard in time.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeTranscriber
from homebody.options import BargeInOptions, CommitOptions, EndpointingOptions, SynthesizerOptions, TranscriberOptions
from homebody.voice.audio import RATE_HZ, Utterance
from homebody.voice.barge_in import BargeIn
from homebody.voice.ears import NOTHING, Ears, Guess, Heard
from homebody.voice.echo_canceller import EchoFreeMicrophone, WebRtcEchoCanceller
from homebody.voice.foreign_sound import BLOCK_SAMPLES, EchoModel, ForeignSound, displacement
from homebody.voice.synthesizer import PiperSynthesizer
from homebody.voice.transcriber import WhisperTranscriber
from homebody.voice.turn import Parts
from homebody.voice.vad import SileroVad
from simulated_room import SimulatedRoom, at_one_level, flite, level, spoken, walls
from wire import eventually

pytestmark = pytest.mark.lengthy

OWN_WORDS = (
    "The washing machine has finished. It is half past seven, and the kettle has been on for ten minutes. "
    "You have three timers: pasta, bread, and tea. Tomorrow will be a good day for a walk in the hills, they say. "
)
ROOMS = {
    "small, 15 ms": walls(15.0, 0.15),
    "40 ms": walls(),
    "large, 120 ms": walls(120.0, 0.4),
    "loud, 200 ms": walls(200.0, 0.3, gain_db=3.0),
}
PLACES_S = (2.6, 4.0, 5.3, 7.1)
VOICES = ("en-us", "en-gb", "en-us+f2", "en-gb-scotland+m7", "en-us+f5")
DEVICES_S = 0.1  # microphone's and loudspeaker's buffers of 40 and 60 ms, which the room has not


class RoomMouth:
    """Holds what a room's loudspeaker plays."""

    def __init__(self, ring):
        self._ring, self.held = ring, False

    def hold(self, held):
        self.held = held
        self._ring.hold(held)


class Patient:
    """A transcriber whose work takes none of the room's time."""

    def __init__(self, transcriber):
        self._transcriber, self.idle, self.heard = transcriber, asyncio.Event(), []
        self.idle.set()

    async def transcribe(self, samples, language):
        self.idle.clear()
        try:
            transcript = await self._transcriber.transcribe(samples, language)
        finally:
            self.idle.set()
        self.heard.append(transcript.text)
        return transcript


def lived(room, transcriber, *, until_s=1e9):
    """What barge-in did in a room, with times: ``held``, ``resumed``, ``ended``."""
    moves = []

    async def main():
        microphone = EchoFreeMicrophone(room, room.reference, WebRtcEchoCanceller())
        ears, mouth, patient = Ears(SileroVad(), EndpointingOptions(), CommitOptions()), RoomMouth(room.ring), None
        patient = Patient(transcriber)
        parts = Parts(patient, None, mouth, "en", 0.0)
        barge_in = BargeIn(
            BargeInOptions, parts, lambda _: moves.append(("ended", at_s)), ears.reset, microphone.foreign
        )
        at_s, held = 0.0, False
        async with aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                at_s = chunk.at_s
                barge_in.feed(ears.feed(chunk), ears.speech_ms)
                await asyncio.sleep(0)
                await patient.idle.wait()
                await asyncio.sleep(0)
                if moves and moves[-1][0] == "ended":
                    room.ring.cut()
                    return patient.heard
                if mouth.held != held:
                    held = mouth.held
                    moves.append(("held" if held else "resumed", at_s))
                if at_s > until_s:
                    break
        return patient.heard

    return moves, asyncio.run(main())


@pytest.fixture
def webrtc():
    return pytest.importorskip("pywebrtc_audio")


def blocks(sound):
    return [sound[at : at + BLOCK_SAMPLES] for at in range(0, len(sound) - BLOCK_SAMPLES, BLOCK_SAMPLES)]


def noise(seconds, seed=0, rms=0.1):
    return np.random.default_rng(seed).normal(0, rms, round(seconds * RATE_HZ)).astype(np.float32)


def test_the_model_learns_a_room_and_leaves_a_stranger_in_it_alone():
    played, room = noise(4.0), walls(30.0, 0.1)
    heard = np.convolve(played, room)[: len(played)].astype(np.float32)
    stranger = np.concatenate((np.zeros(3 * RATE_HZ), noise(1.0, seed=1, rms=0.05))).astype(np.float32)
    model = EchoModel()
    pairs = zip(blocks(heard + stranger), blocks(played), strict=True)
    left = np.concatenate([model.feed(*pair)[0] for pair in pairs])
    alone = slice(2 * RATE_HZ, 3 * RATE_HZ)
    assert level(left[alone]) < 0.15 * level(heard[alone])
    both = slice(3 * RATE_HZ, len(left))
    assert np.corrcoef(left[both], stranger[both])[0, 1] > 0.9


def foreign_of(heard, played):
    """For how long something was not ours, block by block."""
    foreign = ForeignSound()
    return [foreign.feed(*pair) for pair in zip(blocks(heard), blocks(played), strict=True)], foreign


def test_a_stranger_as_loud_as_our_echo_is_noticed_within_a_tenth_of_a_second_and_our_echo_is_not():
    played = noise(4.0)
    heard = np.convolve(played, walls(30.0, 0.1))[: len(played)].astype(np.float32)
    began = 3 * RATE_HZ
    heard[began : began + RATE_HZ // 4] += noise(0.25, seed=1, rms=0.05)
    for_ms, foreign = foreign_of(heard, played)
    before, after = for_ms[: began // BLOCK_SAMPLES], for_ms[began // BLOCK_SAMPLES :]
    assert not any(before)
    assert next(number for number, ms in enumerate(after) if ms) * BLOCK_SAMPLES / RATE_HZ <= 0.1
    assert for_ms[-1] == 0  # it has ended
    assert len(foreign.sound) <= 0.6 * RATE_HZ


def test_what_is_heard_while_we_are_silent_is_the_ears_business():
    heard = np.concatenate((noise(1.0, rms=0.001), noise(1.0, rms=0.1)))
    assert not any(foreign_of(heard, np.zeros_like(heard))[0])


@pytest.mark.parametrize("by_ms", [21.6, -15.0, -5.0, 50.0])
def test_a_loudspeaker_that_stumbles_is_no_stranger_for_longer_than_it_takes_to_notice(by_ms):
    """What ran dry goes on a little later; what a late reference lacks makes the echo come earlier."""
    played = noise(6.0)
    heard = np.convolve(played, walls(60.0, 0.1))[: len(played)].astype(np.float32)
    by, at = round(by_ms * RATE_HZ / 1000), 4 * RATE_HZ
    heard[at:] = np.roll(heard, by)[at:]
    for_ms, _ = foreign_of(heard, played)
    after = np.array(for_ms[at // BLOCK_SAMPLES :])
    assert not any(for_ms[: at // BLOCK_SAMPLES])
    assert 0 < after.max() <= 160
    assert not after[round(0.3 * RATE_HZ / BLOCK_SAMPLES) :].any()


@given(st.integers(-1000, 1000), st.integers(0, 5))
def test_how_much_later_than_expected_something_is_heard_is_found_to_the_sample(by, seed):
    expected = noise(0.4, seed)
    heard = np.roll(expected, by)[len(expected) - 2400 :] if by >= 0 else np.append(expected[-by:], noise(0.1, 9))
    heard = heard[:2400] if by >= 0 else heard[len(expected) - 2400 : len(expected)]
    assert displacement(heard, expected[-2400 - 1024 :], 1024) == by


@given(st.integers(0, 20), st.floats(0.0, 1.0))
def test_somebody_else_is_not_our_own_words_displaced(seed, ours):
    expected, stranger = noise(0.4, seed), noise(0.15, seed + 100)
    heard = ours * expected[-2400:] + stranger
    assert displacement(heard.astype(np.float32), expected[-2400 - 1024 :], 1024) == 0


class Stranger:
    """A foreign sound that lasts as long as it is told to."""

    sound = np.full(RATE_HZ // 2, 0.1, np.float32)

    def __init__(self):
        self.sounded_ms = 0.0

    def forget(self):
        self.sounded_ms = 0.0


class Held:
    """A mouth that only knows whether it is held."""

    held = False

    def hold(self, held):
        self.held = held


@pytest.mark.parametrize(("text", "ended"), [("stop", ["stop"]), ("the weather is fine", []), ("", [])])
def test_of_a_sound_drowned_by_our_words_only_stop_ends_them_and_then_nothing_more_is_listened_to(text, ended):
    ends, stranger, mouth = [], Stranger(), Held()

    async def main():
        parts = Parts(FakeTranscriber(text), None, mouth, "en", 0.0)
        barge_in = BargeIn(BargeInOptions, parts, ends.append, lambda: None, stranger)
        barge_in.reset()
        stranger.sounded_ms = 32.0
        barge_in.feed(NOTHING, 0.0)
        was_held = mouth.held
        stranger.sounded_ms = 0.0
        barge_in.feed(NOTHING, 0.0)
        await eventually(lambda: not mouth.held)
        return was_held

    assert asyncio.run(main())
    assert ends == ended


def test_stop_is_made_out_in_what_is_left_without_our_echo_where_the_canceller_has_mangled_it():
    ends, stranger, mouth = [], Stranger(), Held()
    transcriber = FakeTranscriber("stop", "up")

    async def main():
        barge_in = BargeIn(BargeInOptions, Parts(transcriber, None, mouth, "en", 0.0), ends.append, int, stranger)
        barge_in.reset()
        stranger.sounded_ms = 32.0
        barge_in.feed(NOTHING, 0.0)
        mangled = Utterance(np.full(RATE_HZ, 0.2, np.float32), 0.0, 0.2, 0.4)
        barge_in.feed(Heard(guess=Guess(1, mangled)), 160.0)
        await eventually(lambda: not mouth.held)

    asyncio.run(main())
    assert ends == ["stop"]
    assert [len(heard) for heard in transcriber.heard] == [len(stranger.sound)]


# --- in the room -----------------------------------------------------------------------------------------------------


@pytest.mark.models
def test_its_own_words_through_the_room_never_trigger_it(webrtc, tmp_path):
    room = SimulatedRoom(spoken(tmp_path, OWN_WORDS))
    moves, _ = lived(room, WhisperTranscriber(TranscriberOptions()))
    done = [move for move, _ in moves]
    assert "ended" not in done
    assert done.count("held") <= 1


def stopped(room, at_s, said_s, transcriber):
    """How long after the end of what was said nothing sounded any more, the devices' buffers included, or None; and
    whether the reply was ended."""
    moves, heard = lived(room, transcriber, until_s=at_s + said_s + 1.5)
    held = [when for move, when in moves if move == "held" and when >= at_s]
    took_s = held[0] + DEVICES_S - at_s - said_s if held else None
    return took_s, bool(moves) and moves[-1][0] == "ended", heard


@pytest.mark.models
@pytest.mark.parametrize(("at_s", "voice"), [(4.0, "en-us+f2"), (5.3, "en-gb")])
def test_stop_over_its_words_at_equal_loudness_silences_it_in_time(webrtc, tmp_path, at_s, voice):
    stop = spoken(tmp_path, "stop", voice=voice)
    room = SimulatedRoom(spoken(tmp_path, OWN_WORDS), stop * 0.5, at_s)  # as loud as our echo: -6 dB
    took_s, _, _ = stopped(room, at_s, len(stop) / RATE_HZ, WhisperTranscriber(TranscriberOptions()))
    assert took_s is not None
    assert took_s <= 0.3


# --- figures ---------------------------------------------------------------------------------------------------------


def starter_voice(text):
    """As the assistant itself speaks."""

    async def main():
        async with aclosing(PiperSynthesizer(SynthesizerOptions(), language="en")) as synthesizer:
            sounds = [audio async for audio in synthesizer.synthesize(text)]
        return np.concatenate([audio.samples for audio in sounds]), sounds[0].rate_hz

    return at_one_level(*asyncio.run(main()))


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_minutes_of_its_own_words_never_trigger_it(webrtc):
    once = np.append(starter_voice(OWN_WORDS), np.zeros(RATE_HZ, np.float32))
    ours = np.tile(once, 60)[: 600 * RATE_HZ]
    assert len(ours) == 600 * RATE_HZ
    moves, _ = lived(SimulatedRoom(ours), WhisperTranscriber(TranscriberOptions()))
    done = [move for move, _ in moves]
    print(f"\n{done.count('held')} pauses on suspicion, {done.count('ended')} interruptions in ten minutes")  # noqa: T201
    assert "ended" not in done


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stop_is_heard_in_many_rooms_places_and_voices(webrtc, tmp_path):
    ours = starter_voice(OWN_WORDS)
    stops = {voice: spoken(tmp_path, "stop", voice=voice) for voice in VOICES}
    if shutil.which("flite"):
        stops |= {f"flite {voice}": flite(tmp_path, "stop", voice) for voice in ("slt", "rms", "awb")}
    transcriber = WhisperTranscriber(TranscriberOptions())
    took, ended, misses = [], 0, []
    for (name, response), (voice, stop) in itertools.product(ROOMS.items(), stops.items()):
        for at_s in PLACES_S:
            loudness = level(np.convolve(ours[: 4 * RATE_HZ], response)) / level(stop)
            room = SimulatedRoom(ours, stop * loudness, at_s, response)
            took_s, was_ended, heard = stopped(room, at_s, len(stop) / RATE_HZ, transcriber)
            took.append(9.0 if took_s is None else took_s)
            ended += was_ended
            if took[-1] > 0.3 or not was_ended:
                misses.append(f"  {name}, {voice}, at {at_s} s: {took[-1]:.2f} s, ended {was_ended}, heard {heard}")
    share = np.mean(np.array(took) <= 0.3)
    print(  # noqa: T201
        f"\n{len(took)} combinations: silent within 300 ms of the end of 'stop' in {share:.1%}, "
        f"p50 {np.percentile(took, 50) * 1000:.0f} ms, p95 {np.percentile(took, 95) * 1000:.0f} ms; "
        f"the reply then ended in {ended / len(took):.1%}",
        *misses,
        sep="\n",
    )
    assert share >= 0.95
