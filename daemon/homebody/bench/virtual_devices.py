"""A private PulseAudio server with a virtual loudspeaker and a virtual microphone: real sound without a sound card.

PortAudio sees them as devices named `SPEAKER` and `MICROPHONE`. Both lie on the channels of one stereo sink, the tape,
whose recording so has what was said and what was answered on one clock. At the server's own rate everything passes bit
for bit. Each oddity below was learned by failing:

- A unix socket's path has at most 107 bytes, so the folder must be a short one.
- ``norewinds=1``: the null sink sleeps up to 2 s otherwise, and the first sound comes as late.
- The microphone is fed from the server's sample cache; a client such as paplay starves on a loaded machine.
- ``setpriv --pdeathsig``: a killed process would otherwise leave the server behind. It acts when the *thread* that
  started the server ends, so that must be the main thread.
- Without ``hint`` in ALSA's configuration PortAudio does not list a device.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from homebody.errors import MachineError, MissingPart

MICROPHONE: Final = "lab_mic"
SPEAKER: Final = "lab_spk"
LOUDSPEAKER_CHANNEL: Final = 0  # of the tape
ROOM_CHANNEL: Final = 1
TAPE: Final = "tape.monitor"

START_LIMIT_S: Final = 15.0
PROGRAMS: Final = ("pulseaudio", "pactl", "parec", "setpriv")

_SERVER: Final = """
.fail
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=tape norewinds=1 rate={rate} channels=2 channel_map=front-left,front-right
load-module module-remap-sink sink_name=spk master=tape channels=1 channel_map=mono master_channel_map=front-left remix=no
load-module module-remap-sink sink_name=room master=tape channels=1 channel_map=mono master_channel_map=front-right remix=no
load-module module-remap-source source_name=mic master=tape.monitor channels=1 channel_map=mono master_channel_map=front-right remix=no
set-default-sink spk
set-default-source mic
"""  # noqa: E501 (its lines are PulseAudio's)

_ALSA: Final = """
</usr/share/alsa/alsa.conf>
pcm.!default {{ type pulse server "{server}" hint {{ show on description "virtual default" }} }}
ctl.!default {{ type pulse server "{server}" }}
pcm.lab_spk {{ type pulse server "{server}" device "spk" hint {{ show on description "virtual loudspeaker" }} }}
pcm.lab_mic {{ type pulse server "{server}" device "mic" hint {{ show on description "virtual microphone" }} }}
pcm.lab_mon {{ type pulse server "{server}" device "spk.monitor" hint {{ show on description "what was played" }} }}
"""


def missing_programs() -> list[str]:
    """What would have to be installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class VirtualDevices:
    """The server. A context manager; while it is open, this process and its children use its devices.

    Args:
        rate_hz: Of everything in it.

    Attributes:
        environment: What makes a process use these devices.

    Raises (on entering):
        MissingPart: PulseAudio is not installed, or this is not Linux.
        MachineError: It does not start.
    """

    def __init__(self, *, rate_hz: int = 16_000) -> None:
        self.rate_hz = rate_hz
        self.root = Path(tempfile.mkdtemp(prefix="hbs"))
        server = f"unix:{self.root / 'p.sock'}"
        self.environment = {
            "PULSE_SERVER": server,
            "PULSE_RUNTIME_PATH": str(self.root),
            "ALSA_CONFIG_PATH": str(self.root / "asound.conf"),
        }
        (self.root / "asound.conf").write_text(_ALSA.format(server=server), encoding="utf-8")
        (self.root / "server.pa").write_text(
            _SERVER.format(socket=self.root / "p.sock", rate=rate_hz), encoding="utf-8"
        )
        self._before: dict[str, str | None] = {}
        self._server: subprocess.Popen[bytes] | None = None
        self._cached: set[str] = set()

    def __enter__(self) -> VirtualDevices:
        """Start the server."""
        if sys.platform != "linux" or missing_programs():
            raise MissingPart(
                "Virtual sound devices need PulseAudio on Linux.",
                "Install them with: sudo apt-get install pulseaudio pulseaudio-utils libasound2-plugins",
            )
        self._before = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and forget everything."""
        self.kill()
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self) -> None:
        """Start the server, again after `kill`; returns when it answers."""
        own = {
            **{name: str(self.root) for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_STATE_PATH")},
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        }
        log = self.root / "pulse.log"
        with log.open("ab") as output:
            self._server = subprocess.Popen(
                (
                    *("setpriv", "--pdeathsig", "TERM", "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no"),
                    *("--exit-idle-time=-1", "--disable-shm=no", "--realtime=no", "--high-priority=yes"),
                    *("--log-target=stderr", "--log-level=notice", "-F", str(self.root / "server.pa")),
                ),
                env={**os.environ, **own},
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
            )
        until_s = time.monotonic() + START_LIMIT_S
        while subprocess.run(("pactl", "info"), capture_output=True, check=False).returncode:
            if self._server.poll() is not None or time.monotonic() > until_s:
                tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
                raise MachineError(f"PulseAudio does not start: {' '.join(tail)}", "Try: pulseaudio --version")
            time.sleep(0.02)
        self._cached.clear()

    @property
    def running(self) -> bool:
        """The server has not ended."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """End the server, as a crash would."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(10)
            self._server = None

    def freeze(self) -> None:
        """Stop the server without ending it: calls into it hang. `thaw` before anything else."""
        if self._server is not None:
            self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)

    def pactl(self, *arguments: str) -> str:
        """Ask the server for something; returns what it prints."""
        return subprocess.run(("pactl", *arguments), check=True, capture_output=True, text=True, timeout=20).stdout

    def speak_into_microphone(self, path: Path, *, sink: str = "room") -> None:
        """Play a WAV file where the microphone hears it, in real time; returns at once."""
        name = path.stem
        if name not in self._cached:
            self.pactl("upload-sample", str(path), name)
            self._cached.add(name)
        self.pactl("play-sample", name, sink)

    @contextmanager
    def recorded(self, path: Path, *, source: str = "spk.monitor") -> Iterator[Path]:
        """Record what is played, 16 bit at the server's rate, from before the block begins until after it has ended.

        Args:
            path: The WAV file to write.
            source: ``spk.monitor``: the loudspeaker, mono; `TAPE`: both channels of the tape.
        """
        channels = 2 if source == TAPE else 1
        path.unlink(missing_ok=True)  # an older recording would look like a beginning of this one
        recorder = subprocess.Popen(
            (
                *("parec", f"--device={source}", f"--rate={self.rate_hz}", f"--channels={channels}"),
                *("--format=s16le", "--latency-msec=20", "--file-format=wav", str(path)),
            )
        )
        try:
            until_s = time.monotonic() + START_LIMIT_S
            while not (path.exists() and path.stat().st_size > 4096):  # it has begun when sound has arrived
                if recorder.poll() is not None or time.monotonic() > until_s:
                    raise MachineError("The virtual loudspeaker cannot be recorded.", "Try: parec --version")
                time.sleep(0.02)
            yield path
            time.sleep(0.3)
        finally:
            recorder.terminate()
            recorder.wait(10)
