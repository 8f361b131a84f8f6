"""How we are: what is wrong with the microphone and all else, told to everybody who follows, and to a new router."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from homebody.client import HomebodyClient
from homebody.errors import Problem
from homebody.voice.microphone import Microphone

log = logging.getLogger(__name__)


class Wellbeing:
    """Tells of it.

    Args:
        microphone: Its `problem` says why it is deaf.
        client: Connected to the router.
        lacks: What does not work, and does without; more may be found later.

    Attributes:
        problem: The microphone's, as was told last.
    """

    def __init__(self, microphone: Microphone, client: HomebodyClient, lacks: Sequence[Problem]) -> None:
        self.problem: Problem | None = None
        self._microphone, self._client, self._lacks = microphone, client, lacks
        self._greeted: str | None = None  # instance of the router that knows how we are

    def look(self, state: str) -> bool:
        """Tell what is new; whether that is something about the microphone."""
        self._greet_router(state)
        problem = self._microphone.problem
        if problem == self.problem:
            return False
        for name, one in (("problem.cleared", self.problem), ("problem.raised", problem)):
            if one:
                self._client.publish(name, msgspec.to_builtins(one))
        self.problem = problem
        return True

    def _greet_router(self, state: str) -> None:
        """Tell a router that does not know us, since it or we have just started, how we are."""
        instance = self._client.attached_to
        if instance and instance != self._greeted:
            log.info("attached to the router")
            if state != "asleep":
                self._client.publish("voice.state", {"state": state, "reason": ""})
            for problem in (*self._lacks, *filter(None, [self.problem])):
                self._client.publish("problem.raised", msgspec.to_builtins(problem))
        self._greeted = instance
