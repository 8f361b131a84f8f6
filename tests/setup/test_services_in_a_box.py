"""Installed as an ordinary user of a machine with systemd and PipeWire: what starts, what survives, what is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homebody.starter import bundled
from listening import transcribed_file
from systemd_box import USER, SystemdBox, impossible, missing_programs, until

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
MATHS = next(recording.path for recording in bundled() if recording.path.stem == "maths")
PYTHON = f"/home/{USER}/venv/bin/python"
UNITS = ("homebody-router", "homebody-voice", "homebody-gallery")
WATCHDOG = {"homebody-router": "15s", "homebody-voice": "15s", "homebody-gallery": "30s"}
PICTURES = f"/home/{USER}/pictures"
INSTALL_LIMIT_S = 10.0  # issue 5 asks for it

# A loudspeaker, and a room whose sound a microphone hears; again after every boot.
DEVICES = """
pulse.cmd = [
  { cmd = "load-module" args = "module-null-sink sink_name=spk rate=16000 channels=1 channel_map=mono" flags = [ ] }
  { cmd = "load-module" args = "module-null-sink sink_name=room rate=16000 channels=1 channel_map=mono" flags = [ ] }
  { cmd = "load-module" args = "module-remap-source source_name=mic master=room.monitor" flags = [ ] }
]
"""
# A virtual microphone delivers exact zeros while nobody speaks; a real one only when something is wrong. And who speaks
# into it is, to the sound server, a program that plays something: it would be ducked.
SETTINGS = f"""
notice = ""
[voice.ducking]
enabled = false
[voice.microphone]
zeros_ms = 60000
[gallery]
folders = ["{PICTURES}"]
"""
TURNS = """
import contextlib, msgspec
from homebody.ledger import Ledger
from homebody.paths import data_dir
with contextlib.closing(Ledger(data_dir())) as ledger:
    print(msgspec.json.encode(ledger.turns()).decode())
"""


class Home:
    """The box, seen by the person who lives there."""

    def __init__(self, box: SystemdBox) -> None:
        self.box = box

    def run(self, *command: str, check: bool = True) -> str:
        return self.box.run(*command, user=USER, check=check)

    def homebody(self, *arguments: str, check: bool = True) -> str:
        return self.run(PYTHON, "-m", "homebody", *arguments, check=check)

    def shown(self, unit: str, name: str) -> str:
        return self.run("systemctl", "--user", "show", unit, f"--property={name}", "--value").strip()

    def pid(self, unit: str) -> int:
        return int(self.shown(unit, "MainPID"))

    def status(self) -> dict:
        lines = self.homebody("status", "--json", check=False).splitlines()
        return json.loads(lines[-1])

    def listens(self) -> bool:
        """The three services work together, and nothing is wrong with the sound."""
        report = self.status()
        attached = [service for service in report.get("services", []) if service["state"] in ("running", "attached")]
        audio = [problem for problem in report.get("problems", []) if problem["part"] in ("microphone", "loudspeaker")]
        return len(attached) == len(UNITS) and not audio

    def turns(self) -> list[dict]:
        return json.loads(self.run(PYTHON, "-c", TURNS).splitlines()[-1])

    def speak(self) -> dict:
        """Ask aloud what fifteen plus twenty-seven is, until it is answered; the turn's row."""
        self.run("pactl", "upload-sample", f"/mnt/share/{MATHS.name}", "maths")
        before = len(self.turns())
        asked_at = float("-inf")

        def answered() -> bool:
            nonlocal asked_at
            if time.monotonic() - asked_at > 8:  # not heard while it was still speaking itself
                asked_at = time.monotonic()
                self.run("pactl", "play-sample", "maths", "room")
            time.sleep(0.3)
            return len(self.turns()) > before

        until(answered, "a spoken question is answered")
        return self.turns()[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    if reason := impossible():
        pytest.skip(reason)
    if missing := missing_programs():
        reason = f"not installed: {', '.join(missing)} (.ci/prepare test installs them)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    dist = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "-o", dist, ROOT], check=True, capture_output=True)
    packages = Path(sysconfig.get_path("purelib"))
    with SystemdBox(Path(sys.base_prefix), packages, shown={packages: "/mnt/packages"}) as box:
        (box.share / MATHS.name).write_bytes(MATHS.read_bytes())
        (box.share / "devices.conf").write_text(DEVICES)
        (box.share / "homebody.toml").write_text(SETTINGS)
        with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
            wheel.extractall(box.share / "wheel")
        # Our wheel, and the packages it needs from the Python that runs the tests.
        (box.share / "wheel" / "packages.pth").write_text("/mnt/packages\n")
        python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        site = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        for command in (
            f"{python} -m venv --without-pip venv && cp -r /mnt/share/wheel/. venv/{site}/",
            f"venv/bin/python -m compileall -q venv/{site}",  # as pip does
            f"mkdir -p {PICTURES}",
            "mkdir -p .config/pipewire/pipewire-pulse.conf.d .config/homebody",
            "cp /mnt/share/devices.conf .config/pipewire/pipewire-pulse.conf.d/",
            "cp /mnt/share/homebody.toml .config/homebody/",
        ):
            box.run("runuser", "-u", USER, "--", "sh", "-ec", f"cd /home/{USER}; {command}")
        box.run("loginctl", "enable-linger", USER)  # without a polkit only root may
        here = Home(box)
        until(lambda: "mic" in here.run("pactl", "list", "short", "sources", check=False), "PipeWire has its devices")
        yield here


@pytest.fixture(scope="module")
def installed(home: Home) -> Home:
    home.homebody("install", "--always-listening")
    until(home.listens, "it listens")
    return home


def restarted(home: Home, unit: str, pid: int) -> bool:
    return home.pid(unit) not in (0, pid) and home.shown(unit, "ActiveState") == "active"


def test_a_dry_run_shows_everything_and_does_nothing(home):
    shown = home.homebody("install", "--dry-run")
    assert ".config/systemd/user/homebody-voice.service" in shown
    assert "systemctl --user enable" in shown
    assert "homebody" not in home.run("systemctl", "--user", "list-unit-files", "--no-legend")
    assert "homebody" not in home.run("ls", "-A", "/home/tester/.config/systemd", check=False).replace("No such", "")


def test_installing_has_every_service_ready_within_10_seconds(home):
    began_s = time.monotonic()
    said = home.homebody("install", "--always-listening")
    until(lambda: all(home.shown(unit, "ActiveState") == "active" for unit in UNITS), "all three are active")
    took_s = time.monotonic() - began_s
    assert "The assistant is running" in said
    for unit in UNITS:
        assert home.shown(unit, "ActiveState") == "active"
        assert home.shown(unit, "Type") == "notify"
        assert home.shown(unit, "WatchdogUSec") == WATCHDOG[unit]
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others' work is not ours
    assert took_s < INSTALL_LIMIT_S * busy, f"{took_s:.1f} s"


def test_installing_again_changes_nothing_and_interrupts_nothing(installed):
    pids = [installed.pid(unit) for unit in UNITS]
    assert "already" in installed.homebody("install")
    assert [installed.pid(unit) for unit in UNITS] == pids
    assert "--always-listening" in installed.run("systemctl", "--user", "cat", "homebody-voice")


def test_a_spoken_question_is_answered_aloud_by_the_services(installed):
    reply = installed.box.share / "reply.wav"
    installed.box.share.chmod(0o777)
    installed.run(
        *("systemd-run", "--user", "--quiet", "--unit=recorder", "parec", "--device=spk.monitor", "--rate=16000"),
        *("--channels=1", "--format=s16le", "--file-format=wav", "/mnt/share/reply.wav"),
    )
    row = installed.speak()
    time.sleep(1.0)
    installed.run("systemctl", "--user", "stop", "recorder")
    assert (row["outcome"], row["route_name"]) == ("answered", "math")
    assert "forty two" in transcribed_file(reply)


def test_what_was_said_is_not_in_the_logs(installed):
    logs = installed.homebody("logs", "-n", "1000")
    assert "ready: always listening" in logs
    assert not {"fifteen", "twenty", "42"} & set(logs.lower().replace(".", " ").split())


def test_a_service_may_write_to_its_data_and_to_nothing_else_of_the_person(installed):
    for unit in UNITS:
        inside = ("nsenter", f"--target={installed.pid(unit)}", "--mount", "--")
        data = f"/home/{USER}/.local/share/homebody/probe"
        assert not installed.box.succeeds(*inside, "touch", f"/home/{USER}/probe")
        assert not installed.box.succeeds(*inside, "touch", f"/home/{USER}/.config/homebody/homebody.toml")
        assert installed.box.succeeds(*inside, "touch", data)
        assert installed.box.succeeds(*inside, "rm", data)


def test_the_gallery_may_write_sidecars_once_they_are_wanted_keep_screenshots_and_find_the_screen(installed):
    gallery, screenshots = "homebody-gallery", f"/home/{USER}/Pictures/Screenshots"

    def writes(folder: str) -> bool:
        inside = ("nsenter", f"--target={installed.pid(gallery)}", "--mount", "--")
        return installed.box.succeeds(*inside, "touch", f"{folder}/p") and installed.box.succeeds("rm", f"{folder}/p")

    settings = installed.box.share / "homebody.toml"
    installed.box.run("mkdir", "-p", "/tmp/.X11-unix")
    try:
        assert writes(screenshots)
        assert not writes(PICTURES)
        settings.write_text(SETTINGS + "sidecars = true\n")
        installed.run("cp", "/mnt/share/homebody.toml", f"/home/{USER}/.config/homebody/")
        pid = installed.pid(gallery)
        installed.homebody("install")
        until(lambda: restarted(installed, gallery, pid), "the gallery is started again")
        assert writes(PICTURES)
        inside = ("nsenter", f"--target={installed.pid(gallery)}", "--mount", "--")
        assert installed.box.succeeds(*inside, "test", "-d", "/tmp/.X11-unix")
    finally:
        settings.write_text(SETTINGS)
        installed.run("cp", "/mnt/share/homebody.toml", f"/home/{USER}/.config/homebody/")
        installed.homebody("install")
        until(installed.listens, "it listens again")


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_that_is_killed_is_started_again(installed, unit):
    pid = installed.pid(unit)
    installed.box.run("kill", "-9", str(pid))
    until(lambda: restarted(installed, unit, pid), f"{unit} is started again")
    until(installed.listens, "it listens again")


def test_a_stopped_sound_server_is_survived(installed):
    pid = installed.pid("homebody-voice")
    server = ("pipewire-pulse.socket", "pipewire-pulse.service")
    installed.run("systemctl", "--user", "stop", *server)
    until(lambda: not installed.listens(), "the missing microphone is noticed")
    assert installed.shown("homebody-voice", "ActiveState") == "active"
    installed.run("systemctl", "--user", "start", *server)
    until(installed.listens, "it listens again")
    assert installed.pid("homebody-voice") == pid
    assert installed.speak()["outcome"] == "answered"


def test_a_sound_server_that_hangs_has_the_voice_started_again(installed):
    pid = installed.pid("homebody-voice")
    server = installed.pid("pipewire-pulse")
    installed.box.run("kill", "-STOP", str(server))
    try:
        until(lambda: installed.pid("homebody-voice") != pid, "the voice that cannot close its microphone ends")
    finally:
        installed.box.run("kill", "-CONT", str(server))
    until(lambda: restarted(installed, "homebody-voice", pid), "the voice is started again")
    until(installed.listens, "it listens again")


def test_a_voice_that_hangs_is_started_again_by_the_watchdog(installed):
    pid = installed.pid("homebody-voice")
    installed.box.run("kill", "-STOP", str(pid))
    until(lambda: restarted(installed, "homebody-voice", pid), "the watchdog")
    assert "Watchdog timeout" in installed.homebody("logs", "voice")
    until(installed.listens, "it listens again")


def test_after_a_reboot_it_listens_with_nobody_logged_in(installed):
    installed.box.reboot()
    until(installed.listens, "it listens after the reboot")
    assert installed.box.run("loginctl", "list-sessions", "--no-legend").strip() == ""
    assert installed.speak()["outcome"] == "answered"


def test_stopping_and_starting_by_hand(installed):
    installed.homebody("stop")
    assert {installed.shown(unit, "ActiveState") for unit in UNITS} == {"inactive"}
    assert "running" in installed.homebody("start")
    assert "running" in installed.homebody("restart")


def test_uninstalling_leaves_no_unit_no_process_and_no_file_but_the_persons_data(installed):
    installed.homebody("uninstall")
    assert "homebody" not in installed.run("systemctl", "--user", "list-unit-files", "--no-legend")
    assert "homebody" not in installed.run("systemctl", "--user", "list-units", "--all", "--no-legend")
    assert "homebody" not in installed.box.run("ps", "-ww", "-eo", "args")
    assert left(installed.box) == {f"/home/{USER}/.config/homebody", f"/home/{USER}/.config/homebody/homebody.toml",
                                   f"/home/{USER}/.local/share/homebody"}  # fmt: skip
    assert "Nothing is installed" in installed.homebody("uninstall")
    installed.homebody("uninstall", "--purge", "--yes")
    assert left(installed.box) == set()


def left(box: SystemdBox) -> set[str]:
    """Everything named after homebody that a person's machine now has, but for homebody itself."""
    folders = (f"/home/{USER}", "/run/user", "/var/lib/systemd", "/tmp", "/etc/systemd")
    return set(box.run("find", *folders, "-iname", "*homebody*", "-not", "-path", "*/venv/*").split())
