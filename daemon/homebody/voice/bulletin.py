"""What is told of a turn: to clients, and to whoever asked us to listen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec

from homebody.errors import NotWritable, Problem, RemoteFailure
from homebody.ledger import Ledger
from homebody.voice.audio import Transcript
from homebody.voice.memory import VoiceMemory
from homebody.voice.notes import Notes
from homebody.voice.speaker import Speaker

Publish = Callable[[str, dict[str, Any]], None]

_NOT_UNDERSTOOD: Final = {
    "en": "Sorry, I did not understand that.",
    "de": "Das habe ich leider nicht verstanden.",
    "fr": "Désolé, je n'ai pas compris.",
    "es": "Perdón, no lo he entendido.",
}


def not_understood(language: str) -> tuple[str, str]:
    """What is said to words that were not understood, in this language (BCP 47) where we know it; and in which."""
    known = language.partition("-")[0].lower()
    known = known if known in _NOT_UNDERSTOOD else "en"
    return _NOT_UNDERSTOOD[known], known


def heard(transcript: Transcript) -> dict[str, Any]:
    """The data of ``voice.heard``."""
    return {
        "text": "" if transcript.refused else transcript.text,
        "refused": transcript.refused,
        "language": transcript.language,
        "confidence": transcript.avg_logprob,
    }


def said(notes: Notes) -> dict[str, Any] | None:
    """The data of ``voice.said``; None where nothing was."""
    if not (notes.said or notes.error):
        return None
    reason, remedy = (notes.error.reason, notes.error.remedy) if notes.error else ("", "")
    text = " ".join(filter(None, (notes.said, reason)))
    return {"text": text, **({"remedy": remedy} if remedy else {})}


def volume(speaker: Speaker) -> dict[str, Any]:
    """The data of ``voice.volume``."""
    return {"volume_percent": speaker.volume_percent, "muted": speaker.muted}


def answer(asked: asyncio.Future[str] | None, heard: str, problem: Problem | None = None) -> None:
    """Tell whoever asked to listen what was heard, or why nothing can be, unless they have gone."""
    if asked and not asked.done():
        if problem:
            asked.set_exception(RemoteFailure("capability", problem.problem, problem.remedy))
        else:
            asked.set_result(heard)


def record(notes: Notes, pauses_ms: tuple[float, ...], ledger: Ledger, memory: VoiceMemory, publish: Publish) -> None:
    """A turn has ended: write down its row and what is known now of the speaker's pauses, and tell of it."""
    row = notes.row()
    try:
        ledger.add(row)
        memory.pauses_ms = pauses_ms
    except NotWritable as error:
        publish("problem.raised", msgspec.to_builtins(Problem("ledger", error.reason, error.remedy)))
    if told := said(notes):
        publish("voice.said", told)
    publish("turn.ended", msgspec.to_builtins(row))
