"""What is counted, and the page for Prometheus, read by the parser of its own client library."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

import virtual_time
from backend_lab import QUESTION, answered
from fakes import FakeBackend
from homebody.errors import ModelBusy, ModelError, ProfileError
from homebody.messages import Accepted, Ask, Done, Route, Usage
from homebody.router.dispatcher import Dispatcher
from homebody.router.metrics import LOAD_MS, Metered, Metrics, ModelMetrics
from homebody.router.metrics_page import page, served
from homebody.router.priorities import Priorities


def metered(backend: FakeBackend, metrics: ModelMetrics) -> Metered:
    return Metered(backend, metrics, clock_s=virtual_time.now_s)


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in {"counter", "gauge", "summary"}
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def test_a_whole_answer_counts_with_its_first_token_its_rate_and_its_tokens() -> None:
    async def main() -> None:
        metrics = ModelMetrics()
        await answered(metered(FakeBackend(["a", "b", "c"], load_s=0.6, gap_s=0.1), metrics))
        data = metrics.as_data()
        assert (data["answers"], data["stopped"], data["failures"]) == (1, 0, {})
        assert data["first_token_p50_ms"] == pytest.approx(700)
        assert data["tokens_per_s"] == pytest.approx(3 / 0.2)  # the server gave no rate: from the first token on
        assert (data["prompt_tokens"], data["answer_tokens"]) == (30, 3)
        assert (data["load_p50_ms"], data["reloads"]) == (600, 0)

    virtual_time.run(main())


def test_a_second_load_is_a_reload_and_a_short_wait_is_none() -> None:
    metrics = ModelMetrics()
    for load_ms in (900.0, LOAD_MS - 1, 700.0, None):
        metrics.ended(Usage(), first_token_ms=1.0, total_ms=2.0, load_ms=load_ms)
    assert metrics.reloads == 1
    assert metrics.answers == 4


def test_preloading_is_no_answer() -> None:
    async def main() -> None:
        metrics = ModelMetrics()
        await answered(metered(FakeBackend(load_s=2), metrics), [])
        assert (metrics.answers, metrics.stopped, metrics.load_ms.count) == (0, 0, 1)

    virtual_time.run(main())


def test_failures_count_by_their_code_and_an_answer_closed_early_as_stopped() -> None:
    async def main() -> None:
        metrics = ModelMetrics()
        for _ in range(2):
            with pytest.raises(ModelError):
                await answered(metered(FakeBackend(error=ModelBusy("Too much.")), metrics))
        async with aclosing(metered(FakeBackend(endless=True), metrics).stream(QUESTION)) as stream:
            assert await anext(stream)
        assert (dict(metrics.failures), metrics.stopped, metrics.answers) == ({"busy": 2}, 1, 0)

    virtual_time.run(main())


class Brain:
    """Answers with the routes it is given, one after the other."""

    def __init__(self, *routes: Route) -> None:
        self.routes = routes

    async def answer(self, ask: Ask, payloads: list[bytes], *, connection: str, release: Any = None) -> Any:
        for route in self.routes:
            yield Accepted(id=ask.id, route=route)
        yield Done(id=ask.id, route=self.routes[-1])

    def forget(self, session: str) -> None:
        pass


@pytest.mark.parametrize(
    ("routes", "fallbacks"),
    [
        ((Route(kind="model", model="a"), Route(kind="model", model="b")), {"a": 1}),
        ((Route(kind="skill", name="clock"), Route(kind="model", model="b")), {}),
        ((Route(kind="model", model="a"),), {}),
    ],
)
def test_a_model_passed_over_for_another_is_a_fallback_of_it(
    routes: tuple[Route, ...], fallbacks: Mapping[str, int]
) -> None:
    async def main() -> None:
        metrics = Metrics()
        dispatcher = Dispatcher(Brain(*routes), None, metrics)  # type: ignore[arg-type]
        async with aclosing(dispatcher.answer(Ask(id="1", text="x"), [], connection="c")) as answer:
            assert len([message async for message in answer]) == len(routes) + 1
        assert {name: model.fallbacks for name, model in metrics.models.items()} == fallbacks

    asyncio.run(main())


def test_the_page_holds_what_was_measured() -> None:
    metrics, priorities = Metrics(), Priorities()
    metrics.of("qwen").ended(Usage(prompt_tokens=30, answer_tokens=6), first_token_ms=200, total_ms=800, load_ms=None)
    metrics.of("qwen").failures["busy"] += 2
    metrics.queue_ms.add(1500)
    priorities.add(0)
    found = samples(page(metrics, priorities))
    qwen = ("model", "qwen")
    assert found["homebody_model_answers_total", (qwen,)] == 1
    assert found["homebody_model_failures_total", (("code", "busy"), qwen)] == 2
    assert found["homebody_model_prompt_tokens_total", (qwen,)] == 30
    assert found["homebody_model_first_token_seconds", (qwen, ("quantile", "0.5"))] == 0.2
    assert found["homebody_model_first_token_seconds_sum", (qwen,)] == 0.2
    assert found["homebody_model_tokens_per_second", (qwen, ("quantile", "0.95"))] == 10
    assert found["homebody_caption_queue_seconds_count", ()] == 1
    assert found["homebody_caption_queue_seconds_sum", ()] == 1.5
    assert found["homebody_captions_waiting", ()] == 1


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.just('a\\b"c\nd'),
        max_size=4,
        unique=True,
    )
)
def test_whatever_models_are_called_the_page_can_be_read_and_names_them(names: list[str]) -> None:
    metrics = Metrics()
    for name in names:
        metrics.of(name).answers = 7
    found = samples(page(metrics, Priorities()))
    listed = {dict(labels)["model"] for (name, labels), _ in found.items() if name == "homebody_model_answers_total"}
    assert listed == set(names)


async def fetched(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    response = await reader.read()
    writer.close()
    await writer.wait_closed()
    return response


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9464\r\n\r\n", b"200 OK"),
        (b"GET /metrics?x=1 HTTP/1.1\r\nhost: localhost\r\n\r\n", b"200 OK"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"405 Method Not Allowed"),
        (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"403 Forbidden"),  # DNS rebinding
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", None),
        (b"\xff\x00nonsense", None),
        (b"", None),
    ],
)
def test_the_server_gives_the_page_to_this_machine_and_nothing_else(request_: bytes, status: bytes | None) -> None:
    async def main() -> None:
        async with served("127.0.0.1:0", lambda: page(Metrics(), Priorities())) as port:
            try:
                response = await fetched(port, request_)
            except ConnectionError:  # it closed with bytes of ours unread
                response = b""
            assert response.startswith(b"HTTP/1.1 " + status) if status else response == b""
            assert b"200 OK" in await fetched(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")

    asyncio.run(main())


def test_a_port_that_is_taken_is_said_with_the_key_of_the_profile() -> None:
    async def main() -> None:
        async with served("127.0.0.1:0", str) as port:
            with pytest.raises(ProfileError) as caught:
                async with served(f"127.0.0.1:{port}", str):
                    pass
            assert caught.value.reason.startswith("router.metrics: ")

    asyncio.run(main())
