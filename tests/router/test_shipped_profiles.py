"""Every shipped profile fits the machine it is for, by residency's own arithmetic."""

from __future__ import annotations

import pytest

from homebody import profile as profiles
from homebody.hardware import GIB
from homebody.profile import Profile
from homebody.router import model_sizes, residency, residency_stack, routing
from homebody.router.backends.ollama_environment import environment
from homebody.router.memory_probe import working_set_bytes

MADE = [name for name in profiles.names() if name not in {"embedded", "ollama"}]  # those two are for any machine
# What faster-whisper takes, GiB: its read me says 1.4 for small at int8 on a processor; the others by their parameters.
WHISPER_GIB = {"tiny": 0.5, "base": 0.7, "small": 1.5}
WHISPER_GPU_GIB = 0.8  # small at int8_float16, with CUDA's context
SYSTEM_GIB = 2.0
SCREEN_GIB = 0.5
VOICE_GIB = 0.3


def loaded(name: str) -> Profile:
    return profiles.shipped_only(name)


@pytest.mark.parametrize("name", MADE)
def test_what_stays_and_what_comes_beside_it_is_within_the_budget(name: str) -> None:
    options = model_sizes.expanded(loaded(name).router)
    budget = options.memory.budget_gib * GIB
    places = residency_stack.stack(options)
    assert set(places) == set(routing.purposes()), "a purpose has no model that fits"
    stays = {place.model: place.bytes for place in places.values() if place.how == "stays"}
    assert places["chat"].how == "stays"
    assert sum(stays.values()) <= budget
    for purpose, place in places.items():
        held = 0 if place.how == "instead" else sum(stays.values()) - stays.get(place.model, 0)
        assert held + place.bytes <= budget, purpose
        assert place.how == "stays" or place.bytes <= options.memory.share * (budget - held), purpose
        assert place.how != "instead" or purpose.startswith("image_"), purpose


@pytest.mark.parametrize("name", MADE)
def test_a_folder_of_pictures_finds_a_model_beside_what_stays(name: str) -> None:
    state = residency_stack.settled_in(model_sizes.expanded(loaded(name).router))
    assert residency.plan(state, state.policy.ladders["image_quick"], kind="folder", now_s=0.0)


@pytest.mark.parametrize("name", MADE)
def test_the_budget_is_within_the_machine_with_hearing_speaking_and_the_system_beside_it(name: str) -> None:
    profile = loaded(name)
    machine, budget_gib, hears = profile.machine, profile.router.memory.budget_gib, profile.voice.transcriber
    on_card = hears.device == "cuda"
    speech_gib = VOICE_GIB + (0 if on_card else WHISPER_GIB[hears.model])
    cache_gib = profile.router.server.prompt_cache_mib / 1024
    match machine.kind:
        case "nvidia":
            assert budget_gib + (WHISPER_GPU_GIB if on_card else 0) + SCREEN_GIB <= machine.gpu_memory_gib
            assert speech_gib + cache_gib + SYSTEM_GIB <= machine.memory_gib
        case "apple":
            assert budget_gib <= working_set_bytes(round(machine.memory_gib * GIB), 0) / GIB
            assert budget_gib + speech_gib + cache_gib + 2 * SYSTEM_GIB <= machine.memory_gib
        case _:
            assert budget_gib + speech_gib + cache_gib + SYSTEM_GIB / 2 <= machine.memory_gib * 0.9


@pytest.mark.parametrize("name", MADE)
def test_the_disk_it_asks_for_is_what_its_downloads_take(name: str) -> None:
    profile = loaded(name)
    options = model_sizes.expanded(profile.router)
    files = sum(model_sizes.need(options, model).weights for model in residency_stack.downloads(options))
    assert files / GIB <= profile.machine.disk_gib <= files / GIB + 3


@pytest.mark.parametrize("name", MADE)
def test_pictures_are_never_shown_to_the_variants_that_only_think(name: str) -> None:
    """The default tags of qwen3-vl are the thinking ones (ollama#16945)."""
    router = loaded(name).router
    for purpose in ("image_quick", "image_detailed", "image_reasoning"):
        for model in getattr(router.purposes, purpose).models:
            assert not model.startswith("qwen3-vl") or "-instruct" in model


def test_the_reports_stacks_are_what_the_profiles_give() -> None:
    def families(name: str) -> dict[str, tuple[str, str]]:
        places = residency_stack.stack(model_sizes.expanded(loaded(name).router))
        return {purpose: (model_sizes.family(place.model), place.how) for purpose, place in places.items()}

    small, middle, large, card = (
        families(n) for n in ("mac-mini-m4-16gb", "mac-mini-m4-24gb", "mac-mini-m4-32gb", "rtx-4060-8gb")
    )
    assert small["chat"] == middle["chat"] == large["chat"] == ("qwen2.5:1.5b", "stays")
    assert middle["reasoning"] == large["reasoning"] == ("deepseek-r1:1.5b", "stays")
    assert small["image_quick"] == ("qwen3-vl:2b-instruct", "beside")
    assert middle["image_quick"] == ("qwen3-vl:4b-instruct", "beside")
    assert large["image_reasoning"] == ("qwen3-vl:8b-instruct", "stays")
    assert card["chat"] == ("llama3.2-custom", "stays")
    assert card["image_quick"] == ("qwen3-vl:4b-instruct", "instead")


def test_the_servers_settings_are_those_ollama_reads() -> None:
    found = environment(loaded("rtx-4060-8gb").router)
    assert found["OLLAMA_KV_CACHE_TYPE"] == "q8_0"
    assert found["OLLAMA_FLASH_ATTENTION"] == "1"
    assert found["OLLAMA_HOST"] == "127.0.0.1:11434"
    assert found["OLLAMA_NO_CLOUD"] == "1"
    assert found["LLAMA_ARG_CACHE_RAM"] == "512"
    assert "LLAMA_ARG_IMAGE_MAX_TOKENS" not in environment(loaded("embedded").router)
