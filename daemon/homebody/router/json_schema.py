"""The part of JSON Schema (draft 2020-12) that an asker may use to say what an answer has to look like. Pure.

What is not here is refused when the ask comes, so that nothing is promised that is not checked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

DEPTH_LIMIT: Final = 16


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_BOUNDS: Final[dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool]]]] = {
    "minimum": (_is_number, lambda value, bound: value >= bound),
    "maximum": (_is_number, lambda value, bound: value <= bound),
    "minLength": (_TYPES["string"], lambda value, bound: len(value) >= bound),
    "maxLength": (_TYPES["string"], lambda value, bound: len(value) <= bound),
    "minItems": (_TYPES["array"], lambda value, bound: len(value) >= bound),
    "maxItems": (_TYPES["array"], lambda value, bound: len(value) <= bound),
}
_NOTES: Final = frozenset({"title", "description", "examples", "default", "$schema"})
KEYWORDS: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", *_BOUNDS, *_NOTES}
)


def unusable(schema: Any, *, where: str = "schema", depth: int = 0) -> str | None:
    """Why this schema cannot be used, as a sentence; None where it can."""
    if not isinstance(schema, Mapping):
        return f"{where} is not an object."
    if depth > DEPTH_LIMIT:
        return f"The schema is nested more than {DEPTH_LIMIT} deep."
    if depth == 0 and schema.get("type") != "object":
        return 'The schema\'s type is not "object".'
    if unknown := sorted(set(schema) - KEYWORDS):
        return f"{where}: {unknown[0]} is not supported; these are: {', '.join(sorted(KEYWORDS - _NOTES))}."
    if problem := _unfit_values(schema, where):
        return problem
    inner = [(f"{where}.{name}", value) for name, value in schema.get("properties", {}).items()]
    inner += [(f"{where}.items", schema["items"])] if "items" in schema else []
    found = (unusable(value, where=name, depth=depth + 1) for name, value in inner)
    return next((problem for problem in found if problem), None)


def misfit(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Where a value does not fit a schema that is not `unusable`, without the value; None where it does."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return "type"
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        return "enum"
    if "const" in schema and not _same(value, schema["const"]):
        return "const"
    for name, (concerns, holds) in _BOUNDS.items():
        if name in schema and concerns(value) and not holds(value, schema[name]):
            return name
    if isinstance(value, dict):
        return _misfit_of_object(value, schema)
    if isinstance(value, list) and "items" in schema:
        return next((found for item in value if (found := misfit(item, schema["items"]))), None)
    return None


def _misfit_of_object(value: dict[str, Any], schema: Mapping[str, Any]) -> str | None:
    properties = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", ())):
        return "required"
    if schema.get("additionalProperties") is False and set(value) - set(properties):
        return "additionalProperties"
    return next((found for name, item in value.items() if (found := misfit(item, properties.get(name, {})))), None)


def _unfit_values(schema: Mapping[str, Any], where: str) -> str | None:
    kinds = schema.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    required = schema.get("required", [])
    checks = (
        ("type", isinstance(kinds, list) and all(isinstance(k, str) and k in _TYPES for k in kinds)),
        ("properties", isinstance(schema.get("properties", {}), Mapping)),
        ("required", isinstance(required, list) and all(isinstance(name, str) for name in required)),
        ("additionalProperties", isinstance(schema.get("additionalProperties", True), bool)),
        ("enum", isinstance(schema.get("enum", []), list)),
        *((name, _is_number(schema.get(name, 0))) for name in _BOUNDS),
    )
    return next((f"{where}: the value of {name} does not fit." for name, fits in checks if not fits), None)


def _same(one: Any, other: Any) -> bool:
    """JSON's equality: 1 is 1.0, and neither is true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
