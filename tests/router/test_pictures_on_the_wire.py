"""`search` on the wire, and several attached services beside one another."""

import asyncio
import datetime as dt
from contextlib import closing

import pytest

from fakes import FakeBrain
from homebody.captions.rows import Caption, Facts, Stat
from homebody.captions.store import Captions
from homebody.client import HomebodyClient
from homebody.errors import RemoteFailure
from homebody.messages import Done
from homebody.router.pictures import PictureSearch
from wire import HANG_GUARD_S, endpoint, eventually, running

pytestmark = pytest.mark.lengthy


def run(test):
    with endpoint() as at:
        asyncio.run(asyncio.wait_for(test(at), HANG_GUARD_S))


def fill(folder, count=3, ocr=""):
    with closing(Captions(folder)) as store:
        for number in range(count):
            taken = dt.datetime(2020, 1, 1 + number % 28, tzinfo=dt.UTC)
            facts = Facts(sha256=f"{number:064x}", size_bytes=1, taken_at=taken)
            known = store.found(f"/p/{number}.jpg", Stat(1, 1), facts)
            store.captioned(known.id, Caption(caption="A red bicycle.", tags=("bicycle",)))
            if ocr:
                store.read(known.id, ocr)


def test_a_search_gives_rows_the_total_and_how_long_it_took(tmp_path):
    fill(tmp_path)

    async def test(at):
        with closing(PictureSearch(tmp_path)) as pictures:
            async with running(FakeBrain(), at, pictures=pictures), HomebodyClient.connect(at) as client:
                found = await client.search("which picture had the red bicycle?", limit=2)
                assert ([row.path for row in found.rows], found.total) == (["/p/2.jpg", "/p/1.jpg"], 3)
                assert found.rows[0].tags == ("bicycle",)
                assert found.took_ms > 0
                (row,) = (await client.search("", since=dt.datetime(2020, 1, 3, tzinfo=dt.UTC))).rows
                assert row.path == "/p/2.jpg"
                with pytest.raises(RemoteFailure) as caught:
                    await client.search("bicycle", limit=101)
                assert caught.value.code == "bad_message"

    run(test)


def test_rows_that_do_not_fit_into_a_message_are_left_for_the_next(tmp_path):
    fill(tmp_path, 100, ocr="\x01long words " * 200)

    async def test(at):
        with closing(PictureSearch(tmp_path)) as pictures:
            async with running(FakeBrain(), at, pictures=pictures), HomebodyClient.connect(at) as client:
                found = await client.search("bicycle", limit=100)
                assert 0 < len(found.rows) < 100
                assert found.total == 100
                following = await client.search("bicycle", limit=100, offset=len(found.rows))
                assert not {row.path for row in found.rows} & {row.path for row in following.rows}

    run(test)


def test_voice_and_gallery_attach_beside_one_another_and_each_gets_what_is_meant_for_it():
    async def test(at):
        async def gallery(request):
            return Done(id=None, value={"state": "idle", "asked": request.action})

        async def voice(request):
            return Done(id=None, heard="hello", value={"voice": True})

        async with (
            running(FakeBrain(), at),
            HomebodyClient.connect(at) as client,
            HomebodyClient.connect(at) as ears,
            HomebodyClient.connect(at) as eyes,
        ):
            with pytest.raises(RemoteFailure, match="No gallery service") as caught:
                await client.control("gallery", "pause")
            assert caught.value.code == "not_found"
            async with ears.attach("voice", voice) as one, eyes.attach("gallery", gallery) as two:
                await one.wait_attached(5000)
                await two.wait_attached(5000)
                assert (await client.control("gallery", "pause")).value["asked"] == "pause"
                assert (await client.control("voice", "mute")).value == {"voice": True}
                assert (await client.listen()).heard == "hello"
                eyes.publish("problem.raised", {"part": "captions", "problem": "There is no model."})
                ears.publish("problem.raised", {"part": "microphone", "problem": "It is muted."})
                report = await client.status()
                states = {service.name: (service.state, service.detail) for service in report.services}
                assert states["gallery"] == ("attached", {"state": "idle", "asked": "status"})
                assert states["voice"] == ("attached", {"voice": True})
                assert {problem.part for problem in report.problems} == {"captions", "microphone"}
                with pytest.raises(RemoteFailure, match="no such service"):
                    await client.control("kitchen", "cook")
        del report

    run(test)


def test_a_gallery_that_goes_takes_only_its_own_problems_along():
    async def test(at):
        async def nothing(_):
            return Done(id=None)

        async with (
            running(FakeBrain(), at) as router,
            HomebodyClient.connect(at) as client,
            HomebodyClient.connect(at) as ears,
            ears.attach("voice", nothing) as one,
        ):
            await one.wait_attached(5000)
            async with HomebodyClient.connect(at) as eyes, eyes.attach("gallery", nothing) as two:
                await two.wait_attached(5000)
                eyes.publish("problem.raised", {"part": "captions", "problem": "There is no model."})
                ears.publish("problem.raised", {"part": "microphone", "problem": "It is muted."})
                await eventually(lambda: router._links["gallery"].problems and router._links["voice"].problems)
            await eventually(lambda: router._links["gallery"].peer is None)
            report = await client.status()
            assert [problem.part for problem in report.problems] == ["microphone"]
            assert {s.name: s.state for s in report.services}["gallery"] == "absent"

    run(test)
