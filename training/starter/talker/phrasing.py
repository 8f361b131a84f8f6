"""How a question may be put: which one it is, how else it is asked, what a recogniser makes of it. Pure."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

MIXED_KEEPS: Final = 0.7  # of the words that say what a question is about, when it is mixed with another
OPENINGS: Final = (
    "hey", "please", "can you tell me", "could you tell me", "tell me", "do you know", "okay", "so", "um", "hello",
    "homebody", "hey homebody", "i want to know", "i would like to know", "quick question", "say", "well", "and",
)  # fmt: skip
CLOSINGS: Final = ("please", "homebody", "thanks", "then", "now", "again", "exactly", "for me", "thank you")
FILLERS: Final = ("um", "uh", "er", "the", "a", "so", "like", "and", "well", "you know")
# Words that a question is understood without; only these are lost, since a lost name is a new question.
LIGHT: Final = frozenset(
    "a an the is are was do does did can could you me tell please i to of in on for what's it that this hey so and my "
    "would like know there be have has will".split()
)
ASKING: Final = frozenset("how what who whose where when why which what's who's whats about mean".split())
# What a recogniser confuses, both ways.
CONFUSED: Final = tuple(
    pair.split("/")
    for pair in (
        "two/to to/too four/for one/won eight/ate their/there there/they're your/you're its/it's see/sea right/write "
        "new/knew no/know by/buy hear/here whole/hole son/sun red/read which/witch weather/whether where/wear our/hour "
        "week/weak meet/meat piece/peace wood/would be/bee flower/flour tail/tale made/maid night/knight mail/male "
        "what's/whats what's/what how/who does/dose is/his an/and in/and and/an of/off the/a a/the mean/mine can/kin "
        "than/then when/wen tell/tall word/world big/pig long/lung most/must made/mate make/take call/cold "
        "capital/capitol colour/color favourite/favorite spell/spill say/stay"
    ).split()
)
SWAPPED: Final = (
    ("what is", "what's"), ("what's", "what is"), ("what is", "whats"), ("what are", "what're"), ("who is", "who's"),
    ("how do i", "how can i"), ("how do i", "how do you"), ("how do i", "how to"), ("how do you", "how do i"),
    ("how can i", "how do i"), ("biggest", "largest"), ("largest", "biggest"), ("i am", "i'm"), ("i'm", "i am"),
    ("do not", "don't"), ("don't", "do not"), ("define", "what does it mean"), ("cannot", "can't"),
    ("tell me", "give me"), ("give me", "tell me"), ("give me", "i need"), ("explain", "what is"),
    ("what does", "what do"), ("who was", "who is"), ("who is", "who was"), ("what is", "explain"),
    ("which", "what"), ("what", "which"), ("why is", "how come"), ("why do", "why does"), ("are there", "there are"),
)  # fmt: skip
_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
_OPENED: Final = re.compile(
    r"^(?:hey homebody|hey|hi|hello|okay|please|so|can you tell me|could you tell me|can you|could you|tell me|"
    r"please tell me|do you know|i want to know)\b[, ]*"
)


def normal(text: str) -> str:
    """The words alone: lower case, no punctuation. Two questions that are equal so are the same question."""
    return " ".join(re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'")).split())


def weighty(text: str) -> frozenset[str]:
    """The words that say what the question is about, in the singular."""
    words = (word for word in normal(text).split() if word not in LIGHT | ASKING and len(word) > 1)
    return frozenset(re.sub(r"'s$|s$", "", word) for word in words)


def digits_as_words(text: str) -> str:
    """Numbers up to twenty as a recogniser writes them at other times: ``5`` as ``five``."""
    return re.sub(r"\b\d{1,2}\b", lambda m: _SMALL[int(m[0])] if int(m[0]) < len(_SMALL) else m[0], text)


def words_as_digits(text: str) -> str:
    """The other way round."""
    return " ".join(str(_SMALL.index(word)) if word in _SMALL else word for word in text.split())


def another_way(text: str, rng: random.Random) -> str:
    """The same question with another opening, closing or turn of phrase."""
    text = normal(text)
    if rng.random() < 0.5:
        stripped = _OPENED.sub("", text)
        text = stripped if len(stripped.split()) > 1 else text
    if rng.random() < 0.3:
        before, after = rng.choice(SWAPPED)
        text = re.sub(rf"\b{re.escape(before)}\b", after, text, count=1)
    if rng.random() < 0.06:
        short = [word for word in text.split() if word not in LIGHT]
        text = " ".join(short) if len(short) > 1 else text
    if rng.random() < 0.3:
        text = f"{rng.choice(OPENINGS)} {text}"
    if rng.random() < 0.15:
        text = f"{text} {rng.choice(CLOSINGS)}"
    return text


def _synonyms() -> dict[str, list[str]]:
    others: dict[str, list[str]] = defaultdict(list)
    for line in (Path(__file__).parent / "synonyms.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            group = [word.replace("-", " ") for word in line.split()]
            for word in group:
                others[word] += [other for other in group if other != word]
    return dict(others)


_SYNONYMS: Final = _synonyms()


def in_other_words(text: str, rng: random.Random) -> str:
    """The same with one word in the place of another that mostly means the same; unchanged where none is known."""
    words = normal(text).split()
    places = [place for place, word in enumerate(words) if word in _SYNONYMS]
    if places:
        place = rng.choice(places)
        words[place] = rng.choice(_SYNONYMS[words[place]])
    return " ".join(words)


def mixed(one: str, other: str, rng: random.Random) -> str:
    """The beginning of one phrasing and the end of another; ``one`` itself where too little of either would be left.

    It teaches that it is the words together that say what is asked, wherever they stand.
    """
    first, second = normal(one).split(), normal(other).split()
    ends, begins = rng.randint(1, len(first)), rng.randrange(len(second))
    if first == second:  # nothing is said twice, some words are lost
        ends, begins = max(1, min(ends, begins)), max(ends, begins)
    words = " ".join(first[:ends] + second[begins:])
    kept, known = weighty(words), (weighty(one), weighty(other))
    enough = any(whole and len(kept & whole) >= MIXED_KEEPS * len(whole) for whole in known)
    return words if enough else normal(one)


def misheard(text: str, rng: random.Random) -> str:
    """What a recogniser may make of it: a light word lost, put in or said twice, a word taken for another."""
    words = normal(text).split()
    for _ in range(1 if rng.random() < 0.75 else 2):
        where = rng.randrange(len(words))
        kind = rng.random()
        if kind < 0.3:
            light = [place for place, word in enumerate(words) if word in LIGHT]
            if light and len(words) > 2:
                del words[rng.choice(light)]
        elif kind < 0.5:
            words.insert(where, rng.choice(FILLERS))
        elif kind < 0.58:
            words.insert(where, words[where])
        elif kind < 0.85:
            known = [(place, after) for place, word in enumerate(words) for before, after in CONFUSED if word == before]
            if known:
                place, after = rng.choice(known)
                words[place] = after
        else:
            words[where] = _spelled_wrongly(words[where], rng)
    return " ".join(words)


def _spelled_wrongly(word: str, rng: random.Random) -> str:
    if len(word) < 5:
        return word
    place = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.35:
        return word[:place] + word[place + 1 :]
    if kind < 0.6:
        return word[:place] + word[place] + word[place:]
    if kind < 0.8:
        return word[:place] + " " + word[place:]
    return word[:place] + rng.choice("aeioubdtkgmnslr") + word[place + 1 :]


def written(text: str, rng: random.Random) -> str:
    """As one recogniser or person writes it: bare words, or with capitals, marks and digits."""
    kind = rng.random()
    if kind < 0.72:
        return normal(text)
    if kind < 0.78:
        return words_as_digits(normal(text))
    text = text[:1].upper() + text[1:]
    if text[-1:].isalnum():
        text += rng.choice("??.")
    return re.sub(r"\bi\b", "I", text)
