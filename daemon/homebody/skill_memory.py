"""What a plugin has just asked or changed, which the next words may answer, correct or take back. Part of
`homebody.skill`.

Both are kept in the plugin's store, so that they outlive a worker that is ended, and stand for `STANDS_S`. A question
stands only while it is the last thing that was said in the conversation; a change only while no other skill has changed
anything in it, so that "undo that" never takes back what was done before something else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, Protocol

STANDS_S: Final = 60
UNDO: Final = {  # how people take back what has just been done, as templates by language
    "en": (
        "[no|oh|wait|okay|sorry|no wait] (undo|take back|scratch|cancel|forget|delete|remove) (that|it|this)",
        "[no|oh|wait|okay|sorry|no wait] (take (that|it) back|i take (that|it) back|undo|forget about (that|it))",
        "[no|oh|wait|okay|sorry|no wait] (i changed my mind|i've changed my mind|i have changed my mind|not that)",
        "[no|oh|wait|okay|sorry|no wait] (that was|that's|that is) wrong",
    ),
    "de": (
        "[nein|halt|okay|ach] ([mach|mache] (das|es) [wieder] rückgängig|rückgängig [machen]|nimm das zurück)",
        "[nein|halt|okay|ach] (doch nicht|lieber doch nicht|vergiss (es|das)|(lösch|lösche|streich|streiche) das)",
        "[nein|halt|okay|ach] ([das] war falsch|[das] ist falsch|abbrechen|brich (das|es) [wieder] ab)",
    ),
    "fr": (
        "[non|attends|pardon] (annule|annule (ça|cela)|oublie|oublie ça|efface ça|supprime ça|laisse tomber)",
        "[non] (finalement non|j'ai changé d'avis|c'est faux|pas ça)",
    ),
    "es": (
        "[no|espera|perdón] (deshazlo|deshaz eso|cancela eso|cancélalo|borra eso|bórralo|quita eso|olvídalo|olvidalo)",
        "[no] (mejor no|he cambiado de idea|está mal|eso no)",
    ),
}
_CHANGE, _QUESTION = "last_change", "last_question"


class _Store(Protocol):
    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...


class _Session(Protocol):
    @property
    def last_reply(self) -> str: ...
    @property
    def changed_by(self) -> str: ...


class _Context(Protocol):
    @property
    def now(self) -> dt.datetime: ...
    @property
    def store(self) -> _Store: ...
    @property
    def session(self) -> _Session: ...


class Speaking:
    """A context in another language: of words as few as "um sechs" nobody can tell which they are in, and what they
    answer or correct was in one.

    Args:
        ctx: Whose all else is.
        language: That of what is answered.
    """

    def __init__(self, ctx: Any, language: str) -> None:
        self._ctx, self.language = ctx, language

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)


class Question:
    """The plugin's own question, such as "For how long?"."""

    @staticmethod
    def ask(ctx: _Context, text: str, **facts: Any) -> str:
        """Note what is asked for (JSON values); returns ``text``, the reply. "Cancel that" now means the question."""
        Change.forget(ctx)
        ctx.store.set(_QUESTION, {**facts, "text": text, "at": ctx.now.isoformat()})
        return text

    @staticmethod
    def taken(ctx: _Context) -> dict[str, Any] | None:
        """The facts of the question that waits for an answer, which is taken off the table; None where none does."""
        if (asked := _standing(ctx, _QUESTION)) is None:
            return None
        ctx.store.delete(_QUESTION)
        # Of a question that was interrupted, the conversation holds the beginning.
        return asked if asked["text"].startswith(ctx.session.last_reply) else None


class Change:
    """The plugin's last change."""

    @staticmethod
    def note(ctx: _Context, **facts: Any) -> None:
        """What was changed, with whatever its inverse needs (JSON values)."""
        ctx.store.set(_CHANGE, {**facts, "at": ctx.now.isoformat()})

    @staticmethod
    def last(ctx: _Context, skills: Collection[str], *, surely: bool = False) -> dict[str, Any] | None:
        """The facts of the change that the words may be about; None where there is none.

        Args:
            ctx: Of the words.
            skills: The plugin's own skills that change something.
            surely: Only where the conversation tells that one of them was the last to; otherwise a conversation of
                which nothing is known, such as each `homebody ask`, will do too.
        """
        by = ctx.session.changed_by
        if by not in skills and (by or surely):
            return None
        return _standing(ctx, _CHANGE)

    @staticmethod
    def forget(ctx: _Context) -> None:
        """It can be corrected no more."""
        ctx.store.delete(_CHANGE)


def _standing(ctx: _Context, key: str) -> dict[str, Any] | None:
    noted: dict[str, Any] | None = ctx.store.get(key)
    if noted is None:
        return None
    age_s = (ctx.now - dt.datetime.fromisoformat(noted["at"])).total_seconds()
    return noted if 0 <= age_s <= STANDS_S else None
