"""A private PulseAudio server with a virtual loudspeaker and a virtual microphone: real sound without a sound card.

PortAudio sees them as devices named ``lab_spk`` (what is played there is recorded from ``spk.monitor``), ``lab_mic``
(hears what is played into the sink ``room``) and ``lab_mon`` (hears what the loudspeaker plays). At 16 kHz everything
passes bit for bit. Each oddity below was learned by failing:

- A unix socket's path has at most 107 bytes, so the folder must be a short one.
- ``norewinds=1``: the null sink sleeps up to 2 s otherwise, and the first sound comes as late.
- The microphone is fed from the server's sample cache; a client such as paplay starves on a loaded machine.
- ``setpriv --pdeathsig``: a killed test run would otherwise leave the server behind. It also ends the server with the
  thread that started it, so `PulseLab.start` belongs in the main thread.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]

START_LIMIT_S = 15.0
PROGRAMS = ("pulseaudio", "pactl", "parec", "setpriv")

SERVER = """
.fail
load-module module-native-protocol-unix socket={socket} auth-anonymous=1
load-module module-null-sink sink_name=spk norewinds=1 rate={rate} channels=1
load-module module-null-sink sink_name=room norewinds=1 rate={rate} channels=1
load-module module-remap-source source_name=mic master=room.monitor
set-default-sink spk
set-default-source mic
"""

# Without a hint PortAudio does not list a device.
ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default {{ type pulse server "{server}" hint {{ show on description "lab default" }} }}
ctl.!default {{ type pulse server "{server}" }}
pcm.lab_spk {{ type pulse server "{server}" device "spk" hint {{ show on description "virtual loudspeaker" }} }}
pcm.lab_mic {{ type pulse server "{server}" device "mic" hint {{ show on description "virtual microphone" }} }}
pcm.lab_mon {{ type pulse server "{server}" device "spk.monitor" hint {{ show on description "what was played" }} }}
"""


def missing_programs() -> list[str]:
    """What would have to be installed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


class PulseLab:
    """The server. A context manager; while it is open, this process and its children use its devices."""

    def __init__(self, *, rate_hz: int = 16_000) -> None:
        self.rate_hz = rate_hz
        self.root = Path(tempfile.mkdtemp(prefix="pl"))
        self.socket = self.root / "p.sock"
        server = f"unix:{self.socket}"
        self.environment = {
            "PULSE_SERVER": server,
            "PULSE_RUNTIME_PATH": str(self.root),
            "ALSA_CONFIG_PATH": str(self.root / "asound.conf"),
        }
        (self.root / "asound.conf").write_text(ALSA.format(server=server))
        (self.root / "server.pa").write_text(SERVER.format(socket=self.socket, rate=rate_hz))
        self._before: dict[str, str | None] = {}
        self._server: subprocess.Popen[bytes] | None = None
        self._cached: set[str] = set()

    def __enter__(self) -> PulseLab:
        self._before = {key: os.environ.get(key) for key in self.environment}
        os.environ.update(self.environment)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self) -> None:
        """Start the server, again after `kill`; returns when it answers."""
        own = {"HOME": str(self.root), "XDG_RUNTIME_DIR": str(self.root), "PULSE_STATE_PATH": str(self.root)}
        own["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"
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
                raise RuntimeError(f"pulseaudio does not start: {log.read_text()[-800:]}")
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
        """Stop the server where it stands; its clients hang. Until `thaw`."""
        if self._server is not None:
            self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
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

    @contextlib.contextmanager
    def recorded(self, path: Path, *, source: str = "spk.monitor") -> Iterator[Path]:
        """Record what is played, mono 16 bit at the server's rate, from before the block begins to after it ended."""
        recorder = subprocess.Popen(
            (
                *("parec", f"--device={source}", f"--rate={self.rate_hz}", "--channels=1", "--format=s16le"),
                *("--latency-msec=20", "--file-format=wav", str(path)),
            )
        )
        try:
            until_s = time.monotonic() + START_LIMIT_S
            while not (path.exists() and path.stat().st_size > 4096):  # it has begun when sound has arrived
                if recorder.poll() is not None or time.monotonic() > until_s:
                    raise RuntimeError("parec does not record")
                time.sleep(0.02)
            yield path
            time.sleep(0.3)
        finally:
            recorder.terminate()
            recorder.wait(10)


def read_pcm(path: Path) -> Pcm:
    """The samples of a mono 16-bit WAV file, also of one whose header was never finished."""
    with wave.open(str(path)) as file:
        pcm: Pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return pcm


def write_pcm(path: Path, samples: Pcm, *, rate_hz: int = 16_000) -> Path:
    """Write a mono 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def find(haystack: Pcm, needle: Pcm, *, key_samples: int = 1600) -> int | None:
    """Where ``needle`` begins in ``haystack``, by an exact match of its first loud 100 ms; None if nowhere."""
    loud = int(np.argmax(np.abs(needle.astype(np.int32)) > 500))
    key, text = needle[loud : loud + key_samples].tobytes(), haystack.tobytes()
    at = text.find(key)
    while at >= 0:
        if at % 2 == 0 and at // 2 >= loud:
            return at // 2 - loud
        at = text.find(key, at + 1)
    return None
