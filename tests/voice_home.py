"""The voice service whole: a quiet room, a real socket, a router with a brain that says what it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

import msgspec

import wire
from fakes import FakeBrain, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad, FakeWakeWords, RoomMicrophone
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, Problem
from homebody.ledger import Ledger
from homebody.messages import Accepted, Done, Event, Route, Token
from homebody.options import BargeInOptions, EndpointingOptions, VoiceOptions
from homebody.process import Lifecycle
from homebody.voice.ears import Ears
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.service import Voice
from homebody.voice.turn import Parts
from homebody.voice.wake_word import Sentry
from wire import HANG_GUARD_S

OPTIONS = VoiceOptions(listen_timeout_ms=8000.0)
BY_VOICE = VoiceOptions(barge_in=BargeInOptions(by_voice=True))
UNCUT = EndpointingOptions(max_utterance_ms=600_000.0)
DEAF = Problem("microphone", "The microphone is gone.", "Plug it in again.")
LONG = "This is a sentence that takes a while to say. " * 8
SOON_S = 0.05  # to see that something does not happen


async def eventually(condition):
    """Wait until the condition holds, and notice it at once: there are many waits in these tests."""
    async with asyncio.timeout(HANG_GUARD_S):
        while not condition():
            await asyncio.sleep(0.001)


class Beats(Lifecycle):
    """Counts the heartbeats."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def beat(self):
        self.count += 1


class AskingBack(FakeBrain):
    """Answers with a question."""

    async def answer(self, ask, payloads, *, connection, release=None):
        async with aclosing(super().answer(ask, payloads, connection=connection, release=release)) as answer:
            async for message in answer:
                yield msgspec.structs.replace(message, follow_up=True) if isinstance(message, Done) else message


class Correctable(FakeBrain):
    """Answers with a change, and takes what begins with "no" for a correction of it; declines "no, nothing"."""

    async def answer(self, ask, payloads, *, connection, release=None):
        corrects = ask.text.startswith("no ")
        async with aclosing(super().answer(ask, payloads, connection=connection, release=release)) as answer:
            async for message in answer:
                if isinstance(message, Accepted):
                    yield msgspec.structs.replace(message, complete=True, correctable=True, answers=corrects)
                    continue
                if isinstance(message, Token) and message.seq == 0 and ask.text == "no nothing":
                    yield Accepted(id=ask.id, route=Route(kind="model", model="talker"), revision=ask.revision)
                yield message


class Stopping(FakeBrain):
    """Answers by having the voice stop, as the skill of that name does."""

    def __init__(self):
        super().__init__("Done.")
        self.router = None

    async def answer(self, ask, payloads, *, connection, release=None):
        self.asked.append(ask.text)
        end = "stopped"
        try:
            yield Accepted(id=ask.id, route=Route(kind="skill", name="stop"), revision=ask.revision)
            await self.router.control_voice("stop")
            await asyncio.sleep(0.05)
            end = "done"
            yield Token(id=ask.id, text="All is quiet.", seq=0)
            yield Done(id=ask.id, text="All is quiet.")
        finally:
            self.ended.append(end)


class SlowSynthesizer(FakeSynthesizer):
    """Makes no sound until it is ready."""

    def __init__(self):
        super().__init__()
        self.ready = asyncio.Event()

    async def synthesize(self, text, language=None):
        self.texts.append(text)
        await self.ready.wait()
        self.texts.pop()
        async with aclosing(super().synthesize(text, language)) as sounds:
            async for sound in sounds:
                yield sound


class BrokenTranscriber(FakeTranscriber):
    """Raises what it is given."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def transcribe(self, samples, language):
        raise self.error


class SlowTranscriber(FakeTranscriber):
    """Needs ``chunks`` of the ``room``'s time for all but the first ``quick`` texts; then time stands still there:
    whatever follows comes from what was understood."""

    room: RoomMicrophone

    def __init__(self, *texts, chunks, quick=1):
        super().__init__(*texts)
        self.chunks, self.quick = chunks, quick

    async def transcribe(self, samples, language):
        transcript = await super().transcribe(samples, language)
        if len(self.heard) > self.quick and transcript.text:
            until = self.room.delivered + self.chunks
            await eventually(lambda: self.room.delivered >= until)
            self.room.stalled = True
        return transcript


@dataclass
class Home:
    """A voice service in a room, and a person with a client."""

    voice: Voice
    microphone: RoomMicrophone
    speaker: FakeSpeaker
    synthesizer: FakeSynthesizer
    client: HomebodyClient
    ledger: Ledger
    beats: Beats
    running: asyncio.Task[None]
    router: object = None
    events: list[Event] = field(default_factory=list)

    def data(self, name: str) -> list[dict]:
        return [event.data for event in self.events if event.name == name]

    @property
    def states(self) -> list[str]:
        return [data["state"] for data in self.data("voice.state")]

    async def until(self, name: str, count: int = 1, **data) -> dict:
        """The data of the ``count``-th event of this name and with this data."""

        def found():
            return [got for got in self.data(name) if all(got.get(key) == value for key, value in data.items())]

        await eventually(lambda: len(found()) >= count)
        return found()[count - 1]

    def listening(self, timeout_ms: float = 8000.0) -> asyncio.Task[Done]:
        return asyncio.create_task(self.client.listen(timeout_ms=timeout_ms))

    async def asked(self) -> asyncio.Task[Done]:
        """Asked to listen, and the microphone is open."""
        before = self.states.count("listening")
        task = self.listening()
        await self.until("voice.state", before + 1, state="listening")
        return task

    async def told(self) -> str:
        """Asked to listen, and somebody says something; what was heard when the turn has ended."""
        task = await self.asked()
        self.microphone.hear()
        return (await asyncio.wait_for(task, HANG_GUARD_S)).heard

    async def thinking(self, brain: FakeBrain) -> None:
        """Asked to listen, and told something that the brain is to answer."""
        await self.asked()
        self.microphone.hear()
        await eventually(lambda: brain.committed)

    async def speaking(self) -> asyncio.Task[Done]:
        """Asked to listen, told something, and the answer has begun to sound."""
        task = await self.asked()
        self.microphone.hear()
        await self.until("voice.state", state="speaking")
        return task

    async def called(self, wake: FakeWakeWords) -> None:
        """Called by name out of a silence, and awake."""
        await self.chunks(8)
        wake.say()
        await self.until("voice.woke")

    async def chunks(self, count: int) -> None:
        """So much more is heard."""
        until = self.microphone.delivered + count
        await eventually(lambda: self.microphone.delivered >= until)


@contextlib.asynccontextmanager
async def home(
    folder, *brains, heard=("what time is it",), options=OPTIONS, always=False, stop=True, **parts
) -> AsyncIterator[Home]:
    """Everything, attached and followed."""
    brain = brains[0] if brains else FakeBrain("It is half past seven.")
    transcriber = parts.pop("transcriber", None) or FakeTranscriber(*heard)
    speaker = parts.pop("speaker", None) or FakeSpeaker()
    synthesizer = parts.pop("synthesizer", None) or FakeSynthesizer()
    async with contextlib.AsyncExitStack() as stack:
        at = stack.enter_context(wire.endpoint())
        router = await stack.enter_async_context(wire.running(brain, at))
        person = await stack.enter_async_context(HomebodyClient.connect(at))
        client = await stack.enter_async_context(HomebodyClient.connect(at))
        ledger = stack.enter_context(contextlib.closing(Ledger(folder / "ledger")))
        microphone, beats = RoomMicrophone(), Beats()
        mouth = Mouth(synthesizer, speaker)
        voice = Voice(
            microphone,
            Ears(FakeVad(), options.endpointing, options.commit),
            Parts(transcriber, client, mouth, options.language, options.ask_deadline_ms),
            client,
            ledger,
            VoiceMemory(folder / "memory"),
            options,
            always_listening=always,
            sentry=Sentry(parts["wake"], options.wake) if "wake" in parts else None,
            problems=parts.get("problems", ()),
        )
        it = Home(voice, microphone, speaker, synthesizer, person, ledger, beats, None, router)
        following = asyncio.create_task(follow(it))
        stack.push_async_callback(ended, following)
        await person.status()  # sent after `follow` on the same connection
        attachment = await stack.enter_async_context(client.attach("voice", voice.handle))
        await attachment.wait_attached(10_000)
        it.running = asyncio.create_task(voice.run(beats))
        stack.push_async_callback(ended, it.running)
        yield it


async def follow(it: Home) -> None:
    async with aclosing(it.client.follow()) as events:
        async for event in events:
            it.events.append(event)


async def ended(task):
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


async def answered(task, seconds=0.3):
    """Whether a listen is answered in some time."""
    await asyncio.wait([task], timeout=seconds)
    done = task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, HomebodyError):
        await task
    return done


def lived(folder, story, *brains, **parts):
    """Live a story in a home; returns what the story does."""

    async def main():
        async with asyncio.timeout(HANG_GUARD_S), home(folder, *brains, **parts) as it:
            return await story(it)

    return asyncio.run(main())
