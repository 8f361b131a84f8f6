"""A model server that misbehaves, behind a router's own process: each fault ends in an answer or one sentence."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from typing import Any

import msgspec
import pytest

from fake_ollama import FakeOllama
from fake_openai import FakeOpenAI
from homebody import profile as profiles
from homebody.bench.measured_router import own_router
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.messages import Done
from homebody.options import AnswerCacheOptions, ModelOptions, PurposeOptions, Purposes, TextModelOptions
from homebody.profile import Profile

pytestmark = pytest.mark.processes

LIMIT_MS = 2000.0  # of each wait
DEADLINE_S = 3 * LIMIT_MS / 1000 + 30  # and of a whole answer, on a machine that does much else
SHAKY = "qwen2.5:1.5b"
ANSWER = "Owls can turn their heads far."

# What the server does, and the reason that is recorded where the next model answers; None: the answer had begun.
FAULTS: dict[str, str | None] = {
    "busy": "busy",  # 503
    "oom": "out_of_memory",
    "drop": None,  # killed in mid-stream
    "error_line": None,
    "eof": None,
    "gap": None,  # hung in mid-stream
    "slow_load": "deadline",  # hung for ever
    "html": "no_model",  # wrong content type
}


def of(base: Profile, shaky: FakeOllama, steady: FakeOpenAI | None) -> Profile:
    """The purpose chat asks the shaky server's model first, and then the steady one's, if there is one."""
    limits: dict[str, Any] = {
        "connect_ms": 2000.0, "load_ms": LIMIT_MS, "first_token_ms": LIMIT_MS, "gap_ms": LIMIT_MS,
    }  # fmt: skip
    if steady is None:
        text = TextModelOptions(base_url=shaky.base_url, model=SHAKY, **limits)
        own: dict[str, Any] = {}
    else:
        text = TextModelOptions(backend="openai", base_url=steady.base_url, model="owl-1b", **limits)
        models = {SHAKY: ModelOptions(backend="ollama", base_url=shaky.base_url)}
        own = {"models": models, "purposes": Purposes(chat=PurposeOptions(models=(SHAKY,)))}
    router = msgspec.structs.replace(
        base.router,
        text=text,
        answer_cache=AnswerCacheOptions(ttl_s=0),
        **{"models": {}, "purposes": Purposes(), **own},
    )
    return msgspec.structs.replace(base, router=router)


async def asked(client: HomebodyClient) -> Done | HomebodyError:
    began_s = time.monotonic()
    try:
        async with aclosing(client.ask("tell me something", purpose="chat", session=str(began_s))) as answer:
            last = [message async for message in answer][-1]
    except HomebodyError as error:
        last = error
    assert time.monotonic() - began_s < DEADLINE_S
    assert isinstance(last, Done | HomebodyError)
    return last


def test_each_fault_ends_in_the_next_models_answer_or_in_one_honest_sentence() -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            shaky = await stack.enter_async_context(FakeOllama(load_s=3600))
            steady = await stack.enter_async_context(FakeOpenAI())
            client = await stack.enter_async_context(own_router(of(profiles.load("ollama"), shaky, steady)))
            for script, reason in {**FAULTS, "refused": "no_model"}.items():
                if script == "refused":
                    await shaky.stop()
                else:
                    shaky.script = script
                last = await asked(client)
                if reason is None and isinstance(last, HomebodyError):  # what was said can't be unsaid
                    assert last.reason.count(".") == 1, script
                    assert last.reason.endswith("."), script
                    assert last.partial, script
                    assert ANSWER.startswith(last.partial.strip()), script
                else:
                    assert isinstance(last, Done), (script, last)
                    assert last.text == ANSWER, script
                    assert [retry.model for retry in last.retries] == [SHAKY], script
                    assert reason is None or last.retries[0].reason == reason, script

    asyncio.run(main())


@pytest.mark.slow
def test_where_there_is_no_other_model_each_fault_ends_in_one_sentence_and_the_next_question_is_answered() -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            shaky = await stack.enter_async_context(FakeOllama(load_s=3600))
            client = await stack.enter_async_context(own_router(of(profiles.load("ollama"), shaky, None)))
            for script in FAULTS:
                shaky.script = script
                error = await asked(client)
                assert isinstance(error, HomebodyError), (script, error)
                assert error.reason.endswith("."), script
                assert error.reason.count(". ") == 0, script
                shaky.script = "ok"
                done = await asked(client)
                assert isinstance(done, Done), (script, done)
                assert done.text == ANSWER, script

    asyncio.run(main())
