"""`homebody models`: what hears, speaks and answers; fetched, checked and removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.bars import Bars
from homebody.cli.output import aside, complete, emit, say
from homebody.errors import HomebodyError, ModelUnreachable
from homebody.house import answers, endpoint_of
from homebody.paths import text_model_dir
from homebody.profile import Profile
from homebody.setup import converting
from homebody.setup import models as parts
from homebody.setup.converting import ComputeType
from homebody.setup.downloads import size
from homebody.setup.models import Held, Model

_json: Final = click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")


@click.group()
def models() -> None:
    """What hears, speaks and answers: which models are here, fetching, checking and removing them."""


@models.command("list")
@_json
@click.pass_obj
def list_(profile: str | None, as_json: bool) -> None:
    """What the profile names, here or not, and what else is here."""
    loaded = profiles.load(profile)
    found, answered = complete(_list(loaded))
    if as_json:
        for held in found:
            emit(msgspec.to_builtins(held))
        return
    say(f"Profile {loaded.name}:")
    for held in found:
        say(line(held))
    if not any(held.named for held in found):
        say("  It names none to fetch: the starter models are part of homebody.")
    if not answered:
        say(f"  Ollama does not answer at {loaded.router.text.base_url}; what it has is not known.")
    missing = [held for held in found if held.named and not held.here]
    if missing:
        say("Fetch what is missing with: homebody models pull")


@models.command()
@click.argument("names", nargs=-1)
@_json
@click.pass_obj
def pull(profile: str | None, names: tuple[str, ...], as_json: bool) -> int:
    """Fetch models: those named, else all that the profile names. What broke off goes on where it was."""
    loaded = profiles.load(profile)
    chosen = _chosen(loaded, names)
    if not chosen:
        say("The profile names none to fetch: the starter models are part of homebody.")
        return 0
    status = complete(pull_all(loaded, chosen, as_json=as_json))
    if not as_json and service_runs(loaded) and any(model.kind != "answers" for model in chosen):
        say("What runs takes a new recogniser or voice at: homebody restart")
    return status


@models.command()
@click.argument("names", nargs=-1, required=True)
@_json
@click.pass_obj
def remove(profile: str | None, names: tuple[str, ...], as_json: bool) -> None:
    """Remove models from this machine's disk. The starter models stay."""
    loaded = profiles.load(profile)
    complete(_remove(loaded, _chosen(loaded, names), as_json=as_json))


@models.command()
@click.argument("names", nargs=-1)
@_json
@click.pass_obj
def verify(profile: str | None, names: tuple[str, ...], as_json: bool) -> int:
    """Whether models are whole, by the checksums of their catalogue. Needs no network."""
    loaded = profiles.load(profile)
    return complete(_verify(loaded, _chosen(loaded, names), as_json=as_json))


@models.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--name", help="What it is to be called in homebody.toml. Default: the folder's name.")
@click.option(
    "--compute-type",
    type=click.Choice(["int8", "int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32"]),
    default="int8",
    show_default=True,
    help="How its weights are stored.",
)
def convert(folder: Path, name: str | None, compute_type: ComputeType) -> None:
    """Turn a language model as the Hugging Face Hub keeps it into one that homebody runs without a server."""
    chosen = parts.checked_name(name or folder.resolve().name)
    say(f"Converting {folder} to {compute_type}; this takes minutes.")
    made = converting.convert(folder, text_model_dir(chosen), compute_type)
    size_bytes = sum(file.stat().st_size for file in made.iterdir())
    say(f"{chosen} is here ({size(size_bytes)}). In homebody.toml:")
    say(f'\n[router.text]\nbackend = "ctranslate2"\nmodel = "{chosen}"')


def service_runs(profile: Profile) -> bool:
    """Whether the assistant runs now, with what it has loaded before."""
    return complete(answers(endpoint_of(profile)))


def line(held: Held) -> str:
    """A model in one line."""
    about = "" if held.here or not held.size_bytes else "about "
    how_large = f"{about}{size(held.size_bytes)}" if held.size_bytes else ""
    state = ("here" if held.named else "here, not named by the profile") if held.here else "missing"
    return f"  {held.kind:8} {held.name:36} {how_large:>13}  {state}"


async def pull_all(profile: Profile, chosen: Sequence[Model], *, as_json: bool = False) -> int:
    """Fetch one after the other; what cannot be fetched is told, and the rest goes on. Returns the exit status."""
    status = 0
    async with parts.opened(profile) as all_models:
        unreachable: set[bool] = set()  # Ollama and the Hub are tried once each: without network it takes its time
        for model in chosen:
            if (model.kind == "answers") in unreachable:
                if as_json:
                    emit({"model": model.name, "here": False, "reason": "For the same reason as before.", "remedy": ""})
                else:
                    aside(f"{model.name} is not here, for the same reason.")
                continue
            try:
                with Bars() as bars:
                    await all_models.pull(model, bars.shown)
            except HomebodyError as error:
                status = error.exit_code
                if isinstance(error, ModelUnreachable):
                    unreachable.add(model.kind == "answers")
                if as_json:
                    emit({"model": model.name, "here": False, "reason": error.reason, "remedy": error.remedy})
                else:
                    aside(f"{model.name} is not here: {error.reason}\n  {error.remedy}")
            else:
                if as_json:
                    emit({"model": model.name, "here": True})
                else:
                    say(f"{model.name} is here.")
    if status and not as_json:
        aside(
            "What is missing is done without: a smaller model answers where there is one, else the starter models stay."
        )
    return status


def _chosen(profile: Profile, names: tuple[str, ...]) -> list[Model]:
    if not names:
        return parts.wanted(profile)
    return [Model(parts.checked_name(name), parts.kind_of(name, profile)) for name in names]


async def _list(profile: Profile) -> tuple[list[Held], bool]:
    async with parts.opened(profile) as all_models:
        return await all_models.list()


async def _remove(profile: Profile, chosen: Sequence[Model], *, as_json: bool) -> None:
    async with parts.opened(profile) as all_models:
        for model in chosen:
            await all_models.remove(model)
            if as_json:
                emit({"model": model.name, "here": False})
            else:
                say(f"{model.name} is removed.")


async def _verify(profile: Profile, chosen: Sequence[Model], *, as_json: bool) -> int:
    status = 0
    async with parts.opened(profile) as all_models:
        for model in chosen:
            try:
                problem = await all_models.verify(model)
            except ModelUnreachable as error:
                problem = error.reason
            if problem:
                status = 1
            if as_json:
                emit({"model": model.name, "whole": not problem, "problem": problem})
            elif problem:
                say(f"{model.name}: {problem.removesuffix('.')}.")
                say(f"  Fetch it anew with: homebody models remove {model.name} ; homebody models pull {model.name}")
            else:
                say(f"{model.name} is whole.")
    return status
