"""A skill's sentence templates, composed for hassil so that no skill can disturb another. Pure.

Lists and rules are private to their skill. A slot without a list becomes a wildcard. Ranges match digits only, since
number words have become digits before: hassil's own number words would cost 14 ms at the first match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from homebody.skill import SkillInfo

_SLOT: Final = re.compile(r"(?<!\\)\{(?P<list>[^{}:]+)(?::(?P<slot>[^{}]+))?\}")
_RULE: Final = re.compile(r"(?<!\\)<(?P<rule>[^<>]+)>")
_INLINE_RANGE: Final = re.compile(r"(\d+)\.\.(\d+)(?:,(\d+))?")
_SUFFIXED: Final = re.compile(r"(?P<stem>[\w']+)(?P<open>[\[(])(?P<ends>[\w'| ]*)[\])]")
_PREFIXED: Final = re.compile(r"\[(?P<begins>\w+)\](?P<stem>\w+)")


class BadTemplate(ValueError):
    """A skill's templates cannot be used; the message is for its author."""


def composed(skill: SkillInfo) -> dict[str, Any]:
    """The skill as one entry of ``intents`` in hassil's dictionary.

    Raises:
        BadTemplate: A rule is missing or refers to itself.
    """
    _check_rules(skill)
    lists = {name: _without_number_words(values) for name, values in skill.lists.items()}
    for text in _sources(skill):
        for match in _SLOT.finditer(text):
            name = match["list"].removeprefix("@")
            if name not in lists:
                lists[name] = _inline_range(name) or {"wildcard": True}
    data = {"sentences": list(skill.templates), "lists": lists, "expansion_rules": dict(skill.rules)}
    return {"data": [data]}


def slots(skill: SkillInfo) -> set[str]:
    """The names of the slots that its templates fill."""
    return {match["slot"] or match["list"] for text in _sources(skill) for match in _SLOT.finditer(text)}


def vocabulary(skills: Iterable[SkillInfo]) -> frozenset[str]:
    """The words that templates name literally, by which a misheard word is recognised."""
    words: set[str] = set()
    for skill in skills:
        for source in _sources(skill):
            text = _RULE.sub(" ", _SLOT.sub(" ", source.casefold()))
            for match in _SUFFIXED.finditer(text):
                words.add(match["stem"])
                for end in match["ends"].split("|"):
                    words.update(f"{match['stem']}{end}".split())
            for match in _PREFIXED.finditer(text):
                words.update((match["stem"], match["begins"] + match["stem"]))
            words.update(re.findall(r"[\w']+", _PREFIXED.sub(" ", _SUFFIXED.sub(" ", text))))
    return frozenset(words)


def _sources(skill: SkillInfo) -> list[str]:
    """Every string of the skill that may hold template syntax."""
    values = [
        value if isinstance(value, str) else str(value["in"])
        for contents in skill.lists.values()
        for value in contents.get("values", ())
    ]
    return [*skill.templates, *skill.rules.values(), *values]


def _without_number_words(contents: Mapping[str, Any]) -> dict[str, Any]:
    if "range" not in contents:
        return dict(contents)
    return {**contents, "range": {**contents["range"], "words": False}}


def _inline_range(name: str) -> dict[str, Any] | None:
    match = _INLINE_RANGE.fullmatch(name)
    if match is None:
        return None
    first, last, step = match.groups()
    return {"range": {"from": int(first), "to": int(last), "step": int(step or 1), "words": False}}


def _check_rules(skill: SkillInfo) -> None:
    for text in _sources(skill):
        for match in _RULE.finditer(text):
            _follow(skill, match["rule"], ())


def _follow(skill: SkillInfo, rule: str, above: tuple[str, ...]) -> None:
    if rule not in skill.rules:
        raise BadTemplate(f"there is no rule <{rule}>")
    if rule in above:
        raise BadTemplate(f"the rule <{rule}> refers to itself")
    for match in _RULE.finditer(skill.rules[rule]):
        _follow(skill, match["rule"], (*above, rule))
