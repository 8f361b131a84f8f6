"""Reading any recording a person may have, and refusing the rest in one sentence."""

from __future__ import annotations

import contextlib
import logging
import struct
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody.errors import AudioFileError, NotWritable
from homebody.voice.audio import RATE_HZ, Audio
from homebody.voice.recordings import read_audio, read_recording, write_wav

TONE_HZ = 440.0


def tone(rate_hz: int, seconds: float = 0.5) -> npt.NDArray[np.float64]:
    """A sine of half amplitude."""
    return 0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(round(rate_hz * seconds)) / rate_hz)


def wav(
    samples: npt.NDArray[np.float64],
    rate_hz: int,
    *,
    kind: str = "i2",
    channels: int = 1,
    extensible: bool = False,
    promise_bytes: int | None = None,
) -> bytes:
    """A WAV file: ``kind`` u1, i2, i3, i4, f4 or f8; every channel has the same samples."""
    frames = np.repeat(samples[:, None], channels, axis=1).reshape(-1)
    width = int(kind[1])
    if kind[0] == "f":
        raw = frames.astype(f"<f{width}").tobytes()
    elif kind == "u1":
        raw = (frames * 127 + 128).astype(np.uint8).tobytes()
    elif kind == "i3":
        raw = (frames * (2**31 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        raw = (frames * (2 ** (8 * width - 1) - 1)).astype(f"<i{width}").tobytes()
    code = 3 if kind[0] == "f" else 1
    head = struct.pack(
        "<HHIIHH",
        0xFFFE if extensible else code,
        channels,
        rate_hz,
        rate_hz * channels * width,
        channels * width,
        8 * width,
    )
    if extensible:
        head += struct.pack("<HHIH", 22, 8 * width, 0, code) + bytes.fromhex("000000001000800000aa00389b71")
    odd = b"LIST\x03\x00\x00\x00abc\x00"  # a chunk of odd length is padded
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + odd
    chunks += b"data" + struct.pack("<I", len(raw) if promise_bytes is None else promise_bytes) + raw
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


def refused(path: Path) -> AudioFileError:
    """The error that reading this file ends in; it always has a remedy and says nothing of our insides."""
    with pytest.raises(AudioFileError) as caught:
        read_audio(path)
    assert caught.value.remedy
    assert path.name in caught.value.reason
    assert "Error" not in caught.value.reason
    return caught.value


@pytest.mark.parametrize("kind", ["u1", "i2", "i3", "i4", "f4", "f8"])
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (8_000, 1), (48_000, 2), (44_100, 2), (22_050, 6)])
def test_every_ordinary_wav_is_read_as_mono_at_16_khz(
    tmp_path: Path, kind: str, extensible: bool, rate_hz: int, channels: int
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(rate_hz), rate_hz, kind=kind, channels=channels, extensible=extensible))
    recording = read_recording(path)
    assert recording.notice == ""
    assert recording.audio.rate_hz == RATE_HZ
    assert recording.audio.samples.dtype == np.float32
    assert len(recording.audio.samples) == pytest.approx(RATE_HZ / 2, abs=2)
    middle = slice(1600, 6400)  # resampling rings at the ends
    assert np.max(np.abs(recording.audio.samples[middle] - tone(RATE_HZ)[middle])) < 0.02


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_no_wav_header_whatever_is_in_it_ends_in_anything_but_sound_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt " + noise)
    with contextlib.suppress(AudioFileError):
        assert np.all(np.isfinite(read_audio(path).samples))


@given(st.integers(0, 16_100))
@settings(max_examples=60, deadline=None)
def test_a_cut_wav_is_read_as_far_as_it_goes_or_refused(tmp_path_factory: pytest.TempPathFactory, kept: int) -> None:
    whole = wav(tone(16_000), 16_000)
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    path.write_bytes(whole[: len(whole) - 16_000 + kept] if kept < 16_000 else whole)
    if kept >= 16_000:
        assert read_recording(path).notice == ""
    elif kept < 3200:
        assert "cut short" in refused(path).reason
    else:
        recording = read_recording(path)
        assert len(recording.audio.samples) == kept // 2
        assert "cut short" in recording.notice
        assert "0.5 s" in recording.notice


def test_a_cut_wav_is_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(16_000), 16_000)[:-4000])
    with caplog.at_level(logging.WARNING):
        read_audio(path)
    assert "cut short" in caplog.text


@pytest.mark.parametrize("promise_bytes", [0x7FFFF000, 0xFFFFFFFF])
def test_the_length_that_a_pipe_leaves_in_the_header_is_no_promise(tmp_path: Path, promise_bytes: int) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(16_000), 16_000, promise_bytes=promise_bytes))
    assert read_recording(path).notice == ""


def test_floats_that_are_no_numbers_or_too_large_do_no_harm(tmp_path: Path) -> None:
    samples = tone(16_000)
    samples[100:104] = [np.nan, np.inf, -np.inf, 7.0]
    path = tmp_path / "a.wav"
    path.write_bytes(wav(samples, 16_000, kind="f4"))
    assert read_audio(path).samples[100:104].tolist() == [0.0, 1.0, -1.0, 1.0]


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "nothing.wav").reason


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "folder" in refused(tmp_path).reason


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.touch()
    assert "0 bytes" in refused(path).reason


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.txt"])
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"Dear diary, today I was asked to be a recording.\n" * 40)
    assert "not a recording" in refused(path).reason


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(np.zeros(0), 16_000))
    assert "no sound" in refused(path).reason


def test_a_blink_of_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(16_000, 0.05), 16_000))
    assert "50 ms" in refused(path).reason


def test_more_than_thirty_minutes_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(np.zeros(100 * 31 * 60), 100, kind="u1"))
    assert "30 minutes" in refused(path).reason


@pytest.mark.lengthy
@pytest.mark.parametrize(("suffix", "codec"), [("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libopus")])
def test_other_formats_are_read_too(tmp_path: Path, suffix: str, codec: str) -> None:
    import av

    path = tmp_path / f"a.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        pcm = (tone(48_000) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=48_000, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    assert read_audio(path).duration_ms == pytest.approx(500, abs=100)


def test_a_written_recording_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    sound = tone(RATE_HZ).astype(np.float32)
    write_wav(path, Audio(sound, RATE_HZ))
    assert np.max(np.abs(read_audio(path).samples - sound)) < 1e-4
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)


def test_a_recording_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    with pytest.raises(NotWritable) as caught:
        write_wav(folder / "a.wav", Audio(np.zeros(1600, np.float32), RATE_HZ))
    assert caught.value.remedy
    (tmp_path / "taken.wav").mkdir()
    with pytest.raises(NotWritable):
        write_wav(tmp_path / "taken.wav", Audio(np.zeros(1600, np.float32), RATE_HZ))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken.wav"]


@pytest.mark.processes
def test_reading_a_wav_needs_no_heavy_import(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tone(16_000), 16_000))
    code = (
        "import sys; from pathlib import Path; from homebody.voice.recordings import read_audio; "
        f"read_audio(Path({str(path)!r})); sys.exit('av' in sys.modules or 'faster_whisper' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
