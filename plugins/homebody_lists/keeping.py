"""Where the lists are kept, one key a list, and what is answered when something is put on one or taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from homebody.skill import Change, Context, Reply, in_languages
from homebody_lists import phrases
from homebody_lists.says import SAYS

SHOPPING: Final = "shopping"
READ_ALOUD: Final = 12  # more are counted and not read
LISTS_LIMIT: Final = 50
ITEMS_LIMIT: Final = 200
CHANGING: Final = frozenset(("list_add", "list_remove", "list_clear", "list_more", "list_rather", "list_undo"))
_NAMES: Final = "names"


def declared(name: str, templates: Mapping[str, tuple[str, ...]], *, bare: bool = False) -> dict[str, Any]:
    """The arguments of `homebody.skill.skill` for these templates, in all languages; ``bare``: they name no list."""

    def in_(language: str) -> dict[str, Any]:
        own: dict[str, Any] = {} if bare else {"rules": phrases.RULES[language], "lists": phrases.LISTS[language]}
        return {**own, "examples": phrases.EXAMPLES[name][language]}

    return in_languages(templates, in_)


def added(ctx: Context, key: str, things: list[str]) -> Reply:
    """These are put on the list, at its end, each once."""
    says, items = SAYS[ctx.language], items_of(ctx, key)
    names: list[str] = ctx.store.get(_NAMES, [])
    new = [one for one in things if one not in items]
    if len(items) + len(new) > ITEMS_LIMIT or (key not in names and len(names) >= LISTS_LIMIT):
        noted(ctx, says["full"], did="added", name=key, before=items, after=items, latest=[])
        return Reply(says["full"], value={"name": key, "added": []})
    keep(ctx, key, [*items, *new])
    value = {"name": key, "added": new, "count": len(items) + len(new)}
    said = says["added" if new else "there"].format(items=joined(new, ctx), list=spoken(key, ctx.language))
    noted(ctx, said, did="added", name=key, before=items, after=[*items, *new], latest=new)
    if new:
        ctx.publish("list.changed", value)
    return Reply(said, value=value)


def removed(ctx: Context, key: str, things: list[str]) -> Reply:
    """These are taken off the list."""
    says, items = SAYS[ctx.language], items_of(ctx, key)
    gone = [one for one in items if one in things or any(_alike(one, other) for other in things)]
    left = [one for one in items if one not in gone]
    value = {"name": key, "removed": gone, "count": len(left)}
    words = says["removed" if gone else "not_there"]
    said = words.format(items=joined(gone or things, ctx), list=spoken(key, ctx.language))
    noted(ctx, said, did="removed", name=key, before=items, after=left, latest=[])
    if gone:
        keep(ctx, key, left)
        ctx.publish("list.changed", value)
    return Reply(said, value=value)


def replaced(ctx: Context, key: str, things: list[str], old: list[str]) -> Reply:
    """These are on the list instead of the ``old`` ones, at its end."""
    says, items = SAYS[ctx.language], items_of(ctx, key)
    gone = [one for one in items if one in old and one not in things]
    if not gone:
        return added(ctx, key, things)
    new = [one for one in things if one not in items]
    after = [one for one in items if one not in gone] + new
    keep(ctx, key, after)
    there = spoken(key, ctx.language)
    words = says["instead" if new else "instead_there"]
    said = words.format(items=joined(new or things, ctx), old=joined(gone, ctx), list=there)
    said = said[0].upper() + said[1:]
    noted(ctx, said, did="added", name=key, before=items, after=after, latest=new)
    value = {"name": key, "added": new, "removed": gone, "count": len(after)}
    ctx.publish("list.changed", value)
    return Reply(said, value=value)


def noted(ctx: Context, said: str, **facts: Any) -> None:
    """What was done, for the words that follow. ``said``: the answer, which they must follow; ``latest``: what the last
    words put on the list, which "no, butter" is about."""
    Change.note(ctx, said=said, language=ctx.language, **facts)


def read(ctx: Context, key: str) -> str:
    """What is on a list, in words."""
    says, items, named = SAYS[ctx.language], items_of(ctx, key), spoken(key, ctx.language)
    if not items:
        return says["empty"].format(list=named)
    told = joined(items[:READ_ALOUD], ctx)
    return says["long" if len(items) > READ_ALOUD else "read"].format(count=len(items), items=told, list=named)


def whether(ctx: Context, key: str, things: list[str]) -> Reply:
    """Which of these are on the list."""
    says, there = SAYS[ctx.language], spoken(key, ctx.language)
    found = [one for one in items_of(ctx, key) if any(one == other or _alike(one, other) for other in things)]
    missing = [other for other in things if not any(one == other or _alike(one, other) for one in found)]
    told = [says[word].format(items=joined(some, ctx), list=there)
            for word, some in (("read", found), ("not_there", missing)) if some]  # fmt: skip
    answer = [] if found and missing else [says["yes" if found else "no"]]
    return Reply(" ".join([*answer, *told]), value={"name": key, "items": found, "count": len(found)})


def which(ctx: Context) -> Reply:
    """The lists there are."""
    names = names_of(ctx)
    told = [re.sub(r"^(?:the|der|la) ", "", spoken(name, ctx.language)) for name in names]
    said = SAYS[ctx.language]["lists" if names else "no_lists"].format(items=joined(told, ctx))
    return Reply(said, value={"names": names, "count": len(names)})


def names_of(ctx: Context) -> list[str]:
    """The lists that hold something."""
    names: list[str] = ctx.store.get(_NAMES, [])
    return names


def items_of(ctx: Context, key: str) -> list[str]:
    """What is on a list."""
    items: list[str] = ctx.store.get(f"list:{key}", [])
    return items


def keep(ctx: Context, key: str, items: list[str]) -> None:
    """Have a list hold these; one that holds nothing is no more."""
    names: list[str] = ctx.store.get(_NAMES, [])
    if items:
        ctx.store.set(f"list:{key}", items)
    else:
        ctx.store.delete(f"list:{key}")
    if (key in names) != bool(items):
        ctx.store.set(_NAMES, [*names, key] if items else [other for other in names if other != key])


def key_of(name: str) -> str:
    """The name a list is kept under: the shopping list and the list of things to do are the same in every language."""
    return phrases.SAME.get(name, name) or SHOPPING


def several(ctx: Context, said: str) -> list[str]:
    """As "milk and two eggs": milk, two eggs; in the order said, each once. Commas, of which the matcher knows nothing,
    part things where the words as they were heard have them."""
    words = f" {said} "
    for before, after in re.findall(r"([^\W_]+),\s*([^\W_]+)", ctx.text):
        words = words.replace(f" {before} {after} ", f" {before}, {after} ")
    parts = re.split(rf",| {SAYS[ctx.language]['and']} ", words)
    return list(dict.fromkeys(_bare(part) for part in parts if _bare(part)))


def spoken(key: str, language: str) -> str:
    """The list's name for the ear."""
    own = SAYS[language].get(f"list:{key}")
    return own or SAYS[language]["list"].format(name=key)


def joined(items: list[str], ctx: Context) -> str:
    """As "milk, bread and eggs"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {SAYS[ctx.language]['and']} {items[-1]}"


def _bare(item: str) -> str:
    """Without what stands in front of a thing, such as "some"."""
    item = re.sub(rf"^{SAYS['en']['and']} ", "", item.replace("d' ", "d'").strip())
    return phrases.ARTICLES.sub("", phrases.ALSO.sub("", item))


def _alike(one: str, other: str) -> bool:
    """A plural, or a thing with its number: "eggs" is also "2 eggs"."""
    return one.removesuffix("s") == other.removesuffix("s") or one.endswith(f" {other}")
