"""What is built, not what lies in the checkout: the wheel in an environment of its own."""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from homebody import profile as profiles
from homebody.starter import bundled
from house import house
from listening import transcribed_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parent.parent
MATHS = next(recording.path for recording in bundled() if recording.path.stem == "maths")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "-o", folder, ROOT], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_python(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    subprocess.run([python, "-m", "pip", "install", "-q", "-c", constraints, wheel], check=True)
    return str(python)


def outside(*command):
    """Run something where the checkout cannot be imported from."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, timeout=240, check=False)


def test_the_wheel_holds_code_plugins_models_and_profiles_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "homebody/voice/turn.py",
        "homebody/py.typed",
        "homebody/profiles/embedded.toml",
        "homebody/systemd/homebody-voice.service",
        "homebody/launchd/Info.plist",
        "homebody/profiles/rtx-4060-8gb.toml",
        "homebody/router/known_models.toml",
        "homebody/starter/recogniser/model.bin",
        "homebody/starter/talker/model.bin",
        "homebody/starter/talker/manifest.json",
        "homebody/starter/voice/starter.onnx",
        "homebody/starter/voice/manifest.json",
        "homebody/starter/voice/COPYRIGHT.flite.txt",
        "homebody/starter/recordings/manifest.json",
        "homebody_timers/__init__.py",
    ):
        assert needed in names
    assert not [name for name in names if name.startswith(("tests/", "training/"))]


def test_every_skill_is_found_through_its_entry_point(clean_python):
    listed = outside(clean_python, "-m", "homebody", "skills", "--json")
    assert listed.returncode == 0, listed.stderr
    names = {json.loads(line)["name"] for line in listed.stdout.splitlines()}
    needed = "clock date timer_set timer_cancel timer_query math convert system_status volume stop"
    assert names >= {*needed.split(), "never_mind", "repeat", "help"}


def test_every_profile_is_found_in_what_was_installed(clean_python):
    listed = outside(clean_python, "-m", "homebody", "profiles", "--json")
    assert listed.returncode == 0, listed.stderr
    assert [json.loads(line)["name"] for line in listed.stdout.splitlines()] == profiles.names()


@pytest.mark.audio
@pytest.mark.models
def test_a_spoken_sum_is_answered_aloud_by_what_was_installed(clean_python, pulse, own_folders, tmp_path):
    async def conversation():
        run = own_folders / "run"
        async with house(profiles.load(), run, pulse, "--always-listening", python=clean_python) as home:
            with pulse.recorded(tmp_path / "reply.wav"):
                return await home.speak(MATHS)

    here = Path.cwd()
    os.chdir("/")
    try:
        heard, said = asyncio.run(conversation())
    finally:
        os.chdir(here)
    assert heard == "what is fifteen plus twenty seven"
    assert "42" in said
    assert "forty two" in transcribed_file(tmp_path / "reply.wav")


@pytest.mark.models
def test_the_demo_of_what_was_installed_hears_everything(clean_python, tmp_path):
    demo = outside(clean_python, "-m", "homebody", "demo", "--json", "--quiet", "-o", tmp_path)
    assert demo.returncode == 0, demo.stderr
    rows = [json.loads(line) for line in demo.stdout.splitlines()]
    assert len(rows) >= 6
    assert all(row["heard"] == row["expected"] for row in rows)
    question = next(row for row in rows if "question" in row["file"])
    assert (question["route"]["model"], "Paris" in question["said"]) == ("starter", True)
    spoken = next(row for row in rows if "maths" in row["file"])
    assert "forty two" in transcribed_file(Path(spoken["reply"]))
