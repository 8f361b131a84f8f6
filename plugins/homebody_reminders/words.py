"""How four languages say when: names of days and months, and patterns of the pieces a time is made of. Pure data.

Sentences arrive as the matcher sees them: lower case, digits for number words, decimals for halves of hours. A
pattern's groups: ``h`` hour, ``m`` minute, ``day``, ``later``: not today's, ``part`` of the day, ``d`` and ``mon`` of a
date, ``delay``, ``every``.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

WEEKDAYS: Final = {
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "de": ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
MONTHS: Final = {
    "en": ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december"),
    "de": ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
           "dezember"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
}  # fmt: skip
ORDINALS: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth twenty_first twenty_second twenty_third twenty_fourth "
    "twenty_fifth twenty_sixth twenty_seventh twenty_eighth twenty_ninth thirtieth thirty_first"
).replace("_", "\0").split()  # fmt: skip
ORDINAL_DAYS: Final = {word.replace("\0", " "): day for day, word in enumerate(ORDINALS, start=1)}
NEAR_DAYS: Final = {
    "today": 0, "tomorrow": 1, "the day after tomorrow": 2, "heute": 0, "morgen": 1, "übermorgen": 2,
    "aujourd'hui": 0, "demain": 1, "après demain": 2, "hoy": 0, "mañana": 1, "pasado mañana": 2,
    "next week": 7, "nächste woche": 7, "la semaine prochaine": 7, "la semana que viene": 7, "la próxima semana": 7,
}  # fmt: skip
MORNING, NOON, AFTERNOON, EVENING, NIGHT = "morning", "noon", "afternoon", "evening", "night"
PARTS: Final = {
    "morning": MORNING, "am": MORNING, "afternoon": AFTERNOON, "pm": AFTERNOON, "evening": EVENING, "night": NIGHT,
    "früh": MORNING, "morgen": MORNING, "morgens": MORNING, "vormittag": MORNING, "vormittags": MORNING,
    "mittag": NOON, "mittags": NOON, "nachmittag": AFTERNOON, "nachmittags": AFTERNOON, "abend": EVENING,
    "abends": EVENING, "nacht": NIGHT, "nachts": NIGHT,
    "matin": MORNING, "matins": MORNING, "après midi": AFTERNOON, "soir": EVENING, "soirs": EVENING, "nuit": NIGHT,
    "mañana": MORNING, "mañanas": MORNING, "madrugada": MORNING, "tarde": AFTERNOON, "tardes": AFTERNOON,
    "noche": EVENING, "noches": EVENING,
}  # fmt: skip
MINUTES: Final = {"quarter": 15, "half": 30, "viertel": 15, "dreiviertel": 15, "quart": 15, "demi": 30, "demie": 30,
                  "cuarto": 15, "media": 30}  # fmt: skip
HOURS: Final = {"noon": 12, "midday": 12, "midnight": 0, "mittag": 12, "mitternacht": 0, "midi": 12, "minuit": 0,
                "mediodía": 12, "medianoche": 0}  # fmt: skip
UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_UNIT_LETTERS: Final = {"j": "d", "t": "d"}  # jour, tag


class Patterns(NamedTuple):
    """The pieces of one language, by what they say."""

    plain: tuple[str, ...]  # h, and m minutes after it
    to: tuple[str, ...]  # m minutes before h
    half_to: tuple[str, ...]  # half an hour before h
    bare: tuple[str, ...]  # an hour, where nothing but a time can be meant
    parts: tuple[str, ...]
    days: tuple[str, ...]
    dates: tuple[str, ...]
    delays: tuple[str, ...]
    every: tuple[str, ...]


def _any(words: tuple[str, ...] | list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _delay(number: str, units: str, and_: str) -> str:
    one = rf"(?:{number}) (?:{units})(?!\w)"
    return rf"(?P<delay>{one}(?: (?:{and_} )?{one})*)"


_H: Final = r"(?P<h>(?:[01]?\d|2[0-4]))"
_M: Final = r"(?P<m>[0-5]?\d)"
_EN_D: Final = _delay(
    r"half an?|an?|1|a couple of|\d+(?:\.\d+)?|\d+ and a (?:half|quarter)|(?:a|\d) quarters? of an", "hours?|minutes?|"
    "seconds?|days?|weeks?", "and"
)  # fmt: skip
_DE_D: Final = _delay(r"\d+(?:\.\d+)?", "stunden?|minuten?|sekunden?|tag(?:en|e)?|wochen?", "und")
_FR_D: Final = _delay(r"\d+(?:\.\d+)?", "heures?|minutes?|secondes?|jours?|semaines?", "et")
_ES_D: Final = _delay(r"\d+(?:\.\d+)?", "horas?|minutos?|segundos?|días?|semanas?", "y")


def _days(language: str) -> str:
    return _any(WEEKDAYS[language])


def _range(language: str, from_: str, to: str, plural: str) -> str:
    """From one day of the week to another."""
    return rf"(?:{from_} )?(?P<first>{_days(language)}){plural} (?:{to}) (?P<last>{_days(language)}){plural}"


def _several(language: str, and_: str, plural: str) -> str:
    day = rf"(?:{_days(language)}){plural}"
    return rf"{day}(?:(?: {and_}| ) ?(?:jeden )?{day})*"


PATTERNS: Final = {
    "en": Patterns(
        plain=(
            (r"(?:at |by |for )?(?:a )?(?P<m>half|quarter|[0-5]?\d)(?: minutes?)? (?:past|after) "
            r"(?P<h>\d+|noon|midnight)(?: (?P<part>am|pm))?"),
            r"(?:at |by |for )?(?P<m>half) (?P<h>\d{1,2})(?! (?:hours?|minutes?))",
            rf"(?:at |by |for )?{_H}(?:[: ](?P<m>[0-5]\d|oh \d))? ?(?P<part>am|pm)",
            rf"(?:at |by )(?:about |around )?{_H}(?:[: ](?P<m>[0-5]\d|oh \d))?(?: o'?clock)?",
            rf"(?:for )?{_H}:(?P<m>[0-5]\d)(?: o'?clock)?", rf"{_H} o'?clock",
            r"(?:at |by |for )?(?P<h>noon|midday|midnight)",
        ),
        to=((r"(?:at |by |for )?(?:a )?(?P<m>quarter|[0-5]?\d)(?: minutes?)? (?:to|before) (?P<h>\d+|noon|midnight)"
            r"(?: (?P<part>am|pm))?"),),
        half_to=(),
        bare=(rf"(?:for )?{_H}(?: (?P<m>[0-5]\d|oh \d))?", rf"for {_EN_D}"),
        parts=(r"(?:in the|at) (?P<part>morning|afternoon|evening|night)",),
        days=((rf"(?:(?:for|by) )?(?:on )?(?:this |(?P<later>next |coming |this coming ))?(?P<day>"
              rf"today|tomorrow|the day after tomorrow|{_days('en')})"
              r"(?: (?P<part>morning|afternoon|evening|night))?"),
              r"(?P<day>this) (?P<part>morning|afternoon|evening)", r"(?P<day>to)(?P<part>night)",
              "(?P<day>next week)"),
        dates=((rf"(?:on )?(?:the )?(?P<d>\d{{1,2}}(?:st|nd|rd|th)?|{_any(list(ORDINAL_DAYS))}) (?:of )?"
               rf"(?P<mon>{_any(MONTHS['en'])})"),
               (rf"(?:on )?(?P<mon>{_any(MONTHS['en'])}) (?:the )?(?P<d>\d{{1,2}}(?:st|nd|rd|th)?|"
               rf"{_any(list(ORDINAL_DAYS))})"),
               rf"on the (?P<d>\d{{1,2}}(?:st|nd|rd|th)?|{_any(list(ORDINAL_DAYS))})(?! of )"),
        delays=(rf"in {_EN_D}", rf"{_EN_D} from now"),
        every=(rf"(?:every|each) (?P<every>day|weekday|weekend|{_several('en', 'and', '')})",
               rf"(?:on|for) (?P<every>weekdays|weekends|{_several('en', 'and', 's')})", "(?P<every>daily|weekdays)",
               _range("en", "(?:every day )?from", "to|through|till|until", "s?"),
               r"(?P<every>every|each) (?P<part>morning|afternoon|evening|night)"),
    ),
    "de": Patterns(
        plain=(r"(?:um |gegen |auf |für )?(?P<m>viertel|[0-5]?\d)(?: minuten?)? nach (?P<h>\d{1,2})(?: uhr)?",
               rf"(?:um |gegen |auf |für )?{_H} uhr(?: {_M})?", rf"(?:um |gegen |auf ){_H}(?: {_M})?",
               rf"(?:um )?{_H}:{_M}(?: uhr)?", r"(?:um )?(?P<h>mitternacht)", "(?:zu )mittag"),
        to=(r"(?:um |gegen |auf |für )?(?P<m>viertel|[0-5]?\d)(?: minuten?)? vor (?P<h>\d{1,2})(?: uhr)?",
            r"(?:um |gegen |auf |für )?(?P<m>dreiviertel) (?P<h>\d{1,2})(?: uhr)?"),
        half_to=(r"(?:um |gegen |auf |für )?(?:(?P<off>\d{1,2}) (?:minuten )?(?P<dir>vor|nach) )?halb (?P<h>\d{1,2})",),
        bare=(rf"(?:für |auf )?{_H}",),
        parts=(r"(?P<part>morgens|vormittags|mittags|nachmittags|abends|nachts)",
               r"(?:am|in der) (?P<part>früh|morgen|vormittag|nachmittag|abend|nacht)"),
        days=((rf"(?:am |diesen |für |(?:am )?(?P<later>nächsten |kommenden ))?"
              rf"(?P<day>heute|morgen|übermorgen|{_days('de')})"
              r"(?: ?(?P<part>früh|vormittag|mittag|nachmittag|abend|nacht))?"), "(?P<day>nächste woche)"),
        dates=(rf"(?:am )(?P<d>\d{{1,2}}) (?P<mon>{_any(MONTHS['de'])})", r"am (?P<d>\d{1,2})(?! uhr)"),
        delays=(rf"in {_DE_D}",),
        every=(rf"(?:jeden|jedes) (?P<every>tag|werktag|wochentag|wochenende|{_several('de', 'und', '')})",
               _range("de", "(?:für|von)", "bis", "s?"), r"(?:an |am )(?P<every>werktagen|wochentagen|wochenenden?)",
               rf"(?P<every>täglich|werktags|{_several('de', 'und', 's')})",
               r"(?P<every>jeden) (?P<part>morgen|vormittag|nachmittag|abend)", r"(?P<every>jede) (?P<part>nacht)"),
    ),
    "fr": Patterns(
        plain=((r"(?:à |vers |pour )?(?P<h>\d{1,2}(?:\.\d+)?) heures?(?: (?:et )?(?P<m>quart|demie?|[0-5]?\d))?"
               r"(?: pile)?"),
               r"(?:à |vers |pour )?(?P<h>midi|minuit)(?: (?:et )?(?P<m>quart|demie?|[0-5]?\d))?",
               rf"(?:à )?{_H}:{_M}"),
        to=(r"(?:à |vers |pour )?(?P<h>\d{1,2}) heures? moins (?:le )?(?P<m>quart|[0-5]?\d)",
            r"(?:à )?(?P<h>midi|minuit) moins (?:le )?(?P<m>quart|[0-5]?\d)"),
        half_to=(),
        bare=(),
        parts=(r"(?:du |de l'|le |l'|dans la )(?P<part>matin|après midi|soir|nuit)",),
        days=((rf"(?:pour )?(?P<day>aujourd'hui|demain|après demain|(?:{_days('fr')})(?P<later> prochain)?)"
              r"(?: (?P<part>matin|après midi|soir|nuit))?"),
              r"(?P<day>ce|cet|cette) (?P<part>matin|après midi|soir|nuit)", "(?P<day>la semaine prochaine)"),
        dates=(rf"le (?P<d>\d{{1,2}}) (?P<mon>{_any(MONTHS['fr'])})", r"le (?P<d>\d{1,2})(?! heures?)"),
        delays=(rf"(?:dans|d' ici) {_FR_D}",),
        every=(rf"tous les (?P<every>jours|week ?ends|{_several('fr', 'et', 's')})",
               rf"chaque (?P<every>jour|week ?end|{_several('fr', 'et', '')})",
               _range("fr", "du", "au|à", ""), r"(?:en |la )(?P<every>semaine)", r"(?:le|les) (?P<every>week ?ends?)",
               r"(?P<every>tous les|chaque) (?P<part>matins?|soirs?)"),
    ),
    "es": Patterns(
        plain=((r"(?:a |para |sobre )?las? (?P<h>\d{1,2})(?: (?:y )?(?P<m>media|cuarto|[0-5]?\d))?(?: horas)?"
               r"(?: en punto)?"),
               rf"(?:a las? )?{_H}:{_M}", r"(?:a |al )?(?P<h>mediodía|medianoche)"),
        to=(r"(?:a |para )?las? (?P<h>\d{1,2}) menos (?P<m>cuarto|[0-5]?\d)",),
        half_to=(),
        bare=(),
        parts=(r"(?:de|por|en) la (?P<part>mañana|tarde|noche|madrugada)",),
        days=((rf"(?:para )?(?:el |este |(?:el )?(?P<later>próximo ))?"
              rf"(?P<day>hoy|mañana|pasado mañana|(?:{_days('es')})(?P<later_> que viene| próximo)?)"
              r"(?: (?:por|en|a) la (?P<part>mañana|tarde|noche))?"),
              r"(?P<day>esta) (?P<part>mañana|tarde|noche)", "(?P<day>la semana que viene|la próxima semana)"),
        dates=(rf"el (?:día )?(?P<d>\d{{1,2}}) de (?P<mon>{_any(MONTHS['es'])})",
               r"el (?:día )?(?P<d>\d{1,2})(?! de )"),
        delays=(rf"(?:dentro de|en) {_ES_D}",),
        every=(rf"(?:todos los|cada) (?P<every>días?|fin(?:es)? de semana|{_several('es', 'y', 's?')})",
               rf"los (?P<every>fines de semana|{_several('es', 'y', 's?')})",
               _range("es", "de", "a", ""), r"(?P<every>entre semana|a diario|diariamente)",
               r"(?P<every>todas las|cada) (?P<part>mañanas?|tardes?|noches?)"),
    ),
}  # fmt: skip
# Words that tell no matter from another.
SMALL: Final = frozenset(
    """a an the to of in on at for with and or my our your me i out up off der die das den dem ein eine einen an zu
    mit und mein meine le la les l' un une des du de d' à et mon ma mes el los las una unos unas del al y mi mis
    que""".split()  # noqa: SIM905
)
# Repetitions by anything but days of the week, which nothing here can do.
UNKNOWN_REPEATS: Final = {
    "en": re.compile(
        r"\b(?:every|each) (?:(?:other|second|third|\d+)(?: \w+)?|month|year|hour|minute)\b|"
        r"\b(?:monthly|yearly|hourly)\b"
    ),
    "de": re.compile(
        r"\b(?:jeden|jede|jedes) (?:monat|jahr|stunde|minute|(?:zweiten?|2)(?: \w+)?)\b|"
        r"\balle \d+(?: \w+)?\b|\bmonatlich\b"
    ),
    "fr": re.compile(r"\b(?:tous les|toutes les|chaque) (?:mois|ans?|année|heures?|minutes?|\d+(?: \w+)?)\b"),
    "es": re.compile(r"\b(?:todos los|todas las|cada) (?:mes|meses|año|años|horas?|minutos?|\d+(?: \w+)?)\b"),
}
JOINING: Final = {  # what stands between a time and the matter, and is part of neither
    "en": r"(?:to|that|about|of|for|i (?:have|need|want) to)",
    "de": r"(?:daran|dass|an|zu|ans)",
    "fr": r"(?:de|d'|que|qu'|à)",
    "es": r"(?:que|de|a)",
}


def unit_s(word: str) -> int:
    """Seconds of a unit, by its first letter in any of the languages."""
    letter = {"sem": "w", "stu": "h"}.get(word[:3]) or _UNIT_LETTERS.get(word[0], word[0])
    return UNITS_S[letter]
