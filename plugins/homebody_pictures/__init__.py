"""Pictures and the screen: find one by what is on it, show it, and say what is on the screen. In four languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from homebody.skill import Context, Picture, Registry, Reply, SkillFailed, in_languages, skill
from homebody_pictures import phrases
from homebody_pictures.says import MONTHS, SAYS, YEAR

SHOWN_FOR_S: Final = 600.0  # "show me" means what was found so long ago at most
SEE_MS: Final = 120_000.0  # a model that sees may have to be loaded
SEARCH_LIMIT: Final = 100  # rows of one search
CAPTION_LIMIT_CHARS: Final = 160  # said; the rest is not remembered anyway

Words = Annotated[str, Meta(min_length=2, max_length=200, description="what is on it, and when it was taken")]


def _declared(name: str, templates: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    def in_(language: str) -> dict[str, Any]:
        lists = phrases.LISTS if any("{words}" in template for template in templates[language]) else {}
        lists = phrases.which(language) if templates is phrases.SHOW else lists
        return {"rules": phrases.RULES[language], "lists": lists, "examples": phrases.EXAMPLES[name][language]}

    return in_languages(templates, in_)


@skill(*phrases.FIND["en"], **_declared("picture_find", phrases.FIND), awaits=("words",))
def picture_find(ctx: Context, words: Words) -> Reply:
    """Find a picture by what is on it."""
    found, total = ctx.pictures.search(_wanted(words))
    if not found:
        return Reply(_none(ctx, words), value={"path": None, "total": 0})
    best = found[0]
    _keep(ctx, best, words)
    return Reply(_said(best, total, ctx), value={"path": best.path, "caption": best.caption, "total": total})


@skill(*phrases.SHOW["en"], **_declared("picture_show", phrases.SHOW), side_effect=True)
def picture_show(ctx: Context, words: Words | None = None, which: Literal["", "latest", "next"] = "") -> Reply:
    """Show a picture on the screen."""
    says = SAYS[ctx.language]
    last = _last(ctx)
    if words or which == "latest":
        words = words or ""
        found, _ = ctx.pictures.search(_wanted(words), 1)
        if not found:
            return Reply(_none(ctx, words), value={"path": None, "shown": False})
        path = _keep(ctx, found[0], words)
    elif last is None:
        return Reply(says["which"], value={"path": None, "shown": False})
    elif which == "next":
        number = int(last.get("number", 0)) + 1
        words = str(last.get("words", ""))
        found, _ = ctx.pictures.search(_wanted(words), min(number + 1, SEARCH_LIMIT))
        if number >= len(found):
            return Reply(says["no_more"], value={"path": None, "shown": False})
        path = _keep(ctx, found[number], words, number)
    else:
        path = str(last["path"])
    try:
        ctx.pictures.show(path)
    except SkillFailed as error:
        refused = says.get(f"unshown:{error.refusal}", _refused(error, ctx.language))
        return Reply(refused, value={"path": path, "shown": False})
    return Reply(says["shown"], value={"path": path, "shown": True})


@skill(*phrases.COUNT["en"], **_declared("picture_count", phrases.COUNT), read_only=True)
def picture_count(ctx: Context) -> Reply:
    """Say how many pictures wait to be described."""
    try:
        waiting, captioned = ctx.pictures.waiting()
    except SkillFailed as error:
        return Reply(_refused(error, ctx.language), value={"waiting": None, "captioned": None})
    says = SAYS[ctx.language]
    done = says.get(f"described:{captioned}", says["described"]).format(captioned=captioned)
    left = says.get(f"left:{waiting}", says["left"]).format(waiting=waiting)
    return Reply(f"{done}{left}", value={"waiting": waiting, "captioned": captioned})


@skill(*phrases.ASK["en"], **_declared("screen_ask", phrases.ASK), deadline_ms=SEE_MS)
def screen_ask(ctx: Context) -> Reply:
    """Say what is on your screen."""
    return _seen(ctx, SAYS[ctx.language]["look"])


@skill(*phrases.READ["en"], **_declared("screen_read", phrases.READ), deadline_ms=SEE_MS)
def screen_read(ctx: Context) -> Reply:
    """Read a message on your screen."""
    return _seen(ctx, SAYS[ctx.language]["read"])


@skill(*phrases.TAKE["en"], **_declared("screenshot", phrases.TAKE), side_effect=True, deadline_ms=SEE_MS)
def screenshot(ctx: Context) -> Reply:
    """Keep a picture of your screen."""
    try:
        path = ctx.screen.take()
    except SkillFailed as error:
        return Reply(_refused(error, ctx.language), value={"file": None})
    return Reply(SAYS[ctx.language]["kept"], value={"file": path})


def _keep(ctx: Context, picture: Picture, words: str, number: int = 0) -> str:
    """Remember what "show me" and "the next one" mean; gives its path. ``number``: of what these words find."""
    ctx.store.set("last", {"path": picture.path, "at": ctx.now.isoformat(), "words": words, "number": number})
    return picture.path


def _last(ctx: Context) -> dict[str, Any] | None:
    """What was found or shown a short while ago."""
    last: dict[str, Any] | None = ctx.store.get("last")
    if not last or ctx.now - dt.datetime.fromisoformat(last["at"]) > dt.timedelta(seconds=SHOWN_FOR_S):
        return None
    return last


def _none(ctx: Context, words: str) -> str:
    """That nothing was found, and what may be why: pictures that nobody has looked at yet."""
    says = SAYS[ctx.language]
    if not words:
        return says["empty"]
    said = says["none"].format(words=words)
    try:
        waiting, _ = ctx.pictures.waiting()
    except SkillFailed as error:
        return f"{said} {says['refused:not_found']}" if error.refusal == "not_found" else said
    return said + says.get(f"unseen:{waiting}", says["unseen"]).format(waiting=waiting)


def _seen(ctx: Context, question: str) -> Reply:
    try:
        said = ctx.screen.ask(question)
    except SkillFailed as error:
        return Reply(_refused(error, ctx.language), value={"said": None})
    return Reply(said or SAYS[ctx.language]["nothing"], value={"said": said})


def _refused(error: SkillFailed, language: str) -> str:
    """Why, in the language of the question; English is left its own sentence where that says more."""
    return SAYS[language].get(f"refused:{error.refusal}", str(error))


def _wanted(words: str) -> str:
    """As typed into a search: a sentence's signs, such as its question mark, mean other things there."""
    return re.sub(r"[^\w\s'’.:-]", " ", words).strip()


def _said(best: Picture, total: int, ctx: Context) -> str:
    """The best match, in one sentence."""
    caption = re.split(r"(?<=[.!?])\s", best.caption.strip(), maxsplit=1)[0].rstrip(".!?")
    caption = caption or SAYS[ctx.language]["undescribed"]
    if len(caption) > CAPTION_LIMIT_CHARS:
        caption = caption[:CAPTION_LIMIT_CHARS].rsplit(" ", 1)[0]
    if caption[1:2].islower() or caption[1:2] == " ":
        caption = caption[0].lower() + caption[1:]
    when = _when(best.taken_at, ctx.now, ctx.language) if best.taken_at else ""
    return SAYS[ctx.language]["only" if total == 1 else "best"].format(total=total, when=when, caption=caption)


def _when(taken_at: dt.datetime, now: dt.datetime, language: str) -> str:
    days = (now.date() - taken_at.date()).days
    if days in {0, 1}:
        return SAYS[language]["yesterday" if days else "today"]
    month = MONTHS[language][taken_at.month - 1]
    if taken_at.year != now.year:
        month = YEAR[language].format(month=month, year=taken_at.year)
    return SAYS[language]["month"].format(month=month)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for one in (picture_find, picture_show, picture_count, screen_ask, screen_read, screenshot):
        registry.add(one)
