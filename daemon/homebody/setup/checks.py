"""What is wrong, from what was seen. Pure: `Facts` in, `Finding`s out; the machine is judged here, the chain beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from homebody.hardware import choose
from homebody.setup.checks_models import MODEL_CHECKS
from homebody.setup.facts import Facts, FolderFacts
from homebody.setup.findings import Finding

MIB: Final = 2**20
GIB: Final = 2**30
FULL_BYTES: Final = 200 * MIB  # SQLite's logs, a kept turn and an upgrade still fit into so much
SOCKET_PATH_LIMIT_BYTES: Final = 103
WATCHES_SHARE: Final = 0.9

_SOUND: Final = frozenset({"portaudio-missing", "sound-stuck", "sound-server-down", "sound-bridge-missing"})
# What failed, and what explains it: the effect is not told beside its cause.
CAUSES: Final = {
    "model-fails": frozenset({"ollama-not-installed", "ollama-down", "model-not-downloaded"}),
    "microphone-fails": _SOUND | {"no-microphone", "microphone-unknown"},
    "loudspeaker-fails": _SOUND | {"no-loudspeaker", "loudspeaker-unknown"},
    "router-fails": frozenset({"router-hangs", "data-of-somebody-else", "data-not-writable", "disk-full",
                               "runtime-not-writable", "socket-path-too-long", "port-taken"}),
    "voice-absent": frozenset({"no-microphone", "no-loudspeaker", "microphone-unknown", "loudspeaker-unknown"}),
}  # fmt: skip

Check = Callable[[Facts], Iterator[Finding]]


def findings(facts: Facts) -> list[Finding]:
    """All that is wrong, the worst first, otherwise in the order of the checks. Each name at most once a part."""
    found = {(one.name, one.part): one for check in CHECKS for one in check(facts)}
    names = {name for name, _ in found}
    found = {key: one for key, one in found.items() if not CAUSES.get(one.name, frozenset()) & names}
    ranks = {"error": 0, "warning": 1, "note": 2}
    return sorted(found.values(), key=lambda finding: ranks[finding.severity])


# --- settings, folders, disk -----------------------------------------------------------------------------------------


def check_profile(facts: Facts) -> Iterator[Finding]:
    """Refused, or for another machine."""
    if facts.profile_error is not None:
        yield Finding("profile-refused", "settings", facts.profile_error.problem, facts.profile_error.remedy)
    if facts.profile is not None and facts.machine is not None:
        name = facts.profile.name
        why = choose(facts.machine, {name: facts.profile.machine}).others.get(name)
        if why:
            reason = f"The profile {name} is not for this machine: {why}."
            yield Finding("profile-too-large", "settings", reason, "Choose another: homebody profiles", "warning")


def check_own_folders(facts: Facts) -> Iterator[Finding]:
    """Homebody's own folders, and the path of the socket."""
    data, runtime = facts.data, facts.runtime
    if data is not None and data.exists:
        if not data.own:
            reason = f"{data.path} belongs to another user; homebody was probably run with sudo once."
            yield Finding("data-of-somebody-else", "data", reason, f'Take it back: sudo chown -R "$USER" {data.path}')
        elif not data.writable:
            reason = f"{data.path} cannot be written to."
            yield Finding("data-not-writable", "data", reason, f"Give yourself the right: chmod -R u+rwX {data.path}")
        elif data.mode & 0o077:
            reason = f"Other users of this machine can look into {data.path}."
            yield Finding("data-open-to-others", "data", reason, f"Close it: chmod -R go= {data.path}", "warning")
        if data.damaged:
            reason = f"A damaged file was set aside: {data.damaged[-1]} in {data.path}."
            remedy = "Restore a backup if you have one, then delete it, so that this is not said again."
            yield Finding("database-set-aside", "data", reason, remedy, "warning")
    if runtime is not None and runtime.exists and not (runtime.writable and runtime.own):
        reason = f"The router's socket cannot be made in {runtime.path}."
        remedy = "Delete that folder as whoever owns it, or set HOMEBODY_RUNTIME_DIR to another."
        yield Finding("runtime-not-writable", "router", reason, remedy)
    path = facts.services.endpoint.removeprefix("ipc://")
    if (size := len(path.encode())) > SOCKET_PATH_LIMIT_BYTES:
        reason = f"The socket path {path} has {size} bytes; {SOCKET_PATH_LIMIT_BYTES} are the limit."
        yield Finding("socket-path-too-long", "router", reason, "Set HOMEBODY_RUNTIME_DIR to a shorter folder.")


def check_disk(facts: Facts) -> Iterator[Finding]:
    """Room on the disk of the data folder."""
    data = facts.data
    if data is None or data.free_bytes is None:
        return
    if data.free_bytes < FULL_BYTES:
        reason = f"Only {data.free_bytes // MIB} MiB are free on the disk of {data.path}."
        yield Finding("disk-full", "disk", reason, f"Make room; what takes most shows: du -xh {data.path} | sort -h")
        return
    if facts.profile is None or facts.ollama is None:
        return
    there = sum(facts.ollama.models.values()) if facts.ollama.answers else 0
    still = facts.profile.machine.disk_gib * GIB - there
    if still > data.free_bytes:
        reason = (
            f"Up to {still / GIB:.1f} GiB of models are still to come, and {data.free_bytes / GIB:.1f} GiB are free."
        )
        yield Finding("disk-too-small", "disk", reason, "Make room, or choose a smaller profile.", "warning")


# --- services --------------------------------------------------------------------------------------------------------


def check_router(facts: Facts) -> Iterator[Finding]:
    """One router, and it answers."""
    services = facts.services
    answering = next((s.pid for s in services.report.services if s.name == "router"), None) if services.report else None
    spare = [process.pid for process in services.routers if process.pid not in {answering, services.lock_pid}]
    if services.lock_pid is not None and not services.answers:
        reason = f"The router (process {services.lock_pid}) holds its lock and does not answer."
        yield Finding("router-hangs", "router", reason, f"End it, it is started again: kill -9 {services.lock_pid}")
    elif services.installed and not services.answers:
        yield Finding("services-down", "router", "The installed services do not run.", "Start them: homebody start")
    if spare and (services.answers or len(spare) > 1):
        pids = " ".join(map(str, spare))
        reason = f"Another router was left over (process {pids})."
        yield Finding("second-router", "router", reason, f"End it: kill {pids}")
    if services.socket_exists and services.lock_pid is None and not services.answers:
        path = services.endpoint.removeprefix("ipc://")
        reason = f"{path} is left over from a router that was killed; the next one takes it over."
        yield Finding("stale-socket", "router", reason, "Nothing needs to be done; start it: homebody run", "note")


def check_running(facts: Facts) -> Iterator[Finding]:
    """What the running router knows of the others."""
    report = facts.services.report
    if report is None:
        return
    states = {service.name: service.state for service in report.services}
    if states.get("voice") == "absent":
        start = "homebody restart" if facts.services.installed else "homebody run"
        reason = "The router runs, and no voice service is attached to it."
        yield Finding("voice-absent", "voice", reason, f"See why: homebody logs voice; then: {start}")
    watched = facts.profile is not None and facts.profile.gallery.folders
    if watched and states.get("gallery") == "absent":
        start = "homebody restart" if facts.services.installed else "homebody gallery"
        reason = "Folders are to be watched, and no gallery service is attached."
        yield Finding("gallery-absent", "gallery", reason, f"Start it: {start}", "warning")
    if report.version != facts.services.version:
        reason = f"Version {report.version} still runs; this command is {facts.services.version}."
        yield Finding("old-version-runs", "services", reason, "Start the new one: homebody restart", "warning")
    told = {"language model"} if facts.ollama is not None else set()
    told |= {"microphone"} if facts.chain else set()  # said better by other checks
    for problem in (problem for problem in report.problems if problem.part not in told):
        yield Finding("reported", problem.part, problem.problem, problem.remedy, "warning")


def check_lingering(facts: Facts) -> Iterator[Finding]:
    """Services that end at logout."""
    if facts.services.installed and facts.services.lingers is False:
        reason = "The services start when you log in and end when you log out."
        yield Finding("linger-off", "services", reason, "To run always: homebody install --linger", "note")


# --- sound -----------------------------------------------------------------------------------------------------------


def check_sound(facts: Facts) -> Iterator[Finding]:
    """The sound system, then the devices on it."""
    sound = facts.sound
    if sound.error is not None:
        name = (
            "portaudio-missing" if sound.devices is None and "not installed" in sound.error.problem else "sound-stuck"
        )
        yield Finding(name, "sound", sound.error.problem, sound.error.remedy)
        return
    if len(sound.servers) > 1:
        reason = f"Two sound servers run: {' and '.join(sound.servers)}; each takes devices from the other."
        remedy = "Keep PipeWire: systemctl --user disable --now pulseaudio.service pulseaudio.socket"
        yield Finding("two-sound-servers", "sound", reason, remedy, "warning")
    if sound.devices is None:
        return
    inputs = [device.name for device in sound.devices if device.inputs]
    outputs = [device.name for device in sound.devices if device.outputs]
    if not (inputs and outputs) and (cause := _no_devices(facts)):
        yield cause
        return
    if not inputs:
        reason = "This machine has no microphone."
        yield Finding("no-microphone", "microphone", reason, "Connect one, then look: homebody devices")
    if not outputs:
        reason = "This machine has no loudspeaker."
        yield Finding("no-loudspeaker", "loudspeaker", reason, "Connect one, then look: homebody devices")
    if facts.profile is None:
        return
    voice = facts.profile.voice
    for part, wanted, names in (
        ("microphone", voice.microphone.device, inputs),
        ("loudspeaker", voice.speaker.device, outputs),
    ):
        if names and not any(wanted.casefold() in name.casefold() for name in names):
            table = "microphone" if part == "microphone" else "speaker"
            reason = f"There is no {part} named {wanted}."
            remedy = f"Write one of these as device under [voice.{table}]: {', '.join(dict.fromkeys(names))}."
            yield Finding(f"{part}-unknown", part, reason, remedy)


def _no_devices(facts: Facts) -> Finding | None:
    """Why there are no devices, where the sound system is to blame."""
    sound = facts.sound
    if sound.server_runs:
        if sound.devices:
            return None  # the bridge works; something is not plugged in
        remedy = "Debian, Ubuntu: sudo apt install libasound2-plugins; with PipeWire instead: pipewire-alsa"
        reason = "The sound server runs, but ALSA programs find no way to it."
        return Finding("sound-bridge-missing", "sound", reason, remedy)
    if sound.cards and not sound.cards_readable:
        reason = "There is a sound card, and you may not use it."
        return Finding("sound-not-permitted", "sound", reason, 'sudo usermod -aG audio "$USER", then log in again')
    if sound.server_runs is False and sound.server_installed:
        remedy = "Start it: systemctl --user start pipewire pipewire-pulse wireplumber (or: pulseaudio --start)"
        return Finding("sound-server-down", "sound", "No sound server runs for you.", remedy)
    return None


# --- the rest of the machine -----------------------------------------------------------------------------------------


def check_clock(facts: Facts) -> Iterator[Finding]:
    """Timers and captions live by the clock."""
    if facts.now < facts.released:
        reason = f"The clock says {facts.now:%d %B %Y}, which is before this homebody was made."
        yield Finding("clock-wrong", "clock", reason, "Set it: sudo timedatectl set-ntp true")
    elif facts.clock_synchronized is False:
        reason = "The clock is not set by the network, so timers may ring at the wrong time of day."
        yield Finding("clock-not-synchronized", "clock", reason, "Have it set: sudo timedatectl set-ntp true", "note")


def check_ports(facts: Facts) -> Iterator[Finding]:
    """Where the profile wants to listen."""
    for address in facts.taken_ports:
        reason = f"Another program listens at {address}."
        yield Finding("port-taken", f"port {address}", reason, f"See which: ss -ltnp 'sport = {_port(address)}'")
    if facts.profile is not None and facts.profile.wire.tcp and facts.keys == 0:
        reason = f"Other machines may come in at {facts.profile.wire.tcp}, and none is listed."
        yield Finding("no-keys", "keys", reason, "List one: homebody keys add NAME", "warning")


def _port(address: str) -> str:
    return ":" + address.rpartition(":")[2]


def check_watched(facts: Facts) -> Iterator[Finding]:
    """Folders whose pictures are captioned."""
    for folder in facts.watched:
        yield from _watched(folder)
    total = sum(folder.folders for folder in facts.watched)
    limit = facts.inotify_watches
    if limit is not None and total > WATCHES_SHARE * limit:
        reason = f"{total} folders are to be watched; the system allows {limit} for all your programs."
        remedy = "Raise it: echo fs.inotify.max_user_watches=524288 | sudo tee /etc/sysctl.d/60-homebody.conf"
        yield Finding("too-many-folders", "gallery", reason, f"{remedy} && sudo sysctl --system", "warning")


def _watched(folder: FolderFacts) -> Iterator[Finding]:
    part = f"folder {folder.path}"
    if not folder.exists:
        reason = f"The watched folder {folder.path} is not there."
        remedy = f"Connect its disk, or watch it no more: homebody watch remove {folder.path}"
        yield Finding("folder-missing", part, reason, remedy, "warning")
    elif not folder.readable:
        reason = f"The watched folder {folder.path} may not be read."
        yield Finding(
            "folder-unreadable", part, reason, f"Give yourself the right: chmod u+rx {folder.path}", "warning"
        )


def check_extras(facts: Facts) -> Iterator[Finding]:
    """What could be installed as well."""
    if facts.watched and not facts.reader_of_text:
        reason = "Folders are watched, and nothing here reads the text in pictures."
        remedy = "pip install 'homebody[ocr]', or install the program tesseract"
        yield Finding("no-reader-of-text", "gallery", reason, remedy, "note")
    if facts.profile is not None and facts.profile.voice.ducking.enabled and not facts.mixer:
        mac = facts.machine.system.lower().startswith(("darwin", "macos"))
        reason = "Other programs' sound stays as loud while you speak with the assistant: "
        reason += "macOS has no volume for each program." if mac else "the program pactl is not installed."
        settled = "Nothing helps; to read this no more: enabled = false under [voice.ducking]"
        remedy = settled if mac else "Debian, Ubuntu: sudo apt install pulseaudio-utils"
        yield Finding("no-ducking", "loudspeaker", reason, remedy, "note")
    if facts.extras:
        names = ", ".join(facts.extras)
        remedy = f"If you want them: pip install 'homebody[{names.replace(', ', ',')}]'"
        yield Finding("extras-absent", "extras", f"Optional and not installed: {names}.", remedy, "note")


def check_chain(facts: Facts) -> Iterator[Finding]:
    """The first part that failed: what comes after it had nothing to work with."""
    for link in facts.chain:
        if link.fault:
            slow = link.fault in {"model-slow", "muted"}
            yield Finding(link.fault, link.part, link.problem, link.remedy, "warning" if slow else "error")
            if not slow:
                return


CHECKS: Final[tuple[Check, ...]] = (
    check_profile,
    check_own_folders,
    check_disk,
    check_sound,
    *MODEL_CHECKS,
    check_chain,
    check_router,
    check_running,
    check_lingering,
    check_clock,
    check_ports,
    check_watched,
    check_extras,
)
