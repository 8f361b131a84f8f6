"""What a German, French or Spanish sentence looks like to the matcher: `homebody.router.wording` for other languages.

Number words become digits with text2num (some 30 µs a sentence); articles stay words unless a unit follows them, and
halves and quarters become decimals in front of their unit ("eine halbe Stunde" is ``0.5 stunde``). Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from text_to_num import alpha2digit

from homebody.sentence_shape import POLITE_ENDS

_KEPT: Final = "qzq"  # in front of a word that text2num is to leave alone: no language has it

Replacements = Sequence[tuple[re.Pattern[str], str]]


class _Words(NamedTuple):
    """What is particular to a language.

    ``symbols`` are its words for % ° + × ÷; ``article`` finds those that are no number; ``before`` and ``after`` are
    applied around the rewriting of number words.
    """

    openings: tuple[str, ...]
    closings: tuple[str, ...]
    anywhere: tuple[str, ...]
    symbols: tuple[str, str, str, str, str]
    article: str
    units: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


_WORDS: Final = {
    "de": _Words(
        openings=("bitte", "hey computer", "okay computer", "computer", "homebody", "hey", "okay", "ok", "also", "äh",
                  "ähm", "und", "kannst du", "könntest du", "kannst du mir", "würdest du", "danke"),
        closings=(*POLITE_ENDS["de"], "jetzt", "okay", "computer", "für mich", "mal", "doch"),
        anywhere=("bitte", "mal", "doch", "für mich", "äh", "ähm", "jetzt", "mir"),
        symbols=("prozent", "grad", "plus", "mal", "geteilt durch"),
        article=r"(?:ein|eine|einen|einem|einer|eins)",
        units=r"(?:stunden?|minuten?|sekunden?|tag(?:e|en)?|wochen?|uhr)",
        before=(
            (r"(?<!\S)([a-zäöüß]{3,})timer(?!\S)", r"\1 timer"),  # "nudeltimer"
            (r"\b(\w+?)(?:und)?einhalb(?:e|en|stündige\w*)?(?!\w)", r"\1 komma fünf"),
            (r"\banderthalb\w*", "eins komma fünf"),
            (r"\b(?:eine[rn]? )?(?:dreiviertel ?stunde)", "0.75 stunde"),
            (r"\b(?:eine[rn]? )?(?:viertel ?stunde)", "0.25 stunde"),
            (r"\b(?:eine[rn]? )?halben? (stunde|minute)", r"0.5 \1"),
        ),
        after=((r"(?<!\S)(\d+)\.(?!\S)", r"\1"),),
    ),
    "fr": _Words(
        openings=("s'il te plaît", "s'il vous plaît", "hey computer", "ordinateur", "homebody", "okay", "ok", "alors",
                  "euh", "et", "tu peux", "peux tu", "est ce que tu peux", "pourrais tu", "je voudrais que tu",
                  "merci"),
        closings=(*POLITE_ENDS["fr"], "maintenant", "pour moi", "okay", "d'accord"),
        anywhere=("s'il te plaît", "s'il vous plaît", "pour moi", "euh"),
        symbols=("pour cent", "degrés", "plus", "fois", "divisé par"),
        article=r"(?:un|une)",
        units=r"(?:heures?|minutes?|secondes?|jours?|semaines?)",
        before=((r"\b(secondes?|(?<=pour )cent)\b", r"qzq\1"), (r"\b(?:un )?quart d'heure", "0.25 heure"),
                (r"\btrois quarts d'heure", "0.75 heure"), (r"\b(?:une )?demi heure", "0.5 heure"),
                (r"(?<!\S)d'(?=\w)", "d' "),
                # Behind another number text2num takes it for "new".
                (r"(?<!\S)à neuf(?= heures?(?!\w))", "à 9")),
        after=((r"(?<!\S)(\d+) (heure|minute)s? et demie?(?!\S)", r"\1.5 \2"),
               (r"(?<!\S)1(?:er|ère)(?!\S)", "1")),
    ),
    "es": _Words(
        openings=("por favor", "hey computer", "oye", "ordenador", "homebody", "okay", "ok", "vale", "bueno", "eh",
                  "y", "puedes", "podrías", "me puedes", "quiero que", "gracias"),
        closings=(*POLITE_ENDS["es"], "ahora", "vale", "para mí", "okay"),
        anywhere=("por favor", "para mí", "eh"),
        symbols=("por ciento", "grados", "más", "por", "dividido entre"),
        article=r"(?:un|una|uno)",
        units=r"(?:horas?|minutos?|segundos?|días?|semanas?)",
        before=((r"\b(segundos?|cuarto|(?<=por )ciento)\b(?! de hora)", r"qzq\1"),
                (r"\b(?:un )?cuarto de hora", "0.25 hora"),
                (r"\btres cuartos de hora", "0.75 hora"), (r"\bmedia hora", "0.5 hora"),
                (r"\bmedio minuto", "0.5 minuto"),
                ((r"(?<!\S)el uno(?= de (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|"
                  r"noviembre|diciembre))"), "el 1")),
        after=((r"(?<!\S)(\d+) (hora|minuto)s? y medi[ao](?!\S)", r"\1.5 \2"),
               (r"(?<!\S)1[ºª]\.?(?!\S)", "1")),
    ),
}  # fmt: skip
LANGUAGES: Final = tuple(_WORDS)


class ForeignWording:
    """The functions of `homebody.router.wording` for one of `LANGUAGES`."""

    def __init__(self, language: str) -> None:
        words = _WORDS[language]
        self._language = language
        self._opening = re.compile(rf"(?:(?:{_alternatives(words.openings)}) )+")
        self._closing = re.compile(rf"(?: (?:{_alternatives(words.closings)}))+$")
        self._anywhere = re.compile(rf"(?<!\S)(?:{_alternatives(words.anywhere)})(?!\S) ?")
        # An article is a number in front of a unit, and where no word follows that it could belong to.
        self._article = re.compile(
            rf"(?<!\S)(?<!et )(?<!y )(?<!la )({words.article})(?= (?!(?:{_KEPT})?{words.units}(?!\w)|komma|virgule|"
            rf"coma|cent|mil|plus|minus|moins|más|menos|mal|fois|por|und \w*zig))"
        )
        self._one = re.compile(rf"(?<!\S)(?<!et )(?<!y ){words.article} (?=(?:{_KEPT})?{words.units}(?!\w))")
        self._before = [(re.compile(pattern), text) for pattern, text in words.before]
        self._after = [(re.compile(pattern), text) for pattern, text in words.after]
        self._symbols = _symbols(*words.symbols)

    def normalised(self, text: str) -> str:
        """As `homebody.router.wording.normalised`."""
        return self.with_digits(self.plain(text))

    def with_digits(self, text: str) -> str:
        """As `homebody.router.wording.with_digits`."""
        said = _replaced(text, self._before)
        said = self._article.sub(rf"{_KEPT}\1", self._one.sub("1 ", said))
        said = _DECIMAL_COMMA.sub(".", alpha2digit(said, self._language, 0)).replace(_KEPT, "")
        return " ".join(_replaced(said, self._after).split())

    def plain(self, text: str) -> str:
        """As `homebody.router.wording.plain`."""
        said = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
        return " ".join(_replaced(said, self._symbols).split())

    def without_polite_ends(self, text: str) -> str:
        """As `homebody.router.wording.without_polite_ends`."""
        opening = self._opening.match(f"{text} ")
        bare = self._closing.sub("", f" {text[opening.end() :] if opening else text}").strip()
        return bare or text

    def without_polite_words(self, text: str) -> str:
        """As `homebody.router.wording.without_polite_words`."""
        return " ".join(self._anywhere.sub("", self.without_polite_ends(text)).split())


_DECIMAL_COMMA: Final = re.compile(r"(?<=\d),(?=\d)")


def _alternatives(phrases: Sequence[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _replaced(text: str, replacements: Replacements) -> str:
    for pattern, replacement in replacements:
        text = pattern.sub(replacement, text)
    return text


def _symbols(percent: str, degrees: str, plus: str, times: str, divided: str) -> Replacements:
    return (
        (re.compile(r"(?<=\d)[.\u202f](?=\d{3}(?!\d))"), ""),  # 1.000
        (re.compile(r"(?<=\d),(?=\d)"), "."),
        (re.compile(r"%"), f" {percent} "),
        (re.compile(r"°"), f" {degrees} "),
        (re.compile(r"\+"), f" {plus} "),
        (re.compile(r"[*×]|(?<=\d)\s*x\s*(?=\d)"), f" {times} "),
        (re.compile(r"÷|(?<=\d)\s*/\s*(?=\d)"), f" {divided} "),
        (re.compile(r"(?<=\d)\s*h\s*(?=\d|$|\s)"), " heures "),  # 7 h 30, in French
        (re.compile(r"(?<=\d)\.(?!\d)|(?<!\d)\."), " "),
        (re.compile(r"(?<=\d):(?!\d)|(?<!\d):"), " "),
        (re.compile(r"(?<!\w)'|'(?!\w)"), " "),
        (re.compile(r"(?<=\w)-|-(?!\d)"), " "),
        (re.compile(r"[^\w\s.:'-]|_"), " "),
    )
