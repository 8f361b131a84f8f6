"""Recordings: files of any common format to the voice service's sound, and sound to WAV files.

WAV is read here, since Python 3.11's ``wave`` knows neither float samples nor WAVE_FORMAT_EXTENSIBLE and takes a cut
file for a broken one. Everything else (FLAC, MP3, Ogg, M4A...) goes through PyAV, which faster-whisper brings.
"""

from __future__ import annotations

import logging
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from homebody.atomic import replacing
from homebody.errors import AudioFileError, NotWritable
from homebody.voice.audio import RATE_HZ, Audio, Samples

log = logging.getLogger(__name__)

LONGEST_S: Final = 30 * 60
SHORTEST_S: Final = 0.1
LARGEST_BYTES: Final = 2 * 1024**3  # thirty minutes of the widest format stay below
UNKNOWN_LENGTH_BYTES: Final = 0x7F00_0000  # programs that write to a pipe leave a length about as large as fits

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE  # WAVE_FORMAT_*, mmreg.h
ANOTHER_FILE: Final = "Choose a WAV, FLAC, MP3, Ogg or M4A file."


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's sound.

    Attributes:
        audio: Mono, at `RATE_HZ`.
        notice: What a person should know about the file, one sentence; empty where all is well.
    """

    audio: Audio
    notice: str = ""


def read_audio(path: Path) -> Audio:
    """The sound of `read_recording`; what is to be noticed goes to the log."""
    recording = read_recording(path)
    if recording.notice:
        log.warning("%s", recording.notice)
    return recording.audio


def read_recording(path: Path) -> Recording:
    """Read a recording of 0.1 s to 30 minutes as mono at 16 kHz; several channels are averaged. Blocks.

    WAV: 8, 16, 24 and 32 bit integers, 32 and 64 bit floats, any rate and number of channels. A WAV file that ends
    before its header says it does is read as far as it goes, with a notice.

    Raises:
        AudioFileError: Missing, unreadable, empty, not audio, too short or too long.
    """
    data = _read_bytes(path)
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        recording = _read_wav(data, path)
        if recording is not None:
            return recording
    return Recording(_checked(_read_other(path), RATE_HZ, path))


def write_wav(path: Path, audio: Audio) -> None:
    """Write a mono 16 bit WAV file, whole or not at all. Samples beyond ±1 are clipped. Blocks.

    Raises:
        NotWritable: It cannot be written there.
    """
    pcm = np.round(np.clip(audio.samples, -1, 1) * 32767).astype("<i2")
    try:
        with replacing(path, mode=0o644) as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(audio.rate_hz)
            file.writeframes(pcm.tobytes())
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror or error}.", "Choose a folder you may write to."
        ) from error


def _read_bytes(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        if path.is_dir():
            raise AudioFileError(f"{path} is a folder.", "Name the recording inside it.")
        if not path.is_file():
            raise AudioFileError(f"{path} is no ordinary file.", ANOTHER_FILE)
        if size_bytes == 0:
            raise AudioFileError(f"{path} is empty: it has 0 bytes.", "Record it again.")
        if size_bytes > LARGEST_BYTES:
            raise AudioFileError(f"{path} is larger than 2 GiB.", "Cut it into pieces of at most 30 minutes.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise AudioFileError(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read: {error.strerror}.", "Check the file's rights.") from error


# --- WAV -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Format:
    code: int
    channels: int
    rate_hz: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8

    @property
    def known(self) -> bool:
        return (self.code, self.bits) in {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)}


def _read_wav(data: bytes, path: Path) -> Recording | None:
    """None: a WAV file with samples that are not plain numbers (ADPCM, A-law...), which PyAV may know."""
    format_, begin, promised_bytes = _find_samples(data, path)
    if not format_.known:
        return None
    if format_.channels == 0 or not 100 <= format_.rate_hz <= 768_000:
        raise AudioFileError(
            f"{path} says that it has {format_.channels} channels at {format_.rate_hz} Hz.", "Record it again."
        )
    there_bytes = len(data) - begin
    cut_short = there_bytes < promised_bytes < UNKNOWN_LENGTH_BYTES
    size_bytes = min(there_bytes, promised_bytes)
    if size_bytes > LONGEST_S * format_.rate_hz * format_.frame_bytes:
        raise _too_long(path)
    frames = size_bytes // format_.frame_bytes
    samples = _numbers(data[begin : begin + frames * format_.frame_bytes], format_)
    if cut_short and frames < SHORTEST_S * format_.rate_hz:
        raise AudioFileError(f"{path} is cut short: it ends right after its header.", "Copy or record it again.")
    audio = _checked(samples.reshape(frames, format_.channels).mean(axis=1), format_.rate_hz, path)
    if not cut_short:
        return Recording(audio)
    promised_s = promised_bytes / format_.frame_bytes / format_.rate_hz
    return Recording(
        audio,
        f"{path} is cut short: its header promises {promised_s:.1f} s, {audio.duration_ms / 1000:.1f} s are there and"
        " were read.",
    )


def _find_samples(data: bytes, path: Path) -> tuple[_Format, int, int]:
    """The format, where the samples begin, and how many bytes of them the header promises."""
    format_: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, size_bytes = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"fmt " and size_bytes >= 16 and at + 16 <= len(data):
            code, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if code == EXTENSIBLE and at + 26 <= len(data):
                (code,) = struct.unpack_from("<H", data, at + 24)  # the first two bytes of the sub-format's GUID
            format_ = _Format(code, channels, rate_hz, bits)
        elif name == b"data" and format_ is not None:
            return format_, at, size_bytes
        at += size_bytes + size_bytes % 2
    raise AudioFileError(f"{path} is cut short: it holds no samples.", "Copy or record it again.")


def _numbers(raw: bytes, format_: _Format) -> npt.NDArray[np.float64]:
    """The samples of all channels, interleaved, -1.0 to 1.0."""
    if format_.code == FLOAT:
        return np.frombuffer(raw, f"<f{format_.bits // 8}").astype(np.float64)
    if format_.bits == 8:  # the only unsigned width
        return (np.frombuffer(raw, np.uint8).astype(np.float64) - 128) / 128
    if format_.bits == 24:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        return wide.reshape(-1).view("<i4").astype(np.float64) / 2**31
    return np.frombuffer(raw, f"<i{format_.bits // 8}").astype(np.float64) / float(2 ** (format_.bits - 1))


# --- everything else -------------------------------------------------------------------------------------------------


def _read_other(path: Path) -> Samples:
    import av
    from faster_whisper.audio import decode_audio

    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise _no_recording(path)
            if container.duration is not None and container.duration > LONGEST_S * av.time_base:
                raise _too_long(path)
        samples: Samples = decode_audio(str(path), sampling_rate=RATE_HZ)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _no_recording(path) from error
    return samples


def _checked(samples: npt.NDArray[np.floating], rate_hz: int, path: Path) -> Audio:
    """Mono samples of any rate as sound at `RATE_HZ`, if there is a usable amount of them."""
    if len(samples) == 0:
        raise AudioFileError(f"{path} holds no sound.", "Record it again.")
    if len(samples) < SHORTEST_S * rate_hz:
        raise AudioFileError(
            f"{path} is {1000 * len(samples) / rate_hz:.0f} ms long; 100 ms are the least.", "Record it again."
        )
    if len(samples) > LONGEST_S * rate_hz:
        raise _too_long(path)
    sound = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    if rate_hz != RATE_HZ:
        import soxr

        sound = soxr.resample(sound, rate_hz, RATE_HZ, quality="HQ")
    return Audio(np.clip(sound, -1, 1), RATE_HZ)


def _no_recording(path: Path) -> AudioFileError:
    return AudioFileError(f"{path} is not a recording: no sound can be read from it.", ANOTHER_FILE)


def _too_long(path: Path) -> AudioFileError:
    return AudioFileError(f"{path} is longer than 30 minutes.", "Cut it into shorter pieces.")
