"""CURVE keys: this machine's own pair, the clients it lets in from other machines, and the file a client carries.

::

    <configuration directory>/keys/
        router.json        the router's pair, mode 0600
        clients/NAME.pub   one file a listed client: its public key, 40 characters of Z85

A key is Curve25519's 32 bytes in Z85 (https://rfc.zeromq.org/spec/32/), as libzmq takes it. Only the public half of a
client's pair stays here; the whole pair is written once, to the file that is carried to the other machine.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import zmq

from homebody.errors import NotWritable, Problem, ProfileError, UsageError
from homebody.paths import config_dir, private_dir

log = logging.getLogger(__name__)

KEY: Final = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
MAKE_KEYS: Final = "Make them with: homebody keys"


class ServerKey(msgspec.Struct, frozen=True):
    """The router's own pair."""

    public_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"ServerKey({self.public_key})"


class ClientKey(msgspec.Struct, frozen=True):
    """What a client needs to get in: its own pair, and the key by which it knows the router."""

    server_key: str
    public_key: str
    secret_key: str

    def __repr__(self) -> str:
        return f"ClientKey({self.public_key})"


class Client(NamedTuple):
    """A listed client."""

    name: str
    public_key: str


def keys_dir() -> Path:
    """Where they are kept."""
    return config_dir() / "keys"


def server_key() -> ServerKey:
    """The router's pair.

    Raises:
        ProfileError: There is none yet, others may read it, or it is damaged.
    """
    path = keys_dir() / "router.json"
    try:
        mode = path.stat().st_mode
        pair = msgspec.json.decode(path.read_bytes(), type=ServerKey)
    except FileNotFoundError:
        raise ProfileError("This router has no keys yet, and wire.tcp wants them.", MAKE_KEYS) from None
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error.strerror}.", "Check its rights.") from error
    except msgspec.DecodeError as error:
        raise ProfileError(f"{path} holds no keys.", f"Delete it. {MAKE_KEYS}") from error
    if mode & 0o077:
        raise ProfileError(f"{path} can be read by others.", f"Take that right away: chmod 600 {path}")
    if not _are_pair(pair.public_key, pair.secret_key):
        raise ProfileError(f"{path} holds no keys.", f"Delete it. {MAKE_KEYS}")
    return pair


def make_server_key() -> ServerKey:
    """The router's pair, made now where there is none.

    Raises:
        NotWritable: The folder refuses.
        ProfileError: As `server_key`.
    """
    private_dir(keys_dir())
    with contextlib.suppress(FileExistsError):
        _write_new(keys_dir() / "router.json", msgspec.json.encode(ServerKey(*_new_pair())) + b"\n")
    return server_key()


def listed() -> list[Client]:
    """The clients that are let in, by name."""
    return AllowList().clients


def add(name: str, public_key: str) -> None:
    """Let this client in from now on.

    Raises:
        UsageError: The name or key is none, or the name is taken.
        NotWritable: The folder refuses.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a client.", "Use letters, digits, dots, dashes and underscores.")
    if not _is_key(public_key):
        raise UsageError("That is no public key.", "Give the 40 characters of a CURVE public key in Z85.")
    folder = private_dir(private_dir(keys_dir()) / "clients")
    try:
        _write_new(folder / f"{name}.pub", f"{public_key}\n".encode())
    except FileExistsError:
        raise UsageError(f"There is a client named {name}.", f"First: homebody keys remove {name}") from None


def add_new(name: str, path: Path) -> ClientKey:
    """Make a pair for a new client, list it, and write the file it carries; what fails leaves nothing behind.

    Args:
        name: The client's.
        path: The file; mode 0600, never overwritten.

    Raises:
        UsageError: The name is none or taken, or the file exists.
        NotWritable: A folder refuses.
    """
    public_key, secret_key = _new_pair()
    client = ClientKey(make_server_key().public_key, public_key, secret_key)
    add(name, public_key)
    try:
        _write_new(path, msgspec.json.format(msgspec.json.encode(client), indent=2) + b"\n")
    except BaseException as error:
        remove(name)
        if isinstance(error, FileExistsError):
            raise UsageError(f"{path} exists already.", "Choose another file with -o.") from None
        raise
    return client


def remove(name: str) -> None:
    """Let this client in no more; a router that runs ends its requests within a second.

    Raises:
        UsageError: There is none of that name.
    """
    path = keys_dir() / "clients" / f"{name}.pub"
    if not NAME.fullmatch(name) or not path.exists():
        names = ", ".join(client.name for client in listed()) or "none"
        raise UsageError(f"There is no client named {name}.", f"Listed are: {names}.")
    path.unlink()


def client_key(path: Path) -> ClientKey:
    """The file that `add_new` wrote.

    Raises:
        UsageError: It cannot be read, or is no such file.
    """
    try:
        client = msgspec.json.decode(path.read_bytes(), type=ClientKey)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check the path and its rights.") from error
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is no client's key file.", "Make one at the router: homebody keys add NAME"
        ) from error
    if not _is_key(client.server_key) or not _are_pair(client.public_key, client.secret_key):
        raise UsageError(f"{path} is no client's key file.", "Make one at the router: homebody keys add NAME")
    return client


class AllowList:
    """The listed clients, read again when the folder has changed. A file that is no key lets nobody in.

    Attributes:
        clients: Those listed, by name.
        problems: Files that are no keys.
    """

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self.problems: list[Problem] = []
        self._folder = keys_dir() / "clients"
        self._seen: object = None
        self._keys: frozenset[str] = frozenset()
        self.refresh()

    def __contains__(self, public_key: str) -> bool:
        """Whether this key was listed at the last `refresh`."""
        return public_key in self._keys

    def refresh(self) -> None:
        """Look whether the folder has changed. Quick enough for an event loop: one `scandir` where it has not."""
        files = self._files()
        seen = [(path.name, stat.st_ino, stat.st_mtime_ns, stat.st_size) for path, stat in files]
        if seen == self._seen:
            return
        self._seen, self.clients, self.problems = seen, [], []
        for path, _ in files:
            try:
                key = path.read_text(encoding="ascii").strip()
            except (OSError, UnicodeDecodeError):
                key = ""
            if _is_key(key):
                self.clients.append(Client(path.stem, key))
            else:
                remedy = f"List the client again: homebody keys remove {path.stem}"
                self.problems.append(Problem("keys", f"{path} holds no public key.", remedy))
        self._keys = frozenset(client.public_key for client in self.clients)

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        try:
            with os.scandir(self._folder) as entries:
                found = [(Path(entry.path), entry.stat()) for entry in entries if entry.name.endswith(".pub")]
        except OSError:  # no folder, no clients
            return []
        return sorted(found, key=lambda item: item[0].name)


def _new_pair() -> tuple[str, str]:
    public_key, secret_key = zmq.curve_keypair()
    return public_key.decode("ascii"), secret_key.decode("ascii")


def _is_key(text: str) -> bool:
    return KEY.fullmatch(text) is not None


def _are_pair(public_key: str, secret_key: str) -> bool:
    if not _is_key(public_key) or not _is_key(secret_key):
        return False
    try:
        return zmq.curve_public(secret_key.encode()).decode("ascii") == public_key
    except zmq.ZMQError:
        return False


def _write_new(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 that does not exist yet, whole or not at all.

    Raises:
        FileExistsError: It does.
        NotWritable: The folder refuses.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)  # unlike a rename, this refuses to overwrite
        finally:
            part.unlink()
    except FileExistsError:
        raise
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}.", "Choose a folder you may write to."
        ) from error
