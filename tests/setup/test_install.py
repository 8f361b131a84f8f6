"""Installing, installing again, upgrading and uninstalling, with stand-ins for systemd and launchd."""

from __future__ import annotations

import importlib
import json
import os
import plistlib
import shutil
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fake_service_managers
from homebody import cli
from homebody.errors import MachineError, MissingPart, NotWritable, ServiceError
from homebody.paths import config_dir, data_dir
from homebody.setup import lingering, managers, record, steps
from homebody.setup.agents import MacFolders
from homebody.setup.managers import Launchd, Systemd, service_manager
from homebody.setup.record import Choices
from homebody.setup.steps import Run, carry_out
from homebody.setup.units import Installation

pytestmark = pytest.mark.processes

SERVICES = ("router", "voice", "gallery")
install = importlib.import_module("homebody.cli.install")
manage = importlib.import_module("homebody.cli.manage")


class Machine:
    """A person's folders, and stand-ins on PATH."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.state = root, root / "home", root / "state.json"
        self.home.mkdir()
        fake_service_managers.install_into(root / "bin", self.state)

    @property
    def known(self):
        return json.loads(self.state.read_text())

    @property
    def running(self):
        return self.known["running"] if self.state.exists() else {}

    def files(self):
        return {path.relative_to(self.home): path.read_bytes() for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def machine(own_folders, monkeypatch):
    here = Machine(own_folders)
    monkeypatch.setenv("HOME", str(here.home))
    monkeypatch.setenv("PATH", f"{here.root / 'bin'}:{os.environ['PATH']}")
    for name in ("XDG_CONFIG_HOME", "HOMEBODY_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(own_folders / "run"))
    return here


def systemd(machine):
    return Systemd(machine.home / ".config" / "systemd" / "user", 252)


def launchd(machine):
    interpreter = machine.root / "python3"
    if not interpreter.exists():
        interpreter.write_bytes(b"an interpreter")
    return Launchd(MacFolders.of(machine.home), 501, interpreter)


@pytest.fixture(params=[systemd, launchd], ids=["systemd", "launchd"])
def manager(request, machine):
    return request.param(machine)


def what(**changes):
    usual = {
        "python": Path(sys.executable), "version": "1.0", "services": ("router", "voice"),
        "data": data_dir(), "config": config_dir(),
    }  # fmt: skip
    return Installation(**{**usual, **changes})


def do(planned):
    shown = []
    carry_out(planned, shown=shown.append, pause_s=0)
    return shown


def changes(planned):
    return [step for step in planned if not isinstance(step, Run)]


# --- what every service manager keeps --------------------------------------------------------------------------------


def test_what_is_installed_runs(manager, machine):
    do(manager.installing(what()))
    assert len([name for name in machine.running if "router" in name or "voice" in name]) == 2


def test_installing_again_changes_no_file_and_starts_nothing_anew(manager, machine):
    do(manager.installing(what()))
    files, running = machine.files(), machine.running
    again = manager.installing(what())
    assert changes(again) == []
    do(again)
    assert (machine.files(), machine.running) == (files, running)


def test_another_version_restarts_every_service(manager, machine):
    do(manager.installing(what()))
    before = machine.running
    planned = manager.installing(what(version="1.1"))
    assert changes(planned)
    do(planned)
    assert set(machine.running) == set(before)
    assert all(machine.running[name] > number for name, number in before.items())


def test_planning_changes_nothing(manager, machine):
    before = machine.files()
    manager.installing(what())
    manager.removing()
    assert (machine.files(), machine.state.exists()) == (before, False)


def test_a_service_that_is_no_longer_wanted_is_taken_away(manager, machine):
    do(manager.installing(what(services=SERVICES)))
    assert any("gallery" in name for name in machine.running)
    do(manager.installing(what()))
    assert not any("gallery" in name for name in (*machine.running, *map(str, machine.files())))


def test_removing_leaves_nothing_and_again_there_is_nothing_to_do(manager, machine):
    before = machine.files()
    do(manager.installing(what(services=SERVICES)))
    do(manager.removing())
    assert machine.files() == before
    assert machine.running == {}
    assert manager.removing() == []


def test_half_an_installation_is_completed_or_removed(manager, machine):
    planned = manager.installing(what())
    for count in (1, len(planned) // 2):
        do(planned[:count])
        do(manager.installing(what()))
        assert len(machine.running) >= 2
        do(manager.removing())
        assert machine.files() == {}


def test_it_is_stopped_started_and_restarted_by_hand(manager, machine):
    assert manager.command("start") == []
    do(manager.installing(what()))
    do(manager.command("stop"))
    assert machine.running == {}
    do(manager.command("start"))
    first = machine.running
    do(manager.command("start"))
    assert machine.running == first
    do(manager.command("restart"))
    assert set(machine.running) == set(first)
    assert all(machine.running[name] > number for name, number in first.items())


# --- each one's own --------------------------------------------------------------------------------------------------


def test_units_are_enabled_so_that_a_login_starts_them(machine):
    do(systemd(machine).installing(what()))
    links = sorted(str(path.relative_to(machine.home)) for path in machine.home.rglob("*") if path.is_symlink())
    folder = ".config/systemd/user"
    assert links == [
        f"{folder}/default.target.wants/homebody.target",
        f"{folder}/homebody.target.wants/homebody-router.service",
        f"{folder}/homebody.target.wants/homebody-voice.service",
    ]


def test_a_folder_the_person_chose_for_sockets_is_not_removed_with_what_is_in_it(machine, monkeypatch):
    chosen = machine.root / "mine"
    chosen.mkdir()
    (chosen / "letter").touch()
    monkeypatch.setenv("HOMEBODY_RUNTIME_DIR", str(chosen))
    do(systemd(machine).installing(what(runtime=chosen)))
    do(systemd(machine).removing())
    assert (chosen / "letter").exists()


def test_the_app_is_made_once_and_anew_only_for_another_interpreter(machine):
    do(launchd(machine).installing(what()))
    signed = [line for line in machine.known["log"] if line[0] == "codesign"]
    assert len(signed) == 1
    do(launchd(machine).installing(what(version="1.1")))
    assert [line for line in machine.known["log"] if line[0] == "codesign"] == signed
    before = machine.running
    (machine.root / "python3").write_bytes(b"another interpreter")
    do(launchd(machine).installing(what(version="1.1")))
    assert len([line for line in machine.known["log"] if line[0] == "codesign"]) == 2
    assert all(machine.running[name] > number for name, number in before.items())


def test_the_app_holds_a_copy_of_the_interpreter_and_its_library(machine):
    library = machine.root / "libpython3.dylib"
    library.write_bytes(b"a library")
    folders = MacFolders.of(machine.home)
    launchd(machine)
    do(Launchd(folders, 501, machine.root / "python3", library).installing(what()))
    assert folders.executable.read_bytes() == b"an interpreter"
    assert not folders.executable.is_symlink()
    assert (folders.bundle / "Contents" / "lib" / library.name).read_bytes() == b"a library"
    assert plistlib.loads(folders.info.read_bytes())["CFBundleExecutable"] == folders.executable.name


# --- steps -----------------------------------------------------------------------------------------------------------


def test_a_program_that_fails_is_an_error_of_ours_unless_it_may(machine):
    failing = ("systemctl", "--user", "start", "nothing.service")
    with pytest.raises(ServiceError, match=r"Unit nothing\.service not loaded") as failed:
        do([Run(failing, remedy="Do this.")])
    assert failed.value.remedy == "Do this."
    do([Run(failing, may_fail=True)])
    with pytest.raises(ServiceError, match="not installed"):
        do([Run(("no-such-program-anywhere",))])


def test_a_program_is_tried_as_often_as_it_may(machine):
    with pytest.raises(ServiceError):
        do([Run(("systemctl", "--user", "start", "nothing.service"), attempts=3)])
    assert len(machine.known["log"]) == 3


def test_a_folder_that_refuses_is_named(machine):
    (machine.home / "file").touch()
    with pytest.raises(NotWritable, match="file"):
        do([steps.Write(machine.home / "file" / "below", b"")])


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(machine):
    path = machine.home / "a" / "file"
    do(steps.writing(path, b"one"))
    do(steps.writing(path, b"two"))
    assert steps.writing(path, b"two") == []
    assert [found.name for found in path.parent.iterdir()] == ["file"]


@given(st.builds(Choices, profile=st.none() | st.text(min_size=1), always_listening=st.booleans()))
def test_choices_are_remembered(choices):
    (step,) = record.keeping(choices) if not record.path().exists() else [steps.Write(record.path(), b"")]
    content = msgspec.json.format(msgspec.json.encode(choices)) + b"\n"
    assert isinstance(step, steps.Write)
    assert msgspec.json.decode(content, type=Choices) == choices


def test_a_record_that_cannot_be_read_is_the_defaults(machine):
    record.path().write_text("{")
    assert record.read() == Choices()


# --- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def linux(machine, monkeypatch):
    """As on a Linux machine where nobody lingers and services are ready at once."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(lingering, "STATE", machine.root / "linger")
    monkeypatch.setattr(lingering.is_on, "__defaults__", (machine.root / "linger",))
    monkeypatch.setattr(install, "report", lambda profile: 0)
    monkeypatch.setattr(manage, "report", lambda profile: 0)
    return machine


def test_a_dry_run_shows_every_step_and_does_none(linux, capsys):
    before = linux.files()
    assert cli.main(["install", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "homebody-voice.service" in shown
    assert "systemctl --user daemon-reload" in shown
    assert linux.files() == before
    assert not (config_dir() / "installed.json").exists()


def test_install_keeps_what_was_chosen_before_and_changes_what_is_chosen_now(linux, capsys):
    unit = linux.home / ".config/systemd/user/homebody-voice.service"
    assert cli.main(["--profile", "embedded", "install", "--always-listening"]) == 0
    assert "--profile embedded voice --always-listening" in unit.read_text()
    capsys.readouterr()
    assert cli.main(["install"]) == 0
    assert "already" in capsys.readouterr().out
    assert "--profile embedded voice --always-listening" in unit.read_text()
    assert cli.main(["install", "--when-asked"]) == 0
    assert "--always-listening" not in unit.read_text()


def test_what_runs_in_a_terminal_is_not_fought_over(linux, monkeypatch, capsys):
    async def answers(endpoint):
        return True

    monkeypatch.setattr(install, "answers", answers)
    assert cli.main(["install"]) == 69
    assert "Ctrl-C" in capsys.readouterr().err
    assert linux.files() == {}


def test_the_gallery_may_write_sidecars_into_watched_folders_only_where_they_are_wanted(linux, monkeypatch, capsys):
    monkeypatch.setattr("homebody.gallery.desktop.screenshots_folder", lambda: linux.home / "Pictures/Screenshots")
    unit = linux.home / ".config/systemd/user/homebody-gallery.service"
    holidays = linux.home / "holidays"
    settings = f"[gallery]\nfolders = ['{holidays}']\n"
    assert cli.main(["install"]) == 0
    assert "Screenshots" not in unit.read_text()
    (config_dir() / "homebody.toml").write_text(settings)
    assert cli.main(["install"]) == 0
    assert f"-{linux.home}/Pictures/Screenshots" in unit.read_text()
    assert (linux.home / "Pictures/Screenshots").is_dir()  # or nothing could be written there
    assert f"-{holidays}" not in unit.read_text()
    (config_dir() / "homebody.toml").write_text(settings + "sidecars = true\n")
    assert cli.main(["install"]) == 0
    assert f"-{holidays}" in unit.read_text()


def test_a_profile_that_would_be_refused_is_refused_before_anything_is_written(linux, capsys):
    assert cli.main(["--profile", "nonsense", "install"]) == 78
    assert linux.files() == {}


def test_uninstall_leaves_the_persons_own_and_purge_does_not(linux, capsys):
    (config_dir() / "homebody.toml").write_text("")
    cli.main(["install"])
    (data_dir() / "ledger.sqlite").touch()
    assert cli.main(["uninstall"]) == 0
    assert (data_dir() / "ledger.sqlite").exists()
    assert [path.name for path in config_dir().iterdir()] == ["homebody.toml"]
    assert linux.files() == {}
    capsys.readouterr()
    assert cli.main(["uninstall"]) == 0
    assert capsys.readouterr().out == "Nothing is installed.\n"
    assert cli.main(["uninstall", "--purge", "--dry-run"]) == 0
    assert data_dir().exists()
    assert cli.main(["uninstall", "--purge", "--yes"]) == 0
    assert not data_dir().exists()
    assert not config_dir().exists()


def test_purge_wants_a_yes_and_never_takes_the_home_folder(linux, monkeypatch, capsys):
    assert cli.main(["uninstall", "--purge"]) == 64
    monkeypatch.setenv("HOMEBODY_DATA_DIR", str(linux.home))
    assert cli.main(["uninstall", "--purge", "--yes"]) == 64
    assert linux.home.exists()


def test_lingering_is_explained_turned_on_when_asked_for_and_off_again(linux, capsys):
    cli.main(["install"])
    assert "install --linger" in capsys.readouterr().out
    assert ["loginctl", "enable-linger"] not in linux.known["log"]
    assert cli.main(["install", "--linger"]) == 0
    assert ["loginctl", "enable-linger"] in linux.known["log"]
    cli.main(["uninstall"])
    assert ["loginctl", "disable-linger"] in linux.known["log"]


def test_who_may_not_turn_lingering_on_is_told_who_may_and_it_is_not_turned_off_later(linux, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_NO_LINGER", "1")
    assert cli.main(["install", "--linger"]) == 0
    assert "sudo loginctl enable-linger" in capsys.readouterr().out
    cli.main(["uninstall"])
    assert ["loginctl", "disable-linger"] not in linux.known["log"]


def test_commands_for_installed_services_say_so_when_none_is(linux, capsys):
    for name in ("start", "stop", "restart", "logs"):
        assert cli.main([name]) == 69
        assert "homebody install" in capsys.readouterr().err


def test_stop_and_start(linux, capsys):
    cli.main(["install"])
    assert cli.main(["stop"]) == 0
    assert linux.running == {}
    assert cli.main(["start"]) == 0
    services = {f"homebody-{name}.service" for name in ("router", "voice", "gallery")}
    assert linux.running.keys() == {"homebody.target", *services}


def test_where_there_is_no_user_instance_it_is_said_what_to_do(linux, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_NO_BUS", "1")
    monkeypatch.setenv("SUDO_USER", "anna")
    with pytest.raises(MachineError, match="no systemd user instance") as refused:
        service_manager()
    assert "anna" in refused.value.remedy
    monkeypatch.delenv("SUDO_USER")
    monkeypatch.setattr(managers.os, "getuid", lambda: 1000)
    monkeypatch.setattr(managers.pwd, "getpwuid", lambda uid: type("P", (), {"pw_name": "anna"}))
    with pytest.raises(MachineError) as refused:
        service_manager()
    assert "loginctl enable-linger anna" in refused.value.remedy
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingPart, match="no systemd"):
        service_manager()


def test_who_only_ever_ran_it_in_a_terminal_can_purge_where_no_manager_is(linux, monkeypatch, capsys):
    def none():
        raise MachineError("There is no systemd user instance for you here.", "Log in.")

    monkeypatch.setattr(install, "service_manager", none)
    (data_dir() / "ledger.sqlite").touch()
    assert cli.main(["uninstall"]) == 69
    assert (data_dir() / "ledger.sqlite").exists()
    capsys.readouterr()
    assert cli.main(["uninstall", "--purge", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("What was kept is gone.\n")
    assert not data_dir().exists()


def test_what_still_runs_in_a_terminal_is_not_purged_under_it(linux, monkeypatch, capsys):
    def none():
        raise MachineError("There is no systemd user instance for you here.", "Log in.")

    async def runs(*_):
        return True

    monkeypatch.setattr(install, "service_manager", none)
    monkeypatch.setattr(install, "answers", runs)
    (data_dir() / "ledger.sqlite").touch()
    assert cli.main(["uninstall", "--purge", "--yes"]) != 0
    assert "Ctrl-C" in capsys.readouterr().err
    assert (data_dir() / "ledger.sqlite").exists()
