"""The voice service: ears and mouth of the house.

One loop hears (`Voice.run`); each utterance becomes a turn (turn.py), one asyncio task. Whatever opens the microphone
(the wake word, asking to listen, always listening) interrupts what is being said by cancelling that task.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import Final, Literal

from homebody.client import HomebodyClient
from homebody.errors import AudioStuck, HomebodyError, Problem
from homebody.ledger import Ledger
from homebody.messages import Control, Done, Listen, Say
from homebody.options import VoiceOptions
from homebody.process import Lifecycle, understood
from homebody.voice import bulletin
from homebody.voice.attention import Attention, Why
from homebody.voice.audio import Chunk, Transcript, Utterance
from homebody.voice.barge_in import BargeIn, Foreign
from homebody.voice.commit_gate import Words
from homebody.voice.controls import Controls
from homebody.voice.earcons import Earcons
from homebody.voice.ears import Ears, Guess, Heard
from homebody.voice.going_on import GoingOn
from homebody.voice.looks import LOOK_S, looked_for, next_look
from homebody.voice.memory import VoiceMemory
from homebody.voice.microphone import Microphone
from homebody.voice.muting import MUTED
from homebody.voice.notes import Notes
from homebody.voice.second_thoughts import ECHO_ENDS_S, SecondThoughts
from homebody.voice.speculation import Speculation, Speculator
from homebody.voice.turn import Parts, apology, take_turn
from homebody.voice.turn_detector import TurnDetector, WordsAlone
from homebody.voice.wake_word import Sentry, Woke, unhurried_ms
from homebody.voice.wellbeing import Wellbeing

log = logging.getLogger(__name__)

State = Literal["asleep", "listening", "hearing", "thinking", "speaking", "deaf", "muted"]

SOUND_LIMIT_S: Final = 5.0
ECHO_TAIL_S: Final = 0.3  # our own last words are still in the room and in the audio system's buffers
COURTESY_S: Final = 20.0  # so long what is to be said waits for whoever is listened to, and for their answer
NAME_MS: Final = 1500.0  # of speech: no more than a wake word, and what is said until it is recognised


class Voice:
    """Hears, has turns taken, and does what the router asks of it.

    Args:
        microphone: Delivers chunks for ever; its `problem` says why it is deaf.
        ears: From chunks to utterances.
        parts: What a turn is made of.
        client: Connected to the router.
        ledger: Gets a row for each turn.
        memory: What is remembered between starts. options: Also an attribute, which may be replaced at any time.
        always_listening: Answer whatever is said; otherwise only when asked to listen.
        detector: Tells a pause from an end; None: from the words alone.
        on_turn: Called when an utterance has ended; must not block.
        foreign: What is heard that we did not play, where echo is cancelled. sentry: Hears the wake word, if anything.
        problems: What does not work, and does without; more may be found later.
    """

    def __init__(
        self,
        microphone: Microphone,
        ears: Ears,
        parts: Parts,
        client: HomebodyClient,
        ledger: Ledger,
        memory: VoiceMemory,
        options: VoiceOptions,
        *,
        always_listening: bool = False,
        detector: TurnDetector | None = None,
        on_turn: Callable[[], None] = lambda: None,
        foreign: Foreign | None = None,
        sentry: Sentry | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        self._microphone, self._ears, self._parts, self._mouth = microphone, ears, parts, parts.mouth
        self._speculator = Speculator(parts, detector or WordsAlone(), self._weigh)
        self._sentry, self._wellbeing = sentry, Wellbeing(microphone, client, problems)
        self._ledger, self._memory, self._on_turn = ledger, memory, on_turn
        self._publish = client.publish
        self.earcons = Earcons(lambda: self.options.earcons, parts.mouth.chime)
        self._controls = Controls(
            parts.mouth, memory, interrupt=self._fall_silent, earcons=self.earcons,
            on_change=lambda: self._publish("voice.volume", bulletin.volume(parts.mouth.speaker)),
        )  # fmt: skip
        self._barge_in = BargeIn(lambda: self.options.barge_in, parts, self._yield_to, ears.reset, foreign)
        self._going_on = GoingOn(options.endpointing.energy_gate_db)
        self._second = SecondThoughts(lambda: self.options)
        self.options, self._always = options, always_listening
        self.state: State = "asleep"
        self.on_state: Callable[[], None] = lambda: None
        self.notes: Notes | None = None  # of the turn that is being taken
        self._turn: asyncio.Task[None] | None = None
        self._attention = Attention()
        self._was_open, self._closed_until_s = False, -math.inf
        self._stuck: AudioStuck | None = None
        self._heard_at_s = time.monotonic()

    # --- hearing --------------------------------------------------------------------------------------------------

    async def run(self, lifecycle: Lifecycle) -> None:
        """Hear until cancelled.

        Raises:
            AudioStuck: The sound system hangs; only a new process can help.
        """
        self._show_rest()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(lifecycle))
                tasks.create_task(self._listen_on())
        finally:
            self._barge_in.reset()
            await self._speculator.aclose()
            if self._turn:
                self._turn.cancel()
                await asyncio.wait([self._turn], timeout=2.0)

    async def _listen_on(self) -> None:
        async with aclosing(self._microphone.chunks()) as chunks:
            async for chunk in chunks:
                self._heard_at_s = time.monotonic()
                self._hear(chunk)

    async def _watch(self, lifecycle: Lifecycle) -> None:
        """Tell what is wrong with the microphone, and the service manager that the work goes on: sound arrives, or the
        microphone itself says why not and is being recovered. Silence without a word is a hang."""
        while True:
            if self._stuck:
                raise self._stuck
            if self._wellbeing.look(self.state):
                self._microphone_changed()
            if self._attention.too_late(time.monotonic()):
                self._give_up_listening()
            elif self.state == "listening" and not self._busy:
                self._show_rest()
            if self._microphone.problem or time.monotonic() - self._heard_at_s < SOUND_LIMIT_S:
                lifecycle.beat()
            await next_look(LOOK_S)

    def _hear(self, chunk: Chunk) -> None:
        woke = self._sentry.hear(chunk, speaking=self._mouth.speaking) if self._sentry else None
        spoken_of = self._was_open and self._wants_any and self._ears.speech_ms > NAME_MS  # within a sentence
        if woke and (self._busy or not spoken_of):
            self._wake(woke)
        else:
            self._listen_to(chunk)

    def _wake(self, woke: Woke) -> None:
        """Called by name: listen, from the end of the word on."""
        self._interrupt()
        self._was_open, self._closed_until_s = False, -math.inf
        until_s = time.monotonic() + self.options.listen_timeout_ms / 1000
        self._attention.listen(until_s, Why(called=True, woken=True))
        self._publish("voice.woke", {"word": woke.word})
        self._show("listening")
        self.earcons.play("woke")
        for chunk in woke.since:
            self._listen_to(chunk)

    def _listen_to(self, chunk: Chunk) -> None:
        self._microphone.late_ms = 0.0 if (is_open := self._open()) or self._busy else unhurried_ms(self._sentry)
        if not is_open:
            if self._was_open and self._attention.speaks:
                self._give_up_listening()  # something is said into what the person was saying
            if self._was_open:
                self._speculator.drop()
                self._barge_in.reset()
            self._was_open = False
            return
        if not self._was_open:  # what was heard before does not continue into this
            self._ears.reset()
            self._speculator.drop()
            self._was_open = True
        heard = self._ears.feed(chunk)
        if self._busy:
            self._hear_into_our_words(chunk, heard)
            return
        self._barge_in.reset()
        if heard.began and self._wants_any:
            self._attention.hear_out()
            self._show("hearing")
        elif heard.began:
            self._second.began(time.monotonic())
        self._act(heard)

    def _hear_into_our_words(self, chunk: Chunk, heard: Heard) -> None:
        maybe = self._going_on.hear(chunk, quiet=self._ears.quiet)
        if self.notes is None or not self._second.during(self.notes):
            speech_ms = self._ears.speech_ms if maybe or self.options.barge_in.by_voice else 0.0
            self._barge_in.feed(heard, speech_ms, maybe=maybe)
            return
        if self._barge_in.held:
            self._barge_in.reset()
        self._mouth.hold(self._second.hear(self.notes, quiet=self._ears.quiet, maybe=maybe))
        if self._second.ours:
            self._speculator.drop()
        else:
            self._act(heard)

    def _act(self, heard: Heard) -> None:
        """Speculate in a pause, and begin the turn when it was the end."""
        heard = self._going_on.whole(heard)
        self._speculator.follow(heard)
        if heard.utterance:
            ahead = self._speculator.take(heard.revision, answers=not self._wants_any)
            if self._wants_any or ahead:
                self._on_turn()
                self._begin(heard.utterance, ahead)
            self._second.passed()

    def _weigh(self, revision: int, words: Words) -> None:
        """Some more is known of what was said in a pause that goes on."""
        if self._was_open and (not self._busy or self._second.during(self.notes)):
            self._act(self._ears.weigh(revision, words))

    def _open(self) -> bool:
        """Whether what the microphone delivers now is listened to."""
        now = time.monotonic()
        if self._busy:
            self._closed_until_s = now + ECHO_TAIL_S
            may_go_on = self._going_on.listens(self.notes, speaking=self._mouth.speaking)
            along = self.options.barge_in.by_voice or self._second.during(self.notes)
            return along or may_go_on or self._barge_in.held
        return ((self._always or self._listening) and now >= self._closed_until_s) or self._second.open(now)

    @property
    def _wants_any(self) -> bool:
        """Whatever is said now is answered; else only second thoughts are."""
        return not self._busy and (self._always or self._listening)

    @property
    def _busy(self) -> bool:
        """A turn is taken, or something is said: not what only falls silent for whoever has called."""
        silenced = self._attention.why.called and self._mouth.stopping
        return self._turn is not None or (self._mouth.speaking and not silenced)

    @property
    def _listening(self) -> bool:
        return self._attention.open(time.monotonic())

    def _yield_to(self, guess: Guess | Literal["stop"] | None) -> None:
        """The person speaks into our words: we fall silent, and what they say goes on being heard."""
        if guess == "stop":
            self._fall_silent()
            return
        if not (self._going_on.take_back(self.notes) or self.options.barge_in.by_voice):
            return  # they went on too late: what was asked for is done
        self._interrupt()
        self._closed_until_s = -math.inf
        self._attention.listen(time.monotonic() + self.options.follow_up_ms / 1000, Why(called=True))
        if self._ears.speech_ms:
            self._attention.hear_out()
        self._show("hearing")
        self._speculator.follow(self._going_on.whole(Heard(guess=guess)))

    def _interrupt(self) -> None:
        """Stop the turn that is being taken and whatever sounds."""
        if self._turn:
            self._turn.cancel()
            self._turn = self.notes = None
        self._second.close()
        self._mouth.hold(False)
        self._mouth.stop()

    def _fall_silent(self) -> None:
        self._interrupt()
        self._show_rest()

    def _microphone_changed(self) -> None:
        """It does not hear any more, or does again."""
        if self._wellbeing.problem:
            self._barge_in.reset()
            self._was_open = False  # half a sentence from before is not continued by what is heard afterwards
            if self._attention.speaks:
                self._give_up_listening()
        if not self._busy:
            self._show_rest()

    # --- taking turns ---------------------------------------------------------------------------------------------

    def _begin(self, utterance: Utterance, ahead: Speculation | None) -> None:
        self._interrupt()
        self._going_on.answered(utterance)
        self.earcons.expect_answer()
        self._show("thinking")
        notes = self.notes = Notes(utterance, on_understood=self._understood, on_first_sample=self._speaks)
        self._turn = asyncio.create_task(self._take(notes, ahead, self._attention.close()), name="turn")
        self._turn.add_done_callback(self._ended)

    async def _take(self, notes: Notes, ahead: Speculation | None, why: Why) -> None:
        try:
            await take_turn(notes.utterance, self._parts, notes, ahead)
            if notes.transcript and notes.transcript.refused:  # to what was not meant for us, we say nothing
                if why.asked:
                    await self._mouth.say(*bulletin.not_understood(self.options.language))
                elif why.woken:
                    self.earcons.play("error")
                else:
                    self._attention.again(why, time.monotonic())
        except asyncio.CancelledError:
            notes.interrupted = True
            raise
        except Exception as error:
            known = understood(error)
            notes.failed(known)
            log.warning("a turn failed: %s", type(error).__name__)
            if isinstance(known, AudioStuck):
                self._stuck = known
            elif notes.transcript is None:  # our ears failed; our mouth may well work
                with suppress(HomebodyError):
                    await self._mouth.say(apology(known))
        finally:
            if ahead:
                await ahead.aclose()
            bulletin.answer(why.asked, notes.heard)
            bulletin.record(notes, self._ears.pauses_ms, self._ledger, self._memory, self._publish)
            if notes.done and not notes.interrupted:  # what is said to it is heard without being called
                echo_s = ECHO_TAIL_S if self._always else ECHO_ENDS_S
                self._second.follow(notes, now := time.monotonic(), echo_s)
                if notes.done.follow_up:
                    until_s = now + ECHO_TAIL_S + self.options.follow_up_ms / 1000
                    self._attention.listen(until_s, Why(question_until_s=until_s))

    def _ended(self, turn: asyncio.Task[None]) -> None:
        if self._turn is turn:
            self._turn = self.notes = None
            self.earcons.cancel()
            self._show_rest()
        if not turn.cancelled() and (error := turn.exception()):
            log.error("a turn broke off: %s", type(error).__name__)
            log.debug("Traceback:", exc_info=error)

    def _speaks(self) -> None:
        self.earcons.cancel()
        self._show("speaking")

    def _understood(self, transcript: Transcript) -> None:
        self._publish("voice.heard", bulletin.heard(transcript))

    def _give_up_listening(self) -> None:
        """Nobody spoke in time; where the microphone is deaf, that is why."""
        if (why := self._attention.close()).woken:
            self.earcons.play("error")
        bulletin.answer(why.asked, "", self._microphone.problem)
        self._show_rest()

    def _show_rest(self) -> None:
        if problem := self._wellbeing.problem:
            self._show("muted" if problem == MUTED else "deaf", problem.problem)
        else:
            awake = self._always or self._listening or self._second.awaited(time.monotonic())
            self._show("listening" if awake else "asleep")

    def _show(self, state: State, reason: str = "") -> None:
        if state != self.state:
            self.state = state
            self.on_state()
            self._publish("voice.state", {"state": state, "reason": reason})

    # --- what the router asks of us ---------------------------------------------------------------------------------

    async def handle(self, request: Say | Listen | Control) -> Done:
        """Do what was asked; runs in a task of its own for each request."""
        self._microphone.late_ms = 0.0  # from now on, what is heard matters
        try:
            if isinstance(request, Listen):
                return await self._listen(request)
            if isinstance(request, Say) and not (request.interrupt or self._attention.closed):
                await looked_for(lambda: self._attention.closed and not self._turn, COURTESY_S)
            return await self._controls.handle(request)
        except AudioStuck as error:
            self._stuck = error
            raise

    async def _listen(self, request: Listen) -> Done:
        bulletin.answer(self._attention.why.asked, "")  # whoever asked before is not waited for any more
        self._interrupt()
        asked = asyncio.get_running_loop().create_future()
        self._was_open = False
        self._attention.listen(time.monotonic() + request.timeout_ms / 1000, Why(asked))
        self._show("listening")
        try:
            return Done(id=request.id, heard=await asked)
        finally:
            if self._attention.why.asked is asked:  # cancelled: nobody wants to be heard any more
                self._attention.close()
                self._show_rest()
