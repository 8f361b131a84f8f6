"""Lists: the shopping list and others by name. Kept in the store, one key a list, in four languages."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from homebody.skill import Context, Registry, Reply, skill
from homebody_lists import corrections, phrases
from homebody_lists.corrections import Name
from homebody_lists.keeping import (
    SHOPPING,
    added,
    declared,
    items_of,
    keep,
    key_of,
    noted,
    read,
    removed,
    several,
    spoken,
    whether,
    which,
)  # fmt: skip
from homebody_lists.says import SAYS

Asked = Annotated[str, Meta(pattern=phrases.ASKED, max_length=100, description="what may be on it")]
Items = Annotated[str, Meta(max_length=300, description="one item, or several joined by and")]


@skill(*phrases.ADD["en"], **declared("list_add", phrases.ADD), side_effect=True)
def list_add(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Put something on a list."""
    if both := phrases.BOTH.fullmatch(item):
        here = added(ctx, key_of(both[2] or ""), several(ctx, both[1]))
        there = added(ctx, key_of(name), several(ctx, both[1]))
        return Reply(f"{here.text} {there.text}", value=there.value)
    return added(ctx, key_of(name), several(ctx, item))


@skill(*phrases.REMOVE["en"], **declared("list_remove", phrases.REMOVE), side_effect=True)
def list_remove(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Take something off a list."""
    return removed(ctx, key_of(name), several(ctx, item))


@skill(*phrases.READ["en"], **declared("list_read", phrases.READ), read_only=True)
def list_read(ctx: Context, name: Name = SHOPPING, item: Asked = "", lists: bool = False) -> Reply:
    """Read a list, say whether something is on it, or say which lists there are."""
    if lists:
        return which(ctx)
    key = key_of(name)
    items = items_of(ctx, key)
    if item:
        return whether(ctx, key, several(ctx, item))
    return Reply(read(ctx, key), value={"name": key, "items": items, "count": len(items)})


@skill(*phrases.CLEAR["en"], **declared("list_clear", phrases.CLEAR), side_effect=True)
def list_clear(ctx: Context, name: Name = SHOPPING) -> Reply:
    """Empty a list."""
    key = key_of(name)
    items = items_of(ctx, key)
    keep(ctx, key, [])
    value = {"name": key, "removed": items, "count": 0}
    said = SAYS[ctx.language]["cleared" if items else "empty"].format(list=spoken(key, ctx.language))
    if items:
        noted(ctx, said, did="cleared", name=key, before=items, after=[], latest=[])
        ctx.publish("list.changed", value)
    return Reply(said, value=value)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared_ in (
        list_add, list_remove, list_read, list_clear,
        corrections.list_more, corrections.list_rather, corrections.list_undo,
    ):  # fmt: skip
        registry.add(declared_)
