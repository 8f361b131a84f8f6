"""Looking at the machine for `homebody doctor`. Thin: each probe gathers, none judges, and none raises.

A probe blocks for some milliseconds, that of the sound system for up to 5 s.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil

from homebody import __version__, hardware, keys
from homebody.errors import AudioStuck, HomebodyError, MissingPart, Problem
from homebody.options import RouterOptions
from homebody.paths import runtime_dir
from homebody.profile import Profile
from homebody.setup import lingering
from homebody.setup.facts import (
    FolderFacts,
    LoadedModel,
    OllamaFacts,
    RouterProcess,
    ServiceFacts,
    SoundDevice,
    SoundFacts,
)
from homebody.setup.managers import service_manager

FOLDERS_LIMIT: Final = 200_000
LOOK_S: Final = 2.0
SOUND_SERVERS: Final = ("pulseaudio", "pipewire-pulse")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA: Final = re.compile(r"extra == ['\"]([^'\"]+)")


def folder(path: Path, *, count: bool = False) -> FolderFacts:
    """A folder's rights and room; ``count``: and how many folders are in it."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return FolderFacts(path=str(path), exists=False, free_bytes=_free_bytes(path))
    except OSError:
        return FolderFacts(path=str(path), readable=False, writable=False)
    damaged: list[str] = []
    with contextlib.suppress(OSError):
        damaged = sorted(entry.name for entry in path.iterdir() if ".damaged-" in entry.name)
    return FolderFacts(
        path=str(path),
        writable=os.access(path, os.W_OK | os.X_OK),
        readable=os.access(path, os.R_OK | os.X_OK),
        own=stat.st_uid == os.getuid(),
        mode=stat.st_mode & 0o777,
        free_bytes=_free_bytes(path),
        folders=_count(path) if count else 1,
        damaged=tuple(damaged),
    )


def _free_bytes(path: Path) -> int | None:
    place = next((place for place in (path, *path.parents) if place.exists()), None)
    try:
        return shutil.disk_usage(place).free if place else None
    except OSError:
        return None


def _count(path: Path) -> int:
    number = 1
    for _, folders, _ in os.walk(path):
        number += len(folders)
        if number >= FOLDERS_LIMIT:
            break
    return number


def services(endpoint: str) -> ServiceFacts:
    """What can be seen of the services without asking them; `msgspec.structs.replace` what they say themselves."""
    path = Path(endpoint.removeprefix("ipc://"))
    installed = False
    with contextlib.suppress(HomebodyError):
        installed = bool(service_manager().command("start"))
    return ServiceFacts(
        endpoint=endpoint,
        installed=installed,
        lock_pid=_lock_holder(path.with_name(path.name + ".lock")),
        socket_exists=path.exists(),
        routers=tuple(_routers()),
        version=__version__,
        lingers=lingering.is_on() if lingering.STATE.is_dir() else None,
    )


def _lock_holder(path: Path) -> int | None:
    """Who holds the router's lock; the kernel frees it with its process, so a file alone means nothing."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return int(file.read(32) or b"0") or None
    except (OSError, ValueError):
        return None
    return None


def _routers() -> Iterator[RouterProcess]:
    """This person's routers in this runtime folder, without the private ones that commands start."""
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            ours = any(Path(word).name == "homebody" for word in words[:3])
            if not ours or "router" not in words or "--endpoint" in words:
                continue
            if process.uids().real != os.getuid():
                continue
            # Somebody may keep two houses apart by their runtime folders.
            theirs = process.environ()
            same = all(theirs.get(name) == os.environ.get(name) for name in ("HOMEBODY_RUNTIME_DIR", "XDG_RUNTIME_DIR"))
        except (psutil.Error, OSError):
            continue
        if same:
            yield RouterProcess(process.pid)


def sound() -> SoundFacts:
    """The sound system and its devices."""
    from homebody.voice.devices import list_devices

    error, devices = None, None
    try:
        devices = tuple(SoundDevice(found.name, found.inputs, found.outputs) for found in list_devices())
    except MissingPart as missing:
        error = Problem("sound", missing.reason, missing.remedy)
    except AudioStuck as stuck:
        error = Problem("sound", stuck.reason, "Start it again: systemctl --user restart pipewire pipewire-pulse")
    except HomebodyError:
        devices = ()
    cards = sorted(Path("/dev/snd").glob("pcm*")) if sys.platform != "darwin" else []
    return SoundFacts(
        error=error,
        devices=devices,
        server_runs=None if sys.platform == "darwin" else _sound_server_runs(),
        server_installed=any(shutil.which(name) for name in SOUND_SERVERS),
        cards=len(cards),
        cards_readable=all(os.access(card, os.R_OK | os.W_OK) for card in cards),
        servers=tuple(sorted(_running(SOUND_SERVERS))),
    )


def mixer() -> bool:
    """Whether the volume of each program can be asked for."""
    return sys.platform == "linux" and shutil.which("pactl") is not None


def _sound_server_runs() -> bool:
    chosen = os.environ.get("PULSE_SERVER", "")
    if chosen.startswith("unix:"):
        sockets = [Path(chosen.removeprefix("unix:"))]
    else:
        base = os.environ.get("PULSE_RUNTIME_PATH")
        usual = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
        sockets = [Path(base) / "native" if base else usual / "pulse" / "native", usual / "pipewire-0"]
    for path in sockets:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LOOK_S)
            client.connect(str(path))
            return True
    return False


def _running(names: Iterable[str]) -> set[str]:
    """Those of these programs that this person runs as a service for the whole session."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            # One that was started by hand with a configuration of its own is somebody's experiment.
            if process.name() in names and process.uids().real == os.getuid() and "-n" not in process.cmdline():
                found.add(process.name())
    return found


def ollama(options: RouterOptions) -> OllamaFacts | None:
    """The Ollama server of a profile; None where the profile has another backend."""
    if options.text.backend != "ollama":
        return None
    installed = shutil.which("ollama") is not None or Path("/Applications/Ollama.app").exists()
    version = _asked(options, "/api/version")
    if not isinstance(version, dict):
        return OllamaFacts(installed=installed)
    total, free = _memory()
    port = urlsplit(options.text.base_url).port or 11434
    return OllamaFacts(
        installed=installed,
        answers=True,
        version=_numbers(str(version.get("version", ""))),
        models={str(model["name"]): int(model.get("size", 0)) for model in _listed(options, "/api/tags")},
        loaded=tuple(
            LoadedModel(str(model["name"]), int(model.get("size", 0)), int(model.get("size_vram", 0)))
            for model in _listed(options, "/api/ps")
        ),
        environment=_environment(),
        listens_at=_listening(port),
        free_bytes=free,
        total_bytes=total,
    )


def _asked(options: RouterOptions, path: str) -> Any:
    import httpx

    try:
        with httpx.Client(base_url=options.text.base_url, timeout=LOOK_S, trust_env=False) as client:
            return client.get(path).raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None


def _listed(options: RouterOptions, path: str) -> list[dict[str, Any]]:
    answer = _asked(options, path)
    models = answer.get("models") if isinstance(answer, dict) else None
    return [model for model in models or () if isinstance(model, dict) and isinstance(model.get("name"), str)]


def _numbers(version: str) -> tuple[int, ...]:
    """``0.33.0-rc2`` as (0, 33, 0); empty where it is no version."""
    try:
        return tuple(int(part) for part in version.partition("-")[0].split("."))
    except ValueError:
        return ()


def _environment() -> dict[str, str] | None:
    """The server's variables, where this person may see them; a server of its own user's hides them."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name() == "ollama" and "serve" in process.cmdline():
                return {name: value for name, value in process.environ().items() if name.startswith("OLLAMA_")}
    return None


def _listening(port: int) -> tuple[str, ...]:
    try:
        found = psutil.net_connections("tcp")
    except (psutil.Error, OSError):  # macOS keeps this to root
        return ()
    listening = [tuple(one.laddr) for one in found if one.status == psutil.CONN_LISTEN]
    return tuple(sorted({str(place[0]) for place in listening if place[1:2] == (port,)}))


def _memory() -> tuple[int | None, int | None]:
    from homebody.router.memory_probe import probe_here

    try:
        seen = probe_here().read()
    except HomebodyError:
        return None, None
    return seen.total, seen.free


def nvidia_problem() -> Problem | None:
    """Why a card of NVIDIA's cannot be asked."""
    try:
        hardware.nvidia_gpus()
    except MissingPart as error:
        return Problem("memory", error.reason, error.remedy)
    return None


def clock_synchronized() -> bool | None:
    """Whether the system sets its clock by the network; None where it does not say."""
    try:
        asked = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=LOOK_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(asked.stdout.strip())


def released() -> dt.datetime:
    """When the file of this module was made; a clock before that is wrong."""
    try:
        return dt.datetime.fromtimestamp(Path(__file__).stat().st_mtime - 86_400, dt.UTC)
    except OSError:
        return dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def taken_ports(profile: Profile) -> tuple[str, ...]:
    """Of the addresses this profile listens at, those that cannot be had. Ask only while no router of ours runs."""
    found = []
    for address in (profile.router.metrics, profile.wire.tcp.removeprefix("tcp://")):
        host, _, port = address.rpartition(":")
        if not address:
            continue
        try:
            family, _, _, _, place = socket.getaddrinfo(host.strip("[]*") or "0.0.0.0", int(port))[0]  # noqa: S104
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
        except (OSError, ValueError):
            found.append(address)
    return tuple(found)


def listed_keys() -> int:
    """How many clients may come in from other machines."""
    try:
        return len(keys.listed())
    except HomebodyError:
        return 0


def inotify_watches() -> int | None:
    """How many folders the system watches for one person; Linux only."""
    try:
        return int(Path("/proc/sys/fs/inotify/max_user_watches").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def reader_of_text() -> bool:
    """Whether anything here reads the text in pictures."""
    from homebody.gallery.ocr import installed

    return bool(installed())


def absent_extras() -> tuple[str, ...]:
    """Extras of homebody's package of which some part for this machine is not installed."""
    absent = set()
    try:
        texts = importlib.metadata.requires("homebody") or []
    except importlib.metadata.PackageNotFoundError:
        return ()
    for text in texts:
        name, extra = _NAME.match(text), _EXTRA.search(text)
        elsewhere = "darwin" in text and sys.platform != "darwin"
        if name is None or extra is None or elsewhere:
            continue
        try:
            importlib.metadata.distribution(name.group())
        except importlib.metadata.PackageNotFoundError:
            absent.add(extra.group(1))
    return tuple(sorted(absent - ({"nvidia"} if not hardware.has_nvidia_driver() else set())))


def runtime() -> FolderFacts:
    """The folder of the router's socket."""
    return folder(runtime_dir())
