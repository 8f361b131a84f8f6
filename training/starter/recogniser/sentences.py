"""What people say to homebody: sentences from the templates of all shipped skills, from the talker's questions and from
everyday talk; and what they say that is not for it. Pure but for reading the files beside it.

A new skill is heard after a rebuild: its templates are expanded as the matcher reads them (hassil's syntax, through
`homebody.router.templates`), its free slots are filled by their names from words.toml, or, where that does not know
them, by any words.
"""

from __future__ import annotations

import functools
import importlib
import json
import math
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from hassil import Intents
from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, Sentence, TextChunk
from hassil.expression import Group as AnyGroup
from hassil.intents import RangeSlotList, TextSlotList
from hassil.parse_expression import parse_sentence

from homebody.router import slot_values, templates
from homebody.skill import Registry, SkillInfo
from recogniser import spelling

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
PAIRS: Final = HERE.parent / "talker" / "pairs"
_TAKEN: Final = 0.35  # of what is optional
_ARTICLE_TAKEN: Final = 0.8  # of the articles that are
_ARTICLES: Final = frozenset(("the", "a", "an", "my", "any"))
_RANGE: Final = re.compile(r"(\d+)\.\.(\d+)")
_TRIES: Final = 60
_WELL_KNOWN: Final = 12  # phrasings a word is in, not to be taken for a slip of the pen

# What a sentence is, and how often.
SHARES: Final = {"skill": 0.58, "example": 0.12, "question": 0.12, "everyday": 0.10, "numbers": 0.05, "words": 0.03}
POLITE: Final = 0.3  # of the sentences of skills begin or end politely
NAMES: Final = ("okay nabu", "hey jarvis", "hey mycroft", "alexa")  # that pymicro-wakeword's models wake to


class Said(NamedTuple):
    """A sentence and where it is from.

    Attributes:
        text: As `spelling.written`.
        kind: Of `SHARES`; ``called`` when it begins with the assistant's name, which is not to be heard; or ``other``
            for what is not for homebody.
        source: The skill's name; the name that is called; else the kind.
    """

    text: str
    kind: str
    source: str


def shipped_skills() -> list[SkillInfo]:
    """All skills that travel with homebody, in the order of pyproject.toml."""
    registry = Registry()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, target in project["entry-points"]["homebody.skills"].items():
        module, function = target.split(":")
        getattr(importlib.import_module(module), function)(registry.loading(name))
    return [declared.info for declared in registry.skills.values()]


Slot = Callable[[ListReference, random.Random], str]


class Expander:
    """Sentences from hassil's templates, by chance.

    Args:
        rules: By name.
        slot: Fills ``{name}`` where no list of that name is known.
        lists: By name: what may stand there.
    """

    def __init__(
        self,
        rules: Mapping[str, Sentence],
        slot: Slot,
        lists: Mapping[str, Sequence[Expression] | RangeSlotList] | None = None,
    ) -> None:
        self._rules, self._slot, self._lists = rules, slot, lists or {}

    def expand(self, expression: Expression, rng: random.Random) -> str:
        """One of the sentences; spaces are not tidied up."""
        match expression:
            case TextChunk():
                return expression.original_text
            case Alternative():
                return self._alternative(expression, rng)
            case Permutation():
                items = rng.sample(expression.items, len(expression.items))
                return " ".join(self.expand(item, rng) for item in items)
            case AnyGroup():
                return "".join(self.expand(item, rng) for item in expression.items)
            case RuleReference():
                return self.expand(self._rules[expression.rule_name].expression, rng)
            case ListReference():
                return self._reference(expression, rng)
            case _:
                raise TypeError(f"no sentence can be made of {expression!r}")

    def _alternative(self, expression: Alternative, rng: random.Random) -> str:
        items = expression.items
        if expression.is_optional:
            items = [item for item in items if not (isinstance(item, TextChunk) and item.is_empty)] or items
            if rng.random() > (_ARTICLE_TAKEN if any(_is_article(item) for item in items) else _TAKEN):
                return ""
        return self.expand(rng.choice(items), rng)

    def _reference(self, reference: ListReference, rng: random.Random) -> str:
        if bounds := _RANGE.fullmatch(reference.list_name):
            return spelling.cardinal(balanced(int(bounds[1]), int(bounds[2]), rng))
        contents = self._lists.get(reference.list_name)
        if isinstance(contents, RangeSlotList):
            return spelling.cardinal(balanced(contents.start, contents.stop, rng))
        if contents is not None:
            return self.expand(rng.choice(contents), rng)
        return self._slot(reference, rng)


def _is_article(expression: Expression) -> bool:
    match expression:
        case TextChunk():
            return expression.original_text.strip() in _ARTICLES
        case AnyGroup():
            return len(expression.items) == 1 and _is_article(expression.items[0])
        case _:
            return False


def balanced(first: int, last: int, rng: random.Random) -> int:
    """A number of which each word is about as frequent as any other: ones, teens, tens, both together, hundreds."""
    kinds = [(0, 9), (10, 19), (20, 99), (20, 99), (100, 999), (1000, 999_999)]
    inside = [(max(a, first), min(b, last)) for a, b in kinds if max(a, first) <= min(b, last)]
    low, high = rng.choice(inside[:4] * 3 + inside[4:]) if len(inside) > 1 else inside[0]
    value = rng.randint(low, high)
    return value // 10 * 10 if value >= 20 and value // 10 * 10 >= low and rng.random() < 0.3 else value


class Words:
    """The lists of words.toml, for free slots and for everyday sentences."""

    def __init__(self) -> None:
        table = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
        rules = {name: parse_sentence(_alternatives(value)) for name, value in table["rules"].items()}
        self._slots = {name: parse_sentence(_alternatives(value)) for name, value in table["slots"].items()}
        self.everyday, self.other = (
            [parse_sentence(line.strip()) for line in table["sentences"][name].splitlines() if line.strip()]
            for name in ("everyday", "other")
        )
        self.openings, self.closings = (table["polite"][name].split("|") for name in ("openings", "closings"))
        self._expander = Expander(rules, self._known)
        self.all = sorted({word for source in self._texts(table) for word in source})

    def filled(self, names: Sequence[str], numeric: bool, rng: random.Random) -> str:
        """Something that may stand in a free slot of the first of these names that is known."""
        for name in names:
            if name in self._slots:
                return self._expander.expand(self._slots[name].expression, rng)
        if numeric:
            return spelling.cardinal(balanced(0, 120, rng))
        return " ".join(rng.choices(self.all, k=rng.randint(1, 3)))

    def sentence(self, template: Sentence, rng: random.Random) -> str:
        """One of its sentences."""
        return self._expander.expand(template.expression, rng)

    def _known(self, reference: ListReference, rng: random.Random) -> str:
        return self.filled([reference.list_name], False, rng)

    @staticmethod
    def _texts(table: dict[str, Any]) -> Iterable[list[str]]:
        for group in ("rules", "slots"):
            for value in table[group].values():
                yield re.findall(r"[a-z']+(?![^<{]*[>}])", re.sub(r"[<{][^>}]*[>}]", " ", value.lower()))


def _alternatives(value: str) -> str:
    return (
        f"({'|'.join(part.strip() for part in value.strip().splitlines())})"
        if "\n" in value.strip()
        else f"({value.strip()})"
    )


class Skill:
    """The sentences of one skill."""

    def __init__(self, info: SkillInfo, words: Words) -> None:
        self.name, self._info, self._words = info.name, info, words
        self.examples = [text for example in info.examples if spelling.can_be_said(text := spelling.written(example))]
        intents = Intents.from_dict({"language": "en", "intents": {info.name: templates.composed(info)}})
        (data,) = intents.intents[info.name].data
        lists: dict[str, Sequence[Expression] | RangeSlotList] = {}
        for name, contents in data.slot_lists.items():
            if isinstance(contents, TextSlotList):
                lists[name] = [value.text_in for value in contents.values]
            elif isinstance(contents, RangeSlotList):
                lists[name] = contents
        self.sentences: list[Sentence] = list(data.sentences)
        self._expander = Expander(data.expansion_rules, self._free, lists)

    @property
    def weight(self) -> float:
        """How often it is asked for, among the skills: those that understand many sentences are heard more."""
        return 1 + math.sqrt(len(self.sentences))

    def sentence(self, rng: random.Random) -> str:
        """One that its templates understand."""
        for _ in range(_TRIES):
            text = self._expander.expand(rng.choice(self.sentences).expression, rng)
            text = spelling.agreeing(spelling.written(text))
            if text and spelling.can_be_said(text) and len(text.split()) <= 14:
                return text
        raise ValueError(f"no sentence of {self.name} can be said")

    def _free(self, reference: ListReference, rng: random.Random) -> str:
        stem = re.sub(r"_x\d+$", "", reference.slot_name)
        names = [f"{owner}_{reference.list_name}" for owner in (self.name, self._info.plugin)]
        names.append(reference.list_name)
        return self._words.filled(names, slot_values.is_numeric(stem, self._info.parameters), rng)


@functools.cache
def questions() -> tuple[str, ...]:
    """The talker's questions, in the phrasings that are spelled as they are meant: every word of them is in the first
    phrasing of some pair, or in many phrasings."""
    firsts: list[str] = []
    all_of_them: list[str] = []
    for path in sorted(PAIRS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            phrasings = [spelling.written(question) for question in json.loads(line)["q"]]
            firsts.append(phrasings[0])
            all_of_them += phrasings
    counts: dict[str, int] = {}
    for text in all_of_them:
        for word in set(text.split()):
            counts[word] = counts.get(word, 0) + 1
    known = {word for text in firsts for word in text.split()} | {
        word for word, count in counts.items() if count >= _WELL_KNOWN
    }
    good = {
        text
        for text in all_of_them
        if text.isascii() and spelling.can_be_said(text) and len(text.split()) <= 12 and known.issuperset(text.split())
    }
    return tuple(sorted(good))


class Sentences:
    """An endless source of sentences."""

    def __init__(self, skills: Sequence[SkillInfo] | None = None) -> None:
        self.words = Words()
        self.skills = [Skill(info, self.words) for info in (shipped_skills() if skills is None else skills)]
        self._weights = [skill.weight for skill in self.skills]
        self.examples = [Said(text, "example", skill.name) for skill in self.skills for text in skill.examples]

    def any(self, rng: random.Random) -> Said:
        """A sentence that is to be understood."""
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        match kind:
            case "skill":
                return self.skill(rng)
            case "example":
                return rng.choice(self.examples)
            case "question":
                return Said(rng.choice(questions()), kind, kind)
            case "everyday":
                return Said(self._tidy(rng.choice(self.words.everyday), rng), kind, kind)
            case "numbers":
                return Said(" ".join(self._number(rng) for _ in range(rng.choice((1, 1, 2, 3)))), kind, kind)
            case _:
                vocabulary = self.vocabulary
                return Said(" ".join(rng.choices(vocabulary, k=rng.randint(1, 4))), kind, kind)

    def skill(self, rng: random.Random) -> Said:
        """A sentence of some skill, at times with a polite beginning or end."""
        skill = rng.choices(self.skills, self._weights)[0]
        text = skill.sentence(rng)
        if rng.random() < POLITE:
            opening, closing = rng.choice(self.words.openings), rng.choice(self.words.closings)
            text = f"{opening} {text}" if rng.random() < 0.6 else f"{text} {closing}"
        return Said(text, "skill", skill.name)

    def called(self, rng: random.Random) -> Said:
        """A sentence right behind the assistant's name, in one breath."""
        name = rng.choice(NAMES)
        return Said(f"{name} {self.any(rng).text}", "called", name)

    def other(self, rng: random.Random) -> Said:
        """What is not for homebody and must not be heard as a command."""
        return Said(self._tidy(rng.choice(self.words.other), rng), "other", "other")

    @functools.cached_property
    def vocabulary(self) -> list[str]:
        """All words that can be heard: those of many sentences of each kind."""
        rng, found = random.Random(0), {word for text in questions() for word in text.split()}
        for skill in self.skills:
            found.update(word for text in skill.examples for word in text.split())
            for _ in range(25 * len(skill.sentences)):
                found.update(skill.sentence(rng).split())
        for template in self.words.everyday:
            for _ in range(40):
                found.update(self._tidy(template, rng).split())
        found.update(word for text in (*self.words.openings, *self.words.closings) for word in text.split())
        found.update(word for value in range(1000) for word in spelling.cardinal(value).split())
        return sorted(word for word in found if word.isascii())

    def _tidy(self, template: Sentence, rng: random.Random) -> str:
        return spelling.written(self.words.sentence(template, rng))

    @staticmethod
    def _number(rng: random.Random) -> str:
        return spelling.cardinal(balanced(0, rng.choice((99, 99, 999)), rng))
