"""Kept turns: written whole, bounded, read back bit for bit, and refused when they are damaged."""

from __future__ import annotations

import asyncio
import datetime as dt

import numpy as np
import pytest

from fakes import FakeVad
from homebody.errors import AudioFileError
from homebody.options import CommitOptions, EndpointingOptions, VoiceOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Ears
from homebody.voice.kept_turns import EVENTS, SOUND, Tape, TurnKeeper, folders, keep, read, replayed

OPTIONS, COMMIT = EndpointingOptions(), CommitOptions()
NOW = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC)


def spoken(tape, quiet_chunks=300):
    """Quiet, some words, a pause, and the gate's commit."""
    ears = Ears(FakeVad(), OPTIONS, COMMIT, recorder=tape)
    rng = np.random.default_rng(7)
    for number in range(quiet_chunks + 28):
        loud = 0.1 if quiet_chunks <= number < quiet_chunks + 20 else 0.001
        samples = (loud * rng.standard_normal(CHUNK_SAMPLES)).astype(np.float32)
        heard = ears.feed(Chunk(samples, (number + 1) * CHUNK_MS / 1000))
        if heard.utterance:
            return
        if heard.guess:
            ears.weigh(heard.guess.revision, Words(completeness=0.6, intent="whole"))
    raise AssertionError("nothing was heard")


def test_a_kept_turn_is_read_back_bit_for_bit_and_decides_the_same(tmp_path):
    tape = Tape(OPTIONS, COMMIT)
    spoken(tape)
    turn, sound = tape.taken()
    path = keep(tmp_path / "turns", turn, sound, limit=3, now=NOW)
    again, heard = read(path)
    assert again == turn
    assert heard.dtype == np.float32
    assert np.array_equal(heard, sound)
    assert [decision.kind for decision in turn.decisions] == ["began", "guess", "ended"]
    assert replayed(again, heard) == list(turn.decisions)


def test_other_limits_give_other_decisions(tmp_path):
    tape = Tape(OPTIONS, COMMIT)
    spoken(tape)
    turn, sound = tape.taken()
    patient = CommitOptions(complete_silence_ms=1500.0)
    assert [decision.kind for decision in replayed(turn, sound, patient)] == ["began", "guess"]


def test_the_quiet_before_a_turn_is_bounded_and_nothing_is_left_of_it_afterwards():
    tape = Tape(OPTIONS, COMMIT)
    spoken(tape, quiet_chunks=2000)
    turn, _ = tape.taken()
    assert len(turn.at_s) < 200
    assert tape.taken() is None


def test_only_the_last_turns_are_kept_and_what_a_killed_process_left_is_removed(tmp_path):
    tape = Tape(OPTIONS, COMMIT)
    spoken(tape)
    turn, sound = tape.taken()
    (tmp_path / ".half").mkdir()
    for minute in range(5):
        keep(tmp_path, turn, sound, limit=2, now=NOW + dt.timedelta(minutes=minute))
    assert [path.name[:16] for path in folders(tmp_path)] == ["2026-11-22T07-33", "2026-11-22T07-34"]
    assert not (tmp_path / ".half").exists()


@pytest.mark.parametrize("damage", ["no events", "no sound", "other sound", "not json"])
def test_a_damaged_turn_is_refused_with_its_name(tmp_path, damage):
    tape = Tape(OPTIONS, COMMIT)
    spoken(tape)
    turn, sound = tape.taken()
    if damage == "other sound":
        sound = sound[:-CHUNK_SAMPLES]
    path = keep(tmp_path, turn, sound, limit=2, now=NOW)
    match damage:
        case "no events":
            (path / EVENTS).unlink()
        case "no sound":
            (path / SOUND).unlink()
        case "not json":
            (path / EVENTS).write_bytes(b"{\xff")
    with pytest.raises(AudioFileError, match=path.name):
        read(path)


def test_nothing_is_kept_unless_the_profile_asks_for_it(tmp_path):
    async def main():
        off, on = TurnKeeper(VoiceOptions(), tmp_path), TurnKeeper(VoiceOptions(keep_turns=1), tmp_path)
        assert off.tape is None
        off.keep()
        spoken(on.tape)
        on.keep()
        await on.aclose()

    asyncio.run(main())
    (path,) = folders(tmp_path / "turns")
    assert path.stat().st_mode & 0o077 == 0
