"""A muted microphone is closed, stays closed, and says so."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from homebody.errors import Problem, RemoteFailure
from homebody.messages import Control, Listen
from homebody.voice.audio import CHUNK_SAMPLES, Chunk
from homebody.voice.memory import VoiceMemory
from homebody.voice.muting import MUTED, Muting, SwitchedMicrophone
from wire import HANG_GUARD_S, eventually

GONE = Problem("microphone", "It went away.", "Connect it.")


class CountingMicrophone:
    """Hears a chunk whenever the loop is free; counts how often it was opened and closed."""

    def __init__(self):
        self.late_ms = 0.0
        self.problem = None
        self.opened = self.closed = self.read = 0

    async def chunks(self):
        self.opened += 1
        try:
            while True:
                await asyncio.sleep(0.001)
                self.read += 1
                yield Chunk(np.zeros(CHUNK_SAMPLES, np.float32), float(self.read))
        finally:
            self.closed += 1


class Desk:
    """`Muting` over a counting microphone that is read."""

    def __init__(self, folder):
        self.inner, self.tones, self.heard = CountingMicrophone(), [], 0
        self.memory = VoiceMemory(folder)
        self.microphone = SwitchedMicrophone(self.inner, muted=self.memory.microphone_muted)
        self.muting = Muting(self.microphone, self.memory, self.tones.append)

    async def __aenter__(self):
        self.task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        await asyncio.wait([self.task])

    async def _listen(self):
        async with aclosing(self.microphone.chunks()) as chunks:
            async for _ in chunks:
                self.heard += 1

    def do(self, action):
        return self.muting.handle(Control(id="1", service="voice", action=action))


def at_a_desk(folder, work):
    async def main():
        async with asyncio.timeout(HANG_GUARD_S), Desk(folder) as desk:
            return await work(desk)

    return asyncio.run(main())


def test_muted_the_device_is_closed_and_nothing_is_read_until_it_is_unmuted(tmp_path):
    async def work(desk):
        await eventually(lambda: desk.heard)
        assert desk.do("mute_microphone").value == {"microphone_muted": True}
        await eventually(lambda: desk.inner.closed)
        read = desk.inner.read
        await asyncio.sleep(0.02)
        assert desk.inner.read == read
        assert desk.microphone.problem == MUTED
        heard = desk.heard
        desk.do("unmute_microphone")
        await eventually(lambda: desk.heard > heard)
        return desk.inner.opened, desk.inner.closed, desk.microphone.problem, desk.tones

    assert at_a_desk(tmp_path, work) == (2, 1, None, ["muted", "unmuted"])


def test_after_a_restart_it_is_still_muted_and_the_device_is_never_opened(tmp_path):
    async def mute(desk):
        desk.do("mute_microphone")

    async def after(desk):
        await asyncio.sleep(0.02)
        return desk.inner.opened, desk.microphone.muted

    at_a_desk(tmp_path, mute)
    assert at_a_desk(tmp_path, after) == (0, True)


def test_one_key_does_both_and_a_tone_is_heard_only_where_something_changes(tmp_path):
    async def work(desk):
        said = [desk.do(action).value["microphone_muted"] for action in ("toggle_microphone",) * 3]
        desk.do("mute_microphone")
        return said, desk.tones

    assert at_a_desk(tmp_path, work) == ([True, False, True], ["muted", "unmuted", "muted"])


def test_whoever_asks_it_to_listen_is_told_how_to_unmute_it(tmp_path):
    async def work(desk):
        assert desk.muting.handle(Listen(id="1")) is None
        desk.do("mute_microphone")
        with pytest.raises(RemoteFailure, match="muted") as refused:
            desk.muting.handle(Listen(id="1"))
        return refused.value.code, refused.value.remedy

    assert at_a_desk(tmp_path, work) == ("capability", MUTED.remedy)


def test_other_wishes_are_not_its_own_and_other_problems_are_told(tmp_path):
    async def work(desk):
        desk.inner.problem = GONE
        return desk.do("mute"), desk.microphone.problem

    assert at_a_desk(tmp_path, work) == (None, GONE)


def test_a_recording_that_ends_ends_it(tmp_path):
    class Short(CountingMicrophone):
        async def chunks(self):
            yield Chunk(np.zeros(CHUNK_SAMPLES, np.float32), 0.0)

    async def main():
        return [chunk async for chunk in SwitchedMicrophone(Short()).chunks()]

    assert len(asyncio.run(main())) == 1
