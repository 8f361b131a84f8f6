from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Coroutine, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from homebody.errors import RemoteFailure, SkillFailed, SkillTimeout
from homebody.messages import Done
from homebody.options import SkillOptions
from homebody.router import skills_supervisor
from homebody.router.memory import Memory
from homebody.router.polyglot import CurrentIntents
from homebody.router.skills_host import SkillsHost
from homebody.skill import Reply, SessionView

pytestmark = pytest.mark.processes

MISBEHAVING = "skills_that_misbehave:register"
NOW = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
HANG_S = 30  # generous: only a hang is caught by it


class FakeHousehold:
    """A `Household` that remembers; its voice is there unless it is taken away."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.announced: list[str] = []
        self.controls: list[tuple[str, float | str | None]] = []
        self.voice = True

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        self.events.append((name, dict(data)))

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        if not self.voice:
            raise RemoteFailure("no_voice", "There is no voice.", "Start it.")
        self.controls.append((action, value))
        return Done(id="x", value={"volume_percent": 40.0, "muted": False})

    def announce(self, text: str) -> None:
        self.announced.append(text)


@pytest.fixture(autouse=True)
def plugins_of_this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds the test plugins as it finds any installed package: on its path."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "bad_plugins"))


@contextlib.asynccontextmanager
async def hosting(
    folder: Path, *plugins: str, household: FakeHousehold | None = None, **options: Any
) -> AsyncGenerator[SkillsHost, None]:
    with Memory(folder) as memory:
        host = SkillsHost(
            household or FakeHousehold(), memory, SkillOptions(**options), plugins=plugins or (MISBEHAVING,)
        )
        async with host:
            yield host


async def run(host: SkillsHost, name: str, text: str = "", /, **slots: Any) -> Reply:
    return await host.run(name, slots, text=text, session=SessionView("before", "reply"), now=NOW)


def go(work: Coroutine[Any, Any, None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(HANG_S):
            await work

    asyncio.run(limited())


def test_a_skill_answers_with_what_it_was_given(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            reply = await run(host, "echo", "say it", number=7)
            assert reply == Reply("say it", {"number": 7, "now": NOW.isoformat(), "last": "before"})
            assert (await run(host, "declines")).value == {"declined": True}
            assert host.problems == []

    go(work())


ENDS_THE_WORKER = ("leaves_at_once", "segfaults")
BREAKS_ITSELF = ("raises", "huge_text", "huge_value", "no_json", "no_reply", "leaves", "recurses", "keeps_too_much")


def test_skills_that_misbehave_fail_by_name_and_the_others_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            pid = host.worker_pid
            for name in (*BREAKS_ITSELF, *ENDS_THE_WORKER):
                with pytest.raises(SkillFailed) as failed:
                    await run(host, name)
                assert name.replace("_", " ") in failed.value.reason
                assert failed.value.remedy
                assert "Traceback" not in failed.value.reason
                assert (await run(host, "good")).text == "Good."
                assert (host.worker_pid == pid) is (name in BREAKS_ITSELF)

    with caplog.at_level(logging.INFO):
        go(work())
    assert all(name in caplog.text for name in BREAKS_ITSELF)
    assert "Traceback" not in caplog.text
    assert "secret" not in caplog.text


def test_a_skill_that_prints_or_reads_disturbs_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            pid = host.worker_pid
            assert (await run(host, "prints")).text == "Printed."
            assert (await run(host, "reads")).text == "Read 0."
            assert "\\ud" not in ascii((await run(host, "surrogates")).text)
            assert (await run(host, "good")).text == "Good."
            assert host.worker_pid == pid

    go(work())


def test_a_skill_that_blocks_times_out_and_others_in_its_worker_finish(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path, deadline_ms=800) as host:
            old = host.worker_pid
            blocked = asyncio.create_task(run(host, "blocks"))
            await asyncio.sleep(0.6)
            slow = asyncio.create_task(run(host, "slow"))  # ends 200 ms after the worker has been given up
            with pytest.raises(SkillTimeout, match="blocks took too long"):
                await blocked
            good = await run(host, "good")
            assert (await slow).text == "Slow."
            assert good.text == "Good."
            assert host.worker_pid != old
            await gone(old)

    go(work())


async def gone(pid: int | None) -> None:
    assert pid is not None
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        await asyncio.sleep(0.02)


def test_what_a_skill_wants_after_its_deadline_is_refused(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path, deadline_ms=600) as host:
            late = asyncio.create_task(run(host, "late_writer"))
            await asyncio.sleep(0.35)
            companion = asyncio.create_task(run(host, "late_writer"))  # keeps the worker alive past the first deadline
            for task in (late, companion):
                with pytest.raises(SkillTimeout):
                    await task
            await run(host, "good")
        with Memory(tmp_path) as memory:
            assert memory.get("skills_that_misbehave", "late") is None

    go(work())


def test_giving_up_an_answer_leaves_the_worker_alone_unless_it_hangs(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path, deadline_ms=1000) as host:
            pid = host.worker_pid
            slow = asyncio.create_task(run(host, "slow"))
            await asyncio.sleep(0.2)
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            assert (await run(host, "good")).text == "Good."
            assert host.worker_pid == pid
            hanging = asyncio.create_task(run(host, "blocks"))
            await asyncio.sleep(0.2)
            hanging.cancel()
            while host.worker_pid == pid:
                await asyncio.sleep(0.05)
            assert (await run(host, "good")).text == "Good."

    go(work())


def test_many_skills_at_once_all_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            replies = await asyncio.gather(*(run(host, "echo", str(n), number=n) for n in range(60)))
            assert [reply.value["number"] for reply in replies] == list(range(60))

    go(work())


def test_a_worker_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            slow = asyncio.create_task(run(host, "slow"))
            await asyncio.sleep(0.2)
            assert host.worker_pid is not None
            os.kill(host.worker_pid, signal.SIGKILL)
            with pytest.raises(SkillFailed, match="slow ended before"):
                await slow
            assert (await run(host, "good")).text == "Good."

    go(work())


def test_a_skill_that_keeps_failing_is_set_aside_and_no_longer_matched(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path, quarantine_after=3) as host:
            intents = CurrentIntents(lambda: host.skills)
            assert intents.match("raises")[0].skill == "raises"
            for name in ("raises", "raises", "good", "raises"):
                with contextlib.suppress(SkillFailed):
                    await run(host, name)
            assert intents.match("raises") == []
            assert [problem.part for problem in host.problems] == ["skill raises"]
            with pytest.raises(SkillFailed, match="set aside"):
                await run(host, "raises")
            assert (await run(host, "speaks_up")).value["skills"] == len(host.skills)

    go(work())


def test_a_success_in_between_forgives_a_failure(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path, quarantine_after=2) as host:
            for _ in range(2):
                with pytest.raises(SkillFailed):
                    await run(host, "echo", "", number="no number")  # the caller's fault: not counted at all
            assert (await run(host, "echo")).value["number"] == 1
            assert host.problems == []

    go(work())


def test_an_unknown_skill_and_slots_that_do_not_fit_are_named(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            with pytest.raises(SkillFailed, match="no skill named juggle"):
                await run(host, "juggle")
            with pytest.raises(SkillFailed, match="number"):
                await run(host, "echo", "", number="pasta")
            with pytest.raises(SkillFailed, match="unknown field"):
                await run(host, "echo", "", colour="red")
            with pytest.raises(SkillFailed, match="cannot be called"):
                await run(host, "echo", "", number=object())

    go(work())


DOES_NOT_LOAD = {
    "absent": "no_such_module:register",
    "broken": "plugin_that_cannot_be_imported:register",
    "half": "plugins_that_do_not_load:register_half",
    "usurper": "plugins_that_do_not_load:register_usurper",
    "exit": "plugins_that_do_not_load:register_exit",
    "nonsense": "plugins_that_do_not_load:register_nonsense",
    "death": "plugins_that_do_not_load:register_death",
}


async def loads_all_but(folder: Path, bad: dict[str, str]) -> None:
    plugins = [f"{name}={target}" for name, target in bad.items()]
    well = "well=plugins_that_do_not_load:register_well"
    async with hosting(folder, f"first={MISBEHAVING}", *plugins, well) as host:
        problems = {problem.part.removeprefix("plugin "): problem for problem in host.problems}
        assert set(problems) == set(bad)
        assert all(problem.remedy for problem in problems.values())
        assert "usurper" not in bad or "already a skill named good" in problems["usurper"].problem
        names = {info.name: info.plugin for info in host.skills}
        assert names["good"] == "first"
        assert names["well"] == "well"
        assert "half" not in names
        assert (await run(host, "good")).text == "Good."
        assert (await run(host, "well")).text == "Well."


def test_plugins_that_do_not_load_are_named_and_the_others_work(tmp_path: Path) -> None:
    go(loads_all_but(tmp_path, DOES_NOT_LOAD))


@pytest.mark.slow
def test_a_plugin_that_is_never_imported_to_its_end_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skills_supervisor, "LOAD_LIMIT_S", 4.0)
    go(loads_all_but(tmp_path, {"stuck": "plugins_that_do_not_load:register_for_ever"}))


def test_what_is_disabled_is_not_offered(tmp_path: Path) -> None:
    plugins = (MISBEHAVING, "well=plugins_that_do_not_load:register_well")

    async def work() -> None:
        async with hosting(tmp_path, *plugins, disabled=("good", "well")) as host:
            names = {info.name for info in host.skills}
            assert "echo" in names
            assert not names & {"good", "well"}
            with pytest.raises(SkillFailed):
                await run(host, "good")

    go(work())


def test_what_is_disabled_and_is_nothing_is_named_with_what_may_have_been_meant(tmp_path: Path) -> None:
    plugins = (MISBEHAVING, "well=plugins_that_do_not_load:register_well")

    async def work() -> None:
        async with hosting(tmp_path, *plugins, disabled=("homebody_well", "good")) as host:
            (problem,) = host.problems
            assert "no plugin named homebody_well" in problem.problem
            assert problem.remedy.startswith("Did you mean well?")
            assert host.reload(SkillOptions(disabled=("well",)))
            assert not host.problems

    go(work())


def test_a_skill_keeps_values_across_restarts(tmp_path: Path) -> None:
    async def work(expected: int) -> None:
        async with hosting(tmp_path) as host:
            assert (await run(host, "keeps")).value == {"before": expected, "gone": "default"}

    go(work(0))
    go(work(1))


def test_a_skill_plans_ahead(tmp_path: Path) -> None:
    async def work() -> None:
        async with hosting(tmp_path) as host:
            woken: list[int] = []
            host.on_schedule = lambda: woken.append(1)
            value = (await run(host, "plans", "", in_s=60)).value
            assert value["pending"] == [value["id"]]
            assert value["same"] == [True]
            assert value["cancelled"] == [True, False]
            assert woken
        with Memory(tmp_path) as memory:
            (row,) = memory.due(NOW + dt.timedelta(seconds=60))
            assert row.plugin == "skills_that_misbehave"
            assert row.scheduled.data == {"who": "tea"}

    go(work())


def test_a_skill_uses_the_house(tmp_path: Path) -> None:
    household = FakeHousehold()

    async def work() -> None:
        async with hosting(tmp_path, household=household) as host:
            assert (await run(host, "speaks_up")).value["volume"] == 40.0
            await run(host, "silences")
        with Memory(tmp_path) as memory:
            assert [one.text for one in memory.waiting()] == ["Dinner is ready."]

    go(work())
    assert household.announced == ["Dinner is ready."]
    assert household.events == [("dinner.ready", {"at": 7})]
    assert household.controls == [("volume", "+10"), ("stop", None), ("mute", None), ("mute_microphone", None)]


def test_a_house_without_a_voice_says_so_and_is_not_held_against_the_skill(tmp_path: Path) -> None:
    household = FakeHousehold()
    household.voice = False

    async def work() -> None:
        async with hosting(tmp_path, household=household, quarantine_after=1) as host:
            with pytest.raises(SkillFailed, match="There is no voice") as failed:
                await run(host, "silences")
            assert failed.value.remedy == "Start it."
            assert host.problems == []

    go(work())


def test_the_worker_ends_with_the_host_and_with_it_what_its_skills_started(tmp_path: Path) -> None:
    async def work() -> list[int]:
        async with hosting(tmp_path) as host:
            assert host.worker_pid is not None
            return [host.worker_pid, (await run(host, "leaves_a_child")).value["pid"]]

    async def both() -> None:
        for pid in await work():
            await gone(pid)

    go(both())


def test_a_router_that_is_killed_leaves_no_worker_behind(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_skills_host import hosting, run
async def main():
    async with hosting(Path({str(tmp_path)!r})) as host:
        print(host.worker_pid, flush=True)
        await run(host, "blocks")
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as router:
        assert router.stdout is not None
        worker = int(router.stdout.readline())
        assert psutil.pid_exists(worker)
        router.kill()
        router.wait()
    until = time.monotonic() + HANG_S
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_plugins_that_are_installed_load_without_a_problem(tmp_path: Path) -> None:
    async def work() -> None:
        with Memory(tmp_path) as memory:
            async with SkillsHost(FakeHousehold(), memory, SkillOptions()) as host:
                assert host.problems == []

    go(work())
