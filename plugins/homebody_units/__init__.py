"""Conversion between units of length, mass, volume, temperature, speed, area, time, data and energy."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Final

from msgspec import Meta

from homebody.skill import Context, Registry, Reply, skill
from homebody_units import languages, units

_UNIT_NAMES: Final[dict[str, Any]] = {"values": [{"in": heard, "out": name} for heard, name in units.HEARD.items()]}
_LISTS: Final = {
    "amount": {"wildcard": True},
    "more": {"wildcard": True},
    "from": _UNIT_NAMES,
    "more_unit": _UNIT_NAMES,
    "to": _UNIT_NAMES,
    "one": {"values": [{"in": "(a|an|the|1|each|every|a single)", "out": 1}]},
    "implied_one": {
        "values": [{"in": "(are in|are there in|in|make|make up|equal|fit in|does it take to make|to|per)", "out": 1}]
    },
}
_RULES: Final = {
    "whats": "(what is|what's|whats|what are|how much is|how much are|how much does|calculate|tell me|work out|"
    "how hot is|how cold is|how long is|how far is|how heavy is|how fast is|how big is|how tall is)",
    "from": "({amount:amount}|{one:amount}) {from:from_unit}",
    "into": "(to|in|into|in to|as|to how many|converted to|expressed in|equal to how many)",
}


@skill(
    "(convert|change|turn|translate|transform|switch) <from> <into> {to:to_unit}",
    "[<whats>] <from> <into> {to:to_unit}",
    "[<whats>|convert] <from> [and] {more:more} {more_unit:more_unit} <into> {to:to_unit}",
    "how (many|much) {to:to_unit} (are|is|are in|is in|in) <from> [and] {more:more} {more_unit:more_unit}",
    (
        "how (many|much) {to:to_unit} (are|is|are there in|is there in|are in|is in|in|make|makes|do|does|equal|"
        "equals|go into|"
        "fit in|fit into|to|per|correspond to|would be|will|have|has|is equal to|are equal to|there are in|do you "
        "get from) "
        "<from> [(have|has|make|equal|contain|weigh|measure|last|give|be)]"
    ),
    "how (many|much) {to:to_unit} {implied_one:amount} [a|an|the|1] {from:from_unit}",
    "how (many|much) {to:to_unit} (does|do) <from> (have|has|make|equal|contain|weigh|measure|last|give)",
    "how (many|much) is <from> [in] {to:to_unit}",
    "<from> (is|are|equals|makes) how (many|much) {to:to_unit}",
    "<whats> <from> worth in {to:to_unit}",
    lists=_LISTS,
    rules=_RULES,
    read_only=True,
    examples=(
        "how many kilometers are five miles",
        "convert 100 fahrenheit to celsius",
        "what is ten pounds in kilos",
        "how many cups are in a pint",
    ),
    translations=languages.PHRASES,
)
def convert(
    ctx: Context,
    amount: Annotated[float, Meta(ge=-1e15, le=1e15)],
    from_unit: Annotated[str, Meta(description="English name of the unit given, such as mile")],
    to_unit: Annotated[str, Meta(description="English name of the unit wanted, such as kilometer")],
    more: Annotated[float, Meta(ge=0, le=1e15)] | None = None,
    more_unit: Annotated[str, Meta(description="of the second amount, as the inches of 6 feet 2 inches")] = "",
) -> Reply | None:
    """Convert units."""
    source, target = units.HEARD.get(from_unit.lower()), units.HEARD.get(to_unit.lower())
    if source is None or target is None:
        return None
    source, target = units.disambiguated(source, target)
    exact = Fraction(repr(amount))  # the decimal that was said, not the nearest float
    if more is not None:
        return _in_two_units(exact, source, Fraction(repr(more)), units.HEARD.get(more_unit.lower(), ""), target)
    if units.below_absolute_zero(exact, source):
        text = languages.TOO_COLD.get(ctx.language, "Nothing is that cold: it is below absolute zero.")
        return Reply(text, value={"result": None, "unit": target})
    own = ctx.language if ctx.language in languages.NAMES else None
    try:
        result = units.convert(exact, source, target)
    except units.Incompatible:
        said = languages.incompatible(source, target, own) if own else _incompatible(source, target)
        return Reply(said, value={"result": None, "unit": target}) if said else None
    said = languages.result(exact, source, result, target, own) if own else _result(exact, source, result, target)
    return Reply(said, value={"result": _plain(result), "unit": target}) if said else None


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    registry.add(convert)


def _in_two_units(amount: Fraction, source: str, more: Fraction, smaller: str, target: str) -> Reply | None:
    """Of "6 feet 2 inches"; None for what is not said so, as degrees."""
    if smaller not in units.UNITS or units.UNITS[source].dimension == "temperature":
        return None
    smaller, _ = units.disambiguated(smaller, target)
    try:
        result = units.convert(amount, source, target) + units.convert(more, smaller, target)
    except units.Incompatible:
        return None
    said = f"{_capital(units.spoken(amount, source))} and {units.spoken(more, smaller)}"
    return Reply(f"{said} is {units.spoken(result, target)}.", value={"result": _plain(result), "unit": target})


def _result(amount: Fraction, source: str, value: Fraction, target: str) -> str:
    return f"{_capital(units.spoken(amount, source))} is {units.spoken(value, target)}."


def _incompatible(source: str, target: str) -> str:
    a, b = units.UNITS[source], units.UNITS[target]
    return f"{_capital(a.many)} measure {a.dimension} and {b.many} measure {b.dimension}, so I can't convert them."


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(f"{float(value):.12g}")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
