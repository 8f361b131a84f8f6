"""How German, French and Spanish name a time, said again in the English words that `dates` understands. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from homebody.language import identify


class Phrase(NamedTuple):
    """Words for a time: where they stand in the text, and what they mean in English."""

    begin: int
    end: int
    english: str


def phrases(text: str) -> Iterator[Phrase]:
    """Everything in a text that looks like a time; those that are none in English are none."""
    flat = _flat(text)
    for language, rules in _RULES.items():
        for pattern, template in rules:
            for match in pattern.finditer(flat):
                if match[0] == "hier" and identify(text) == "de":
                    continue  # here, and not yesterday
                said = {name: _said(_LEXICON[language], value) for name, value in match.groupdict("").items()}
                english = f"{said['open'] or 'in'} {template.format(**said)}"
                yield Phrase(*match.span(), " ".join(english.split()))


def _flat(text: str) -> str:
    """In lower case and without accents, letter for letter, so that places stay what they are."""
    parts = (unicodedata.normalize("NFKD", sign.lower()) for sign in text)
    return "".join(part[0] if part and len(part.rstrip("\u0300\u0301\u0302\u0303\u0308\u0327")) == 1 else sign
                   for part, sign in zip(parts, text, strict=True))  # fmt: skip


def _said(lexicon: Mapping[str, str], word: str) -> str:
    """The English word for one that begins as one of the lexicon does; numbers stay."""
    return next((english for begin, english in lexicon.items() if word.startswith(begin)), word)


def _lexicon(*pairs: str) -> dict[str, str]:
    """From ``jan january`` and so on; longer beginnings first."""
    found = dict(pair.split(" ", 1) for line in pairs for pair in line.split(", "))
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


_LEXICON: Final = {
    "de": _lexicon(
        "jan january, feb february, mar march, mae march, mrz march, apr april, mai may, jun june, jul july",
        "aug august, sep september, okt october, nov november, dez december",
        "montag monday, dienstag tuesday, mittwoch wednesday, donnerstag thursday, freitag friday",
        "samstag saturday, sonnabend saturday, sonntag sunday",
        "heute today, gestern yesterday, vorgestern day before yesterday, morgen morning, fruh morning",
        "vormittag morning, nachmittag afternoon, abend evening, nacht night",
        "tag day, woche week, wochenende weekend, monat month, jahr year",
        "fruhling spring, fruhjahr spring, sommer summer, herbst autumn, winter winter",
        "letzt last, vorig last, vergangen last, dies this",
        "seit since, vor before, nach after, bis until",
        "ein 1, ein paar 3, einig 3, zwei 2, drei 3, vier 4, funf 5, sechs 6, sieben 7, acht 8, neun 9, zehn 10",
        "elf 11, zwolf 12",
    ),
    "fr": _lexicon(
        "jan january, fev february, mar march, avr april, mai may, juin june, juil july, aou august, sep september",
        "oct october, nov november, dec december",
        "lundi monday, mardi tuesday, mercredi wednesday, jeudi thursday, vendredi friday, samedi saturday",
        "dimanche sunday, auj today, hier yesterday, avant-hier day before yesterday, avant hier day before yesterday",
        "matin morning, apres-midi afternoon, apres midi afternoon, soir evening, nuit night",
        "jour day, semaine week, week weekend, mois month, an year",
        "printemps spring, ete summer, automne autumn, hiver winter",
        "derni last, pass last, ce this",
        "depuis since, avant before, apres after, jusqu until",
        "un 1, quelques 3, deux 2, trois 3, quatre 4, cinq 5, six 6, sept 7, huit 8, neuf 9, dix 10, onze 11, douze 12",
    ),
    "es": _lexicon(
        "ene january, feb february, mar march, abr april, may may, jun june, jul july, ago august, sep september",
        "set september, oct october, nov november, dic december",
        "lunes monday, martes tuesday, miercoles wednesday, jueves thursday, viernes friday, sabado saturday",
        "domingo sunday, hoy today, ayer yesterday, anteayer day before yesterday, antier day before yesterday",
        "antes de ayer day before yesterday, manana morning, tarde afternoon, noche night",
        "dia day, semana week, fin weekend, mes month, ano year",
        "primavera spring, verano summer, otono autumn, invierno winter",
        "pasad last, ultim last, est this",
        "desde since, antes before, despues after, hasta until",
        "un 1, unos 3, unas 3, dos 2, tres 3, cuatro 4, cinco 5, seis 6, siete 7, ocho 8, nueve 9, diez 10, once 11",
        "doce 12",
    ),
}

_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_DAY: Final = r"(?P<day>3[01]|[12]\d|0?[1-9])"
_GERMAN: Final = {
    "month": "(?P<month>januar|janner|februar|marz|maerz|april|mai|juni|juli|august|september|oktober|november|"
             "dezember)",
    "weekday": "(?P<weekday>montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)",
    "season": "(?P<season>fruhling|fruhjahr|sommer|herbst|winter)",
    "part": "(?P<part>morgen|fruh|vormittag|nachmittag|abend|nacht)",
    "last": r"(?P<which>(?:letzt|vorig|vergangen|dies)e[nmsr]?)",
    "units": "(?P<unit>tage?n?|wochen?|monate?n?|jahre?n?)",
    "count": r"(?P<count>\d{1,3}|ein paar|einige[nr]?|eine[nmr]?|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|elf|"
             "zwolf)",
}  # fmt: skip
_FRENCH: Final = {
    "month": "(?P<month>janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre)",
    "weekday": "(?P<weekday>lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)",
    "season": "(?P<season>printemps|ete|automne|hiver)",
    "part": "(?P<part>matin|apres[- ]midi|soir|nuit)",
    "last": "(?P<which>derniere?|passee?)",
    "unit": "(?P<unit>semaine|mois|annee|an|week[- ]?end)",
    "units": "(?P<unit>jours?|semaines?|mois|annees?|ans?)",
    "count": r"(?P<count>\d{1,3}|une?|quelques|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze)",
}  # fmt: skip
_SPANISH: Final = {
    "month": "(?P<month>enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre|noviembre|"
             "diciembre)",
    "weekday": "(?P<weekday>lunes|martes|miercoles|jueves|viernes|sabado|domingo)",
    "season": "(?P<season>primavera|verano|otono|invierno)",
    "part": "(?P<part>manana|tarde|noche)",
    "last": "(?P<which>pasad[oa]|ultim[oa])",
    "unit": "(?P<unit>semana|mes|ano|fin de semana)",
    "units": "(?P<unit>dias?|semanas?|mes|meses|anos?)",
    "count": r"(?P<count>\d{1,3}|un|una|unos|unas|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)",
}  # fmt: skip
# What may stand in front of a time; what must stand in front of a word that alone is none.
_LEAD: Final = {
    "de": (
        r"(?:(?:von|vom|aus|in|im|am|an|wahrend)\s+)?(?:(?P<open>seit|vor|nach|bis)\s+)?"
        r"(?:(?:dem|der|den|des|zum|zur|jahre?)\s+)*",
        r"(?=(?:von|vom|aus|in|im|am|an|wahrend|seit|vor|nach|bis)\s)",
    ),
    "fr": (
        r"(?:(?:de|du|en|dans|pendant|au)\s+)?(?:(?P<open>depuis|avant|apres|jusqu'a|jusqu'en)\s+)?"
        r"(?:(?:le|la|les|ces|mois de|annee)\s+|[ld]['’]\s?(?:annee\s+)?)*",
        r"(?=(?:de|du|en|dans|pendant|au|depuis|avant|apres|jusqu'a|jusqu'en|le)\s|d['’])",
    ),
    "es": (
        r"(?:(?:de|del|en|durante)\s+)?(?:(?P<open>desde|antes de|despues de|hasta)\s+)?"
        r"(?:(?:el|la|los|las|del|ano|mes de)\s+)*",
        r"(?=(?:de|del|en|durante|desde|antes|despues|hasta|el)\s)",
    ),
}

Rule = tuple[re.Pattern[str], str]


def _rules(language: str, names: Mapping[str, str], *rules: tuple[str, str]) -> tuple[Rule, ...]:
    lead, must = _LEAD[language]
    made = []
    for body, template in rules:
        for name, pattern in names.items():
            body = body.replace(f"<{name}>", pattern)
        body = body.replace("<year>", _YEAR).replace("<day>", _DAY)
        begin = must + lead if body.startswith("!") else lead
        made.append((re.compile(rf"(?<![\w-]){begin}{body.removeprefix('!')}(?![\w-])"), template))
    return tuple(made)


# A rule that begins with "!" needs a word in front of it. Templates are English, for `dates` to read.
_RULES: Final = {
    "de": _rules(
        "de", _GERMAN,
        (r"(?P<word>vorgestern|gestern|heute)", "{word}"),
        (r"heute\s+<part>", "this {part}"),
        (r"gestern\s+<part>", "yesterday {part}"),
        (r"<last>\s+(?P<unit>wochenende|woche|monats?|jahre?s?|nacht)", "{which} {unit}"),
        (r"<last>\s+<count>\s+<units>", "last {count} {unit}s"),
        (r"(?:vor)\s+<count>\s+<units>", "{count} {unit}s ago"),
        (r"<day>\.\s?<month>(?:\s+<year>)?", "{day} {month} {year}"),
        (r"<day>\.\s?(?P<number>1[0-2]|0?[1-9])\.\s?<year>", "{year}-{number:0>2}-{day:0>2}"),
        (r"(?:<last>\s+)?<month>\s+<year>", "{which} {month} {year}"),
        (r"!(?:<last>\s+)?<month>", "{which} {month}"),
        (r"<last>\s+<month>", "{which} {month}"),
        (r"<season>\s+<year>", "{season} {year}"),
        (r"<last>\s+<season>", "{which} {season}"),
        (r"<last>\s+<weekday>", "{which} {weekday}"),
        (r"!<weekday>", "{weekday}"),
        (r"!<year>", "{year}"),
    ),
    "fr": _rules(
        "fr", _FRENCH,
        (r"(?P<word>aujourd['’]?\s?hui|avant[- ]hier|hier)", "{word}"),
        (r"(?:ce|cet|cette)\s+<part>", "this {part}"),
        (r"hier\s+<part>", "yesterday {part}"),
        (r"nuit\s+derniere", "last night"),
        (r"<unit>\s+<last>", "{which} {unit}"),
        (r"(?P<which>ce|cet|cette)\s+<unit>(?:[- ]ci)?", "{which} {unit}"),
        (r"<count>\s+(?:derniers|dernieres)\s+<units>", "last {count} {unit}s"),
        (r"il y a\s+<count>\s+<units>", "{count} {unit}s ago"),
        (r"<day>(?:er)?\s+<month>(?:\s+<year>)?", "{day} {month} {year}"),
        (r"<month>\s+<year>", "{month} {year}"),
        (r"<month>\s+<last>", "{which} {month}"),
        (r"!<month>", "{month}"),
        (r"<season>\s+(?:de\s+)?<year>", "{season} {year}"),
        (r"<season>\s+<last>", "{which} {season}"),
        (r"(?P<which>ce|cet|cette)\s+<season>", "{which} {season}"),
        (r"<weekday>\s+<last>", "{which} {weekday}"),
        (r"!<weekday>", "{weekday}"),
        (r"!<year>", "{year}"),
    ),
    "es": _rules(
        "es", _SPANISH,
        (r"(?P<word>anteayer|antier|antes de ayer|ayer|hoy)", "{word}"),
        (r"anoche", "last night"),
        (r"esta\s+<part>", "this {part}"),
        (r"ayer\s+por\s+la\s+<part>", "yesterday {part}"),
        (r"<unit>\s+<last>", "{which} {unit}"),
        (r"(?P<which>este|esta)\s+<unit>", "{which} {unit}"),
        (r"ultim[oa]s\s+<count>\s+<units>", "last {count} {unit}s"),
        (r"hace\s+<count>\s+<units>", "{count} {unit}s ago"),
        (r"<day>\s+de\s+<month>(?:\s+del?\s+<year>)?", "{day} {month} {year}"),
        (r"<month>\s+(?:del?\s+)?<year>", "{month} {year}"),
        (r"<month>\s+<last>", "{which} {month}"),
        (r"!<month>", "{month}"),
        (r"<season>\s+(?:del?\s+)?<year>", "{season} {year}"),
        (r"<season>\s+<last>", "{which} {season}"),
        (r"(?P<which>este|esta)\s+<season>", "{which} {season}"),
        (r"<weekday>\s+<last>", "{which} {weekday}"),
        (r"!<weekday>", "{weekday}"),
        (r"!<year>", "{year}"),
    ),
}  # fmt: skip
