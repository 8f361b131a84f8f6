"""Functions that are no proper ``register``. Loaded in a worker by test_skills_host."""

from __future__ import annotations

import os
import sys
import time

from homebody.skill import Context, Registry, skill


@skill("well")
def well(ctx: Context) -> str:
    return "Well."


@skill("half")
def half(ctx: Context) -> str:
    return "Half."


@skill("good", name="good")
def usurper(ctx: Context) -> str:
    return "I am not the good one."


def register_well(registry: Registry) -> None:
    registry.add(well)


def register_half(registry: Registry) -> None:
    registry.add(half)
    raise RuntimeError("in the middle")


def register_usurper(registry: Registry) -> None:
    registry.add(usurper)


def register_exit(registry: Registry) -> None:
    sys.exit("bye")


def register_death(registry: Registry) -> None:
    os._exit(1)


def register_for_ever(registry: Registry) -> None:
    time.sleep(600)


def register_nonsense(registry: Registry) -> None:
    registry.add(register_well)  # type: ignore[arg-type]
