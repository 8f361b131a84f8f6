"""Takes the weights out of a shipped model again, so that training can go on from it on any machine.

What was rounded to int8 stays rounded: good enough to begin with.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final

import numpy as np

_TYPES: Final = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # CTranslate2's DataType
_VERSION: Final = 6


def arrays_of(path: Path) -> dict[str, Any]:
    """All variables of a model.bin, as `ctranslate2.specs.ModelSpec.save` writes them; two names may be one array.

    Raises:
        ValueError: It is of another binary version than 6.
    """
    data, at = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{kind}", data, at)
        at += struct.calcsize(f"<{kind}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return data[at - length : at - 1].decode()

    if number("I") != _VERSION:
        raise ValueError(f"{path} is of another version than {_VERSION}")
    text()
    number("I")
    found = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, length = _TYPES[number("B")], number("I")
        found[name] = np.frombuffer(data, kind, length // np.dtype(kind).itemsize, at).reshape(shape)
        at += length
    for _ in range(number("I")):
        name = text()
        found[name] = found[text()]
    return found


def dense(found: dict[str, Any], name: str) -> Any:
    """A matrix, float32, as it was before it was made int8; row by row, so an array of more dimensions is one too."""
    weight = found[f"{name}/weight"]
    if f"{name}/weight_scale" not in found:
        return weight.astype(np.float32)
    scale = found[f"{name}/weight_scale"].reshape(-1, *(1,) * (weight.ndim - 1))
    return (weight / scale).astype(np.float32)


def depth(found: dict[str, Any], part: str) -> int:
    """How many layers a part has, ``encoder`` or ``decoder``."""
    return len({name.split("/")[1] for name in found if name.startswith(f"{part}/layer_")} - {"layer_norm"})
