"""What was matched for a slot, as the skill's JSON schema wants it. Pure.

Covers the part of JSON schema that msgspec writes for a skill's parameters: types, ``anyOf``, ``enum``, ``const``,
bounds, lengths, ``pattern`` and ``multipleOf``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from homebody.router import spoken_numbers

_FOLDED: Final = re.compile(r"(?P<slot>\w+?)_x(?P<factor>\d+)")
_NUMERIC: Final = frozenset({"integer", "number"})


class Mismatch(ValueError):
    """A value does not fit the schema; the sentence is not a match."""


def fold(name: str, schema: Mapping[str, Any]) -> tuple[str, int] | None:
    """The slot and factor behind a name such as ``seconds_x60``; None for a slot of the schema itself."""
    properties = schema.get("properties", {})
    parts = _FOLDED.fullmatch(name)
    if name in properties or parts is None or parts["slot"] not in properties:
        return None
    return parts["slot"], int(parts["factor"])


def is_numeric(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether only a number fits this slot: a wildcard for it is not free text."""
    return fold(name, schema) is not None or _types(schema.get("properties", {}).get(name, {})) <= _NUMERIC


def conformed(found: Iterable[tuple[str, Any]], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The slots a skill is called with.

    Args:
        found: (name, value) in the order spoken; a value is text as matched or a list's own value. ``x_x60`` adds 60
            times its value to ``x``; any other name given twice keeps its last value.
        schema: The skill's ``SkillInfo.parameters``.

    Raises:
        Mismatch: A slot is unknown, missing, of the wrong type or out of bounds.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    values: dict[str, Any] = {}
    sums: dict[str, float] = {}
    for name, value in found:
        if (folded := fold(name, schema)) is not None:
            slot, factor = folded
            sums[slot] = sums.get(slot, 0) + factor * _number(value, article=True)
        else:
            values[name] = value
    for slot, total in sums.items():
        values[slot] = _exact(total + (_number(values[slot], article=True) if slot in values else 0))
    for name in values:
        if name not in properties:
            raise Mismatch(f"there is no slot {name}")
    for name in schema.get("required", ()):
        if name not in values:
            raise Mismatch(f"{name} is missing")
    return {name: conform(value, properties[name]) for name, value in values.items()}


def conform(value: Any, schema: Mapping[str, Any]) -> Any:
    """One value as its schema wants it: text that says a number becomes one, an integral float an int.

    Raises:
        Mismatch: It does not fit.
    """
    if "anyOf" in schema:
        for option in schema["anyOf"]:
            try:
                return conform(value, option)
            except Mismatch:
                continue
        raise Mismatch("no alternative fits")
    if "enum" in schema or "const" in schema:
        return _choice(value, schema.get("enum", [schema.get("const")]))
    types = _types(schema)
    if types & _NUMERIC and not isinstance(value, bool) and (isinstance(value, int | float) or "string" not in types):
        return _in_bounds(_number(value), schema, integer="number" not in types)
    if isinstance(value, str) and (not types or "string" in types):
        return _fitting(value, schema)
    if types and not any(_IS[t](value) for t in types if t in _IS):
        raise Mismatch(f"{type(value).__name__} is not {' or '.join(sorted(types))}")
    return value


_IS: Final = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
}


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    """All types a schema allows, ``null`` left out; empty where it allows any."""
    if "anyOf" in schema:
        return frozenset[str]().union(*(_types(option) for option in schema["anyOf"])) - {"null"}
    if "enum" in schema:
        return frozenset({"string" if any(isinstance(v, str) for v in schema["enum"]) else "integer"})
    named = schema.get("type")
    if named is None:
        return frozenset({"any"})
    return frozenset([named] if isinstance(named, str) else named)


def _number(value: Any, *, article: bool = False) -> float | int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    read = spoken_numbers.number(value, article=article) if isinstance(value, str) else None
    if read is None:
        raise Mismatch("not a number")
    return read


def _exact(total: float) -> float | int:
    # A third of an hour is 1200 s, not 1199.9999999999998.
    return round(total) if abs(total - round(total)) < 1e-6 else total


def _in_bounds(value: float | int, schema: Mapping[str, Any], *, integer: bool) -> float | int:
    if integer:
        if value != int(value):
            raise Mismatch("not a whole number")
        value = int(value)
    fits = (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("multipleOf" not in schema or value % schema["multipleOf"] == 0)
    )
    if not fits:
        raise Mismatch("out of bounds")
    return value


def _fitting(value: str, schema: Mapping[str, Any]) -> str:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        raise Mismatch("too short or too long")
    if "pattern" in schema and re.search(schema["pattern"], value) is None:
        raise Mismatch("does not fit the pattern")
    return value


def _choice(value: Any, choices: list[Any]) -> Any:
    for choice in choices:
        if value == choice and isinstance(value, bool) == isinstance(choice, bool):
            return choice
        if isinstance(value, str) and isinstance(choice, str) and value.casefold() == choice.casefold():
            return choice
    if isinstance(value, str) and (read := spoken_numbers.number(value)) is not None and read in choices:
        return read
    raise Mismatch("not one of the choices")
