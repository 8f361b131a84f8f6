"""The tables of a profile that say which machine it is for, and what its memory may be used for."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from homebody.options_part import Part

Gibibytes = Annotated[float, Meta(ge=0, le=4096)]
KvCacheType = Literal["f16", "q8_0", "q4_0"]


class MachineOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which machine a profile is for; `homebody profiles` chooses by it.

    Attributes:
        kind: ``any``, ``cpu``, ``nvidia``, ``apple`` or ``raspberry-pi``.
        memory_gib: At least so much physical memory, 2**30 bytes.
        gpu_memory_gib: At least so much on the graphics card.
        disk_gib: What its models take when all are downloaded.
    """

    kind: Literal["any", "cpu", "nvidia", "apple", "raspberry-pi"] = "any"
    memory_gib: Gibibytes = 0.0
    gpu_memory_gib: Gibibytes = 0.0
    disk_gib: Gibibytes = 0.0


class MemoryOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What language and vision models may take of this machine's memory, and which stay in it.

    Attributes:
        budget_gib: All of them together take no more; 0: as much as is found to be free.
        share: A model is loaded where it needs no more than this share of what is free.
        pinned: Purposes whose model is loaded before it is needed and stays; the first is served first. What a folder
            of pictures needs never puts one of them out.
        quantizations: What a model named without one stands for, best first, such as fp16, q8_0, q4_K_M; the first that
            is downloaded and fits is used. Empty: as it is named.
        step_up_s: A larger model must have fitted for so long before it is used again.
        settle_s: What was used within this time is not put out for a folder of pictures.
    """

    budget_gib: Gibibytes = 0.0
    share: Annotated[float, Meta(gt=0, le=1)] = 0.8
    pinned: tuple[str, ...] = ("chat",)
    quantizations: tuple[str, ...] = ()
    step_up_s: Annotated[float, Meta(ge=0, le=86_400)] = 120.0
    settle_s: Annotated[float, Meta(ge=0, le=86_400)] = 60.0


class ServerOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the Ollama server is to be set up; `homebody profiles NAME --server` prints it as environment variables.

    homebody cannot set a server up that others started. It plans as if these held.

    Attributes:
        flash_attention: Less memory for long contexts, and the condition for any kv_cache_type but f16.
        kv_cache_type: ``f16``, ``q8_0`` (half the memory, hardly any loss) or ``q4_0``.
        parallel: Questions a model answers at once; each has a context of its own.
        loaded_models: Models in memory at once.
        prompt_cache_mib: Memory for prompts already read, a model; the server's own default is 8192.
        image_tokens: Most tokens one picture may become; 0: as the model has it.
    """

    flash_attention: bool = True
    kv_cache_type: KvCacheType = "f16"
    parallel: Annotated[int, Meta(ge=1, le=64)] = 1
    loaded_models: Annotated[int, Meta(ge=1, le=64)] = 3
    prompt_cache_mib: Annotated[int, Meta(ge=0, le=65_536)] = 512
    image_tokens: Annotated[int, Meta(ge=0, le=16_384)] = 0

    def __post_init__(self) -> None:
        if self.kv_cache_type != "f16" and not self.flash_attention:
            raise ValueError(f"kv_cache_type {self.kv_cache_type} takes flash_attention = true")
