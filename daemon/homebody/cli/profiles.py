"""`homebody profiles`: which there are, which one is used, which one fits this machine and why."""

from __future__ import annotations

from typing import Any, Final

import click
import msgspec

from homebody import hardware, starter
from homebody import profile as profile_files
from homebody.cli.output import emit, say
from homebody.profile import Profile
from homebody.router import model_sizes, residency_stack, routing
from homebody.router.backends.ollama_environment import environment
from homebody.setup import models

SHOWN: Final = {
    "chat": "talks",
    "reasoning": "reasons",
    "image_quick": "sees",
    "image_reasoning": "sees best",
}
HOW: Final = {"stays": "stays in memory", "beside": "loaded beside it", "instead": "loaded in its place"}


@click.command()
@click.argument("name", required=False)
@click.option("--server", is_flag=True, help="How Ollama is to be started for it, as environment variables.")
@click.option("--table", is_flag=True, help="All of them as a table in Markdown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a profile.")
@click.pass_obj
def profiles(chosen: str | None, name: str | None, server: bool, table: bool, as_json: bool) -> None:
    """Which profiles there are, which one is used, and which one fits this machine. With NAME: that one in detail."""
    if table:
        say(as_table())
        return
    if server:
        for variable, value in environment(profile_files.load(name or chosen).router).items():
            say(f"{variable}={value}")
        return
    machine = hardware.this_machine()
    used = profile_files.load(chosen)
    known = {found: profile_files.shipped_only(found) for found in profile_files.names()}
    choice = hardware.choose(machine, {found: loaded.machine for found, loaded in known.items()})
    if name is not None:
        detailed = profile_files.load(name)
        known = {detailed.name: detailed}
    if as_json:
        for loaded in known.values():
            emit(_record(loaded, used, choice))
    elif name is not None:
        _detail(detailed, choice)
    else:
        _list(machine, known, used, choice)


def _record(loaded: Profile, used: Profile, choice: hardware.Choice) -> dict[str, Any]:
    fits = loaded.name == choice.name
    return {
        "name": loaded.name,
        "summary": loaded.summary,
        "used": loaded.name == used.name,
        "fits": fits,
        "why": choice.why if fits else _first_up(choice.others.get(loaded.name, "")),
        "budget_gib": loaded.router.memory.budget_gib,
        "models": {
            purpose: msgspec.to_builtins(place) | {"bytes": _bytes(loaded, place)}
            for purpose, place in _stack(loaded).items()
        },
    }


def _list(machine: hardware.Machine, known: dict[str, Profile], used: Profile, choice: hardware.Choice) -> None:
    say(f"This machine: {machine}; {machine.disk_free_gib:.0f} GiB of disk free.")
    say()
    for name, loaded in known.items():
        mark = "*" if name == used.name else ">" if name == choice.name else " "
        say(f"{mark} {name:18} {loaded.summary}")
    if used.name not in known:
        say(f"* {used.name:18} {used.summary}")
    say()
    say(f"* used now: {used.name}.")
    if not choice.name:
        say(f"  {choice.why}")
        return
    say(f"> fits this machine: {choice.name}. {choice.why}")
    disk_gib = known[choice.name].machine.disk_gib
    if disk_gib > machine.disk_free_gib:
        say(f"  Its models take {disk_gib:.0f} GiB of disk; {machine.disk_free_gib:.0f} are free.")
    if used.name != choice.name:
        say(f'  To use it, write at the top of homebody.toml:  profile = "{choice.name}"')
    say(f"  More about one: homebody profiles {choice.name}")


def _detail(loaded: Profile, choice: hardware.Choice) -> None:
    say(f"{loaded.name}: {loaded.summary}")
    if why := choice.others.get(loaded.name):
        say(f"  not for this machine: {why}")
    hears, speaks = loaded.voice.transcriber, loaded.voice.synthesizer
    say(f"  hears      {hears.model} ({hears.compute_type}, {hears.device})")
    say(f"  speaks     {speaks.voices.get(loaded.voice.language, speaks.voice)}")
    places = _stack(loaded)
    for purpose, verb in SHOWN.items():
        if (place := places.get(purpose)) is not None:
            say(f"  {verb:10} {_placed(loaded, place)}")
    if budget_gib := loaded.router.memory.budget_gib:
        say(f"  memory     {budget_gib:g} GiB for these models; a smaller one is used where one does not fit")
    if loaded.machine.disk_gib:
        say(f"  disk       about {loaded.machine.disk_gib:.0f} GiB")
    pulls = [
        f"ollama pull {model}"
        for model in residency_stack.downloads(model_sizes.expanded(loaded.router))
        if _at_ollama(loaded, model)
    ]
    fetched = [model.name for model in models.wanted(loaded) if model.kind != "answers"]
    say("  to download:" if pulls or fetched else "  to download: nothing")
    for command in (*(f"homebody models pull {name}" for name in fetched), *pulls):
        say(f"    {command}")
    if pulls:
        say(f"  Ollama's settings: homebody profiles {loaded.name} --server")


def _placed(loaded: Profile, place: residency_stack.Place) -> str:
    """A model, what it takes, and how it is kept, as far as that is known before it is loaded."""
    if _at_ollama(loaded, place.model):
        return f"{place.model}, {place.bytes / model_sizes.GIB:.1f} GiB, {HOW[place.how]}"
    if place.model == starter.NAME:
        return f"{place.model}, {(_bytes(loaded, place) or 0) / 1e6:.0f} MB, part of homebody"
    return f"{place.model} ({routing.engine(loaded.router, place.model)})"


def _bytes(loaded: Profile, place: residency_stack.Place) -> int | None:
    """What a model takes in memory, or for the starter on the disk; None where only its server knows."""
    if _at_ollama(loaded, place.model):
        return place.bytes
    if place.model == starter.NAME:
        return sum(file.stat().st_size for file in starter.talker().iterdir())
    return None


def _at_ollama(loaded: Profile, model: str) -> bool:
    return routing.engine(loaded.router, model) == "ollama"


def as_table() -> str:
    """The table of the README."""
    rows = ["| profile | for | talks | reasons | sees | models may take |", "|---|---|---|---|---|---|"]
    for name in profile_files.names():
        loaded = profile_files.shipped_only(name)
        places = _stack(loaded)
        talks, reasons, sees = (
            places[purpose].model if purpose in places else "" for purpose in ("chat", "reasoning", "image_quick")
        )
        budget = f"{loaded.router.memory.budget_gib:g} GiB" if loaded.router.memory.budget_gib else "what is free"
        who = loaded.summary.partition(":")[0].removesuffix(".")
        rows.append(f"| `{name}` | {who} | {talks} | {reasons} | {sees} | {budget} |")
    return "\n".join(rows)


def _stack(loaded: Profile) -> dict[str, residency_stack.Place]:
    return residency_stack.stack(model_sizes.expanded(loaded.router))


def _first_up(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}." if phrase else ""
