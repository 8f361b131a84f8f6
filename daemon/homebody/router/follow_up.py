"""What words mean that lean on a question before: "and in Berlin?" after "how is the weather in Paris". Pure.

Alone such words say neither what they are for nor that they need live data: that is as with the question they lean on,
and so is their language. A model gets the words as they were said, with the conversation before them; only what is
decided without a model (purpose, language, skills) looks further.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from homebody.language import identify

LOOK_BACK: Final = 4  # sentences, of which one tells its language
WORDS_LIMIT: Final = 6  # behind the opening; what is longer says by itself what it wants

# How such words begin. Only in a language they are in, or the question before is: "i" is Polish for "and".
_OPENINGS: Final = {
    language: re.compile(rf"(?:{opening})\s+(?=\S)")
    for language, opening in {
        "en": r"and|but|or|(?:and |but |so )?(?:what|how) about",
        "de": r"und|oder|(?:und |aber )?(?:was ist mit|wie ist es mit|wie sieht es aus mit|wie steht es mit)",
        "fr": r"et|ou|mais|(?:et )?(?:qu'en est-il de|qu'en est il de)",
        "es": r"y|o|pero|(?:y )?(?:qué tal|qué hay de|qué pasa con)",
        "it": r"e|ed|o|ma|(?:e )?(?:che ne dici di|per quanto riguarda)",
        "pt": r"e|ou|mas|(?:e )?(?:que tal|quanto a)",
        "nl": r"en|of|maar|(?:en )?(?:hoe zit het met|hoe is het met)",
        "pl": r"a|i|albo|ale|(?:a )?co z",
    }.items()
}
# A clause of its own: with a verb or a question word it needs nothing from before.
_OWN: Final = frozenset(
    """what why how who whose whom when where which is are am was were be do does did has have had can could will would
    shall should may might must i you he she it we they let let's tell make give show write explain say play set turn
    stop start open close read call find add remove put get go help thank thanks please i'm it's that's there's
    was warum wie wer wo wann welche welcher welches ist sind war bin bist hat habe kann kannst können wird soll muss
    ich du er sie es wir ihr mach gib sag erzähl schreib zeig stell danke
    que quoi pourquoi comment qui où quand quel quelle est sont suis es peux peut fait fais dis donne je tu il elle nous
    vous ils merci
    qué por cómo quién dónde cuándo cuál está son eres puedes haz di dime yo tú él ella gracias
    che cosa perché come chi dove quando quale sono sei puoi fai dimmi io tu lui lei grazie
    porquê quem onde qual são és podes faz eu você ele ela obrigado obrigada
    wat waarom hoe wie waar wanneer welke zijn ben bent kun kan doe geef zeg ik jij hij zij wij dank bedankt
    dlaczego jak kto gdzie kiedy który jest są jesteś możesz zrób powiedz ja ty on ona dziękuję""".split()  # noqa: SIM905
)
# Nothing but "more of that", in whole.
_MORE: Final = frozenset(
    " ".join(one.split())
    for one in """why|why not|why is that|why that|how so|how come|really|are you sure|go on|continue|keep going
    |carry on|more|more please|tell me more|tell me more about it|tell me more about that|in more detail|in detail
    |more detail|can you explain|explain
    |explain that|explain it|for example|such as|like what|and then|and then what|what then
    |what else|anything else|shorter|shorter please|longer|longer please|in short|another one|one more|another
    |warum|warum nicht|wieso|weshalb|wieso das|wirklich|bist du sicher|weiter|mach weiter|erzähl weiter|mehr
    |mehr davon|erzähl mir mehr|erzähl mehr|genauer|zum beispiel|und dann|was noch|noch eins|noch einen|noch eine
    |kürzer|länger
    |pourquoi|pourquoi pas|vraiment|continue|vas-y|encore|encore un|encore une|dis m'en plus|et après|et ensuite
    |par exemple|plus court|plus long
    |por qué|por qué no|de verdad|sigue|continúa|más|cuéntame más|y luego|y después|otro|otra|por ejemplo
    |perché|perché no|davvero|continua|vai avanti|ancora|dimmi di più|e poi|un altro|un'altra|per esempio
    |porquê|por que|por que não|a sério|continua|mais|conta mais|e depois|outro|outra|por exemplo
    |waarom|waarom niet|echt|ga door|ga verder|meer|vertel meer|en dan|nog een|nog eentje|bijvoorbeeld
    |dlaczego|dlaczego nie|naprawdę|dalej|mów dalej|kontynuuj|więcej|powiedz więcej|i co dalej|jeszcze jeden
    |jeszcze jedna|na przykład""".split("|")  # noqa: SIM905
)
_PLACE: Final = frozenset(
    """in at on for to from of by with into as than until till before after since bis vor jusqu'à hasta fino tot
    im am um auf für nach von zu mit à au aux dans en sur pour de du a al
    del con para por su per da di no na em aan op voor naar van do w we z ze na dla o""".split()  # noqa: SIM905
)


class Leaning(msgspec.Struct, frozen=True):
    """Words that lean on a question before.

    Attributes:
        on: That question, which stands for itself.
        readings: What might be asked instead, whole sentences, the most likely first; a skill takes those it knows.
    """

    on: str
    readings: tuple[str, ...] = ()


def leaning(text: str, before: Sequence[str]) -> Leaning | None:
    """On which question these words lean; None where they stand for themselves, or nothing was asked.

    Args:
        text: As heard or written.
        before: What was heard in this conversation, oldest first.
    """
    heard = [one for one in before if _bare(one)]
    if not heard or (rest := _rest(text, heard[-1])) is None:
        return None
    *_, on = (said for last, said in pairwise(["", *heard]) if _rest(said, last) is None)
    return Leaning(on, tuple(_readings(_bare(on).split(), rest)) if rest else ())


def language(text: str, before: Sequence[str], home: str = "en") -> str:
    """The language of these words (ISO 639-1): that of what they lean on, else their own. Words too few to tell it by
    ("Bonn?", "42", "stop") are in that of the conversation, and where there is none, in that of the house, ``home``."""
    usual = home
    for said in before[-LOOK_BACK:]:
        usual = identify(said, usual)
    on = leaning(text, before)
    return identify(on.on if on else text, usual)


def _rest(text: str, last: str) -> list[str] | None:
    """What follows the opening of words that lean on others, nothing for "more of that"; None where they do not.
    ``last`` was heard before; empty: nothing was."""
    said = _bare(text)
    if said in _MORE and last:
        return []
    for spoken in {identify(text), identify(last)} if last else ():
        opening = _OPENINGS[spoken].match(said) if spoken in _OPENINGS else None
        rest = said[opening.end() :].split() if opening else []
        if rest and len(rest) <= WORDS_LIMIT and _OWN.isdisjoint(rest):
            return rest
    return None


def _readings(asked: list[str], rest: list[str]) -> list[str]:
    """The question before with its last place, number or thing replaced: "in berlin" goes where "in" stood, "berlin"
    behind its last preposition."""
    if len(rest) > 1 and rest[0] in _PLACE:
        marks = [at for at, word in enumerate(asked) if word == rest[0]]
        return [" ".join([*asked[:at], *rest]) for at in reversed(marks)]
    marks = [at + 1 for at, word in enumerate(asked) if word in _PLACE and at + 1 < len(asked)]
    return [" ".join([*asked[:at], *rest]) for at in reversed(marks)]


def _bare(text: str) -> str:
    """In lower case, without the marks between and behind words."""
    return " ".join(re.findall(r"[^\s,.;:!?¿¡…\"«»“”]+(?:[.,:]\d+)*", text.lower().replace("’", "'")))
