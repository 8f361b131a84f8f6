"""Lists: the shopping list and others by name. Kept in the store, one key a list, in four languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from homebody.skill import Context, Phrases, Registry, Reply, skill
from homebody_lists import phrases
from homebody_lists.says import SAYS

SHOPPING: Final = "shopping"
LISTS_LIMIT: Final = 50
ITEMS_LIMIT: Final = 200
READ_ALOUD: Final = 12  # more are counted and not read
_NAMES: Final = "names"

Items = Annotated[str, Meta(max_length=300, description="one item, or several joined by and")]
Name = Annotated[str, Meta(pattern=phrases.NAME, max_length=40, description="the list, such as shopping or packing")]


def _declared(name: str, templates: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    def in_(language: str) -> dict[str, Any]:
        own: dict[str, Any] = {"rules": phrases.RULES[language], "lists": phrases.LISTS[language]}
        return {**own, "examples": phrases.EXAMPLES[name][language]}

    others = {
        language: Phrases(templates=templates[language], **in_(language)) for language in templates if language != "en"
    }
    return {**in_("en"), "translations": others}


@skill(*phrases.ADD["en"], **_declared("list_add", phrases.ADD), side_effect=True)
def list_add(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Put something on a list."""
    says, key = SAYS[ctx.language], _key(name)
    items, names = _items(ctx, key), _names(ctx)
    new = [one for one in _several(item, ctx.language) if one not in items]
    if len(items) + len(new) > ITEMS_LIMIT or (key not in names and len(names) >= LISTS_LIMIT):
        return Reply(says["full"], value={"name": key, "added": []})
    ctx.store.set(f"list:{key}", [*items, *new])
    if key not in names:
        ctx.store.set(_NAMES, [*names, key])
    value = {"name": key, "added": new, "count": len(items) + len(new)}
    if not new:
        return Reply(says["there"].format(list=_spoken(key, ctx.language)), value=value)
    ctx.publish("list.changed", value)
    return Reply(says["added"].format(items=_joined(new, ctx), list=_spoken(key, ctx.language)), value=value)


@skill(*phrases.REMOVE["en"], **_declared("list_remove", phrases.REMOVE), side_effect=True)
def list_remove(ctx: Context, item: Items, name: Name = SHOPPING) -> Reply:
    """Take something off a list."""
    says, key = SAYS[ctx.language], _key(name)
    items = _items(ctx, key)
    wanted = _several(item, ctx.language)
    gone = [one for one in items if one in wanted or any(_alike(one, other) for other in wanted)]
    value = {"name": key, "removed": gone, "count": len(items) - len(gone)}
    if not gone:
        return Reply(says["not_there"].format(items=item, list=_spoken(key, ctx.language)), value=value)
    ctx.store.set(f"list:{key}", [one for one in items if one not in gone])
    ctx.publish("list.changed", value)
    return Reply(says["removed"].format(items=_joined(gone, ctx), list=_spoken(key, ctx.language)), value=value)


@skill(*phrases.READ["en"], **_declared("list_read", phrases.READ))
def list_read(ctx: Context, name: Name = SHOPPING) -> Reply:
    """Read a list."""
    says, key = SAYS[ctx.language], _key(name)
    items, spoken = _items(ctx, key), _spoken(key, ctx.language)
    value = {"name": key, "items": items, "count": len(items)}
    if not items:
        return Reply(says["empty"].format(list=spoken), value=value)
    read = _joined(items[:READ_ALOUD], ctx)
    if len(items) > READ_ALOUD:
        return Reply(says["long"].format(count=len(items), items=read, list=spoken), value=value)
    return Reply(says["read"].format(items=read, list=spoken), value=value)


@skill(*phrases.CLEAR["en"], **_declared("list_clear", phrases.CLEAR), side_effect=True)
def list_clear(ctx: Context, name: Name = SHOPPING) -> Reply:
    """Empty a list."""
    key = _key(name)
    items = _items(ctx, key)
    ctx.store.delete(f"list:{key}")
    ctx.store.set(_NAMES, [other for other in _names(ctx) if other != key])
    value = {"name": key, "removed": items, "count": 0}
    if items:
        ctx.publish("list.changed", value)
    said = SAYS[ctx.language]["cleared" if items else "empty"]
    return Reply(said.format(list=_spoken(key, ctx.language)), value=value)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared in (list_add, list_remove, list_read, list_clear):
        registry.add(declared)


def _key(name: str) -> str:
    """The name a list is kept under: the shopping list and the list of things to do are the same in every language."""
    return phrases.SAME.get(name, name) or SHOPPING


def _items(ctx: Context, key: str) -> list[str]:
    items: list[str] = ctx.store.get(f"list:{key}", [])
    return items


def _names(ctx: Context) -> list[str]:
    names: list[str] = ctx.store.get(_NAMES, [])
    return names


def _several(said: str, language: str) -> list[str]:
    """As "milk and two eggs": milk, two eggs; in the order said, each once."""
    parts = said.replace(f" {SAYS[language]['and']} ", "\0").split("\0")
    return list(dict.fromkeys(_bare(part) for part in parts if _bare(part)))


def _bare(item: str) -> str:
    """Without what stands in front of a thing, such as "some"."""
    return phrases.ARTICLES.sub("", item.replace("d' ", "d'").strip())


def _alike(one: str, other: str) -> bool:
    """A plural, or a thing with its number: "eggs" is also "2 eggs"."""
    return one.removesuffix("s") == other.removesuffix("s") or one.endswith(f" {other}")


def _spoken(key: str, language: str) -> str:
    own = SAYS[language].get(f"list:{key}")
    return own or SAYS[language]["list"].format(name=key)


def _joined(items: list[str], ctx: Context) -> str:
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {SAYS[ctx.language]['and']} {items[-1]}"
