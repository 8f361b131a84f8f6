"""What is tried after a failure: always ends, never the same twice in a row, down the ladder first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from homebody.messages import Route
from homebody.options import RouterOptions
from homebody.router.retrying import OF_THE_ANSWER, RETRIES_LIMIT, Tried, Try, next_try
from homebody.router.routing import options_for

REASONS = [*sorted(OF_THE_ANSWER), "busy", "no_model", "out_of_memory", "deadline", "capability"]


def rungs(count: int, purpose: str) -> list[Route]:
    return [Route(kind="model", model=f"m{number}", purpose=purpose) for number in range(count)]


@given(
    st.integers(1, 4), st.sampled_from(["chat", "knowledge", "reasoning", "code"]), st.lists(st.sampled_from(REASONS))
)
def test_it_ends_goes_down_the_ladder_and_never_asks_the_same_in_the_same_way(
    count: int, purpose: str, reasons: list[str]
) -> None:
    ladder = rungs(count, purpose)
    tried: list[Tried] = []
    tries: list[Try] = []
    for reason in reasons:
        attempt = next_try(ladder, lambda route: options_for(RouterOptions(), str(route.purpose)), tried)
        if attempt is None:
            break
        assert attempt not in tries
        tries.append(attempt)
        tried.append(Tried(attempt, reason))
    positions = [ladder.index(attempt.route) for attempt in tries]
    assert positions == sorted(positions)
    assert len(tries) <= RETRIES_LIMIT + 1
    assert all(0 <= attempt.temperature <= 2 for attempt in tries)


def test_a_model_that_is_absent_is_not_asked_again() -> None:
    ladder = rungs(1, "chat")

    def wanted(route: Route):  # type: ignore[no-untyped-def]
        return options_for(RouterOptions(), str(route.purpose))

    first = next_try(ladder, wanted, [])
    assert first
    for reason in ("no_model", "out_of_memory", "busy", "deadline"):
        assert next_try(ladder, wanted, [Tried(first, reason)]) is None
    assert next_try(ladder, wanted, [Tried(first, "repetition")])
