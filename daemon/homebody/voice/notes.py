"""What is noted of a turn while it happens; becomes the ledger's row and the events that clients see."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from homebody.errors import HomebodyError
from homebody.ledger import Turn
from homebody.messages import Accepted, Done, Progress, Route, Token
from homebody.voice.audio import RATE_HZ, Transcript, Utterance


@dataclass(slots=True)
class Notes:
    """Stamps each leg of a turn the first time it is reached, in milliseconds after the end of speech.

    Attributes:
        utterance: What the turn answers.
        said, tokens: The answer so far, and in how many pieces it came.
        live: The clock is the microphone's. A recording that is read faster than it was spoken has a time of its own;
            then the two are taken to agree at the moment the end of speech was decided.
        on_understood, on_first_sample: Called as soon as there is something to show.
    """

    utterance: Utterance
    live: bool = True
    clock: Callable[[], float] = time.monotonic
    on_understood: Callable[[Transcript], None] | None = None
    on_first_sample: Callable[[], None] | None = None
    transcript: Transcript | None = None
    route: Route | None = None
    done: Done | None = None
    error: HomebodyError | None = None
    said: str = ""
    tokens: int = 0
    interrupted: bool = False
    legs: dict[str, float] = field(default_factory=dict)
    ask: str = ""  # the id by which the router knows it
    read_only: bool | None = None  # it may be taken back; None: not known yet
    correctable: bool = False  # it changes what the next words may correct
    fillers: list[str] = field(default_factory=list)  # said, but no part of the answer
    _ahead_s: float = 0.0  # of the microphone's clock

    def __post_init__(self) -> None:
        """The end of speech was decided, by the time anyone takes notes of it."""
        if not self.live:
            self._ahead_s = self.clock() - self.utterance.decided_s
        self.mark("endpoint_ms")

    def mark(self, leg: str, at_s: float | None = None) -> None:
        """Reached this leg, now or at ``at_s`` on `time.monotonic`; only the first time counts."""
        at_s = self.clock() if at_s is None else at_s
        self.legs.setdefault(leg, 1000 * (at_s - self._ahead_s - self.utterance.speech_ended_s))

    def understood(self, transcript: Transcript) -> None:
        """The words are there."""
        self.mark("text_ms")
        self.transcript = transcript
        if self.on_understood:
            self.on_understood(transcript)

    def came(self, message: Accepted | Progress | Token | Done) -> None:
        """The router sent something."""
        self.ask = message.id or self.ask
        if isinstance(message, Accepted):
            self.read_only = message.read_only and self.read_only is not False
            self.correctable = message.correctable
        if isinstance(message, Progress) and message.say:
            self.fillers.append(message.say)

    def answer_in(self, heard: str) -> str:
        """What of the words that were heard is the answer."""
        for filler in self.fillers:
            heard = heard.removeprefix(filler).lstrip()
        return heard

    def accepted(self, route: Route) -> None:
        """The router said who answers."""
        self.mark("route_ms")
        self.route = route

    def token(self, text: str) -> None:
        """A piece of the answer came."""
        self.mark("first_token_ms")
        self.said += text
        self.tokens += 1

    def answered(self, done: Done) -> None:
        """The answer is whole."""
        self.done = done

    def failed(self, error: HomebodyError) -> None:
        """The answer will not come."""
        self.error = error

    def first_pcm(self) -> None:
        """The first sound was synthesized."""
        self.mark("first_pcm_ms")

    def first_sample(self, at_s: float) -> None:
        """The first sample left the loudspeaker at ``at_s`` on `time.monotonic`."""
        self.mark("first_sample_ms", at_s)
        if self.on_first_sample:
            self.on_first_sample()

    def finished(self) -> None:
        """The last sample has sounded, or there was nothing to say."""
        self.mark("done_ms")

    @property
    def sounds(self) -> bool:
        """Its answer has begun to sound."""
        return "first_sample_ms" in self.legs

    @property
    def heard(self) -> str:
        """The words the turn acted on; empty when none."""
        return self.transcript.text if self.transcript and not self.transcript.refused else ""

    @property
    def outcome(self) -> str:
        """See `homebody.ledger.Turn`."""
        if self.interrupted:
            return "interrupted"
        if self.error:
            return "failed"
        return "refused" if self.transcript is None or self.transcript.refused else "answered"

    def row(self) -> Turn:
        """The ledger's row."""
        ago_s = self.clock() - self._ahead_s - self.utterance.speech_ended_s
        refused = self.transcript.refused if self.transcript else ""
        return Turn(
            at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago_s),
            outcome=self.outcome,
            reason=self.error.code if self.error else refused,
            route_kind=self.route.kind if self.route else "",
            route_name=(self.route.name or self.route.model or "") if self.route else "",
            utterance_ms=1000 * len(self.utterance.samples) / RATE_HZ,
            window_s=self.transcript.window_s if self.transcript else 0.0,
            **self.legs,
        )
