"""One spoken turn: from the end of what a person said to the last sample of the reply. Open this file first.

    utterance -> transcriber ═ wire ═> router: skill | model        (begun ahead, in the pause: speculation.py)
    speaker <- synthesizer <- sentences <- speakable <- Token Token ... Done

A turn is one asyncio task. Interrupting it is cancelling that task: the loudspeaker falls silent, the client sends
Cancel, and the router stops the skill or the model.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from homebody.errors import HomebodyError
from homebody.messages import Accepted, Done, Progress, Token
from homebody.voice.audio import Transcript, Utterance
from homebody.voice.mouth import Mouth, Spoken
from homebody.voice.notes import Notes
from homebody.voice.sentences import Fragment, SentenceSplitter
from homebody.voice.speakable import Speakable
from homebody.voice.transcriber import Transcriber
from homebody.voice.window_record import Choice

ENGLISH: Final = "en"  # what goes without saying in a route, and what reasons are written in
Answer = AsyncGenerator[Accepted | Progress | Token | Done, None]


class Asker(Protocol):
    """The way to the router. `homebody.client.HomebodyClient` is one."""

    def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        """Accepted, Token..., Done, in order. Raises HomebodyError; closing it cancels the ask."""

    def draft(self, *, deadline_ms: float, source: str) -> Draft | None:
        """A speculative ask, to be closed; None where there is no router to speculate with."""

    def cut(self, ask: str, heard: str) -> None:
        """Only so much of the answer to the ask of this id was heard. Never waits."""


class Draft(Protocol):
    """An ask whose words may still change. `homebody.draft.Draft` is one."""

    async def revise(self, text: str, *, language: str | None = None) -> Accepted:
        """Ask this instead of what was asked before. Raises HomebodyError."""

    async def beginning(self) -> str:
        """What its answer will begin with; waits for it, maybe for ever. Raises HomebodyError."""

    def commit(self) -> Answer:
        """What was asked last was meant: the answer, as `Asker.ask`. Once."""

    async def aclose(self) -> None:
        """It is not wanted, or not any more."""


class Ahead(Protocol):
    """What was begun for an utterance while it might not have been over."""

    async def transcript(self) -> Transcript:
        """As of `Transcriber.transcribe`."""

    def answer(self) -> Answer:
        """As of `Asker.ask`; takes effect from this call on. Once, after `transcript`."""

    async def aclose(self) -> None:
        """Give up whatever is still going on."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a turn is made of. ``language``: what is spoken (BCP 47); None: the transcriber tells of each utterance.
    ``windows``: how the transcriber chooses its windows, for whoever asks; None: it has none."""

    transcriber: Transcriber
    router: Asker
    mouth: Mouth
    language: str | None
    ask_deadline_ms: float
    windows: Callable[[], Choice | None] = lambda: None


async def take_turn(utterance: Utterance, parts: Parts, notes: Notes, ahead: Ahead | None = None) -> None:
    """Understand, ask, answer aloud. Returns when the last sample has sounded. Whoever gave ``ahead`` closes it.

    What happens on the way is written into ``notes``. Errors of the router, a skill or a model are spoken and noted,
    not raised; errors of our own transcriber or loudspeaker are raised.
    """
    hearing = ahead.transcript() if ahead else parts.transcriber.transcribe(utterance.words, parts.language)
    transcript = await hearing
    notes.understood(transcript)
    if transcript.refused:
        return
    answer = _noted(ahead.answer() if ahead else _asked(transcript, parts), notes)
    spoken = Spoken()
    async with aclosing(answer), aclosing(_honest(_sentences(answer, notes), notes)) as sentences:
        try:
            await parts.mouth.speak(sentences, notes, spoken)
        finally:
            if notes.ask and not spoken.complete:
                parts.router.cut(notes.ask, notes.answer_in(spoken.heard_text))
    notes.interrupted = not spoken.complete


async def _noted(answer: Answer, notes: Notes) -> Answer:
    async with aclosing(answer):
        async for message in answer:
            notes.came(message)
            yield message


def _asked(transcript: Transcript, parts: Parts) -> Answer:
    return parts.router.ask(
        transcript.text, language=transcript.language, deadline_ms=parts.ask_deadline_ms, source="voice"
    )


async def _sentences(answer: Answer, notes: Notes | None) -> AsyncGenerator[Fragment, None]:
    """The answer as fragments that can be said, each as soon as it is whole, in the language of the answer."""
    speakable, splitter, language = Speakable(), SentenceSplitter(), ENGLISH
    async for message in answer:
        match message:
            case Accepted():
                if notes:
                    notes.accepted(message.route)
                language = message.route.language or ENGLISH
                speakable.speak(language)
            case Progress(say=str(words)) if words:  # a pause is filled; it is not part of the answer
                yield Fragment(words, language)
            case Token(channel="answer"):
                if notes:
                    notes.token(message.text)
                for fragment in splitter.feed(speakable.feed(message.text)):
                    yield Fragment(fragment, language)
            case Done() if notes:
                notes.answered(message)
    for fragment in (*splitter.feed(speakable.flush()), *splitter.flush()):
        yield Fragment(fragment, language)


async def first_fragment(accepted: Accepted, beginning: str) -> Fragment | None:
    """What `take_turn` will say first of an answer that begins so."""

    async def answer() -> Answer:
        yield accepted
        yield Token(id=accepted.id, text=beginning, seq=0)

    async with aclosing(answer()) as messages, aclosing(_sentences(messages, None)) as sentences:
        return await anext(sentences, None)


async def _honest(sentences: AsyncGenerator[Fragment, None], notes: Notes) -> AsyncGenerator[Fragment, None]:
    """The sentences, and where the answer fails, a spoken sentence that says so."""
    try:
        async with aclosing(sentences):
            async for sentence in sentences:
                yield sentence
    except HomebodyError as error:
        notes.failed(error)
        yield Fragment(apology(error), ENGLISH)


def apology(error: HomebodyError) -> str:
    """What is said aloud of an error: the reason; commands are for the eye, so the remedy is only pointed to."""
    return f"{error.reason} What to do is on the screen." if error.remedy else error.reason
