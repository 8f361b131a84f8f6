"""The voice service whole: a quiet room, a real socket, a router with a brain that says what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest

import wire
from fakes import FakeBrain, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad, FakeWakeWords, RoomMicrophone
from homebody.client import HomebodyClient
from homebody.errors import AudioStuck, HomebodyError, ModelFailed, NoSpeaker, Problem, RemoteFailure, RouterUnreachable
from homebody.ledger import Ledger
from homebody.messages import Accepted, Done, Event, Route, Say, Token
from homebody.options import BargeInOptions, EndpointingOptions, VoiceOptions
from homebody.process import Lifecycle, understood
from homebody.voice import going_on, patient_asker, service, wake_word
from homebody.voice.audio import RATE_HZ
from homebody.voice.earcons import earcon
from homebody.voice.ears import Ears
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.patient_asker import PatientAsker
from homebody.voice.second_thoughts import ECHO_ENDS_S
from homebody.voice.service import Voice
from homebody.voice.turn import Parts
from homebody.voice.wake_word import LEISURE_MS, REST_MS, Sentry
from wire import HANG_GUARD_S

OPTIONS = VoiceOptions(listen_timeout_ms=8000.0)
BY_VOICE = VoiceOptions(barge_in=BargeInOptions(by_voice=True))
UNCUT = EndpointingOptions(max_utterance_ms=600_000.0)
DEAF = Problem("microphone", "The microphone is gone.", "Plug it in again.")
LONG = "This is a sentence that takes a while to say. " * 8
SOON_S = 0.05  # to see that something does not happen


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Time passes faster: the room's microphone is some hundred times as fast as a real one."""
    monkeypatch.setattr(service, "LOOK_S", 0.01)
    monkeypatch.setattr(service, "SOUND_LIMIT_S", 0.1)
    monkeypatch.setattr(service, "ECHO_TAIL_S", 0.0)


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


# --- a turn ----------------------------------------------------------------------------------------------------------


def test_asked_to_listen_it_hears_asks_answers_aloud_and_writes_it_down(tmp_path):
    brain = FakeBrain("It is half past seven.")

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", 1, state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, brain)
    assert heard == "what time is it"
    assert brain.asked == ["what time is it"]
    assert it.synthesizer.texts == ["It is half past seven."]
    assert (row.outcome, row.route_kind, row.route_name) == ("answered", "skill", "fake")
    legs = [row.endpoint_ms, row.text_ms, row.route_ms, row.first_token_ms, row.first_pcm_ms, row.done_ms]
    assert legs == sorted(legs)
    assert it.states == ["listening", "hearing", "thinking", "speaking", "asleep"]
    (told,) = it.data("voice.heard")
    assert (told["text"], told["refused"], told["language"]) == ("what time is it", "", "en")
    assert it.data("voice.said") == [{"text": "It is half past seven."}]
    (published,) = it.data("turn.ended")
    assert published["outcome"] == "answered"
    assert "what time" not in str(published)


def test_nobody_who_was_not_asked_is_heard(tmp_path):
    async def story(it):
        it.microphone.hear()
        await it.chunks(60)
        return it.events, it.ledger.turns()

    events, turns = lived(tmp_path, story)
    assert turns == []
    assert {event.name for event in events} <= {"service.attached"}


def test_always_listening_it_answers_whatever_is_said_and_listens_again(tmp_path):
    async def story(it):
        for count in (1, 2):
            it.microphone.hear()
            await it.until("turn.ended", count)
            await eventually(lambda: it.states[-1] == "listening")
        return [data["text"] for data in it.data("voice.heard")]

    assert lived(tmp_path, story, heard=("one", "two"), always=True) == ["one", "two"]


def test_a_listen_that_hears_nobody_is_answered_with_nothing_and_closes_the_microphone(tmp_path):
    async def story(it):
        done = await it.listening(timeout_ms=60)
        await it.until("voice.state", state="asleep")
        it.microphone.hear()
        await it.chunks(60)
        return done.heard, it.ledger.turns()

    assert lived(tmp_path, story) == ("", [])


def test_the_timeout_is_for_beginning_to_speak_and_not_for_speaking(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.hear(14_000)  # longer than the timeout, here too
        return (await task).heard

    assert lived(tmp_path, story) == "what time is it"


def test_what_is_refused_leaves_a_row_and_whoever_asked_to_be_heard_is_told(tmp_path):
    brain = FakeBrain()

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, brain, heard=())
    assert (heard, row.outcome, row.reason) == ("", "refused", "empty")
    assert (brain.asked, it.data("voice.said")) == ([], [])
    assert " ".join(it.synthesizer.texts) == "Sorry, I did not understand that."
    assert it.data("voice.heard")[0]["refused"] == "empty"


def test_what_was_not_meant_for_it_is_met_with_silence(tmp_path):
    async def story(it):
        it.microphone.hear()
        await it.until("turn.ended")
        return it.synthesizer.texts

    assert lived(tmp_path, story, heard=(), always=True) == []


def test_a_question_back_opens_the_microphone(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return [data["text"] for data in it.data("voice.heard")]

    assert lived(tmp_path, story, AskingBack("Which one?"), heard=("cancel", "the first")) == ["cancel", "the first"]


def test_a_question_back_that_nobody_answers_closes_the_microphone(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        await asyncio.sleep(0.12)
        it.microphone.hear()
        await it.chunks(60)
        return len(it.ledger.turns())

    assert lived(tmp_path, story, AskingBack("Which one?"), options=VoiceOptions(follow_up_ms=50.0)) == 1


def test_a_question_back_that_nobody_answers_is_shown_to_be_over(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        await asyncio.sleep(0.12)
        return it.states[-1]

    options = VoiceOptions(follow_up_ms=50.0)
    assert lived(tmp_path, story, AskingBack("Which one?"), options=options) == "asleep"


# --- second thoughts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_voice", [False, True])
def test_a_change_is_corrected_without_being_called_again(tmp_path, by_voice):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        await asyncio.sleep(2 * ECHO_ENDS_S)
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return [data["text"] for data in it.data("voice.said")]

    options = BY_VOICE if by_voice else OPTIONS
    said = lived(tmp_path, story, Correctable(), heard=("ten minutes", "no five"), options=options)
    assert said == ["You said ten minutes", "You said no five"]


def test_what_corrects_nothing_is_not_answered_after_a_change_and_leaves_no_trace(tmp_path):
    brain = Correctable()

    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await eventually(lambda: "the news at nine" in brain.asked)
        await it.chunks(100)
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return [data["text"] for data in it.data("voice.heard")], len(it.ledger.turns())

    heard = "ten minutes", "the news at nine", "no five"
    assert lived(tmp_path, story, brain, heard=heard) == (["ten minutes", "no five"], 2)
    assert brain.committed == ["ten minutes", "no five"]


def test_where_there_is_nothing_to_correct_after_all_nobody_else_answers(tmp_path):
    async def story(it):
        await it.told()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("turn.ended", 2)
        return it.synthesizer.texts

    heard = "ten minutes", "no nothing"
    assert lived(tmp_path, story, Correctable(), heard=heard) == ["You said ten minutes"]


@pytest.mark.parametrize("ms", [0.0, 30.0])
def test_after_its_time_a_second_thought_is_not_heard(tmp_path, ms):
    async def story(it):
        await it.told()
        await eventually(lambda: it.states[-1] == "asleep")
        it.microphone.hear()
        await it.chunks(60)
        return len(it.ledger.turns())

    options = VoiceOptions(second_thoughts_ms=ms)
    assert lived(tmp_path, story, Correctable(), heard=("ten minutes", "no five"), options=options) == 1


def test_a_second_thought_before_the_answer_sounds_takes_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = Correctable(wait=asyncio.Event())

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await eventually(lambda: brain.committed)
        await it.chunks(10)
        it.microphone.hear()
        await it.until("voice.heard", 2)
        brain._wait.set()
        await it.until("turn.ended", 2)
        return it.synthesizer.texts, [row["outcome"] for row in it.data("turn.ended")]

    found = lived(tmp_path, story, brain, heard=("ten minutes", "no five"))
    assert found == (["You said no five"], ["interrupted", "answered"])


def test_a_second_thought_over_the_answer_is_heard_where_our_own_words_are_not(tmp_path):
    """With headphones on."""

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        await it.chunks(40)
        it.microphone.hear()
        await it.until("voice.heard", 2)
        return it.ledger.turns()[0].outcome, it.data("voice.heard")[1]["text"]

    found = lived(tmp_path, story, Correctable(LONG), heard=("ten minutes", "no five"), speaker=FakeSpeaker(speed=1.0))
    assert found == ("interrupted", "no five")


def test_a_television_that_talks_on_neither_holds_the_answer_for_ever_nor_is_answered(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = Correctable(wait=asyncio.Event())

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await eventually(lambda: brain.committed)
        await it.chunks(10)
        it.microphone.hear(30_000.0)
        brain._wait.set()
        await it.until("turn.ended")
        return it.synthesizer.texts, [row.outcome for row in it.ledger.turns()]

    options, speaker = VoiceOptions(endpointing=UNCUT), FakeSpeaker(speed=20.0)
    found = lived(tmp_path, story, brain, heard=("ten minutes", "no five"), options=options, speaker=speaker)
    assert found == (["You said ten minutes"], ["answered"])


# --- the wake word ---------------------------------------------------------------------------------------------------


def test_called_by_name_it_listens_and_otherwise_it_does_not(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        it.microphone.hear()
        await it.chunks(60)
        before = len(it.ledger.turns())
        wake.say()
        await it.until("voice.woke", word="okay_nabu")
        it.microphone.hear()
        await it.until("turn.ended")
        await it.until("voice.state", state="asleep")
        it.microphone.hear()
        await it.chunks(60)
        return before, [row.outcome for row in it.ledger.turns()], len(it.speaker.chimes)

    assert lived(tmp_path, story, wake=wake) == (0, ["answered"], 1)


def test_sound_may_come_late_only_while_nothing_but_the_wake_word_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(wake_word, "GOES_ON_CHUNKS", 1_000_000)  # the room's microphone is so much faster
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=1.0)

    async def story(it):
        async def late_ms():
            await it.chunks(9)
            return it.microphone.late_ms

        seen = [await late_ms()]
        wake.still = True
        seen.append(await late_ms())
        asked = await it.asked()
        seen.append(await late_ms())
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        seen.append(await late_ms())
        await asyncio.wait_for(asked, HANG_GUARD_S)
        await it.until("voice.state", state="asleep")
        return [*seen, await late_ms()]

    assert lived(tmp_path, story, wake=wake, speaker=speaker) == [LEISURE_MS, REST_MS, 0.0, 0.0, REST_MS]


def test_asked_to_listen_it_is_in_a_hurry_at_once(tmp_path):
    async def story(it):
        await it.chunks(9)
        before = it.microphone.late_ms
        it.microphone.stalled = True  # what may be late is late
        asked = it.listening()
        await eventually(lambda: it.microphone.late_ms == 0.0)
        asked.cancel()
        return before

    assert lived(tmp_path, story) == REST_MS


def test_the_command_may_follow_the_wake_word_in_one_breath(tmp_path):
    wake = FakeWakeWords()
    transcriber = FakeTranscriber("what time is it")

    async def story(it):
        it.microphone.hear(640.0)  # its first chunks come before the word is certain
        await it.chunks(3)
        wake.say()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake, transcriber=transcriber) == ["answered"]


def test_called_by_name_it_stops_speaking_and_listens(tmp_path):
    wake, speaker = FakeWakeWords(), FakeSpeaker(speed=1.0)

    async def story(it):
        first = await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        wake.say(0.85)  # above its cutoff of 0.8, but not while we speak
        await it.chunks(8)
        spoke_on = not it.data("voice.woke")
        wake.say(0.95)
        await it.until("voice.woke")
        it.microphone.hear()
        await it.until("voice.heard", 2)
        await first
        return spoke_on, it.ledger.turns()[0].outcome, speaker.played[0].complete

    brain = FakeBrain(LONG)
    found = lived(tmp_path, story, brain, heard=("one", "two"), wake=wake, speaker=speaker)
    assert found == (True, "interrupted", False)


def test_called_twice_it_listens_from_the_second_call_on(tmp_path):
    wake, transcriber = FakeWakeWords(), FakeTranscriber(*["what time is it"] * 4)

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke")
        it.microphone.away(2.0)
        it.microphone.hear(1400.0)  # the name once more
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke", 2)
        await it.chunks(8)
        it.microphone.hear()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake, transcriber=transcriber) == ["answered"]


def test_the_name_in_the_middle_of_a_sentence_is_no_call(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke")
        it.microphone.away(2.0)
        it.microphone.hear(12_000.0)
        await it.chunks(80)
        wake.say()
        await it.until("turn.ended")
        return len(it.data("voice.woke")), [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, wake=wake) == (1, ["answered"])


def test_called_by_name_while_asked_to_listen_whoever_asked_gets_what_is_said(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        asked = await it.asked()
        it.microphone.hear(640.0)
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke")
        return (await asked).heard

    assert lived(tmp_path, story, wake=wake) == "what time is it"


def test_called_and_then_told_nothing_it_goes_back_to_sleep(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.state", state="listening")
        await it.until("voice.state", state="asleep")
        return it.ledger.turns()

    assert lived(tmp_path, story, wake=wake, options=VoiceOptions(listen_timeout_ms=30.0)) == []


def test_called_and_then_not_understood_it_says_so_by_a_tone(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke")
        it.microphone.hear()
        await it.until("turn.ended")
        return [chime.duration_ms for chime in it.speaker.chimes], it.speaker.played

    tones = [earcon("woke").duration_ms, earcon("error").duration_ms]
    assert lived(tmp_path, story, wake=wake, transcriber=FakeTranscriber("")) == (tones, [])


def test_a_question_back_is_answered_without_the_wake_word(tmp_path):
    wake = FakeWakeWords()

    async def story(it):
        await it.chunks(8)
        wake.say()
        await it.until("voice.woke")
        it.microphone.hear()
        await it.until("voice.state", 2, state="listening")
        it.microphone.hear()
        await it.until("voice.heard", text="the first")
        return len(it.data("voice.woke"))

    assert lived(tmp_path, story, AskingBack("Which one?"), heard=("cancel", "the first"), wake=wake) == 1


def test_what_is_missing_from_the_start_is_told_to_the_router_and_asking_to_listen_works(tmp_path):
    lack = Problem("wake word", "It is not installed.", "Install it.")

    async def story(it):
        told = await it.until("problem.raised")
        return told["part"], await it.told()

    assert lived(tmp_path, story, problems=[lack]) == ("wake word", "what time is it")


# --- interrupting ----------------------------------------------------------------------------------------------------


def test_asking_to_listen_interrupts_a_reply(tmp_path):
    brain = FakeBrain(LONG)

    async def story(it):
        first = await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        second = it.listening()
        await it.until("turn.ended")
        await eventually(lambda: brain.ended)
        first_heard = (await first).heard
        it.microphone.hear()
        await it.until("voice.heard", 2)
        second.cancel()
        return first_heard, [row.outcome for row in it.ledger.turns()][:1], it.speaker.played[0].complete

    heard, outcomes, complete = lived(tmp_path, story, brain, heard=("one", "two"), speaker=FakeSpeaker(speed=1.0))
    assert (heard, outcomes, complete) == ("one", ["interrupted"], False)


def test_whoever_interrupts_a_reply_gets_what_is_said_to_them(tmp_path):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        second = it.listening()
        await it.until("turn.ended")
        await asyncio.sleep(0.1)
        it.speaker.speed = float("inf")
        it.microphone.hear()
        return (await second).heard

    assert lived(tmp_path, story, FakeBrain(LONG), heard=("one", "two"), speaker=FakeSpeaker(speed=1.0)) == "two"


def test_a_second_listen_takes_the_place_of_the_first(tmp_path):
    async def story(it):
        first = await it.asked()
        second = it.listening()
        nothing = (await first).heard
        it.microphone.hear()
        return nothing, (await second).heard

    assert lived(tmp_path, story) == ("", "what time is it")


def test_asking_to_listen_silences_an_announcement(tmp_path):
    async def story(it):
        saying = asyncio.create_task(it.client.say(LONG))
        await eventually(lambda: it.speaker.sounds)
        heard = await it.told()
        return (await saying).spoken, heard

    assert lived(tmp_path, story, speaker=FakeSpeaker(speed=8.0)) == (False, "what time is it")


@pytest.mark.parametrize("always", [True, False], ids=["always listening", "when asked"])
def test_its_own_voice_is_not_heard(tmp_path, always):
    async def story(it):
        saying = asyncio.create_task(it.client.say("Here I am, and I talk to myself."))
        await eventually(lambda: it.speaker.sounds)
        it.microphone.hear(1600)
        spoken = (await saying).spoken
        return spoken, it.ledger.turns()

    assert lived(tmp_path, story, always=always, speaker=FakeSpeaker(speed=2.0)) == (True, [])


def test_speech_interrupts_a_reply_where_that_is_wanted(tmp_path):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        it.microphone.hear(1200)
        row = await it.until("turn.ended")
        return row["outcome"], it.speaker.played[0].complete

    speaker = FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, FakeBrain(LONG), options=BY_VOICE, speaker=speaker) == ("interrupted", False)


@pytest.mark.parametrize("always", [True, False], ids=["always listening", "when asked"])
def test_what_interrupts_a_reply_is_heard_from_its_beginning(tmp_path, always, monkeypatch):
    monkeypatch.setattr(service, "ECHO_TAIL_S", 0.02)
    transcriber = FakeTranscriber("one", "two")

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        it.microphone.hear(1280)
        await it.until("turn.ended", 1)
        await it.chunks(100)
        await asyncio.sleep(SOON_S)
        return [data["text"] for data in it.data("voice.heard")]

    heard = lived(
        tmp_path, story, FakeBrain(LONG), transcriber=transcriber, options=BY_VOICE, always=always,
        speaker=FakeSpeaker(speed=1.0),
    )  # fmt: skip
    assert heard == ["one", "two"]
    assert np.count_nonzero(transcriber.heard[1]) >= 0.95 * 1.28 * RATE_HZ


@pytest.mark.parametrize("speech_ms", [64, 200])
def test_a_cough_does_not_interrupt_a_reply(tmp_path, speech_ms):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        it.microphone.hear(speech_ms)
        await it.chunks(60)
        await asyncio.sleep(0.05)
        return it.data("turn.ended")

    options, speaker = BY_VOICE, FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, FakeBrain(LONG), heard=("one", ""), options=options, speaker=speaker) == []


@pytest.mark.parametrize("read_only", [True, False])
def test_whoever_goes_on_before_the_answer_sounds_is_answered_once_to_all_of_it_unless_something_is_done(
    tmp_path, monkeypatch, read_only
):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)  # the room's microphone is so much faster
    brain, transcriber = FakeBrain(wait=asyncio.Event(), read_only=read_only), FakeTranscriber("one", "one and two")

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await eventually(lambda: brain.committed)
        it.microphone.hear(960)
        if read_only:
            await it.until("voice.heard", 2)
        await it.chunks(40)
        brain._wait.set()
        await eventually(lambda: "done" in brain.ended and it.speaker.played)
        await it.until("voice.state", state="asleep")
        return brain.ended, [data["text"] for data in it.data("voice.said")]

    ended, said = lived(tmp_path, story, brain, transcriber=transcriber)
    assert ended.count("done") == 1
    assert said == (["You said one and two"] if read_only else ["You said one"])
    heard_ms = 1000 * np.count_nonzero(transcriber.heard[-1]) / RATE_HZ
    assert (heard_ms > 0.9 * (512 + 960)) == read_only


def test_a_cough_before_the_answer_sounds_delays_it_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(going_on, "GOES_ON_MS", 60_000.0)
    brain = FakeBrain(wait=asyncio.Event(), read_only=True)

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await eventually(lambda: brain.committed)
        it.microphone.hear(200)
        await it.chunks(60)
        brain._wait.set()
        await it.until("turn.ended")
        return [row.outcome for row in it.ledger.turns()], brain.ended

    assert lived(tmp_path, story, brain, heard=("one", "")) == (["answered"], ["done"])


def test_a_turn_that_asks_for_silence_does_not_end_itself(tmp_path):
    brain = Stopping()

    async def story(it):
        brain.router = it.router
        await it.told()
        await eventually(lambda: brain.ended)
        return brain.ended, it.synthesizer.texts, [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, brain) == (["done"], ["All is quiet."], ["answered"])


def test_stop_ends_a_reply_that_sounds(tmp_path):
    brain = FakeBrain(LONG)

    async def story(it):
        task = await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        await it.client.control("voice", "stop")
        heard = (await task).heard
        await it.until("voice.state", state="asleep")
        return heard, [row.outcome for row in it.ledger.turns()]

    speaker = FakeSpeaker(speed=1.0)
    assert lived(tmp_path, story, brain, speaker=speaker) == ("what time is it", ["interrupted"])


def test_an_interrupting_text_ends_the_turn_and_is_said(tmp_path):
    async def story(it):
        task = await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        done = await it.client.say("Fire!", interrupt=True)
        return done.spoken, (await task).heard, it.synthesizer.texts[-1], [row.outcome for row in it.ledger.turns()]

    got = lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=4.0))
    assert got == (True, "what time is it", "Fire!", ["interrupted"])


def test_after_an_interrupting_text_it_is_shown_to_rest(tmp_path):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        await it.client.say("Fire!", interrupt=True)
        await it.chunks(20)
        await asyncio.sleep(SOON_S)
        return it.states[-1]

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=4.0)) == "asleep"


def test_an_interrupting_text_that_has_expired_interrupts_nobody(tmp_path):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        late = Say(id="9", text="Fire!", interrupt=True, expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        with contextlib.suppress(HomebodyError):
            await it.voice.handle(late)
        await asyncio.sleep(0.05)
        return it.data("turn.ended")

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=1.0)) == []


def test_whoever_gives_up_listening_closes_the_microphone(tmp_path):
    async def story(it):
        task = await it.asked()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(SOON_S)
        it.microphone.hear()
        await it.chunks(60)
        await asyncio.sleep(SOON_S)
        return it.data("voice.heard")

    assert lived(tmp_path, story) == []


def test_an_announcement_into_somebodys_words_does_not_leave_the_microphone_open(tmp_path):
    async def story(it):
        task = await it.asked()
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        await it.client.say("The tea is ready. Come and get it.")
        return (await task).heard

    options, speaker = VoiceOptions(listen_timeout_ms=100.0, endpointing=UNCUT), FakeSpeaker(speed=2.0)
    assert lived(tmp_path, story, options=options, speaker=speaker) == ""


def test_asking_to_listen_silences_an_announcement_whose_first_sound_is_still_being_made(tmp_path):
    """Piper takes a moment for the first sentence; what is said in it must not be lost."""
    synthesizer = SlowSynthesizer()

    async def story(it):
        saying = asyncio.create_task(it.client.say("Dinner is ready."))
        await eventually(lambda: synthesizer.texts)
        listening = await it.asked()
        synthesizer.ready.set()
        spoken = (await saying).spoken
        it.microphone.hear()
        return spoken, (await listening).heard

    assert lived(tmp_path, story, synthesizer=synthesizer) == (False, "what time is it")


# --- when something is wrong -----------------------------------------------------------------------------------------


def test_an_answer_that_fails_is_apologised_for_aloud_and_the_remedy_is_on_the_screen(tmp_path):
    error = RemoteFailure("no_model", "No language model answers.", "Start it with: ollama serve")

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, FakeBrain("", fails=error))
    assert heard == "what time is it"
    assert " ".join(it.synthesizer.texts) == "No language model answers. What to do is on the screen."
    assert it.data("voice.said") == [{"text": error.reason, "remedy": error.remedy}]
    assert (row.outcome, row.reason) == ("failed", "no_model")


def test_the_remedy_is_on_the_screen_where_a_part_of_the_answer_came_too(tmp_path):
    error = RemoteFailure("model_failed", "The model broke off.", "Ask again.")

    async def story(it):
        await it.told()
        await it.until("turn.ended")
        return it

    it = lived(tmp_path, story, FakeBrain("Owls turn their heads far.", fails=error))
    assert "on the screen" in " ".join(it.synthesizer.texts)
    assert [said.get("remedy") for said in it.data("voice.said")][-1] == "Ask again."


def test_a_transcriber_that_fails_ends_the_turn_and_not_the_service(tmp_path):
    transcriber = BrokenTranscriber(ModelFailed("The recogniser broke.", "Install it again."))

    async def story(it):
        heard = [await it.told(), await it.told()]
        return it, heard, [(row.outcome, row.reason) for row in it.ledger.turns()]

    it, heard, rows = lived(tmp_path, story, transcriber=transcriber)
    assert heard == ["", ""]
    assert rows == [("failed", "model_failed")] * 2
    assert it.data("voice.said")[0] == {"text": "The recogniser broke.", "remedy": "Install it again."}


def test_something_unforeseen_in_a_turn_is_failed_and_says_nobodys_words_in_the_log(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    transcriber = BrokenTranscriber(ValueError("my secret words"))

    async def story(it):
        heard = await it.told()
        return heard, [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, transcriber=transcriber) == ("", ["failed"])
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_ledger_that_fails_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = await it.asked()
        it.ledger.close()
        it.microphone.hear()
        await eventually(lambda: it.synthesizer.texts)
        return await answered(task, 0.3)

    assert lived(tmp_path, story)


def test_a_missing_loudspeaker_fails_the_turn_and_not_the_service(tmp_path):
    speaker = FakeSpeaker(error=NoSpeaker("There is no loudspeaker.", "Plug one in."))

    async def story(it):
        heard = [await it.told(), await it.told()]
        return heard, [(row.outcome, row.reason) for row in it.ledger.turns()], it.running.done()

    assert lived(tmp_path, story, heard=("one", "two"), speaker=speaker) == (
        ["one", "two"],
        [("failed", "no_voice")] * 2,
        False,
    )


def test_a_router_that_is_lost_in_mid_turn_is_told_of_aloud(tmp_path):
    """And whoever is asked afterwards is answered: nothing has to be started again."""

    async def main():
        with wire.endpoint() as at:
            async with HomebodyClient.connect(at) as client:
                synthesizer, microphone = FakeSynthesizer(), RoomMicrophone()
                mouth = Mouth(synthesizer, FakeSpeaker())
                ledger = Ledger(tmp_path / "ledger")
                parts = Parts(FakeTranscriber("one", "two"), client, mouth, "en", 20_000.0)
                voice = Voice(
                    microphone,
                    Ears(FakeVad(), OPTIONS.endpointing),
                    parts,
                    client,
                    ledger,
                    VoiceMemory(tmp_path),
                    OPTIONS,
                    always_listening=True,
                )
                async with client.attach("voice", voice.handle) as attachment:
                    running = asyncio.create_task(voice.run(Beats()))
                    brain = FakeBrain(wait=asyncio.Event())
                    async with wire.running(brain, at):
                        await attachment.wait_attached(10_000)
                        microphone.hear()
                        await eventually(lambda: brain.asked)
                    await eventually(lambda: ledger.turns())
                    async with wire.running(FakeBrain("It is seven."), at):
                        await attachment.wait_attached(10_000)
                        microphone.hear()
                        await eventually(lambda: len(ledger.turns()) == 2)
                    await ended(running)
                turns = ledger.turns()
                ledger.close()
                return synthesizer.texts, turns

    texts, turns = asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))
    assert [(turn.outcome, turn.reason) for turn in turns] == [("failed", "shutting_down"), ("answered", "")]
    assert texts[-1] == "It is seven."
    assert len(texts) >= 2


def test_while_the_router_is_away_a_person_waits_only_a_moment_to_be_told(monkeypatch):
    monkeypatch.setattr(patient_asker, "ROUTER_PATIENCE_MS", 50.0)

    async def main():
        with wire.endpoint() as at:
            async with HomebodyClient.connect(at) as client, client.attach("voice", None) as attachment:
                asker = PatientAsker(client)
                asker.attachment = attachment
                async with aclosing(asker.ask("why", language="en", deadline_ms=120_000, source="voice")) as answer:
                    with pytest.raises(RouterUnreachable) as refused:
                        await anext(answer)
                return refused.value.remedy

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))


def test_a_patient_asker_passes_the_answer_on_and_stops_it_when_it_is_closed():
    brain = FakeBrain(LONG, gap_s=0.001)

    async def main():
        with wire.endpoint() as at:
            async with wire.running(brain, at), HomebodyClient.connect(at) as client:
                asker = PatientAsker(client)
                async with aclosing(asker.ask("why", language="en", deadline_ms=9000, source="voice")) as answer:
                    got = [type(await anext(answer)) for _ in range(3)]
                await eventually(lambda: brain.ended)
                return got

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S)) == [Accepted, Token, Token]
    assert brain.ended == ["stopped"]


def test_a_sound_system_that_hangs_ends_the_service_so_that_it_is_started_again(tmp_path):
    class Stuck(FakeSpeaker):
        async def play(self, audio, **_):
            raise AudioStuck("The sound system hangs.")

    async def story(it):
        await it.told()
        await asyncio.wait([it.running])
        return understood(it.running.exception())

    error = lived(tmp_path, story, speaker=Stuck())
    assert (type(error), error.exit_code) == (AudioStuck, 75)


def test_a_microphone_that_hangs_ends_the_service_too(tmp_path):
    async def story(it):
        it.microphone.error = AudioStuck("The sound system hangs.")
        await asyncio.wait([it.running])
        return understood(it.running.exception()).exit_code

    assert lived(tmp_path, story) == 75


def test_a_sound_system_that_hangs_over_an_announcement_ends_the_service(tmp_path):
    class Stuck(FakeSpeaker):
        async def play(self, audio, **_):
            raise AudioStuck("The sound system hangs.")

    async def story(it):
        with pytest.raises(HomebodyError):
            await it.client.say("Dinner is ready.")
        await asyncio.wait([it.running], timeout=0.15)
        return it.running.done()

    assert lived(tmp_path, story, speaker=Stuck())


def test_stopping_the_service_cancels_the_turn_and_still_writes_it_down(tmp_path):
    brain = FakeBrain(wait=asyncio.Event())

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await eventually(lambda: brain.committed)
        await ended(it.running)
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, brain) == ["interrupted"]


# --- the microphone --------------------------------------------------------------------------------------------------


def test_a_microphone_problem_is_published_shown_and_cleared_and_listening_is_refused_with_its_reason(tmp_path):
    async def story(it):
        it.microphone.problem = DEAF
        await it.until("voice.state", state="deaf")
        with pytest.raises(RemoteFailure) as refused:
            await it.client.listen(timeout_ms=60)
        it.microphone.problem = None
        await it.until("problem.cleared")
        await it.until("voice.state", state="asleep")
        return it, refused.value, await it.told()

    it, refused, heard = lived(tmp_path, story)
    wanted = {"part": "microphone", "problem": "The microphone is gone.", "remedy": "Plug it in again."}
    assert it.data("problem.raised")[0] == wanted
    assert it.data("problem.cleared") == [wanted]
    assert it.data("voice.state")[0] == {"state": "deaf", "reason": "The microphone is gone."}
    assert (refused.code, refused.reason, refused.remedy) == ("capability", DEAF.problem, DEAF.remedy)
    assert heard == "what time is it"


def test_what_is_wrong_from_the_start_is_told_once_there_is_a_router(tmp_path):
    async def main():
        with wire.endpoint() as at, contextlib.closing(Ledger(tmp_path / "ledger")) as ledger:
            async with HomebodyClient.connect(at) as client, HomebodyClient.connect(at) as person:
                microphone, mouth = RoomMicrophone(), Mouth(FakeSynthesizer(), FakeSpeaker())
                microphone.problem = DEAF
                ears, memory = Ears(FakeVad(), OPTIONS.endpointing), VoiceMemory(tmp_path)
                parts = Parts(FakeTranscriber(), client, mouth, "en", 20_000.0)
                voice = Voice(microphone, ears, parts, client, ledger, memory, OPTIONS)
                async with client.attach("voice", voice.handle, on_lost=voice.router_lost) as attachment:
                    running = asyncio.create_task(voice.run(Beats()))
                    await asyncio.sleep(SOON_S)
                    async with wire.running(FakeBrain(), at):
                        await attachment.wait_attached(10_000)
                        await asyncio.sleep(2 * SOON_S)
                        report = await person.status()
                    await ended(running)
                    return [problem.problem for problem in report.problems]

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S)) == [DEAF.problem]


def test_another_problem_takes_the_place_of_the_first(tmp_path):
    other = Problem("microphone", "It delivers exact zeros.", "Unmute it.")

    async def story(it):
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        it.microphone.problem = other
        await it.until("problem.raised", 2)
        return [data["problem"] for data in it.data("problem.raised") + it.data("problem.cleared")]

    assert lived(tmp_path, story) == [DEAF.problem, other.problem, DEAF.problem]


def test_a_turn_that_ends_does_not_hide_that_it_is_deaf(tmp_path):
    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="speaking")
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        await it.client.control("voice", "stop")
        await it.until("turn.ended")
        await asyncio.sleep(SOON_S)
        return it.states[-1]

    assert lived(tmp_path, story, FakeBrain(LONG), speaker=FakeSpeaker(speed=1.0)) == "deaf"


def test_a_microphone_that_is_lost_while_listening_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.problem = DEAF
        return await answered(task, 5.0)

    assert lived(tmp_path, story)


def test_a_microphone_that_is_lost_in_mid_sentence_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = it.listening(timeout_ms=100)
        await it.until("voice.state", state="listening")
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        it.microphone.problem = DEAF
        return await answered(task)

    assert lived(tmp_path, story, options=VoiceOptions(endpointing=UNCUT))


def test_half_a_sentence_from_before_the_microphone_was_lost_is_forgotten(tmp_path):
    brain = FakeBrain()

    async def story(it):
        it.microphone.hear(200_000)
        await it.until("voice.state", state="hearing")
        it.microphone.problem = DEAF
        await it.until("problem.raised")
        it.microphone.away(3600)
        it.microphone.problem = None
        await it.until("problem.cleared")
        await it.chunks(60)
        await asyncio.sleep(SOON_S)

    lived(tmp_path, story, brain, always=True, options=VoiceOptions(endpointing=UNCUT))
    assert brain.asked == []


def test_the_watchdog_is_fed_while_sound_comes_or_its_absence_is_known_and_not_otherwise(tmp_path):
    async def beats(it, seconds):
        before = it.beats.count
        await asyncio.sleep(seconds)
        return it.beats.count - before

    async def story(it):
        hearing = await beats(it, 0.1)
        it.microphone.problem = DEAF
        await asyncio.sleep(0.15)
        deaf = await beats(it, 0.1)
        it.microphone.problem, it.microphone.stalled = None, True
        until_s = time.monotonic() + HANG_GUARD_S
        while await beats(it, 0.1):
            assert time.monotonic() < until_s, "it is fed for ever"
        it.microphone.stalled = False
        await eventually(lambda: it.microphone.delivered)
        return hearing > 0, deaf > 0, await beats(it, 0.1) > 0

    assert lived(tmp_path, story) == (True, True, True)


# --- what the router asks of it --------------------------------------------------------------------------------------


def test_a_text_is_said_and_the_volume_is_changed_over_the_wire(tmp_path):
    async def story(it):
        said = await it.client.say("Dinner is **ready**.")
        volume = await it.client.control("voice", "volume", "-30")
        muted = await it.client.control("voice", "mute")
        return said.spoken, said.heard_text, volume.value, muted.value

    assert lived(tmp_path, story) == (
        True,
        "Dinner is ready.",
        {"volume_percent": 50.0, "muted": False, "speed_percent": 100.0},
        {"volume_percent": 50.0, "muted": True, "speed_percent": 100.0},
    )


def test_an_action_nobody_knows_is_refused_over_the_wire_too(tmp_path):
    async def story(it):
        with pytest.raises(RemoteFailure) as refused:
            await it.client.control("voice", "sing")
        return refused.value.code

    assert lived(tmp_path, story) == "bad_message"
