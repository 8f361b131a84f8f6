"""The router on a real socket, with peers that behave, misbehave, and go away."""

import asyncio
import datetime as dt
import json
import os
import random
import re
import stat
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from fakes import FakeBrain
from homebody.client import HomebodyClient
from homebody.errors import AlreadyRunning, ModelFailed, RemoteFailure, SkillFailed, UsageError
from homebody.messages import (
    Accepted,
    Ask,
    Attach,
    Cancel,
    Caption,
    Done,
    Event,
    Failed,
    Follow,
    Listen,
    Payload,
    Ping,
    Pong,
    Publish,
    Say,
    Status,
    StatusReport,
    Token,
)
from homebody.router import requests, service_link
from homebody.router.connections import CONNECTION_LIMIT, ENDED_LIMIT, OPEN_LIMIT, Connections
from homebody.router.service import Inside
from homebody.router.socket import bind
from wire import HANG_GUARD_S, KeptInMemory, RawPeer, endpoint, eventually, running, short_dir

pytestmark = pytest.mark.lengthy

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "messages.md").read_text(encoding="utf-8")


def run(test):
    """Run a coroutine function with an endpoint of its own."""
    with endpoint() as at:
        asyncio.run(asyncio.wait_for(test(at), HANG_GUARD_S))


async def voice_at(at):
    """A raw peer that has attached as the voice."""
    peer = RawPeer(at)
    await peer.send(Attach(id="a", service="voice"))
    assert isinstance(await peer.receive(), Done)
    return peer


# --- asks --------------------------------------------------------------------------------------------------------


def test_an_ask_is_answered_with_its_id_and_a_session_of_its_connection():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as one, RawPeer(at) as other:
            sessions = set()
            for peer in (one, other):
                await peer.send(Ask(id="my id", text="hello"))
                answer = await peer.until(Done)
                assert {message.id for message in answer} == {"my id"}
                sessions.add(answer[0].route.slots["connection"])
            assert len(sessions) == 2

    run(test)


def test_a_repeated_id_is_worked_on_once_whether_it_is_open_or_has_ended():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="set a timer"))
            await peer.send(Ask(id="1", text="set a timer"))
            await peer.until(Accepted)
            brain._wait.set()
            await peer.until(Done)
            await peer.send(Ask(id="1", text="set a timer"))
            await peer.send(Ping(id="2"))
            assert isinstance(await peer.receive(), Pong)  # and no second answer before it
            assert brain.asked == ["set a timer"]

    run(test)


@pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
def test_an_ask_from_before_an_outage_is_refused(expires_at):
    async def test(at):
        brain = FakeBrain()
        async with running(brain, at), RawPeer(at) as peer:
            header = {"v": 1, "type": "ask", "id": "1", "text": "open the door", "expires_at": expires_at}
            await peer.frames(json.dumps(header).encode())
            failed = await peer.receive()
            assert (failed.code, failed.id) == ("deadline", "1")
            assert brain.asked == []

    run(test)


def test_an_ask_that_has_not_expired_is_answered():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="hello", expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)))
            assert (await peer.until(Done, Failed))[-1].text == "You said hello"

    run(test)


def test_cancel_reaches_the_brain_and_the_asker_gets_what_there_was():
    async def test(at):
        brain = FakeBrain("word " * 1000, gap_s=0.01)
        async with running(brain, at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="talk"))
            await peer.until(Token)
            await peer.send(Cancel(id="2", ask="1"))
            *_, failed = await peer.until(Failed, Done)
            assert (failed.id, failed.code) == ("1", "cancelled")
            assert failed.partial.startswith("word")
            await eventually(lambda: brain.ended == ["stopped"])
            await peer.send(Cancel(id="3", ask="1"))  # has ended: no answer
            await peer.send(Ping(id="4"))
            assert isinstance(await peer.receive(), Pong)

    run(test)


def test_a_conversation_is_forgotten_by_its_name_or_as_the_connections_own():
    async def test(at):
        brain = FakeBrain("{connection}")
        async with running(brain, at), HomebodyClient.connect(at) as client:
            async with aclosing(client.ask("who am I")) as answer:
                (own,) = [
                    message.route.slots["connection"] async for message in answer if isinstance(message, Accepted)
                ]
            await client.forget("kitchen")
            await client.forget()
            assert brain.forgotten == ["kitchen", own]

    run(test)


def test_how_much_was_heard_of_an_answer_reaches_the_brain_once_its_work_has_ended():
    async def test(at):
        brain = FakeBrain("word " * 1000, gap_s=0.01)
        async with running(brain, at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="talk"))
            await peer.until(Token)
            await peer.send(Cancel(id="2", ask="1", heard="word"))
            await peer.until(Failed, Done)
            await eventually(lambda: brain.cuts == [("1", "word")])
            assert brain.ended == ["stopped"]
            await peer.send(Cancel(id="3", ask="1", heard=""))  # has ended: known all the same
            await eventually(lambda: brain.cuts == [("1", "word"), ("1", "")])

    run(test)


def test_a_deadline_ends_an_ask_whose_brain_does_not():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="think", deadline_ms=50))
            assert (await peer.until(Failed))[-1].code == "deadline"
            await eventually(lambda: brain.ended == ["stopped"])

    run(test)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelFailed("The answer broke off."), "model_failed"),
        (SkillFailed("The skill clock failed."), "skill_failed"),
        (KeyError("the person's secret words"), "model_failed"),
        (TimeoutError("the person's secret words"), "model_failed"),
    ],
)
def test_whatever_goes_wrong_becomes_one_failed_without_anyones_words(error, code, caplog):
    async def test(at):
        async with running(FakeBrain(fails=error), at), RawPeer(at) as peer:
            await peer.send(Ask(id="1", text="something private"))
            *_, failed = await peer.until(Failed)
            assert (failed.code, failed.partial) == (code, "You said something private")
            assert "secret" not in failed.reason
            await peer.send(Ping(id="2"))
            assert isinstance(await peer.receive(), Pong)

    with caplog.at_level("INFO"):
        run(test)
    assert "secret" not in caplog.text
    assert "private" not in caplog.text


def test_the_thirty_third_open_request_is_refused_and_others_are_not():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at), RawPeer(at) as peer, RawPeer(at) as other:
            for n in range(OPEN_LIMIT + 1):
                await peer.send(Ask(id=str(n), text="x"))
            answers = [await peer.receive() for _ in range(OPEN_LIMIT + 1)]
            (busy,) = [answer for answer in answers if isinstance(answer, Failed)]
            assert (busy.code, busy.id) == ("busy", str(OPEN_LIMIT))
            await other.send(Ask(id="0", text="x"))
            assert isinstance(await other.receive(), Accepted)
            await peer.send(Cancel(id="c", ask="0"))
            assert (await peer.until(Failed))[-1].code == "cancelled"
            await peer.send(Ask(id=str(OPEN_LIMIT), text="x"))  # the refused one may be asked again
            assert isinstance(await peer.receive(), Accepted)

    run(test)


def test_a_caption_streams_as_an_ask_does_and_its_image_comes_with_it():
    async def test(at):
        brain = FakeBrain()
        image = Payload(kind="image", media_type="image/png", size_bytes=3)
        async with running(brain, at), RawPeer(at) as peer, HomebodyClient.connect(at) as client:
            await peer.send(Caption(id="1", payloads=(image,)), b"abc")
            assert [type(m) for m in await peer.until(Done, Failed)] == [Accepted, Token, Token, Token, Done]
            await peer.send(Caption(id="2", payloads=(image,)), b"abcd")
            assert (await peer.until(Done, Failed))[-1].code == "bad_message"
            await peer.send(Caption(id="3", expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
            assert (await peer.until(Done, Failed))[-1].code == "deadline"
            async with aclosing(client.caption(b"abc", background=True)) as answer:
                assert [type(message) async for message in answer] == [Accepted, Token, Token, Token, Done]
            async with aclosing(client.ask("look", images=[b"abc", b"d"])) as answer:
                assert isinstance([message async for message in answer][-1], Done)
            assert brain.asked == ["caption", "caption", "look"]

    run(test)


def test_every_event_is_shown_to_whoever_watches():
    async def test(at):
        seen = []
        async with running(FakeBrain(), at, watch=lambda name, data: seen.append((name, dict(data)))):
            async with await voice_at(at) as voice:
                await voice.send(Publish(id="p", name="voice.state", data={"state": "hearing"}))
                await eventually(lambda: len(seen) == 2)
            assert seen[-1] == ("voice.state", {"state": "hearing"})
            await eventually(lambda: seen[-1][0] == "service.lost")

    run(test)


def test_payload_frames_must_be_those_the_message_describes():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer:
            image = Payload(kind="image", media_type="image/png", size_bytes=3)
            await peer.send(Ask(id="1", text="x", payloads=(image,)), b"abc")
            assert isinstance((await peer.until(Done, Failed))[-1], Done)
            for n, payloads in enumerate([(), (b"abcd",), (b"abc", b"")]):
                await peer.send(Ask(id=f"bad {n}", text="x", payloads=(image,)), *payloads)
                assert (await peer.until(Done, Failed))[-1].code == "bad_message"

    run(test)


def test_everyone_who_is_owed_an_answer_hears_that_the_router_stops():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with RawPeer(at) as peer:
            async with running(brain, at):
                await peer.send(Ask(id="1", text="x"))
                await peer.send(Follow(id="2"))
                await peer.until(Accepted)
            codes = {(message.id, message.code) for message in [await peer.receive(), await peer.receive()]}
            assert codes == {("1", "shutting_down"), ("2", "shutting_down")}
            assert brain.ended == ["stopped"]

    run(test)


# --- bad input -----------------------------------------------------------------------------------------------------


def test_each_bad_message_is_answered_once_and_the_connection_goes_on():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer:
            for frames, code, id_ in [
                ([b"nonsense"], "bad_frame", None),
                ([b""], "bad_frame", None),
                ([b" " * 70_000], "bad_frame", None),
                ([b'{"v":1,"type":"dance","id":"x"}'], "unknown_type", "x"),
                ([b'{"v":9,"type":"ping","id":"x"}'], "unsupported_version", "x"),
                ([b'{"v":1,"type":"ask","id":"x"}'], "bad_message", "x"),
                ([b'{"v":1,"type":"ping","id":"x"}', *[b""] * 5], "too_large", "x"),
                ([b'{"v":1,"type":"token","id":"x","text":"","seq":0}'], "bad_message", "x"),
            ]:
                await peer.frames(*frames)
                failed = await peer.receive()
                assert (failed.code, failed.id) == (code, id_)
                assert failed.reason.endswith(".")
            await peer.send(Ping(id="1"))
            assert isinstance(await peer.receive(), Pong)

    run(test)


def mutated(rng):
    """Frames near the protocol, and far from it."""
    examples = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    header = bytearray(rng.choice(examples).encode())
    match rng.randrange(4):
        case 0:
            return [rng.randbytes(rng.randrange(200)) for _ in range(rng.randrange(1, 7))]
        case 1:
            return [bytes(header[: rng.randrange(len(header))])]
        case 2:
            for _ in range(rng.randrange(1, 8)):
                header[rng.randrange(len(header))] = rng.randrange(256)
            return [bytes(header), rng.randbytes(9)]
        case _:
            fields = json.loads(bytes(header))
            fields[rng.choice(list(fields))] = rng.choice([None, [], {}, -1, 1e300, "x" * 70, "\0", True])
            return [json.dumps(fields).encode()]


def test_a_peer_that_sends_garbage_does_not_disturb_the_answers_of_another():
    async def test(at):
        rng = random.Random(7)
        async with running(FakeBrain(), at) as router, RawPeer(at) as vandal, HomebodyClient.connect(at) as client:

            async def vandalise():
                for _ in range(1500):
                    await vandal.frames(*mutated(rng))

            async def read():
                while True:
                    await vandal.socket.recv_multipart()

            reading, breaking = asyncio.create_task(read()), asyncio.create_task(vandalise())
            count = 0
            while not breaking.done() or count < 20:
                async with aclosing(client.ask(f"number {count}")) as answer:
                    messages = [message async for message in answer]
                assert messages[-1].text == f"You said number {count}"
                assert [m.seq for m in messages if isinstance(m, Token)] == [0, 1, 2, 3]
                count += 1
            await breaking
            reading.cancel()
            assert (await client.ping()).router == router.instance

    run(test)


def test_every_example_of_the_document_is_accepted_by_a_router():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer:
            refused = {"bad_frame", "bad_message", "unknown_type", "unsupported_version", "too_large"}
            for example in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL):
                described = json.loads(example).get("payloads", [])
                await peer.frames(example.encode(), *(bytes(payload["size_bytes"]) for payload in described))
            await peer.send(Ping(id="the last"))
            got = []
            while not (got and isinstance(got[-1], Pong) and got[-1].id == "the last"):
                got.append(await peer.receive())
            assert [message for message in got if isinstance(message, Failed) and message.code in refused] == []

    run(test)


@pytest.mark.processes
def test_the_whole_client_of_the_document_works():
    (source,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)

    async def test(at):
        async with running(FakeBrain("It is noon."), at):
            code = source.replace("ENDPOINT", repr(at))
            client = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
            out, _ = await asyncio.wait_for(client.communicate(), HANG_GUARD_S)
            assert out.decode().strip() == "It is noon."

    run(test)


# --- peers that do not read ------------------------------------------------------------------------------------------


def test_a_peer_that_does_not_read_loses_its_asks_and_nobody_else_notices(monkeypatch):
    monkeypatch.setattr(requests, "READ_PATIENCE_S", 0.2)
    talk = "x" * 20_000

    async def test(at):
        brain = FakeBrain(" ".join([talk] * 3000))
        async with running(brain, at), RawPeer(at, RCVHWM=1) as deaf, HomebodyClient.connect(at) as client:
            await deaf.send(Ask(id="1", text="talk"))
            await deaf.send(Ask(id="2", text="talk"))
            while len(brain.ended) < 2:
                assert (await client.ping()).router
                await asyncio.sleep(0.02)
            assert brain.ended == ["stopped", "stopped"]
            endings = {}
            while len(endings) < 2:  # it reads at last
                message = await deaf.receive()
                if isinstance(message, Failed):
                    endings[message.id] = message.code
            assert endings == {"1": "slow_reader", "2": "slow_reader"}
            await deaf.send(Ping(id="3"))
            assert isinstance((await deaf.until(Pong))[-1], Pong)

    run(test)


# --- events ----------------------------------------------------------------------------------------------------------


def test_a_follower_gets_what_it_missed_then_what_is_new():
    async def test(at):
        async with running(FakeBrain(), at) as router, RawPeer(at) as peer:
            for n in range(5):
                router.publish("timer.rang" if n % 2 else "voice.state", {"n": n})
            await peer.send(Follow(id="1", events=("timer.",), since_seq=2, instance=router.instance))
            missed = await peer.receive()
            assert (missed.id, missed.seq, missed.data, missed.gap) == ("1", 4, {"n": 3}, False)
            router.publish("timer.rang", {"n": 5})
            assert (await peer.receive()).seq == 6
            await peer.send(Cancel(id="2", ask="1"))
            assert (await peer.receive()).code == "cancelled"
            router.publish("timer.rang", {})
            await peer.send(Ping(id="3"))
            assert isinstance(await peer.receive(), Pong)

    run(test)


def test_a_whole_backlog_reaches_a_follower_and_says_that_there_is_a_gap():
    async def test(at):
        async with running(FakeBrain(), at) as router, RawPeer(at) as peer:
            for n in range(1500):
                router.publish("n", {"n": n})
            await peer.send(Follow(id="1", since_seq=3))
            events = [await peer.receive() for _ in range(1000)]
            assert [event.seq for event in events] == list(range(501, 1501))
            assert [event.gap for event in events] == [True] + [False] * 999

    run(test)


def test_an_event_that_cannot_be_sent_is_dropped_without_harm_to_followers():
    async def test(at):
        async with running(FakeBrain(), at) as router, RawPeer(at) as peer:
            await peer.send(Follow(id="1", since_seq=0))
            router.publish("large", {"x": "y" * 65_000})
            router.publish("odd", {"x": object()})
            router.publish("good", {})
            event = await peer.receive()
            assert (event.name, event.seq) == ("good", 1)

    run(test)


# --- the voice -----------------------------------------------------------------------------------------------------


def test_without_a_voice_a_say_fails_and_a_kept_one_is_said_when_one_attaches():
    async def test(at):
        kept = KeptInMemory()
        async with running(FakeBrain(), at, announcements=kept), RawPeer(at) as peer:
            await peer.send(Say(id="1", text="lost"))
            assert (await peer.receive()).code == "no_voice"
            await peer.send(Listen(id="2"))
            assert (await peer.receive()).code == "no_voice"
            await peer.send(Say(id="3", text="Dinner is ready.", keep=True))
            done = await peer.receive()
            assert (done.kept, done.spoken) == (True, False)
            voice = await voice_at(at)
            say = await voice.receive()
            assert say.text == "Dinner is ready."
            assert len(kept.waiting()) == 1  # until it was spoken
            await voice.send(Done(id=say.id, spoken=True))
            await eventually(lambda: kept.waiting() == [])
            voice.close()

    run(test)


def test_announcements_kept_from_before_are_said_oldest_first_and_one_that_fails_does_not_hold_up_the_rest():
    async def test(at):
        kept = KeptInMemory("first", "second", "third")
        async with running(FakeBrain(), at, announcements=kept):
            voice = await voice_at(at)
            said = []
            for _ in range(3):
                say = await voice.receive()
                said.append(say.text)
                answer = (
                    Failed(id=say.id, code="model_failed", reason="No.") if say.text == "second" else Done(id=say.id)
                )
                await voice.send(answer)
            assert said == ["first", "second", "third"]
            await eventually(lambda: [text for _, text, *_ in kept.waiting()] == ["second"])
            voice.close()

    run(test)


def test_an_announcement_stored_by_a_skill_is_said_at_once():
    async def test(at):
        kept = KeptInMemory()
        async with running(FakeBrain(), at, announcements=kept) as router:
            voice = await voice_at(at)
            kept.add("Your timer is over.")
            router.announce("Your timer is over.")
            assert (await voice.receive()).text == "Your timer is over."
            voice.close()

    run(test)


def test_an_answer_is_spoken_too_when_that_is_asked_for():
    async def test(at):
        async with running(FakeBrain("It is noon."), at), RawPeer(at) as peer:
            voice = await voice_at(at)
            await peer.send(Ask(id="1", text="what time is it", speak=True, language="en"))
            await peer.until(Done)
            say = await voice.receive()
            assert (say.text, say.language) == ("It is noon.", "en")
            voice.close()

    run(test)


def test_a_skill_controls_the_voice_and_hears_when_there_is_none():
    async def test(at):
        async with running(FakeBrain(), at) as router:
            with pytest.raises(RemoteFailure) as caught:
                await router.control_voice("volume", "+10")
            assert caught.value.code == "no_voice"
            voice = await voice_at(at)
            asking = asyncio.create_task(router.control_voice("volume", "+10"))
            control = await voice.receive()
            assert (control.action, control.value) == ("volume", "+10")
            await voice.send(Done(id=control.id, value={"volume_percent": 90}))
            assert (await asking).value == {"volume_percent": 90}
            voice.close()

    run(test)


def test_a_voice_that_disconnects_is_lost_at_once_for_whoever_waits_for_it():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at), RawPeer(at) as peer:
            await peer.send(Follow(id="f", events=("service.",), since_seq=0))
            voice = await voice_at(at)
            await voice.send(Ask(id="1", text="a turn of its own"))
            assert (await peer.receive()).name == "service.attached"
            await peer.send(Say(id="1", text="hello"))
            await voice.until(Say)
            voice.close()
            got = {type(message): message for message in [await peer.receive(), await peer.receive()]}
            assert (got[Event].name, got[Event].data) == ("service.lost", {"service": "voice", "why": "gone"})
            assert got[Failed].code == "no_voice"
            await eventually(lambda: brain.ended == ["stopped"])
            again = await voice_at(at)  # the next one may attach
            again.close()

    run(test)


def test_a_voice_that_is_found_gone_by_writing_to_it_is_told_lost_once():
    published = []

    def send(peer, message):
        link.lose("gone")  # as the socket's own notice does, before it returns
        return requests.Sent.GONE

    link = service_link.ServiceLink("voice", send, lambda name, data: published.append(name))
    link.attach(b"1", 0.0)
    link.probe()
    assert published == ["service.attached", "service.lost"]


def test_a_silent_voice_is_lost_and_attached_again_by_its_next_word(monkeypatch):
    monkeypatch.setattr(service_link, "SILENCE_LIMIT_S", 0.3)

    async def test(at):
        async with running(FakeBrain(wait=asyncio.Event()), at), RawPeer(at) as peer:
            await peer.send(Follow(id="f", events=("service.",), since_seq=0))
            voice = await voice_at(at)
            await voice.send(Ask(id="1", text="a turn of its own"))
            names = [await peer.receive(), await peer.receive()]
            assert [event.name for event in names] == ["service.attached", "service.lost"]
            assert names[1].data["why"] == "silent"
            *_, failed = await voice.until(Failed)
            assert (failed.id, failed.code) == ("1", "cancelled")
            await voice.send(Ping(id="2"))
            assert (await peer.receive()).name == "service.attached"
            voice.close()

    run(test)


def test_a_second_voice_is_refused_while_the_first_is_there():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as other:
            first = await voice_at(at)
            await other.send(Attach(id="1", service="voice"))
            refused = await other.receive()
            assert (refused.code, refused.retry_after_ms) == ("busy", 1000.0)
            await first.send(Attach(id="again", service="voice"))
            assert isinstance((await first.until(Done))[-1], Done)  # once more is no second one
            await other.send(Attach(id="2", service="toaster"))
            assert (await other.receive()).code == "not_found"
            first.close()

    run(test)


def test_only_an_attached_service_publishes():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer:
            await peer.send(Publish(id="1", name="voice.state", data={}))
            assert (await peer.receive()).code == "not_allowed"
            voice = await voice_at(at)
            await voice.send(Publish(id="1", name="voice.state", data={"state": "hearing"}))
            await voice.send(Publish(id="2", name="x", data={"x": "y" * 65_000}))
            assert (await voice.receive()).code == "too_large"
            await peer.send(Follow(id="2", since_seq=0, events=("voice.",)))
            event = await peer.receive()
            assert (event.name, event.data) == ("voice.state", {"state": "hearing"})
            voice.close()

    run(test)


def test_another_peer_cannot_answer_for_the_voice():
    async def test(at):
        async with running(FakeBrain(), at), RawPeer(at) as peer, RawPeer(at) as liar:
            voice = await voice_at(at)
            await peer.send(Say(id="1", text="hello"))
            say = await voice.receive()
            await liar.send(Done(id=say.id, spoken=False))
            await liar.send(Ping(id="p"))
            assert isinstance(await liar.receive(), Pong)
            await voice.send(Done(id=say.id, spoken=True, heard_text="hello"))
            assert (await peer.receive()).spoken is True
            voice.close()

    run(test)


# --- the process ---------------------------------------------------------------------------------------------------


def test_status_says_who_is_there():
    async def test(at):
        inside = Inside(models=({"model": "m"},), skills=("clock",))
        async with running(FakeBrain(), at, profile="embedded", inside=lambda: inside) as router, RawPeer(at) as peer:
            await peer.send(Status(id="1"))
            report = await peer.receive()
            assert isinstance(report, StatusReport)
            assert (report.router, report.endpoint, report.profile) == (router.instance, at, "embedded")
            assert {service.name: service.state for service in report.services} == {
                "router": "running",
                "voice": "absent",
                "gallery": "absent",
            }
            assert report.queues == {"open": 0, "followers": 0, "announcements": 0}
            assert (report.skills, report.models) == (("clock",), ({"model": "m"},))
            voice = await voice_at(at)
            await peer.send(Status(id="2"))
            assert {service.name: service.state for service in (await peer.receive()).services}["voice"] == "attached"
            voice.close()

    run(test)


def test_a_second_router_is_refused_and_the_first_goes_on():
    async def test(at):
        async with running(FakeBrain(), at), HomebodyClient.connect(at) as client:
            with pytest.raises(AlreadyRunning) as caught:
                async with bind(at):
                    pass
            assert str(os.getpid()) in caught.value.reason
            assert str(os.getpid()) in caught.value.remedy
            assert await client.ping()
        assert not Path(at.removeprefix("ipc://")).exists()
        async with bind(at):  # free again
            pass

    run(test)


@pytest.mark.processes
def test_the_lock_of_a_killed_router_is_free():
    async def test(at):
        code = (
            "import asyncio, sys\nfrom homebody.router.socket import bind\n"
            "async def main():\n async with bind(sys.argv[1]):\n"
            "  print('ready', flush=True)\n  await asyncio.sleep(60)\n"
            "asyncio.run(main())"
        )
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, at, stdout=subprocess.PIPE)
        assert await other.stdout.readline() == b"ready\n"
        with pytest.raises(AlreadyRunning) as caught:
            async with bind(at):
                pass
        assert f"process {other.pid}" in caught.value.reason
        other.kill()
        await other.wait()
        async with running(FakeBrain(), at), HomebodyClient.connect(at) as client:  # over the stale socket file
            assert await client.ping()

    run(test)


def test_the_runtime_directory_is_private():
    async def test():
        with short_dir() as path:
            async with bind(f"ipc://{path}/run/router"):
                assert stat.S_IMODE((path / "run").stat().st_mode) == 0o700

    asyncio.run(test())


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:5757", "router", f"ipc:///tmp/{'x' * 120}/router"])
def test_an_endpoint_that_is_none_is_refused(wrong):
    async def test():
        async with bind(wrong):
            pass

    with pytest.raises(UsageError) as caught:
        asyncio.run(test())
    assert caught.value.remedy


def test_only_so_many_ids_and_connections_are_remembered():
    connections = Connections()
    kept = connections.heard(b"kept", 0)
    kept.begin("open")
    for n in range(CONNECTION_LIMIT + 50):
        connections.heard(b"%d" % n, n)
    assert len(list(connections)) == CONNECTION_LIMIT
    assert connections.get(b"kept") is kept
    assert connections.get(b"0") is None
    for n in range(ENDED_LIMIT + 1):
        kept.end(kept.begin(str(n)))
    assert not kept.knows("0")
    assert kept.knows("1")
    assert kept.knows("open")
