"""Install the peers, each in an environment of its own, in the versions of ``requirements/``; none is kept here.

    python bench/peers/prepare.py              # all of them, about 1.5 GB
    python bench/peers/prepare.py wyoming      # this one

They go into homebody's cache folder. Run it again whenever you like: what is there stays. Two things to know of
RealtimeSTT: it needs Python 3.11 or 3.12, and PyAudio, which is compiled here (``sudo apt-get install portaudio19-dev
gcc``); and torch, whose ordinary wheel for Linux brings several GB of NVIDIA's libraries. To have the one for
processors, let pip find that first (``PIP_FIND_LINKS``, or an index of yours in pip's configuration).
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from homebody.paths import cache_dir

HERE = Path(__file__).parent
PEERS = {  # name: the program that is its assistant
    "realtimestt": HERE / "realtimestt_peer.py",
    "wyoming": HERE / "wyoming_peer.py",
    "whole-reply": HERE / "whole_reply_peer.py",
}


def requirements(name: str) -> Path:
    """What this peer's environment holds, every version pinned."""
    return HERE / "requirements" / f"{name}.txt"


def environment(name: str) -> Path:
    """Where it is or will be."""
    return cache_dir() / "peers" / name


def python(name: str) -> Path | None:
    """The interpreter that has this peer in the versions of today's requirements; None: to be prepared."""
    stamp = environment(name) / "requirements.sha256"
    there = stamp.is_file() and stamp.read_text(encoding="ascii") == digest(name)
    return environment(name) / "bin" / "python" if there else None


def digest(name: str) -> str:
    """What tells one set of versions from another."""
    return hashlib.sha256(requirements(name).read_bytes()).hexdigest()


def prepare(name: str) -> None:
    """Make the environment anew. Takes minutes; needs the network.

    Raises:
        subprocess.CalledProcessError: pip could not; it has said why.
    """
    folder = environment(name)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    install = ("-m", "pip", "install", "--quiet", "--requirement", str(requirements(name)))
    subprocess.run((folder / "bin" / "python", *install), check=True)
    (folder / "requirements.sha256").write_text(digest(name), encoding="ascii")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Install the peers that homebody is compared with.")
    parser.add_argument("names", nargs="*", metavar="PEER", help=f"Of {', '.join(PEERS)}; all where none is named.")
    names = parser.parse_args().names or list(PEERS)
    if unknown := [name for name in names if name not in PEERS]:
        parser.error(f"there is no peer named {unknown[0]}; choose from {', '.join(PEERS)}")
    failed = 0
    for name in names:
        if python(name) is not None:
            print(f"{name}: there already")
            continue
        print(f"{name}: installing ...", flush=True)
        try:
            prepare(name)
        except subprocess.CalledProcessError:
            print(f"{name}: not installed; pip says above why.", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
