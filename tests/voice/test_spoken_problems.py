"""A deaf assistant says so, once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import AudioStuck, NoSpeaker, Problem
from homebody.voice.spoken_problems import REPEAT_S, SETTLED_S, Telling, tell

GONE, MUTED = Problem("microphone", "It is gone.", "Look."), Problem("microphone", "It is muted.", "Look.")


def told(*seen: tuple[float, Problem | None], may_speak: bool = True) -> list[tuple[float, str]]:
    telling = Telling()
    return [(at, words) for at, problem in seen if (words := telling.feed(problem, at, may_speak=may_speak))]


def test_a_problem_that_lasts_is_told_once() -> None:
    assert told(*((at / 4, GONE) for at in range(40))) == [(SETTLED_S, "It is gone.")]


def test_a_short_one_is_not_worth_a_word() -> None:
    assert told((0, GONE), (0.25, GONE), (0.5, None), (0.75, GONE), (1.0, None)) == []


def test_another_one_is_told_as_well() -> None:
    assert [words for _, words in told((0, GONE), (1, GONE), (2, MUTED), (3, MUTED))] == ["It is gone.", "It is muted."]


def test_what_comes_again_after_a_while_is_told_again() -> None:
    later = REPEAT_S + 10
    seen = told((0, GONE), (1, GONE), (2, None), (later, GONE), (later + 1, GONE))
    assert [at for at, _ in seen] == [1, later + 1]


def test_while_somebody_speaks_it_waits() -> None:
    telling = Telling()
    assert not telling.feed(GONE, 0, may_speak=False)
    assert not telling.feed(GONE, 5, may_speak=False)
    assert telling.feed(GONE, 6, may_speak=True) == "It is gone."


@given(st.lists(st.tuples(st.floats(0.01, 5), st.sampled_from([None, GONE, MUTED]), st.booleans()), max_size=60))
def test_however_it_comes_and_goes_nothing_is_told_twice_within_the_time(
    steps: list[tuple[float, Problem | None, bool]],
) -> None:
    telling, now_s, last = Telling(), 0.0, dict[str, float]()
    for wait_s, problem, may_speak in steps:
        now_s += wait_s
        if words := telling.feed(problem, now_s, may_speak=may_speak):
            assert problem is not None
            assert words == problem.problem
            assert now_s - last.get(words, -REPEAT_S) >= REPEAT_S
            last[words] = now_s


@pytest.mark.lengthy
def test_a_loudspeaker_that_is_missing_too_ends_nothing_and_one_that_hangs_ends_all() -> None:
    said: list[str] = []

    async def no_speaker(words: str) -> None:
        said.append(words)
        raise NoSpeaker("none", "none")

    async def stuck(_: str) -> None:
        raise AudioStuck("stuck", "none")

    async def run() -> None:
        telling = asyncio.create_task(tell(lambda: GONE, no_speaker, lambda: True, look_s=0.01))
        while not said:
            await asyncio.sleep(0.01)
        assert not telling.done()
        telling.cancel()
        await asyncio.wait([telling])
        async with asyncio.timeout(20):
            await tell(lambda: GONE, stuck, lambda: True, look_s=0.01)

    with pytest.raises(AudioStuck):
        asyncio.run(run())
