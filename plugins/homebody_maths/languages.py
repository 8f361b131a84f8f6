"""Arithmetic in German, French and Spanish: its words become the English ones, which are then calculated. Pure."""

from __future__ import annotations

import re
from typing import Final

from homebody.skill import Phrases

_WORDS: Final = {
    "de": {
        "geteilt durch": "divided by",
        "dividiert durch": "divided by",
        "durch": "divided by",
        "mal": "times",
        "prozent von": "percent of",
        "hoch": "to the power of",
        "zum quadrat": "squared",
        "die wurzel aus": "square root of",
        "wurzel aus": "square root of",
        "quadratwurzel aus": "square root of",
        "weniger": "minus",
        "und": "plus",
        "plus": "plus",
        "minus": "minus",
    },
    "fr": {
        "divisé par": "divided by",
        "fois": "times",
        "multiplié par": "times",
        "pour cent de": "percent of",
        "puissance": "to the power of",
        "au carré": "squared",
        "la racine carrée de": "square root of",
        "racine carrée de": "square root of",
        "racine de": "square root of",
        "moins": "minus",
        "et": "plus",
        "plus": "plus",
    },
    "es": {
        "dividido entre": "divided by",
        "dividido por": "divided by",
        "entre": "divided by",
        "por ciento de": "percent of",
        "multiplicado por": "times",
        "por": "times",
        "elevado a": "to the power of",
        "al cuadrado": "squared",
        "la raíz cuadrada de": "square root of",
        "raíz cuadrada de": "square root of",
        "menos": "minus",
        "más": "plus",
    },
}
_PATTERNS: Final = {
    language: re.compile(rf"(?<!\S)(?:{'|'.join(sorted(words, key=len, reverse=True))})(?!\S)")
    for language, words in _WORDS.items()
}
# "et", "und" and "por" join other things than numbers too, so they alone make no sum.
OPERATOR: Final = "|".join(
    sorted({word for words in _WORDS.values() for word in words} - {"plus", "minus"}, key=len, reverse=True)
)
PHRASES: Final = {
    "de": Phrases(
        templates=(
            (
                "[(was ist|was sind|was macht|wie viel ist|wieviel ist|wie viel sind|berechne|rechne|was ergibt)] "
                "{expression}"
            ),
        ),
        examples=("was ist sieben mal acht", "wie viel ist zwanzig prozent von achtzig"),
    ),
    "fr": Phrases(
        templates=(
            "[(combien font|combien fait|calcule|qu'est ce que|quelle est|quel est|combien ça fait)] {expression}",
            "{expression} [ça fait combien|égale combien]",
        ),
        examples=("combien font sept fois huit",),
    ),
    "es": Phrases(
        templates=("[(cuánto es|cuánto son|cuál es|calcula|cuánto da|qué es)] [el] {expression}",),
        examples=("cuánto es siete por ocho",),
    ),
}
IMPOSSIBLE: Final = {
    "de": "Das lässt sich nicht ausrechnen.",
    "fr": "Cela ne se calcule pas.",
    "es": "Eso no se puede calcular.",
}
_RESULT: Final = {"de": "Das ist {}.", "fr": "Cela fait {}.", "es": "Son {}."}


def in_english(expression: str, language: str) -> str:
    """The expression with English words for what is done; itself where it is English."""
    if language not in _WORDS:
        return expression
    return _PATTERNS[language].sub(lambda match: _WORDS[language][match[0]], expression)


def result(number: float | int | str | None, language: str) -> str:
    """The sentence with the result, its decimals after a comma."""
    shown = f"{number:.6g}" if isinstance(number, float) else str(number)
    return _RESULT[language].format(shown.replace(".", ","))
