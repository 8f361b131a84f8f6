"""What the purpose classifier sees of a sentence: its words, pairs of words, kinds of words and shape. Pure.

Training and answering use this one function, so that both see the same. Whatever changes here calls for training anew
(training/purpose/train.py); the model's manifest names the version it was trained for.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Final, NamedTuple

from homebody.language import identify, strangers
from homebody.router.lexicon import LEXICON

VERSION: Final = 1
WORD_LIMIT: Final = 120  # of a longer text, the beginning and the end: what is wanted stands there
KNOWN_WORDS: Final = 4096  # of which it is remembered what they are: words come again

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


class _Lexicon(NamedTuple):
    """The lexicon turned round.

    Attributes:
        phrases: Kinds by word or phrase.
        openings: What phrases of several words begin with, whole words.
        beginnings: Beginnings of words, or of two words, with their kind, by their first letter.
    """

    phrases: Mapping[str, tuple[str, ...]]
    openings: Collection[str]
    beginnings: Mapping[str, list[tuple[str, str]]]


@cache
def _lexicon() -> _Lexicon:
    phrases: dict[str, set[str]] = {}
    beginnings: dict[str, list[tuple[str, str]]] = {}
    for kind, listed in LEXICON.items():
        for entry in listed.split():
            if entry.endswith("*"):
                beginnings.setdefault(entry[0], []).append((entry[:-1].replace("_", " "), kind))
            else:
                for phrase in {entry, *(_with(entry, short, long) for short, long in _CONTRACTIONS.items())}:
                    if phrase.count("_") < _PHRASE_WORDS:
                        phrases.setdefault(phrase.replace("_", " "), set()).add(kind)
    openings = {phrase[:at] for phrase in phrases for at, letter in enumerate(phrase) if letter == " "}
    openings |= {begun.partition(" ")[0] for listed in beginnings.values() for begun, _ in listed if " " in begun}
    return _Lexicon({phrase: tuple(sorted(kinds)) for phrase, kinds in phrases.items()}, openings, beginnings)


def _with(entry: str, short: str, long: str) -> str:
    return "_".join(long.replace(" ", "_") if part == short else part for part in entry.split("_"))


def kinds(spoken: list[str]) -> dict[str, int]:
    """How often each kind of the lexicon occurs."""
    phrases, openings, _ = _lexicon()
    found: dict[str, int] = {}
    for start, word in enumerate(spoken):
        for kind in _kinds_of(word):
            found[kind] = found.get(kind, 0) + 1
        phrase, end = word, start + 1
        while phrase in openings and end < len(spoken):
            phrase = f"{phrase} {spoken[end]}"
            begun = _begun_by(phrase) if end == start + 1 else ()
            for kind in (*phrases.get(phrase, ()), *begun):
                found[kind] = found.get(kind, 0) + 1
            end += 1
    return found


@lru_cache(KNOWN_WORDS)
def _kinds_of(word: str) -> tuple[str, ...]:
    """The kinds of one word; one that is named in two ways is there twice."""
    lexicon = _lexicon()
    begun = (kind for beginning, kind in lexicon.beginnings.get(word[:1], ()) if word.startswith(beginning))
    return (*lexicon.phrases.get(word, ()), *begun)


def _begun_by(two: str) -> list[str]:
    """The kinds of beginnings that go over the first of these two words."""
    beginnings = _lexicon().beginnings.get(two[:1], ())
    return [kind for beginning, kind in beginnings if " " in beginning and two.startswith(beginning)]


def features(text: str, *, has_image: bool = False, language: str | None = None) -> dict[str, float]:
    """The features of a sentence, by name, with their values; see `by_value`."""
    found = by_value(text, has_image=has_image, language=language)
    return {name: value for value, names in found.items() for name in names}


def by_value(text: str, *, has_image: bool = False, language: str | None = None) -> Mapping[float, Collection[str]]:
    """The features of a sentence, the names of those that have the same value together; no name is there twice.

    Args:
        text: As heard or written, in any language.
        has_image: Whether a picture came with it.
        language: Its language, where that is known.
    """
    spoken = words(text)
    said = without_opening(spoken)
    foreign = (language or identify(text)) != "en"
    share = 0.6 if foreign and not has_image else 1.0
    named = kinds(spoken)
    both = sorted(named)
    found: dict[float, set[str]] = {}

    def add(value: float, names: Iterable[str]) -> None:
        if (there := found.get(value)) is None:
            found[value] = set(names)
        else:
            there.update(names)

    add(1.0, _shape(spoken, said, foreign=foreign))
    add(KIND, [f"kind:{kind}" for kind in both])
    for kind, count in named.items():
        if count > 1:
            add(KIND * min(count - 1, 4) / 2, [f"kinds:{kind}"])
    add(0.5, [f"both:{one}+{two}" for i, one in enumerate(both) for two in both[i + 1 :]])
    add(share, chain.from_iterable(map(_names_of, said)))
    add(0.5 * share, _order(said))
    if not has_image:  # what is left of a word that was misheard, bent or never seen
        add(0.3 * share, chain.from_iterable(map(_letters, dict.fromkeys(spoken))))
    return found


def _shape(spoken: list[str], said: list[str], *, foreign: bool) -> list[str]:
    """What the sentence is like, apart from its words."""
    found = ["bias", f"mood:{_MOODS.get(said[0], 'order') if said else 'none'}"]
    if foreign:
        found.append("foreign")
    strange = strangers(spoken)
    found += [f"strangers>={count}" for count in range(1, min(strange, 2) + 1)]
    numbers = sum(word in _NUMBERS or word[0].isdigit() for word in spoken)
    found += [f"numbers>={count}" for count in range(1, min(numbers, 3) + 1)]
    found += [f"words>{length}" for length in (3, 6, 10, 15, 22) if len(spoken) > length]
    return found + [f"person:{who}" for who, pronouns in _PERSONS.items() if not pronouns.isdisjoint(spoken)]


def without_opening(spoken: list[str]) -> list[str]:
    """The words of `words` without polite openings, numbers all alike."""
    joined = " ".join(spoken)
    opening = _OPENINGS.match(joined)
    asked = (joined[opening.end() :] if opening else joined).split() or spoken
    return ["#" if word in _NUMBERS or word[0].isdigit() else word for word in asked]


@lru_cache(KNOWN_WORDS)
def _names_of(word: str) -> tuple[str, ...]:
    return (f"w:{word}", f"s:{word[:5]}") if len(word) > 6 else (f"w:{word}",)


def _order(said: list[str]) -> list[str]:
    openings = [f"first{count}:{' '.join(said[:count])}" for count in (1, 2, 3)]
    return [*openings, *(f"b:{one} {two}" for one, two in pairwise(said))]


@lru_cache(KNOWN_WORDS)
def _letters(word: str) -> tuple[str, ...]:
    """Its groups of three or four letters."""
    framed = f"^{word[:20]}$"
    return tuple(sys.intern(f"c:{framed[i : i + size]}") for size in (3, 4) for i in range(len(framed) - size + 1))
