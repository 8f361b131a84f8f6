"""Finding the running router, starting services on a leash, and what this machine is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
from pathlib import Path

import psutil
import pytest

import wire
from fakes import FakeBrain
from homebody import house
from homebody.client import HomebodyClient
from homebody.errors import ServiceError
from homebody.hardware import this_machine
from homebody.house import Child, a_router, answers, endpoint_of, wait_until_attached, wait_until_ready
from homebody.messages import Done
from homebody.options import Wire
from homebody.paths import default_endpoint, ipc_endpoint
from homebody.profile import Profile

pytestmark = pytest.mark.processes

PROFILE = Profile(name="test", summary="For a test.")
LIMIT_S = 60


def at(endpoint):
    return Profile(name="test", summary="For a test.", wire=Wire(endpoint=endpoint))


def finishing(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, LIMIT_S))


@contextlib.asynccontextmanager
async def program(code):
    """A child that runs this Python instead of a service."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Child("router", process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def test_a_profiles_own_endpoint_comes_before_the_usual_one():
    assert endpoint_of(at("ipc:///tmp/elsewhere")) == "ipc:///tmp/elsewhere"
    assert endpoint_of(PROFILE) == default_endpoint()


def test_without_a_router_nobody_answers_and_nobody_waits():
    assert not finishing(answers(default_endpoint()))


def test_a_socket_that_a_killed_router_left_behind_does_not_answer(own_folders):
    path = own_folders / "run" / "router"
    path.touch()
    assert not finishing(answers(ipc_endpoint(path), deadline_ms=100))


def test_a_running_router_answers_and_is_used():
    async def main():
        with wire.endpoint() as endpoint:
            async with wire.running(FakeBrain(), endpoint):
                assert await answers(endpoint)
                async with a_router(at(endpoint), None) as found:
                    return found == (endpoint, False)

    assert finishing(main())


def test_without_one_a_private_router_lives_as_long_as_it_is_needed_and_keeps_the_persons_data(own_folders):
    async def main():
        async with a_router(PROFILE, None) as (endpoint, private):
            async with HomebodyClient.connect(endpoint) as client:
                report = await client.status()
            (pid,) = [service.pid for service in report.services if service.name == "router"]
            assert psutil.pid_exists(pid)
        return endpoint, private, pid

    endpoint, private, pid = finishing(main())
    assert private
    assert endpoint != default_endpoint()
    assert not psutil.pid_exists(pid)
    assert not Path(endpoint.removeprefix("ipc://")).parent.exists()
    assert (own_folders / "data" / "router.sqlite").exists()


def test_a_service_that_cannot_start_hands_on_its_status():
    async def main():
        async with program("import sys; sys.exit(78)") as child:
            await child.process.wait()
            with pytest.raises(ServiceError) as refused:
                await wait_until_ready("ipc:///nowhere/router", child)
            return refused.value

    error = finishing(main())
    assert (error.exit_code, bool(error.remedy)) == (78, True)
    assert ServiceError.exit_code == 69  # of this error alone


@pytest.mark.parametrize(
    "code", ["pass", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], ids=["0", "killed"]
)
def test_a_service_that_cannot_start_is_never_a_success(code):
    async def main():
        async with program(code) as child:
            await child.process.wait()
            with pytest.raises(ServiceError) as refused:
                await wait_until_ready("ipc:///nowhere/router", child)
            return refused.value.exit_code

    assert 0 < finishing(main()) < 256


def test_a_service_that_never_gets_ready_is_given_up(monkeypatch):
    monkeypatch.setattr(house, "START_LIMIT_S", 0.2)

    async def main():
        async with program("import time; time.sleep(60)") as child:
            with pytest.raises(ServiceError) as refused:
                await wait_until_ready("ipc:///nowhere/router", child)
            return refused.value

    assert finishing(main()).remedy


def test_it_is_known_when_a_voice_is_attached():
    async def handle(request):
        return Done(id=request.id)

    async def main():
        with wire.endpoint() as endpoint:
            async with (
                wire.running(FakeBrain(), endpoint),
                HomebodyClient.connect(endpoint) as client,
                HomebodyClient.connect(endpoint) as voice,
                program("import time; time.sleep(60)") as child,
            ):
                waiting = asyncio.create_task(wait_until_attached(client, child))
                await asyncio.sleep(0.1)
                early = waiting.done()
                async with voice.attach("voice", handle):
                    await waiting
                return early

    assert finishing(main()) is False


def test_a_child_is_asked_to_stop_before_it_is_made_to(monkeypatch):
    monkeypatch.setattr(house, "STOP_LIMIT_S", 0.2)
    waits = "import signal, sys, time; signal.signal(signal.SIGTERM, {}); print(flush=True); time.sleep(60)"

    async def main():
        statuses = []
        for handler in ("lambda *_: sys.exit(5)", "signal.SIG_IGN"):
            async with program(waits.format(handler)) as child:
                await child.process.stdout.readline()
                statuses.append(await child.stop())
                assert await child.stop() == statuses[-1]  # again is no harm
        return statuses

    assert finishing(main()) == [5, -9]


def test_this_machine_is_described():
    machine = this_machine()
    assert machine.cpu
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.memory_gib > 0
    assert machine.python == platform.python_version()
    assert all(part in str(machine) for part in (machine.cpu, f"{machine.cores} cores", machine.system))
