"""How models are asked until one answer can be used: retries, two opinions, chains, answers given again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeBackend
from homebody.errors import (
    BadMessage,
    DeadlineExceeded,
    HomebodyError,
    ModelBusy,
    ModelFailed,
    ModelMissing,
    OutOfMemory,
    UnusableAnswer,
)
from homebody.messages import Accepted, Ask, Done, Message, Progress, Retry, Route, Step, Token
from homebody.options import ModelOptions, PurposeOptions, Purposes, RouterOptions, StrategyOptions, TextModelOptions
from homebody.router import answering as answering_module
from homebody.router.answer_cache import AnswerCache
from homebody.router.answering import Answering
from homebody.router.backends import USUAL, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.brain import Brain
from homebody.router.intents import Match as IntentMatch
from homebody.router.memory import Memory
from homebody.router.model_answers import ModelAnswers
from homebody.router.model_calls import Question
from homebody.router.routing import Match

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
OWLS = "tell me something about owls"
GOOD = "Owls can turn their heads very far."
LOOP = "the owl sees the mouse and " * 40
CHINESE = "猫头鹰可以把头转得很远，它们在夜间捕食。"
OPTIONS = RouterOptions(
    text=TextModelOptions(model="small"),
    purposes=Purposes(
        knowledge=PurposeOptions(models=("large",)),
        reasoning=PurposeOptions(models=("thinker",)),
        image_reasoning=PurposeOptions(models=("eyes",), chain="vision_reasoning"),
    ),
)


class NoSkills:
    def match(self, text: str, language: str | None = None) -> Sequence[Match]:
        return [IntentMatch("clock", {})] if text == "what time is it" else []

    async def run(self, name: str, slots: dict[str, Any], **rest: Any) -> Any:
        raise AssertionError


class Backends(dict[str, FakeBackend]):
    """A model for each name of the profile; one that is not named says something good."""

    def __init__(self, **named: FakeBackend) -> None:
        super().__init__({name: FakeBackend([GOOD]) for name in ("small", "large", "thinker", "eyes")} | named)


class Varying(FakeBackend):
    """Says another thing each time it is asked."""

    def __init__(self, *answers: FakeBackend) -> None:
        super().__init__()
        self.answers = list(answers)
        self.samplings: list[Sampling] = []

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        self.asked.append(list(messages))
        self.samplings.append(sampling)
        async with aclosing(self.answers.pop(0).stream(messages, max_tokens=max_tokens, sampling=sampling)) as stream:
            async for item in stream:
                yield item


def brain(backends: dict[str, Any], *, options: RouterOptions = OPTIONS, **rest: Any) -> Brain:
    return Brain(options, NoSkills(), NoSkills(), backends, now=lambda: NOON, **rest)


async def asked(mind: Brain, text: str = OWLS, *, connection: str = "c", **rest: Any) -> list[Message]:
    rest = {"purpose": "knowledge"} | rest
    async with aclosing(mind.answer(Ask(id="a", text=text, **rest), [], connection=connection)) as messages:
        return [message async for message in messages]


def run(backends: dict[str, Any], text: str = OWLS, *, options: RouterOptions = OPTIONS, **rest: Any) -> list[Message]:
    return asyncio.run(asked(brain(backends, options=options), text, **rest))


def done(messages: list[Message]) -> Done:
    assert isinstance(messages[-1], Done)
    return messages[-1]


def error(backends: dict[str, Any], **rest: Any) -> HomebodyError:
    with pytest.raises(HomebodyError) as caught:
        run(backends, **rest)
    return caught.value


# --- retries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (FakeBackend([" "]), "empty_answer"),
        (FakeBackend([Piece("hm", "thinking")]), "only_thought"),
        (FakeBackend(["owl " * 30]), "repetition"),
        (FakeBackend([CHINESE]), "wrong_language"),
        (FakeBackend(["I'm sorry, I can't write poems. "]), "incapable"),
        (FakeBackend(["Owls "], error=ModelFailed("It broke off.", "Ask again.")), "model_failed"),
        (FakeBackend(absent=ModelBusy("Too much to do.", "Ask later.")), "busy"),
        (FakeBackend(absent=OutOfMemory("It does not fit.", "Close something.")), "out_of_memory"),
        (FakeBackend(absent=ModelMissing("Ollama has not downloaded it yet.", "Download it.")), "no_model"),
        (FakeBackend(absent=DeadlineExceeded("It took too long.", "Ask again.")), "deadline"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_fails_before_its_first_word_is_tried_again_down_the_ladder_and_the_reason_is_told(
    bad: FakeBackend, reason: str
) -> None:
    small = FakeBackend([GOOD])
    messages = run(Backends(large=bad, small=small), language="en")
    assert done(messages).text == GOOD
    reasons = [retry.reason for retry in done(messages).retries]
    assert set(reasons) == {reason}
    assert [m.route.model for m in messages if isinstance(m, Accepted)] == ["large", "small"]
    assert "".join(m.text for m in messages if isinstance(m, Token) and m.channel == "answer") == GOOD
    of_the_answer = reason not in {"busy", "out_of_memory", "no_model", "deadline"}
    structured = "questions of fact" in small.asked[0][0].content
    assert structured != of_the_answer  # another template only where the answer was at fault


def test_the_last_model_is_asked_once_more_in_another_way() -> None:
    small = Varying(FakeBackend([CHINESE]), FakeBackend([GOOD]))
    messages = run(Backends(large=FakeBackend([CHINESE]), small=small), language="en")
    assert done(messages).text == GOOD
    assert [retry.model for retry in done(messages).retries] == ["large", "small"]
    assert len({sampling.temperature for sampling in small.samplings}) == 2
    assert small.asked[0] != small.asked[1]


def test_when_none_can_be_used_it_ends_in_one_sentence() -> None:
    failed = error(Backends(large=FakeBackend([CHINESE]), small=FakeBackend([CHINESE])), language="en")
    assert isinstance(failed, UnusableAnswer)
    assert failed.reason == "The language model answers in the wrong language."
    assert failed.partial == ""


def test_what_was_said_is_not_unsaid_but_ended_in_one_honest_sentence() -> None:
    small = FakeBackend([GOOD])
    looping = FakeBackend(["Eulen sehen in der Nacht sehr gut. ", *["und dann und wann "] * 60])
    failed = error(Backends(large=looping, small=small), text="erzähl mir etwas über eulen", language="de")
    assert failed.reason == "Da habe ich den Faden verloren."
    assert failed.partial.startswith("Eulen sehen in der Nacht sehr gut. ")
    assert small.asked == []
    assert looping.stopped == 1


def test_an_asks_own_deadline_is_not_tried_again() -> None:
    small = FakeBackend([GOOD])
    failed = error(Backends(large=FakeBackend(load_s=60), small=small), deadline_ms=50)
    assert isinstance(failed, DeadlineExceeded)
    assert small.asked == []


def test_json_is_given_out_when_it_fits_and_asked_for_again_when_not() -> None:
    schema = {"type": "object", "properties": {"bird": {"type": "string"}}, "required": ["bird"]}
    small = FakeBackend(['{"bird": ', '"owl"}'])
    messages = run(Backends(large=FakeBackend(["An owl, of course."]), small=small), schema=schema)
    assert done(messages).value == {"bird": "owl"}
    assert done(messages).text == '{"bird": "owl"}'
    assert done(messages).retries == (Retry(model="large", reason="broken_json"),)
    assert small.sampling.schema == schema
    assert '"bird"' in small.asked[0][-1].content
    clock = run(Backends(large=FakeBackend(['{"bird": "cuckoo"}'])), "what time is it", schema=schema)
    assert done(clock).value == {"bird": "cuckoo"}  # no skill is asked for JSON
    refused = error(Backends(), schema={"type": "object", "allOf": []})
    assert isinstance(refused, BadMessage)
    assert "allOf" in refused.reason


def test_a_model_may_have_its_own_template_and_sampling_for_a_purpose() -> None:
    best = {"large": ModelOptions(purposes={"knowledge": StrategyOptions(template="few_shot", temperature=0.05)})}
    large = FakeBackend([GOOD])
    run(Backends(large=large), options=RouterOptions(text=OPTIONS.text, purposes=OPTIONS.purposes, models=best))
    assert large.sampling.temperature == 0.05
    assert "why do cats purr" in [message.content for message in large.asked[0]]


# --- thinking --------------------------------------------------------------------------------------------------------


def test_a_model_that_thinks_for_too_long_is_told_to_answer_at_once() -> None:
    thoughts = FakeBackend([Piece("so if the owl ", "thinking")], endless=True)
    thinker = Varying(thoughts, FakeBackend([GOOD]))
    messages = run(Backends(thinker=thinker), purpose="reasoning")
    assert done(messages).text == GOOD
    assert done(messages).retries == (Retry(model="thinker", reason="thinking_budget"),)
    assert [sampling.think for sampling in thinker.samplings] == [True, False]
    assert "Answer at once" in thinker.asked[1][-1].content
    assert thoughts.stopped == 1
    assert {m.channel for m in messages if isinstance(m, Token)} == {"thinking", "answer"}
    seqs = [m.seq for m in messages if isinstance(m, Token)]
    assert seqs == list(range(len(seqs)))


@pytest.mark.lengthy
@pytest.mark.parametrize(("source", "says"), [("voice", ["Let me think."]), ("text", [])])
def test_a_pause_is_filled_once_and_only_for_those_who_listen(
    source: str, says: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering_module, "FILLER_AFTER_MS", 20.0)
    slow = FakeBackend([Piece("hm ", "thinking")] * 5 + [Piece(GOOD)], gap_s=0.03)
    messages = run(Backends(large=slow), source=source)
    assert [m.say for m in messages if isinstance(m, Progress) and m.say] == says
    assert done(messages).text == GOOD


@pytest.mark.lengthy
def test_nothing_is_filled_in_where_the_answer_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering_module, "FILLER_AFTER_MS", 100.0)
    messages = run(Backends(large=FakeBackend(["Owls see very well at ", "night."] * 3, gap_s=0.03)), source="voice")
    assert not any(m.say for m in messages if isinstance(m, Progress))


@pytest.mark.lengthy
def test_the_limit_for_the_first_token_counts_only_once_the_model_is_in_memory() -> None:
    class Silent(FakeBackend):
        async def check(self) -> ModelState:
            self.checks = getattr(self, "checks", 0) + 1
            return ModelState("fake", "fake", self.checks > 3)

    options = RouterOptions(text=TextModelOptions(model="small", first_token_ms=60), purposes=OPTIONS.purposes)
    silent = Silent(load_s=60)
    mind = brain(Backends(large=silent), options=options, progress_every_ms=20)
    messages = asyncio.run(asked(mind))
    assert done(messages).retries == (Retry(model="large", reason="deadline"),)
    assert silent.checks == 4
    assert silent.stopped == 1


# --- two opinions ----------------------------------------------------------------------------------------------------


def test_two_models_that_agree_give_one_answer() -> None:
    messages = run(
        Backends(large=FakeBackend(["It is 8,849 metres high."]), small=FakeBackend(["About 8850 m."])),
        verify="consensus",
    )
    assert [m.route.kind for m in messages if isinstance(m, Accepted)] == ["chain"]
    answer = done(messages)
    assert answer.text == "It is 8,849 metres high."
    assert answer.agreement
    assert (answer.agreement.agreed, answer.agreement.by, answer.agreement.answers) == (True, "numbers", ())
    assert answer.agreement.models == ("large", "small")
    assert answer.route
    assert answer.route.steps == (Step(model="large", purpose="knowledge"), Step(model="small", purpose="knowledge"))


def test_disagreement_is_said_with_both_answers_where_a_purpose_is_critical() -> None:
    options = RouterOptions(
        text=OPTIONS.text, purposes=Purposes(knowledge=PurposeOptions(models=("large",), critical=True))
    )
    backends = Backends(large=FakeBackend(["It was in 1945."]), small=FakeBackend(["It was in 1918."]))
    answer = done(run(backends, "when did the war end", options=options))
    assert answer.agreement
    assert (answer.agreement.agreed, answer.agreement.by) == (False, "dates")
    assert answer.agreement.answers == ("It was in 1945.", "It was in 1918.")
    assert answer.text.startswith("I asked two models and they do not agree.")
    assert "1945" in answer.text
    assert "1918" in answer.text


@pytest.mark.parametrize(("verdict", "agreed"), [("Yes.", True), ("No, they differ.", False), ("Perhaps.", None)])
def test_what_words_do_not_tell_a_model_judges(verdict: str, agreed: bool | None) -> None:
    large = Varying(FakeBackend(["It is Canberra."]), FakeBackend([verdict]))
    answer = done(run(Backends(large=large, small=FakeBackend(["It is Sydney."])), verify="consensus"))
    assert answer.agreement
    assert (answer.agreement.agreed, answer.agreement.by) == (agreed, "judge")
    assert "First answer: It is Canberra." in large.asked[1][-1].content


def test_one_answer_of_two_is_said_not_to_be_verified() -> None:
    missing = FakeBackend(absent=ModelMissing("Ollama has not downloaded it yet.", "Download it."))
    answer = done(run(Backends(large=missing), verify="consensus"))
    assert answer.agreement
    assert (answer.agreement.agreed, answer.agreement.by, answer.agreement.models) == (None, "one_answer", ("small",))
    assert answer.text == f"Only one model answered, so this is not verified. {GOOD}"


def test_where_there_is_only_one_model_it_is_asked_once_and_that_is_said() -> None:
    only = FakeBackend(["It is Sydney."])
    options = RouterOptions(
        text=TextModelOptions(model="small", backend="openai"),
        purposes=Purposes(image_quick=PurposeOptions(models=("eyes",))),
    )
    answer = done(run(Backends(small=only, eyes=FakeBackend(["A cat."])), options=options, verify="consensus"))
    assert len(only.asked) == 1
    assert answer.agreement
    assert (answer.agreement.agreed, answer.agreement.models) == (None, ("small",))
    assert answer.text == "Only one model answered, so this is not verified. It is Sydney."


# --- chains ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_described_by_one_model_and_reasoned_about_by_another() -> None:
    backends = Backends(
        eyes=FakeBackend(["Three owls sit ", "on a branch."]), thinker=FakeBackend(["So six wings are there."])
    )
    models = ModelAnswers(OPTIONS, backends, now=lambda: NOON, clock_s=lambda: 0.0, progress_every_s=1.5)
    question = Question(text="how many wings are there", images=(b"\xff\xd8jpeg",))
    rungs = [Route(kind="model", model="eyes", purpose="image_reasoning", engine="ollama")]

    async def main() -> list[Message]:
        answering = Answering(Ask(id="a", text=question.text), clock_s=lambda: 0.0)
        async with aclosing(models.answer(answering, rungs, question)) as messages:
            return [message async for message in messages]

    messages = asyncio.run(main())
    answer = done(messages)
    assert answer.text == "So six wings are there."
    assert answer.route
    assert (answer.route.kind, answer.route.name) == ("chain", "vision_reasoning")
    assert [step.model for step in answer.route.steps] == ["eyes", "thinker"]
    assert backends["eyes"].asked[0][-1].images == (b"\xff\xd8jpeg",)
    assert backends["thinker"].asked[0][-1].images == ()
    assert "Three owls sit on a branch." in backends["thinker"].asked[0][-1].content


# --- given again -----------------------------------------------------------------------------------------------------


def test_a_question_that_stands_alone_is_answered_once_and_then_from_what_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        with Memory(tmp_path) as memory:
            backends = Backends()
            mind = brain(backends, cache=AnswerCache(memory.database, ttl_s=60, entries=9))
            first = done(await asked(mind, "why is the sky blue"))
            assert first.cached is None
            messages = await asked(mind, "Why is the sky blue, please?", connection="another")
            again = done(messages)
            assert again.text == first.text == GOOD
            assert again.route
            assert (again.route.kind, again.route.model) == ("cache", "large")
            assert again.cached
            assert again.cached.at == NOON
            assert isinstance(messages[0], Accepted)
            assert messages[0].route == again.route
            assert len(backends["large"].asked) == 1
            for text, rest in (
                ("what is my name", {}),
                ("and in metres", {}),
                ("why is the sky blue", {"max_tokens": 9}),
                ("why is the sky blue", {"verify": "consensus"}),
                ("why is the sky blue", {"purpose": "chat"}),
            ):
                assert done(await asked(mind, text, connection="third", **rest)).cached is None

    asyncio.run(main())


def test_in_a_conversation_an_answer_is_given_again_but_none_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        with Memory(tmp_path) as memory:
            mind = brain(Backends(), cache=AnswerCache(memory.database, ttl_s=60, entries=9))
            await asked(mind, OWLS, connection="c1")
            await asked(mind, "why is the sky blue", connection="c1")
            assert done(await asked(mind, "why is the sky blue", connection="c2")).cached is None
            assert done(await asked(mind, "why is the sky blue", connection="c1")).cached

    asyncio.run(main())


def test_other_weights_under_the_same_name_are_asked_anew(tmp_path: Path) -> None:
    class Digested(FakeBackend):
        digest = "d1"

        async def check(self) -> ModelState:
            return ModelState("large", "fake", True, self.digest)

    async def main() -> None:
        with Memory(tmp_path) as memory:
            large, now_s = Digested([GOOD]), 0.0
            cache = AnswerCache(memory.database, ttl_s=60, entries=9)
            mind = brain(Backends(large=large), cache=cache, clock_s=lambda: now_s)
            await asked(mind, "why is the sky blue", connection="c1")
            large.digest, now_s = "d2", 1000.0
            assert done(await asked(mind, "why is the sky blue", connection="c2")).cached is None

    asyncio.run(main())
