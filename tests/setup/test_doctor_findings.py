"""Each fault a machine can have is named, and a machine without faults has none."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody import profile as profiles
from homebody.errors import Problem
from homebody.hardware import GIB, Machine
from homebody.messages import Link, ServiceState, StatusReport
from homebody.options import Wire
from homebody.setup.checks import CAUSES, findings
from homebody.setup.facts import (
    Facts,
    FolderFacts,
    LoadedModel,
    OllamaFacts,
    RouterProcess,
    ServiceFacts,
    SoundDevice,
    SoundFacts,
)
from homebody.setup.findings import MEANINGS

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
PROFILE = profiles.shipped_only("mac-mini-m4-16gb")
CARD = profiles.shipped_only("rtx-4060-8gb")
DATA = FolderFacts(path="/data", free_bytes=500 * GIB)
MODELS = {"qwen2.5:1.5b-instruct-q8_0": round(1.6 * GIB)}


def changed(struct, **values):
    """The struct with these fields, ``a__b`` for the field b of its field a."""
    for name, value in values.items():
        outer, _, inner = name.partition("__")
        struct = msgspec.structs.replace(
            struct, **{outer: changed(getattr(struct, outer), **{inner: value}) if inner else value}
        )
    return struct


def report(**values):
    services = tuple(
        ServiceState(name=name, state=values.get(name, "attached"), pid=7) for name in ("router", "voice", "gallery")
    )
    return StatusReport(
        id="1", router="r", version=values.get("version", "1"), endpoint="e", profile="p", uptime_ms=1.0,
        services=services, problems=values.get("problems", ()),
    )  # fmt: skip


HEALTHY = Facts(
    profile=PROFILE,
    machine=Machine(
        cpu="Apple M4", cores=10, memory_gib=16, system="macOS", python="3.13", gpu="Apple M4", disk_free_gib=500
    ),
    now=NOW,
    released=NOW - dt.timedelta(days=3),
    clock_synchronized=True,
    data=DATA,
    config=FolderFacts(path="/config"),
    runtime=FolderFacts(path="/run/homebody"),
    watched=(FolderFacts(path="/pictures", folders=20),),
    inotify_watches=65_536,
    services=ServiceFacts(
        endpoint="ipc:///run/homebody/router", installed=True, answers=True, lock_pid=7, socket_exists=True,
        routers=(RouterProcess(7),), report=report(), version="1", lingers=True,
    ),
    sound=SoundFacts(
        devices=(SoundDevice("Jabra", 1, 2),), server_runs=True, server_installed=True, cards=1, servers=("pipewire",)
    ),
    ollama=OllamaFacts(
        installed=True, answers=True, version=(0, 40, 1), models=MODELS, environment={}, listens_at=("127.0.0.1",),
        free_bytes=12 * GIB, total_bytes=16 * GIB,
    ),
    chain=(Link(part="microphone", saw="sound comes"), Link(part="hearing"), Link(part="skills")),
)  # fmt: skip
NOTHING_THERE = {"sound__devices": ()}


def seeing(*models):
    return {"profile": changed(PROFILE, router__purposes__image_quick__models=models)}


def linked(fault, part="hearing"):
    return {"chain": (Link(part="skills"), Link(part=part, fault=fault, problem="It broke.", remedy="Mend it."))}


FAULTS = {
    "profile-refused": {"profile": None, "profile_error": Problem("settings", "A key is unknown.", "Take it out.")},
    "profile-too-large": {"machine__memory_gib": 8.0},
    "data-not-writable": {"data__writable": False},
    "data-of-somebody-else": {"data__own": False},
    "data-open-to-others": {"data__mode": 0o755},
    "runtime-not-writable": {"runtime__writable": False},
    "socket-path-too-long": {"services__endpoint": "ipc:///" + "long/" * 30 + "router"},
    "disk-full": {"data__free_bytes": 30 * 2**20},
    "disk-too-small": {"data__free_bytes": GIB},
    "database-set-aside": {"data__damaged": ("router.sqlite.damaged-20261122T000000",)},
    "services-down": {"services": changed(HEALTHY.services, answers=False, lock_pid=None, report=None, routers=(),
                                          socket_exists=False)},
    "router-hangs": {"services__answers": False, "services__report": None},
    "second-router": {"services__routers": (RouterProcess(7), RouterProcess(4711))},
    "stale-socket": {"services": changed(HEALTHY.services, installed=False, answers=False, lock_pid=None, report=None,
                                         routers=())},
    "voice-absent": {"services__report": report(voice="absent")},
    "gallery-absent": {"services__report": report(gallery="absent"),
                       "profile": changed(PROFILE, gallery__folders=("/pictures",))},
    "old-version-runs": {"services__report": report(version="0.9")},
    "linger-off": {"services__lingers": False},
    "reported": {"services__report": report(problems=(Problem("skill clock", "It fails.", "Mend it."),))},
    "portaudio-missing": {"sound": SoundFacts(error=Problem("sound", "PortAudio is not installed.", "Do."))},
    "sound-stuck": {"sound": SoundFacts(error=Problem("sound", "The sound system does not answer.", "Restart it."))},
    "sound-server-down": NOTHING_THERE | {"sound__server_runs": False},
    "sound-bridge-missing": NOTHING_THERE,
    "sound-not-permitted": NOTHING_THERE | {"sound__server_runs": False, "sound__cards_readable": False},
    "two-sound-servers": {"sound__servers": ("pipewire-pulse", "pulseaudio")},
    "no-microphone": {"sound__devices": (SoundDevice("Speakers", 0, 2),)},
    "no-loudspeaker": {"sound__devices": (SoundDevice("Webcam", 1, 0),)},
    "microphone-unknown": {"profile": changed(PROFILE, voice__microphone__device="Yeti")},
    "loudspeaker-unknown": {"profile": changed(PROFILE, voice__speaker__device="Sonos")},
    "ollama-not-installed": {"ollama": OllamaFacts()},
    "ollama-down": {"ollama": OllamaFacts(installed=True)},
    "model-not-downloaded": {"ollama__models": {"llava:latest": GIB}},
    "ollama-webp": {"ollama__version": (0, 31, 2)},
    "ollama-too-old-to-see": {"ollama__version": (0, 9, 0)},
    "thinking-variant": seeing("qwen3-vl:4b"),
    "flash-attention-off": {"ollama__environment": {"OLLAMA_FLASH_ATTENTION": "0"}},
    "kv-cache-larger": {"ollama__environment": {"OLLAMA_FLASH_ATTENTION": "1"}, "profile": changed(
        PROFILE, router__server__kv_cache_type="q8_0")},
    "ollama-open": {"ollama__listens_at": ("0.0.0.0",)},
    "graphics-lost": {"ollama__loaded": (LoadedModel("qwen2.5:1.5b-instruct-q8_0", 2 * GIB, 0),)},
    "memory-tight": {"ollama__free_bytes": 300 * 2**20},
    "nvidia-unseen": {"nvidia_problem": Problem("memory", "It takes nvidia-ml-py.", "Install it.")},
    "clock-wrong": {"now": dt.datetime(1970, 1, 2, tzinfo=dt.UTC)},
    "clock-not-synchronized": {"clock_synchronized": False},
    "port-taken": {"taken_ports": ("127.0.0.1:9464",)},
    "no-keys": {"profile": changed(PROFILE, wire=Wire(tcp="tcp://0.0.0.0:5757")), "keys": 0},
    "folder-missing": {"watched": (FolderFacts(path="/gone", exists=False),)},
    "folder-unreadable": {"watched": (FolderFacts(path="/private", readable=False),)},
    "too-many-folders": {"watched": (FolderFacts(path="/pictures", folders=64_000),)},
    "no-reader-of-text": {"reader_of_text": False},
    "no-ducking": {"mixer": False},
    "extras-absent": {"extras": ("heic", "ocr")},
    **{fault: linked(fault) for fault in (
        "microphone-silent", "microphone-fails", "speech-not-noticed", "recogniser-missing", "misheard", "router-fails",
        "skill-fails", "model-fails", "model-slow", "voice-missing", "voice-mute", "loudspeaker-fails", "muted",
        "microphone-muted",
    )},
}  # fmt: skip


def test_a_machine_without_faults_has_no_findings():
    assert findings(HEALTHY) == []


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_the_one_thing_that_is_named(name):
    (finding,) = findings(changed(HEALTHY, **FAULTS[name]))
    assert finding.name == name
    assert re.fullmatch(r"[A-Z0-9\"'/.a-z].*[.]", finding.problem), finding.problem
    assert finding.remedy


def test_every_finding_there_is_has_been_provoked():
    assert set(FAULTS) == set(MEANINGS)


def test_of_a_chain_only_the_first_broken_part_is_named():
    links = tuple(Link(part="x", fault=fault, problem="It broke.", remedy="Mend.") for fault in ("misheard", "muted"))
    assert [finding.name for finding in findings(changed(HEALTHY, chain=links))] == ["misheard"]


def test_an_effect_is_not_told_beside_its_cause():
    facts = changed(HEALTHY, ollama=OllamaFacts(installed=True), **linked("model-fails", "model"))
    assert [finding.name for finding in findings(facts)] == ["ollama-down"]


def test_causes_and_effects_are_names_of_findings():
    assert set(CAUSES) | {cause for causes in CAUSES.values() for cause in causes} <= set(MEANINGS)


def test_what_does_not_work_comes_before_what_works_worse():
    facts = changed(HEALTHY, data__free_bytes=0, clock_synchronized=False, data__mode=0o777)
    assert [finding.severity for finding in findings(facts)] == ["error", "warning", "note"]


def test_a_card_that_plans_with_a_small_cache_notices_a_server_without_it():
    machine = Machine(
        cpu="AMD", cores=16, memory_gib=32, system="Linux", python="3.13", gpu="RTX 4060", gpu_memory_gib=8
    )
    facts = changed(HEALTHY, profile=CARD, machine=machine, ollama__free_bytes=8 * GIB)
    assert "flash-attention-off" in {finding.name for finding in findings(facts)}


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(FAULTS)), max_size=6))
def test_any_mix_of_faults_is_judged_without_an_error(names):
    facts = HEALTHY
    for name in sorted(names):
        facts = changed(facts, **{key: value for key, value in FAULTS[name].items() if "__" not in key})
    assert {finding.name for finding in findings(facts)} <= set(MEANINGS)


def test_every_finding_is_explained_in_the_documents():
    text = (Path(__file__).parent.parent.parent / "docs" / "troubleshooting.md").read_text()
    explained = re.findall(r"(?m)^\| `([a-z-]+)` \|", text)
    assert sorted(explained) == sorted(MEANINGS)
