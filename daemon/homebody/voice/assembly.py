"""The voice service and the parts of a turn, built from a profile and closed in reverse; the latter for `hear` and
`demo` as well."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from dataclasses import replace

import msgspec

from homebody import profile as profiles
from homebody.client import HomebodyClient
from homebody.errors import Problem
from homebody.ledger import Ledger
from homebody.options import VoiceOptions
from homebody.paths import data_dir, default_endpoint
from homebody.process import Lifecycle
from homebody.profile import Profile
from homebody.voice.audio import Chunk, Utterance
from homebody.voice.commit_gate import Words
from homebody.voice.ducking import Ducker
from homebody.voice.ears import Ears, Habits, Heard, Recorder
from homebody.voice.echo_canceller import EchoFreeMicrophone, echo_cancelling, without_barge_in
from homebody.voice.gauges import Gauges, WatchedTranscriber
from homebody.voice.kept_turns import TurnKeeper
from homebody.voice.memory import VoiceMemory
from homebody.voice.microphone import Microphone
from homebody.voice.mouth import Mouth
from homebody.voice.muting import Muting, SwitchedMicrophone
from homebody.voice.notes import Notes
from homebody.voice.patient_asker import PatientAsker
from homebody.voice.pulse_mixer import PulseMixer
from homebody.voice.said_before import Rehearsal, Remembering
from homebody.voice.service import Voice
from homebody.voice.sources import Sources
from homebody.voice.speaker import Speaker
from homebody.voice.speculation import Speculation, Speculator
from homebody.voice.spoken_problems import tell
from homebody.voice.transcriber import Transcriber, WhisperTranscriber
from homebody.voice.turn import Asker, Parts, take_turn
from homebody.voice.turn_detector import WordsAlone, turn_detector
from homebody.voice.upkeep import MeteredMicrophone, Upkeep
from homebody.voice.vad import SileroVad
from homebody.voice.voices import PiperVoices, heard_languages, primary
from homebody.voice.wake_word import sentry_for
from homebody.voice.window_keeper import WindowKeeper

log = logging.getLogger(__name__)


@asynccontextmanager
async def assembled(
    options: VoiceOptions, router: Asker, speaker: Speaker, on_problem: Callable[[Problem], None] = lambda _: None
) -> AsyncGenerator[Parts, None]:
    """All parts of a turn, their models loaded. ``on_problem`` is told of what is found missing later.

    Raises:
        ModelMissing, ModelFailed, OutOfMemory, MissingPart: A model cannot be had or does not run here.
    """
    heard = heard_languages(options)
    async with (
        aclosing(PiperVoices(options.synthesizer, language=options.language, on_problem=on_problem)) as synthesizer,
        aclosing(WhisperTranscriber(options.transcriber, heard)) as transcriber,
    ):
        await asyncio.gather(synthesizer.load(), transcriber.load())
        for problem in filter(None, (synthesizer.problem, transcriber.problem)):
            on_problem(problem)
        mouth = Mouth(Remembering(synthesizer), speaker)
        language = None if len(heard) > 1 else options.language
        yield Parts(transcriber, router, mouth, language, options.ask_deadline_ms, lambda: transcriber.windows)


def ears_for(options: VoiceOptions, *, live: bool) -> Ears:
    """Ears with Silero's voice detector, for recordings. ``live``: a pause is waited out as long as the words ask for,
    as in a conversation; else all are equally, since the words are known later than the sound goes on."""
    return Ears(SileroVad(), options.endpointing, options.commit if live else None)


def attentive_ears(options: VoiceOptions, memory: VoiceMemory, recorder: Recorder | None = None) -> Ears:
    """Ears for a person who is there: a pause is waited out as long as their words and their habits ask for."""
    habits = Habits(memory.pauses_ms, learning=options.commit.learn_pauses)
    return Ears(SileroVad(), options.endpointing, options.commit, habits, recorder=recorder)


async def answers(microphone: Microphone, ears: Ears, parts: Parts, *, live: bool) -> AsyncGenerator[Notes, None]:
    """Answer every utterance of a recording, one after another.

    Args:
        microphone: Plays the recording; ends.
        ears: From `ears_for`. Are reset first.
        parts: What each turn is made of.
        live: The recording comes as fast as it was spoken, so that the clock is the microphone's.

    Yields:
        The notes of each turn, when it has ended.
    """
    listener = _Listener(ears, parts)
    async with aclosing(listener), aclosing(microphone.chunks()) as chunks:
        async for chunk in chunks:
            listener.hear(chunk)
            while listener.ended:
                yield await _taken(*listener.ended.popleft(), parts, live=live)
    if utterance := ears.flush():
        yield await _taken(utterance, None, parts, live=live)


class _Listener:
    """Hears, speculates in the pauses, and keeps what has ended until it is its turn."""

    def __init__(self, ears: Ears, parts: Parts) -> None:
        self.ended: deque[tuple[Utterance, Speculation | None]] = deque()
        self._ears = ears
        self._speculator = Speculator(parts, WordsAlone(), self._weigh)
        ears.reset()

    def hear(self, chunk: Chunk) -> None:
        self._act(self._ears.feed(chunk))

    def _weigh(self, revision: int, words: Words) -> None:
        self._act(self._ears.weigh(revision, words))

    def _act(self, heard: Heard) -> None:
        self._speculator.follow(heard)
        if heard.utterance:
            self.ended.append((heard.utterance, self._speculator.take(heard.revision)))

    async def aclose(self) -> None:
        await self._speculator.aclose()
        for _, ahead in self.ended:
            if ahead:
                await ahead.aclose()


async def _taken(utterance: Utterance, ahead: Speculation | None, parts: Parts, *, live: bool) -> Notes:
    notes = Notes(utterance, live=live)
    try:
        await take_turn(utterance, parts, notes, ahead)
    finally:
        if ahead:
            await ahead.aclose()
    return notes


async def serve(
    profile: Profile,
    endpoint: str | None = None,
    *,
    lifecycle: Lifecycle,
    always_listening: bool = False,
    load: Callable[[], Profile] = profiles.load,
) -> None:
    """The whole voice service: build its parts, hear until cancelled, stop in reverse.

    Raises:
        NoMicrophone, NoSpeaker, UnknownDevice, MissingPart, NotWritable, ModelMissing: before anything is heard.
    """
    from homebody.voice.microphone import PortAudioMicrophone
    from homebody.voice.speaker import PortAudioSpeaker

    options = profile.voice
    async with AsyncExitStack() as stack:
        ledger = stack.enter_context(closing(Ledger(data_dir())))
        memory = VoiceMemory(data_dir())
        sources = Sources()
        microphone = PortAudioMicrophone(options.microphone, hears_from=lambda: sources.current)
        microphone.check()
        reference, canceller, echo = echo_cancelling(options.barge_in)
        if echo:
            options = without_barge_in(options)
        made = PortAudioSpeaker(options.speaker, on_played=reference.played if canceller else None)
        speaker = await stack.enter_async_context(aclosing(made))
        speaker.check()
        connecting = HomebodyClient.connect(endpoint or profile.wire.endpoint or default_endpoint())
        client = await stack.enter_async_context(connecting)
        asker = PatientAsker(client)
        problems: list[Problem] = []

        def lacking(problem: Problem) -> None:
            problems.append(problem)
            client.publish("problem.raised", msgspec.to_builtins(problem))

        parts = await stack.enter_async_context(assembled(options, asker, speaker, lacking))
        keeper = await stack.enter_async_context(aclosing(TurnKeeper(options, data_dir())))
        gauges = Gauges(keeper.tape)
        detector = await stack.enter_async_context(aclosing(turn_detector(options.commit.smart_turn_model)))
        sentry, lack = sentry_for(options.wake)
        if sentry:
            stack.callback(sentry.close)
            sentry.on_scores = gauges.scored
        echo_free = EchoFreeMicrophone(microphone, reference, canceller) if canceller else None
        switched = SwitchedMicrophone(echo_free or microphone, muted=memory.microphone_muted)
        hears = MeteredMicrophone(switched, gauges)
        recogniser, parts = parts.transcriber, replace(parts, transcriber=WatchedTranscriber(parts.transcriber, gauges))
        problems += filter(None, (lack, echo))
        voice = Voice(
            hears,
            attentive_ears(options, memory, gauges),
            parts,
            client,
            ledger,
            memory,
            options,
            always_listening=always_listening,
            detector=detector,
            on_turn=keeper.keep,
            foreign=echo_free.foreign if echo_free else None,
            sentry=None if always_listening else sentry,
            problems=problems,
        )
        _as_remembered(parts.mouth, memory)
        rehearsal = Rehearsal(parts.mouth.synthesizer, lambda: _quiet(voice, parts.mouth), heard_languages(options))

        def read_again() -> VoiceOptions:
            return without_barge_in(load().voice) if echo else load().voice

        upkeep = Upkeep(
            *(voice, hears, parts, memory, read_again, rehearsal, gauges),
            Muting(switched, memory, voice.earcons.play),
        )
        asker.attachment = await stack.enter_async_context(
            client.attach("voice", upkeep.handle, on_lost=lambda: log.warning("the router is gone; waiting for it"))
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(voice.run(lifecycle))
            tasks.create_task(_in_quiet(rehearsal, recogniser, options, lambda: _quiet(voice, parts.mouth)))
            tasks.create_task(_attended(sources, voice, switched, parts.mouth, always=always_listening))
            lifecycle.ready(_mode(options, always=always_listening, armed=sentry is not None))
            if profile.notice and not memory.given(profile.name):
                await parts.mouth.say(profile.notice)
                memory.give(profile.name)


async def _in_quiet(
    rehearsal: Rehearsal, transcriber: Transcriber, options: VoiceOptions, is_quiet: Callable[[], bool]
) -> None:
    """What is done ahead while nobody wants anything."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(rehearsal.run())
        if isinstance(transcriber, WhisperTranscriber):
            language = primary(options.language)
            tasks.create_task(WindowKeeper(transcriber, options.synthesizer, language, is_quiet).run())


async def _attended(
    sources: Sources, voice: Voice, microphone: SwitchedMicrophone, mouth: Mouth, *, always: bool
) -> None:
    """Know what the microphone really is, say aloud when it is deaf unless it is meant to be, and have other programs
    be quieter while somebody is heard or answered."""

    def problem() -> Problem | None:
        return None if microphone.muted else microphone.problem

    ducker = Ducker(PulseMixer(), lambda: voice.options.ducking, data_dir())

    def on_state() -> None:
        ducker.look()
        if voice.state == "hearing":
            mouth.rouse()

    voice.on_state, mouth.on_speaking = on_state, ducker.look
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sources.run())
        tasks.create_task(tell(problem, mouth.say, lambda: _quiet(voice, mouth)))
        tasks.create_task(ducker.run(lambda: _talking(voice, mouth, always=always)))


def _as_remembered(mouth: Mouth, memory: VoiceMemory) -> None:
    if memory.volume_percent is not None:
        mouth.speaker.volume_percent = memory.volume_percent
    if memory.speed_percent is not None:
        mouth.synthesizer.speed_percent = memory.speed_percent


def _quiet(voice: Voice, mouth: Mouth) -> bool:
    """Nobody is heard or answered now."""
    return voice.state in {"asleep", "listening", "deaf", "muted"} and not mouth.speaking


def _talking(voice: Voice, mouth: Mouth, *, always: bool) -> bool:
    """Somebody is heard or answered now, or was called to be; one that always listens waits in that state."""
    return (
        mouth.speaking
        or voice.state in {"hearing", "thinking", "speaking"}
        or (voice.state == "listening" and not always)
    )


def _mode(options: VoiceOptions, *, always: bool, armed: bool) -> str:
    if always:
        return "always listening"
    return f"waiting for {', '.join(options.wake.words)}" if armed else "listening when asked"
