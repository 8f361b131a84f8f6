"""What clients are told of a turn, and what of a changed profile is taken over while the voice runs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Final

import msgspec

from homebody.options import VoiceOptions
from homebody.voice.audio import Transcript
from homebody.voice.notes import Notes

NOT_UNDERSTOOD: Final = "Sorry, I did not understand that."
LIVE: Final = (
    "voice.barge_in.by_voice",
    "voice.barge_in.min_speech_ms",
    "voice.listen_timeout_ms",
    "voice.follow_up_ms",
    "voice.speaker.volume_percent",
)


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


def taken_over(old: VoiceOptions, new: VoiceOptions, lacks: Collection[str]) -> VoiceOptions:
    """The options that hold from now on: of the new ones, those in `LIVE`.

    ``lacks`` are parts that are missing: without echo cancelling, where it is asked for, speech does not interrupt.
    """
    by_voice = new.barge_in.by_voice and "echo cancelling" not in lacks
    return msgspec.structs.replace(
        old,
        barge_in=msgspec.structs.replace(old.barge_in, by_voice=by_voice, min_speech_ms=new.barge_in.min_speech_ms),
        listen_timeout_ms=new.listen_timeout_ms,
        follow_up_ms=new.follow_up_ms,
        speaker=msgspec.structs.replace(old.speaker, volume_percent=new.speaker.volume_percent),
    )


def answer(asked: asyncio.Future[str] | None, heard: str) -> None:
    """Tell whoever asked to listen what was heard, unless they have gone."""
    if asked and not asked.done():
        asked.set_result(heard)
