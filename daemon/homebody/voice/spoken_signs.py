"""Signs in words: ``50 %`` is "50 percent", ``$5`` "5 dollars", ``20 °C`` "20 degrees Celsius". Pure.

Works on one word of running text (what stands between two spaces). English; numbers themselves are left to the voice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LINK_NAME: Final = "a link"

_CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cents"),
    "€": ("euro", "euros", "cents"),
    "£": ("pound", "pounds", "pence"),
    "¥": ("yen", "yen", "sen"),
}
_SCALES: Final = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
_SCALE_WORDS: Final = frozenset(("hundred", "thousand", "million", "billion", "trillion"))
_UNITS: Final = {
    "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"),
    "°": ("degree", "degrees"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "℃": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "km/h": ("kilometre per hour", "kilometres per hour"),
    "kph": ("kilometre per hour", "kilometres per hour"),
    "m/s": ("metre per second", "metres per second"),
    "mph": ("mile per hour", "miles per hour"),
    "km": ("kilometre", "kilometres"),
    "m": ("metre", "metres"),
    "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"),
    "km²": ("square kilometre", "square kilometres"),
    "m²": ("square metre", "square metres"),
    "m³": ("cubic metre", "cubic metres"),
    "ft": ("foot", "feet"),
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "l": ("litre", "litres"),
    "ml": ("millilitre", "millilitres"),
    "mL": ("millilitre", "millilitres"),
    "h": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "ms": ("millisecond", "milliseconds"),
    "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "W": ("watt", "watts"),
    "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "V": ("volt", "volts"),
}
_ALWAYS: Final = frozenset(("%", "‰", "°", "°C", "℃", "°F", "℉", "km/h", "m/s", "kWh", "km²", "m²", "m³"))
_ALONE: Final = {
    "&": "and",
    "+": "plus",
    "=": "equals",
    "×": "times",
    "÷": "divided by",
    "±": "plus or minus",
    "@": "at",
    "|": ",",
    "-": ",",
    "--": ",",
    "–": ",",
    "—": ",",
    "->": "to",
    "=>": "to",
    "→": "to",
    "⇒": "to",
    "~": "about",
}
_AFTER_A_NUMBER: Final = {
    "*": "times",
    "x": "times",
    "/": "divided by",
    "-": "minus",
    "−": "minus",
    "^": "to the power of",
    "<": "less than",
    ">": "more than",
    "<=": "at most",
    ">=": "at least",
    "≤": "at most",
    "≥": "at least",
}
_INSIDE: Final = {
    "&": " and ",
    "+": " plus ",
    "=": " equals ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "@": " at ",
    "%": " percent ",
    "‰": " per mille ",
    "°": " degrees ",
    "℃": " degrees Celsius ",
    "℉": " degrees Fahrenheit ",
    "№": "number ",
    "§": " section ",
    "→": " to ",
    "⇒": " to ",
    "≤": " at most ",
    "≥": " at least ",
    "≈": " about ",
    "≠": " is not ",
    "−": " minus ",
    "|": ", ",
    "<": " ",
    ">": " ",
    "²": " squared ",
    "³": " cubed ",
    "$": " dollars ",
    "€": " euros ",
    "£": " pounds ",
    "¥": " yen ",
    "—": ", ",
    "·": " ",
}
_SPOKEN_SYMBOLS: Final = frozenset("".join(_INSIDE)) | {"^", "`"}
_DROPPED: Final = frozenset("`\\{}[]*_~^#¶†‡•")

_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_FRACTIONS: Final = {
    "1/2": "one half",
    "1/3": "one third",
    "2/3": "two thirds",
    "1/4": "one quarter",
    "3/4": "three quarters",
    "½": "one half",
    "⅓": "one third",
    "⅔": "two thirds",
    "¼": "one quarter",
    "¾": "three quarters",
}
_FRACTION: Final = re.compile(r"(?<![\d/.,])(?:[123]/[234](?![\d/])|[½⅓⅔¼¾])")
_PRICE: Final = re.compile(rf"([$€£¥])({_NUMBER})(bn|[kKmMbB])?\b|({_NUMBER})([$€£¥])")
_WHOLE_PRICE: Final = re.compile(rf"{_NUMBER} [a-z]+")
_AMOUNT: Final = re.compile(
    rf"({_NUMBER})({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![^\W\d_])"
)
_ADDRESS: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"')\]}]*[^\s<>\"')\]}.,;:!?…]|(?<![\w@.-])(?:[\w-]+\.)+[a-z]{2,}/[^\s<>\"')\]}]*"
    r"|(?:[a-z][a-z0-9+.-]*://|www\.)",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*[.,;:!?]?")
_PARTS: Final = re.compile(r"^([(\"'“‘«]*)(.*?)([)\"'”’».,;:!?…]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Said:
    """How a word is said.

    Attributes:
        text: The words, possibly none.
        waits: The next word may belong to it: ``$5`` before "million".
        joins: It has swallowed the word that was waiting.
    """

    text: str
    waits: bool = False
    joins: bool = False


def spoken(word: str, *, last: str, waiting: str) -> Said:
    """Say one word.

    Args:
        word: It, with the punctuation that clings to it.
        last: What was said before it; a unit after a number is a unit.
        waiting: What was held back since its ``waits`` was set; empty if nothing was.
    """
    if not waiting and not last[-1:].isdigit() and _PLAIN.fullmatch(word):
        return Said(word)  # most words
    lead, core, trail = _split(word)
    if waiting and core.lower() in _SCALE_WORDS:
        amount, _, unit = waiting.partition(" ")
        return Said(_tidy(f"{amount} {core} {unit}{trail}"), joins=True)
    after_number = last[-1:].isdigit()
    if core in _UNITS and (after_number or core in _ALWAYS):
        return Said(_tidy(lead + _unit(last.rsplit(maxsplit=1)[-1] if after_number else "", core) + trail))
    bare = core.replace("\\", "")
    if after_number and bare in _AFTER_A_NUMBER:
        return Said(_AFTER_A_NUMBER[bare] + trail)
    if bare in _ALONE:
        return Said(_ALONE[bare] + trail)
    if bare in _CURRENCIES:
        return Said(_CURRENCIES[bare][0 if after_number and last.rsplit(maxsplit=1)[-1] == "1" else 1] + trail)
    text = _tidy(lead + _signs(_marks(core)) + trail)
    price = core[:1] in _CURRENCIES and not lead and not trail
    return Said(text, waits=price and bool(_WHOLE_PRICE.fullmatch(text)))


def _split(word: str) -> tuple[str, str, str]:
    word = "".join(character for character in word if not is_silent(character))
    match = _PARTS.match(word)
    return (match[1], match[2], match[3]) if match else ("", word, "")


def is_silent(character: str) -> bool:
    """Emoji, controls, lone surrogates and whatever else has no name worth saying."""
    if character.isspace() or character in _SPOKEN_SYMBOLS:
        return False
    category = unicodedata.category(character)
    return (
        category in ("So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn", "Me")
        or "\ufe00" <= character <= "\ufe0f"  # variation selectors
        or (category == "Sm" and character != "~")
        or (category == "Sc")
    )


def _marks(core: str) -> str:
    """Take markup away, keeping what a sign means where it means something."""
    core = re.sub(r"(?<=\d)\*(?=\d)", " times ", core)
    core = re.sub(r"(?<=[\w)])\^(?=[\w(])", " to the power of ", core)
    core = re.sub(r"^~(?=\d)", "about ", core)
    core = re.sub(r"\b([A-GJ])#", r"\1 sharp", core)
    core = re.sub(r"#(?=\d)", "number ", core)
    core = re.sub(r"(?<=\w)_(?=\w)", " ", core)
    return "".join(character for character in core if character not in _DROPPED)


def _signs(core: str) -> str:
    core = _ADDRESS.sub(LINK_NAME, core)
    core = _PRICE.sub(_price, core)
    core = re.sub(r"(?<=\d)–(?=\d)", " to ", core)
    core = _AMOUNT.sub(lambda amount: f"{amount[1]} {_unit(amount[1], amount[2])}", core)
    core = _FRACTION.sub(lambda fraction: f" {_FRACTIONS.get(fraction[0], fraction[0])} ", core)
    core = re.sub(r"^[-−](?=\d)", "minus ", core)
    core = re.sub(r"[-=]+>", " to ", core)
    core = re.sub(r"-{2,}", ", ", core)
    core = re.sub(r"={2,}", "=", core)
    core = re.sub(r"(?<!\d)/|/(?!\d)", " ", core)
    return "".join(_INSIDE.get(character, character) for character in core)


def _price(match: re.Match[str]) -> str:
    symbol, number, scale = match[1] or match[5], match[2] or match[4], match[3]
    one, many, small = _CURRENCIES[symbol]
    if scale:
        return f"{number} {_SCALES[scale.lower()]} {many}"
    cents = re.fullmatch(r"(.*)\.(\d\d)", number)
    if cents and symbol != "¥":
        whole = f"{cents[1]} {one if cents[1] == '1' else many}"
        return whole if cents[2] == "00" else f"{whole} and {int(cents[2])} {small}"
    return f"{number} {one if number == '1' else many}"


def _unit(number: str, unit: str) -> str:
    return _UNITS[unit][0 if number == "1" else 1]


def _tidy(text: str) -> str:
    """One sign of punctuation is enough; one space too."""
    text = re.sub(r"\s+(?=[,;:.!?…])", "", text)
    text = re.sub(r"[!?]*\?[!?]*", "?", text)
    text = re.sub(r"!+", "!", text)
    text = re.sub(r"(?:…|\.){2,}|…", "...", text)
    text = re.sub(r"([,;:])[,;:]+", r"\1", text)
    return " ".join(text.split())
