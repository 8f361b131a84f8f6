"""Units and conversions in German, French and Spanish. Pure data, and the sentences made of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final, NamedTuple

from homebody.skill import Phrases
from homebody_units import units


class _Name(NamedTuple):
    """``one`` with its article ("eine Meile"), ``many`` ("Meilen"), further ways to say or write it."""

    one: str
    many: str
    heard: tuple[str, ...]


# A line a unit: its name on the wire, one, many, and what else is heard, parted by bars.
_TABLES: Final = {
    "de": """
meter|ein Meter|Meter|metern|m
millimeter|ein Millimeter|Millimeter|millimetern|mm
centimeter|ein Zentimeter|Zentimeter|zentimetern|cm|centimeter|centimetern
decimeter|ein Dezimeter|Dezimeter|dezimetern
kilometer|ein Kilometer|Kilometer|kilometern|km
inch|ein Zoll|Zoll|inch
foot|ein Fuß|Fuß|fuss
yard|ein Yard|Yard|yards
mile|eine Meile|Meilen
nautical mile|eine Seemeile|Seemeilen
kilogram|ein Kilogramm|Kilogramm|kilo|kilos|kg
gram|ein Gramm|Gramm|g
milligram|ein Milligramm|Milligramm|mg
metric ton|eine Tonne|Tonnen
pound|ein englisches Pfund|englische Pfund|pfund|pounds
ounce|eine Unze|Unzen
liter|ein Liter|Liter|litern|l
milliliter|ein Milliliter|Milliliter|millilitern|ml
centiliter|ein Zentiliter|Zentiliter|zentilitern|cl
deciliter|ein Deziliter|Deziliter|dezilitern|dl
cubic meter|ein Kubikmeter|Kubikmeter|kubikmetern
cubic centimeter|ein Kubikzentimeter|Kubikzentimeter|kubikzentimetern
gallon|eine Gallone|Gallonen
pint|ein Pint|Pints
cup|eine Tasse|Tassen|cups|cup
tablespoon|ein Esslöffel|Esslöffel|esslöffeln
teaspoon|ein Teelöffel|Teelöffel|teelöffeln
celsius|ein Grad Celsius|Grad Celsius|celsius
fahrenheit|ein Grad Fahrenheit|Grad Fahrenheit|fahrenheit
kelvin|ein Kelvin|Kelvin
meter per second|ein Meter pro Sekunde|Meter pro Sekunde|metern pro sekunde
kilometer per hour|ein Kilometer pro Stunde|Kilometer pro Stunde|stundenkilometer|stundenkilometern|km h
mile per hour|eine Meile pro Stunde|Meilen pro Stunde|mph
knot|ein Knoten|Knoten
square meter|ein Quadratmeter|Quadratmeter|quadratmetern
square kilometer|ein Quadratkilometer|Quadratkilometer|quadratkilometern
hectare|ein Hektar|Hektar
acre|ein Acre|Acres
square foot|ein Quadratfuß|Quadratfuß
second|eine Sekunde|Sekunden
minute|eine Minute|Minuten
hour|eine Stunde|Stunden
day|ein Tag|Tage|tagen
week|eine Woche|Wochen
year|ein Jahr|Jahre|jahren
bit|ein Bit|Bit|bits
byte|ein Byte|Byte|bytes
kilobyte|ein Kilobyte|Kilobyte
megabyte|ein Megabyte|Megabyte
gigabyte|ein Gigabyte|Gigabyte
terabyte|ein Terabyte|Terabyte
joule|ein Joule|Joule
kilojoule|ein Kilojoule|Kilojoule
kilocalorie|eine Kilokalorie|Kilokalorien|kalorien|kalorie|kcal
kilowatt hour|eine Kilowattstunde|Kilowattstunden|kwh
""",
    "fr": """
meter|un mètre|mètres|m
millimeter|un millimètre|millimètres|mm
centimeter|un centimètre|centimètres|cm
decimeter|un décimètre|décimètres
kilometer|un kilomètre|kilomètres|km|kilomètre
inch|un pouce|pouces
foot|un pied|pieds
yard|un yard|yards
mile|un mile|miles|mille anglais|milles
nautical mile|un mille marin|milles marins|mille nautique|milles nautiques
kilogram|un kilogramme|kilogrammes|kilo|kilos|kg
gram|un gramme|grammes|g
milligram|un milligramme|milligrammes|mg
metric ton|une tonne|tonnes
pound|une livre anglaise|livres anglaises|livre|livres
ounce|une once|onces
liter|un litre|litres|l
milliliter|un millilitre|millilitres|ml
centiliter|un centilitre|centilitres|cl
deciliter|un décilitre|décilitres|dl
cubic meter|un mètre cube|mètres cubes
cubic centimeter|un centimètre cube|centimètres cubes
gallon|un gallon|gallons
pint|une pinte|pintes
cup|une tasse|tasses
tablespoon|une cuillère à soupe|cuillères à soupe
teaspoon|une cuillère à café|cuillères à café
celsius|un degré Celsius|degrés Celsius|celsius
fahrenheit|un degré Fahrenheit|degrés Fahrenheit|fahrenheit
kelvin|un kelvin|kelvins
meter per second|un mètre par seconde|mètres par seconde
kilometer per hour|un kilomètre par heure|kilomètres par heure|kilomètres heure|kilomètres à l'heure|km h
mile per hour|un mile par heure|miles par heure|miles à l'heure
knot|un nœud|nœuds|noeuds|noeud
square meter|un mètre carré|mètres carrés
square kilometer|un kilomètre carré|kilomètres carrés
hectare|un hectare|hectares
acre|une acre|acres
square foot|un pied carré|pieds carrés
second|une seconde|secondes
minute|une minute|minutes
hour|une heure|heures
day|un jour|jours
week|une semaine|semaines
year|un an|ans|année|années
bit|un bit|bits
byte|un octet|octets
kilobyte|un kilooctet|kilooctets
megabyte|un mégaoctet|mégaoctets
gigabyte|un gigaoctet|gigaoctets
terabyte|un téraoctet|téraoctets
joule|un joule|joules
kilojoule|un kilojoule|kilojoules
kilocalorie|une kilocalorie|kilocalories|calories|calorie
kilowatt hour|un kilowattheure|kilowattheures|kwh
""",
    "es": """
meter|un metro|metros|m
millimeter|un milímetro|milímetros|mm
centimeter|un centímetro|centímetros|cm
decimeter|un decímetro|decímetros
kilometer|un kilómetro|kilómetros|km
inch|una pulgada|pulgadas
foot|un pie|pies
yard|una yarda|yardas
mile|una milla|millas
nautical mile|una milla náutica|millas náuticas
kilogram|un kilogramo|kilogramos|kilo|kilos|kg
gram|un gramo|gramos|g
milligram|un miligramo|miligramos|mg
metric ton|una tonelada|toneladas
pound|una libra|libras
ounce|una onza|onzas
liter|un litro|litros|l
milliliter|un mililitro|mililitros|ml
centiliter|un centilitro|centilitros|cl
deciliter|un decilitro|decilitros|dl
cubic meter|un metro cúbico|metros cúbicos
cubic centimeter|un centímetro cúbico|centímetros cúbicos
gallon|un galón|galones
pint|una pinta|pintas
cup|una taza|tazas
tablespoon|una cucharada|cucharadas
teaspoon|una cucharadita|cucharaditas
celsius|un grado Celsius|grados Celsius|grados centígrados|celsius|centígrados
fahrenheit|un grado Fahrenheit|grados Fahrenheit|fahrenheit
kelvin|un kelvin|kelvins
meter per second|un metro por segundo|metros por segundo
kilometer per hour|un kilómetro por hora|kilómetros por hora|km h
mile per hour|una milla por hora|millas por hora
knot|un nudo|nudos
square meter|un metro cuadrado|metros cuadrados
square kilometer|un kilómetro cuadrado|kilómetros cuadrados
hectare|una hectárea|hectáreas
acre|un acre|acres
square foot|un pie cuadrado|pies cuadrados
second|un segundo|segundos
minute|un minuto|minutos
hour|una hora|horas
day|un día|días
week|una semana|semanas
year|un año|años
bit|un bit|bits
byte|un byte|bytes
kilobyte|un kilobyte|kilobytes
megabyte|un megabyte|megabytes
gigabyte|un gigabyte|gigabytes
terabyte|un terabyte|terabytes
joule|un julio|julios
kilojoule|un kilojulio|kilojulios
kilocalorie|una kilocaloría|kilocalorías|calorías|caloría
kilowatt hour|un kilovatio hora|kilovatios hora|kwh
""",
}


def _names(table: str) -> dict[str, _Name]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return {name: _Name(one, many, tuple(heard)) for name, one, many, *heard in rows}


NAMES: Final = {language: _names(table) for language, table in _TABLES.items()}
"""By language, the names of the units, by their names on the wire."""


def _lists(language: str, one: str) -> dict[str, Any]:
    heard: dict[str, str] = {}
    for name, own in NAMES[language].items():
        for words in (own.one.partition(" ")[2], own.many, *own.heard):
            heard.setdefault(words.lower(), name)
    values = {"values": [{"in": words, "out": name} for words, name in heard.items()]}
    amount = {"wildcard": True}
    return {"amount": amount, "from": values, "to": values, "one": {"values": [{"in": one, "out": 1}]}}


_FROM: Final = {"from": "({amount:amount}|{one:amount}) {from:from_unit}"}
PHRASES: Final = {
    "de": Phrases(
        templates=(
            (
                "(wie viele|wie viel|wieviele|wieviel) {to:to_unit} (sind|ist|hat|haben|ergeben|ergibt|entsprechen|"
                "entspricht|passen in|gehen in|sind in|hat eigentlich) <from>"
            ),
            (
                "[(was|wie viel|wieviel|wie weit|wie lang|wie schwer|wie warm|wie kalt|wie schnell) (sind|ist)] "
                "<from> in {to:to_unit} [umgerechnet]"
            ),
            "<from> (sind|ist|entsprechen) (wie viele|wie viel|wieviele|wieviel) {to:to_unit}",
            "(rechne|rechnen sie|wandle|konvertiere|verwandle) <from> (in|zu) {to:to_unit} [um]",
        ),
        lists=_lists("de", "(ein|eine|einen|einem|einer|1)"),
        rules=_FROM,
        examples=("wie viele kilometer sind fünf meilen", "rechne hundert fahrenheit in celsius um"),
    ),
    "fr": Phrases(
        templates=(
            (
                "combien [de|d'] {to:to_unit} (font|fait|dans|il y a dans|y a t il dans|représentent|représente|valent|"
                "vaut|contient|contiennent) <from>"
            ),
            "(combien|ça) (font|fait|vaut|valent) <from> en {to:to_unit}",
            "<from> (font|fait|ça fait|valent|vaut) combien (de|d'|en) {to:to_unit}",
            "[(c'est combien|quelle distance font|quel poids font)] <from> en {to:to_unit}",
            "(convertis|convertir|convertissez|transforme|mets) <from> (en|dans) {to:to_unit}",
        ),
        lists=_lists("fr", "(un|une|1)"),
        rules=_FROM,
        examples=("combien de kilomètres font cinq miles", "convertis cent fahrenheit en celsius"),
    ),
    "es": Phrases(
        templates=(
            "(cuántos|cuántas|cuanto|cuánto) {to:to_unit} (son|es|hay en|tiene|tienen|caben en|equivalen a) <from>",
            "[(cuánto|cuántos|cuánta|qué|a cuánto) (es|son|equivale|equivalen)] <from> (en|a) {to:to_unit}",
            "<from> (son|es) (cuántos|cuántas) {to:to_unit}",
            "(convierte|pasa|cambia|transforma|convertir) <from> (a|en) {to:to_unit}",
        ),
        lists=_lists("es", "(un|una|1)"),
        rules=_FROM,
        examples=("cuántos kilómetros son cinco millas", "convierte cien fahrenheit a celsius"),
    ),
}
_SAYS: Final = {  # the result of one and of several, then about, minus and "times ten to the", what cannot be
    "de": ("{} sind {}.", "{} sind {}.", "etwa ", "minus ", " mal 10 hoch ", "{} lassen sich nicht in {} umrechnen."),
    "fr": (
        "{} fait {}.",
        "{} font {}.",
        "environ ",
        "moins ",
        " fois 10 puissance ",
        "On ne peut pas convertir des {} en {}.",
    ),
    "es": (
        "{} es {}.",
        "{} son {}.",
        "aproximadamente ",
        "menos ",
        " por 10 elevado a ",
        "No se pueden convertir {} en {}.",
    ),
}
TOO_COLD: Final = {
    "de": "So kalt ist nichts, das liegt unter dem absoluten Nullpunkt.",
    "fr": "Rien n'est aussi froid, c'est en dessous du zéro absolu.",
    "es": "Nada está tan frío, es menos que el cero absoluto.",
}


def result(amount: Fraction, source: str, value: Fraction, target: str, language: str) -> str | None:
    """The sentence with the result; None where a unit has no name in this language."""
    given, got = _spoken(amount, source, language), _spoken(value, target, language)
    if given is None or got is None:
        return None
    said = _SAYS[language][0 if given == NAMES[language][source].one else 1].format(given, got)
    return said[0].upper() + said[1:]


def incompatible(source: str, target: str, language: str) -> str | None:
    """That these units measure different things; None where a unit has no name in this language."""
    names = NAMES[language]
    if source not in names or target not in names:
        return None
    said = _SAYS[language][5].format(names[source].many, names[target].many)
    return said[0].upper() + said[1:]


def _spoken(value: Fraction, name: str, language: str) -> str | None:
    own = NAMES[language].get(name)
    if own is None:
        return None
    amount = units.spoken_amount(value)
    if amount == "1":
        return own.one
    _, _, about, minus, power, _ = _SAYS[language]
    amount = amount.replace(" times 10 to the power of ", power).replace("about ", about).replace("minus ", minus)
    return f"{amount.replace('.', ',')} {own.many}"
