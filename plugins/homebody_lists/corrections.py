"""Second thoughts about lists: something more, something else, or not at all, while it is fresh."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homebody.skill import UNDO, Change, Context, Reply, Speaking, skill
from homebody_lists import phrases
from homebody_lists.keeping import CHANGING, added, declared, items_of, joined, keep, key_of, removed, several, spoken
from homebody_lists.says import SAYS

Name = Annotated[str, Meta(pattern=phrases.NAME, max_length=40, description="the list, such as shopping or packing")]
Thing = Annotated[str, Meta(pattern=phrases.THING, max_length=60, description="one thing, or several joined by and")]


# What they await is seldom said: a person who names one thing more is likely to go on, and this may be no list at all.
@skill(*phrases.MORE["en"], **declared("list_more", phrases.MORE), side_effect=True, answers=True, awaits=("name",))
def list_more(ctx: Context, item: Thing, name: Name = "") -> Reply | None:
    """Put more on the list that was just changed, or take more off it."""
    change = Change.last(ctx, CHANGING)
    if change is None or change["did"] not in {"added", "removed"}:
        return None
    there = Speaking(ctx, change["language"])
    do = added if change["did"] == "added" else removed
    key = key_of(name) if name else change["name"]
    reply = do(there, key, several(there, item))
    if key != change["name"]:
        return msgspec.structs.replace(reply, language=change["language"])
    return _noted(ctx, change, reply)


@skill(
    *phrases.RATHER["en"],
    **declared("list_rather", phrases.RATHER, bare=True),
    side_effect=True,
    answers=True,
    awaits=("old",),
)
def list_rather(ctx: Context, item: Thing, old: str = "") -> Reply | None:
    """Put something else on the list than what was just put there."""
    change = Change.last(ctx, CHANGING)
    if change is None or change["did"] != "added" or items_of(ctx, change["name"]) != change["after"]:
        return None
    there = Speaking(ctx, change["language"])
    new = [one for one in change["after"] if one not in change["before"]]
    wrong = several(there, old) if old else new
    if old and not set(wrong) & set(new):
        return None
    right = [one for one in change["after"] if one not in wrong]
    return _noted(ctx, change, added(there, change["name"], several(there, item), to=right))


def _noted(ctx: Context, change: dict[str, Any], reply: Reply) -> Reply:
    """The answer, in the language of what it corrects; "cancel that" takes back the whole."""
    if reply.value.get(change["did"]):
        Change.note(ctx, **{**change, "after": items_of(ctx, change["name"])})
    return msgspec.structs.replace(reply, language=change["language"])


@skill(*UNDO["en"], **declared("list_undo", UNDO, bare=True), side_effect=True, answers=True)
def list_undo(ctx: Context) -> Reply | None:
    """Take back what was just done to a list."""
    change = Change.last(ctx, CHANGING, surely=True)
    if change is None or items_of(ctx, change["name"]) != change["after"]:
        return None
    name, before, after = change["name"], change["before"], change["after"]
    keep(ctx, name, before)
    Change.note(ctx, did="undone", name=name, before=after, after=before, language=ctx.language)
    gone, back = [one for one in after if one not in before], [one for one in before if one not in after]
    value = {"name": name, "removed": gone, "added": back, "count": len(before)}
    ctx.publish("list.changed", value)
    key, items = ("removed", gone) if gone else ("back", back)
    said = SAYS[ctx.language][key].format(items=joined(items, ctx), list=spoken(name, ctx.language))
    return Reply(said, value=value)
