"""The backends of the house, one model at a time, for measuring: opening one, and what its model takes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psutil

from homebody.errors import UsageError
from homebody.options import TextModelOptions
from homebody.paths import text_model_dir
from homebody.router.backends import Backend
from homebody.router.backends.opening import engine

if TYPE_CHECKING:
    import ollama


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is and takes; None where its engine does not say.

    Attributes:
        quantisation: As the engine names it: ``Q4_K_M``, ``int8``.
        parameters: Likewise: ``1.5B``.
        disk_bytes: Its files.
        memory_bytes: In memory, while it is loaded, context included.
        gpu_bytes: Of that, on a GPU.
        memory_of: Whose word that is, or why there is none.
    """

    quantisation: str | None = None
    parameters: str | None = None
    disk_bytes: int | None = None
    memory_bytes: int | None = None
    gpu_bytes: int | None = None
    memory_of: str = ""


@asynccontextmanager
async def opened(options: TextModelOptions) -> AsyncGenerator[Backend, None]:
    """The backend of these options, as the router makes it; closed at the end.

    Raises:
        UsageError: The profile has no language model.
    """
    make = engine(options.backend)
    if make is None:
        raise UsageError("The profile has no language model.", "Set router.text.backend in homebody.toml.")
    async with aclosing(make(options)) as backend:
        yield backend


async def footprint(backend: Backend, options: TextModelOptions) -> Footprint:
    """What the loaded model takes."""
    if options.backend == "ollama":
        with contextlib.suppress(Exception):  # a figure that cannot be had is None; the answers decide about the rest
            return await _of_ollama(options)
        return Footprint(memory_of="Ollama did not say.")
    pid = getattr(backend, "worker_pid", None)
    if pid is not None:
        return _of_process(pid, options)
    return Footprint(memory_of="The protocol of this server has no word for it.")


async def unload(backend: Backend, options: TextModelOptions) -> bool:
    """Have the engine drop the model, so that the next preload is a load; False where that cannot be asked for."""
    if options.backend == "ollama":
        async with _ollama(options) as client:
            await client.generate(options.model, keep_alive=0)
        return True
    return options.backend == "ctranslate2" and getattr(backend, "worker_pid", None) is None


@asynccontextmanager
async def _ollama(options: TextModelOptions) -> AsyncGenerator[ollama.AsyncClient, None]:
    import ollama

    client = ollama.AsyncClient(options.base_url, trust_env=False, timeout=options.first_token_ms / 1000)
    try:
        yield client
    finally:
        await client._client.aclose()  # noqa: SLF001  # it has no other way to be closed


async def _of_ollama(options: TextModelOptions) -> Footprint:
    async with _ollama(options) as client:
        listed, running = await client.list(), await client.ps()
    names = {options.model.lower(), f"{options.model.lower()}:latest"}
    known = next((model for model in listed.models if (model.model or "").lower() in names), None)
    loaded = next((model for model in running.models if (model.model or model.name or "").lower() in names), None)
    details = known.details if known else None
    return Footprint(
        quantisation=(details.quantization_level or None) if details else None,
        parameters=(details.parameter_size or None) if details else None,
        disk_bytes=int(known.size) if known and known.size else None,
        memory_bytes=int(loaded.size) if loaded and loaded.size else None,
        gpu_bytes=int(loaded.size_vram) if loaded and loaded.size_vram is not None else None,
        memory_of="ollama ps",
    )


def _of_process(pid: int, options: TextModelOptions) -> Footprint:
    folder = Path(options.model).expanduser()
    if not folder.is_absolute():
        folder = text_model_dir(options.model)
    disk_bytes = sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
    try:
        memory_bytes: int | None = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        memory_bytes = None
    compute = options.ctranslate2.compute_type
    return Footprint(
        quantisation=stored_as(folder) if compute == "default" else compute,
        disk_bytes=disk_bytes,
        memory_bytes=memory_bytes,
        memory_of="resident memory of the model's process",
    )


def stored_as(folder: Path) -> str:
    """How a model in CTranslate2's format stores its weights, told from what it takes; ``as stored`` where that is
    not clear."""
    with contextlib.suppress(OSError, msgspec.DecodeError, AttributeError):
        found = msgspec.json.decode((folder / "config.json").read_bytes()).get("quantization_type")
        if isinstance(found, str):
            return found
    return "as stored"
