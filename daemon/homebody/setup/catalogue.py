"""What files a recogniser, a voice or a model for pictures consists of, where they lie and what their checksums are.

Both are kept by the Hugging Face Hub. ``HF_ENDPOINT`` names another one (a mirror, a test), as it does for
huggingface_hub itself. Of a recogniser, ``/api/models/REPOSITORY?blobs=true`` lists files with size and digest: the
SHA-256 of those in git-lfs, git's own SHA-1 of the small ones. Of Piper's voices, ``voices.json`` lists size and MD5.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import httpx
import msgspec

from homebody.errors import ModelFailed, ModelMissing
from homebody.paths import picture_model_dir, recogniser_dir, voices_dir
from homebody.setup.downloads import RemoteFile, get_json

HUB: Final = "https://huggingface.co"
VOICES: Final = "rhasspy/piper-voices"
VOICE_NAME: Final = re.compile(r"[a-z]{2,3}_[A-Z]{2}-\w+-(x_low|low|medium|high)")
REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")
# What faster-whisper itself fetches (faster_whisper.utils.download_model).
_NEEDED: Final = re.compile(r"config\.json|preprocessor_config\.json|tokenizer\.json|vocabulary\.\w+|model\.bin")
_WEIGHTS: Final = "model.bin"
# What transformers reads of BLIP and BLIP-2, and no pickled weights, which could run code.
_NEEDED_TO_SEE: Final = re.compile(r"[\w.-]+\.json|vocab\.txt|merges\.txt|model[\w.-]*\.safetensors")
# As faster_whisper.utils has it; a test compares them. Importing it there loads CTranslate2.
RECOGNISERS: Final = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


class _Lfs(msgspec.Struct):
    sha256: str
    size: int


class _Sibling(msgspec.Struct, rename={"name": "rfilename", "blob_id": "blobId"}):
    name: str
    size: int | None = None
    blob_id: str = ""
    lfs: _Lfs | None = None


class _Repository(msgspec.Struct):
    sha: str
    siblings: list[_Sibling]


class _VoiceFile(msgspec.Struct):
    size_bytes: int
    md5_digest: str


class _Voice(msgspec.Struct):
    files: dict[str, _VoiceFile]


def hub() -> str:
    """The Hub's address: ``$HF_ENDPOINT`` or the public one."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


async def recogniser_files(http: httpx.AsyncClient, name: str) -> list[RemoteFile]:
    """The files of a recogniser, its weights last.

    Args:
        http: As of `downloads.client`.
        name: One of faster-whisper's, or ``owner/repository``.

    Raises:
        ModelMissing: No such recogniser.
        ModelUnreachable, ModelFailed: No network, or a catalogue that cannot be read.
    """
    repository = RECOGNISERS.get(name, name)
    if not REPOSITORY.fullmatch(repository):
        raise ModelMissing(f"There is no recogniser named {name}.", f"Choose one of: {', '.join(RECOGNISERS)}.")
    found = await get_json(http, f"{hub()}/api/models/{repository}?blobs=true", f"recogniser {name}")
    try:
        listed = msgspec.convert(found, _Repository)
        folder = recogniser_dir(name)
        files = [
            _file(repository, listed.sha, file, folder) for file in listed.siblings if _NEEDED.fullmatch(file.name)
        ]
    except (msgspec.ValidationError, ValueError) as error:
        raise _unreadable(f"recogniser {name}") from error
    wanted = sorted(files, key=lambda file: file.path.name == _WEIGHTS)
    if not wanted or wanted[-1].path.name != _WEIGHTS:
        raise ModelMissing(f"{repository} holds no recogniser in CTranslate2 format.", "Choose another one.")
    return wanted


async def picture_model_files(http: httpx.AsyncClient, name: str) -> list[RemoteFile]:
    """The files of a model for pictures that homebody runs itself, its weights last; raises as `recogniser_files`.

    Args:
        http: As of `downloads.client`.
        name: ``owner/repository``.
    """
    what = f"model {name}"
    found = await get_json(http, f"{hub()}/api/models/{name}?blobs=true", what)
    try:
        listed = msgspec.convert(found, _Repository)
        folder = picture_model_dir(name)
        files = [
            _file(name, listed.sha, file, folder) for file in listed.siblings if _NEEDED_TO_SEE.fullmatch(file.name)
        ]
    except (msgspec.ValidationError, ValueError) as error:
        raise _unreadable(what) from error
    wanted = sorted(files, key=lambda file: (_is_weights(file.path.name), file.path.name))
    if not wanted or not _is_weights(wanted[-1].path.name):
        raise ModelMissing(f"{name} holds no weights as safetensors.", "Choose another one.")
    return wanted


def _is_weights(name: str) -> bool:
    """Whether a file holds weights of a model for pictures."""
    return name.endswith(".safetensors")


async def voice_files(http: httpx.AsyncClient, name: str) -> list[RemoteFile]:
    """The two files of a Piper voice, the voice itself last; raises as `recogniser_files`."""
    base = f"{hub()}/{VOICES}/resolve/main"
    found = await get_json(http, f"{base}/voices.json", f"voice {name}")
    try:
        voices = msgspec.convert(found, dict[str, _Voice])
    except msgspec.ValidationError as error:
        raise _unreadable(f"voice {name}") from error
    if name not in voices or not VOICE_NAME.fullmatch(name):
        family = name.partition("-")[0]
        near = sorted(voice for voice in voices if voice.startswith(family))[:8]
        raise ModelMissing(
            f"Piper has no voice named {name}.",
            f"Choose one of: {', '.join(near)}." if near else "They are named like en_US-lessac-medium.",
        )
    listed = voices[name].files
    files = []
    for ending in (".onnx.json", ".onnx"):
        path = next((path for path in listed if path.endswith(f"/{name}{ending}")), None)
        if path is None:
            raise _unreadable(f"voice {name}")
        file = listed[path]
        digest = f"md5:{file.md5_digest}"
        files.append(RemoteFile(f"{base}/{path}", voices_dir() / f"{name}{ending}", file.size_bytes, digest))
    return files


def _file(repository: str, revision: str, file: _Sibling, folder: Path) -> RemoteFile:
    size = file.lfs.size if file.lfs else file.size
    digest = f"sha256:{file.lfs.sha256}" if file.lfs else f"git:{file.blob_id}"
    if size is None or digest == "git:":
        raise ValueError("without size or digest")
    url = f"{hub()}/{repository}/resolve/{revision}/{file.name}"
    return RemoteFile(url, folder / file.name, size, digest)


def recogniser_path(name: str) -> Path:
    """The file that is there when a recogniser is whole."""
    return recogniser_dir(name) / _WEIGHTS


def _unreadable(what: str) -> ModelFailed:
    return ModelFailed(f"The catalogue of {what} cannot be read.", "Unset HF_ENDPOINT, or look for a newer homebody.")
