"""Making models on a server that speaks Ollama's protocol."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

from fake_ollama import FakeOllama
from homebody import profile as profiles
from homebody.errors import ModelError, ModelFailed, ModelMissing, ModelUnreachable
from homebody.options import ModelOptions, RouterOptions, TextModelOptions
from homebody.router.backends.ollama_control import OllamaControl
from homebody.router.backends.ollama_create import Workshop, recipe

BASE = "llama3.2:3b-instruct-q8_0"


def options(server: FakeOllama, **own: Any) -> RouterOptions:
    return RouterOptions(
        text=TextModelOptions(base_url=server.base_url), models={"mine": ModelOptions(base=BASE, **own)}
    )


def test_the_shipped_profile_makes_llama_with_its_context() -> None:
    router = profiles.load("rtx-4060-8gb").router
    assert recipe(router, "llama3.2-custom") == {
        "model": "llama3.2-custom", "from": BASE, "parameters": {"num_ctx": 4096}, "stream": True,
    }  # fmt: skip
    assert recipe(router, "qwen2.5:1.5b") is None
    assert Workshop(router).missing({BASE: 1}) == ("llama3.2-custom",)
    assert Workshop(router).missing({"llama3.2-custom:latest": 1}) == ()


def test_a_model_is_made_with_all_that_the_profile_says_and_its_adapter_is_sent_once(tmp_path: Path) -> None:
    adapter = tmp_path / "mine.gguf"
    adapter.write_bytes(b"GGUF" + bytes(3_000_000))
    digest = "sha256:" + hashlib.sha256(adapter.read_bytes()).hexdigest()

    async def main() -> None:
        async with FakeOllama(models=(BASE,)) as server:
            own = options(server, num_ctx=2048, system="Be short.", quantize="q8_0", adapter=str(adapter))
            control = OllamaControl(own.text)
            for _ in range(2):
                await Workshop(own).make("mine", await control.downloaded())
            await control.aclose()
            assert server.created[0] == server.created[1] == {
                "model": "mine", "from": BASE, "parameters": {"num_ctx": 2048}, "system": "Be short.",
                "quantize": "q8_0", "adapters": {"mine.gguf": digest}, "stream": True,
            }  # fmt: skip
            assert server.blobs == {digest: adapter.read_bytes()}
            assert sum(line.startswith("post /api/blobs") for line in server.headers) == 1
            assert "mine:latest" in server.models

    asyncio.run(main())


@pytest.mark.parametrize(
    ("own", "error", "kind", "words"),
    [
        ({"base": "absent:1b"}, "", ModelMissing, "ollama pull absent:1b"),
        ({"adapter": "/nowhere/mine.gguf"}, "", ModelMissing, "path"),
        ({}, "quantization is only supported for F16 and F32 models", ModelFailed, "fp16"),
        ({}, "something else", ModelFailed, "router.models"),
    ],
)
def test_what_cannot_be_made_is_said_with_the_remedy(
    own: dict[str, Any], error: str, kind: type[ModelError], words: str
) -> None:
    async def main() -> None:
        async with FakeOllama(models=(BASE,), create_error=error) as server:
            wanted = RouterOptions(
                text=TextModelOptions(base_url=server.base_url), models={"mine": ModelOptions(**{"base": BASE} | own)}
            )
            with pytest.raises(kind) as caught:
                await Workshop(wanted).make("mine", {BASE: 1})
            assert words in caught.value.remedy

    asyncio.run(main())


def test_a_server_that_is_not_there_is_unreachable() -> None:
    async def main() -> None:
        async with FakeOllama() as server:
            own = options(server)
        with pytest.raises(ModelUnreachable):
            await Workshop(own).make("mine", {BASE: 1})

    asyncio.run(main())
