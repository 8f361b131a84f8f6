"""Which profile is for which machine."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import hardware
from homebody import profile as profiles
from homebody.errors import MissingPart
from homebody.hardware import Machine, choose
from homebody.options import MachineOptions

SHIPPED = {name: profiles.shipped_only(name).machine for name in profiles.names()}


def machine(memory_gib: float, cpu: str = "AMD Ryzen", gpu: str = "", gpu_memory_gib: float = 0.0) -> Machine:
    return Machine(cpu, 8, memory_gib, "Linux x86_64", "3.12", gpu, gpu_memory_gib, 100.0)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (machine(4), "embedded"),
        (machine(7.7), "cpu-8gb"),
        (machine(15.5), "cpu-16gb"),
        (machine(125), "cpu-16gb"),
        (machine(7.9, "Raspberry Pi 5 Model B Rev 1.0"), "raspberry-pi-5"),
        (machine(4.0, "Raspberry Pi 5 Model B Rev 1.0"), "embedded"),
        (machine(31, gpu="NVIDIA GeForce RTX 4060", gpu_memory_gib=8.0), "rtx-4060-8gb"),
        (machine(31, gpu="NVIDIA GeForce RTX 3060", gpu_memory_gib=12.0), "nvidia-12gb"),
        (machine(125, gpu="NVIDIA H200", gpu_memory_gib=139.8), "nvidia-12gb"),
        (machine(31, gpu="NVIDIA GeForce GTX 1650", gpu_memory_gib=4.0), "cpu-16gb"),
        (machine(16, "Apple M4", "Apple M4"), "mac-mini-m4-16gb"),
        (machine(24, "Apple M4 Pro", "Apple M4 Pro"), "mac-mini-m4-24gb"),
        (machine(64, "Apple M4 Max", "Apple M4 Max"), "mac-mini-m4-32gb"),
        (machine(8, "Apple M1", "Apple M1"), "cpu-8gb"),
    ],
)
def test_each_machine_gets_the_profile_made_for_it(given: Machine, name: str) -> None:
    choice = choose(given, SHIPPED)
    assert choice.name == name
    assert choice.why.endswith(".")
    assert set(choice.others) == set(SHIPPED) - {name}
    assert all(choice.others.values())


def test_no_profile_for_a_machine_is_said() -> None:
    choice = choose(machine(4), {"large": MachineOptions(kind="cpu", memory_gib=64)})
    assert choice.name == ""
    assert choice.others == {"large": "4 of 64 GiB of memory"}


@given(
    st.floats(0.1, 2000),
    st.sampled_from(
        [("AMD", "", 0.0), ("Apple M4", "Apple M4", 0.0), ("AMD", "RTX", 8.0), ("Raspberry Pi 5", "", 0.0)]
    ),
)
def test_any_machine_gets_one_and_more_memory_never_gets_a_smaller_one(memory_gib: float, rest: Any) -> None:
    cpu, gpu, gpu_memory_gib = rest
    chosen = choose(machine(memory_gib, cpu, gpu, gpu_memory_gib), SHIPPED).name
    larger = choose(machine(2 * memory_gib, cpu, gpu, gpu_memory_gib), SHIPPED).name
    assert chosen
    assert SHIPPED[larger].memory_gib >= SHIPPED[chosen].memory_gib


@given(st.integers(0, 1000))
def test_threads_are_never_more_than_there_are_cores_and_none_named_stays_none(threads: int) -> None:
    found = hardware.threads_at_most(threads)
    assert found <= min(threads, hardware.this_machine().cores if threads else 0)
    assert (found == 0) == (threads == 0)


def test_this_machine_is_described_and_a_profile_is_for_it() -> None:
    here = hardware.this_machine()
    assert here.cores >= 1
    assert here.memory_gib > 0
    assert here.disk_free_gib > 0
    assert choose(here, SHIPPED).name in SHIPPED


class NVMLError(Exception):
    pass


def fake_pynvml(fail: bool = False) -> types.ModuleType:
    module: Any = types.ModuleType("pynvml")
    module.NVMLError = NVMLError
    module.shut_down = 0

    def init() -> None:
        if fail:
            raise NVMLError("Driver/library version mismatch")

    def shutdown() -> None:
        module.shut_down += 1

    module.nvmlInit, module.nvmlShutdown = init, shutdown
    module.nvmlDeviceGetCount = lambda: 2
    module.nvmlDeviceGetHandleByIndex = lambda index: index
    module.nvmlDeviceGetName = lambda index: b"NVIDIA T4" if index else "NVIDIA GeForce RTX 4060"
    module.nvmlDeviceGetMemoryInfo = lambda index: types.SimpleNamespace(total=8 << 30, free=(7 - index) << 30)
    return module


def test_graphics_cards_are_asked_through_nvml_and_it_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml: Any = fake_pynvml()
    monkeypatch.setattr(hardware, "has_nvidia_driver", lambda: True)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    cards = hardware.nvidia_gpus()
    assert [(card.name, card.free_bytes >> 30) for card in cards] == [("NVIDIA GeForce RTX 4060", 7), ("NVIDIA T4", 6)]
    assert nvml.shut_down == 1
    assert hardware.this_machine().kind == "nvidia"


def test_a_driver_that_refuses_is_said_and_without_a_driver_there_is_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", fake_pynvml(fail=True))
    monkeypatch.setattr(hardware, "has_nvidia_driver", lambda: True)
    with pytest.raises(MissingPart, match="mismatch"):
        hardware.nvidia_gpus()
    assert hardware.this_machine().gpu_memory_gib == 0
    monkeypatch.setattr(hardware, "has_nvidia_driver", lambda: False)
    assert hardware.nvidia_gpus() == ()


def test_the_real_library_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no driver it says so in its own way, which must be understood."""
    pytest.importorskip("pynvml")
    if hardware.has_nvidia_driver():
        assert hardware.nvidia_gpus()
        return
    monkeypatch.setattr(hardware, "has_nvidia_driver", lambda: True)
    with pytest.raises(MissingPart, match="driver refuses"):
        hardware.nvidia_gpus()
