"""A person speaks, and the right thing is said: real devices, real models, real processes, an independent listener."""

import asyncio
import contextlib
import signal
from pathlib import Path

import msgspec
import pytest

from homebody import profile as profiles
from homebody.ledger import Ledger
from homebody.starter import bundled
from house import LIMIT_S, house
from listening import transcribed_file, word_accuracy
from pulselab import until_sounding, until_spoken

pytestmark = [pytest.mark.audio, pytest.mark.models, pytest.mark.timeout(300)]

RECORDINGS = {recording.path.stem: recording for recording in bundled()}


@pytest.fixture
def folder(own_folders: Path) -> Path:
    return own_folders / "run"


def test_a_spoken_sum_is_answered_aloud_with_the_right_number(pulse, folder, tmp_path):
    async def conversation():
        async with house(profiles.load(), folder, pulse, "--always-listening") as home:
            with pulse.recorded(tmp_path / "reply.wav"):
                return await home.speak(RECORDINGS["maths"].path)

    heard, said = asyncio.run(conversation())
    assert heard == "what is fifteen plus twenty seven"
    assert "42" in said
    understood = transcribed_file(tmp_path / "reply.wav")
    assert "forty two" in understood
    assert word_accuracy("fifteen plus twenty seven is forty two", understood) >= 0.6


def test_every_turn_leaves_a_row_whose_legs_follow_one_another(pulse, folder):
    async def conversation():
        async with house(profiles.load(), folder, pulse, "--always-listening") as home:
            await home.speak(RECORDINGS["time"].path)

    asyncio.run(conversation())
    with contextlib.closing(Ledger(folder / "data")) as ledger:
        (row,) = ledger.turns()
    assert (row.outcome, row.route_kind, row.route_name) == ("answered", "skill", "clock")
    legs = [row.endpoint_ms, row.text_ms, row.route_ms, row.first_token_ms, row.first_pcm_ms, row.done_ms]
    assert None not in legs
    assert legs == sorted(legs)
    assert row.first_sample_ms > row.first_pcm_ms
    assert row.endpoint_ms >= profiles.load().voice.commit.soft_silence_ms


def test_unless_it_always_listens_it_answers_only_when_asked_to_listen(pulse, folder):
    async def conversation():
        async with house(profiles.load(), folder, pulse) as home:
            pulse.speak_into_microphone(RECORDINGS["time"].path)
            await asyncio.sleep(3.5)
            unasked = [event.name for event in home.events if event.name == "voice.heard"]
            asked = asyncio.create_task(home.client.listen(timeout_ms=8000))
            await home.until("voice.state", state="listening")
            pulse.speak_into_microphone(RECORDINGS["date"].path)
            done = await asyncio.wait_for(asked, LIMIT_S)
            return unasked, done.heard

    unasked, heard = asyncio.run(conversation())
    assert unasked == []
    assert heard == "what is the date today"


def test_asking_to_listen_interrupts_what_is_being_said(pulse, folder, tmp_path):
    async def conversation():
        async with house(profiles.load(), folder, pulse) as home:
            with pulse.recorded(tmp_path / "said.wav"):
                saying = asyncio.create_task(home.client.say("One thing and then another thing. " * 36))
                async with asyncio.timeout(LIMIT_S):
                    await until_sounding(tmp_path / "said.wav", sound_ms=2500)
            assert not saying.done()
            heard = asyncio.create_task(home.client.listen(timeout_ms=1500))
            said = await asyncio.wait_for(saying, LIMIT_S)
            return said, (await asyncio.wait_for(heard, LIMIT_S)).heard

    said, heard = asyncio.run(conversation())
    assert said.spoken is False
    assert 0 < len(said.heard_text) < 600  # of 1,200
    assert heard == ""


def test_when_the_router_is_killed_in_mid_turn_the_voice_says_so_and_works_again_when_it_is_back(
    pulse, folder, tmp_path
):
    async def conversation():
        profile = profiles.load()
        # A model that never answers keeps the turn open while the router is killed.
        async with asyncio.timeout(4 * LIMIT_S), _silent_server() as address:
            text = msgspec.structs.replace(profile.router.text, backend="ollama", base_url=address)
            profile = msgspec.structs.replace(profile, router=msgspec.structs.replace(profile.router, text=text))
            async with house(profile, folder, pulse, "--always-listening") as home:
                voice = home.children["voice"].process.pid
                home.devices.speak_into_microphone(RECORDINGS["question"].path)
                await home.until("voice.heard")
                with pulse.recorded(tmp_path / "apology.wav"):
                    await home.kill("router")
                    async with asyncio.timeout(LIMIT_S):
                        await until_spoken(tmp_path / "apology.wav")
                understood = transcribed_file(tmp_path / "apology.wav")
                before = len(home.events)
                await home.start("router")
                await home.until("service.attached", after=before)
                heard, said = await home.speak(RECORDINGS["maths"].path)
                assert home.children["voice"].process.pid == voice
                assert home.children["voice"].process.returncode is None
                return understood, heard, said

    understood, heard, said = asyncio.run(conversation())
    # The reason differs with the moment: a question it had not accepted yet is asked again, in case it comes back.
    said_aloud = "what to do is on the screen"
    assert word_accuracy(said_aloud, " ".join(understood.split()[-7:])) > 0.5, understood
    assert heard == "what is fifteen plus twenty seven"
    assert "42" in said


def test_when_the_voice_is_killed_its_turn_is_dropped_and_timers_ring_once_it_is_back(pulse, folder, tmp_path):
    async def conversation():
        async with house(profiles.load(), folder, pulse, "--always-listening") as home:
            async with contextlib.aclosing(home.client.ask("set a timer for three seconds")) as answer:
                async for _ in answer:
                    pass
            await home.kill("voice")
            await home.until("service.lost")
            await home.until("timer.rang")
            with pulse.recorded(tmp_path / "timer.wav"):
                await home.start("voice", "--always-listening")
                async with asyncio.timeout(LIMIT_S):
                    await until_spoken(tmp_path / "timer.wav")
            return (await home.client.status()).queues

    queues = asyncio.run(conversation())
    assert queues["announcements"] == 0
    understood = transcribed_file(tmp_path / "timer.wav")
    assert "timer" in understood, understood


def test_sigterm_ends_both_services_in_order_and_with_status_0(pulse, folder):
    async def conversation():
        async with house(profiles.load(), folder, pulse) as home:
            statuses = []
            for name in ("voice", "router"):
                process = home.children.pop(name).process
                process.send_signal(signal.SIGTERM)
                statuses.append(await asyncio.wait_for(process.wait(), LIMIT_S))
            return statuses

    assert asyncio.run(conversation()) == [0, 0]


@contextlib.asynccontextmanager
async def _silent_server():
    """Takes connections and requests, and never answers."""

    async def take(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while await reader.read(4096):
                pass
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
