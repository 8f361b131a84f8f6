"""Two thousand turns, one after the other, as fast as they go: nothing is lost and nothing grows.

The real router, voice service, wire, ledger and memory in one process; ears, models and devices are fakes whose time
passes some hundred times as fast. ``pytest -s -m slow tests/test_soak_turns.py`` prints the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import threading
from contextlib import aclosing

import psutil
import pytest

import wire
from fakes import FakeBrain, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad, RoomMicrophone
from homebody.client import HomebodyClient
from homebody.ledger import Ledger
from homebody.options import EndpointingOptions, VoiceOptions
from homebody.process import Lifecycle
from homebody.voice import service
from homebody.voice.ears import Ears
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.service import Voice
from homebody.voice.turn import Parts

TURNS = int(os.environ.get("HOMEBODY_SOAK_TURNS", "2000"))
GROWTH_LIMIT_BYTES = 20 * 2**20
TURN_LIMIT_S = 60.0  # a hang guard


class Chatty(FakeTranscriber):
    """Hears another number each time."""

    def __init__(self):
        super().__init__()
        self.count = 0

    async def transcribe(self, samples, language):
        transcript = await super().transcribe(samples, language)
        self.heard.clear()
        return type(transcript)(f"number {self.count}", "en", -0.1, 0.01)


class Forgetful:
    """What a fake notes of each turn is the fake's own memory, and not what is measured."""

    def __init__(self, *lists):
        self._lists = lists

    def forget(self):
        for one in self._lists:
            one.clear()


def measured(process):
    gc.collect()
    return process.memory_info().rss, process.num_threads(), process.num_fds()


@pytest.mark.slow
def test_two_thousand_turns_lose_nothing_and_grow_by_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "LOOK_S", 0.01)
    monkeypatch.setattr(service, "ECHO_TAIL_S", 0.0)
    process, chance = psutil.Process(), random.Random(7)
    taken, lost, interrupted, samples = 0, [], 0, []

    async def evening():
        nonlocal taken, interrupted
        brain, speaker, synthesizer, transcriber = (
            FakeBrain("You said {text}."),
            FakeSpeaker(),
            FakeSynthesizer(),
            Chatty(),
        )
        microphone, mouth = RoomMicrophone(), Mouth(synthesizer, speaker)
        forgetful = Forgetful(
            brain.asked,
            brain.committed,
            brain.ended,
            brain.cuts,
            speaker.sounds,
            speaker.played,
            speaker.chimes,
            synthesizer.texts,
        )
        options = VoiceOptions(endpointing=EndpointingOptions(silence_ms=320.0))
        rows = 0
        async with contextlib.AsyncExitStack() as stack:
            at = stack.enter_context(wire.endpoint())
            await stack.enter_async_context(wire.running(brain, at))
            client = await stack.enter_async_context(HomebodyClient.connect(at))
            person = await stack.enter_async_context(HomebodyClient.connect(at))
            ledger = stack.enter_context(contextlib.closing(Ledger(tmp_path / "ledger")))
            voice = Voice(
                microphone,
                Ears(FakeVad(), options.endpointing, options.commit),
                Parts(transcriber, client, mouth, "en", 20_000.0),
                client,
                ledger,
                VoiceMemory(tmp_path / "memory"),
                options,
            )
            attachment = await stack.enter_async_context(client.attach("voice", voice.handle))
            await attachment.wait_attached(10_000)
            running = asyncio.create_task(voice.run(Lifecycle()))
            events = await stack.enter_async_context(aclosing(person.follow("turn.ended", since_seq=0)))
            await person.status()
            for number in range(1, TURNS + 1):
                transcriber.count = number
                async with asyncio.timeout(TURN_LIMIT_S):
                    listening = asyncio.create_task(person.listen())
                    await asyncio.sleep(0)
                    while not voice._listening:
                        await asyncio.sleep(0.001)
                    microphone.hear()
                    if (await listening).heard != f"number {number}":
                        lost.append(number)
                    row = (await anext(events)).data
                taken += 1
                interrupted += row["outcome"] == "interrupted"
                if row["outcome"] != "answered":
                    lost.append(number)
                if chance.random() < 0.05:
                    await person.say("Dinner is ready.")
                forgetful.forget()
                if number % max(1, TURNS // 20) == 0:
                    samples.append(measured(process))
            rows = len(ledger.turns(TURNS + 1))
            running.cancel()
            await asyncio.wait([running])
        return rows

    rows = asyncio.run(evening())
    settled, last = samples[len(samples) // 5], samples[-1]
    print(  # noqa: T201
        f"\n{taken} turns, {len(lost)} lost, {rows} rows in the ledger. From turn {TURNS // 5} to {TURNS}: memory "
        f"{(last[0] - settled[0]) / 2**20:+.1f} MiB, threads {last[1] - settled[1]:+d}, file descriptors "
        f"{last[2] - settled[2]:+d}; {threading.active_count()} threads of Python left"
    )
    assert not lost
    assert rows == taken == TURNS
    assert last[0] - settled[0] < GROWTH_LIMIT_BYTES
    assert last[1] <= settled[1]
    assert last[2] <= settled[2]
