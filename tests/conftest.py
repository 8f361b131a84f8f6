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
hypothesis.settings.register_profile("few", max_examples=10, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None, database=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# A test that carries one of these marks, itself or by its module, is none of `make test-fast`.
NOT_FAST = {"slow", "soak", "audio", "models", "processes", "lengthy"}
STARTS_A_PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
KINDS = {"data": "DATA", "config": "CONFIG", "run": "RUNTIME", "cache": "CACHE"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


_started: list[str] = []


def _note_started(event: str, arguments: tuple[object, ...]) -> None:
    if event in STARTS_A_PROCESS:
        _started.append(str(arguments[0]))


def pytest_configure() -> None:
    if sys.platform == "linux":  # elsewhere it takes a program to ask for the machine's memory
        sys.addaudithook(_note_started)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What carries no mark that says otherwise is ``fast``."""
    for item in items:
        if NOT_FAST.isdisjoint(mark.name for mark in item.iter_markers()):
            item.add_marker("fast")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Whatever a test starts, its fixtures included, is its own."""
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A fast test starts no process. Whoever writes one that does learns it here, in any run."""
    result = yield
    if _started and item.get_closest_marker("fast"):
        pytest.fail(f"It starts a process ({_started[0]}): mark it, or its module, with pytest.mark.processes.", False)
    return result


@pytest.fixture(scope="session")
def untouched() -> Iterator[list[tempfile.TemporaryDirectory[str]]]:
    """Folders in which a test left nothing: the next one gets them, for most tests take less time than to make them."""
    kept: list[tempfile.TemporaryDirectory[str]] = []
    yield kept
    for folder in kept:
        folder.cleanup()


def _is_untouched(root: Path) -> bool:
    inside = [root / name for name in KINDS]
    return (
        set(root.iterdir()) == set(inside)
        and not any(any(folder.iterdir()) for folder in inside)
        and all(folder.stat().st_mode & 0o777 == 0o700 for folder in (root, *inside))
    )


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, untouched: list[tempfile.TemporaryDirectory[str]]) -> Iterator[Path]:
    """Folders that nothing else uses, with paths short enough for sockets, and no proxy."""
    folder = untouched.pop() if untouched else tempfile.TemporaryDirectory(prefix="hb", ignore_cleanup_errors=True)
    root = Path(folder.name)
    for name, kind in KINDS.items():
        (root / name).mkdir(mode=0o700, exist_ok=True)
        monkeypatch.setenv(f"HOMEBODY_{kind}_DIR", str(root / name))
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("HOMEBODY_PROFILE", raising=False)
    try:
        yield root
    finally:
        if root.is_dir() and _is_untouched(root):
            untouched.append(folder)
        else:
            folder.cleanup()


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
