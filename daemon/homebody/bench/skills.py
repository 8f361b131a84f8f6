"""How well sentences find their skills: a labelled set against the real matcher and skills, on throw-away data."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody.errors import RemoteFailure, SkillError, UsageError
from homebody.messages import Done, Found, Search
from homebody.options import SkillOptions
from homebody.router.memory import Memory
from homebody.router.polyglot import Polyglot
from homebody.router.skills_host import SkillsHost
from homebody.skill import SessionView

NONE: Final = "none"
SAID_AT: Final = dt.datetime(2026, 11, 22, 12, 0)  # a Sunday, local time: by it "on friday" is the date of a row
NEVER: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


class Row(msgspec.Struct, frozen=True):
    """A line of a labelled set: what is said, the skill that should answer (``none``: no skill), and its values."""

    text: str
    skill: str
    slots: dict[str, Any] = {}


class Verdict(msgspec.Struct, frozen=True):
    """What became of a row: ``kind`` is a count of `Score`; ``skill`` and ``value`` are what was got."""

    row: Row
    kind: str
    skill: str
    value: dict[str, Any]


class Score(msgspec.Struct, kw_only=True):
    """How a labelled set went.

    Attributes:
        accuracy: Right ones among all that were counted, 0 to 1.
        right: The right skill with the right values, or rightly none.
        wrong: The right skill with wrong values, or another skill.
        missed: None, where a skill should have answered.
        falsely_matched: A skill, where none should have.
        not_shipped: Rows of skills that are not here; counted apart, in none of the others.
    """

    accuracy: float = 0.0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    falsely_matched: int = 0
    not_shipped: int = 0

    def count(self, verdict: Verdict) -> None:
        """Take in a verdict."""
        setattr(self, verdict.kind, getattr(self, verdict.kind) + 1)
        counted = self.right + self.wrong + self.missed + self.falsely_matched
        self.accuracy = round(self.right / counted, 4) if counted else 0.0


def read(path: Path) -> list[Row]:
    """The rows of a file of JSON lines.

    Raises:
        UsageError: It cannot be read, or a line is no row; the line's number is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", "Give a file of JSON lines.") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(msgspec.json.decode(line, type=Row))
            except msgspec.DecodeError as error:
                remedy = 'Write lines of {"text": "...", "skill": "...", "slots": {}}.'
                raise UsageError(f"{path}, line {number}: {error}.", remedy) from error
    return rows


async def judge(rows: Sequence[Row]) -> AsyncGenerator[Verdict, None]:
    """Match each row and run its skill, with nothing left over from the row before."""
    with tempfile.TemporaryDirectory(prefix="hb-") as folder, Memory(Path(folder)) as memory:
        async with SkillsHost(EmptyHouse(), memory, SkillOptions(quarantine_after=100)) as host:
            intents = Polyglot(host.skills)
            known = {info.name for info in host.skills} | {NONE}
            for row in rows:
                if row.skill not in known:
                    yield Verdict(row, "not_shipped", NONE, {})
                    continue
                skill, value = await _answer(row.text, intents, host)
                yield Verdict(row, judged(row, skill, value), skill, value)
                for due in memory.due(NEVER):
                    memory.handled(due.scheduled.id, at=NEVER)


async def score(rows: Sequence[Row]) -> Score:
    """The whole set's score."""
    total = Score()
    async with aclosing(judge(rows)) as verdicts:
        async for verdict in verdicts:
            total.count(verdict)
    return total


async def _answer(text: str, intents: Polyglot, host: SkillsHost) -> tuple[str, dict[str, Any]]:
    """The skill that answers and its values, as the brain finds it: the first match that does not decline."""
    now = SAID_AT.astimezone()
    for match in intents.match(text):
        try:
            reply = await host.run(
                match.skill, match.slots, text=text, session=SessionView(), now=now, language=match.language
            )
        except SkillError:
            return f"{match.skill}, which failed", {}
        if not reply.value.get("declined"):
            return match.skill, {**match.slots, **reply.value}
    return NONE, {}


def judged(row: Row, skill: str, value: Mapping[str, Any]) -> str:
    """Which count of `Score` an answer belongs to. Values the row does not name are not compared; numbers agree to six
    significant digits, words in any case."""
    if row.skill == NONE:
        return "right" if skill == NONE else "falsely_matched"
    if skill == NONE:
        return "missed"
    agree = all(_same(value.get(name), wanted) for name, wanted in row.slots.items())
    return "right" if skill == row.skill and agree else "wrong"


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        return abs(got - wanted) <= 1e-6 * abs(wanted)
    return _word(got) == _word(wanted)


def _word(value: Any) -> str:
    return "" if value is None else str(value).casefold()


class EmptyHouse:
    """Nobody follows, nobody speaks; the volume is whatever it is told to be."""

    def __init__(self) -> None:
        self._percent = 50.0

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Nobody follows."""

    async def control_gallery(self, action: str, value: str | None = None, *, limit_s: float) -> Done:
        """A gallery without pictures, and a blank screen."""
        del value, limit_s
        answers: dict[str, dict[str, Any]] = {
            "status": {"waiting": 0, "captioned": 0},
            "look": {"said": "Nothing."},
            "screenshot": {"file": "/x.png"},
        }
        return Done(id=None, value=answers.get(action, {}))

    async def find_pictures(self, search: Search) -> Found:
        """None."""
        return Found(id=search.id)

    def announce(self, text: str) -> None:
        """Nobody speaks."""

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        """Behaves as a voice would, without a loudspeaker."""
        if action == "volume" and value is not None:
            relative = isinstance(value, str) and value[:1] in {"+", "-"}
            self._percent = min(100.0, max(0.0, float(value) + (self._percent if relative else 0.0)))
        elif action not in {"volume", "stop", "mute", "unmute"}:
            raise RemoteFailure("bad_message", "A voice cannot do this.")
        return Done(id=None, value={"volume_percent": self._percent, "muted": action == "mute"})
