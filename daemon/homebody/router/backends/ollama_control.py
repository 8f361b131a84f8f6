"""What an Ollama server holds in memory and on disk, and putting a model out: `/api/ps`, `/api/tags`, keep_alive 0.

`size` of `/api/ps` is weights, KV cache and buffers, ``size_vram`` the part of it on the graphics card; both are read
from what llama-server reports while it loads. An empty chat with ``keep_alive`` 0 unloads, after what it is answering.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, Protocol

import msgspec

from homebody.errors import ModelUnreachable
from homebody.options import TextModelOptions

log = logging.getLogger(__name__)

LOOK_MS: Final = 2000.0
UNLOAD_MS: Final = 10_000.0


class Loaded(msgspec.Struct, frozen=True):
    """A model in memory; bytes."""

    model: str
    size: int
    on_gpu: int


class ModelServer(Protocol):
    """A server whose memory can be looked into and made free."""

    async def loaded(self) -> tuple[Loaded, ...]:
        """What is in memory now.

        Raises:
            ModelUnreachable: It does not answer.
        """

    async def downloaded(self) -> dict[str, int]:
        """The models it has, by name, with the size of their files in bytes.

        Raises:
            ModelUnreachable: It does not answer.
        """

    async def unload(self, model: str) -> None:
        """Put a model out of memory; returns when it is out. One that is not loaded is none of its business.

        Raises:
            ModelError: It does not answer, or keeps the model.
        """


class OllamaControl:
    """A `ModelServer` on Ollama's API.

    Args:
        options: The profile's ``router.text``: where it is, and how long to wait for it.
    """

    def __init__(self, options: TextModelOptions) -> None:
        import httpx

        self._client = httpx.AsyncClient(
            base_url=options.base_url,
            timeout=httpx.Timeout(LOOK_MS / 1000, connect=options.connect_ms / 1000),
            follow_redirects=False,
            trust_env=False,
        )

    async def loaded(self) -> tuple[Loaded, ...]:
        """As `ModelServer.loaded`."""
        listed = _models(await self._call("GET", "/api/ps"))
        return tuple(
            Loaded(name, _whole(model.get("size")), _whole(model.get("size_vram")))
            for model in listed
            if (name := _name(model))
        )

    async def downloaded(self) -> dict[str, int]:
        """As `ModelServer.downloaded`."""
        listed = _models(await self._call("GET", "/api/tags"))
        return {name: _whole(model.get("size")) for model in listed if (name := _name(model))}

    async def unload(self, model: str) -> None:
        """As `ModelServer.unload`."""
        async with asyncio.timeout(UNLOAD_MS / 1000):
            await self._call("POST", "/api/chat", {"model": model, "messages": [], "keep_alive": 0, "stream": False})
            # The answer comes before the memory is free.
            while any(plain(one.model) == plain(model) for one in await self.loaded()):  # noqa: ASYNC110  (nothing tells)
                await asyncio.sleep(0.05)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        import httpx

        try:
            response = await self._client.request(method, path, json=body)
            response.raise_for_status()
            return response.json()
        except (httpx.HTTPError, ValueError, RuntimeError) as error:
            log.debug("ollama: %s %s: %s", method, path, type(error).__name__)
            raise ModelUnreachable("Ollama does not say what it has in memory.", "Restart Ollama.") from error


def plain(model: str) -> str:
    """A name by which two can be compared: case does not count with Ollama, and ``latest`` is left out."""
    return model.lower().removesuffix(":latest")


def _name(listed: dict[str, Any]) -> str:
    """The name of a model in a list of the server's; empty where it has none."""
    name = listed.get("model") or listed.get("name")
    return name if isinstance(name, str) else ""


def _models(answer: Any) -> list[dict[str, Any]]:
    listed = answer.get("models") if isinstance(answer, dict) else None
    return [model for model in listed if isinstance(model, dict)] if isinstance(listed, list) else []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
