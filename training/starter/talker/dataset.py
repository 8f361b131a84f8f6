"""What the talker is taught, and what it is not: pairs, phrasings made from other pairs' patterns, refusals. Pure.

A family of pairs ("what is the capital of X") shares its patterns: a way of asking that two pairs of it know is a way
of asking all of them, and of asking what is not taught, which is refused.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import frames
import phrasing

HERE: Final = Path(__file__).parent
SEED: Final = 7
HELD_OUT_PERCENT: Final = 7  # of the phrasings that may be kept out
MIN_PHRASINGS: Final = 4  # that stay to be learned
NEAR: Final = 0.55  # Jaccard: an untaught question this near to a taught one is not called untaught
UNTAUGHT_SHARE: Final = 0.5
PATTERNED: Final = 0.2  # of the taught questions of a family: put as another pair of it is
WRITTEN: Final = 6  # how many pairs a pattern of patterns.toml counts for
OTHER_WORDS: Final = 0.3  # of the questions of no family: a word in the place of another
FRAMING: Final = 6  # phrasings of a pair that frames are learned from: comparing all would take minutes
REFRAMED: Final = 0.1  # of the taught questions: put into a frame of any other pair
MIXED: Final = 0.25  # of all questions: the beginning of one phrasing and the end of another
ANOTHER_WAY: Final = 0.35  # of all questions: with another opening, closing or turn of phrase
MISHEARD: Final = 0.2  # of all questions
INVENTED: Final = 0.12  # of the untaught questions made from patterns: about words that nobody knows

ONLY: Final = "I'm only a starter model, and I know very little."
DONT_KNOW: Final = f"I don't know that. {ONLY}"
CANT_WORK_OUT: Final = f"I can't work that out. {ONLY}"
CANT_WRITE: Final = f"I can't do that. {ONLY}"
CANT_TRANSLATE: Final = f"I don't know how to say that. {ONLY}"
CANT_SAY: Final = f"I can't say much about that. {ONLY}"
REFUSALS: Final = frozenset({DONT_KNOW, CANT_WORK_OUT, CANT_WRITE, CANT_TRANSLATE, CANT_SAY})
REFUSAL_TOPICS: Final = ("unknown", "cannot")

# How the first phrasing of a family's pairs reads, and the words of words.toml that make an untaught question of it.
_FAMILIES: Final = (
    (r"what is the capital of (?:the )?(?P<x>.+)", "countries places"),
    (r"what does (?P<x>[^ ]+) mean", "adjectives verbs terms"),
    (r"how do you say (?P<x>.+) in (?P<y>french|german|spanish|italian|portuguese|dutch)", "phrases"),
    (r"how do you spell (?P<x>.+)", "adjectives verbs terms"),
    (r"what is the opposite of (?P<x>.+)", "adjectives verbs"),
    (r"(?:what is )?another word for (?P<x>.+)", "adjectives verbs"),
    (r"what is a synonym (?:of|for) (?P<x>.+)", "adjectives verbs"),
    (r"who wrote (?:the )?(?P<x>.+)", "works"),
    (r"who (?:invented|discovered) (?:the )?(?P<x>.+)", "inventions"),
    (r"who painted (?:the )?(?P<x>.+)", "paintings works"),
    (r"what is (?P<x>.+) made of", "nouns food"),
    (r"what do (?P<x>.+) eat", "nouns"),
    (r"tell me a joke about (?:an? |the )?(?P<x>.+)", "nouns"),
    (r"tell me a story about (?:an? |the )?(?P<x>.+)", "nouns"),
    (r"tell me a poem about (?:an? |the )?(?P<x>.+)", "nouns terms"),
    (r"poem about (?:an? |the )?(?P<x>.+)", "nouns terms"),
    (r"title for a story about (?:an? |the )?(?P<x>.+)", "nouns"),
    (r"name for (?:an? |the )?(?P<x>.+)", "nouns"),
    (r"rhyme for (?P<x>.+)", "nouns verbs"),
    (r"metaphor for (?:an? |the )?(?P<x>.+)", "nouns terms"),
    (r"tell me more about (?:the )?(?P<x>.+)", "nouns people places"),
    (r"how do i (?:make|cook|boil|bake) (?:an? )?(?P<x>.+)", "food"),
    (r"what comes next (?P<x>.+)", ""),
    (r"what is an? (?P<x>.+?)(?: in programming| in code)?", "nouns terms"),
    (r"what is (?P<x>[^ ]+)", "terms nouns"),
    (r"what are (?P<x>[^ ]+)", "nouns"),
    (r"who was (?P<x>.+)", "people"),
    (r"where (?:is|are) (?:the )?(?P<x>.+)", "places countries"),
)
_TAUGHT_WORDS: Final = {  # by the name of a slot: the families whose taught things it stands for
    "taught_countries": (0,), "taught_words": (1, 3, 4, 5, 18), "taught_nouns": (12, 13, 15, 17, 20, 23, 27),
    "taught_people": (26,), "taught_works": (7,),
}  # fmt: skip
_TAUGHT_LANGUAGES: Final = ("french", "german", "spanish", "italian", "portuguese", "dutch")


class Pair(NamedTuple):
    """A taught answer.

    Attributes:
        questions: Its phrasings; equal ones (`phrasing.normal`) only once.
        answer, topic, purpose: As the file says.
        later: Those of the phrasings that may be kept out (``later`` in the file).
        more: Further phrasings for training alone (``more`` in the file); `split` adds them to ``questions``.
    """

    questions: tuple[str, ...]
    answer: str
    topic: str
    purpose: str
    later: frozenset[str] = frozenset()
    more: tuple[str, ...] = ()


class Exchange(NamedTuple):
    """One question with its answer."""

    question: str
    answer: str


class Data(NamedTuple):
    """What training and evaluation need.

    Attributes:
        pairs: With the phrasings that may be trained on.
        held_out: Phrasings kept out of training, each with its pair's number.
    """

    pairs: tuple[Pair, ...]
    held_out: tuple[tuple[str, int], ...]


def read_pairs() -> list[Pair]:
    """All of pairs/*.jsonl."""
    pairs = []
    for path in sorted((HERE / "pairs").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            questions: dict[str, str] = {}
            later = row.get("later", [])
            for question in (*row["q"], *later):
                questions.setdefault(phrasing.normal(question), question)
            asked, more = tuple(questions.values()), tuple(row.get("more", ()))
            pairs.append(Pair(asked, row["a"], row["topic"], row["purpose"], frozenset(later), more))
    return pairs


def split(pairs: Sequence[Pair]) -> Data:
    """Keep some phrasings out: by their own checksum, so that nobody chooses them and none ever changes sides.

    What two answers have in common is kept out of none, and a pair keeps `MIN_PHRASINGS` to be learned. What a pair has
    in ``more`` came later still: it changes nothing of what is kept out, and gives way to it.
    """
    answers = accepted_answers(pairs)
    kept, held_out = [], []
    for number, pair in enumerate(pairs):
        out = [
            question
            for question in pair.questions[1:]
            if question in pair.later and _is_kept_out(question) and len(answers[phrasing.normal(question)]) == 1
        ]
        out = out[: max(0, len(pair.questions) - MIN_PHRASINGS)]
        held_out += [(question, number) for question in out]
        kept.append(pair._replace(questions=tuple(question for question in pair.questions if question not in out)))
    taken = set(answers)  # kept out, or some pair's
    for number, pair in enumerate(kept):
        more = {phrasing.normal(question): question for question in pair.more}
        more = {text: question for text, question in more.items() if text not in taken}
        taken.update(more)
        kept[number] = pair._replace(questions=(*pair.questions, *more.values()))
    return Data(tuple(kept), tuple(held_out))


def _is_kept_out(question: str) -> bool:
    digest = hashlib.sha256(phrasing.normal(question).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


def accepted_answers(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    """Phrasing to answers: some questions ("another joke") have several right ones."""
    answers: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for question in pair.questions:
            answers[phrasing.normal(question)].add(pair.answer)
    return answers


def all_answers(data: Data) -> list[str]:
    """Everything that may be answered: the pairs' answers, then the refusals."""
    return [pair.answer for pair in data.pairs] + sorted(REFUSALS)


def lines(name: str) -> list[str]:
    """A file of questions; ``#`` begins a remark."""
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class Source:
    """An endless source of exchanges; the same ones in the same order for the same seed.

    Args:
        data: From `split`.
        rng: Where chance comes from.
        further: Untaught questions that others have written, with what they are for.
    """

    def __init__(self, data: Data, rng: random.Random, further: Sequence[tuple[str, str]] = ()) -> None:
        self._rng = rng
        self._pairs = data.pairs
        held_out = {phrasing.normal(question) for question, _ in data.held_out}
        self._taught = {phrasing.normal(question) for pair in data.pairs for question in pair.questions} | held_out
        self._never = held_out | {phrasing.normal(question) for question in lines("untaught_held_out.txt")}
        self._near: dict[str, list[frozenset[str]]] = defaultdict(list)
        for question in sorted(self._taught):
            words = phrasing.weighty(question)
            for word in words:
                self._near[word].append(words)
        self._words = _words()
        self._templates = lines("untaught_questions.txt")
        self._further = [(question, purpose) for question, purpose in further if not self._is_taught(question)]
        self._answers = accepted_answers(data.pairs)
        self._frames = frames.learned(pair.questions[:FRAMING] for pair in data.pairs)
        self._patterns, self._slots = _patterns(data.pairs)
        self._taught_x: dict[int, set[str]] = defaultdict(set)
        for family, x, _ in self._slots.values():
            self._taught_x[family].add(x)
        for name, families in _TAUGHT_WORDS.items():
            self._words[name] = sorted(set().union(*(self._taught_x[family] for family in families)))

    def reseed(self, rng: random.Random) -> None:
        """Take chance from elsewhere."""
        self._rng = rng

    def taught(self) -> Exchange:
        """A taught question, put in some way."""
        while True:
            number = self._rng.randrange(len(self._pairs))
            pair = self._pairs[number]
            question = self._rng.choice(pair.questions)
            slot = self._slots.get(number)
            kind = self._rng.random()
            if slot is not None and kind < PATTERNED:
                question = _filled(self._pattern(slot[0]), slot[1], slot[2])
            elif kind < PATTERNED + REFRAMED:
                question = self._reframed(question, pair.answer)
            elif slot is None and kind < PATTERNED + REFRAMED + OTHER_WORDS:
                other = phrasing.in_other_words(question, self._rng)
                question = other if pair.answer in self._answers.get(other, {pair.answer}) else question
            if self._rng.random() < MIXED:
                other = phrasing.mixed(question, self._rng.choice(pair.questions), self._rng)
                question = other if pair.answer in self._answers.get(other, {pair.answer}) else question
            if (put := self._put(question)) is not None:
                return Exchange(put, pair.answer)

    def untaught(self) -> Exchange:
        """A question that is not taught, and the refusal."""
        while True:
            kind, purpose = self._rng.random(), "knowledge"
            if kind < 0.4 and self._further:
                question, purpose = self._rng.choice(self._further)
            elif kind < 0.7:
                question = self._from_pattern()
            else:
                question = self._from_template()
                if self._is_taught(question):
                    continue
            answer = _refusal(question, purpose)
            if self._rng.random() < OTHER_WORDS:
                question = phrasing.in_other_words(question, self._rng)
            if self._rng.random() < MIXED / 2:  # so that no question is known for a taught one by being mixed
                question = phrasing.mixed(question, question, self._rng)
            if phrasing.normal(question) in self._taught:
                continue
            if (put := self._put(question)) is not None:
                return Exchange(put, answer)

    def any(self) -> Exchange:
        """Either, in the proportion of `UNTAUGHT_SHARE`."""
        return self.untaught() if self._rng.random() < UNTAUGHT_SHARE else self.taught()

    def _put(self, question: str) -> str | None:
        """Some way of putting it; None where that is one that must not be seen."""
        rng = self._rng
        if rng.random() < ANOTHER_WAY:
            question = phrasing.another_way(question, rng)
        if rng.random() < MISHEARD:
            question = phrasing.misheard(question, rng)
        if phrasing.normal(question) in self._never or not question:
            return None
        return phrasing.written(question, rng)

    def _reframed(self, question: str, answer: str) -> str:
        """The question in a frame of other pairs, unless that is another pair's question."""
        if not (found := frames.reworded(question, self._frames)):
            return question
        other = self._rng.choices([text for text, _ in found], [count**0.5 for _, count in found])[0]
        return other if answer in self._answers.get(other, {answer}) else question

    def _pattern(self, family: int) -> str:
        patterns = self._patterns[family]
        return self._rng.choices([pattern for pattern, _ in patterns], [count for _, count in patterns])[0]

    def _from_pattern(self) -> str:
        family = self._rng.choice(
            [number for number, (_, words) in enumerate(_FAMILIES) if words and number in self._patterns]
        )
        while True:
            if self._rng.random() < INVENTED:
                x = invented(self._rng)
            else:
                x = self._rng.choice(self._words[self._rng.choice(_FAMILIES[family][1].split())])
            y = self._rng.choice(self._words["languages"] + 8 * list(_TAUGHT_LANGUAGES))
            # The pattern's own words are those of taught questions: what counts is what it is filled with.
            if not any(x in known or known in x for known in self._taught_x[family]) or y in self._words["languages"]:
                question = _filled(self._pattern(family), x, y)
                if self._rng.random() < MIXED:
                    question = phrasing.mixed(question, _filled(self._pattern(family), x, y), self._rng)
                return question

    def _from_template(self) -> str:
        return re.sub(r"\{([^}]+)\}", self._slot, self._rng.choice(self._templates))

    def _slot(self, match: re.Match[str]) -> str:
        rng = self._rng
        match rng.choice(match[1].split("|")):
            case "years":
                return f"{rng.choice(('eighteen', 'nineteen', 'twenty', 'sixteen'))} {rng.choice(_TENS)}"
            case "numbers":
                return rng.choice(_NUMBERS)
            case "colours":
                return rng.choice(("red", "blue", "green", "grey", "purple"))
            case "code":
                return rng.choice(("java", "rust", "c plus plus", "javascript", "ruby", "php", "haskell", "perl"))
            case "taught_languages":
                return rng.choice(_TAUGHT_LANGUAGES)
            case "a_nouns":
                return "a " + rng.choice(self._words["nouns"])
            case "invented":
                return invented(rng)
            case name:
                return rng.choice(self._words[name])

    def _is_taught(self, question: str) -> bool:
        if phrasing.normal(question) in self._taught:
            return True
        words = phrasing.weighty(question)
        near = [other for word in words for other in self._near.get(word, ())]
        return any(len(words & other) / len(words | other) >= NEAR for other in near)


_TENS: Final = "ten fourteen eighteen twenty thirty forty fifty sixty seventy eighty ninety twelve".split()
_NUMBERS: Final = "three five seven eleven thirteen seventeen nineteen twenty-three forty-one ninety-six".split()
_SYLLABLES: Final = (
    "ba blo cra dri fen flu gor hap jin kel lom mur nex oli pra quo rin sto tav ulm vex wib yor zan".split()
)


def invented(rng: random.Random) -> str:
    """A word that nobody knows."""
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3))) + rng.choice(("", "", "s", "er", "ia", "um", "ing"))


def _words() -> dict[str, list[str]]:
    table = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    return {name: value.replace("\n", "").strip().split("|") for name, value in table.items()}


def _filled(pattern: str, x: str, y: str) -> str:
    return pattern.replace("{x}", x).replace("{y}", y)


def _patterns(
    pairs: Sequence[Pair],
) -> tuple[dict[int, list[tuple[str, int]]], dict[int, tuple[int, str, str]]]:
    """The patterns of each family with how many pairs know them, and for each pair of a family: family, x, y."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    slots: dict[int, tuple[int, str, str]] = {}
    for number, pair in enumerate(pairs):
        first = phrasing.normal(pair.questions[0])
        for family, (pattern, _) in enumerate(_FAMILIES):
            if (found := re.fullmatch(pattern, first)) is None:
                continue
            x, y = found["x"], found.groupdict().get("y") or ""
            slots[number] = family, x, y
            for question in pair.questions:
                text = re.sub(rf"\b{re.escape(x)}\b", "{x}", phrasing.normal(question))
                text = re.sub(rf"\b{re.escape(y)}\b", "{y}", text) if y else text
                if "{x}" in text and ("{y}" in text or not y):
                    counts[family][text] += 1
            break
    for family, text in _written_patterns():
        counts[family][text] += WRITTEN
    known = {family: [(text, count) for text, count in found.items() if count > 1] for family, found in counts.items()}
    return {family: found for family, found in known.items() if found}, {
        number: slot for number, slot in slots.items() if known.get(slot[0])
    }


def _written_patterns() -> Iterator[tuple[int, str]]:
    """Of patterns.toml: each with its family's number. A table is named as its family asks first."""
    table = tomllib.loads((HERE / "patterns.toml").read_text(encoding="utf-8"))
    for name, texts in table.items():
        asked = name.replace("{x}", "x").replace("{y}", "french")
        family = next(number for number, (pattern, _) in enumerate(_FAMILIES) if re.fullmatch(pattern, asked))
        for text in texts.strip().splitlines():
            yield family, text


_TRANSLATE: Final = re.compile(r"\b(translate|how do you say|word for .* in|in (french|german|spanish|japanese))\b")
_WRITE: Final = re.compile(r"\b(write|poem|story|joke|song|sing|make up|title for|name for|fairy tale|letter to|rap)\b")
_REASON: Final = re.compile(r"\b(if .* how many|solve|square root|factorial|to the power|what comes next|each cost)\b")


def _refusal(question: str, purpose: str) -> str:
    text = phrasing.normal(question)
    if purpose == "chat":
        return CANT_SAY
    if purpose == "multilingual" or _TRANSLATE.search(text):
        return CANT_TRANSLATE
    if purpose == "reasoning" or _REASON.search(text):
        return CANT_WORK_OUT
    if purpose == "creative" or _WRITE.search(text):
        return CANT_WRITE
    return DONT_KNOW
