"""Being a good process: exit statuses, signals, the leash, and what the service manager is told."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import signal
import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody import process
from homebody.errors import AudioStuck, HomebodyError, NoMicrophone, ProfileError
from homebody.process import Lifecycle, complain, configure_logging, notify, run, understood, watchdog_interval_s

LIMIT_S = 30  # a hang guard


def failing(error):
    async def service(lifecycle):
        raise error

    return service


async def forever(lifecycle):
    await asyncio.Event().wait()


# --- how it ends -----------------------------------------------------------------------------------------------------


def test_a_service_that_ends_by_itself_ends_well():
    async def service(lifecycle):
        await asyncio.sleep(0)

    assert run(service) == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoMicrophone("There is no microphone.", "Plug one in."), 69),
        (ProfileError("a.toml: x: no.", "Mend it."), 78),
        (AudioStuck("The sound system hangs."), 75),
        (ExceptionGroup("tasks", [AudioStuck("The sound system hangs.")]), 75),
        (ExceptionGroup("a", [ValueError("words"), ExceptionGroup("b", [NoMicrophone("None.")])]), 69),
    ],
    ids=["an error of ours", "another", "a hang", "in a group", "deep in a group"],
)
def test_an_error_of_ours_is_two_sentences_and_its_own_status(error, status, capsys):
    assert run(failing(error)) == status
    printed = capsys.readouterr().err
    assert printed.startswith("homebody: ")
    assert "Traceback" not in printed


def test_what_is_unforeseen_is_named_without_a_traceback_and_without_anyones_words(capsys, caplog):
    caplog.set_level(logging.INFO)
    assert run(failing(ValueError("a secret sentence"))) == 70
    printed = capsys.readouterr().err
    assert "ValueError" in printed
    assert "--log DEBUG" in printed
    assert "Traceback" not in printed + caplog.text
    assert "secret" not in printed + caplog.text


def test_what_is_unforeseen_can_be_looked_at(caplog):
    caplog.set_level(logging.DEBUG)
    run(failing(ValueError("a secret sentence")))
    assert "a secret sentence" in caplog.text


def test_an_error_while_stopping_is_told_too(capsys):
    async def service(lifecycle):
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.Event().wait()
        finally:
            raise NoMicrophone("It broke while closing.")

    assert run(service) == 69
    assert "while closing" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_service_in_order(number):
    closed = []

    async def service(lifecycle):
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            closed.append(True)

    assert run(service) == 0
    assert closed == [True]


def test_signals_are_given_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    run(failing(NoMicrophone("None.")))
    assert signal.getsignal(signal.SIGINT) is before


def started(body, *, leash=False, **environment):
    """A process that runs ``body`` as its service; prints a line when it has begun."""
    script = (
        "import asyncio, os, sys, time\nfrom homebody import process\n"
        "async def service(lifecycle):\n    print('begun', flush=True)\n    " + body + "\n"
        f"sys.exit(process.run(service, leash={leash}))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    return child


@contextlib.contextmanager
def reaped(child):
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(LIMIT_S)
        for stream in (child.stdin, child.stdout, child.stderr):
            stream.close()


@pytest.mark.processes
def test_a_process_that_is_told_to_end_ends_with_0_and_in_silence():
    with reaped(started("await asyncio.Event().wait()")) as child:
        child.terminate()
        assert child.wait(LIMIT_S) == 0
        assert child.stderr.read() == ""


@pytest.mark.processes
def test_a_leash_ends_it_when_whoever_started_it_is_gone_and_not_before():
    with reaped(started("await asyncio.Event().wait()", leash=True)) as child:
        child.stdin.write("typed by somebody\n")
        child.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.2)
        child.stdin.close()
        assert child.wait(LIMIT_S) == 0


@pytest.mark.processes
def test_without_a_leash_standard_input_is_nobodys_business():
    with reaped(started("await asyncio.sleep(0.2)")) as child:
        child.stdin.close()
        assert child.wait(LIMIT_S) == 0


@pytest.mark.processes
def test_a_service_that_does_not_stop_is_left_with_a_status_that_has_it_started_again():
    stubborn = "while True:\n        try: await asyncio.sleep(60)\n        except BaseException: pass"
    body = f"process.STOP_LIMIT_S = 0.1\n    {stubborn}"
    with reaped(started(body)) as child:
        child.terminate()
        assert child.wait(LIMIT_S) == 75
        assert "Traceback" not in child.stderr.read()


# --- the own watchdog, where the manager has none ---------------------------------------------------------------------


@pytest.mark.processes
def test_a_service_whose_work_hangs_ends_itself_with_a_status_that_has_it_started_again():
    body = "lifecycle.ready('x')\n    lifecycle.beat()\n    time.sleep(60)"
    with reaped(started(body, HOMEBODY_WATCHDOG_S="0.5")) as child:
        assert child.wait(LIMIT_S) == 75
        assert "no sign of work" in child.stderr.read()


@pytest.mark.processes
def test_a_service_that_beats_goes_on():
    body = "lifecycle.ready('x')\n    for _ in range(30): lifecycle.beat(); await asyncio.sleep(0.05)"
    with reaped(started(body, HOMEBODY_WATCHDOG_S="1.0")) as child:
        assert child.wait(LIMIT_S) == 0


@pytest.mark.parametrize(
    ("value", "limit_s"),
    [("15", 15.0), ("0.5", 0.5), ("", None), ("0", None), ("-1", None), ("inf", None), ("x", None)],
)
def test_how_long_it_may_hang(value, limit_s, monkeypatch):
    monkeypatch.setenv("HOMEBODY_WATCHDOG_S", value)
    assert process.own_watchdog_limit_s() == limit_s


# --- errors in words -------------------------------------------------------------------------------------------------


def test_an_error_of_ours_is_understood_as_itself():
    error = NoMicrophone("None.")
    assert understood(error) is error
    assert understood(ExceptionGroup("x", [ValueError(), error])) is error


def test_a_group_without_any_of_ours_is_named_by_its_first():
    known = understood(ExceptionGroup("x", [ExceptionGroup("y", [KeyError("words")]), ValueError()]))
    assert type(known) is HomebodyError
    assert "KeyError" in known.reason
    assert "words" not in known.reason
    assert known.remedy


def test_a_complaint_is_one_or_two_lines():
    file = io.StringIO()
    complain(HomebodyError("It broke.", "Mend it."), file)
    complain(HomebodyError("It broke."), file)
    assert file.getvalue() == "homebody: It broke.\n  Mend it.\nhomebody: It broke.\n"


# --- the service manager ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def manager(address, monkeypatch, *, named=None):
    """systemd's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(address)
        ours.settimeout(LIMIT_S)
        monkeypatch.setenv("NOTIFY_SOCKET", named or address)
        yield lambda: ours.recv(4096).decode().split("\n")


def test_the_manager_is_told_through_a_socket_with_a_path(own_folders, monkeypatch):
    with manager(str(own_folders / "notify"), monkeypatch) as told:
        assert notify("READY=1", "STATUS=fine")
        assert told() == ["READY=1", "STATUS=fine"]


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_the_manager_is_told_through_an_abstract_socket(monkeypatch):
    name = f"homebody-test-{os.getpid()}"
    with manager(f"\0{name}", monkeypatch, named=f"@{name}") as told:
        assert notify("WATCHDOG=1")
        assert told() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    "address", ["", "vsock:2:1", "/nowhere/at/all", "@nobody-listens-to-homebody", "/" + "x" * 200]
)
def test_without_a_manager_nobody_is_told_and_nothing_breaks(address, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert notify("READY=1") is False


def test_a_service_says_when_it_is_ready_what_it_does_and_that_it_stops(own_folders, monkeypatch):
    async def service(lifecycle):
        lifecycle.ready("listening")
        lifecycle.status("hearing")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    with manager(str(own_folders / "notify"), monkeypatch) as told:
        assert run(service) == 0
        assert [told(), told(), told()] == [["READY=1", "STATUS=listening"], ["STATUS=hearing"], ["STOPPING=1"]]


def test_the_watchdog_is_fed_twice_as_often_as_it_asks_and_no_oftener(own_folders, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "200000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with manager(str(own_folders / "notify"), monkeypatch) as told:
        lifecycle = Lifecycle()
        for _ in range(5):
            lifecycle.beat()
        notify("LAST=1")
        assert [told(), told()] == [["WATCHDOG=1"], ["LAST=1"]]
        later_s = process.time.monotonic() + 101
        monkeypatch.setattr(process.time, "monotonic", lambda: later_s)
        lifecycle.beat()
        lifecycle.beat()
        notify("LAST=2")
        assert [told(), told()] == [["WATCHDOG=1"], ["LAST=2"]]


def test_who_is_not_watched_does_not_beat(own_folders, monkeypatch):
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    with manager(str(own_folders / "notify"), monkeypatch) as told:
        Lifecycle().beat()
        notify("LAST=1")
        assert told() == ["LAST=1"]


@pytest.mark.parametrize(
    ("usec", "pid", "interval_s"),
    [
        ("30000000", None, 15.0),
        ("30000000", "me", 15.0),
        ("30000000", "", 15.0),
        ("30000000", "1", None),
        (None, None, None),
        ("", None, None),
        ("soon", "me", None),
        ("-5", "me", None),
    ],
)
def test_how_often_the_watchdog_wants_to_be_fed(usec, pid, interval_s, monkeypatch):
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", str(os.getpid()) if pid == "me" else pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert watchdog_interval_s() == interval_s


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12))
def test_no_environment_keeps_a_service_from_starting(value):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("WATCHDOG_USEC", value)
        try:
            interval_s = watchdog_interval_s()
        except ValueError:
            assert not value.isdecimal()  # see the test below
        else:
            assert interval_s is None or interval_s >= 0


def test_no_number_is_no_watchdog(monkeypatch):
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "3²")
    assert watchdog_interval_s() is None


# --- logging ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def root_logger():
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    chatty = [logging.getLogger(name) for name in ("httpx", "httpcore", "faster_whisper", "piper", "asyncio")]
    level, handlers, levels = root.level, root.handlers[:], [logger.level for logger in chatty]
    root.handlers = []  # configure_logging closes what it finds
    yield root
    for handler in root.handlers:
        handler.close()
    root.setLevel(level)
    root.handlers = handlers
    for logger, was in zip(chatty, levels, strict=True):
        logger.setLevel(was)


@pytest.mark.parametrize(
    ("asked", "environment", "level"),
    [
        ("debug", None, logging.DEBUG),
        ("ERROR", "DEBUG", logging.ERROR),
        (None, "warning", logging.WARNING),
        (None, None, logging.INFO),
        ("loud", None, logging.INFO),
    ],
)
def test_the_level_is_the_one_asked_for_or_the_environments(asked, environment, level, root_logger, monkeypatch):
    monkeypatch.delenv("HOMEBODY_LOG", raising=False)
    if environment:
        monkeypatch.setenv("HOMEBODY_LOG", environment)
    configure_logging(asked)
    assert root_logger.level == level


def test_libraries_that_log_what_people_say_are_quiet_below_a_warning(root_logger):
    configure_logging("DEBUG")
    for name in ("httpx", "faster_whisper", "piper"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
