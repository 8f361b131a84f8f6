"""What is done while the person may still go on: words are made of each pause, and the router is asked on speculation.

Nothing here sounds or takes effect. A turn takes over what was begun (`Speculator.take`), or all of it is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Literal

from homebody.errors import HomebodyError
from homebody.messages import Accepted
from homebody.sentence_shape import completeness
from homebody.voice.audio import Transcript
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Guess, Heard
from homebody.voice.prepared import Prepared
from homebody.voice.turn import Answer, Draft, Parts, first_fragment
from homebody.voice.turn_detector import TurnDetector

log = logging.getLogger(__name__)


class Speculation:
    """The work on one guess, in one task. An `homebody.voice.turn.Ahead`. ``before``: on the same pause, when it was
    shorter."""

    def __init__(
        self,
        guess: Guess,
        parts: Parts,
        detector: TurnDetector,
        draft: Draft | None,
        on_words: Callable[[int, Words], None],
        before: Speculation | None,
    ) -> None:
        self.revision = guess.revision
        self._guess, self._parts, self._detector, self._draft = guess, parts, detector, draft
        self._on_words = on_words
        self._accepted: Accepted | None = None
        self._known_before = before is not None and before.known_to_answer
        self.answers = False  # nothing but an answer to what was said before, or a correction of it, is wanted
        loop = asyncio.get_running_loop()
        self._heard = loop.create_task(parts.transcriber.transcribe(guess.so_far.words, parts.language))
        self._asked = loop.create_task(self._ask())
        self._preparing = loop.create_task(self._prepare())
        self._prepared: Prepared | None = None

    @property
    def known_to_answer(self) -> bool:
        """The words answer, or correct, what was said before; as far as is known, where they are heard once more."""
        if self._accepted is None:
            return self._known_before
        return self._accepted.answers and self._accepted.complete

    async def transcript(self) -> Transcript:
        """What was said. Raises what the transcriber raises."""
        return await self._heard

    async def answer(self) -> Answer:
        """The answer, committed now. Where speculation failed, it is asked plainly: that says why, or works."""
        transcript = await self._heard
        await asyncio.wait({self._asked})
        self._preparing.cancel()  # what has begun to be prepared goes on
        await asyncio.wait({self._preparing})
        if self._accepted is not None and self._draft is not None:
            answer = self._draft.commit()
        else:
            answer = self._parts.router.ask(
                transcript.text,
                language=transcript.language,
                deadline_ms=self._parts.ask_deadline_ms,
                source="voice",
            )
        async with aclosing(answer):
            async for message in answer:
                if self.answers and isinstance(message, Accepted) and not message.answers:
                    return  # there was nothing to correct, and to all else nobody listens now
                yield message

    async def stop(self) -> None:
        """Give the work up; the draft stays for the next guess."""
        tasks = (self._heard, self._asked, self._preparing)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if self._prepared is not None:
            self._prepared.drop()

    async def aclose(self) -> None:
        """Give up the work and what the router holds."""
        await self.stop()
        if self._draft is not None:
            await self._draft.aclose()

    async def _ask(self) -> None:
        try:
            transcript = await asyncio.shield(self._heard)
            complete = await self._completeness(transcript)
            if self._draft is not None and not transcript.refused:
                self._accepted = await self._draft.revise(transcript.text, language=transcript.language)
            # Weighed once, with what the router makes of them: after a slow recogniser the silence is so long that
            # their shape alone would end the utterance, a few milliseconds before their meaning says "wait".
            self._on_words(self.revision, _words(complete, transcript, self._accepted))
        except HomebodyError as error:
            log.info("a speculation failed: %s", error)
            self._on_words(self.revision, Words(completeness=0.5))

    async def _prepare(self) -> None:
        """Have the sound of the answer's first words made, as soon as the router knows them."""
        await asyncio.wait({self._asked})
        if self._accepted is None or self._draft is None:
            return
        with suppress(HomebodyError):  # then the turn says why, or does without
            beginning = await self._draft.beginning()
            if fragment := await first_fragment(self._accepted, beginning):
                self._prepared = self._parts.mouth.prepare(fragment)

    async def _completeness(self, transcript: Transcript) -> float:
        try:
            return await self._detector.completeness(self._guess.so_far.samples, transcript)
        except HomebodyError as error:
            log.warning("%s", error)
            return completeness(transcript.text, transcript.language)


class Speculator:
    """At most one guess is worked on; all guesses of an utterance share one draft at the router.

    Args:
        parts: Of a turn.
        detector: Tells a pause from an end.
        on_words: Called with a guess's revision and what became known of its words; must not block.
    """

    def __init__(self, parts: Parts, detector: TurnDetector, on_words: Callable[[int, Words], None]) -> None:
        self._parts, self._detector, self._on_words = parts, detector, on_words
        self._now: Speculation | None = None
        self._draft: Draft | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def follow(self, heard: Heard) -> None:
        """Begin and give up with the pauses."""
        if heard.guess:
            self.begin(heard.guess)
        if heard.resumed:
            self.give_up()

    def begin(self, guess: Guess) -> None:
        """Work on this guess instead of the one before."""
        before = self._now
        self.give_up()
        if self._draft is None:
            self._draft = self._parts.router.draft(deadline_ms=self._parts.ask_deadline_ms, source="voice")
        self._now = Speculation(guess, self._parts, self._detector, self._draft, self._on_words, before)

    def give_up(self) -> None:
        """The person goes on: what is being worked on is not all. The draft is revised with the next guess."""
        if self._now is not None:
            self._end(self._now.stop())
            self._now = None

    def take(self, revision: int | None, *, answers: bool = False) -> Speculation | None:
        """The work on this guess, which the caller closes from now on; None where it is not there, or where only what
        ``answers`` something said before is wanted and it does not. All else ends."""
        taken = self._now if self._now is not None and self._now.revision == revision else None
        if taken is not None and answers and not taken.known_to_answer:
            taken = None
        if taken is not None:
            taken.answers = answers
            self._now = self._draft = None
        self.drop()
        return taken

    def drop(self) -> None:
        """Nothing of what was heard is wanted any more."""
        self.give_up()
        if self._draft is not None:
            self._end(self._draft.aclose())
            self._draft = None

    async def aclose(self) -> None:
        """Drop all and wait for it."""
        self.drop()
        if self._ending:
            await asyncio.wait(self._ending)

    def _end(self, ending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(ending)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _words(complete: float, transcript: Transcript, accepted: Accepted | None) -> Words:
    return Words(
        completeness=complete,
        avg_logprob=transcript.avg_logprob,
        intent=_intent(accepted) if accepted else None,
        extensible=accepted is not None and accepted.extensible,
        unsure=transcript.refused == "unsure",
    )


def _intent(accepted: Accepted) -> Literal["whole", "open", "none"]:
    if accepted.route.kind != "skill":
        return "open" if accepted.extensible else "none"
    return "whole" if accepted.complete else "open"
