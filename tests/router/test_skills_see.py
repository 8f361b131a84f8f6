"""Skills reach pictures and the screen through the real worker process."""

import asyncio
import datetime as dt

import pytest

from homebody.errors import RemoteFailure
from homebody.messages import Done, Found, FoundPicture
from homebody.options import SkillOptions
from homebody.router.memory import Memory
from homebody.router.skills_host import SkillsHost
from homebody.skill import SessionView

pytestmark = pytest.mark.processes

NOW = dt.datetime(2026, 11, 22, 16, 20, tzinfo=dt.UTC)


class FakeHousehold:
    """A `Household` with one picture and a gallery that may be away."""

    def __init__(self):
        self.asked = []
        self.there = True

    async def find_pictures(self, search):
        if "bicycle" not in search.query:
            return Found(id=None)
        row = FoundPicture(image="a" * 64, path="/p/a.jpg", caption="A red bicycle.", taken_at=NOW)
        return Found(id=None, rows=(row,), total=1)

    async def control_gallery(self, action, value=None, *, limit_s):
        if not self.there:
            raise RemoteFailure("not_found", "No gallery service is attached.", "Start it with: homebody gallery")
        self.asked.append((action, value, limit_s > 60))
        values = {
            "status": {"waiting": 3, "captioned": 2},
            "look": {"said": "A cat."},
            "screenshot": {"file": "/s.png"},
        }
        return Done(id=None, value=values.get(action, {}))


def test_pictures_are_found_shown_and_counted_and_the_screen_is_seen(tmp_path):
    async def run():
        household = FakeHousehold()
        with Memory(tmp_path) as memory:
            async with SkillsHost(
                household, memory, SkillOptions(), plugins=("pictures=homebody_pictures:register",)
            ) as host:

                async def ask(skill, **slots):
                    return await host.run(skill, slots, text="", session=SessionView(), now=NOW)

                assert (
                    await ask("picture_find", words="red bicycle")
                ).text == "It is the one from today: a red bicycle."
                missed = await ask("picture_find", words="green whale")
                assert (missed.value["path"], "3 pictures are not described" in missed.text) == (None, True)
                assert (await ask("picture_show")).text == "Here it is."
                assert (await ask("picture_count")).value == {"waiting": 3, "captioned": 2}
                assert (await ask("screen_ask")).text == "A cat."
                assert (await ask("screenshot")).value == {"file": "/s.png"}
                assert [(action, patient) for action, _, patient in household.asked] == [
                    ("status", False), ("open", False), ("status", False), ("look", True), ("screenshot", True),
                ]  # fmt: skip
                assert household.asked[1][1] == "/p/a.jpg"
                household.there = False
                assert (await ask("screen_read")).text.startswith("The gallery does not run.")
                assert host.problems == []

    asyncio.run(run())
