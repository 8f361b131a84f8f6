"""Every test gets folders of its own; tests of real sound share one private PulseAudio server."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from pulselab import PulseLab, missing_programs

# A loaded machine is slow, not wrong. The usual run tries the same examples each time: whoever changed something else
# is not to meet a find; new ones are looked for by `make test-thorough`.
hypothesis.settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folders that nothing else uses, with paths short enough for sockets, and no proxy."""
    with tempfile.TemporaryDirectory(prefix="hb", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        for name, kind in (("data", "DATA"), ("config", "CONFIG"), ("run", "RUNTIME"), ("cache", "CACHE")):
            (root / name).mkdir(mode=0o700)
            monkeypatch.setenv(f"HOMEBODY_{kind}_DIR", str(root / name))
        for name in PROXIES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv("HOMEBODY_PROFILE", raising=False)
        yield root


@pytest.fixture(scope="session")
def pulse() -> Iterator[PulseLab]:
    """A private PulseAudio server at 16 kHz. A machine of the continuous integration must have one."""
    required = os.environ.get("CI") == "true" or os.environ.get("REQUIRE_AUDIO") == "1"
    missing = missing_programs()
    if sys.platform != "linux" or missing:
        reason = f"no PulseAudio here: {', '.join(missing) or sys.platform}"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    with PulseLab() as lab:
        yield lab
