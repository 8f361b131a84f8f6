"""`homebody bench voice`: what is spoken, and what is read off the tape."""

import wave

import numpy as np

from homebody.bench.voice import _whole, read_tape
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ, Audio
from homebody.voice.recordings import read_audio, write_wav


def tape_of(path, room, loudspeaker):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.stack([loudspeaker, room], axis=1).astype("<i2").tobytes())
    return path


def test_a_persons_own_recordings_are_spoken_at_our_rate_so_that_they_are_found_again(tmp_path):
    sound = np.sin(np.arange(22_050) / 10).astype(np.float32) / 2
    write_wav(tmp_path / "mine.wav", Audio(sound, 22_050))
    chosen = _whole(tmp_path, 3, [Recording(tmp_path / "mine.wav", "hello", 900.0)])
    assert [(one.text, one.speech_ended_ms) for one in chosen] == [("hello", 900.0)] * 3
    assert read_audio(chosen[0].path).rate_hz == RATE_HZ
    with wave.open(str(chosen[0].path)) as file:
        assert file.getframerate() == RATE_HZ


def test_a_wait_is_counted_from_the_last_word_and_a_tape_with_a_gap_has_none(tmp_path):
    recording = bundled()[0]
    said = np.rint(read_audio(recording.path).samples * 32768).astype(np.int16)
    room = np.concatenate([np.zeros(4000, np.int16), said, np.zeros(RATE_HZ, np.int16)])
    loudspeaker = np.zeros_like(room)
    began = 4000 + round(recording.speech_ended_ms * RATE_HZ / 1000) + RATE_HZ // 2
    loudspeaker[began:] = 3000
    assert read_tape(tape_of(tmp_path / "whole.wav", room, loudspeaker), [recording]) == [500.0]
    gap = np.concatenate([room[:14_000], room[18_000:], np.zeros(4000, np.int16)])
    assert read_tape(tape_of(tmp_path / "gap.wav", gap, loudspeaker), [recording]) == [None]
