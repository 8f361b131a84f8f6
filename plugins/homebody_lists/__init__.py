"""Lists: the shopping list and others by name. Kept in the store, one key a list, in four languages."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from homebody.skill import Change, Context, Registry, Reply, skill
from homebody_lists import corrections, phrases
from homebody_lists.corrections import Name
from homebody_lists.keeping import SHOPPING, added, declared, items_of, joined, keep, key_of, removed, several, spoken
from homebody_lists.says import SAYS

READ_ALOUD: Final = 12  # more are counted and not read

Items = Annotated[str, Meta(max_length=300, description="one item, or several joined by and")]


@skill(*phrases.ADD["en"], **declared("list_add", phrases.ADD), side_effect=True)
def list_add(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Put something on a list."""
    return added(ctx, key_of(name), several(ctx, item))


@skill(*phrases.REMOVE["en"], **declared("list_remove", phrases.REMOVE), side_effect=True)
def list_remove(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Take something off a list."""
    return removed(ctx, key_of(name), several(ctx, item))


@skill(*phrases.READ["en"], **declared("list_read", phrases.READ), read_only=True)
def list_read(ctx: Context, name: Name = SHOPPING) -> Reply:
    """Read a list."""
    says, key = SAYS[ctx.language], key_of(name)
    items, named = items_of(ctx, key), spoken(key, ctx.language)
    value = {"name": key, "items": items, "count": len(items)}
    if not items:
        return Reply(says["empty"].format(list=named), value=value)
    read = joined(items[:READ_ALOUD], ctx)
    if len(items) > READ_ALOUD:
        return Reply(says["long"].format(count=len(items), items=read, list=named), value=value)
    return Reply(says["read"].format(items=read, list=named), value=value)


@skill(*phrases.CLEAR["en"], **declared("list_clear", phrases.CLEAR), side_effect=True)
def list_clear(ctx: Context, name: Name = SHOPPING) -> Reply:
    """Empty a list."""
    key = key_of(name)
    items = items_of(ctx, key)
    keep(ctx, key, [])
    value = {"name": key, "removed": items, "count": 0}
    if items:
        Change.note(ctx, did="cleared", name=key, before=items, after=[])
        ctx.publish("list.changed", value)
    said = SAYS[ctx.language]["cleared" if items else "empty"]
    return Reply(said.format(list=spoken(key, ctx.language)), value=value)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared_ in (
        list_add, list_remove, list_read, list_clear,
        corrections.list_more, corrections.list_rather, corrections.list_undo,
    ):  # fmt: skip
        registry.add(declared_)
