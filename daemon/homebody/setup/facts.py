"""What `homebody doctor` looks at, gathered before anything is judged. Frozen and plain, so that faults can be made up.

Whatever could not be looked at is None or empty, and nothing is concluded from it.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from homebody.errors import Problem
from homebody.hardware import Machine
from homebody.messages import Link, StatusReport
from homebody.profile import Profile


class FolderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A folder.

    Attributes:
        path: Where.
        exists, writable, readable, own: Own: it belongs to this person.
        mode: Permission bits.
        free_bytes: Left on its disk for this person.
        folders: Folders in it, itself included, as far as they were counted.
        damaged: Names of databases that were set aside in it.
    """

    path: str
    exists: bool = True
    writable: bool = True
    readable: bool = True
    own: bool = True
    mode: int = 0o700
    free_bytes: int | None = None
    folders: int = 1
    damaged: tuple[str, ...] = ()


class RouterProcess(msgspec.Struct, frozen=True):
    """A process that is a router of this person, for everyone (no private one of a command)."""

    pid: int
    endpoint: str = ""


class ServiceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The services.

    Attributes:
        endpoint: Where the router is to be.
        installed: As services of the system.
        answers: A router answers there.
        lock_pid: Whoever holds the router's lock; None: nobody does.
        socket_exists: Its socket file is there.
        routers: All router processes of this person.
        report: The running router's; None: it does not run, or did not say.
        version: Of this command.
        lingers: Services run without a login; None: no such thing here.
    """

    endpoint: str = ""
    installed: bool = False
    answers: bool = False
    lock_pid: int | None = None
    socket_exists: bool = False
    routers: tuple[RouterProcess, ...] = ()
    report: StatusReport | None = None
    version: str = ""
    lingers: bool | None = None


class SoundDevice(msgspec.Struct, frozen=True):
    """A sound device: its name, and its channels in and out."""

    name: str
    inputs: int
    outputs: int


class SoundFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The sound system.

    Attributes:
        error: Why it could not be asked.
        devices: What it has; None: it could not be asked.
        server_runs: PulseAudio's or PipeWire's socket accepts connections; None: this system has neither.
        server_installed: A program of one of them is there.
        cards: Sound cards of the kernel's.
        cards_readable: This person may use them directly.
        servers: Those sound servers that run, by their programs' names.
    """

    error: Problem | None = None
    devices: tuple[SoundDevice, ...] | None = None
    server_runs: bool | None = None
    server_installed: bool = False
    cards: int = 0
    cards_readable: bool = True
    servers: tuple[str, ...] = ()


class LoadedModel(msgspec.Struct, frozen=True):
    """A model in the server's memory, in bytes, and what of it is on the graphics card."""

    name: str
    size: int
    on_gpu: int


class OllamaFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The Ollama server.

    Attributes:
        installed: Its program is on the path.
        answers: It does, at the profile's address.
        version: As numbers; empty: it did not say.
        models: Those it has, with their files' sizes in bytes.
        loaded: Those in memory.
        environment: The server's own ``OLLAMA_*`` variables; None: they cannot be seen.
        listens_at: Addresses it accepts connections at; empty: they cannot be seen.
        free_bytes, total_bytes: Memory for models; None: nobody knows.
    """

    installed: bool = False
    answers: bool = False
    version: tuple[int, ...] = ()
    models: dict[str, int] = {}
    loaded: tuple[LoadedModel, ...] = ()
    environment: dict[str, str] | None = None
    listens_at: tuple[str, ...] = ()
    free_bytes: int | None = None
    total_bytes: int | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        profile: As it is loaded; None: it is refused, and `profile_error` says why.
        profile_error: Why.
        machine: This machine.
        now: The clock.
        released: This version's files are as old as that; a clock before it is wrong.
        clock_synchronized: By the system's own word; None: it does not say.
        data, config, runtime: homebody's own folders.
        watched: Those of the gallery.
        inotify_watches: Most folders that one person may watch; None: no such limit here.
        taken_ports: Of the ports this profile needs, those that some other program holds.
        keys: How many clients of other machines are listed; None: they are not asked for.
        reader_of_text: Something that reads the text in pictures is installed.
        extras: Optional parts that are not installed, each with what pip is to be told.
        mixer: Each program has a volume of its own here, which can be asked for.
        nvidia_problem: There is a card of NVIDIA's that cannot be asked.
        chain: What was tried, in order.
    """

    profile: Profile | None = None
    profile_error: Problem | None = None
    machine: Machine | None = None
    now: dt.datetime
    released: dt.datetime
    clock_synchronized: bool | None = None
    data: FolderFacts | None = None
    config: FolderFacts | None = None
    runtime: FolderFacts | None = None
    watched: tuple[FolderFacts, ...] = ()
    inotify_watches: int | None = None
    taken_ports: tuple[str, ...] = ()
    keys: int | None = None
    reader_of_text: bool = True
    extras: tuple[str, ...] = ()
    mixer: bool = True
    nvidia_problem: Problem | None = None
    services: ServiceFacts = ServiceFacts()
    sound: SoundFacts = SoundFacts()
    ollama: OllamaFacts | None = None
    chain: tuple[Link, ...] = ()
