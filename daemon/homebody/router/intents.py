"""What was said, matched against the skills' sentence templates, without a model. Pure: text in, candidates out.

hassil (https://github.com/OHF-Voice/hassil) does the matching; around it this module prepares the words
(`homebody.router.wording`), keeps every skill's lists and rules private (`homebody.router.templates`), holds slots to
the skill's JSON schema (`homebody.router.slot_values`), orders the candidates and, where exactly nothing matched,
forgives a misheard word.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from hassil import Intents as HassilIntents
from hassil import recognize_all
from hassil.intents import Intent, IntentData
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from homebody.errors import Problem
from homebody.router import slot_values, template_filter, templates, wording
from homebody.router.continuations import may_follow
from homebody.router.template_filter import Outline, Whole
from homebody.skill import SkillInfo

WORD_LIMIT: Final = 40  # a longer sentence is no command, and a wildcard's candidates grow with the square of it

# Jaro-Winkler. 0.80 repaired 4 of 9 recorded slips and accepted none of 3 unrelated sentences; it is raised here, since
# a repaired sentence must match a whole template besides.
REPAIR_SIMILARITY: Final = 0.84
REPAIR_SIMILARITY_SIDE_EFFECT: Final = 0.86  # and one letter apart
REPAIRED_WORDS: Final = 2
_REPAIR_CHOICES: Final = 2  # vocabulary words tried for each misheard one
_UNKNOWN_LIMIT: Final = 4  # with more words that no template knows it is no command
_SHORTEST_REPAIRED: Final = 3  # letters


class Match(msgspec.Struct, frozen=True):
    """One way to understand a sentence.

    Attributes:
        skill: Its name.
        slots: Valid for the skill's JSON schema.
        literal_chars: Letters that the template or a list named; more is surer.
        free_chars: Letters that free text swallowed.
        repaired: A misheard word was replaced to match.
        complete: All the skill awaits was named, exactly, and the words do not end in what is likely to go on.
        extensible: What is complete could go on nevertheless, and would then ask for something else
            (`homebody.router.continuations`).
        read_only, answers: As the skill declares.
        correctable: It changes something, and its plugin has a skill for what is said about that afterwards.
        language: Of the templates; the skill is to answer in it.
    """

    skill: str
    slots: dict[str, Any]
    literal_chars: int = 0
    free_chars: int = 0
    repaired: bool = False
    complete: bool = True
    extensible: bool = False
    read_only: bool = False
    language: str = "en"
    answers: bool = False
    correctable: bool = False


class Wording(Protocol):
    """What a sentence looks like to the matcher, in one language. `homebody.router.wording` is the English one."""

    def plain(self, text: str) -> str:
        """Lower case, single spaces, number words as they are."""

    def with_digits(self, text: str) -> str:
        """A plain sentence normalised: digits for number words."""

    def without_polite_ends(self, text: str) -> str:
        """A normalised sentence without the polite words around it."""

    def without_polite_words(self, text: str) -> str:
        """`without_polite_ends`, and none within."""


class _Template:
    """One sentence template, as an intent of its own named after its skill."""

    def __init__(self, skill: SkillInfo, data: IntentData) -> None:
        self.intent = Intent(skill.name, [data])
        (self._sentence,) = data.sentences
        self._data, self._schema = data, skill.parameters
        self.needs = template_filter.needs(data, self._sentence, skill.parameters)

    @functools.cached_property
    def outline(self) -> Outline:
        """Made when it is first wanted: it takes two milliseconds, and `needs` rules most templates out before."""
        numeric = functools.partial(slot_values.is_numeric, schema=self._schema)
        return Outline(self._data, self._sentence, self._schema, numeric)


class _Sentence:
    """A sentence in the ways it may be taken, each prepared when it is first wanted."""

    def __init__(self, text: str, words: Wording) -> None:
        self.plain = words.plain(text)
        self.said = words.with_digits(self.plain)
        self._words = words

    @functools.cached_property
    def bare(self) -> str:
        """Without polite ends."""
        return self._words.without_polite_ends(self.said)

    @functools.cached_property
    def inner(self) -> str:
        """Without the polite words inside either; `bare` where nothing else would be left."""
        return self._words.without_polite_words(self.said) or self.bare

    @functools.cached_property
    def bare_plain(self) -> str:
        """`bare`, with number words as words."""
        return self._words.without_polite_ends(self.plain)

    @functools.cached_property
    def whole(self) -> Whole:
        """What free text is taken from."""
        return Whole(self.said)


class Intents:
    """The templates of all skills. Built once (some 0.2 s for 200 templates); then a sentence that no template fits
    takes a tenth of a millisecond, and a command about one.

    Args:
        skills: Those to match. One whose templates cannot be used is left out and named in ``problems``.
        reuse: What has been built before, for skills that have not changed.
        words: Prepares sentences; that of the templates' language.

    Attributes:
        problems: What is wrong with skills that were left out.
    """

    def __init__(self, skills: Sequence[SkillInfo], *, reuse: Intents | None = None, words: Wording = wording) -> None:
        self.problems: list[Problem] = []
        self._wording = words
        self._skills: dict[str, SkillInfo] = {}
        self._corrected = {skill.plugin for skill in skills if skill.answers and skill.side_effect}
        self._templates: dict[str, list[_Template]] = {}
        for skill in skills:
            self._add(skill, reuse)
        self._latest = "", _Sentence("", words)
        self._all = [one for made in self._templates.values() for one in made]
        self._index = template_filter.Index([one.needs for one in self._all])
        self._own_words = {name: templates.vocabulary([skill]) for name, skill in self._skills.items()}
        self._vocabulary = frozenset[str]().union(*self._own_words.values())
        self._words = sorted(word for word in self._vocabulary if word.replace("'", "").isalpha())

    def prepare(self) -> Iterator[None]:
        """Do now, in small steps, what the first sentences would otherwise wait for; may run in a thread."""
        for template in self._all:
            template.outline  # noqa: B018  # made and kept
            yield
        for skill in list(self._skills.values()):  # indexes lists
            for example in skill.examples[:1]:
                self.match(example)
                yield

    def built(self, skill: SkillInfo) -> list[_Template] | None:
        """What was made of this skill's templates; None where it is not the same skill."""
        return self._templates[skill.name] if self._skills.get(skill.name) == skill else None

    def match(self, text: str, *, repair: bool = True) -> list[Match]:
        """All skills that understand the sentence, best first; the same sentence always gives the same list.

        The most literally matched letters win, then the fewest of free text, then the order of the skills.

        Args:
            text: As heard or typed; case, punctuation and polite words do not matter.
            repair: Forgive a misheard word where nothing matches.
        """
        sentence = self._sentence(text)
        found = self._as_said(sentence) if sentence else []
        return found if found or not (repair and sentence) else self._as_meant(sentence)

    def repaired(self, text: str) -> list[Match]:
        """What `match` finds in a sentence that nothing matches as it stands."""
        sentence = self._sentence(text)
        return self._as_meant(sentence) if sentence else []

    def _sentence(self, text: str) -> _Sentence | None:
        latest, sentence = self._latest
        if text != latest:
            sentence = _Sentence(text, self._wording)
            self._latest = text, sentence  # `repaired` often follows `match`
        return sentence if sentence.said and len(sentence.said.split()) <= WORD_LIMIT else None

    def _as_said(self, sentence: _Sentence) -> list[Match]:
        said, bare, whole = sentence.said, sentence.bare, sentence.whole
        possible = self._index.possible(said, whole)  # nearly always hardly any
        found = [*self._matched(said, whole, possible)]
        if bare != said:
            found += self._matched(bare, whole, self._index.possible(bare, whole, possible))
        if not found:
            if (inner := sentence.inner) != bare:
                found += self._matched(inner, whole, self._index.possible(inner, whole, possible))
            if sentence.plain != said:  # for templates that name number words
                found += self._matched(sentence.bare_plain, Whole(sentence.plain))
        return self._with_continuations(self._best_first(found), bare)

    def _as_meant(self, sentence: _Sentence) -> list[Match]:
        return self._with_continuations(self._best_first([*self._repaired(sentence.bare)]), sentence.bare)

    def _matched(
        self, text: str, whole: Whole, possible: Sequence[int] | None = None, *, naming: Iterable[str] = ()
    ) -> Iterator[Match]:
        """Candidates for ``text`` among the templates ``possible`` (None: all that may fit) of the skills that name the
        words ``naming``; what a wildcard holds must stand in ``whole`` as it is, whole words in one piece."""
        if possible is None:
            possible = self._index.possible(text, whole)
        letters = len(text.replace(" ", ""))
        fitting = {
            str(at): one.intent
            for at, one in enumerate(self._all[number] for number in possible)
            if self._own_words[one.intent.name].issuperset(naming) and one.outline.accepts(text, whole)
        }
        if not fitting:
            return
        for result in recognize_all(text, HassilIntents("en", fitting)):
            skill = self._skills[result.intent.name]
            entities = result.entities_list
            wild = [entity for entity in entities if entity.is_wildcard]
            if not all(whole.holds(entity.value) for entity in wild):
                continue
            try:
                slots = slot_values.conformed([(entity.name, entity.value) for entity in entities], skill.parameters)
            except slot_values.Mismatch:
                continue
            lengths = [
                (len(entity.value.replace(" ", "")), slot_values.is_numeric(entity.name, skill.parameters))
                for entity in wild
            ]
            yield Match(
                skill.name,
                slots,
                literal_chars=letters - sum(length for length, _ in lengths),
                free_chars=sum(length for length, numeric in lengths if not numeric),
                complete=all(slots.get(name) not in (None, "") for name in skill.awaits)
                and not any(text.endswith(entity.value) and _goes_on(entity.name, skill) for entity in wild),
                read_only=skill.read_only and not skill.side_effect,
                answers=skill.answers,
                correctable=skill.side_effect and skill.plugin in self._corrected,
            )

    def _with_continuations(self, found: list[Match], text: str) -> list[Match]:
        """The candidates, the best one with what is known of its `Match.extensible`."""
        if not (found and found[0].complete):
            return found
        skill = self._skills[found[0].skill]
        numeric = functools.partial(slot_values.is_numeric, schema=skill.parameters)
        made = (data for one in self._templates[skill.name] for data in one.intent.data)
        return [msgspec.structs.replace(found[0], extensible=may_follow(text, made, numeric)), *found[1:]]

    def _repaired(self, text: str) -> Iterator[Match]:
        """Candidates after replacing words no template knows by similar ones that templates do.

        Only those words are replaced; free text is never touched; a skill with a side effect needs one very similar
        word. The repaired sentence serves for matching alone and is seen by nobody.
        """
        words = text.split()
        unknown = [
            at
            for at, word in enumerate(words)
            if word not in self._vocabulary and word.isalpha() and len(word) >= _SHORTEST_REPAIRED
        ]
        if len(unknown) > _UNKNOWN_LIMIT:
            return
        whole = Whole(text)
        alike = {at: near for at in unknown if (near := self._alike(words[at]))}
        for count in range(1, min(REPAIRED_WORDS, len(alike)) + 1):
            found = [
                match
                for ats in itertools.combinations(alike, count)
                for match in self._replacing(words, {at: alike[at] for at in ats}, whole)
            ]
            if found:
                yield from found
                return

    def _alike(self, word: str) -> list[tuple[str, float, int]]:
        """The words of templates that it may have been, with their similarity and place in `_words`."""
        return process.extract(
            word,
            self._words,
            scorer=JaroWinkler.similarity,
            score_cutoff=REPAIR_SIMILARITY,
            limit=_REPAIR_CHOICES,
        )

    def _replacing(
        self, words: list[str], alike: Mapping[int, Sequence[tuple[str, float, int]]], whole: Whole
    ) -> Iterator[Match]:
        ats = tuple(alike)
        for chosen in itertools.product(*alike.values()):
            repaired = list(words)
            for at, (word, _, _) in zip(ats, chosen, strict=True):
                repaired[at] = word
            # No wildcard takes a replaced word, so a template must name it.
            put_in = [word for word, _, _ in chosen]
            if not any(own.issuperset(put_in) for own in self._own_words.values()):
                continue
            for match in self._matched(" ".join(repaired), whole, naming=put_in):
                if not self._skills[match.skill].side_effect or _surely(words, ats, chosen):
                    yield msgspec.structs.replace(match, repaired=True, complete=False)

    def _best_first(self, found: list[Match]) -> list[Match]:
        def order(match: Match) -> tuple[int, int, bool]:  # and then the skills' order: sorting is stable
            return -match.literal_chars, match.free_chars, not self._skills[match.skill].answers

        distinct: list[Match] = []
        for match in sorted(found, key=order):
            if not any(match.skill == other.skill and match.slots == other.slots for other in distinct):
                distinct.append(match)
        return distinct

    def _add(self, skill: SkillInfo, reuse: Intents | None) -> None:
        """Add a skill, or the problem with it: one author's slip costs no other skill."""
        try:
            _check_slots(skill)
            made = (reuse.built(skill) if reuse else None) or _templates(skill)
        except Exception as error:  # hassil raises its own, ValueError, KeyError and AssertionError
            self.problems.append(
                Problem(
                    f"skill {skill.name}",
                    f"The sentence templates of the skill {skill.name} of {skill.plugin or 'its plugin'} "
                    f"cannot be used: {error}.",
                    "Mend them, then start homebody again.",
                )
            )
        else:
            self._templates[skill.name] = made
            self._skills[skill.name] = skill


def _goes_on(slot: str, skill: SkillInfo) -> bool:
    """Whether a wildcard at the end of a sentence is likely to: free text that may be anything, or a number of a
    duration, which wants its unit."""
    if slot_values.is_numeric(slot, skill.parameters):
        return slot_values.fold(slot, skill.parameters) is not None
    return "pattern" not in skill.parameters.get("properties", {}).get(slot, {})


def _templates(skill: SkillInfo) -> list[_Template]:
    """A skill's templates, parsed; hassil raises of all kinds where they cannot be."""
    composed = {"language": "en", "intents": {skill.name: templates.composed(skill)}}
    (whole,) = HassilIntents.from_dict(composed).intents[skill.name].data
    made = []
    for text in whole.sentence_texts:
        data = dataclasses.replace(whole, sentence_texts=[text])
        made.append(_Template(skill, data))
    return made


def _surely(words: list[str], ats: tuple[int, ...], chosen: Sequence[tuple[str, float, int]]) -> bool:
    """One word of at least four letters, one letter off, and alike in its beginning."""
    if len(ats) != 1 or len(words) < 2 or len(words[ats[0]]) < 4:
        return False
    word, similarity, _ = chosen[0]
    return similarity >= REPAIR_SIMILARITY_SIDE_EFFECT and OSA.distance(words[ats[0]], word) == 1


def _check_slots(skill: SkillInfo) -> None:
    for slot in templates.slots(skill):
        known = slot in skill.parameters.get("properties", {}) or slot_values.fold(slot, skill.parameters)
        if not known and not slot.startswith("@"):
            raise templates.BadTemplate(f"the slot {slot} is no parameter of the skill")
