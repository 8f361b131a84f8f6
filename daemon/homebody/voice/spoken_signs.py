"""Signs in words: ``50 %`` is "50 percent", ``$5`` "5 dollars", ``20 °C`` "20 degrees Celsius". Pure.

Works on one word of running text (what stands between two spaces), with the words of one language; numbers themselves
are left to the voice.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from homebody.voice.sign_words import UNIT_SIGNS, SignWords, sign_words

_ALWAYS: Final = frozenset(("%", "‰", "°", "°C", "℃", "°F", "℉", "km/h", "m/s", "kWh", "km²", "m²", "m³"))
_EN: Final = sign_words(None)
_SPOKEN_SYMBOLS: Final = frozenset("".join(_EN.inside)) | {"^", "`"}
_DROPPED: Final = frozenset("`\\{}[]*_~^#¶†‡•")

_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_FRACTION: Final = re.compile(r"(?<![\d/.,])(?:[123]/[234](?![\d/])|[½⅓⅔¼¾])")
_PRICE: Final = re.compile(rf"([$€£¥])({_NUMBER})(bn|[kKmMbB])?\b|({_NUMBER})([$€£¥])")
_WHOLE_PRICE: Final = re.compile(rf"{_NUMBER} [^\W\d_]+")
_AMOUNT: Final = re.compile(
    rf"({_NUMBER})({'|'.join(sorted(map(re.escape, UNIT_SIGNS), key=len, reverse=True))})(?![^\W\d_])"
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


def spoken(word: str, *, last: str, waiting: str, words: SignWords = _EN) -> Said:
    """Say one word.

    Args:
        word: It, with the punctuation that clings to it.
        last: What was said before it; a unit after a number is a unit.
        waiting: What was held back since its ``waits`` was set; empty if nothing was.
        words: For signs, in the language of the text.
    """
    if not waiting and not last[-1:].isdigit() and _PLAIN.fullmatch(word):
        return Said(word)  # most words
    lead, core, trail = _split(word)
    if waiting and core.lower() in words.scale_words:
        amount, _, unit = waiting.partition(" ")
        return Said(_tidy(f"{amount} {core} {unit}{trail}"), joins=True)
    after_number = last[-1:].isdigit()
    number = last.rsplit(maxsplit=1)[-1] if after_number else ""
    if core in words.units and (after_number or core in _ALWAYS):
        return Said(_tidy(lead + _unit(number, core, words) + trail))
    bare = core.replace("\\", "")
    if after_number and bare in words.after_number:
        return Said(words.after_number[bare] + trail)
    if bare in words.alone:
        return Said(words.alone[bare] + trail)
    if bare in words.currencies:
        return Said(words.currencies[bare][0 if number == "1" else 1] + trail)
    text = _tidy(lead + _signs(_marks(core, words), words) + trail)
    price = core[:1] in words.currencies and not lead and not trail
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


def _marks(core: str, words: SignWords) -> str:
    """Take markup away, keeping what a sign means where it means something."""
    sharp, number, about, _, _, times, power = words.extra
    core = re.sub(r"(?<=\d)\*(?=\d)", f" {times} ", core)
    core = re.sub(r"(?<=[\w)])\^(?=[\w(])", f" {power} ", core)
    core = re.sub(r"^~(?=\d)", f"{about} ", core)
    core = re.sub(r"\b([A-GJ])#", rf"\1 {sharp}", core)
    core = re.sub(r"#(?=\d)", f"{number} ", core)
    core = re.sub(r"(?<=\w)_(?=\w)", " ", core)
    return "".join(character for character in core if character not in _DROPPED)


def _signs(core: str, words: SignWords) -> str:
    _, _, _, to, minus, _, _ = words.extra
    core = _ADDRESS.sub(words.link, core)
    core = _PRICE.sub(lambda price: _price(price, words), core)
    core = re.sub(r"(?<=\d)–(?=\d)", f" {to} ", core)
    core = _AMOUNT.sub(lambda amount: f"{amount[1]} {_unit(amount[1], amount[2], words)}", core)
    core = _FRACTION.sub(lambda fraction: f" {words.fractions.get(fraction[0], fraction[0])} ", core)
    core = re.sub(r"^[-−](?=\d)", f"{minus} ", core)
    core = re.sub(r"[-=]+>", f" {to} ", core)
    core = re.sub(r"-{2,}", ", ", core)
    core = re.sub(r"={2,}", "=", core)
    core = re.sub(r"(?<!\d)/|/(?!\d)", " ", core)
    return "".join(words.inside.get(character, character) for character in core)


def _price(match: re.Match[str], words: SignWords) -> str:
    symbol, number, scale = match[1] or match[5], match[2] or match[4], match[3]
    one, many, small = words.currencies[symbol]
    if scale:
        return f"{number} {words.scales[scale.lower()]} {many}"
    cents = re.fullmatch(r"(.*)\.(\d\d)" if words is _EN else r"(.*)[.,](\d\d)", number)
    if cents and symbol != "¥":
        whole = f"{cents[1]} {one if cents[1] == '1' else many}"
        return whole if cents[2] == "00" else words.price.format(whole, int(cents[2]), small)
    return f"{number} {one if number == '1' else many}"


def _unit(number: str, unit: str, words: SignWords) -> str:
    return words.units[unit][0 if number == "1" else 1]


def _tidy(text: str) -> str:
    """One sign of punctuation is enough; one space too."""
    text = re.sub(r"\s+(?=[,;:.!?…])", "", text)
    text = re.sub(r"[!?]*\?[!?]*", "?", text)
    text = re.sub(r"!+", "!", text)
    text = re.sub(r"(?:…|\.){2,}|…", "...", text)
    text = re.sub(r"([,;:])[,;:]+", r"\1", text)
    return " ".join(text.split())
