"""What models are asked when a picture is to be described, one TOML file a level of detail, and what they answer. Pure
but for reading the files once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

_HERE = Path(__file__).parent

TAG_LIMIT: Final = 12
TAG_LIMIT_CHARS: Final = 40
# At the beginning of a line or after a sentence; a picture of a price label may have the word in it.
_TAGS: Final = re.compile(
    r"(?:^|(?<=[.!?])|(?<=[.!?][\"'*)]))[\s*#>_-]*(?:tags|keywords)[\s*_]*:", re.IGNORECASE | re.MULTILINE
)
_LABEL: Final = re.compile(r"^(?:caption|description|answer)\s*:\s*", re.IGNORECASE)
_BETWEEN_TAGS: Final = re.compile(r"[,;|#\n\r•·]+")
_AROUND_TAG: Final = " \t\"'`*_-.:()[]"
_LAST_SENTENCE: Final = re.compile(r"^(.*[.!?][\"')]*)(?=\s|$)", re.DOTALL)


class CaptionPrompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a description is asked for.

    Attributes:
        version: Counts up with every change of the words.
        purpose: Its models and sampling in a profile.
        system: The system prompt.
        instruction: What is wanted; whoever asks may put other words in its place.
        closing: Asks for the line of tags.
    """

    version: int
    purpose: str
    system: str
    instruction: str
    closing: str

    def words(self, wanted: str | None = None) -> str:
        """What the model is told with the picture; ``wanted`` stands in place of the instruction."""
        return f"{(wanted or self.instruction).strip()}\n{self.closing.strip()}"


class Described(NamedTuple):
    """A model's answer. ``caption`` is one line, empty where there was none; ``tags`` are lower case, each once."""

    caption: str
    tags: tuple[str, ...]


@cache
def load(detail: str) -> CaptionPrompt:
    """The prompt for ``quick`` or ``detailed``."""
    return msgspec.convert(tomllib.loads((_HERE / f"{detail}.toml").read_text(encoding="utf-8")), CaptionPrompt)


def version(detail: str, wanted: str | None = None) -> str:
    """Names the words a picture was described by: ``quick-1``, or with somebody's own ones ``quick-1+0a1b2c3d``."""
    own = f"+{hashlib.sha256(wanted.encode()).hexdigest()[:8]}" if wanted else ""
    return f"{detail}-{load(detail).version}{own}"


def described(text: str, *, cut: bool = False) -> Described:
    """Caption and tags out of a model's answer.

    Args:
        text: The whole answer. Models mark the tags in many ways, or leave them out.
        cut: It ended for want of tokens: what is left of the last sentence, or the last tag, is dropped.
    """
    found = list(_TAGS.finditer(text))
    if not found:
        return Described(_caption(text, cut=cut), ())
    listed = _BETWEEN_TAGS.split(text[found[-1].end() :])
    tags = [" ".join(tag.split()).strip(_AROUND_TAG).lower() for tag in (listed[:-1] if cut else listed)]
    kept = dict.fromkeys(tag for tag in tags if 0 < len(tag) <= TAG_LIMIT_CHARS)
    return Described(_caption(text[: found[-1].start()], cut=False), tuple(kept)[:TAG_LIMIT])


def _caption(text: str, *, cut: bool) -> str:
    line = " ".join(text.replace("**", "").split()).lstrip("#>-* ")
    line = _LABEL.sub("", line).strip()
    if len(line) > 1 and line[0] == line[-1] == '"' and line.count('"') == 2:
        line = line[1:-1].strip()
    whole = _LAST_SENTENCE.match(line) if cut else None
    return whole.group(1) if whole else line
