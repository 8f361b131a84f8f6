"""launchd's agents and the app that macOS asks for the microphone for."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.setup.agents import MacFolders, agents, info_plist, interpreter_of
from homebody.setup.units import Installation
from launchd_schema import faults

SERVICES = ("router", "voice", "gallery")
WORDS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=30)
HOME = Path("/Users/me")


def rendered(**changes):
    usual = {
        "python": Path("/opt/venv/bin/python"), "version": "1.2.3", "services": SERVICES,
        "data": Path("/Users/me/data"), "config": Path("/Users/me/config"),
    }  # fmt: skip
    return agents(Installation(**{**usual, **changes}), MacFolders.of(HOME))


def voice(**changes):
    return plistlib.loads(rendered(**changes)["local.homebody.voice.plist"])


def test_every_agent_is_what_launchd_takes():
    found = rendered(profile="/a/b.toml", always_listening=True, runtime=Path("/tmp/r"))
    assert len(found) == len(SERVICES)
    for name, content in found.items():
        assert faults(content, name) == []


@given(WORDS)
def test_whatever_a_folder_is_called_the_agent_says_exactly_that(word):
    plist = voice(profile=f"/{word}.toml", data=Path(f"/{word}"))
    assert plist["ProgramArguments"][3:] == ["--profile", f"/{word}.toml", "voice"]
    assert plist["EnvironmentVariables"]["HOMEBODY_DATA_DIR"] == str(Path(f"/{word}"))


def test_the_voice_is_not_throttled_watches_itself_and_starts_again_after_a_failure_only():
    plist = voice(always_listening=True)
    assert plist["ProcessType"] == "Interactive"
    assert plist["KeepAlive"] == {"SuccessfulExit": False}
    assert float(plist["EnvironmentVariables"]["HOMEBODY_WATCHDOG_S"]) >= 10
    assert plist["ProgramArguments"][-2:] == ["voice", "--always-listening"]
    assert plist["StandardErrorPath"] == "/Users/me/Library/Logs/homebody/voice.log"


def test_launchd_starts_the_app_which_takes_the_environment_of_the_interpreter_that_installed_it():
    plist = voice()
    assert Path(plist["ProgramArguments"][0]) == MacFolders.of(HOME).executable
    assert plist["EnvironmentVariables"]["PYTHONEXECUTABLE"] == "/opt/venv/bin/python"


def test_the_app_has_what_macos_needs_to_ask_in_our_name():
    info = plistlib.loads(info_plist("abc"))
    assert info["CFBundleName"] == "Homebody"
    assert info["CFBundlePackageType"] == "APPL"
    assert "listens" in info["NSMicrophoneUsageDescription"]
    assert info["LSUIElement"] is True
    assert info["CFBundleExecutable"] == MacFolders.of(HOME).executable.name
    assert MacFolders.of(HOME).executable.parent.name == "MacOS"
    assert MacFolders.of(HOME).info.name == "Info.plist"
    assert all(isinstance(value, str) for key, value in info.items() if key.startswith(("CF", "NS")))
    assert voice()["AssociatedBundleIdentifiers"] == info["CFBundleIdentifier"]


def test_the_app_is_the_same_whatever_version_of_homebody_it_runs():
    assert info_plist("abc") == info_plist("abc")
    assert b"1.2.3" not in info_plist("abc")


def test_which_interpreter_an_app_holds_can_be_read_back_or_is_unknown():
    assert interpreter_of(info_plist("abc")) == "abc"
    assert interpreter_of(None) is interpreter_of(b"no plist") is interpreter_of(plistlib.dumps({})) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"KeepAlvie": True}, "unknown key KeepAlvie"),
        ({"RunAtLoad": "true"}, "RunAtLoad is a str"),
        ({"ThrottleInterval": True}, "ThrottleInterval is a bool"),
        ({"KeepAlive": {"SuccesfulExit": False}}, "KeepAlive.SuccesfulExit"),
        ({"ProcessType": "Realtime"}, "ProcessType"),
        ({"StandardOutPath": "~/Library/Logs/x"}, "StandardOutPath"),
        ({"ProgramArguments": ["/bin/sh", "-c", "x"]}, "shell"),
        ({"ProgramArguments": ["python"]}, "absolute"),
        ({"EnvironmentVariables": {"A": 1}}, "strings only"),
        ({"SoftResourceLimits": {"Files": 1}}, "SoftResourceLimits.Files"),
        ({"Label": "other"}, "label"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_the_schema_notices(change, fault):
    assert any(fault in found for found in faults(plistlib.dumps(voice() | change), "local.homebody.voice.plist"))


def test_the_schema_notices_what_is_no_plist_and_what_is_missing():
    assert faults(b"<plist>", "x.plist")
    assert "ProgramArguments is missing" in faults(plistlib.dumps({"Label": "x"}), "x.plist")
