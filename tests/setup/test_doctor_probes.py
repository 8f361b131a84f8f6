"""Looking at a real machine: each probe sees what is there, and none raises where nothing is."""

from __future__ import annotations

import asyncio
import os
import socket

import msgspec
import pytest

from fake_ollama import FakeOllama
from homebody import profile as profiles
from homebody.cli import main
from homebody.options import RouterOptions, TextModelOptions, Wire
from homebody.process import only_one
from homebody.setup import probes
from homebody.setup.doctor import examined
from homebody.setup.findings import MEANINGS

PROFILE = profiles.shipped_only("embedded")


def test_a_folder_that_is_not_there_still_has_a_disk(tmp_path):
    found = probes.folder(tmp_path / "not" / "there")
    assert not found.exists
    assert found.free_bytes


def test_a_folder_tells_who_may_look_into_it_what_was_set_aside_and_how_many_there_are(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "router.sqlite.damaged-20261122").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    found = probes.folder(tmp_path, count=True)
    assert (found.mode, found.own, found.folders) == (0o755, True, 3)
    assert found.damaged == ("router.sqlite.damaged-20261122",)


@pytest.mark.processes
def test_a_held_lock_names_its_process_and_one_that_was_left_over_nobody(tmp_path):
    endpoint = f"ipc://{tmp_path}/router"
    lock = tmp_path / "router.lock"
    with only_one(lock, "A router"):
        assert probes.services(endpoint).lock_pid == os.getpid()
    assert lock.exists()
    assert probes.services(endpoint).lock_pid is None


def test_a_port_that_somebody_else_has_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        taken = msgspec.structs.replace(PROFILE, wire=Wire(tcp=f"tcp://{address}"))
        assert probes.taken_ports(taken) == (address,)
    assert probes.taken_ports(PROFILE) == ()


def options(base_url):
    return RouterOptions(text=TextModelOptions(base_url=base_url))


@pytest.mark.lengthy
def test_an_ollama_server_tells_its_version_its_models_and_what_is_loaded():
    async def main():
        async with FakeOllama(models=("qwen2.5:1.5b", "llava:7b"), loaded={"llava:7b"}) as server:
            return await asyncio.to_thread(probes.ollama, options(server.base_url))

    found = asyncio.run(main())
    assert found.answers
    assert len(found.version) == 3
    assert set(found.models) == {"qwen2.5:1.5b", "llava:7b"}
    assert [model.name for model in found.loaded] == ["llava:7b"]
    assert found.free_bytes
    assert found.listens_at in {(), ("127.0.0.1",)}


@pytest.mark.lengthy
def test_something_else_than_ollama_at_its_address_does_not_answer():
    async def main():
        async with FakeOllama(script="html") as server:
            await server.stop()
            return await asyncio.to_thread(probes.ollama, options(server.base_url))

    assert not asyncio.run(main()).answers


def test_a_profile_with_another_backend_has_no_ollama():
    assert probes.ollama(RouterOptions(text=TextModelOptions(backend="none"))) is None


@pytest.mark.parametrize("text", ["0.33.0-rc2", "0.33.0"])
def test_versions_are_numbers(text):
    assert probes._numbers(text) == (0, 33, 0)
    assert probes._numbers("nightly") == ()


@pytest.mark.processes
def test_everything_can_be_looked_at_here():
    facts, inside = asyncio.run(examined(None, aloud=False, chain=False))
    assert not inside
    assert facts.profile.name == "embedded"
    assert facts.machine.cores >= 1
    assert facts.chain == ()


@pytest.mark.processes
def test_a_refused_profile_is_a_finding_and_no_crash(capsys):
    status = main(["--profile", "no-such", "doctor", "--json", "--no-chain"])
    report = msgspec.json.decode(capsys.readouterr().out)
    assert status == 1
    assert report["healthy"] is False
    assert "profile-refused" in [finding["name"] for finding in report["findings"]]


@pytest.mark.models
def test_in_private_services_a_recording_is_heard_a_sum_answered_and_speech_made(capsys):
    main(["doctor", "--json", "--quiet"])
    report = msgspec.json.decode(capsys.readouterr().out)
    works = {link["part"] for link in report["chain"] if not link.get("fault")}
    assert {"hearing", "skills", "speech"} <= works
    assert {finding["name"] for finding in report["findings"]} <= set(MEANINGS)
    assert not report["inside"]
