"""A training's state, in its build folder: there whole or not at all, so that it goes on wherever it was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch

from homebody.atomic import replacing

NAME: Final = "checkpoint.pt"


def save(folder: Path, state: dict[str, Any]) -> None:
    """Tensors by name, and whatever else there is to go on from."""
    with replacing(folder / NAME, mode=0o644, durable=False) as file:
        torch.save(state, file)


def load(path: Path) -> dict[str, Any]:
    """The same again, on the processor.

    Raises:
        FileNotFoundError: There is none.
    """
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
