"""Taking over a changed homebody.toml without a restart: which keys have changed, and which of them can be. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec


def changed_keys(old: msgspec.Struct, new: msgspec.Struct, above: str = "") -> list[str]:
    """The keys in which two structs of one type differ, dotted, in their order; a list is one key, a table is not."""
    found: list[str] = []
    for field in msgspec.structs.fields(type(new)):
        was, is_now = getattr(old, field.name), getattr(new, field.name)
        key = f"{above}.{field.name}" if above else field.name
        if isinstance(is_now, msgspec.Struct) and type(was) is type(is_now):
            found += changed_keys(was, is_now, key)
        elif was != is_now:
            found.append(key)
    return found


def sorted_out(changed: Collection[str], live: Collection[str]) -> dict[str, list[str]]:
    """Changed keys by what they take, as ``done.value`` of a control ``reload`` has them.

    Args:
        changed: Dotted keys.
        live: Those that are taken over while the service runs; ``voice.barge_in`` stands for all below it.
    """
    applied = [key for key in changed if any(key == one or key.startswith(one + ".") for one in live)]
    return {"applied": applied, "restart": [key for key in changed if key not in applied]}


def together(values: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """What several services said, as one."""
    return {kind: sorted({key for value in values.values() for key in value.get(kind, ())}) for kind in KINDS}


KINDS = ("applied", "restart")
