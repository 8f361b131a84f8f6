"""Setting and cancelling: from a person's words to what is in the schedule, and what is answered."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any, Final

from homebody.skill import Change, Context, Question, Reply
from homebody_reminders import entries, moments, spoken, words
from homebody_reminders.entries import Entry
from homebody_reminders.moments import When
from homebody_reminders.says import SAYS

MANY: Final = 100  # more at once are refused
CHANGING: Final = frozenset(
    ("reminder_set", "alarm_set", "reminder_cancel", "reminder_answer", "reminder_change", "reminder_correct",
     "reminder_undo")
)  # fmt: skip
_ASKS: Final = re.compile(r"\b(?:who|why|what|how|which|whose|wer|warum|was|wie|qui|pourquoi|quoi|quién|qué|cómo)\b")


def set_(ctx: Context, kind: str, what: str, when: str, *, answers: bool = False) -> Reply | None:
    """Set one; None where the words are no such wish, or answer "When?" with no time."""
    says, language = SAYS[ctx.language], ctx.language
    moment, rest = moments.parse(when, language, bare=True) if when else moments.parse(what, language)
    if words.UNKNOWN_REPEATS[language].search(when or what):
        return _ask(ctx, kind, what or _besides_repeats(when, language), says["repeats"])
    if when and moment is None:
        # "At" something that is no time: a question is meant for somebody else, and a wish is not let go unheard.
        if answers or kind == "alarm" or _ASKS.search(when):
            return None
        return _ask(ctx, kind, _matter(when, language), says["unclear"])
    what = (" ".join(part for part in ((what if when else ""), rest) if part)).replace("d' ", "d'")
    if kind == "alarm" and rest:
        return None
    if moment is None:
        return _ask(ctx, kind, what, says["what_time" if kind == "alarm" else "when"])
    due_at = moments.next_after(moment, ctx.now, alarm=kind == "alarm")
    if due_at is None:
        return _ask(ctx, kind, what, says["past"])
    return added(ctx, kind, what, moment, due_at)


def added(ctx: Context, kind: str, what: str, moment: When, due_at: dt.datetime | None) -> Reply:
    """One more, if there is room and its time is not over."""
    if due_at is None or len(entries.everything(ctx)) >= MANY:
        return Reply(SAYS[ctx.language]["many" if due_at else "past"], value={"at": None})
    entry = entries.add(ctx, kind, what, moment, due_at)
    Change.note(ctx, did="set", uid=entry.uid, said=said_of(moment))
    ctx.publish(f"{kind}.set", entry.facts())
    return is_set(ctx, entry, moment.delay_s)


def said_of(moment: When) -> dict[str, Any]:
    """What of a time was said, for the words that correct it."""
    day = moment.day is not None or bool(moment.weekdays) or moment.date is not None
    return {"hour": moment.hour is not None or bool(moment.part), "day": day, "delay_s": moment.delay_s}


def is_set(ctx: Context, entry: Entry, delay_s: int | None = None) -> Reply:
    """That it is set: when, and what of. ``delay_s``: it was asked for so."""
    says = SAYS[ctx.language]
    said = entry.when(ctx.now, ctx.language)
    if delay_s is not None and delay_s < 86_400:
        said = says["in"].format(length=spoken.length(delay_s, ctx.language))
    key = "alarm_set" if entry.kind == "alarm" else ("reminder_set" if entry.what else "reminder_set_bare")
    return Reply(says[key].format(when=said, what=entry.what), value={**entry.facts(), "seconds": delay_s})


def cancel(
    ctx: Context, kind: str, what: str, when: str, *, every: bool, listed: Collection[str] | None = None
) -> Reply | None:
    """Cancel one, or all; a ``when`` that is no time is what of. ``listed``: the uids of those that were just asked
    about, which "both" and "all" mean; then such a ``when`` is no answer: None."""
    says, language = SAYS[ctx.language], ctx.language
    moment, rest = moments.parse(when or what, language, bare=True)
    if when and moment is None:
        if listed is not None:
            return None
        what = what or when  # "the dentist reminder"
    found = entries.everything(ctx, kind)
    if not found:
        return Reply(says[f"no_{kind}s"], value={"cancelled": 0})
    asked_about = [entry for entry in found if listed is None or entry.uid in listed]
    chosen = asked_about if every else entries.meant(found, rest if moment else what, moment)
    if not chosen or (len(chosen) > 1 and not every):
        return Reply(which(ctx, kind, chosen, found, "cancel"), value={"cancelled": 0}, follow_up=bool(chosen))
    return cancelled(ctx, chosen)


def cancelled(ctx: Context, chosen: list[Entry]) -> Reply:
    """These are cancelled."""
    says = SAYS[ctx.language]
    gone = [entry for entry in chosen if entry.id is not None and ctx.schedule.cancel(entry.id)]
    for entry in gone:
        ctx.publish(f"{entry.kind}.cancelled", entry.facts())
    if gone:
        packed = [{**entries.packed(entry), "due_at": entry.due_at.isoformat()} for entry in gone]
        Change.note(ctx, did="cancelled", entries=packed)
    if len(gone) > 1:
        told = says["both_cancelled" if len(gone) == 2 else "all_cancelled"].format(count=len(gone))
        return Reply(told, value={"cancelled": len(gone)})
    name = chosen[0].named(ctx.now, ctx.language)
    return Reply(says["cancelled"].format(name=name), value={"cancelled": len(gone)})


def which(ctx: Context, kind: str, chosen: list[Entry], found: list[Entry], asks: str, **facts: Any) -> str:
    """The question which of these is meant, or, with none chosen, which there are."""
    says = SAYS[ctx.language]
    told = (chosen or found)[:5]
    names = [entry.named(ctx.now, ctx.language) for entry in told]
    text = spoken.joined(list(dict.fromkeys(names)), says["or"])
    if not chosen:
        return says["no_such"].format(names=text)
    question = says["which_alarm" if kind == "alarm" else "which"].format(names=text)
    uids = [entry.uid for entry in told]
    return Question.ask(ctx, question, asks=asks, kind=kind, what="", language=ctx.language, uids=uids, **facts)


def _besides_repeats(words_: str, language: str) -> str:
    """What of, in words that ask for a repetition there is none of: what follows it, and any time after it."""
    repeats = words.UNKNOWN_REPEATS[language].search(words_)
    assert repeats is not None
    _, rest = moments.parse(words_[repeats.end() :].strip(), language)
    return re.sub(rf"^(?:{words.JOINING[language]}(?: |(?<=')))+", "", rest).replace("d' ", "d'").strip()


def _matter(words_: str, language: str) -> str:
    """What of, in words whose time is not understood: what follows "to"."""
    parts = re.split(rf"(?<!\S){words.JOINING[language]}(?!\S)", words_, maxsplit=1)
    return parts[1].strip() if len(parts) > 1 and language == "en" else ""


def _ask(ctx: Context, kind: str, what: str, question: str) -> Reply:
    text = Question.ask(ctx, question, asks="when", kind=kind, what=what, language=ctx.language)
    return Reply(text, value={"kind": kind, "what": what, "at": None}, follow_up=True)
