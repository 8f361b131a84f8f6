"""Units as systemd itself reads them, and what of a person's names they survive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.setup.units import Installation, absolute, filled, quoted, units, user_units_dir

SERVICES = ("router", "voice", "gallery")
EXPOSURE_LIMIT = 2.0
# Paths as people have them, and worse; no control characters, which no path of ours can have.
WORDS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=30)


def installation(**changes):
    usual = {
        "python": Path(sys.executable), "version": "1.2.3", "services": SERVICES,
        "data": Path("/tmp/data"), "config": Path("/tmp/config"),
    }  # fmt: skip
    return Installation(**{**usual, **changes})


def rendered(version=252, **changes):
    return {name: text.decode() for name, text in units(installation(**changes), systemd_version=version).items()}


def value(unit, key):
    (found,) = [line.removeprefix(f"{key}=") for line in unit.splitlines() if line.startswith(f"{key}=")]
    return found


def words(line):
    """What systemd makes of a line: systemd.syntax(7)'s quoting, then specifiers and variables."""
    found, word, inside, letters = [], None, False, iter(line)
    for letter in letters:
        if letter == '"':
            inside, word = not inside, word or ""
        elif letter == " " and not inside:
            found, word = ([*found, word], None) if word is not None else (found, None)
        else:
            word = (word or "") + (next(letters) if letter == "\\" and inside else letter)
    found = [*found, word] if word is not None else found
    return [word.replace("%%", "%").replace("$$", "$") for word in found]


def test_every_service_has_a_unit_and_the_target_wants_it():
    found = rendered()
    assert list(found) == ["homebody-router.service", "homebody-voice.service", "homebody-gallery.service",
                           "homebody.target"]  # fmt: skip
    for name, text in found.items():
        assert value(text, "WantedBy") == ("default.target" if name == "homebody.target" else "homebody.target")


def test_nothing_is_left_to_fill_in_and_every_unit_says_who_wrote_it():
    for text in rendered().values():
        assert "@" not in text.replace("SystemCallFilter=@system-service", "").replace("~@privileged", "")
        assert text.startswith("# Written by homebody 1.2.3")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_when_it_is_ready_and_is_watched_and_started_again(service):
    text = rendered()[f"homebody-{service}.service"]
    assert value(text, "Type") == "notify"
    assert int(value(text, "WatchdogSec").removesuffix("s")) >= 10
    assert value(text, "Restart") == "on-failure"
    assert value(text, "StartLimitIntervalSec") == "0"  # however often, it is tried again
    assert words(value(text, "ExecStart"))[1:4] == ["-m", "homebody", service]


def test_pauses_between_starts_grow_where_systemd_can():
    assert "\nRestartSteps=" not in rendered(253)["homebody-voice.service"]
    newer = rendered(254)["homebody-voice.service"]
    assert int(value(newer, "RestartSteps")) > 1
    assert value(newer, "RestartMaxDelaySec") == "8s"


def test_choices_are_in_the_command():
    text = rendered(profile="/etc/my house.toml", always_listening=True)["homebody-voice.service"]
    command = [sys.executable, "-m", "homebody", "--profile", "/etc/my house.toml", "voice", "--always-listening"]
    assert words(value(text, "ExecStart")) == command


def test_a_service_looks_in_the_folders_of_the_person_who_installed_it():
    text = rendered(runtime=Path("/tmp/run"))["homebody-router.service"]
    assert words(value(text, "Environment")) == [
        "HOMEBODY_DATA_DIR=/tmp/data", "HOMEBODY_CONFIG_DIR=/tmp/config", "HOMEBODY_RUNTIME_DIR=/tmp/run"
    ]  # fmt: skip
    assert words(value(text, "ReadWritePaths")) == ["-/tmp/data", "-/tmp/run"]


def test_only_the_gallery_may_write_to_a_persons_folders_and_to_those_alone_where_it_has_something_to_write():
    plain = rendered()
    sees = rendered(screenshots=Path("/p/Screenshots"), sidecars=(Path("/p/100% holidays"), Path("/q")))
    assert words(value(plain["homebody-gallery.service"], "ReadWritePaths")) == ["-/tmp/data"]
    assert words(value(sees["homebody-gallery.service"], "ReadWritePaths")) == [
        "-/tmp/data", "-/p/Screenshots", "-/p/100% holidays", "-/q"
    ]  # fmt: skip
    for service in ("router", "voice"):
        assert sees[f"homebody-{service}.service"] == plain[f"homebody-{service}.service"]


def test_the_gallery_is_left_out_where_there_is_nothing_to_watch():
    text = rendered(profile="embedded")["homebody-gallery.service"]
    condition = [sys.executable, "-m", "homebody.setup.wanted", "gallery", "embedded"]
    assert words(value(text, "ExecCondition")) == condition


@given(WORDS)
def test_any_word_is_quoted_so_that_it_comes_out_as_it_went_in(word):
    assert words(quoted(word, variables=True)) == [word]


@given(st.text(), st.text())
def test_what_is_filled_in_is_not_filled_again(value_, rest):
    assert filled("a @B@ c", {"B": f"@B@{value_}"}) == f"a @B@{value_} c"
    assert filled("@unknown@ @X@", {}) == "@unknown@ @X@"


def test_a_profile_in_a_file_is_found_from_any_folder():
    assert absolute("own.toml") == str(Path.cwd() / "own.toml")
    assert absolute("embedded") == "embedded"
    assert absolute(None) is None


def test_a_persons_units_are_where_systemd_looks_for_them():
    assert user_units_dir({"HOME": "/h"}) == Path("/h/.config/systemd/user")
    assert user_units_dir({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == Path("/c/systemd/user")


# --- what systemd says ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """A folder of units, and what runs `systemd-analyze` on it."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true" and sys.platform == "linux":
            pytest.fail("systemd-analyze is not installed (.ci/prepare test)")
        pytest.skip("no systemd-analyze here")
    folder = tmp_path_factory.mktemp("units with a space")
    (version,) = [int(line.split()[1]) for line in _output("systemd-analyze", "--version").stdout.splitlines()[:1]]
    odd = folder / "100% $HOME"
    odd.mkdir()
    (odd / "python").symlink_to(sys.executable)
    what = installation(python=odd / "python", data=odd, profile='/a "profile".toml', always_listening=True,
                        screenshots=odd / "Screenshots", sidecars=(odd,))  # fmt: skip
    for name, content in units(what, systemd_version=version).items():
        (folder / name).write_bytes(content)

    def analyse(*arguments):
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "SYSTEMD_COLORS": "0"}
        return _output("systemd-analyze", *arguments, cwd=folder, env=environment)

    return analyse


def _output(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.mark.processes
def test_systemd_finds_nothing_to_say_about_the_units(analysed):
    said = analysed("verify", "--user", "--man=no", *(f"./{name}" for name in rendered()))
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.processes
@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_exposes_little(analysed, service):
    said = analysed("security", "--offline=yes", "--no-pager", f"./homebody-{service}.service")
    (last,) = [line for line in said.stdout.splitlines() if "Overall exposure level" in line]
    assert float(last.split(":")[1].split()[0]) <= EXPOSURE_LIMIT, said.stdout


@pytest.mark.processes
def test_systemd_would_have_said_something_about_a_key_it_does_not_know(analysed, tmp_path):
    bad = tmp_path / "homebody-bad.service"
    bad.write_text("[Service]\nExecStart=/bin/true\nRestartStpes=3\n")
    assert "RestartStpes" in analysed("verify", "--user", "--man=no", str(bad)).stderr
