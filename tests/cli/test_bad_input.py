"""Whatever is wrong, a person gets one clear sentence, what to do about it, and a proper exit status."""

import json
import os
import socket
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soxr

from homebody import cli
from homebody.starter import bundled
from homebody.voice.recordings import read_audio

pytestmark = pytest.mark.processes

MATHS = next(recording for recording in bundled() if recording.path.stem == "maths")
SUM = "what is fifteen plus twenty seven"


def homebody(*arguments, limit_s=120, without=(), **environment):
    env = {name: value for name, value in {**os.environ, **environment}.items() if name not in without}
    result = subprocess.run(
        [sys.executable, "-m", "homebody", *map(str, arguments)],
        capture_output=True, text=True, timeout=limit_s, check=False, env=env,
    )  # fmt: skip
    assert "Traceback" not in result.stderr + result.stdout, result.stderr
    return result


def complaint(result):
    """The two sentences."""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    reason = next(line for line in lines if line.startswith("homebody: ")).removeprefix("homebody: ")
    remedy = lines[lines.index("homebody: " + reason) + 1].strip()
    assert reason.endswith("."), reason
    assert remedy, "no remedy"
    return reason, remedy


def pcm(samples):
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2")


def write(path, samples, *, rate_hz=16_000, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(pcm(samples), channels).tobytes())
    return path


def write_float(path, samples, rate_hz):
    """WAVE_FORMAT_IEEE_FLOAT, which Python's wave module cannot write."""
    data = samples.astype("<f4").tobytes()
    form = np.array([3, 1], "<u2").tobytes() + np.array([rate_hz, 4 * rate_hz], "<u4").tobytes()
    form += np.array([4, 32], "<u2").tobytes()
    chunks = b"WAVEfmt " + np.uint32(len(form)).tobytes() + form + b"data" + np.uint32(len(data)).tobytes() + data
    path.write_bytes(b"RIFF" + np.uint32(len(chunks)).tobytes() + chunks)
    return path


@pytest.fixture(scope="module")
def speech():
    return read_audio(MATHS.path).samples


@pytest.mark.models
def test_hear_understands_what_can_be_understood_and_names_what_cannot_and_goes_on(speech, tmp_path):
    minutes = np.zeros(16_000 * 600, np.float32)
    minutes[16_000 * 5 : 16_000 * 5 + len(speech)] = speech
    minutes[16_000 * 580 : 16_000 * 580 + len(speech)] = speech
    (tmp_path / "empty.wav").touch()
    whole = MATHS.path.read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:1000])
    (tmp_path / "not.wav").write_bytes(os.urandom(4000))
    (tmp_path / "notes.txt").write_text("what time is it")
    files = [
        tmp_path / "empty.wav",
        write(tmp_path / "stereo.wav", speech, channels=2),
        tmp_path / "cut.wav",
        write(tmp_path / "8k.wav", soxr.resample(speech, 16_000, 8_000), rate_hz=8_000),
        tmp_path / "not.wav",
        write_float(tmp_path / "48k-float.wav", soxr.resample(speech, 16_000, 48_000), 48_000),
        tmp_path / "notes.txt",
        write(tmp_path / "10-minutes.wav", minutes),
        tmp_path / "absent.wav",
        write(tmp_path / "silence.wav", np.zeros(32_000)),
        write(tmp_path / "last.wav", speech),
    ]
    result = homebody("hear", "--json", *files, limit_s=240)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    heard = {name: [row.get("heard") for row in rows if row["file"] == name] for name in {row["file"] for row in rows}}
    errors = {row["file"]: row for row in rows if "error" in row and "heard" not in row}
    assert result.returncode == 65
    assert {"empty.wav", "not.wav", "notes.txt", "absent.wav"} <= set(errors)
    assert all(error["error"].endswith(".") and error["remedy"] for error in errors.values())
    assert heard["stereo.wav"] == heard["48k-float.wav"] == heard["last.wav"] == [SUM]
    assert heard["10-minutes.wav"] == [SUM, SUM]
    assert len(heard["8k.wav"]) == 1
    assert heard["silence.wav"] == [""]
    last = next(row for row in rows if row["file"] == "last.wav")
    assert last["route"] == {"kind": "skill", "name": "math", "slots": {"expression": "15 plus 27"}}
    assert last["value"]["result"] == 42
    assert "42" in last["said"]
    assert last["timings"]["text_ms"] > last["timings"]["endpoint_ms"] > 0


def test_a_misspelt_key_is_named_with_its_file():
    overlay = Path(os.environ["HOMEBODY_CONFIG_DIR"]) / "homebody.toml"
    overlay.write_text("[voice.speaker]\nvolume_procent = 3\n")
    for command in (["run"], ["router"], ["voice"], ["ask", "hi"], ["say", "hi"], ["status"], ["hear", MATHS.path]):
        result = homebody(*command)
        reason, remedy = complaint(result)
        assert result.returncode == 78
        assert str(overlay) in reason
        assert "voice.speaker.volume_procent" in reason
        assert "volume_percent" in remedy


def test_an_unknown_profile_lists_those_there_are():
    result = homebody("--profile", "amiga", "ask", "hi")
    assert result.returncode == 78
    assert "embedded" in complaint(result)[1]


@pytest.mark.parametrize("command", [["run"], ["router"], ["ask", "hi"], ["stats"]], ids=lambda c: c[0])
def test_an_unwritable_data_directory_is_named(command):
    result = homebody(*command, HOMEBODY_DATA_DIR="/proc/homebody")
    assert result.returncode == 73
    assert "/proc/homebody" in complaint(result)[0]


def test_a_runtime_directory_too_deep_for_a_socket_is_refused_with_the_way_out(tmp_path):
    result = homebody("status", HOMEBODY_RUNTIME_DIR=str(tmp_path / ("deep" * 30)))
    assert result.returncode == 64
    assert "HOMEBODY_RUNTIME_DIR" in complaint(result)[1]


def test_a_second_router_is_refused(own_folders):
    first = subprocess.Popen([sys.executable, "-m", "homebody", "router"], stderr=subprocess.PIPE, text=True)
    try:
        assert first.stderr is not None
        for line in first.stderr:
            if "ready" in line:
                break
        second = homebody("router")
        assert second.returncode == 69
        assert str(first.pid) in complaint(second)[0]
        assert homebody("ask", "what is two plus two").stdout.strip() == "2 plus 2 is 4."
    finally:
        first.terminate()
        assert first.wait(20) == 0
        first.stderr.close()


def test_commands_that_need_the_running_assistant_say_how_to_start_it():
    result = homebody("listen")
    assert result.returncode == 69
    assert "homebody run" in complaint(result)[1]
    assert homebody("status").returncode == 3


@pytest.mark.audio
def test_an_unknown_microphone_or_loudspeaker_is_refused_with_those_there_are(pulse):
    overlay = Path(os.environ["HOMEBODY_CONFIG_DIR"]) / "homebody.toml"
    for part in ("microphone", "speaker"):
        overlay.write_text(f'[voice.{part}]\ndevice = "Grandfather\'s gramophone"\n')
        result = homebody("voice")
        reason, remedy = complaint(result)
        assert result.returncode == 78
        assert "gramophone" in reason
        assert "lab_" in remedy


def test_without_any_sound_device_the_voice_says_so_at_once():
    virtual = ("ALSA_CONFIG_PATH", "PULSE_SERVER", "PULSE_RUNTIME_PATH")  # other tests' devices
    if homebody("devices", "--json", without=virtual).stdout:
        pytest.skip("this machine has a sound device")
    for command in (["voice"], ["run"], ["say", "hello"]):
        result = homebody(*command, without=virtual)
        assert result.returncode == 69
        assert "homebody devices" in complaint(result)[1]


def test_output_that_nobody_reads_any_more_is_no_error():
    reader, writer = socket.socketpair()
    reader.close()
    result = subprocess.run(
        [sys.executable, "-m", "homebody", "skills"], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    writer.close()
    assert b"Traceback" not in result.stderr


def test_a_level_of_the_log_that_there_is_not_is_refused_with_those_there_are(capsys):
    assert cli.main(["--log", "LOUD", "skills"]) == 64
    assert "Choose one of: DEBUG, INFO, WARNING, ERROR." in capsys.readouterr().err
