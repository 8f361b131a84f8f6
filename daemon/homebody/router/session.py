"""Conversations: what was heard and answered, in memory only, bounded in every direction. Time arrives from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from homebody.skill import SessionView

EXCHANGE_LIMIT: Final = 16
SESSION_LIMIT: Final = 64
IDLE_S: Final = 30 * 60.0


class Exchange(msgspec.Struct, frozen=True):
    """Something heard and what was answered to it, neither of them empty."""

    heard: str
    reply: str


@dataclass(slots=True)
class _Session:
    exchanges: list[Exchange]
    used_s: float
    asked: str = ""  # the last one's name
    changed_by: str = ""


class Sessions:
    """The last exchanges of each conversation.

    All times are seconds of one clock that does not go back, such as `time.monotonic`.

    Args:
        exchange_limit: Exchanges kept of a conversation. One more, and the older half goes at once: dropping one a turn
            would change the beginning of every prompt, and with it spoil the engine's prefix cache.
        session_limit: Conversations kept; the one unused for longest goes first.
        idle_s: A conversation without a word for so long has ended; the next word begins a new one.
    """

    def __init__(
        self,
        *,
        exchange_limit: int = EXCHANGE_LIMIT,
        session_limit: int = SESSION_LIMIT,
        idle_s: float = IDLE_S,
    ) -> None:
        self._exchange_limit = exchange_limit
        self._session_limit = session_limit
        self._idle_s = idle_s
        self._sessions: dict[str, _Session] = {}  # least recently used first

    def __len__(self) -> int:
        return len(self._sessions)

    def history(self, key: str, *, now_s: float) -> tuple[Exchange, ...]:
        """The exchanges of a conversation, oldest first; empty where it is unknown or has ended."""
        self._drop_idle(now_s)
        session = self._sessions.get(key)
        return tuple(session.exchanges) if session else ()

    def view(self, key: str, *, now_s: float) -> SessionView:
        """The last exchange, for skills such as "repeat that"."""
        history = self.history(key, now_s=now_s)
        changed_by = self._sessions[key].changed_by if key in self._sessions else ""
        last = history[-1] if history else Exchange("", "")
        return SessionView(last.heard, last.reply, changed_by)

    def add(self, key: str, heard: str, reply: str, *, now_s: float, asked: str = "", changed_by: str = "") -> None:
        """Append an exchange. ``asked``: what `cut` will call it; ``changed_by``: the skill that changed something,
        which is remembered though nothing of its reply was heard.

        One without a reply leaves no trace: it says nothing that could be repeated, and a model that sees a question
        without an answer in its history answers that too.
        """
        self._drop_idle(now_s)
        if not (heard.strip() and reply.strip()):
            return
        session = self._sessions.pop(key, None) or _Session([], now_s)
        session.exchanges.append(Exchange(heard, reply))
        if len(session.exchanges) > self._exchange_limit:
            del session.exchanges[: -(self._exchange_limit // 2 + 1)]
        session.used_s, session.asked = now_s, asked
        session.changed_by = changed_by or session.changed_by
        self._sessions[key] = session
        while len(self._sessions) > self._session_limit:
            del self._sessions[next(iter(self._sessions))]

    def cut(self, asked: str, reply: str) -> None:
        """Of the last exchange of a conversation, if it is the one of this name, only so much of the reply was heard:
        nothing more of it is kept, and nothing at all where it was nothing."""
        for session in self._sessions.values():
            if session.asked == asked and session.exchanges:
                last = session.exchanges.pop()
                if reply.strip():
                    session.exchanges.append(Exchange(last.heard, reply))
                session.asked = ""

    def forget(self, key: str) -> None:
        """End a conversation; nothing happens if it is unknown."""
        self._sessions.pop(key, None)

    def _drop_idle(self, now_s: float) -> None:
        while self._sessions:
            key, session = next(iter(self._sessions.items()))
            if now_s - session.used_s < self._idle_s:
                return  # all others were used later
            del self._sessions[key]
