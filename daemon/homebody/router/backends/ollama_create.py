"""Models that a profile makes itself: a base with its own context, system prompt and, where wanted, a LoRA adapter.

Ollama's `/api/create` takes ``model``, ``from``, ``parameters``, ``system``, ``quantize`` and ``adapters``, a table
from file name to ``sha256:...`` of a blob that was sent before: HEAD `/api/blobs/<digest>` says whether it is there,
POST sends it (201). It answers with a line ``{"status": ...}`` a step, the last of them ``success``, an error as a line
``{"error": ...}``. For want of the base it would download it unasked, so we look first. It can quantize only a base of
half or full precision. (docs/api.md, docs/import.mdx; only Llama, Mistral and Gemma take adapters as safetensors, so a
GGUF is asked for here.)
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Set
from pathlib import Path
from typing import Any, Final

import httpx

from homebody.errors import ModelError, ModelFailed, ModelMissing, ModelUnreachable
from homebody.options import ModelOptions, RouterOptions, TextModelOptions
from homebody.router import prompts
from homebody.router.backends.ollama_control import plain

log = logging.getLogger(__name__)

CREATE_S: Final = 1800.0  # quantizing some gigabytes takes minutes on a slow disk
STEP_S: Final = 300.0  # between two lines of its answer
PIECE_BYTES: Final = 1 << 20


def recipe(options: RouterOptions, model: str) -> dict[str, Any] | None:
    """The request that makes this model, without its adapter; None where the profile does not make it. Pure."""
    own = options.models.get(model, ModelOptions())
    if not own.base:
        return None
    return {
        "model": model,
        "from": own.base,
        "parameters": {"num_ctx": prompts.num_ctx(options, model)},
        **({"system": own.system} if own.system else {}),
        **({"quantize": own.quantize} if own.quantize else {}),
        "stream": True,
    }


class Workshop:
    """Makes what a profile defines.

    Args:
        options: The profile's ``router``, whose ``models`` says what is made of what.
    """

    def __init__(self, options: RouterOptions) -> None:
        self._options = options

    def missing(self, downloaded: Mapping[str, int]) -> tuple[str, ...]:
        """The models that the profile makes and the server does not have."""
        have = {plain(name) for name in downloaded}
        made = (model for model, own in self._options.models.items() if own.base)
        return tuple(model for model in made if plain(model) not in have)

    async def make(self, model: str, downloaded: Mapping[str, int]) -> None:
        """Make a model on the server. Takes seconds, with ``quantize`` minutes.

        Args:
            model: Its name.
            downloaded: What the server has.

        Raises:
            ModelMissing: The base is not downloaded, or the adapter is no file.
            ModelUnreachable, ModelFailed: The server does not answer, or refuses.
        """
        await _make(self._options, model, {plain(name) for name in downloaded})


async def _make(options: RouterOptions, model: str, downloaded: Set[str]) -> None:
    request = recipe(options, model)
    if request is None:
        raise ModelMissing(f"The profile does not say what {model} is made of.", "Name its base under router.models.")
    own = options.models[model]
    if plain(own.base) not in downloaded:
        raise ModelMissing(f"The base of {model} is not downloaded.", f"Download it with: ollama pull {own.base}")
    async with _client(options.text) as client:
        try:
            async with asyncio.timeout(CREATE_S):
                if own.adapter:
                    path = Path(own.adapter).expanduser()
                    request["adapters"] = {path.name: await _sent(client, path)}
                await _created(client, request)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ModelFailed(f"Ollama takes too long to make {model}.", "Restart Ollama.") from error
        except httpx.HTTPError as error:
            raise ModelUnreachable("Ollama does not answer.", "Start it with: ollama serve") from error
    log.info("made %s from %s", model, own.base)


def _client(options: TextModelOptions) -> httpx.AsyncClient:
    timeout = httpx.Timeout(STEP_S, connect=options.connect_ms / 1000)
    return httpx.AsyncClient(base_url=options.base_url, timeout=timeout, follow_redirects=False, trust_env=False)


async def _sent(client: httpx.AsyncClient, path: Path) -> str:
    """The digest of a file that the server now has."""
    try:
        digest = f"sha256:{await asyncio.to_thread(_sha256, path)}"
    except OSError as error:
        raise ModelMissing(f"The adapter {path} cannot be read.", "Correct its path under router.models.") from error
    if (await client.head(f"/api/blobs/{digest}")).status_code != 200:
        response = await client.post(f"/api/blobs/{digest}", content=_pieces(path))
        if response.status_code not in {200, 201}:
            raise ModelFailed("Ollama does not take the adapter.", "Make room on its disk, or update Ollama.")
    return digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


async def _created(client: httpx.AsyncClient, request: dict[str, Any]) -> None:
    async with client.stream("POST", "/api/create", json=request) as response:
        if response.status_code != 200:
            await response.aread()
            raise _refused(request, response.text)
        status = ""
        async for line in response.aiter_lines():
            try:
                step = json.loads(line)
            except ValueError:
                continue
            if isinstance(step, dict) and step.get("error"):
                raise _refused(request, str(step["error"]))
            status = str(step.get("status", "")) if isinstance(step, dict) else status
            log.debug("making %s: %s", request["model"], status)
    if status != "success":
        raise ModelFailed(f"Ollama broke off making {request['model']}.", "Look into Ollama's log.")


def _refused(request: Mapping[str, Any], text: str) -> ModelError:
    log.debug("ollama refuses to make %s: %s", request["model"], text)
    if "quantiz" in text.lower():
        return ModelFailed(
            f"Ollama cannot quantize the base of {request['model']}.",
            "Name a base that ends in fp16, or leave router.models quantize out.",
        )
    return ModelFailed(f"Ollama refuses to make {request['model']}.", "Check what router.models says of it.")
