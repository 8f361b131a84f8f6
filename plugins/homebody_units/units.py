"""Units and what they are of, exactly. Pure.

Factors to SI: NIST Special Publication 811 (2008), appendix B.8, and for those it gives rounded the exact definitions
behind them: the inch is 25.4 mm, the avoirdupois pound 0.45359237 kg, the US gallon 231 cubic inches (NIST Handbook 44,
appendix C), the imperial gallon 4.54609 l, the thermochemical calorie 4.184 J, the International Table Btu
1055.05585262 J. Cups, pints, gallons, spoons and fluid ounces are US customary unless called imperial.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

ABSOLUTE_ZERO_K: Final = Fraction(0)


class Unit(NamedTuple):
    """A unit: ``value * factor + offset`` is the amount in the SI unit of its dimension.

    ``one`` and ``many`` are its name for the ear; ``heard`` further ways to say or write it, in lower case.
    """

    dimension: str
    one: str
    many: str
    factor: Fraction
    heard: tuple[str, ...] = ()
    offset: Fraction = Fraction(0)

    @property
    def name(self) -> str:
        """Its name on the wire: "kilometer", "celsius"."""
        return self.one.removeprefix("degree ").lower()


class Incompatible(ValueError):
    """The two units measure different things."""


_INCH = Fraction(254, 10_000)
_FOOT, _YARD, _MILE = 12 * _INCH, 36 * _INCH, 63_360 * _INCH
_POUND = Fraction(45_359_237, 100_000_000)
_GALLON = 231 * _INCH**3
_IMPERIAL_GALLON = Fraction(454_609, 100_000_000)
_HOUR = Fraction(3600)
_CALORIE = Fraction(4184, 1000)


def _unit(dimension: str, one: str, factor: Fraction | int | str, *heard: str, many: str = "") -> Unit:
    return Unit(dimension, one, many or f"{one}s", Fraction(factor), heard)


_ALL: Final = (
    _unit("length", "meter", 1, "metre", "metres", "m"),
    _unit("length", "millimeter", "0.001", "millimetre", "millimetres", "mm"),
    _unit("length", "centimeter", "0.01", "centimetre", "centimetres", "cm"),
    _unit("length", "decimeter", "0.1", "decimetre", "decimetres", "dm"),
    _unit("length", "kilometer", 1000, "kilometre", "kilometres", "km", "kms", "k m", "klick", "klicks"),
    _unit("length", "micrometer", "0.000001", "micrometre", "micrometres", "micron", "microns"),
    _unit("length", "inch", _INCH, many="inches"),
    _unit("length", "foot", _FOOT, "ft", many="feet"),
    _unit("length", "yard", _YARD, "yd"),
    _unit("length", "mile", _MILE, "mi"),
    _unit("length", "nautical mile", 1852),
    _unit("length", "light year", 9_460_730_472_580_800, "lightyear", "lightyears"),
    _unit("mass", "kilogram", 1, "kilo", "kilos", "kg", "kgs", "kilogramme", "kilogrammes"),
    _unit("mass", "gram", "0.001", "g", "gramme", "grammes"),
    _unit("mass", "milligram", "0.000001", "mg"),
    _unit("mass", "metric ton", 1000, "tonne", "tonnes", "ton", "tons"),
    _unit("mass", "pound", _POUND, "lb", "lbs"),
    _unit("mass", "ounce", _POUND / 16, "oz"),
    _unit("mass", "stone", _POUND * 14, "stones", many="stone"),
    _unit("volume", "liter", "0.001", "litre", "litres", "l"),
    _unit("volume", "milliliter", "0.000001", "millilitre", "millilitres", "ml", "mil", "mils"),
    _unit("volume", "centiliter", "0.00001", "centilitre", "centilitres", "cl"),
    _unit("volume", "deciliter", "0.0001", "decilitre", "decilitres", "dl"),
    _unit("volume", "cubic meter", 1, "cubic metre", "cubic metres"),
    _unit("volume", "cubic centimeter", "0.000001", "cubic centimetre", "cubic centimetres", "cc"),
    _unit("volume", "cubic foot", _FOOT**3, many="cubic feet"),
    _unit("volume", "cubic inch", _INCH**3, many="cubic inches"),
    _unit("volume", "gallon", _GALLON, "us gallon", "us gallons"),
    _unit("volume", "quart", _GALLON / 4),
    _unit("volume", "pint", _GALLON / 8, "us pint", "us pints"),
    _unit("volume", "cup", _GALLON / 16, "cupful", "cupfuls"),
    _unit("volume", "fluid ounce", _GALLON / 128, "fl oz"),
    _unit("volume", "tablespoon", _GALLON / 256, "tbsp", "tablespoonful", "tablespoonfuls"),
    _unit("volume", "teaspoon", _GALLON / 768, "tsp", "teaspoonful", "teaspoonfuls"),
    _unit("volume", "imperial gallon", _IMPERIAL_GALLON, "uk gallon", "uk gallons", "british gallon",
          "british gallons"),
    _unit("volume", "imperial pint", _IMPERIAL_GALLON / 8, "uk pint", "uk pints", "british pint", "british pints"),
    Unit("temperature", "degree Celsius", "degrees Celsius", Fraction(1), ("celsius", "degree celsius",
         "degrees celsius", "centigrade", "degrees centigrade", "c", "degrees c"), Fraction(27_315, 100)),
    Unit("temperature", "degree Fahrenheit", "degrees Fahrenheit", Fraction(5, 9), ("fahrenheit", "degree fahrenheit",
         "degrees fahrenheit", "f", "degrees f"), Fraction(45_967, 180)),
    Unit("temperature", "kelvin", "kelvin", Fraction(1), ("kelvins", "degrees kelvin", "degree kelvin")),
    _unit("speed", "meter per second", 1, "metre per second", "metres per second", "meters a second",
          many="meters per second"),
    _unit("speed", "kilometer per hour", 1000 / _HOUR, "kilometre per hour", "kilometres per hour",
          "kilometers an hour",
          "kilometres an hour", "kmh", "kph", "km h", "k m h", "km per hour", many="kilometers per hour"),
    _unit("speed", "mile per hour", _MILE / _HOUR, "miles an hour", "mph", "m p h", many="miles per hour"),
    _unit("speed", "foot per second", _FOOT, "feet a second", many="feet per second"),
    _unit("speed", "knot", 1852 / _HOUR),
    _unit("area", "square meter", 1, "square metre", "square metres"),
    _unit("area", "square centimeter", "0.0001", "square centimetre", "square centimetres"),
    _unit("area", "square kilometer", 1_000_000, "square kilometre", "square kilometres"),
    _unit("area", "hectare", 10_000),
    _unit("area", "acre", 43_560 * _FOOT**2),
    _unit("area", "square foot", _FOOT**2, many="square feet"),
    _unit("area", "square inch", _INCH**2, many="square inches"),
    _unit("area", "square yard", _YARD**2),
    _unit("area", "square mile", _MILE**2),
    _unit("time", "second", 1, "sec", "secs"),
    _unit("time", "millisecond", "0.001"),
    _unit("time", "minute", 60, "min", "mins"),
    _unit("time", "hour", 3600),
    _unit("time", "day", 86_400),
    _unit("time", "week", 604_800),
    _unit("time", "year", 31_536_000),  # of 365 days, as SP 811 has it
    _unit("data", "bit", 1),
    _unit("data", "byte", 8),
    _unit("data", "kilobyte", 8 * 10**3, "kb"),
    _unit("data", "megabyte", 8 * 10**6, "mb", "meg", "megs"),
    _unit("data", "gigabyte", 8 * 10**9, "gb", "gig", "gigs"),
    _unit("data", "terabyte", 8 * 10**12, "tb"),
    _unit("data", "kilobit", 10**3),
    _unit("data", "megabit", 10**6),
    _unit("data", "gigabit", 10**9),
    _unit("data", "kibibyte", 8 * 2**10),
    _unit("data", "mebibyte", 8 * 2**20),
    _unit("data", "gibibyte", 8 * 2**30),
    _unit("energy", "joule", 1, "j"),
    _unit("energy", "kilojoule", 1000, "kj"),
    _unit("energy", "megajoule", 10**6),
    _unit("energy", "small calorie", _CALORIE),
    _unit("energy", "kilocalorie", 1000 * _CALORIE, "calorie", "calories", "kcal", "kcals"),  # as food is labelled
    _unit("energy", "watt hour", 3600),
    _unit("energy", "kilowatt hour", 3_600_000, "kwh"),
    _unit("energy", "british thermal unit", "1055.05585262", "btu", "btus"),
)  # fmt: skip

UNITS: Final[dict[str, Unit]] = {unit.name: unit for unit in _ALL}
"""Every unit by its name on the wire."""

HEARD: Final[dict[str, str]] = {
    words.lower(): unit.name for unit in _ALL for words in (unit.one, unit.many, *unit.heard)
}
"""Every way to say a unit -> its name."""


def convert(amount: Fraction, source: str, target: str) -> Fraction:
    """The amount of ``source`` in ``target``, exactly; both are names in `UNITS`.

    An ounce against a volume is a fluid ounce.

    Raises:
        Incompatible: They measure different things.
    """
    source, target = disambiguated(source, target)
    a, b = UNITS[source], UNITS[target]
    if a.dimension != b.dimension:
        raise Incompatible(f"{a.dimension} and {b.dimension}")
    return (amount * a.factor + a.offset - b.offset) / b.factor


def disambiguated(source: str, target: str) -> tuple[str, str]:
    """Both names, with "ounce" taken as "fluid ounce" where the other is a volume."""
    if source == "ounce" and UNITS[target].dimension == "volume":
        return "fluid ounce", target
    if target == "ounce" and UNITS[source].dimension == "volume":
        return source, "fluid ounce"
    return source, target


def below_absolute_zero(amount: Fraction, source: str) -> bool:
    """Whether this is a temperature that cannot be."""
    unit = UNITS[source]
    return unit.dimension == "temperature" and amount * unit.factor + unit.offset < ABSOLUTE_ZERO_K


def spoken_amount(value: Fraction) -> str:
    """For the ear: "5", "about 8.05", "minus 40", "about 3.2 times 10 to the power of 12".

    Exact where three significant places beyond the point say it; else two decimals from 1 to 100, one up to 1000, none
    above, and three significant digits below one.
    """
    size = abs(value)
    sign = "minus " if value < 0 else ""
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2
    if 0 < size < 1:
        while size * 10**decimals < 100 and decimals < 15:
            decimals += 1
    exact = (size * 10 ** max(decimals, 2)).denominator == 1
    if size >= 10**12 or 0 < size < Fraction(1, 10**6):
        mantissa, exponent = f"{float(size):.2e}".split("e")
        power = int(exponent)
        spoken_power = f"minus {-power}" if power < 0 else str(power)
        return f"about {sign}{mantissa.rstrip('0').rstrip('.')} times 10 to the power of {spoken_power}"
    places = max(decimals, 2) if exact else decimals
    scaled = (size * 10**places + Fraction(1, 2)).__floor__()
    whole, part = divmod(scaled, 10**places)
    decimal_part = f"{part:0{places}d}".rstrip("0") if places else ""
    text = f"{whole}.{decimal_part}" if decimal_part else str(whole)
    return f"{'' if exact else 'about '}{sign}{text}"


def spoken(value: Fraction, name: str) -> str:
    """An amount with its unit: "about 8.05 kilometers", "1 mile"."""
    unit = UNITS[name]
    amount = spoken_amount(value)
    return f"{amount} {unit.one if amount in {'1', 'minus 1'} else unit.many}"
