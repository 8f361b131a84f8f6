"""Where homebody keeps things on this machine. Nothing is created by asking; `private_dir` creates."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

from homebody.errors import NotWritable, UsageError

APP: Final = "homebody"
SOCKET_PATH_LIMIT_BYTES: Final = 103  # sun_path is 104 bytes on macOS, the closing NUL included


def config_dir() -> Path:
    """The person's own configuration: ``$HOMEBODY_CONFIG_DIR``, else the platform's."""
    return Path(os.environ.get("HOMEBODY_CONFIG_DIR") or platformdirs.user_config_path(APP))


def data_dir() -> Path:
    """What must survive: ``$HOMEBODY_DATA_DIR``, else the service manager's state directory, else the platform's."""
    chosen = os.environ.get("HOMEBODY_DATA_DIR") or os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(chosen or platformdirs.user_data_path(APP))


def recogniser_dir(name: str) -> Path:
    """Where `homebody models` keeps a recogniser: its files, ``model.bin`` the last to come."""
    return data_dir() / "models" / "recognisers" / name.replace("/", "--")


def picture_model_dir(name: str) -> Path:
    """Where `homebody models` keeps a model for pictures that homebody runs itself, its weights the last to come."""
    return data_dir() / "models" / "vision" / name.replace("/", "--")


def text_model_dir(name: str) -> Path:
    """Where a language model lies that homebody runs itself and a profile names without a path."""
    return data_dir() / "models" / "text" / name


def voices_dir() -> Path:
    """Where Piper's voices lie: ``NAME.onnx``, the last to come, and ``NAME.onnx.json``."""
    return data_dir() / "models" / "voices"


def cache_dir() -> Path:
    """What can be made again: ``$HOMEBODY_CACHE_DIR``, else the platform's."""
    return Path(os.environ.get("HOMEBODY_CACHE_DIR") or platformdirs.user_cache_path(APP))


def runtime_dir() -> Path:
    """Sockets and locks: ``$HOMEBODY_RUNTIME_DIR``, else in the user's runtime directory, else under the temporary
    directory with the user's id in its name."""
    if chosen := os.environ.get("HOMEBODY_RUNTIME_DIR"):
        return Path(chosen)
    if base := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(base) / APP
    if (usual := Path(f"/run/user/{os.getuid()}")).is_dir():  # after su and the like the variable is not set
        return usual / APP
    import tempfile

    return Path(tempfile.gettempdir()) / f"{APP}-{os.getuid()}"


def default_endpoint() -> str:
    """The router's address.

    Raises:
        UsageError: The path is longer than a socket's may be.
    """
    return ipc_endpoint(runtime_dir() / "router")


def ipc_endpoint(path: Path) -> str:
    """``ipc://`` for this socket path, refused where it is too long to be bound on every platform."""
    size_bytes = len(os.fsencode(path))
    if size_bytes > SOCKET_PATH_LIMIT_BYTES:
        raise UsageError(
            f"The socket path {path} has {size_bytes} bytes; {SOCKET_PATH_LIMIT_BYTES} are the limit.",
            "Set HOMEBODY_RUNTIME_DIR to a shorter directory.",
        )
    return f"ipc://{path}"


def private_dir(path: Path) -> Path:
    """The directory, created if need be, readable by its owner alone.

    Raises:
        NotWritable: It cannot be created or written to, or belongs to someone else.
    """
    import tempfile  # takes as long to import as this module with all the others

    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_uid != os.getuid():
            raise NotWritable(f"{path} belongs to another user.", "Set HOMEBODY_RUNTIME_DIR or HOMEBODY_DATA_DIR.")
        path.chmod(0o700)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written to: {error.strerror}.",
            "Give yourself the right to write there, or set HOMEBODY_DATA_DIR to another folder.",
        ) from error
    return path


def shipped(name: str) -> Path:
    """A folder that travels with homebody (``profiles``, ``systemd``, ``launchd``): package data when installed, the
    repository's own folder in a checkout."""
    package = Path(__file__).parent
    installed = package / name
    return installed if installed.is_dir() else package.parent.parent / name
