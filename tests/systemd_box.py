"""A small machine with a real systemd as PID 1, in namespaces of its own on a throw-away overlay of /: what services
are tested on. It has a journal, a bus, logind, a user ``tester``, PipeWire, and nothing but loopback for a network.

Two processes carry it. The holder keeps the overlay, so that what was written survives a reboot; below it, each boot
has its own process and mount namespaces and ends when its PID 1 does, all its processes with it.

Needs root, cgroup2 and overlayfs. Nothing outside its folder and one cgroup is touched.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

SCRIPT: Final = Path(__file__).with_name("systemd_box.sh")
SYSTEMD: Final = Path("/lib/systemd/systemd")
OLDEST: Final = 252
USER: Final = "tester"
UID: Final = 4242
LIMIT_S: Final = 150.0  # a hang guard, not a measurement
PROGRAMS: Final = ("unshare", "nsenter", "setpriv", "ip", "useradd", "dbus-daemon")
SOUND: Final = ("pipewire", "pipewire-pulse", "wireplumber", "pactl")


def impossible() -> str | None:
    """Why this machine can have no such box, whatever is installed; None where it can."""
    if sys.platform != "linux" or not SYSTEMD.exists():
        return "no systemd here"
    if os.geteuid() != 0:
        return "a box with systemd as PID 1 needs root"
    if _cgroup2() is None:
        return "a box with systemd as PID 1 needs cgroup2 mounted"
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "a box with systemd as PID 1 needs overlayfs"
    version = subprocess.run((SYSTEMD, "--version"), capture_output=True, text=True, check=True).stdout
    if int(re.search(r"\d+", version)[0]) < OLDEST:
        return f"systemd is older than {OLDEST}"
    if subprocess.run(("unshare", "--mount", "--pid", "--fork", "true"), capture_output=True, check=False).returncode:
        return "this machine allows no namespaces"
    return None


def missing_programs() -> list[str]:
    """What would have to be installed for it."""
    return [name for name in (*PROGRAMS, *SOUND) if shutil.which(name) is None]


def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> float:
    """Wait; returns how long it took, in seconds."""
    began_s = time.monotonic()
    while not condition():
        took_s = time.monotonic() - began_s
        assert took_s < limit_s, f"not in {limit_s:.0f} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began_s


class SystemdBox:
    """The machine. A context manager; `share` is seen in it as /mnt/share, and only while it runs.

    Args:
        readable: Paths that its user may read, with the folders above them, though here only root may.
        shown: Folders, and where else they are seen in it.
    """

    def __init__(self, *readable: Path, shown: Mapping[Path, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hbbox"))
        self.share = self.folder / "share"
        self.share.mkdir()
        self.folder.chmod(0o755)
        self._readable = [str(path) for path in readable]
        # An overlay of / shows no other file systems that are mounted below it, and every unit has a /tmp of its own.
        root = Path("/").stat().st_dev
        self._elsewhere = [f"{path}:{path}" for path in readable if path.stat().st_dev != root]
        self._elsewhere += [f"{path}:{seen}" for path, seen in (shown or {}).items()]
        self._cgroup = (_cgroup2() or Path()) / self.folder.name
        self._holder: subprocess.Popen[bytes] | None = None
        self._boot: subprocess.Popen[bytes] | None = None
        self._pid = 0

    def __enter__(self) -> SystemdBox:
        (self.folder / "console.log").touch()
        self._cgroup.mkdir()
        try:
            self._hold()
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._power_off()
        if self._holder:
            self._holder.kill()
            self._holder.wait(LIMIT_S)
        until(self._forget_cgroups, "the box's cgroups are gone", 10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def boot(self) -> None:
        """Turn it on; returns when it is up."""
        assert self._holder
        self._boot = subprocess.Popen(
            (
                "nsenter", f"--target={self._holder.pid}", "--mount",
                "bash", "-c", 'echo $$ > "$0"; exec "$@"', self._cgroup / "cgroup.procs",
                "unshare", "--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--kill-child",
                "bash", SCRIPT, "boot", self.folder, *self._elsewhere,
            ),
            stdin=subprocess.DEVNULL, stdout=self._console(), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        until(self._find_pid_1, "systemd is PID 1 of the box")
        until(lambda: self.succeeds("systemctl", "is-active", "box.target"), "the box has booted")

    def reboot(self) -> None:
        """Shut it down in order and turn it on again."""
        assert self._boot
        self.run("systemctl", "reboot", "--no-block")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._boot.wait(LIMIT_S)
        self._power_off()
        self.boot()

    def run(self, *command: str | Path, user: str = "root", check: bool = True, limit_s: float = LIMIT_S) -> str:
        """Run something in it; returns what it printed on both channels. As a user, with that user's session bus."""
        done = self._run(command, user, limit_s)
        assert not check or done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
        return done.stdout

    def succeeds(self, *command: str | Path, user: str = "root") -> bool:
        """Run something in it; whether its status is 0."""
        return self._run(command, user, LIMIT_S).returncode == 0

    def _run(self, command: tuple[str | Path, ...], user: str, limit_s: float) -> subprocess.CompletedProcess[str]:
        enter = ("nsenter", f"--target={self._pid}", "--all", "--")
        if user != "root":
            runtime = f"/run/user/{UID}"
            enter += (
                "setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups",
                "env", "-i", f"--chdir=/home/{user}", f"HOME=/home/{user}", f"USER={user}", f"LOGNAME={user}",
                "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", f"XDG_RUNTIME_DIR={runtime}",
                f"DBUS_SESSION_BUS_ADDRESS=unix:path={runtime}/bus",
            )  # fmt: skip
        return subprocess.run(
            (*enter, *command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=limit_s, check=False, cwd="/",
        )  # fmt: skip

    def _hold(self) -> None:
        self._holder = subprocess.Popen(
            ("unshare", "--mount", "bash", SCRIPT, "hold", self.folder, *self._readable),
            stdin=subprocess.DEVNULL, stdout=self._console(), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        holder = self._holder

        def held() -> bool:
            assert holder.poll() is None, (self.folder / "console.log").read_text(errors="replace")
            return (self.folder / "held").exists()

        until(held, "the box's file system")

    def _console(self) -> int:
        return os.open(self.folder / "console.log", os.O_WRONLY | os.O_APPEND)

    def _find_pid_1(self) -> bool:
        assert self._boot
        assert self._boot.poll() is None, (self.folder / "console.log").read_text(errors="replace")[-2000:]
        for name in ("cgroup.procs", "init.scope/cgroup.procs"):
            with contextlib.suppress(OSError):
                for pid in map(int, (self._cgroup / name).read_text().split()):
                    status = Path(f"/proc/{pid}/status").read_text()
                    if re.search(r"^NSpid:(?:\s+\d+)*\s+1$", status, re.MULTILINE) and "Name:\tsystemd\n" in status:
                        self._pid = pid
                        return True
        return False

    def _power_off(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._pid = 0
        if self._boot:
            if self._boot.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._boot.wait(2)
            self._boot.kill()
            self._boot.wait(LIMIT_S)
            self._boot = None

    def _forget_cgroups(self) -> bool:
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        return not self._cgroup.exists()


def _cgroup2() -> Path | None:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, path, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(path)
    return None
