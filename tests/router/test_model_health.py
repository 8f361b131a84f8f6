"""Slow models are noticed, once, and forgotten when they are well."""

from __future__ import annotations

from homebody.router.model_health import Degraded, ModelHealth


def rates(health: ModelHealth, *given: float, tokens: int = 100) -> list[str]:
    found = (health.answered("owl", tokens=tokens, tokens_per_s=rate) for rate in given)
    return [degraded.reason for degraded in found if degraded]


def test_a_model_that_becomes_slow_is_told_once_and_again_after_it_was_well() -> None:
    health = ModelHealth(accelerated=True)
    assert rates(health, *[40.0] * 8) == []
    assert rates(health, *[15.0] * 10) == ["slow"]
    assert "15 tokens a second; 40" in health.problems[0].problem
    assert rates(health, *[38.0] * 5) == []
    assert health.problems == ()
    assert rates(health, *[12.0] * 5) == ["slow"]


def test_one_slow_answer_or_a_little_slowness_is_nothing() -> None:
    health = ModelHealth(accelerated=True)
    assert rates(health, *[40.0] * 8, 3.0, 40.0, 3.0, 40.0, 40.0, *[22.0] * 20) == []


def test_short_answers_and_those_without_a_rate_do_not_count() -> None:
    health = ModelHealth(accelerated=True)
    rates(health, *[40.0] * 8)
    assert rates(health, *[1.0] * 20, tokens=5) == []
    assert health.answered("owl", tokens=100, tokens_per_s=None) is None
    assert health.answered("owl", tokens=None, tokens_per_s=1.0) is None


def test_the_processor_is_a_fault_only_where_there_is_a_graphics_card() -> None:
    found = ModelHealth(accelerated=True).seen("owl", size=1000, on_gpu=0)
    assert isinstance(found, Degraded)
    assert "not on the graphics card" in found.problem.problem
    assert ModelHealth(accelerated=False).seen("owl", size=1000, on_gpu=0) is None
    assert ModelHealth(accelerated=True).seen("owl", size=1000, on_gpu=995) is None
    assert ModelHealth(accelerated=True).seen("owl", size=0, on_gpu=0) is None


def test_a_model_that_is_put_out_is_no_longer_on_the_processor() -> None:
    health = ModelHealth(accelerated=True)
    assert health.seen("owl", size=1000, on_gpu=0)
    health.gone("owl")
    assert health.problems == ()
    assert health.seen("owl", size=1000, on_gpu=0)
