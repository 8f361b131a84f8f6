"""Downloads: taken up where they broke off, checked before they count, refused before they fill the disk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from download_servers import VOICE, FakeHub, FakePulls
from homebody import profile as profiles
from homebody.errors import ModelFailed, ModelMissing, ModelUnreachable, NotWritable, UsageError
from homebody.paths import picture_model_dir, recogniser_dir, voices_dir
from homebody.setup import catalogue, downloads, models
from homebody.setup.downloads import SPARE_BYTES, Progress
from homebody.setup.models import Model, Models
from homebody.setup.ollama_models import OllamaModels
from homebody.voice.synthesizer import voice_for

pytestmark = pytest.mark.lengthy

BASE = Model("base", "hears")
LESSAC = Model(VOICE, "speaks")
BLIP = Model("Salesforce/blip-image-captioning-base", "sees")
QWEN = Model("qwen2.5:1.5b", "answers")
PLENTY = 100 * 10**9

Work = Callable[[Models, FakeHub, FakePulls, list[Progress]], Coroutine[Any, Any, None]]


def with_models(
    monkeypatch: pytest.MonkeyPatch, work: Work, *, free: int = PLENTY, profile: str = "cpu-16gb"
) -> tuple[FakeHub, FakePulls]:
    """Run it against servers of loopback."""
    hub, pulls = FakeHub(), FakePulls()

    async def run() -> None:
        async with hub, pulls, downloads.client() as http, asyncio.timeout(30):
            hub.add_recogniser()
            hub.add_voice()
            hub.add_picture_model()
            monkeypatch.setenv("HF_ENDPOINT", hub.base_url)
            server = OllamaModels(pulls.base_url, pause_s=0)
            all_models = Models(profiles.load(profile), http, server, free=lambda _: free, pause_s=0)
            try:
                await work(all_models, hub, pulls, [])
            finally:
                await server.aclose()

    asyncio.run(run())
    return hub, pulls


def test_a_recogniser_comes_with_progress_and_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        await all_models.pull(BASE, told.append)
        assert told[-1].done_bytes == told[-1].total_bytes == 300_000 + 2 + 3 + 4
        assert [one.done_bytes for one in told] == sorted(one.done_bytes for one in told)
        assert await all_models.verify(BASE) == ""
        asked = len(hub.asked)
        await all_models.pull(BASE, told.append)
        assert len(hub.asked) == asked  # what is here is not asked for again

    with_models(monkeypatch, work)
    assert sorted(path.name for path in recogniser_dir("base").iterdir()) == [
        "config.json", "files.json", "model.bin", "tokenizer.json", "vocabulary.txt",
    ]  # fmt: skip
    from homebody.voice import whisper_model

    assert whisper_model.find("base") == recogniser_dir("base")


def test_a_voice_comes_and_the_voice_service_finds_it_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    options = profiles.load("cpu-16gb").voice.synthesizer
    assert voice_for(options, "en")[0] == "starter"

    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        await all_models.pull(LESSAC, told.append)
        assert await all_models.verify(LESSAC) == ""

    with_models(monkeypatch, work)
    assert voice_for(options, "en") == (str(voices_dir() / f"{VOICE}.onnx"), None)


def test_a_model_for_pictures_comes_without_pickled_weights_and_counts_only_when_all_of_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert models.kind_of(BLIP.name, profiles.load("cpu-16gb")) == "sees"

    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        await all_models.pull(BLIP, told.append)
        assert await all_models.verify(BLIP) == ""
        assert (BLIP.name, "sees") in {(held.name, held.kind) for held in (await all_models.list())[0]}
        (picture_model_dir(BLIP.name) / "model-00002-of-00002.safetensors").unlink()
        assert await all_models.verify(BLIP) == "it is not downloaded"
        await all_models.pull(BLIP, told.append)
        assert await all_models.verify(BLIP) == ""
        names = {path.name for path in picture_model_dir(BLIP.name).iterdir()}
        assert "pytorch_model.bin" not in names
        assert {"config.json", "preprocessor_config.json", "tokenizer.json", "vocab.txt"} < names
        await all_models.remove(BLIP)
        assert not picture_model_dir(BLIP.name).exists()

    with_models(monkeypatch, work)


def test_a_connection_that_breaks_again_and_again_is_taken_up_where_it_broke_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        hub.cut = 40_000
        await all_models.pull(BASE, told.append)
        assert await all_models.verify(BASE) == ""

    hub, _ = with_models(monkeypatch, work)
    assert hub.ranges[-7:] == [f"bytes={40_000 * step}-" for step in range(1, 8)]


def test_what_broke_off_for_good_goes_on_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        part = recogniser_dir("base") / "model.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(hub.files["Systran/faster-whisper-base"]["model.bin"][:123_456])
        await all_models.pull(BASE, told.append)
        assert await all_models.verify(BASE) == ""

    hub, _ = with_models(monkeypatch, work)
    assert hub.ranges[-1] == "bytes=123456-"


def test_a_server_that_knows_no_ranges_sends_all_anew_and_the_file_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        hub.ignores_ranges = True
        part = recogniser_dir("base") / "model.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"x" * 1000)
        await all_models.pull(BASE, told.append)
        assert await all_models.verify(BASE) == ""

    with_models(monkeypatch, work)


def test_a_part_longer_than_the_file_is_no_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        part = recogniser_dir("base") / "model.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"x" * 400_000)
        with pytest.raises(ModelFailed, match="came damaged"):
            await all_models.pull(BASE, told.append)
        await all_models.pull(BASE, told.append)
        assert await all_models.verify(BASE) == ""

    with_models(monkeypatch, work)


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        hub.refuses = 3
        await all_models.pull(LESSAC, told.append)
        assert await all_models.verify(LESSAC) == ""

    with_models(monkeypatch, work)


@pytest.mark.parametrize(("model", "file"), [(BASE, "model.bin"), (BASE, "config.json"), (LESSAC, f"{VOICE}.onnx")])
def test_a_wrong_checksum_is_refused_and_the_file_removed(
    model: Model, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        hub.damaged = {file}
        with pytest.raises(ModelFailed, match="checksum"):
            await all_models.pull(model, told.append)
        assert not [path for path in downloads_of(model).rglob("*") if path.name.startswith(file)
                    and not path.name.endswith(("json", "files.json"))]  # fmt: skip
        assert await all_models.verify(model) == "it is not downloaded"
        hub.damaged = set()
        await all_models.pull(model, told.append)
        assert await all_models.verify(model) == ""

    with_models(monkeypatch, work)


def downloads_of(model: Model) -> Path:
    return recogniser_dir(model.name) if model.kind == "hears" else voices_dir()


def test_a_full_disk_is_announced_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        for model in (BASE, LESSAC, QWEN):
            with pytest.raises(NotWritable, match="too full") as caught:
                await all_models.pull(model, told.append)
            assert "Make room" in caught.value.remedy
        assert not told

    hub, pulls = with_models(monkeypatch, work, free=SPARE_BYTES + 100_000)
    assert not hub.ranges
    assert not pulls.pulls


def test_the_rest_of_a_download_needs_only_its_own_room(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        part = recogniser_dir("base") / "model.bin.part"
        part.parent.mkdir(parents=True)
        part.write_bytes(hub.files["Systran/faster-whisper-base"]["model.bin"][:250_000])
        await all_models.pull(BASE, told.append)

    with_models(monkeypatch, work, free=SPARE_BYTES + 100_000)


def test_without_a_network_the_reason_names_what_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        for model in (BASE, LESSAC):
            with pytest.raises(ModelUnreachable, match=r"127\.0\.0\.1 cannot be reached"):
                await all_models.pull(model, told.append)
        pulls.error = 'pull model manifest: Get "https://registry.ollama.ai/v2/": dial tcp: lookup: no such host'
        with pytest.raises(ModelUnreachable, match="does not reach its library"):
            await all_models.pull(QWEN, told.append)

    with_models(monkeypatch, work)
    assert voice_for(profiles.load("cpu-16gb").voice.synthesizer, "en")[0] == "starter"


def test_names_that_do_not_exist_are_refused_with_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        with pytest.raises(ModelMissing, match="no recogniser nobody/nothing"):
            await all_models.pull(Model("nobody/nothing", "hears"), told.append)
        with pytest.raises(ModelMissing) as caught:
            await all_models.pull(Model("en_US-lesac-medium", "speaks"), told.append)
        assert VOICE in caught.value.remedy
        with pytest.raises(ModelMissing, match="library has no owl:1b"):
            await all_models.pull(Model("owl:1b", "answers"), told.append)

    with_models(monkeypatch, work)


def test_a_pull_of_ollama_breaks_off_twice_and_its_progress_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        pulls.cut_after = [4, 5]
        await all_models.pull(QWEN, told.append)
        assert told[-1].total_bytes == told[-1].done_bytes == 905_000
        assert await all_models.verify(QWEN) == ""
        assert "verifying sha256 digest" in {one.doing for one in told}

    _, pulls = with_models(monkeypatch, work)
    assert pulls.pulls == ["qwen2.5:1.5b"] * 3


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("write /root/.ollama/models/blobs/x: no space left on device", NotWritable, "full"),
        ("digest mismatch, file must be downloaded again: want sha256:1, got sha256:2", ModelFailed, "damaged"),
        ("pull model manifest: 412: requires a newer version of Ollama", ModelFailed, "newer Ollama"),
        ("something else", ModelFailed, "something else"),
    ],
)
def test_an_error_line_of_a_pull_is_told_in_our_words(
    error: str, kind: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        pulls.error = error
        with pytest.raises(kind, match=said):
            await all_models.pull(QWEN, told.append)

    with_models(monkeypatch, work)


def test_what_is_here_is_listed_verified_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(all_models: Models, hub: FakeHub, pulls: FakePulls, told: list[Progress]) -> None:
        found, answered = await all_models.list()
        assert answered
        assert [held.name for held in found[:3]] == [
            "small",
            VOICE,
            "qwen2.5:1.5b",
        ]  # talk before all else that answers
        assert not any(held.here for held in found)
        for model in (BASE, LESSAC, QWEN):
            await all_models.pull(model, told.append)
        here = {held.name: held for held in (await all_models.list())[0] if held.here}
        assert set(here) == {"base", VOICE, "qwen2.5:1.5b"}
        assert here[VOICE].size_bytes == 200_000
        assert not here["base"].named
        weights = recogniser_dir("base") / "model.bin"
        weights.write_bytes(b"\xff" + weights.read_bytes()[1:])
        assert await all_models.verify(BASE) == "model.bin is damaged or missing"
        for model in (BASE, LESSAC, QWEN):
            await all_models.remove(model)
            assert await all_models.verify(model) == "it is not downloaded"
            with pytest.raises(ModelMissing):
                await all_models.remove(model)
        assert not list(voices_dir().iterdir())

    with_models(monkeypatch, work)


def test_the_recognisers_are_those_that_faster_whisper_knows() -> None:
    import faster_whisper.utils

    assert faster_whisper.utils._MODELS == catalogue.RECOGNISERS


@pytest.mark.parametrize("name", ["", "starter", "../x", "/etc/passwd", "~/x", "-o", "a b", "x/../../y"])
def test_what_is_no_models_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        models.checked_name(name)


@given(st.lists(st.integers(0, 10**10), max_size=8), st.integers(0, 4 * 10**10))
def test_what_is_said_to_fit_does_and_nothing_is_left_out_that_would(bytes_: list[int], free: int) -> None:
    sizes = {f"model {number}": size for number, size in enumerate(bytes_)}
    fits, left = models.fitting(sizes, free)
    assert sorted(fits + left) == sorted(sizes)
    room = free - SPARE_BYTES - sum(sizes[name] for name in fits)
    assert not fits or room >= 0
    assert all(sizes[name] > room for name in left)


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_digests_are_those_of_the_standard_library(algorithm: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"owl")
    assert downloads.digest_of(path, algorithm) == f"{algorithm}:{hashlib.new(algorithm, b'owl').hexdigest()}"


def test_the_digest_of_a_small_file_is_gits(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"test content\n")  # the example of "Pro Git", chapter 10.2
    assert downloads.digest_of(path, "git") == "git:d670460b4b4aece5915caf5c68d12f560a9fe3e4"
