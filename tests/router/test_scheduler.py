from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import NotWritable, SkillFailed
from homebody.messages import Done
from homebody.options import SkillOptions
from homebody.router import scheduler as scheduling
from homebody.router.memory import Memory
from homebody.router.scheduler import LONGEST_SLEEP_S, RETRY_S, Scheduler, retry_s, sleep_s
from homebody.router.skills_host import SkillsHost
from homebody.router.skills_house import Held
from homebody.skill import Scheduled, SessionView

pytestmark = pytest.mark.lengthy

START = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
HANG_S = 30


class FakeClock:
    """A wall clock that goes only where it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


class FakeHousehold:
    """A `Household` that remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.announced: list[str] = []

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        self.events.append(name)

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        return Done(id="x")

    def announce(self, text: str) -> None:
        self.announced.append(text)


class FakeHandlers:
    """`DueHandlers` that announce what their data says, fail as often as it says, or hang until the gate is opened."""

    def __init__(self) -> None:
        self.on_schedule: Callable[[], None] = lambda: None
        self.calls: list[tuple[str, float]] = []
        self.failures: Counter[str] = Counter()
        self.gate = asyncio.Event()

    async def run_due(self, plugin: str, scheduled: Scheduled, *, late_s: float, now: dt.datetime) -> Held:
        name = scheduled.data["name"]
        self.calls.append((name, late_s))
        if scheduled.data.get("hangs"):
            await self.gate.wait()
        if self.failures[name] < scheduled.data.get("fails", 0):
            self.failures[name] += 1
            raise SkillFailed("It failed.")
        return Held([(f"{name} is ready.", "en")], [("rang", {})])


class House:
    """A scheduler at work on fakes and a real memory."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.clock = memory, FakeClock()
        self.household, self.handlers = FakeHousehold(), FakeHandlers()
        self.scheduler = Scheduler(memory, self.handlers, self.household, now=self.clock)

    def add(self, name: str, in_s: float, **data: Any) -> Scheduled:
        scheduled = self.memory.schedule("timers", self.clock.now + in_s * SECOND, "ring", {"name": name, **data})
        self.handlers.on_schedule()
        return scheduled

    def pass_s(self, seconds: float) -> None:
        """The clock is set, and the scheduler looks, as it does at least every 30 s."""
        self.clock.now += seconds * SECOND
        self.scheduler.wake()

    def texts(self) -> list[str]:
        return [one.text for one in self.memory.waiting()]


@contextlib.asynccontextmanager
async def working(folder: Path) -> AsyncGenerator[House, None]:
    with Memory(folder) as memory:
        house = House(memory)
        task = asyncio.create_task(house.scheduler.run())
        async with asyncio.timeout(HANG_S):
            yield house
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.005)


async def settled() -> None:
    """Long enough for anything that would wrongly happen to happen."""
    await asyncio.sleep(0.1)


def test_what_comes_due_is_announced_once_and_published(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("tea", 300)
            await settled()
            assert house.handlers.calls == []
            house.pass_s(300)
            await until(lambda: house.household.announced)
            house.pass_s(1)
            await settled()
            assert house.texts() == ["tea is ready."]
            assert house.household.announced == ["tea is ready."]
            assert house.household.events == ["rang"]
            assert house.handlers.calls == [("tea", 0.0)]
            assert house.memory.next_at() is None

    asyncio.run(work())


def test_what_is_added_sooner_than_the_next_is_not_slept_through(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("late", 3600)
            await settled()
            house.add("soon", 0)
            await until(house.texts)
            assert house.texts() == ["soon is ready."]

    asyncio.run(work())


def test_what_came_due_during_an_outage_is_handled_late_with_how_late(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory.schedule("timers", START - 90 * SECOND, "ring", {"name": "tea"})

    async def work() -> None:
        async with working(tmp_path) as house:
            await until(house.texts)
            assert house.handlers.calls == [("tea", 90.0)]

    asyncio.run(work())


def test_a_handler_that_fails_is_tried_again_and_then_succeeds(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("tea", 0, fails=2)
            for wait_s in RETRY_S[:2]:
                before = len(house.handlers.calls)
                await until(lambda before=before: house.memory.next_at() != START and len(house.handlers.calls) > 0)
                await settled()
                assert len(house.handlers.calls) == max(before, 1)  # not before its time
                house.pass_s(wait_s)
                await until(lambda before=before: len(house.handlers.calls) > max(before, 1))
            await until(house.texts)
            assert house.texts() == ["tea is ready."]

    asyncio.run(work())


def test_a_handler_that_never_works_is_given_up_aloud(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("tea", 0, fails=99)
            for _ in range(len(RETRY_S) + 5):
                await settled()
                house.pass_s(60)
            await until(house.texts)
            assert len(house.handlers.calls) == len(RETRY_S) + 1
            (text,) = house.texts()
            assert "timers" in text
            assert "failed" in text
            assert house.memory.next_at() is None

    asyncio.run(work())


def test_a_handler_that_hangs_delays_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("stuck", 0, hangs=True)
            await until(lambda: house.handlers.calls)
            house.add("tea", 0)
            await until(house.texts)
            assert house.texts() == ["tea is ready."]
            assert [name for name, _ in house.handlers.calls] == ["stuck", "tea"]

    asyncio.run(work())


def test_what_is_taken_back_while_it_is_handled_is_not_announced(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            row = house.add("tea", 0, hangs=True)
            await until(lambda: house.handlers.calls)
            assert house.memory.cancel("timers", row.id)
            house.handlers.gate.set()
            await settled()
            assert house.texts() == house.household.announced == house.household.events == []

    asyncio.run(work())


def test_a_disk_that_refuses_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "REFUSED_S", 0.05)

    async def work() -> None:
        async with working(tmp_path) as house:
            real, refusals = house.memory.handled, iter([True, True, False])

            def refusing(*args: Any, **kwargs: Any) -> bool:
                if next(refusals, False):
                    raise NotWritable("The disk is full.")
                return real(*args, **kwargs)

            monkeypatch.setattr(house.memory, "handled", refusing)
            house.add("tea", 0)
            await until(house.texts)
            await settled()
            assert house.texts() == ["tea is ready."]
            assert house.household.announced == ["tea is ready."]

    asyncio.run(work())


def test_a_clock_set_back_and_forth_handles_everything_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with working(tmp_path) as house:
            house.add("tea", 100)
            for jump in (-3600, 3650, 60, -7200, 7200, 86_400):
                house.pass_s(jump)
                await settled()
            assert house.texts() == ["tea is ready."]

    asyncio.run(work())


@given(st.none() | st.floats(-1e6, 1e6))
def test_the_sleep_is_never_longer_than_a_clock_may_jump(in_s: float | None) -> None:
    seconds = sleep_s(None if in_s is None else START + in_s * SECOND, START)
    assert 0 <= seconds <= LONGEST_SLEEP_S
    if in_s is not None and 0 <= in_s <= LONGEST_SLEEP_S:
        assert seconds == pytest.approx(in_s, abs=1e-5)


@given(st.integers(1, 50))
def test_retries_grow_and_end(attempts: int) -> None:
    wait = retry_s(attempts)
    assert (wait is None) is (attempts > len(RETRY_S))
    if wait is not None and attempts > 1:
        assert wait > (retry_s(attempts - 1) or 0)


@pytest.mark.processes
def test_a_handler_that_ends_its_worker_announces_once_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real worker: what the first, crashed call announced is not said; the second call says it."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "bad_plugins"))
    monkeypatch.setenv("HOMEBODY_TEST_FLAG", str(tmp_path / "crashed"))
    monkeypatch.setattr(scheduling, "RETRY_S", (0.1, 0.1))
    household = FakeHousehold()

    async def work() -> None:
        with Memory(tmp_path) as memory:
            async with SkillsHost(
                household, memory, SkillOptions(), plugins=["skills_that_misbehave:register"]
            ) as host:
                task = asyncio.create_task(Scheduler(memory, host, household).run())
                slots, session = {"handler": "crash", "in_s": 0.3}, SessionView()
                await host.run("plans", slots, text="", session=session, now=dt.datetime.now().astimezone())
                async with asyncio.timeout(HANG_S):
                    await until(memory.waiting)
                    await settled()
                expected = ["This was announced before the crash.", "Handled at last."]
                assert [one.text for one in memory.waiting()] == expected
                assert household.announced == expected
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    asyncio.run(work())
    assert (tmp_path / "crashed").exists()


ROUTER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_scheduler import FakeHousehold
from homebody.options import SkillOptions
from homebody.router.memory import Memory
from homebody.router.scheduler import Scheduler
from homebody.router.skills_host import SkillsHost

async def main():
    household = FakeHousehold()
    with Memory(Path(sys.argv[1])) as memory:
        async with SkillsHost(household, memory, SkillOptions(), plugins=["skills_that_misbehave:register"]) as host:
            print("ready", flush=True)
            await Scheduler(memory, host, household).run()

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_router_killed_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "bad_plugins"))
    chance = random.Random(20261122)
    names = [f"timer {number}" for number in range(150)]
    begin = dt.datetime.now().astimezone()
    with Memory(tmp_path) as memory:
        for number, name in enumerate(names):
            due_at = begin + dt.timedelta(milliseconds=40 * number)
            memory.schedule("skills_that_misbehave", due_at, "ring", {"who": name})
    kills = 0
    until_s = time.monotonic() + 90
    while True:
        assert time.monotonic() < until_s, "it never gets done"
        with subprocess.Popen(
            [sys.executable, "-c", ROUTER, str(tmp_path), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            text=True,
        ) as router:
            assert router.stdout is not None
            assert router.stdout.readline() == "ready\n"
            last = kills >= 10
            deadline_s = time.monotonic() + (40 if last else chance.uniform(0.0, 0.4))
            while time.monotonic() < deadline_s:
                time.sleep(0.01)
                if last and not _left(tmp_path):
                    break
            router.send_signal(signal.SIGKILL)
            kills += 1
        if last:
            break
    with Memory(tmp_path) as memory:
        assert memory.next_at() is None
        assert Counter(one.text for one in memory.waiting()) == Counter(f"{name} is ready." for name in names)
    assert kills > 10


def _left(folder: Path) -> bool:
    with Memory(folder) as memory:
        return memory.next_at() is not None
