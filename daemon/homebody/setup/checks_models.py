"""What is wrong with the model server, its models and their memory. Pure. Facts about Ollama are of November 2026."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Final

from homebody.profile import Profile
from homebody.router import model_sizes, residency, routing
from homebody.setup.facts import Facts
from homebody.setup.findings import Finding

GIB: Final = 2**30
# ollama#17755: since llama-server reads the pictures, WEBP failed until Ollama turned it into PNG itself.
WEBP_BROKEN: Final = ((0, 30, 0), (0, 32, 13))
QWEN3_VL_SINCE: Final = (0, 12, 7)
ON_GPU_AT_LEAST: Final = 0.5  # of a model; below it answers at the processor's pace


def plain(model: str) -> str:
    """A name by which two can be compared."""
    return model.lower().removesuffix(":latest")


def check_server(facts: Facts) -> Iterator[Finding]:
    """It is there, it has the model, and only this machine can use it."""
    ollama, profile = facts.ollama, facts.profile
    if ollama is None or profile is None:
        return
    address = profile.router.text.base_url
    if not ollama.answers:
        if ollama.installed:
            reason = f"Ollama is installed and does not answer at {address}."
            yield Finding("ollama-down", "ollama", reason, "Start it: systemctl start ollama, or: ollama serve")
        else:
            reason = f"No Ollama answers at {address}; commands work, questions for a language model do not."
            yield Finding("ollama-not-installed", "ollama", reason, "Install it from ollama.com", "warning")
        return
    there = {plain(name) for name in ollama.models}
    if not any(plain(model) in there for model in _talking(profile)):
        model = profile.router.text.model
        reason = f"No language model of this profile is downloaded; {model} would do."
        yield Finding("model-not-downloaded", "model", reason, f"Download it: homebody models pull {model}")
    if any(_is_open(address) for address in ollama.listens_at):
        reason = "Ollama accepts questions from other machines, without a password."
        remedy = "Set OLLAMA_HOST=127.0.0.1 where Ollama is started, and start it again."
        yield Finding("ollama-open", "ollama", reason, remedy, "warning")


def _talking(profile: Profile) -> list[str]:
    """What could answer a question; for what the profile makes itself, what it is made of."""
    options = model_sizes.expanded(profile.router)
    ladder = routing.ladder(options, "chat")
    return [*ladder, *(own.base for model in ladder if (own := options.models.get(model)) and own.base)]


def _is_open(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def check_known_faults(facts: Facts) -> Iterator[Finding]:
    """What is known to be wrong with versions and tags."""
    ollama, profile = facts.ollama, facts.profile
    if profile is None or profile.router.text.backend != "ollama":
        return
    seeing = _seeing(profile)
    for model in seeing:
        if plain(model).startswith("qwen3-vl:") and "instruct" not in model:
            reason = f"{model} is the variant that thinks and often answers nothing."
            remedy = f"Name {model.partition('-q')[0]}-instruct in its place in homebody.toml."
            yield Finding("thinking-variant", f"model {model}", reason, remedy, "warning")
    if ollama is None or not ollama.version:
        return
    version = ".".join(map(str, ollama.version))
    if WEBP_BROKEN[0] <= ollama.version <= WEBP_BROKEN[1]:
        reason = f"Ollama {version} cannot read WEBP pictures; homebody turns its own into JPEG, other programs do not."
        yield Finding("ollama-webp", "ollama", reason, "Update Ollama to 0.32.14 or later.", "note")
    has_it = any(plain(model).startswith("qwen3-vl") for model in seeing)
    if has_it and ollama.version < QWEN3_VL_SINCE:
        reason = f"Ollama {version} cannot run qwen3-vl, with which this profile sees."
        yield Finding("ollama-too-old-to-see", "ollama", reason, "Update Ollama.", "warning")


def _seeing(profile: Profile) -> tuple[str, ...]:
    purposes = profile.router.purposes
    ladders = (getattr(purposes, name).models for name in routing.purposes() if name.startswith("image_"))
    return tuple(dict.fromkeys(model for ladder in ladders for model in ladder))


def check_server_settings(facts: Facts) -> Iterator[Finding]:
    """The profile plans with settings that the server may not have."""
    ollama, profile = facts.ollama, facts.profile
    if ollama is None or profile is None or ollama.environment is None:
        return
    wanted = profile.router.server
    remedy = f"Set what this prints where Ollama is started: homebody profiles {profile.name} --server"
    flash = ollama.environment.get("OLLAMA_FLASH_ATTENTION", "")
    cache = ollama.environment.get("OLLAMA_KV_CACHE_TYPE", "f16")
    if wanted.flash_attention and (flash in {"0", "false"} or (wanted.kv_cache_type != "f16" and not flash)):
        reason = "Ollama runs without flash attention, and the profile plans its memory with it."
        yield Finding("flash-attention-off", "ollama", reason, remedy, "warning")
    elif wanted.kv_cache_type not in {"f16", cache}:
        reason = f"Ollama keeps its KV cache as {cache}; the profile plans with {wanted.kv_cache_type}."
        yield Finding("kv-cache-larger", "ollama", reason, remedy, "warning")


def check_memory(facts: Facts) -> Iterator[Finding]:
    """Whether the main model fits, by the same arithmetic that decides it when it is asked for."""
    if facts.nvidia_problem is not None:
        yield Finding("nvidia-unseen", "memory", facts.nvidia_problem.problem, facts.nvidia_problem.remedy, "warning")
    ollama, profile = facts.ollama, facts.profile
    if ollama is None or profile is None or not ollama.answers:
        return
    accelerated = facts.machine is not None and bool(facts.machine.gpu)
    for model in ollama.loaded:
        if accelerated and model.on_gpu < ON_GPU_AT_LEAST * model.size:
            reason = f"{model.name} runs on the processor, although there is a graphics card."
            remedy = "Start Ollama again: systemctl restart ollama; after a suspend the card is often lost to it."
            yield Finding("graphics-lost", "ollama", reason, remedy, "warning")
            break
    if ollama.free_bytes is None:
        return
    options = model_sizes.expanded(profile.router)
    held = {model.name: (model.on_gpu if accelerated else model.size) for model in ollama.loaded}
    reading = residency.Reading(ollama.free_bytes, ollama.total_bytes, held, downloaded=ollama.models)
    state = residency.observed(residency.start(residency.policy(options, ollama.models)), reading, now_s=0.0)
    ladder = [model for model in state.policy.ladders.get("chat", ()) if state.usable(model, 0.0)]
    if ladder and residency.plan(state, ladder, kind="words", now_s=0.0) is None:
        smallest = min(ladder, key=state.need)
        need, capacity = state.need(smallest) / GIB, (state.capacity or 0) / GIB
        reason = f"{smallest} needs {need:.1f} GiB of memory, and {capacity:.1f} GiB can be had."
        yield Finding("memory-tight", "memory", reason, "Close programs, or choose a smaller profile.", "warning")


MODEL_CHECKS: Final[tuple[Callable[[Facts], Iterator[Finding]], ...]] = (
    check_server,
    check_known_faults,
    check_server_settings,
    check_memory,
)
