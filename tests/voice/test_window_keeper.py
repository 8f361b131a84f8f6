"""A new model's windows are measured once, while it is quiet, in a process that stands still otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from homebody import starter
from homebody.errors import NotWritable
from homebody.hardware import usable_cores
from homebody.options import SynthesizerOptions, TranscriberOptions
from homebody.voice.thread_choice import Threads, Timing, Timings
from homebody.voice.transcriber import WhisperTranscriber
from homebody.voice.whisper_window import UNPROVEN, WindowRule
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_keeper import AGAIN_S, LOOK_S, REST_S, Measurer, WindowKeeper
from homebody.voice.window_record import Choice, read
from homebody.voice.window_wire import Broke, Found, Measure, Time, Timed
from virtual_time import now_s, run
from wire import HANG_GUARD_S

VERDICT = Verdict(floor_s=3.0, margin_s=0.5, outcome="proven", clips=21, understood=20)
TIMINGS = Timings(
    floor_s=3.0,
    margin_s=0.5,
    cores=2,
    rows=(Timing(threads=1, median_ms=77.1), Timing(threads=2, median_ms=105.5)),
)
ONLY, MOST, KNOWN = (Threads(1, "only", {}), Threads(2, "most", {}), Threads(1, "measured", {}))
NEW = Choice(UNPROVEN, "unmeasured", ONLY)


class FakeHears:
    """A recogniser that keeps no threads. ``refuses``: its data directory is read-only."""

    def __init__(self, windows: Choice = NEW, *, refuses: bool = False) -> None:
        self.options, self.windows, self.refuses = TranscriberOptions(), windows, refuses
        self.adopted: list[Verdict | Timings] = []

    def adopt(self, found: Verdict | Timings) -> None:
        self.adopted.append(found)
        if isinstance(found, Verdict):
            self.windows = replace(self.windows, rule=found.rule, source="measured")
        if self.refuses:
            raise NotWritable("No room.", "Make some.")


def measurer(answer: Any = None, *, works_s: float = 1.0, timed: Any = None) -> type[Any]:
    """A process that works so long, standing still not counted, and then answers; None: it ends without a word.
    ``timed``: what it answers where it is asked for threads, or a list of that."""

    class Process:
        last: Process | None = None
        asked: ClassVar[list[Any]] = []
        said: list[tuple[float, str]]

        @classmethod
        async def start(cls, receive: Callable[..., None], on_end: Callable[..., None]) -> Process:
            process = cls()
            process.said, process.going, process.over = [(now_s(), "start")], asyncio.Event(), False
            process.going.set()
            process.work = asyncio.create_task(process._work(receive, on_end))
            cls.last = process
            return process

        async def _work(self, receive: Callable[..., None], on_end: Callable[..., None]) -> None:
            worked_s = 0.0
            while worked_s < works_s:
                await self.going.wait()
                await asyncio.sleep(0.05)
                worked_s += 0.05
            found = answer
            if isinstance(self.asked[-1], Time):
                found = timed.pop(0) if isinstance(timed, list) else timed
            if found is not None:
                receive(self, found)
            on_end(self)

        def send(self, request: Any) -> None:
            self.said.append((now_s(), "send"))
            self.asked.append(request)

        def pause(self) -> None:
            self.said.append((now_s(), "pause"))
            self.going.clear()

        def resume(self) -> None:
            self.said.append((now_s(), "resume"))
            self.going.set()

        async def close(self) -> None:
            self.work.cancel()
            self.over = True

    return Process


def keeper(hears: FakeHears, process: type[Any], is_quiet: Callable[[], bool] = lambda: True) -> WindowKeeper:
    return WindowKeeper(hears, SynthesizerOptions(), "en", is_quiet, measurer=process)


def test_a_new_model_is_measured_after_a_minute_of_quiet_and_what_was_found_is_taken() -> None:
    hears, process = FakeHears(), measurer(Found(VERDICT))

    async def main() -> float:
        began_s = now_s()  # not 0 where other tests have let time pass before
        await keeper(hears, process).run()
        return process.last.said[0][0] - began_s

    assert run(main()) == pytest.approx(REST_S, abs=1.0)
    assert hears.adopted == [VERDICT]
    assert process.last.over
    assert [what for _, what in process.last.said] == ["start", "send"]


@pytest.mark.parametrize("source", ["profile", "measured", "starter"])
def test_what_is_known_or_set_is_not_measured(source: Any) -> None:
    for threads in (ONLY, KNOWN, Threads(1, "starter", {})):
        hears, process = FakeHears(Choice(WindowRule(3.0), source, threads)), measurer(Found(VERDICT))
        run(keeper(hears, process).run())
        assert process.last is None
        assert hears.adopted == []


def test_windows_come_first_and_then_the_threads_that_pay_in_them() -> None:
    hears, process = FakeHears(Choice(UNPROVEN, "unmeasured", MOST)), measurer(Found(VERDICT), timed=Timed(TIMINGS))
    run(keeper(hears, process).run())
    assert hears.adopted == [VERDICT, TIMINGS]
    assert process.asked == [Measure(hears.options, SynthesizerOptions(), "en"), Time(hears.options, 3.0, 0.5)]
    assert process.last.over


def test_where_other_work_is_in_the_way_threads_are_tried_again_an_hour_later() -> None:
    hears, timed = FakeHears(Choice(WindowRule(3.0), "measured", MOST)), [Timed(None), Timed(None), Timed(TIMINGS)]
    process = measurer(timed=timed)

    async def main() -> float:
        began_s = now_s()
        await keeper(hears, process).run()
        return now_s() - began_s

    assert run(main()) == pytest.approx(2 * AGAIN_S + 3 * REST_S, abs=10.0)
    assert hears.adopted == [TIMINGS]


def test_where_the_windows_are_known_only_the_threads_are_measured() -> None:
    hears, process = FakeHears(Choice(WindowRule(6.0), "profile", MOST)), measurer(timed=Timed(TIMINGS))
    run(keeper(hears, process).run())
    assert hears.adopted == [TIMINGS]
    assert process.asked == [Time(hears.options, 6.0, 0.5)]


@pytest.mark.parametrize("answer", [None, Broke("The recogniser does not fit.")])
def test_where_no_windows_are_found_no_threads_are_measured(answer: Any) -> None:
    hears, process = FakeHears(Choice(UNPROVEN, "unmeasured", MOST)), measurer(answer, timed=Timed(TIMINGS))
    run(keeper(hears, process).run())
    assert hears.adopted == []
    assert len(process.asked) == 1


@pytest.mark.parametrize("answer", [None, Broke("The recogniser does not fit.")])
def test_where_no_threads_are_found_the_windows_are_kept_all_the_same(answer: Any) -> None:
    hears, process = FakeHears(Choice(UNPROVEN, "unmeasured", MOST)), measurer(Found(VERDICT), timed=answer)
    run(keeper(hears, process).run())
    assert hears.adopted == [VERDICT]


def test_talk_delays_the_beginning() -> None:
    hears, process = FakeHears(), measurer(Found(VERDICT))

    async def main() -> float:
        began_s = now_s()
        await keeper(hears, process, lambda: not 30 < now_s() - began_s < 40).run()
        return process.last.said[0][0] - began_s

    assert run(main()) == pytest.approx(40 + REST_S, abs=1.0)


def test_it_stands_still_while_somebody_speaks_or_is_answered() -> None:
    hears, process = FakeHears(), measurer(Found(VERDICT), works_s=10.0)
    talks = [(REST_S + 3, REST_S + 8), (REST_S + 12, REST_S + 20)]

    async def main() -> list[tuple[float, str]]:
        began_s = now_s()
        await keeper(hears, process, lambda: not any(a <= now_s() - began_s < b for a, b in talks)).run()
        return [(at_s - began_s, what) for at_s, what in process.last.said]

    moves = [(at_s, what) for at_s, what in run(main()) if what in {"pause", "resume"}]
    assert [what for _, what in moves] == ["pause", "resume", "pause", "resume"]
    for (at_s, _), wanted_s in zip(moves, [edge for talk in talks for edge in talk], strict=True):
        assert at_s == pytest.approx(wanted_s, abs=2 * LOOK_S)
    assert hears.adopted == [VERDICT]


@pytest.mark.parametrize("answer", [None, Broke("The recogniser does not fit.")])
def test_where_nothing_comes_of_it_the_window_stays_as_it_is(answer: Any) -> None:
    hears, process = FakeHears(), measurer(answer)
    run(keeper(hears, process).run())
    assert hears.adopted == []
    assert process.last.over


def test_what_cannot_be_kept_is_used_and_does_not_end_the_service() -> None:
    hears = FakeHears(refuses=True)
    run(keeper(hears, measurer(Found(VERDICT))).run())
    assert hears.adopted == [VERDICT]


def test_ending_the_service_ends_the_process() -> None:
    hears, process = FakeHears(), measurer(Found(VERDICT), works_s=1000.0)

    async def main() -> None:
        task = asyncio.create_task(keeper(hears, process).run())
        await asyncio.sleep(REST_S + 5)
        task.cancel()
        await asyncio.wait([task])

    run(main())
    assert process.last.over
    assert hears.adopted == []


# --- the real process and the real model ------------------------------------------------------------------------------


async def really(measure: type[Measurer]) -> WhisperTranscriber:
    """A recogniser with the starter's weights, of which nothing is known yet, after its windows were measured."""
    options = TranscriberOptions(model=str(starter.recogniser()), min_avg_logprob=-0.3, threads=2)
    async with aclosing(WhisperTranscriber(options)) as hears:
        await hears.load()
        assert hears.windows.source == "unmeasured"
        async with asyncio.timeout(HANG_GUARD_S * 6):
            keeping = WindowKeeper(
                hears, SynthesizerOptions(), "en", lambda: True, measurer=measure, rest_s=0.0, again_s=None
            )
            await keeping.run()
    return hears


@pytest.mark.models
@pytest.mark.slow
def test_the_starters_windows_are_measured_in_a_process_of_its_own_and_known_at_the_next_start() -> None:
    hears = asyncio.run(really(Measurer))
    assert hears.windows.source == "measured"
    assert hears.windows.rule.floor_s <= 5.0
    again = WhisperTranscriber(hears.options)

    async def next_start() -> Choice:
        async with aclosing(again):
            await again.load()
            return again.windows

    found = asyncio.run(next_start())
    assert (found.rule, found.source, found.verdict) == (
        hears.windows.rule, hears.windows.source, hears.windows.verdict,
    )  # fmt: skip
    assert found.threads.source in ({"measured", "most"} if usable_cores() > 1 else {"only"})  # others may be at work


@pytest.mark.models
def test_killed_in_the_middle_it_has_measured_nothing() -> None:
    class Killed(Measurer):
        def send(self, message: Any) -> None:
            super().send(message)
            os.kill(self.pid, signal.SIGKILL)

    hears = asyncio.run(really(Killed))
    assert (hears.windows.source, hears.windows.verdict) == ("unmeasured", None)
    assert read(starter.recogniser(), hears.options) is None
