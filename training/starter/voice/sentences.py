"""What the voice learns to speak: homebody's own replies, the talker's answers, and words in no order, for every sound
beside every other. Pure but for reading files of this folder and its neighbours.
"""

from __future__ import annotations

import functools
import json
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hassil.expression import ListReference
from hassil.parse_expression import parse_sentence

from homebody.router.wording import plain
from recogniser import sentences as commands

HERE: Final = Path(__file__).parent
REPLIES: Final = HERE / "replies.toml"
HEARD: Final = HERE / "heard.toml"
WORDS: Final = commands.HERE / "words.toml"

# What a sentence is, and how often; the skills' fixed replies come first, once each.
SHARES: Final = {"reply": 0.4, "answer": 0.3, "words": 0.3}
LONGEST: Final = 16  # words
_SIMPLE: Final = re.compile(r"[A-Z][A-Za-z' ,-]*[.?!]")
_SENTENCE: Final = re.compile(r"[^.?!\s][^.?!]*[.?!]")
_LITTLE: Final = "the a of and to in is was for on with at by from as that his her it this their our but or".split()


def heard() -> dict[str, list[str]]:
    """The sentences of the judgement, by the name of their set."""
    return tomllib.loads(HEARD.read_text(encoding="utf-8"))


def sentences(seed: int) -> Iterator[str]:
    """Sentences without end, none twice and none of the judgement's, the same for the same seed."""
    seen = {plain(text) for texts in heard().values() for text in texts}
    for text in _any(random.Random(f"voice {seed}")):
        if (key := plain(text)) not in seen and len(key.split()) <= LONGEST:
            seen.add(key)
            yield text


def _any(rng: random.Random) -> Iterator[str]:
    for skill in commands.shipped_skills():
        for text in skill.says:
            yield from _SENTENCE.findall(text)
    replies, told, vocabulary = Replies(), answers(), words()
    rng.shuffle(told)
    while True:
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "answer" and told:
            yield told.pop()
        elif kind == "words":
            yield in_no_order(vocabulary, rng)
        else:
            yield replies.any(rng)


class Replies:
    """Sentences from the templates of replies.toml."""

    def __init__(self) -> None:
        table = tomllib.loads(REPLIES.read_text(encoding="utf-8"))
        rules = tomllib.loads(WORDS.read_text(encoding="utf-8"))["rules"] | table["rules"]
        parsed = {name: parse_sentence(f"({'|'.join(value.strip().splitlines())})") for name, value in rules.items()}
        self._expander = commands.Expander(parsed, _unknown)
        self._templates = [parse_sentence(line) for line in table["sentences"]["replies"].strip().splitlines()]

    def any(self, rng: random.Random) -> str:
        """One of them."""
        text = " ".join(self._expander.expand(rng.choice(self._templates).expression, rng).split())
        return text[0].upper() + text[1:]


def _unknown(slot: ListReference, _: random.Random) -> str:
    raise ValueError(f"{REPLIES} and {WORDS} have no list {slot.list_name!r}")


def answers() -> list[str]:
    """The talker's, a sentence each, without those that hold anything but words."""
    found = {}
    for path in sorted(commands.PAIRS.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for sentence in _SENTENCE.findall(json.loads(line)["a"]):
                if _SIMPLE.fullmatch(sentence):
                    found[sentence] = True
    return list(found)


@functools.cache
def words() -> tuple[str, ...]:
    """Those of the talker's answers and of the questions that the recogniser hears; neither letters nor names."""
    texts = [*commands.questions(), *answers()]
    found = {word for text in texts for word in re.findall(r"(?<![\w'-])[a-z]{2,}(?![\w'-])", text)}
    return tuple(sorted(found))


def in_no_order(vocabulary: Sequence[str], rng: random.Random) -> str:
    """A few words, little ones and commas between some, as one sentence."""
    said: list[str] = []
    for _ in range(rng.randint(4, 8)):
        said.append(rng.choice(vocabulary))
        if (chance := rng.random()) < 0.4:
            said.append(rng.choice(_LITTLE))
        elif chance < 0.5:
            said[-1] += ","
    text = " ".join(said).rstrip(",")
    return text[0].upper() + text[1:] + rng.choice("...?!")
