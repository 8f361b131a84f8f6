"""Models of an Ollama server: pulled with progress, listed, removed.

``/api/pull`` answers with JSON lines (server/images.go of Ollama v0.33): ``pulling manifest``; for each layer lines
with its ``digest``, ``total`` and, from the second on, ``completed``; ``verifying sha256 digest``; ``success``. An
error is a line of its own in an answer that began with 200. The server keeps what has come of a layer, so that asking
again goes on; it checks every layer itself, and removes one that is damaged.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from homebody.errors import HomebodyError, ModelFailed, ModelMissing, ModelUnreachable, NotWritable
from homebody.setup.downloads import ATTEMPTS, CHECK_NETWORK, PAUSE_S, Progress, Shown

if TYPE_CHECKING:
    import ollama

SILENCE_S: Final = 300.0  # checking a layer of some GB on a slow disk comes without a line
START_IT: Final = "Start Ollama, or see what is missing with: homebody setup"
# Where installers have the server keep models; the first that exists tells how much room there is.
_FOLDERS: Final = ("/usr/share/ollama/.ollama/models", "/var/lib/ollama/models", "~/.ollama/models", "~")
_OFFLINE: Final = (
    "no such host", "dial tcp", "i/o timeout", "network is unreachable", "connection refused", "connection reset",
    "tls handshake timeout", "context deadline exceeded", "max retries exceeded", "unexpected eof", "lookup ",
)  # fmt: skip


def folder() -> Path:
    """Where the server of this machine keeps its models, as far as can be told from outside."""
    named = os.environ.get("OLLAMA_MODELS")
    places = (named, *_FOLDERS) if named else _FOLDERS
    return next((path for place in places if (path := Path(place).expanduser()).exists()), Path.home())


class OllamaModels:
    """The models of one server.

    Args:
        base_url: Its address.
        pause_s: Before a second attempt.
    """

    def __init__(self, base_url: str, *, pause_s: float = PAUSE_S) -> None:
        import ollama

        self._base_url = base_url
        self._pause_s = pause_s
        timeout = httpx.Timeout(SILENCE_S, connect=5.0)
        try:
            # Neither proxies nor redirects: it is on this machine or in this house.
            self._client = ollama.AsyncClient(base_url, timeout=timeout, follow_redirects=False, trust_env=False)
        except (ValueError, httpx.InvalidURL) as error:
            raise ModelUnreachable(f"{base_url} is not an address.", "Mend router.text.base_url.") from error

    async def have(self) -> dict[str, int]:
        """What it has: names and sizes in bytes.

        Raises:
            ModelUnreachable: It does not answer.
        """
        import ollama

        try:
            async with asyncio.timeout(5.0):
                listed = await self._client.list()
        except (httpx.HTTPError, ConnectionError, TimeoutError, ollama.ResponseError, ValueError) as error:
            raise self._unreachable() from error
        return {model.model or "": int(model.size or 0) for model in listed.models}

    async def pull(self, name: str, shown: Shown) -> None:
        """Have it pull a model; returns when the server has it, checked.

        Raises:
            ModelUnreachable: The server does not answer, or has no network; what came is kept for next time.
            ModelMissing: There is no such model.
            NotWritable: Its disk is full.
            ModelFailed: A layer came damaged, or something else.
        """
        import ollama

        failures, most = 0, 0
        while True:
            gauge = _Gauge(name)
            try:
                async for progress in await self._client.pull(name, stream=True):
                    if progress.status == "success":
                        return
                    shown(gauge.after(progress))
                broken: Exception | None = None  # ended without success, as when the server is stopped
            except ollama.ResponseError as error:
                if (known := _translated(name, error.error)) is not None:
                    raise known from error
                broken = error
            except (httpx.TransportError, ConnectionError) as error:
                broken = error
            except ValueError as error:  # something else than JSON lines
                raise ModelFailed(f"What answers at {self._base_url} is not Ollama.", START_IT) from error
            failures = 0 if gauge.done_bytes > most else failures + 1
            most = max(most, gauge.done_bytes)
            if isinstance(broken, httpx.ConnectError | ConnectionError) and failures:
                raise self._unreachable() from broken
            if failures >= ATTEMPTS:
                raise _offline(name) from broken
            await asyncio.sleep(self._pause_s * max(1, failures))

    async def remove(self, name: str) -> None:
        """Have it remove a model.

        Raises:
            ModelMissing: It has none of that name.
            ModelUnreachable: It does not answer.
        """
        import ollama

        try:
            await self._client.delete(name)
        except ollama.ResponseError as error:
            raise ModelMissing(f"Ollama has no {name}.", "See what it has with: homebody models list") from error
        except (httpx.HTTPError, ConnectionError) as error:
            raise self._unreachable() from error

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.close()  # type: ignore[no-untyped-call]

    def _unreachable(self) -> ModelUnreachable:
        return ModelUnreachable(f"Ollama does not answer at {self._base_url}.", START_IT)


class _Gauge:
    """All layers of a pull as one figure."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._layers: dict[str, tuple[int, int]] = {}

    @property
    def done_bytes(self) -> int:
        return sum(done for done, _ in self._layers.values())

    def after(self, progress: ollama.ProgressResponse) -> Progress:
        if progress.digest and progress.total:
            done = max(progress.completed or 0, self._layers.get(progress.digest, (0, 0))[0])
            self._layers[progress.digest] = (done, progress.total)
        doing = "" if progress.digest else progress.status or ""
        return Progress(self._name, self.done_bytes, sum(total for _, total in self._layers.values()), doing)


def _translated(name: str, said: str) -> HomebodyError | None:
    """An error of the server's own words; None for those that trying again may mend."""
    lower = said.lower()
    if "no space left" in lower or "disk quota" in lower:
        return NotWritable(f"The disk of Ollama's models is full; {name} does not fit.", "Make room and run it again.")
    if "file does not exist" in lower or "not found" in lower or "invalid model name" in lower:
        return ModelMissing(f"Ollama's library has no {name}.", "Check the name on https://ollama.com/library.")
    if "digest mismatch" in lower:
        return ModelFailed(f"{name} came damaged; Ollama has removed the part.", "Run it again.")
    if "requires a newer version" in lower:
        return ModelFailed(f"{name} needs a newer Ollama.", "Update Ollama, then run it again.")
    if any(text in lower for text in _OFFLINE):
        return None
    return ModelFailed(f"Ollama could not pull {name}: {said[:200]}", "Look at Ollama's own log.")


def _offline(name: str) -> ModelUnreachable:
    return ModelUnreachable(f"{name} could not be pulled: Ollama does not reach its library.", CHECK_NETWORK)
