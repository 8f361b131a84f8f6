"""Each probe keeps the same promises, the real ones where this machine has what they look at."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from homebody import hardware
from homebody.errors import MissingPart
from homebody.hardware import GIB, Gpu
from homebody.router import memory_probe
from homebody.router.memory_probe import AppleMemory, MemoryProbe, NvidiaMemory, SystemMemory, working_set_bytes

CARDS = (Gpu("small", 4 * GIB, 3 * GIB), Gpu("NVIDIA GeForce RTX 4060", 8 * GIB, 7 * GIB))


def real_nvidia() -> MemoryProbe:
    try:
        if not hardware.nvidia_gpus():
            pytest.skip("no NVIDIA card here")
    except MissingPart as missing:
        pytest.skip(missing.reason)
    return NvidiaMemory()


def real_apple() -> MemoryProbe:
    if not hardware.is_apple_silicon():
        pytest.skip("no Mac with Apple silicon")
    return AppleMemory()


PROBES: dict[str, tuple[str, Callable[[], MemoryProbe]]] = {
    "system": ("system", SystemMemory),
    "nvidia": ("nvidia", real_nvidia),
    "apple": ("apple", real_apple),
    "nvidia told": ("nvidia", lambda: NvidiaMemory(lambda: CARDS)),
    "apple told": ("apple", lambda: AppleMemory(lambda _: 0, lambda: (16 * GIB, 5 * GIB))),
    "apple short": ("apple", lambda: AppleMemory(lambda _: 4096, lambda: (16 * GIB, 15 * GIB))),
}


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_says_how_much_there_is_and_that_no_more_of_it_is_free(name: str) -> None:
    kind, make = PROBES[name]
    probe = make()
    assert probe.kind == kind
    for _ in range(2):
        memory = probe.read()
        assert memory.total > 0
        assert 0 <= memory.free <= memory.total


def test_of_several_cards_the_one_with_the_most_memory_counts() -> None:
    memory = NvidiaMemory(lambda: CARDS).read()
    assert (memory.total, memory.free) == (8 * GIB, 7 * GIB)


def test_a_card_that_is_gone_is_said() -> None:
    with pytest.raises(MissingPart):
        NvidiaMemory(tuple).read()


@pytest.mark.parametrize(
    ("memory_gib", "wired_limit_mb", "mib"),
    [
        (8, 0, 5461),
        (16, 0, 10_922),
        (24, 0, 16_384),
        (32, 0, 21_845),
        (64, 0, 49_152),
        (16, 12_000, 12_000),
        (8, 99_999, 8192),
    ],
)
def test_a_macs_graphics_may_hold_what_the_logs_of_llama_cpp_say(
    memory_gib: int, wired_limit_mb: int, mib: int
) -> None:
    assert working_set_bytes(memory_gib * GIB, wired_limit_mb) // 2**20 == mib


def test_a_mac_with_little_memory_left_has_little_for_its_graphics() -> None:
    assert AppleMemory(lambda _: 0, lambda: (16 * GIB, 2 * GIB)).read().free == 2 * GIB


def test_a_card_whose_library_is_missing_is_passed_over_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hardware, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(hardware, "is_apple_silicon", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    with caplog.at_level(logging.WARNING, memory_probe.__name__):
        assert memory_probe.probe_here().kind == "system"
    assert "pip install nvidia-ml-py" in caplog.text
