"""`homebody setup` and `homebody models`, as a person at a terminal meets them; servers and disks are of the test."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from download_servers import VOICE, FakeHub, FakePulls
from homebody import cli
from homebody import profile as profiles
from homebody.cli import setup as setup_command
from homebody.cli import setup_by_ear
from homebody.paths import config_dir, recogniser_dir, voices_dir
from homebody.setup import by_ear
from homebody.setup.first_day import STEPS
from homebody.voice.wake_word import Woke
from pulselab import PulseLab, write_pcm

pytestmark = pytest.mark.lengthy

HUM_S = 6
OWN = """\
# Small, for a test.
profile = "ollama"

[voice.transcriber]
model = "base"

[voice.synthesizer.voices]
en = "{voice}"

[router.text]
base_url = "{server}"
model = "qwen2.5:1.5b"
"""


class Servers:
    """Both, on an event loop in a thread of their own, since commands have one too."""

    def __init__(self) -> None:
        self.hub, self.pulls = FakeHub(), FakePulls(library=("qwen2.5:1.5b", "deepseek-r1:1.5b"))
        self.hub.add_recogniser()
        self.hub.add_voice()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Servers:
        self._thread.start()
        for server in (self.hub, self.pulls):
            asyncio.run_coroutine_threadsafe(server.__aenter__(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self.hub, self.pulls):
            asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    with Servers() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.hub.base_url)
        (config_dir() / "homebody.toml").write_text(OWN.format(voice=VOICE, server=running.pulls.base_url))
        yield running


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    assert cli.main(arguments) == status
    out, err = capsys.readouterr()
    return out, err


def test_models_are_listed_pulled_verified_and_removed(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = printed(capsys, "models", "list")
    assert out.count("missing") == 4 + 1  # and the line that says how to fetch them
    out, err = printed(capsys, "models", "pull")
    assert "base is here." in out
    assert "qwen2.5:1.5b: 100 %" in err
    assert voices_dir().joinpath(f"{VOICE}.onnx").stat().st_size == 200_000
    out, _ = printed(capsys, "models", "verify", "--json")
    assert [json.loads(line)["whole"] for line in out.splitlines()] == [True] * 4
    (recogniser_dir("base") / "config.json").write_text("[]")
    out, _ = printed(capsys, "models", "verify", "base", status=1)
    assert "config.json is damaged or missing" in out
    assert "homebody models remove base" in out
    out, _ = printed(capsys, "models", "remove", "base", VOICE, "qwen2.5:1.5b")
    assert out.count("is removed") == 3
    out, _ = printed(capsys, "models", "list", "--json")
    assert [record["here"] for record in map(json.loads, out.splitlines())] == [False, False, False, True]


def test_the_network_fails_in_the_middle_and_the_rest_is_fetched_the_next_time(
    servers: Servers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    out, err = printed(capsys, "models", "pull", status=69)
    assert "base is not here" in err
    assert f"{VOICE} is not here, for the same reason" in err
    assert "qwen2.5:1.5b is here" in out
    assert "the starter models stay" in err
    monkeypatch.setenv("HF_ENDPOINT", servers.hub.base_url)
    out, _ = printed(capsys, "models", "pull")
    assert "base is here" in out


@pytest.mark.parametrize("name", ["starter", "../../etc", "-"])
def test_what_is_no_model_is_refused_before_anything_is_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "remove", "--", name]) == 64
    assert capsys.readouterr().err


def test_setup_asks_keeps_the_answers_and_fetches(servers: Servers) -> None:
    answers = ["y", "de", "y"]  # the profile, the language, fetch
    skipped = [f"--skip={step}" for step in ("speaker", "microphone", "wake", "services", "sentence")]
    servers.hub.add_voice("de_DE-thorsten-medium")
    result = CliRunner().invoke(cli.homebody, ["--profile", "cpu-8gb", "setup", *skipped], input="\n".join(answers))
    assert result.exit_code == 0, result.output
    loaded = profiles.load()
    assert (loaded.name, loaded.voice.language) == ("cpu-8gb", "de")
    assert (config_dir() / "homebody.toml").read_text().count("# Small, for a test.") == 1
    assert voices_dir().joinpath("de_DE-thorsten-medium.onnx").exists()
    assert recogniser_dir("base").joinpath("model.bin").exists()
    assert "qwen2.5:1.5b is here." in result.output


def test_setup_without_questions_changes_nothing_the_second_time(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    only = [f"--only={step}" for step in ("profile", "language", "ollama", "models")]
    path = config_dir() / "homebody.toml"
    servers.pulls.library = ()  # no matter which models the profile of this machine names
    printed(capsys, "setup", "--yes", *only, status=69)
    before = path.read_bytes(), len(servers.hub.ranges)
    out, _ = printed(capsys, "setup", "--yes", *only, status=69)
    assert (path.read_bytes(), len(servers.hub.ranges)) == before
    assert "Again with: homebody setup --only models" in out


def test_where_nobody_answers_setup_says_how_to_do_without_questions(servers: Servers) -> None:
    result = CliRunner().invoke(cli.homebody, ["--profile", "cpu-8gb", "setup", "--only", "profile"], input="")
    assert result.exit_code != 0
    assert "homebody setup --yes" in getattr(result.exception, "remedy", "")


def test_a_machine_without_sound_is_told_and_the_other_steps_go_on(
    servers: Servers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from homebody.voice import devices

    monkeypatch.setattr(devices, "list_devices", list)
    out, _ = printed(capsys, "setup", "--yes", "--only=speaker", "--only=microphone", "--only=ollama", status=69)
    assert "There is no speaker." in out
    assert "Ollama answers at" in out
    assert "Again with: homebody setup --only speaker --only microphone" in out


def test_every_step_is_named_and_done() -> None:
    assert tuple(setup_command.DO) == tuple(setup_command.HEADINGS) == STEPS


# --- the wake word ---------------------------------------------------------------------------------------------------


def test_without_the_extra_setup_says_how_to_get_it_and_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    out, _ = printed(capsys, "setup", "--yes", "--only=wake")
    assert "homebody[wake]" in out
    assert not (config_dir() / "homebody.toml").exists()


def test_a_wake_word_that_is_wanted_and_cannot_be_had_is_a_step_undone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    (config_dir() / "homebody.toml").write_text("[voice.wake]\nenabled = true\n")
    out, _ = printed(capsys, "setup", "--yes", "--only=wake", status=69)
    assert "Again with: homebody setup --only wake" in out


class Called:
    """What `by_ear.call` brings, once for each time it is tried."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)

    async def __call__(self, microphone: object, sentry: object, seconds: float) -> Woke | None:
        return Woke("any", ()) if self.answers.pop(0) else None


@pytest.mark.parametrize(
    ("said", "calls", "enabled", "words"),
    [
        (["y", "hey jarvis", ""], [True], True, ("hey_jarvis",)),
        (["y", "", "", "y", ""], [False, True], True, ("okay_nabu",)),
        (["y", "", "", "n", "n"], [False], False, ("okay_nabu",)),
        (["y", "alexa", "", "n", "y"], [False], True, ("alexa",)),
        (["n"], [], False, ("okay_nabu",)),
    ],
)
def test_being_called_is_tried_and_kept_only_where_it_is_wanted(
    said: list[str], calls: list[bool], enabled: bool, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pymicro_wakeword")
    called = Called(*calls)
    monkeypatch.setattr(by_ear, "call", called)
    result = CliRunner().invoke(cli.homebody, ["setup", "--only", "wake"], input="\n".join(said) + "\n")
    assert result.exit_code == 0, result.output
    wake = profiles.load().voice.wake
    assert (wake.enabled, wake.words, called.answers) == (enabled, words, [])


def test_who_is_called_by_several_names_goes_on_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymicro_wakeword")
    monkeypatch.setattr(by_ear, "call", Called(True))
    (config_dir() / "homebody.toml").write_text('[voice.wake]\nwords = ["alexa", "hey_mycroft"]\n')
    result = CliRunner().invoke(cli.homebody, ["setup", "--only", "wake"], input="y\nhey mycroft\n\n")
    assert result.exit_code == 0, result.output
    assert profiles.load().voice.wake.words == ("alexa", "hey_mycroft")


def test_without_questions_the_wake_word_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pymicro_wakeword")
    out, _ = printed(capsys, "setup", "--yes", "--only=wake")
    assert "not called by name" in out
    assert not (config_dir() / "homebody.toml").exists()


@pytest.mark.audio
@pytest.mark.usefixtures("pulse")
def test_a_loudspeaker_that_is_not_heard_gives_way_to_the_one_that_is_chosen() -> None:
    from homebody.voice.devices import list_devices

    speakers = [one.name for one in list_devices() if one.outputs]
    number = speakers.index("lab_spk") + 1
    result = CliRunner().invoke(cli.homebody, ["setup", "--only", "speaker"], input=f"n\ny\n{number}\ny\n")
    assert result.exit_code == 0, result.output
    assert profiles.load().voice.speaker.device == "lab_spk"


@pytest.mark.audio
def test_what_the_microphone_heard_is_judged_and_played_back(
    pulse: PulseLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup_by_ear, "RECORD_S", 1.0)
    (config_dir() / "homebody.toml").write_text(
        '[voice.microphone]\ndevice = "lab_mic"\n[voice.speaker]\ndevice = "lab_spk"\n'
    )
    at = np.arange(HUM_S * 16_000) / 16_000
    hum = (8000 * np.sin(2 * np.pi * 220 * at)).astype(np.int16)
    pulse.speak_into_microphone(write_pcm(tmp_path / "hum.wav", hum))
    silent_at_s = time.monotonic() + HUM_S + 0.5
    result = CliRunner().invoke(cli.homebody, ["setup", "--only", "microphone"], input="\ny\n")
    assert result.exit_code == 0, result.output
    assert "You are well to be heard." in result.output
    assert result.output.count("dB") == 1
    time.sleep(max(0.0, silent_at_s - time.monotonic()))  # the next test has the same microphone


def test_without_ollama_setup_says_who_answers_meanwhile_and_names_it_among_what_is_not_done(monkeypatch, capsys):
    (config_dir() / "homebody.toml").write_text('profile = "ollama"\n[router.text]\nbase_url = "http://127.0.0.1:9"\n')
    monkeypatch.setattr("homebody.setup.ollama_program.installed", lambda: False)
    out, _ = printed(capsys, "setup", "--yes", "--only", "ollama", status=69)
    assert "is not installed" in out
    assert "the starter model answers what it knows" in out
    assert "Not done: ollama." in out
