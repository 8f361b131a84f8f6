from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody_system import _declared, phrases
from homebody_system.sensors import Battery, PsutilSensors, Sensors, Space
from plugin_fakes import FakeContext
from plugin_house import house

GB = 10**9


class FakeSensors:
    """A machine as the test wants it."""

    def __init__(
        self, *, battery: Battery | None = None, celsius: float | None = None, up: tuple[str, ...] = ()
    ) -> None:
        self.battery, self.celsius, self.up = battery, celsius, up

    def space(self, what: str) -> Space:
        return Space(3_200_000_000, 8 * GB) if what == "memory" else Space(85 * GB, 271 * GB)

    def state(self, what: str) -> float | None:
        return {"load": 12.4, "temperature": self.celsius, "uptime": 93_784.0}[what]

    def attached(self) -> tuple[Battery | None, list[str]]:
        return self.battery, list(self.up)


def ask(sensors: Sensors, what: str) -> str:
    ctx = FakeContext()
    ctx.registry.add(_declared(sensors))
    reply = ctx.call("system_status", what=what)
    assert reply.value["what"] == what
    return reply.text


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("memory", "About 3.2 gigabytes of memory are free, out of 8 gigabytes."),
        ("disk", "About 85 gigabytes of disk space are free, out of 271 gigabytes."),
        ("uptime", "This machine has been on for one day and 2 hours."),
        ("battery", "This machine has no battery."),
        ("temperature", "This machine has no temperature sensor that I can read."),
        ("network", "No, this machine is not connected to a network."),
    ],
)
def test_each_reading_is_one_sentence_and_an_absent_sensor_is_said_to_be_absent(what: str, said: str) -> None:
    assert ask(FakeSensors(), what) == said


@pytest.mark.parametrize(
    ("battery", "said"),
    [
        (Battery(80.4, True, None), "The battery is at 80 percent and charging."),
        (Battery(100, True, None), "The battery is at 100 percent and full."),
        (Battery(40, False, 5400.0), "The battery is at 40 percent and lasts for about one hour and 30 minutes."),
        (Battery(40, False, None), "The battery is at 40 percent and not charging."),
    ],
)
def test_a_battery_tells_its_charge_and_what_it_does(battery: Battery, said: str) -> None:
    assert ask(FakeSensors(battery=battery), "battery") == said


def test_a_sensor_that_is_there_is_read() -> None:
    there = FakeSensors(celsius=61.7, up=("eth0",))
    assert ask(there, "temperature") == "The processor is at 62 degrees Celsius."
    assert ask(there, "network") == "Yes, this machine is connected to a network."


def test_the_overview_leaves_out_a_battery_that_is_not_there() -> None:
    assert "battery" not in ask(FakeSensors(), "overview")
    assert "battery" in ask(FakeSensors(battery=Battery(50, True, None)), "overview")


@given(st.integers(min_value=0, max_value=10**16))
def test_sizes_are_spoken_with_few_digits(size_bytes: int) -> None:
    said = phrases.size(size_bytes)
    if size_bytes >= 1000:
        amount, unit = said.split()
        assert len(amount) <= 5
        assert unit.endswith("s") != (amount == "1")


@pytest.mark.parametrize("what", ["memory", "disk", "battery", "load", "temperature", "uptime", "network", "overview"])
def test_this_machine_itself_answers_every_question(what: str) -> None:
    assert house("system").call("system_status", what=what).text.endswith(".")


@pytest.mark.lengthy
def test_the_readings_of_this_machine_are_plausible() -> None:
    sensors = PsutilSensors()
    for what in ("memory", "disk"):
        space = sensors.space(what)
        assert 0 <= space.free_bytes <= space.total_bytes
    assert 0 <= (sensors.state("load") or 0) <= 100
    assert (sensors.state("uptime") or 0) > 0


@pytest.mark.parametrize("language", ["de", "fr", "es"])
@pytest.mark.parametrize("what", ["memory", "disk", "battery", "load", "temperature", "uptime", "network", "overview"])
@pytest.mark.parametrize(
    "sensors",
    [FakeSensors(), FakeSensors(battery=Battery(80.0, True, None), celsius=51.2, up=("eth0",))],
    ids=["bare", "whole"],
)
def test_in_another_language_every_reading_is_said_in_it_and_tells_the_same(language, what, sensors):
    ctx = FakeContext()
    ctx.registry.add(_declared(sensors))
    english = ctx.call("system_status", what=what)
    ctx.language = language
    reply = ctx.call("system_status", what=what)
    assert reply.value == english.value
    assert reply.text != english.text
    assert re.fullmatch(r"(?:[\w', -]+\. ?)+", reply.text), reply.text
    spoken = {number.replace(",", ".") for number in re.findall(r"\d+(?:,\d+)?", reply.text)}
    assert set(re.findall(r"\d+(?:\.\d+)?", english.text)) <= spoken | {"1"}
