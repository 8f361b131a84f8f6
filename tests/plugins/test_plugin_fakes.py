"""The fakes keep the same promises as the router's real store and schedule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from homebody.router.memory import Memory
from homebody.skill import Schedule, Scheduled, Store
from plugin_fakes import START, FakeSchedule, FakeStore


class RealStore:
    """The router's memory, seen as one plugin sees it."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def get(self, key: str, default: Any = None) -> Any:
        return self._memory.get("test", key, default)

    def set(self, key: str, value: Any) -> None:
        self._memory.set("test", key, value)

    def delete(self, key: str) -> None:
        self._memory.delete("test", key)


class RealSchedule:
    """Likewise."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, due_at: dt.datetime, handler: str, data: Mapping[str, Any]) -> Scheduled:
        return self._memory.schedule("test", due_at, handler, data)

    def pending(self, handler: str) -> list[Scheduled]:
        return self._memory.pending("test", handler)

    def cancel(self, id: int) -> bool:
        return self._memory.cancel("test", id)


@pytest.fixture(params=["fake", "real"])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Schedule]]:
    if request.param == "fake":
        yield FakeStore(), FakeSchedule()
        return
    with Memory(tmp_path) as memory:
        yield RealStore(memory), RealSchedule(memory)


def test_a_store_keeps_json_by_key_and_shares_nothing(parts: tuple[Store, Schedule]) -> None:
    store, _ = parts
    value = {"a": [1, 2]}
    store.set("key", value)
    value["a"].append(3)
    assert store.get("key") == {"a": [1, 2]}
    assert store.get("other", 7) == 7
    store.delete("key")
    store.delete("key")
    assert store.get("key") is None


def test_a_store_refuses_what_is_too_large(parts: tuple[Store, Schedule]) -> None:
    with pytest.raises(ValueError, match=r"64 KiB|bytes|large|most"):
        parts[0].set("key", "x" * 70_000)


def test_a_schedule_lists_the_soonest_first_and_each_handler_apart(parts: tuple[Store, Schedule]) -> None:
    _, schedule = parts
    later = schedule.add(START + dt.timedelta(hours=2), "ring", {"n": 1})
    sooner = schedule.add(START + dt.timedelta(hours=1), "ring", {"n": 2})
    schedule.add(START, "other", {})
    assert [row.id for row in schedule.pending("ring")] == [sooner.id, later.id]
    assert schedule.pending("ring")[0] == sooner


def test_a_schedule_takes_back_once(parts: tuple[Store, Schedule]) -> None:
    _, schedule = parts
    row = schedule.add(START, "ring", {})
    assert schedule.cancel(row.id)
    assert not schedule.cancel(row.id)


def test_a_schedule_wants_a_time_zone(parts: tuple[Store, Schedule]) -> None:
    with pytest.raises(ValueError, match=r"zone|aware"):
        parts[1].add(dt.datetime(2026, 11, 22), "ring", {})
