"""What the purpose classifier sees of a sentence: its words, pairs of words, kinds of words and shape. Pure.

Training and answering use this one function, so that both see the same. Whatever changes here calls for training anew
(training/purpose/train.py); the model's manifest names the version it was trained for.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Final

from homebody.language import identify, strangers
from homebody.router.lexicon import LEXICON

VERSION: Final = 1
WORD_LIMIT: Final = 120  # of a longer text, the beginning and the end: what is wanted stands there

# A larger value learns more readily. Chosen, as the smaller ones below, among a handful by cross-validation.
KIND: Final = 1.6
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['-][^\W\d_]+)*|[+#]+")
_PHRASE_WORDS: Final = 5
_NUMBERS: Final = frozenset(
    """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million""".split()  # noqa: SIM905
)
_CONTRACTIONS: Final = {
    "what's": "what is", "whats": "what is", "who's": "who is", "where's": "where is", "how's": "how is",
    "that's": "that is", "it's": "it is", "there's": "there is", "wot": "what", "wots": "what is", "hoo": "who",
    "dew": "do", "couldn't": "could not", "i'd": "i would", "i've": "i have", "wanna": "want to", "gonna": "going to",
    "gimme": "give me",
}  # fmt: skip
_PERSONS: Final = {
    "i": frozenset(("i", "i'm", "me", "my", "mine", "myself", "we", "us", "our", "i'll")),
    "you": frozenset(("you", "your", "you're", "yourself", "yours", "you've", "u")),
}
# How a sentence begins: a question, an order, or something told.
_MOODS: Final = {
    opening: mood
    for mood, openings in {
        "wh": "what who whose whom which where when why how whats wear wen y",
        "aux": """is are was were am do does did has have had can could should would will shall may might must isn't
            aren't don't doesn't didn't won't can't couldn't shouldn't wouldn't""",
        "told": """i i'm i've i'll my we we're we've our it it's he she they he's she's they're the this that that's
            there a an some people everybody everyone nobody somebody today tomorrow yesterday you you're you've no yes
            oh well""",
    }.items()
    for opening in openings.split()
}
# Words in front that say nothing about what is wanted.
_OPENINGS: Final = re.compile(
    r"^(?:(?:hey|ok|okay|so|well|um|uh|er|and|please|homebody|computer|now|alright|listen|right|yes|hi|hello)\s+)*"
    r"(?:(?:can|could|would|will) you (?:please |kindly |maybe |just )?(?:help me (?:to )?)?(?:tell me (?=wh|how|if))?|"
    r"(?:can|could) i ask you |i (?:want|need|would like|would love) (?:you )?to (?:know (?:if |whether )?)?|please |"
    r"i (?:was wondering|wonder|wondered|am curious|forgot|never understood) (?:if |whether |about )?|"
    r"i'm (?:curious|wondering) (?:if |whether |about )?|do you know (?:if |whether )?(?=wh|how|if|the)|"
    r"(?:my|our) (?:son|daughter|kids|wife|husband) (?:asked|asks|wants to know|needs to know) (?:me )?|"
    r"(?:just a |one )?quick question |tell me (?=wh|how|if)|remind me (?=wh|how)|for school |"
    r"i would like (?:you to |to know )?|i need you to )?(?=\S+ \S)"
)


def words(text: str) -> list[str]:
    """The words as they are compared: lower case, contractions written out, at most `WORD_LIMIT`."""
    if len(text) > 12 * WORD_LIMIT:
        text = text[: 6 * WORD_LIMIT] + " " + text[-6 * WORD_LIMIT :]
    lowered = unicodedata.normalize("NFC", text.lower()).replace("’", "'")
    found = _WORD.findall(lowered)
    spoken = " ".join(_CONTRACTIONS.get(word, word) for word in found).split()
    half = WORD_LIMIT // 2
    return spoken if len(spoken) <= WORD_LIMIT else spoken[:half] + spoken[-half:]


@cache
def _phrases() -> tuple[dict[str, tuple[str, ...]], dict[str, list[tuple[str, str]]]]:
    """The lexicon turned round: kinds by word or phrase, and by its first letter each beginning with its kind."""
    exact: dict[str, set[str]] = {}
    beginnings: dict[str, list[tuple[str, str]]] = {}
    for kind, listed in LEXICON.items():
        for entry in listed.split():
            if entry.endswith("*"):
                beginnings.setdefault(entry[0], []).append((entry[:-1].replace("_", " "), kind))
            else:
                for phrase in {entry, *(_with(entry, short, long) for short, long in _CONTRACTIONS.items())}:
                    exact.setdefault(phrase.replace("_", " "), set()).add(kind)
    return {phrase: tuple(sorted(kinds)) for phrase, kinds in exact.items()}, beginnings


def _with(entry: str, short: str, long: str) -> str:
    return "_".join(long.replace(" ", "_") if part == short else part for part in entry.split("_"))


def kinds(spoken: list[str]) -> dict[str, int]:
    """How often each kind of the lexicon occurs."""
    exact, beginnings = _phrases()
    found: dict[str, int] = {}
    for start in range(len(spoken)):
        phrase = ""
        for length in range(min(_PHRASE_WORDS, len(spoken) - start)):
            phrase = f"{phrase} {spoken[start + length]}" if phrase else spoken[start]
            for kind in exact.get(phrase, ()):
                found[kind] = found.get(kind, 0) + 1
        two = " ".join(spoken[start : start + 2])
        for beginning, kind in beginnings.get(two[:1], ()):
            if two.startswith(beginning):
                found[kind] = found.get(kind, 0) + 1
    return found


def features(text: str, *, has_image: bool = False, language: str | None = None) -> dict[str, float]:
    """The features of a sentence, by name, with their values.

    Args:
        text: As heard or written, in any language.
        has_image: Whether a picture came with it.
        language: Its language, where that is known.
    """
    spoken = words(text)
    found: dict[str, float] = {"bias": 1.0}
    foreign = (language or identify(text)) != "en"
    if foreign:
        found["foreign"] = 1.0
    said = _said(spoken)
    found[f"mood:{_MOODS.get(said[0], 'order') if said else 'none'}"] = 1.0
    strange = strangers(spoken)
    for count in range(1, min(strange, 2) + 1):
        found[f"strangers>={count}"] = 1.0
    numbers = sum(word[0].isdigit() or word in _NUMBERS for word in spoken)
    for count in range(1, 4):
        if numbers >= count:
            found[f"numbers>={count}"] = 1.0
    for length in (3, 6, 10, 15, 22):
        if len(spoken) > length:
            found[f"words>{length}"] = 1.0
    named = kinds(spoken)
    for kind, count in named.items():
        found[f"kind:{kind}"] = KIND
        if count > 1:
            found[f"kinds:{kind}"] = KIND * min(count - 1, 4) / 2
    both = sorted(named)
    found |= {f"both:{one}+{two}": 0.5 for i, one in enumerate(both) for two in both[i + 1 :]}
    for who, pronouns in _PERSONS.items():
        if pronouns.intersection(spoken):
            found[f"person:{who}"] = 1.0
    share = 0.6 if foreign and not has_image else 1.0
    for names, value in ((_words_said(said), 1.0), (_order(said), 0.5), ([] if has_image else _letters(spoken), 0.3)):
        found |= dict.fromkeys(names, value * share)
    return found


def _said(spoken: list[str]) -> list[str]:
    """Without polite openings, numbers all alike."""
    asked = _OPENINGS.sub("", " ".join(spoken)).split() or spoken
    return ["#" if word[0].isdigit() or word in _NUMBERS else word for word in asked]


def _words_said(said: list[str]) -> list[str]:
    return [*(f"w:{word}" for word in said), *(f"s:{word[:5]}" for word in said if len(word) > 6)]


def _order(said: list[str]) -> list[str]:
    openings = [f"first{count}:{' '.join(said[:count])}" for count in (1, 2, 3)]
    return [*openings, *(f"b:{one} {two}" for one, two in pairwise(said))]


def _letters(spoken: list[str]) -> list[str]:
    """Groups of three or four letters: what is left of a word that was misheard, bent or never seen."""
    framed = [f"^{word[:20]}$" for word in dict.fromkeys(spoken)]
    return [f"c:{word[i : i + size]}" for word in framed for size in (3, 4) for i in range(len(word) - size + 1)]
