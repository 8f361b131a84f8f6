"""Pictures and the screen: find one by what is on it, show it, and say what is on the screen."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Final

from msgspec import Meta

from homebody.skill import Context, Picture, Registry, Reply, SkillFailed, skill

SHOWN_FOR_S: Final = 600.0  # "show me" means what was found so long ago at most
SEE_MS: Final = 120_000.0  # a model that sees may have to be loaded
CAPTION_LIMIT_CHARS: Final = 160  # said; the rest is not remembered anyway

Words = Annotated[str, Meta(min_length=2, max_length=200, description="what is on it, and when it was taken")]

_LISTS: Final[dict[str, Any]] = {"words": {"wildcard": True}}
_RULES: Final = {
    "one": "(picture|photo|image|photograph|screenshot|snapshot|pic)",
    "all": "(pictures|photos|images|photographs|screenshots|snapshots|pics)",
    "with": "(of|with|that has|that had|that shows|showing|about|from|where|in which|taken)",
    "this": "(this|that|the|my)",
    "aloud": "[to me|aloud|out loud]",
    "screen": "(my|the|this) (screen|desktop|display|monitor)",
}


@skill(
    "(which|what) (<one>|<all>) (had|has|have|shows|showed|show|is of|was of|are of|contains) {words}",
    "(in|on) (which|what) <one> (is|was|are|were) {words}",
    "(find|look for|search for|where is|where's|do i have|do we have|is there|are there) [me] "
    "[(the|a|an|my|our|any|that|some|all)] (<one>|<all>) <with> {words}",
    "(search|look through) [(my|our|the|all)] [(my|our|the)] <all> for {words}",
    lists=_LISTS,
    rules=_RULES,
    awaits=("words",),
    examples=("which picture had the red bicycle", "find the photo of the dog on the beach from last summer"),
)
def picture_find(ctx: Context, words: Words) -> Reply:
    """Find a picture by what is on it."""
    found, total = ctx.pictures.search(_wanted(words))
    if not found:
        return Reply(f"I found no picture of {words}.", value={"path": None, "total": 0})
    best = found[0]
    ctx.store.set("last", {"path": best.path, "at": ctx.now.isoformat()})
    return Reply(_said(best, total, ctx.now), value={"path": best.path, "caption": best.caption, "total": total})


@skill(
    "(show|bring up) [me] [(the|a|an|my|our|that|some)] (<one>|<all>) <with> {words}",
    "open [me] (the|a|an|my|our|that) <one> <with> {words}",
    "(show|open) [me] [(it|that one|this one|<this> <one>|the best one|the first one)] [please]",
    "(show|open) it to me",
    "let me see (it|that|<this> <one>)",
    lists=_LISTS,
    rules=_RULES,
    side_effect=True,
    examples=("show me", "show me the picture of the red bicycle"),
)
def picture_show(ctx: Context, words: Words | None = None) -> Reply | None:
    """Show a picture on the screen."""
    if words:
        found, _ = ctx.pictures.search(_wanted(words), 1)
        if not found:
            return Reply(f"I found no picture of {words}.", value={"path": None})
        path = found[0].path
    else:
        last = ctx.store.get("last")
        if not last or ctx.now - dt.datetime.fromisoformat(last["at"]) > dt.timedelta(seconds=SHOWN_FOR_S):
            return None  # something else is meant
        path = str(last["path"])
    try:
        ctx.pictures.show(path)
    except SkillFailed as error:
        return Reply(str(error), value={"path": path, "shown": False})
    return Reply("Here it is.", value={"path": path, "shown": True})


@skill(
    "how many <all> are [(still|there)] (waiting|left|to do|to go|missing|in the queue|not described|undescribed)",
    "how many <all> (do i have|do we have|are there|have you (seen|described)|do you know)",
    "(how far|how far along) (is|are) (the gallery|<this> <all>|you with <this> <all>)",
    "are [all] <this> <all> (done|described|ready|finished) [yet]",
    rules=_RULES,
    read_only=True,
    examples=("how many pictures are waiting",),
)
def picture_count(ctx: Context) -> Reply:
    """Say how many pictures wait to be described."""
    try:
        waiting, captioned = ctx.pictures.waiting()
    except SkillFailed as error:
        return Reply(str(error), value={"waiting": None, "captioned": None})
    done = f"{captioned} {'picture is' if captioned == 1 else 'pictures are'} described"
    left = "and none is waiting" if not waiting else f"and {waiting} {'is' if waiting == 1 else 'are'} waiting"
    return Reply(f"{done}, {left}.", value={"waiting": waiting, "captioned": captioned})


@skill(
    "(what is|what's|whats|tell me what is|tell me what's|what do you see|what can you see) (on|at) <screen>",
    "(describe|look at|explain) <screen>",
    "what (does|do) <screen> (say|show)",
    "what am i looking at",
    rules=_RULES,
    deadline_ms=SEE_MS,
    examples=("what is on my screen",),
)
def screen_ask(ctx: Context) -> Reply:
    """Say what is on your screen."""
    return _seen(ctx, "What is on this screen? Answer in two short sentences to be spoken aloud.")


@skill(
    "read [me] [out] <this> (error|error message|message|warning|dialog|popup|pop up|text) <aloud> [on <screen>]",
    "read [me] <screen> <aloud>",
    "what (does|is) <this> (error|error message|warning|dialog|popup|pop up) [say|mean|about|on <screen>]",
    "what (error|error message|warning) is (this|that|on <screen>)",
    rules=_RULES,
    deadline_ms=SEE_MS,
    examples=("read me this error",),
)
def screen_read(ctx: Context) -> Reply:
    """Read a message on your screen."""
    wish = "Read out the error or message on this screen, word for word. If there is none, say in one sentence what is."
    return _seen(ctx, wish)


@skill(
    "(take|make|grab|capture|do) [me] (a|another|one) (screenshot|screen shot|screen capture|picture of <screen>|"
    "photo of <screen>|snapshot of <screen>)",
    "(screenshot|capture) [<screen>] [please|now]",
    rules=_RULES,
    side_effect=True,
    deadline_ms=SEE_MS,
    examples=("take a screenshot",),
)
def screenshot(ctx: Context) -> Reply:
    """Keep a picture of your screen."""
    try:
        path = ctx.screen.take()
    except SkillFailed as error:
        return Reply(str(error), value={"file": None})
    return Reply("I took a screenshot. It is among your pictures.", value={"file": path})


def _seen(ctx: Context, question: str) -> Reply:
    try:
        said = ctx.screen.ask(question)
    except SkillFailed as error:
        return Reply(str(error), value={"said": None})
    return Reply(said or "I see nothing on it.", value={"said": said})


def _wanted(words: str) -> str:
    """As typed into a search: what a sentence brings along, such as its question mark, means nothing there."""
    return re.sub(r"[^\w\s'.:-]", " ", words).strip()


def _said(best: Picture, total: int, now: dt.datetime) -> str:
    """The best match, in one sentence."""
    caption = re.split(r"(?<=[.!?])\s", best.caption.strip(), maxsplit=1)[0].rstrip(".!?") or "not described yet"
    if len(caption) > CAPTION_LIMIT_CHARS:
        caption = caption[:CAPTION_LIMIT_CHARS].rsplit(" ", 1)[0]
    if caption[1:2].islower() or caption[1:2] == " ":
        caption = caption[0].lower() + caption[1:]
    when = f" from {_when(best.taken_at, now)}" if best.taken_at else ""
    return f"{'It is the one' if total == 1 else f'The best of {total} is'}{when}: {caption}."


def _when(taken_at: dt.datetime, now: dt.datetime) -> str:
    days = (now.date() - taken_at.date()).days
    if days in {0, 1}:
        return "yesterday" if days else "today"
    return f"{taken_at:%B}" if taken_at.year == now.year else f"{taken_at:%B %Y}"


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for one in (picture_find, picture_show, picture_count, screen_ask, screen_read, screenshot):
        registry.add(one)
