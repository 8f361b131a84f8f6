"""An evening: spoken commands for an hour, services killed now and then. ``HOMEBODY_SOAK_MINUTES`` makes it shorter."""

import asyncio
import os
import random
import time

import psutil
import pytest

from homebody import profile as profiles
from homebody.starter import bundled
from house import house

pytestmark = [pytest.mark.soak, pytest.mark.audio, pytest.mark.models]

MINUTES = float(os.environ.get("HOMEBODY_SOAK_MINUTES", "60"))
GROWTH_LIMIT_BYTES = 50 * 2**20
SETTLED_TURNS = 10  # caches have filled by then


def test_an_evening_of_turns_and_crashes_answers_everything_and_grows_by_nothing(pulse, own_folders):
    recordings = [recording for recording in bundled() if recording.path.stem != "question"]
    chance = random.Random(7)

    def measured(home):
        processes = {name: psutil.Process(child.process.pid) for name, child in home.children.items()}
        return {name: (process.memory_info().rss, process.num_fds()) for name, process in processes.items()}

    async def evening():
        turns, misheard, settled, grown = 0, [], {}, {}
        since_kill = 0
        until_s = time.monotonic() + 60 * MINUTES
        async with house(profiles.load(), own_folders / "run", pulse, "--always-listening") as home:
            while time.monotonic() < until_s:
                recording = chance.choice(recordings)
                heard, said = await home.speak(recording.path)
                turns += 1
                since_kill += 1
                if heard != recording.text or not said:
                    misheard.append((recording.text, heard))
                if since_kill == SETTLED_TURNS:
                    settled = measured(home)
                elif since_kill > SETTLED_TURNS:
                    for name, (rss, fds) in measured(home).items():
                        grown[name] = max(grown.get(name, (0, 0)), (rss - settled[name][0], fds - settled[name][1]))
                if chance.random() < 0.01:
                    name = chance.choice(["router", "voice"])
                    before = len(home.events)
                    await home.kill(name)
                    await home.start(name, *(["--always-listening"] if name == "voice" else []))
                    await home.until("service.attached", after=before)
                    since_kill = 0
                home.events.clear()
                await asyncio.sleep(1.0)
        return turns, misheard, grown

    turns, misheard, grown = asyncio.run(evening())
    assert turns > MINUTES * 3
    assert not misheard
    for name, (rss, fds) in grown.items():
        assert rss < GROWTH_LIMIT_BYTES, (name, rss)
        assert fds <= 8, (name, fds)
