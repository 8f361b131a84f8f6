"""Whether training in bfloat16 pays on a device: everywhere but on processors that would have to imitate it."""

from __future__ import annotations

import torch


def pay(device: torch.device) -> bool:
    """A processor that multiplies bfloat16 itself trains up to twice as quickly with it, any other far more slowly."""
    return device.type != "cpu" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
