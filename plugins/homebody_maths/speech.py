"""Numbers for the ear. Pure."""

from __future__ import annotations

import math
from decimal import Context as DecimalContext
from fractions import Fraction

from homebody_maths.arithmetic import Number, decimal, log10


def spoken(number: Number) -> str:
    """The number for the ear: "42", "minus 2.5", "about 0.333", "about 1.27 times 10 to the power of 30".

    Exact where at most six decimals say it exactly; else three decimals, or three significant digits below one.
    """
    value = abs(number.value)
    sign = "minus " if number.value < 0 else ""
    if value >= 10**15:
        if number.exact and value.denominator == 1 and _is_round(value.numerator):
            zeros = len(str(value.numerator)) - 1
            return f"{sign}10 to the power of {zeros}"
        return f"about {sign}{_scientific(value)}"
    scaled = value * 10**6
    if number.exact and scaled.denominator == 1:
        return sign + _plain(value, 6)
    if value < Fraction(1, 10**6):
        return f"about {sign}{_scientific(value)}" if value else "0"
    decimals = 3 if value >= 1 else 3 - math.floor(log10(value)) - 1
    return f"about {sign}{_plain(value, decimals)}"


def _is_round(n: int) -> bool:
    return str(n).strip("0") == "1"


def _plain(value: Fraction, decimals: int) -> str:
    # Halves go up, as people round; the default of Fraction.__round__ is banker's rounding.
    scaled = (value * 10**decimals + Fraction(1, 2)).__floor__()
    whole, part = divmod(scaled, 10**decimals)
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def _scientific(value: Fraction) -> str:
    precise = DecimalContext(prec=40)
    mantissa, exponent = f"{decimal(value, precise):.2e}".lower().split("e")
    power = int(exponent)
    spoken_power = f"minus {-power}" if power < 0 else str(power)
    return f"{mantissa.rstrip('0').rstrip('.')} times 10 to the power of {spoken_power}"


def plain_number(number: Number) -> int | float | str:
    """The number as JSON carries it: an int where it is whole, else a float; digits as text beyond a float's range."""
    if number.value.denominator == 1 and abs(number.value) < 2**53:
        return int(number.value)
    try:
        return float(number.value)
    except OverflowError:
        return spoken(number)
