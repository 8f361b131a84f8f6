"""Second thoughts about lists: something more, something else, or not at all, while it is fresh."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homebody.skill import UNDO, Change, Context, Reply, Speaking, skill
from homebody_lists import phrases
from homebody_lists.keeping import (
    CHANGING,
    SHOPPING,
    added,
    declared,
    items_of,
    joined,
    keep,
    key_of,
    names_of,
    noted,
    read,
    removed,
    replaced,
    several,
    spoken,
)  # fmt: skip
from homebody_lists.says import SAYS

Name = Annotated[str, Meta(pattern=phrases.NAME, max_length=40, description="the list, such as shopping or packing")]
Thing = Annotated[str, Meta(pattern=phrases.THING, max_length=60, description="one thing, or several joined by and")]


# What they await is seldom said: a person who names one thing more is likely to go on, and this may be no list at all.
@skill(*phrases.MORE["en"], **declared("list_more", phrases.MORE), side_effect=True, answers=True, awaits=("name",))
def list_more(ctx: Context, item: Thing, name: Name = "", off: bool = False) -> Reply | None:
    """Put more on the list that was just changed or read, or take more off it."""
    change = _spoken_of(ctx)
    item = phrases.ADDS.sub("", item).strip()  # "add milk as well"
    says_what = off or bool(phrases.ADDS.match(ctx.text))  # and not only "and bread"
    if says_what and (change is None or off or change["did"] != "added"):
        key = change["name"] if change else _read_out(ctx)
        return None if key is None else (removed if off else added)(ctx, key, several(ctx, item))
    if change is None or change["did"] not in {"added", "removed"}:
        return None
    there = Speaking(ctx, change["language"])
    do = added if change["did"] == "added" else removed
    key = key_of(name) if name else change["name"]
    reply = do(there, key, several(there, item))
    if key != change["name"]:
        return msgspec.structs.replace(reply, language=change["language"])
    return _as_one(ctx, change, reply)


@skill(
    *phrases.RATHER["en"],
    **declared("list_rather", phrases.RATHER, bare=True),
    side_effect=True,
    answers=True,
    awaits=("old",),
)
def list_rather(ctx: Context, item: Thing, old: str = "") -> Reply | None:
    """Put something else on the list than what was just put there."""
    change = _spoken_of(ctx)
    if change is None or change["did"] != "added" or items_of(ctx, change["name"]) != change["after"]:
        return None
    there = Speaking(ctx, change["language"])
    wrong = change["latest"][
        -1:
    ]  # of "milk and bread ... no, butter" the bread: so each thing lost is one that is told
    if old:
        new = [one for one in change["after"] if one not in change["before"]]
        wrong = [one for one in several(there, old) if one in new]
        if not wrong:
            return None
    return _as_one(ctx, change, replaced(there, change["name"], several(there, item), wrong))


def _spoken_of(ctx: Context) -> dict[str, Any] | None:
    """The change that "and bread" follows: the last words of the conversation are the answer to it, or the list read
    out. After anything else, "and times two" is meant for somebody else."""
    change = Change.last(ctx, CHANGING, surely=True)
    if change is None:
        return None
    there = Speaking(ctx, change["language"])
    # Of an answer that was interrupted, the conversation holds the beginning.
    answers = (change["said"], read(ctx, change["name"]), read(there, change["name"]))
    return change if any(one.startswith(ctx.session.last_reply) for one in answers) else None


def _read_out(ctx: Context) -> str | None:
    """The list that the last words of the conversation have read out; None where they were others."""
    last = ctx.session.last_reply
    return next((key for key in {*names_of(ctx), SHOPPING} if last and read(ctx, key).startswith(last)), None)


def _as_one(ctx: Context, change: dict[str, Any], reply: Reply) -> Reply:
    """The answer, in the language of what it goes on with; "cancel that" takes back the whole."""
    latest, after = reply.value.get("added", []), items_of(ctx, change["name"])
    if after != change["before"]:  # otherwise there is nothing to take back but what these last words did
        Change.note(ctx, **{**change, "after": after, "latest": latest, "said": reply.text})
    return msgspec.structs.replace(reply, language=change["language"])


@skill(*UNDO["en"], **declared("list_undo", UNDO, bare=True), side_effect=True, answers=True)
def list_undo(ctx: Context) -> Reply | None:
    """Take back what was just done to a list."""
    change = Change.last(ctx, CHANGING, surely=True)
    if change is None or items_of(ctx, change["name"]) != change["after"] or change["before"] == change["after"]:
        return None
    name, before, after = change["name"], change["before"], change["after"]
    keep(ctx, name, before)
    gone, back = [one for one in after if one not in before], [one for one in before if one not in after]
    value = {"name": name, "removed": gone, "added": back, "count": len(before)}
    ctx.publish("list.changed", value)
    says, there = SAYS[ctx.language], spoken(name, ctx.language)
    told = [
        says[key].format(items=joined(items, ctx), list=there)
        for key, items in (("removed", gone), ("back", back))
        if items
    ]
    said = " ".join(told)
    noted(ctx, said, did="undone", name=name, before=after, after=before, latest=[])
    return Reply(said, value=value)
