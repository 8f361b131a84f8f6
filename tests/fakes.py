"""Fakes that keep the promises of the real parts; each passes the same contract test as its original."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence

import numpy as np

from homebody import messages
from homebody.errors import EmptyAnswer, HomebodyError, ModelError, NoSpeaker, NotCapable, Problem
from homebody.messages import Accepted, Caption, Done, Route, Token, Usage
from homebody.router.backends import USUAL, ChatMessage, Ended, ModelState, Piece, Sampling, ToolCall
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Audio, Chunk, Samples, Transcript
from homebody.voice.speaker import Played, Progress, SilentSpeaker
from homebody.voice.wake_word import Score


class FakeVad:
    """A `VoiceActivityDetector` that takes what is louder than ``level`` for speech. Keeps no state, so that `reset`
    has nothing to forget."""

    def __init__(self, level: float = 0.01) -> None:
        self.level = level
        self.resets = 0

    def probability(self, chunk: Samples) -> float:
        if chunk.shape != (CHUNK_SAMPLES,):
            raise ValueError(f"expected a chunk of shape ({CHUNK_SAMPLES},), got {chunk.shape}")
        return 0.95 if float(np.sqrt(np.mean(np.square(chunk)))) > self.level else 0.02

    def reset(self) -> None:
        self.resets += 1


class FakeWakeWords:
    """A `homebody.voice.wake_word.WakeWordDetector` that hears its word when it is told that it does: in the chunk that
    comes next, whatever that holds."""

    def __init__(self, word: str = "okay_nabu", cutoff: float = 0.8) -> None:
        self.word, self.cutoff = word, cutoff
        self.probability = 0.0
        self.still = False
        self.closed = False

    def say(self, probability: float = 1.0) -> None:
        self.probability = probability

    def scores(self, samples: Samples) -> list[Score]:
        if samples.shape != (CHUNK_SAMPLES,):
            raise ValueError(f"expected a chunk of shape ({CHUNK_SAMPLES},), got {samples.shape}")
        probability, self.probability = self.probability, 0.0
        return [Score(self.word, probability, self.cutoff)]

    def close(self) -> None:
        self.closed = True


class FakeTranscriber:
    """A `Transcriber` that hears the texts it is given, one an utterance, in order; silence is refused as empty.

    Each text may come with the language that is to be told where none is given.
    """

    def __init__(self, *texts: str | tuple[str, str]) -> None:
        self._texts = [(text, "en") if isinstance(text, str) else text for text in texts]
        self.loads = 0
        self.heard: list[Samples] = []
        self.closed = False

    async def load(self) -> None:
        self.loads += 1

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        self.heard.append(samples)
        if len(samples) == 0 or float(np.abs(samples).max()) < 1e-3:
            return Transcript("", language or "en", 0.0, 1.0, "empty")
        text, told = self._texts.pop(0) if self._texts else ("", "en")
        window_s = min(30.0, max(3.0, len(samples) / RATE_HZ))
        return Transcript(text, language or told, -0.1, 0.01, "" if text else "empty", window_s)

    async def aclose(self) -> None:
        self.closed = True


class FakeBackend:
    """A `homebody.router.backends.Backend` that says what it is told to.

    Args:
        pieces: Its answer; a string is a piece on the answer channel.
        error: Raised after the pieces, instead of the end.
        absent: Raised by `stream` and `check` at once: the server or the model is not there.
        endless: Says the pieces again and again until it is closed.
        load_s: Silence before the first piece.
        gap_s: Silence before each piece.
        sees: It can be shown images.
        calls: Called in its first rounds, one tuple a round, as long as tools are offered; then it says its pieces.
            None: it cannot call tools.

    Attributes:
        asked: The messages of each stream, in order.
        max_tokens, sampling: Those of the last stream.
        stopped: How often a stream was closed before its end.
    """

    def __init__(
        self,
        pieces: Sequence[Piece | str] = ("Owls can ", "turn their heads far."),
        *,
        error: ModelError | None = None,
        absent: ModelError | None = None,
        endless: bool = False,
        load_s: float = 0.0,
        gap_s: float = 0.0,
        sees: bool = True,
        calls: Sequence[Sequence[ToolCall]] | None = None,
    ) -> None:
        self.sees = sees
        self.calls = calls
        self.samplings: list[Sampling] = []
        self.pieces = [Piece(piece) if isinstance(piece, str) else piece for piece in pieces]
        self.error = error
        self.absent = absent
        self.endless = endless
        self.load_s = load_s
        self.gap_s = gap_s
        self.asked: list[list[ChatMessage]] = []
        self.max_tokens: int | None = None
        self.sampling = Sampling()
        self.stopped = 0
        self.loaded = False

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        self.asked.append(list(messages))
        self.max_tokens = max_tokens
        self.sampling = sampling
        self.samplings.append(sampling)
        answer = ""
        rounds = sum(bool(message.calls) for message in messages)
        ended = False
        try:
            if self.absent:
                raise self.absent
            if not self.sees and any(message.images for message in messages):
                raise NotCapable("The language model cannot look at images.", "Choose another model.")
            await asyncio.sleep(self.load_s)
            self.loaded = True
            if messages and self.calls and sampling.tools and rounds < len(self.calls):
                ended = True
                yield Ended(Usage(prompt_tokens=30, answer_tokens=12), calls=tuple(self.calls[rounds]))
                return
            while messages:
                for piece in self.pieces:
                    await asyncio.sleep(self.gap_s)
                    answer += piece.text if piece.channel == "answer" else ""
                    yield piece
                if not self.endless:
                    break
            if self.error:
                raise self.error
            if messages and not answer.strip():
                raise EmptyAnswer("The language model said nothing.", "Ask again, in other words.")
            ended = True
            yield Ended(Usage(prompt_tokens=30, answer_tokens=len(self.pieces)), load_ms=1000 * self.load_s)
        except ModelError as error:
            ended = True
            error.partial = answer
            raise
        finally:
            self.stopped += not ended

    async def check(self) -> ModelState:
        if self.absent:
            raise self.absent
        return ModelState("fake", "fake", self.loaded, tools=self.calls is not None)

    async def aclose(self) -> None:
        pass


class FakeBrain:
    """A router's brain that answers with the words it is given, one token a word.

    Args:
        answer: The whole answer; ``{text}`` in it is what was asked.
        gap_s: Silence before each token.
        fails: Raised after the tokens, instead of the end.
        wait: Where given, the answer begins only when this is set.
        read_only: As of `Accepted`.
    """

    def __init__(
        self,
        answer: str = "You said {text}",
        *,
        gap_s: float = 0.0,
        fails: BaseException | None = None,
        wait: asyncio.Event | None = None,
        read_only: bool = False,
    ) -> None:
        self._read_only = read_only
        self.asked: list[str] = []
        self.committed: list[str] = []  # of those that were speculative
        self.ended: list[str] = []  # "done", "failed" or "stopped" for each ask, in the order of their ends
        self.forgotten: list[str] = []
        self.cuts: list[tuple[str, str]] = []  # asks, and what was heard of their answers
        self._answer, self._gap_s, self._fails, self._wait = answer, gap_s, fails, wait

    async def answer(self, ask, payloads, *, connection, release=None):
        asked = "caption" if isinstance(ask, Caption) else ask.text
        self.asked.append(asked)
        end = "stopped"
        try:
            route = Route(kind="skill", name="fake", slots={"connection": connection})
            yield Accepted(id=ask.id, route=route, read_only=self._read_only, revision=getattr(ask, "revision", 0))
            if release is not None:
                await release.wait()  # it may do anything, so nothing is done ahead
                self.committed.append(asked)
            if self._wait is not None:
                await self._wait.wait()
            text = self._answer.replace("{text}", asked)
            for seq, word in enumerate(text.split()):
                if self._gap_s:
                    await asyncio.sleep(self._gap_s)
                yield Token(id=ask.id, text=word if seq == 0 else f" {word}", seq=seq)
            if self._fails is not None:
                end = "failed"
                raise self._fails
            end = "done"
            yield Done(id=ask.id, text=text, route=route)
        finally:
            self.ended.append(end)

    def forget(self, session):
        self.forgotten.append(session)

    def cut(self, connection, ask, heard):
        self.cuts.append((ask, heard))


class FakeMicrophone:
    """A `homebody.voice.microphone.Microphone` that hears the chunks it is given, on a clock of its own, then ends.

    Set ``problem`` to make it deaf: nothing comes until it is None again.
    """

    def __init__(self, *chunks: Samples) -> None:
        self._chunks = chunks
        self.late_ms = 0.0
        self.problem: Problem | None = None
        self.readers = 0

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        self.readers += 1
        try:
            for number, samples in enumerate(self._chunks, start=1):
                if samples.shape != (CHUNK_SAMPLES,):
                    raise ValueError(f"expected a chunk of shape ({CHUNK_SAMPLES},), got {samples.shape}")
                while self.problem is not None:
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0)
                yield Chunk(samples, number * CHUNK_SAMPLES / RATE_HZ)
        finally:
            self.readers -= 1


class FakeSpeaker(SilentSpeaker):
    """A `homebody.voice.speaker.Speaker` that remembers what was played, and can be slow or absent.

    Args:
        speed: How many times as fast as real sound it plays; infinite: as fast as the sound comes.
        error: What `play` raises instead.
    """

    def __init__(self, *, speed: float = float("inf"), error: NoSpeaker | None = None) -> None:
        super().__init__(volume_percent=80.0)
        self.speed = speed
        self.error = error
        self.sounds: list[Audio] = []
        self.played: list[Progress] = []
        self.chimes: list[Audio] = []
        self.closed = False

    async def play(
        self,
        audio: AsyncIterable[Audio],
        *,
        on_first_sample: Callable[[float], None] | None = None,
        progress: Progress | None = None,
    ) -> Played:
        if self.error is not None:
            raise self.error
        progress = progress if progress is not None else Progress()
        self.played.append(progress)
        return await super().play(self._paced(audio), on_first_sample=on_first_sample, progress=progress)

    async def chime(self, audio: Audio) -> None:
        if self.error is not None:
            raise self.error
        if len(audio.samples):
            self.chimes.append(audio)

    async def aclose(self) -> None:
        self.closed = True

    async def _paced(self, audio: AsyncIterable[Audio]) -> AsyncGenerator[Audio, None]:
        async for sound in audio:
            self.sounds.append(sound)
            step = max(1, sound.rate_hz // 50)
            for at in range(0, len(sound.samples), step):
                part = Audio(sound.samples[at : at + step], sound.rate_hz)
                yield part
                if self.speed != float("inf"):
                    await asyncio.sleep(part.duration_ms / 1000 / self.speed)


class FakeSynthesizer:
    """A `homebody.voice.synthesizer.Synthesizer` that hums 10 ms a letter and remembers what it was to say."""

    def __init__(self, *, rate_hz: int = RATE_HZ, error: HomebodyError | None = None) -> None:
        self.rate_hz = rate_hz
        self.error = error
        self.texts: list[str] = []
        self.languages: list[str | None] = []
        self.speed_percent = 100.0
        self.loads = 0
        self.closed = False

    async def load(self) -> None:
        self.loads += 1

    async def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        self.texts.append(text)
        self.languages.append(language)
        if self.error is not None:
            raise self.error
        for sentence in re.findall(r"[^.!?]*[^\W_][^.!?]*[.!?]*", text):
            await asyncio.sleep(0)
            at_s = np.arange(len(sentence) * self.rate_hz // 100) / self.rate_hz
            yield Audio((0.3 * np.sin(2 * np.pi * 220 * at_s)).astype(np.float32), self.rate_hz)

    async def aclose(self) -> None:
        self.closed = True


class FakeAsker:
    """A `homebody.voice.turn.Asker` that answers with the tokens it is given.

    Args:
        tokens: The answer; a `Token` is passed on as it is, which is how a thinking channel comes in, and so is a
            `Progress`.
        error: Raised after the tokens, instead of the end.
        wait: Where given, everything after the first token comes only when this is set.
        follow_up: The answer expects one back.
        language: What the answer is in.

    Attributes:
        asked: The text and the options of each ask.
        ended: "done", "failed" or "stopped" for each ask.
    """

    def __init__(
        self,
        *tokens: str | Token | messages.Progress,
        error: HomebodyError | None = None,
        wait: asyncio.Event | None = None,
        follow_up: bool = False,
        language: str | None = None,
    ) -> None:
        self.route = Route(kind="skill", name="fake", language=language)
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.ended: list[str] = []
        self.drafts: list[FakeDraft] = []
        self.cuts: list[tuple[str, str]] = []  # asks, and what was heard of their answers
        self.tokens, self._error, self._wait, self._follow_up = tokens, error, wait, follow_up

    def cut(self, ask: str, heard: str) -> None:
        self.cuts.append((ask, heard))

    def draft(self, *, deadline_ms: float, source: str) -> FakeDraft | None:
        self.drafts.append(FakeDraft(self))
        return self.drafts[-1]

    async def ask(
        self, text: str, *, language: str | None, deadline_ms: float, source: str
    ) -> AsyncGenerator[Accepted | messages.Progress | Token | Done, None]:
        self.asked.append((text, {"language": language, "deadline_ms": deadline_ms, "source": source}))
        end = "stopped"
        try:
            route = self.route
            yield Accepted(id="1", route=route)
            said = ""
            for seq, token in enumerate(self.tokens):
                if isinstance(token, messages.Progress):
                    yield token
                    continue
                message = token if isinstance(token, Token) else Token(id="1", text=token, seq=seq)
                said += message.text if message.channel == "answer" else ""
                yield message
                if self._wait is not None:
                    await self._wait.wait()
            if self._error is not None:
                end = "failed"
                raise self._error
            end = "done"
            yield Done(id="1", text=said, route=route, follow_up=self._follow_up)
        finally:
            self.ended.append(end)


class FakeDraft:
    """A `homebody.voice.turn.Draft` at a `FakeAsker`: what is revised is noted, and asked when it is committed.

    Attributes:
        revised: The texts, in order.
        closed: `aclose` was called.
    """

    def __init__(self, asker: FakeAsker, *, error: HomebodyError | None = None) -> None:
        self.revised: list[str] = []
        self.closed = False
        self._asker, self._error, self._language = asker, error, None

    async def revise(self, text: str, *, language: str | None = None) -> Accepted:
        self.revised.append(text)
        self._language = language
        await asyncio.sleep(0)
        if self._error is not None:
            raise self._error
        return Accepted(id="1", route=Route(kind="skill", name="fake"), complete=True)

    async def beginning(self) -> str:
        await asyncio.sleep(0)
        return "".join(token for token in self._asker.tokens if isinstance(token, str))

    def commit(self) -> AsyncGenerator[Accepted | Token | Done, None]:
        return self._asker.ask(self.revised[-1], language=self._language, deadline_ms=0.0, source="draft")

    async def aclose(self) -> None:
        self.closed = True


class RoomMicrophone:
    """A `homebody.voice.microphone.Microphone` in a quiet room, in which `hear` makes somebody speak.

    Chunks come about a hundred times as fast as real ones, for ever. Set ``problem`` to make it deaf, ``stalled`` to
    have it fall silent without saying why, ``error`` to have it raise.
    """

    STEP_S = 0.001  # asyncio sleeps no shorter
    STEP_CHUNKS = 4

    def __init__(self) -> None:
        self.late_ms = 0.0
        self.problem: Problem | None = None
        self.stalled = False
        self.error: HomebodyError | None = None
        self.delivered = 0
        self._coming: list[Samples] = []
        self._ahead_s = 0.0

    def away(self, seconds: float) -> None:
        """So much time passes without sound, and whatever was being said is over."""
        self._coming.clear()
        self._ahead_s += seconds

    def hear(self, speech_ms: float = 512.0) -> None:
        """Somebody says something of this length, behind whatever is still being said."""
        hum = 0.3 * np.sin(np.arange(CHUNK_SAMPLES) / 5)
        self._coming += [hum.astype(np.float32)] * round(speech_ms * RATE_HZ / 1000 / CHUNK_SAMPLES)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        at_s = time.monotonic()
        while True:
            silent = self.problem is not None or self.stalled
            await asyncio.sleep(self.STEP_S if silent or self.delivered % self.STEP_CHUNKS == 0 else 0)
            if self.error is not None:
                raise self.error
            if self.problem is not None or self.stalled:
                continue
            at_s += self.STEP_S / self.STEP_CHUNKS
            self.delivered += 1
            samples = self._coming.pop(0) if self._coming else np.zeros(CHUNK_SAMPLES, np.float32)
            yield Chunk(samples, at_s + self._ahead_s)
