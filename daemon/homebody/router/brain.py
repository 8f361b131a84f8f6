"""The brain: one ask in, its answer out, from a skill or from the language model.

::

    ask -> checked -> Intents.match, purpose -> routes -> skill, skill, ... -> model, model, ...
                                                          └ passes on what it declines, or is not downloaded

An answer is one async generator, one task's work: closing it ends the skill or the generation it waits for.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import logging
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from homebody.errors import BadMessage, SkillError
from homebody.language import identify
from homebody.messages import TEXT_LIMIT_CHARS, Ask, Done, Route
from homebody.options import RouterOptions
from homebody.router import follow_up, images, json_schema, purpose, routing
from homebody.router.answer_cache import AnswerCache
from homebody.router.answering import Answering
from homebody.router.backends import Backend, Piece
from homebody.router.model_answers import AnswerMessage, BrainState, ModelAnswers
from homebody.router.model_calls import Question
from homebody.router.purpose import IMAGE_PURPOSES, PURPOSES, Decision
from homebody.router.routing import Match
from homebody.router.session import Sessions
from homebody.router.speculation import Release
from homebody.router.tools import Toolbox
from homebody.router.validation import Expected, wanted_language
from homebody.skill import Reply, SessionView

log = logging.getLogger(__name__)

_LANGUAGE_TAG: Final = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
PROGRESS_EVERY_MS: Final = 1500.0  # the wire promises 2 s; the rest is for the way


class Matcher(Protocol):
    """What finds skills for words: `homebody.router.polyglot.CurrentIntents`."""

    def match(self, text: str, language: str | None = None) -> Sequence[Match]:
        """The skills these words fit, best first; ``language`` is what they are in, where the asker says so."""


class Skills(Protocol):
    """What runs skills: `homebody.router.skills_host.SkillsHost`."""

    async def run(
        self,
        name: str,
        slots: dict[str, Any],
        *,
        text: str,
        session: SessionView,
        now: dt.datetime,
        language: str = "en",
    ) -> Reply:
        """The skill's reply, within its own deadline; cancelling stops waiting for it.

        Raises:
            SkillError: It failed or took too long.
        """


def _local_now() -> dt.datetime:
    return dt.datetime.now().astimezone()


class Brain:
    """Answers asks. Owns the conversations; owns neither ``skills`` nor ``backends``, which their maker closes.

    Args:
        options: The profile's ``router``.
        intents: Finds skills for words.
        skills: Runs them.
        backends: The language models by their names, all those of `homebody.router.routing.models`; empty where the
            profile has none.
        cache: Answers that are given again; None: none are.
        toolbox: What models may call; None: nothing.
        ordered: Puts the routes to models in the order of what fits this machine now.
        begins: Whether words that fit no skill are the beginning of some that would.
        home: The language of the house (ISO 639-1), of words that do not tell theirs.
        now: The time of day, aware, in the local time zone.
        clock_s: A clock that does not go back, in seconds.
        progress_every_ms: How long the asker is left without a sign of life.

    Raises:
        ProfileError: A purpose names a prompt template that does not exist.
    """

    def __init__(
        self,
        options: RouterOptions,
        intents: Matcher,
        skills: Skills,
        backends: Mapping[str, Backend],
        *,
        cache: AnswerCache | None = None,
        toolbox: Toolbox | None = None,
        ordered: Callable[[Sequence[Route]], Sequence[Route]] = lambda routes: routes,
        begins: Callable[[str], bool] = lambda _: False,
        home: str = "en",
        now: Callable[[], dt.datetime] = _local_now,
        clock_s: Callable[[], float] = time.monotonic,
        progress_every_ms: float = PROGRESS_EVERY_MS,
    ) -> None:
        self._options = options
        self._intents = intents
        self._skills = skills
        self._ordered, self._begins = ordered, begins
        self._home = home
        self._models = ModelAnswers(
            options,
            backends,
            cache=cache,
            now=now,
            clock_s=clock_s,
            progress_every_s=progress_every_ms / 1000,
            toolbox=toolbox,
        )
        self._now = now
        self._clock_s = clock_s
        self._progress_every_s = progress_every_ms / 1000
        self._sessions = Sessions()

    async def answer(
        self, ask: Ask, payloads: list[bytes], *, connection: str, release: Release | None = None
    ) -> AsyncGenerator[AnswerMessage, None]:
        """Answer an ask.

        Yields:
            `Accepted`; then `Token` items with ``seq`` from 0, and a `Progress` wherever the answer has been silent for
            `PROGRESS_EVERY_MS`; then one `Done`. Where a skill declined after it had been slow enough to be announced,
            or a model turned out not to be there, a further `Accepted` names who answers instead. All carry the ask's
            id.

        Args:
            ask: What is asked. ``expires_at`` has been looked at by the caller.
            payloads: Its raw frames.
            connection: The conversation of an ask that names none.
            release: Of a speculative ask. Until its commit only what can be taken back is done, and no `Done` comes;
                None: the ask may take effect at once.

        Raises:
            BadMessage: The text is empty or too long, a number makes no sense, or there is no such purpose.
            BadImage: What came along is no image that a model could be shown.
            NotCapable: There are images, and no model here can see.
            SkillError: The skill that matched failed.
            ModelError: The model cannot answer, or broke off; ``partial`` is what had been answered.
            DeadlineExceeded: ``deadline_ms`` passed.
            UsageError: The text does not fit into the model's context.
        """
        answering = Answering(ask, clock_s=self._clock_s)
        session, asked = ask.session or connection, _name(connection, str(ask.id))
        text = _checked(ask)
        seen = images.check(payloads, ask.payloads)
        release = release or Release(ask)
        try:
            before = [] if seen else self._heard(session)
            decision = _decided(ask, text, before, self._home, has_image=bool(seen))
            # Skills speak; they know nothing of schemas, and look at no pictures.
            for_skills = not (seen or ask.schema)
            matches = self._matches(text, before, ask.language, decision.language) if for_skills else ()
            begins = for_skills and self._begins(text)
            asks_beyond = decision.live or decision.order
            can_look = asks_beyond and await self._models.can_look(decision.purpose, order=decision.order)
            routes = self._ordered(routing.routes(matches, self._options, decision, can_look=can_look))
            for route, match in itertools.zip_longest(routes, matches):
                answering.consider(
                    complete=bool(match and match.complete),
                    extensible=begins or bool(match and match.complete and match.extensible),
                    read_only=self._changes_nothing(route, match),
                    correctable=bool(match and match.correctable),
                    answers=bool(match and match.answers),
                )
                if (begins and not matches and not release.committed) or not _may_begin(release, route, match):
                    for accepted in answering.accepted(route):
                        yield accepted
                    await release.wait()
                match route.kind:
                    case "skill":
                        part = self._ask_skill(answering, route, text, session)
                    case "router":
                        part = self._say_honestly(answering, route, language=decision.language)
                    case _:
                        rungs = [rung for rung in routes if rung.kind == "model"]
                        question = self._question(ask, text, seen, decision, session, release)
                        part = self._models.answer(answering, rungs, question)
                async with contextlib.aclosing(part):
                    async for message in part:
                        if isinstance(message, Done):  # before it is sent: the next ask may be "repeat that"
                            await release.wait()
                            changed_by = str(route.name) if match and not match.read_only else ""
                            self._remember(session, asked, text, answering, changed_by)
                        yield message
                if answering.done:
                    return
        finally:
            # Cancelled or broken off: the conversation holds what was given out, and no more.
            if release.committed and not answering.done:
                self._remember(session, asked, text, answering)

    def _changes_nothing(self, route: Route, match: Match | None) -> bool:
        if route.kind == "skill":
            return match is not None and match.read_only
        return not self._options.tools.side_effects  # of a model, which may call them

    async def warm(self) -> None:
        """Bring the main model into memory; see `ModelAnswers.warm`."""
        await self._models.warm()

    async def refresh(self) -> bool:
        """Whether the main model can answer; see `ModelAnswers.refresh`."""
        return await self._models.refresh()

    def state(self) -> BrainState:
        """What was last known of the models."""
        return self._models.state()

    def forget(self, session: str) -> None:
        """End a conversation, such as that of a connection that has gone."""
        self._sessions.forget(session)

    def cut(self, connection: str, ask: str, heard: str) -> None:
        """Only so much of the answer to the ask of this id was heard: the conversation holds no more."""
        self._sessions.cut(_name(connection, ask), heard)

    def _heard(self, session: str) -> list[str]:
        return [exchange.heard for exchange in self._sessions.history(session, now_s=self._clock_s())]

    def _matches(self, text: str, before: Sequence[str], language: str | None, spoken: str) -> Sequence[Match]:
        """The skills for these words; where there are none and the words lean on a question that a skill answered
        ("and in three litres?"), that skill once more, if it changes nothing. ``language`` is what the asker says,
        ``spoken`` what the words were taken for: "stop" is in that first."""
        here = language is None and spoken not in ("en", identify(text))
        found = (self._intents.match(text, spoken) if here else ()) or self._intents.match(text, language)
        if any(not match.answers for match in found) or not (leaning := follow_up.leaning(text, before)):
            return found
        skills = {match.skill for match in self._intents.match(leaning.on, language)[:1] if match.read_only}
        again = (self._intents.match(reading, language) for reading in leaning.readings if skills)
        return [*found, *next((matches for matches in again if matches and matches[0].skill in skills), ())]

    def _question(
        self, ask: Ask, text: str, seen: tuple[bytes, ...], decision: Decision, session: str, release: Release
    ) -> Question:
        language = wanted_language(text, decision.language, given=bool(ask.language), purpose=decision.purpose)
        return Question(
            text=text,
            language=decision.language,
            expected=Expected(
                language=language, prose=decision.purpose != "code", schema=ask.schema, has_image=bool(seen)
            ),
            history=self._sessions.history(session, now_s=self._clock_s()),
            images=seen,
            verify=ask.verify == "consensus",
            is_private=ask.max_tokens is not None,
            tools=routing.options_for(self._options, decision.purpose).tools and not seen and ask.schema is None,
            live=decision.live,
            said=self._sessions.view(session, now_s=self._clock_s()),
            meant=release.wait,
        )

    def _remember(self, session: str, asked: str, text: str, answering: Answering, changed_by: str = "") -> None:
        now_s = self._clock_s()
        self._sessions.add(session, text, answering.given, now_s=now_s, asked=asked, changed_by=changed_by)

    async def _ask_skill(
        self, answering: Answering, route: Route, text: str, session: str
    ) -> AsyncGenerator[AnswerMessage, None]:
        """One skill's answer; nothing, and ``answering`` not done, where it declines."""

        async def run() -> AsyncGenerator[Reply, None]:
            yield await self._skills.run(
                str(route.name),
                route.slots,
                text=text.lower(),  # as a skill is promised it
                session=self._sessions.view(session, now_s=self._clock_s()),
                now=self._now(),
                language=route.language or "en",
            )

        reply = Reply(value={"declined": True})
        try:
            async with answering.with_heartbeat(run(), every_s=self._progress_every_s) as replies:
                async for item in replies:
                    if item is not None:
                        reply = item
                        continue
                    # Only a slow skill is announced before its reply is there, since it may yet decline.
                    for message in answering.accepted(route):
                        yield message
                    yield answering.progress("skill")
        except SkillError:
            for message in answering.accepted(route):
                yield message
            raise
        if reply.value.get("declined"):
            return
        if reply.forget:
            self._sessions.forget(session)
        if reply.language is not None:
            route = msgspec.structs.replace(route, language=None if reply.language == "en" else reply.language)
        for message in answering.accepted(route):
            yield message
        for token in answering.tokens(Piece(reply.text)):
            yield token
        yield answering.finished(route, value=reply.value or None, follow_up=reply.follow_up)

    async def _say_honestly(
        self, answering: Answering, route: Route, *, language: str
    ) -> AsyncGenerator[AnswerMessage, None]:
        """A model would make something up here."""
        for message in answering.accepted(route):
            yield message
        honest = purpose.no_live_data if route.name == routing.NO_LIVE_DATA.name else purpose.cannot
        for token in answering.tokens(Piece(honest(language))):
            yield token
        yield answering.finished(route)


def _name(connection: str, ask: str) -> str:
    """An ask, among all."""
    return f"{connection}/{ask}"


def _may_begin(release: Release, route: Route, matched: Match | None) -> bool:
    """Whether this route may be taken before the ask is committed."""
    match route.kind:
        case "skill":
            return release.may_run(read_only=matched is not None and matched.read_only)
        case "router":
            return True
        case _:
            return release.may_generate()


def _decided(ask: Ask, text: str, before: Sequence[str], home: str, *, has_image: bool) -> Decision:
    """What the asker says it is for, else what the words say, or those in the conversation that they lean on."""
    language = ask.language.partition("-")[0].lower() if ask.language else follow_up.language(text, before, home)
    if ask.purpose is None:
        leaning = follow_up.leaning(text, before)
        return purpose.decide(leaning.on if leaning else text, has_image=has_image, language=language)
    if ask.purpose not in routing.purposes():
        raise BadMessage(
            f"There is no purpose {ask.purpose}.", f"Choose one of: {', '.join(routing.purposes())}.", id=ask.id
        )
    if has_image != (ask.purpose in IMAGE_PURPOSES):
        fitting = IMAGE_PURPOSES if has_image else PURPOSES
        raise BadMessage(
            f"The purpose {ask.purpose} is for questions {'without' if has_image else 'about'} images.",
            f"Choose one of: {', '.join(fitting)}.",
            id=ask.id,
        )
    return Decision(ask.purpose, language)


def _checked(ask: Ask) -> str:
    """The words of an ask that can be answered."""
    text = ask.text.strip()
    if not text:
        raise BadMessage("There are no words in that.", "Ask something.", id=ask.id)
    if len(text) > TEXT_LIMIT_CHARS:
        raise BadMessage(
            f"The text has {len(text)} characters; {TEXT_LIMIT_CHARS} are the limit.", "Shorten it.", id=ask.id
        )
    if ask.language and not _LANGUAGE_TAG.fullmatch(ask.language):
        raise BadMessage("That language is no tag of one.", "Write it like de, en or pt-BR.", id=ask.id)
    if ask.max_tokens is not None and ask.max_tokens < 1:
        raise BadMessage("max_tokens is less than one.", "Leave it out, or ask for more.", id=ask.id)
    if ask.schema is not None and (problem := json_schema.unusable(ask.schema)):
        raise BadMessage(problem, "Correct the schema.", id=ask.id)
    return text
