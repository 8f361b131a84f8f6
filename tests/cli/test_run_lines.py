"""What a person sees of `homebody run`, `ask`, `status` and `stats`; and what a program gets with --json."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import importlib
import io
import json
import os
import re
import signal
import sys
import threading

import click
import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

import wire
from fakes import FakeBrain
from homebody.cli import output
from homebody.cli.ask import ask
from homebody.cli.stats import stats
from homebody.cli.status import status
from homebody.errors import AlreadyRunning, RemoteFailure, UsageError
from homebody.glance import status_of
from homebody.house import Child
from homebody.ledger import LEGS, Ledger, Turn
from homebody.messages import Event, Route
from homebody.paths import data_dir, default_endpoint

run = importlib.import_module("homebody.cli.run")  # `homebody.cli.run` may be the function of that name

AT = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
NAMES = ("voice.heard", "voice.said", "voice.state", "timer.rang", "problem.raised", "problem.cleared", "service.lost")


def event(name, /, **data):
    return Event(id="1", seq=1, at=AT, name=name, instance="i", data=data)


# --- homebody run ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "lines"),
    [
        (event("voice.heard", text="what time is it", refused="", language="en"), ["you:  what time is it"]),
        (event("voice.heard", text="", refused="unsure"), ["      (heard, but not acted on: unsure)"]),
        (event("voice.said", text="Half past seven."), ["home: Half past seven."]),
        (event("voice.said", text="No model.", remedy="Run: x"), ["home: No model.", "      Run: x"]),
        (event("voice.state", state="listening", reason=""), ["      listening..."]),
        (event("voice.state", state="thinking", reason=""), []),
        (event("timer.rang", name="tea", seconds=60), ["      timer: tea"]),
        (event("timer.rang", seconds=60), ["      timer: done"]),
        (event("reminder.due", what="call anna", late_s=0), ["      reminder: call anna"]),
        (event("alarm.due", what="", late_s=0), ["      alarm: now"]),
        (event("problem.raised", part="microphone", problem="It is gone.", remedy="Plug it in."),
         ["  !   It is gone.", "      Plug it in."]),
        (event("problem.raised", part="microphone", problem="It is gone."), ["  !   It is gone."]),
        (event("service.lost", service="voice", why="gone"), ["  !   The voice service is gone."]),
        (event("turn.ended", outcome="answered"), []),
        (event("weather.changed", text="rain"), []),
    ],
    ids=lambda value: value.name if isinstance(value, Event) else "",
)  # fmt: skip
def test_what_happens_is_a_line_or_two_for_a_person(happened, lines):
    assert run.described(happened).splitlines() == lines


@pytest.mark.parametrize("name", ["voice.heard", "voice.said"])
def test_an_event_that_lacks_a_field_is_no_reason_to_end(name):
    run.described(event(name))


@given(
    st.sampled_from([name for name in NAMES if name not in ("voice.heard", "voice.said")]),
    st.dictionaries(
        st.sampled_from(["text", "refused", "state", "reason", "name", "part", "problem", "remedy", "service"]),
        st.one_of(st.none(), st.text(max_size=5), st.integers()),
    ),
)
def test_whatever_an_event_holds_it_is_described(name, data):
    assert isinstance(run.described(event(name, **data)), str)


def kept(monkeypatch, *codes):
    """`_keep` with children that run these instead of services; its status, and how many were started."""
    started = []

    async def start(name, *arguments, profile=None, env=None):
        code = codes[len(started)]
        started.append((name, arguments, profile))
        return Child(name, await asyncio.create_subprocess_exec(sys.executable, "-c", code))

    monkeypatch.setattr(run.Child, "start", start)
    monkeypatch.setattr(run, "RESTART_AFTER_S", (0.01, 0.02))
    final = asyncio.run(asyncio.wait_for(run._keep("voice", "embedded", "--always-listening"), 30))
    assert set(started) == {("voice", ("--always-listening",), "embedded")}
    return final, len(started)


@pytest.mark.processes
def test_a_service_that_crashes_or_hangs_is_started_again_and_one_that_cannot_run_is_not(monkeypatch, capsys):
    crash = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    assert kept(monkeypatch, crash, "raise SystemExit(75)", "raise SystemExit(78)") == (78, 3)
    assert capsys.readouterr().err.count("starting it again") == 2


def test_a_second_run_is_refused():
    with running(FakeBrain()), pytest.raises(AlreadyRunning) as refused:
        asyncio.run(run._run(None, False))
    assert refused.value.remedy


# --- in words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (None, "none"),
        (Route(kind="model", model="qwen2.5:1.5b"), "model qwen2.5:1.5b"),
        (Route(kind="model", model="starter", purpose="chat"),
         "model starter (chat), the starter model, which knows very little"),
        (Route(kind="skill", name="clock"), "skill clock"),
        (Route(kind="skill", name="timer_set", slots={"seconds": 480, "name": "tea"}),
         "skill timer_set (seconds 480, name tea)"),
    ],
)  # fmt: skip
def test_a_route_is_described_in_a_few_words(route, words):
    assert output.described(route) == words


@given(st.permutations(LEGS), st.integers(0, len(LEGS)))
def test_legs_come_in_the_order_of_a_turn(names, count):
    legs = dict.fromkeys(names[:count], 1.23456)
    assert list(output.in_order(legs)) == [name for name in LEGS if name in legs]
    assert set(output.in_order(legs).values()) <= {1.2}


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match="file") as refused:
        output.folder(tmp_path / "file" / "results")
    assert refused.value.remedy


def test_being_told_to_end_is_like_ctrl_c_and_closes_everything():
    closed = []

    async def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        output.complete(work())
    assert closed == [True]


# --- ask, status, stats ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(brain):
    """A router at the usual place, in a thread of its own."""
    ready, stop = threading.Event(), threading.Event()

    async def main():
        async with wire.running(brain, default_endpoint()):
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield
    finally:
        stop.set()
        thread.join(30)


def command(function, *arguments):
    return function.main(args=list(arguments), standalone_mode=False, obj=None)


def test_an_answer_is_printed_as_it_comes(capsys):
    with running(FakeBrain("It is half past seven.")):
        command(ask, "what", "time", "is", "it")
    assert capsys.readouterr().out == "It is half past seven.\n"


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [((), "what is an owl"), (("-",), "what is an owl"), (("in", "short:", "-"), "in short: what is an owl")],
)
def test_a_question_may_come_through_a_pipe(arguments, asked, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("what is an owl\n"))
    with running(FakeBrain()):
        command(ask, *arguments)
    assert capsys.readouterr().out == f"You said {asked}\n"


def test_without_a_question_and_without_a_pipe_one_is_asked_for(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    with pytest.raises(UsageError, match="no question"):
        command(ask)


def test_an_answer_for_a_program_is_one_object_with_all_it_needs(capsys):
    with running(FakeBrain("It is half past seven.")):
        command(ask, "--json", "what time is it")
    (line,) = capsys.readouterr().out.splitlines()
    got = json.loads(line)
    assert (got["heard"], got["said"]) == ("what time is it", "It is half past seven.")
    assert (got["route"]["kind"], got["route"]["name"]) == ("skill", "fake")
    timings = got["timings"]
    assert 0 <= timings["route_ms"] <= timings["first_token_ms"] <= timings["done_ms"]


def test_an_answer_that_fails_is_an_error_with_its_remedy():
    error = RemoteFailure("no_model", "No model answers.", "Start one.")
    with running(FakeBrain("", fails=error)), pytest.raises(RemoteFailure) as failed:
        command(ask, "why")
    assert (failed.value.code, failed.value.remedy) == ("no_model", "Start one.")


def test_a_deadline_that_no_clock_can_hold_is_a_usage_error():
    with running(FakeBrain()), pytest.raises((UsageError, click.UsageError)):
        command(ask, "--deadline", "1e20", "why")


def test_status_says_that_nothing_runs_and_how_to_start_it(capsys):
    assert command(status) == 3
    assert "homebody run" in capsys.readouterr().out
    assert command(status, "--json") == 3
    assert json.loads(capsys.readouterr().out) == {"running": False, "endpoint": default_endpoint()}


def test_status_tells_a_router_that_does_not_answer_from_none(capsys, monkeypatch):
    monkeypatch.setattr("homebody.cli.status.status_of", functools.partial(status_of, answer_ms=50))
    with zmq.Context() as context, context.socket(zmq.ROUTER) as silent:
        silent.bind(default_endpoint())
        assert command(status) == 3
        assert "does not answer" in capsys.readouterr().out
        assert command(status, "--json") == 3
    report = json.loads(capsys.readouterr().out)
    assert (report["running"], report["problem"]) == (False, "The router is there and does not answer.")


def test_status_says_what_runs(capsys):
    with running(FakeBrain()):
        assert command(status) == 0
        words = capsys.readouterr().out
        assert command(status, "--json") == 0
        report = json.loads(capsys.readouterr().out)
    assert re.search(r"voice +absent", words)
    assert re.search(r"gallery +not needed", words)
    assert report["running"] is True
    assert {service["name"]: service["state"] for service in report["services"]} == {
        "router": "running",
        "voice": "absent",
        "gallery": "absent",
    }


def test_stats_of_nothing_are_words_and_not_an_empty_table(capsys):
    command(stats)
    assert capsys.readouterr().out == "No spoken turn yet.\n"


def test_stats_count_every_turn_and_measure_the_answered_ones(capsys):
    with contextlib.closing(Ledger(data_dir())) as ledger:
        for first_sample_ms in (800.0, 900.0):
            ledger.add(Turn(at=AT, endpoint_ms=650.0, first_sample_ms=first_sample_ms))
        ledger.add(Turn(at=AT, outcome="refused", reason="unsure", endpoint_ms=9000.0))
    command(stats)
    words = capsys.readouterr().out
    assert words.startswith("3 turns: 2 answered, 1 refused.")
    assert "9000" not in words
    command(stats, "--json")
    legs = {leg["name"]: leg for leg in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(legs) == ["endpoint_ms", "first_sample_ms"]
    assert (legs["first_sample_ms"]["p50_ms"], legs["first_sample_ms"]["p95_ms"]) == (800.0, 900.0)
