"""Which words are only the beginning of what a skill understands: who says them goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from homebody.router import wording
from homebody.skill import SkillInfo


class Beginnings:
    """The beginnings of all the skills' examples, in every language they are written in: "set the volume", "how much".

    The examples are what people are told that they may say. Templates understand far more, but say nothing of what is
    likely: nearly any words are the beginning of some item for a list.

    Args:
        skills: Those on offer.
    """

    def __init__(self, skills: Iterable[SkillInfo]) -> None:
        examples = {wording.plain(example) for skill in skills for example in _examples(skill)}
        sentences = (example.split() for example in examples)
        begun = {" ".join(words[:count]) for words in sentences for count in range(1, len(words))}
        self._known = frozenset(begun - examples)

    def has(self, text: str) -> bool:
        """Whether these words are one, and not a whole example."""
        return wording.plain(text) in self._known


def _examples(skill: SkillInfo) -> Iterator[str]:
    yield from skill.examples
    for phrases in skill.translations.values():
        yield from phrases.examples
