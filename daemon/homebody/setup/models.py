"""The models of a profile: which there are, which are here, fetching, checking and removing them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import httpx
import msgspec

from homebody.addresses import http_host, is_this_machine
from homebody.errors import ModelMissing, ModelUnreachable, NotWritable, UsageError
from homebody.paths import picture_model_dir, recogniser_dir, voices_dir
from homebody.profile import Profile
from homebody.router import model_sizes, residency_stack, routing
from homebody.setup import catalogue, downloads, ollama_models
from homebody.setup.catalogue import RECOGNISERS, REPOSITORY, VOICE_NAME
from homebody.setup.downloads import PAUSE_S, FreeBytes, RemoteFile, Shown
from homebody.setup.ollama_models import OllamaModels
from homebody.setup.steps import Write, carry_out

Kind = Literal["hears", "speaks", "answers", "sees"]
STARTER: Final = "starter"
# About that of model.bin: two bytes a parameter (Whisper's and Distil-Whisper's papers). Names are looked for in parts.
USUAL_MB: Final = {
    "distil-small": 332, "distil-medium": 789, "distil-large": 1510, "turbo": 1620, "large": 3090, "medium": 1530,
    "small": 484, "base": 145, "tiny": 76,
}  # fmt: skip
RECORD: Final = "files.json"  # what a download consisted of, so that it can be checked without the network


class Model(msgspec.Struct, frozen=True):
    """A model that is fetched from somewhere.

    Attributes:
        name: Whisper's (``small``), Piper's (``en_US-lessac-medium``), Ollama's (``qwen2.5:1.5b``) or the Hub's.
        kind: A recogniser, a voice, a language or vision model of the server, or one for pictures that we run.
    """

    name: str
    kind: Kind


class Held(msgspec.Struct, frozen=True):
    """A model and whether it is here.

    Attributes:
        name, kind: As in `Model`.
        here: It can be used.
        named: The profile names it.
        size_bytes: On this disk; of one that is not here, about what it will be; 0 where nobody knows.
    """

    name: str
    kind: Kind
    here: bool
    named: bool
    size_bytes: int = 0


class _File(msgspec.Struct, frozen=True):
    name: str
    size_bytes: int
    digest: str


def wanted(profile: Profile) -> list[Model]:
    """What a profile names and does not ship, in the order in which it is worth having. Pure.

    Recognisers and voices named by a path are the person's own and left out.
    """
    found = []
    hears = profile.voice.transcriber.model
    if hears in RECOGNISERS or (REPOSITORY.fullmatch(hears) and not hears.startswith((".", "~"))):
        found.append(Model(hears, "hears"))
    options, language = profile.voice.synthesizer, profile.voice.language
    voice = options.voices.get(language) or options.voices.get(language.partition("-")[0]) or options.voice
    if VOICE_NAME.fullmatch(voice):
        found.append(Model(voice, "speaks"))
    if profile.router.text.backend == "ollama":
        found += [Model(name, "answers") for name in _in_order(profile)]
    found += [Model(name, "sees") for name in _seeing(profile)]
    return found


def _seeing(profile: Profile) -> list[str]:
    """Models for pictures that we run ourselves, by the Hub's names."""
    options = profile.router
    ours = (name for name in routing.models(options) if routing.engine(options, name) == "transformers")
    return [name for name in ours if REPOSITORY.fullmatch(name)]


def _in_order(profile: Profile) -> list[str]:
    """What answers ordinary talk comes first: it is the one without which there is no conversation."""
    options = model_sizes.expanded(profile.router)
    needed = residency_stack.downloads(options)
    chat = residency_stack.stack(options).get("chat")
    first = options.models[chat.model].base if chat and chat.model in options.models else chat.model if chat else ""
    return sorted(needed, key=lambda name: name != (first or (chat.model if chat else "")))


def kind_of(name: str, profile: Profile) -> Kind:
    """Whose a name is, by its form; what the profile names goes first. Pure."""
    for model in wanted(profile):
        if model.name == name:
            return model.kind
    if name in RECOGNISERS:
        return "hears"
    if REPOSITORY.fullmatch(name) and "blip" in name.lower():
        return "sees"
    return "speaks" if VOICE_NAME.fullmatch(name) else "answers"


def usual_bytes(profile: Profile, model: Model) -> int:
    """About how large a download is; of a recogniser or voice the catalogue says it exactly later. Pure."""
    match model.kind:
        case "answers":
            return model_sizes.need(profile.router, model.name).weights
        case "hears":
            return 10**6 * next((mb for part, mb in USUAL_MB.items() if part in model.name), 1500)
        case "sees":
            return 10**9 * (15 if "blip2" in model.name else 1)
        case _:
            return 10**6 * (114 if model.name.endswith("-high") else 63)


def fitting(sizes: Mapping[str, int], free: int) -> tuple[list[str], list[str]]:
    """What of this fits on the disk, taken in its order, and what does not. Pure.

    Args:
        sizes: Names and bytes, the most wanted first.
        free: Bytes; `downloads.SPARE_BYTES` of them stay free.
    """
    fits, left = [], []
    room = free - downloads.SPARE_BYTES
    for name, size in sizes.items():
        if size <= room:
            fits.append(name)
            room -= size
        else:
            left.append(name)
    return fits, left


class Models:
    """Everything that can be done with them.

    Args:
        profile: Names models and the address of their server.
        http: For recognisers and voices.
        server: For language and vision models.
        free: Looks how much room a folder's disk has.
        pause_s: Before a second attempt.
    """

    def __init__(
        self,
        profile: Profile,
        http: httpx.AsyncClient,
        server: OllamaModels,
        *,
        free: FreeBytes = downloads.free_bytes,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._profile, self._http, self._server = profile, http, server
        self._free, self._pause_s = free, pause_s

    async def list(self) -> tuple[list[Held], bool]:
        """What the profile names, here or not, then what else is here; and whether the model server answered."""
        named = wanted(self._profile)
        served, answered = {}, True
        try:
            served = await self._server.have()
        except ModelUnreachable:
            answered = False
        here: dict[tuple[str, Kind], int] = {(name, "hears"): size for name, size in _recognisers().items()}
        here |= {(name, "speaks"): size for name, size in _voices().items()}
        here |= {(name, "sees"): size for name, size in _picture_models().items()}
        here |= {(name.removesuffix(":latest"), "answers"): size for name, size in served.items()}
        found = []
        for model in named:
            size = here.pop((model.name.removesuffix(":latest"), model.kind), None)
            usual = usual_bytes(self._profile, model)
            found.append(Held(model.name, model.kind, size is not None, True, usual if size is None else size))
        found += [Held(name, kind, here=True, named=False, size_bytes=size) for (name, kind), size in here.items()]
        return found, answered

    async def pull(self, model: Model, shown: Shown) -> None:
        """Fetch a model; one that is here is left alone, of one that broke off the rest is fetched.

        Raises:
            NotWritable: The disk is too full; nothing was fetched.
            ModelUnreachable, ModelMissing, ModelFailed: See `downloads.fetch` and `OllamaModels.pull`.
        """
        if model.kind == "answers":
            have = {name.removesuffix(":latest") for name in await self._server.have()}
            if model.name.removesuffix(":latest") not in have:
                self._check_server_room(usual_bytes(self._profile, model))
            await self._server.pull(model.name, shown)
            return
        if _is_here(model):
            return
        find = {
            "hears": catalogue.recogniser_files,
            "speaks": catalogue.voice_files,
            "sees": catalogue.picture_model_files,
        }[model.kind]
        files = await find(self._http, model.name)
        downloads.check_room(files[0].path.parent, sum(file.left_bytes for file in files), free=self._free)
        _keep_record(model, files)
        await downloads.fetch(self._http, files, name=model.name, shown=shown, free=self._free, pause_s=self._pause_s)

    def _check_server_room(self, needed_bytes: int) -> None:
        """Of a server on this machine; nobody can tell of another one's disk from here."""
        if is_this_machine(http_host(self._profile.router.text.base_url) or ""):
            folder = ollama_models.folder()
            downloads.check_room(folder, needed_bytes, free=self._free, variable="OLLAMA_MODELS")

    async def remove(self, model: Model) -> None:
        """Remove a model, or what has come of one.

        Raises:
            ModelMissing: It is not here.
            ModelUnreachable: The model server does not answer.
            NotWritable: The folder refuses.
        """
        if model.kind == "answers":
            await self._server.remove(model.name)
            return
        paths = _paths(model)
        if not any(path.exists() for path in paths):
            raise ModelMissing(f"There is no {model.name} here.", "See what is here with: homebody models list")
        try:
            for path in paths:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise NotWritable(
                f"{error.filename}: {error.strerror}.", "Give yourself the right to remove it."
            ) from error

    async def verify(self, model: Model) -> str:
        """What is wrong with a model that should be here; empty where nothing is. Needs no network.

        Files of recognisers and voices are read and compared with the checksums of their catalogue; Ollama checks its
        own while it pulls.

        Raises:
            ModelUnreachable: The model server does not answer.
        """
        if model.kind == "answers":
            have = {name.removesuffix(":latest") for name in await self._server.have()}
            return "" if model.name.removesuffix(":latest") in have else "it is not downloaded"
        if not _is_here(model):
            return "it is not downloaded"
        return await asyncio.to_thread(_damage, model)


@asynccontextmanager
async def opened(profile: Profile, *, pause_s: float = PAUSE_S) -> AsyncIterator[Models]:
    """The models of a profile, with connections that are closed at the end."""
    server = OllamaModels(profile.router.text.base_url, pause_s=pause_s)
    try:
        async with downloads.client() as http:
            yield Models(profile, http, server, pause_s=pause_s)
    finally:
        await server.aclose()


def checked_name(name: str) -> str:
    """A name as it was typed, refused where it could not be one of any kind.

    Raises:
        UsageError: It is a path, a starter model or nothing.
    """
    if name == STARTER:
        raise UsageError("The starter models are part of homebody.", "They need no download and stay.")
    if not name or name.startswith(("/", ".", "~", "-")) or ".." in name or any(map(str.isspace, name)):
        raise UsageError(f"{name!r} is no model's name.", "See names with: homebody models list")
    return name


def _is_here(model: Model) -> bool:
    match model.kind:
        case "hears":
            return catalogue.recogniser_path(model.name).is_file()
        case "sees":  # weights may be several files: all that the record names
            return _record(model).is_file() and all((_folder(model) / file.name).is_file() for file in _recorded(model))
        case _:
            return (voices_dir() / f"{model.name}.onnx").is_file()


def _folder(model: Model) -> Path:
    return recogniser_dir(model.name) if model.kind == "hears" else picture_model_dir(model.name)


def _paths(model: Model) -> list[Path]:
    if model.kind != "speaks":
        return [_folder(model)]
    names = [f"{model.name}.onnx", f"{model.name}.onnx.json"]
    return [voices_dir() / name for name in (*names, *(f"{name}.part" for name in names), f"{model.name}.{RECORD}")]


def _record(model: Model) -> Path:
    return voices_dir() / f"{model.name}.{RECORD}" if model.kind == "speaks" else _folder(model) / RECORD


def _recorded(model: Model) -> list[_File]:
    """What a model should consist of; raises OSError or msgspec.DecodeError."""
    return msgspec.json.decode(_record(model).read_bytes(), type=list[_File])


def _keep_record(model: Model, files: list[RemoteFile]) -> None:
    record = [_File(file.path.name, file.size_bytes, file.digest) for file in files]
    content = msgspec.json.format(msgspec.json.encode(record)) + b"\n"
    carry_out([Write(_record(model), content)], shown=lambda _: None)


def _damage(model: Model) -> str:
    path = _record(model)
    try:
        files = _recorded(model)
    except (OSError, msgspec.DecodeError):
        return "nothing says what its files should be; it was put there by hand"
    for file in files:
        if not downloads.is_whole(path.parent / file.name, file.size_bytes, file.digest):
            return f"{file.name} is damaged or missing"
    return ""


def _recognisers() -> dict[str, int]:
    folder = recogniser_dir("x").parent
    known = {recogniser_dir(name).name: name for name in RECOGNISERS}
    return {
        known.get(path.parent.name, path.parent.name.replace("--", "/")): sum(
            file.stat().st_size for file in path.parent.iterdir()
        )
        for path in folder.glob("*/model.bin")
    }


def _picture_models() -> dict[str, int]:
    return {
        path.name.replace("--", "/"): sum(file.stat().st_size for file in path.iterdir())
        for path in picture_model_dir("x").parent.glob("*")
        if any(path.glob("*.safetensors"))
    }


def _voices() -> dict[str, int]:
    return {path.stem: path.stat().st_size for path in voices_dir().glob("*.onnx")}
