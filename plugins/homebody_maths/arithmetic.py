"""Spoken arithmetic, pure: words in, an exact number out.

The grammar, loosest first; "and", "by", "from" and "to" only part the two sides of a phrase ("divide 10 by 4")::

    question  = "what percent of" sum "is" sum | sum "is what percent of" sum | part "off" sum | command | sum
    command   = "add" sum ("and" | "to") sum | "subtract" sum "from" sum | "multiply" sum ("by" | "and") sum | ...
    sum       = product (("plus" | "minus") product)*            n "plus" p "percent" adds p percent of n
    product   = signed (("times" | "divided by" | "modulo") signed)*
    signed    = ("minus" | "square root of" | "cube root of" | "twice") signed | power
    power     = part ("to the power of" signed)?
    part      = atom ("squared" | "cubed" | "factorial" | "percent" | "of" signed)*
    atom      = number [fraction] | number "and" fraction | fraction | "(" sum ")"

Numbers are `fractions.Fraction`, so 0.1 plus 0.2 is 0.3; only roots and powers with fractions are
rounded. Nothing is evaluated as Python, and the size of every intermediate result is bounded before it is computed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Context as DecimalContext
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

LIMIT_DIGITS: Final = 1000  # larger results are refused before they are computed
DEPTH_LIMIT: Final = 40  # nested brackets, roots and signs
LENGTH_LIMIT_CHARS: Final = 500


class NotArithmetic(ValueError):
    """The words are not an arithmetic expression of this grammar."""


class Impossible(ArithmeticError):
    """The expression is understood and has no answer; ``str(error)`` is the sentence that says so."""


class Number(NamedTuple):
    """A result: ``exact`` is False where a root had to be rounded (to 30 significant digits)."""

    value: Fraction
    exact: bool = True


# Spoken phrase -> token. Longer phrases win, so their order here does not matter.
PHRASES: Final[dict[str, str]] = {
    "plus": "+", "added to": "+", "increased by": "+", "+": "+",
    "minus": "-", "take away": "-", "less": "-", "decreased by": "-", "-": "-", "−": "-", "–": "-", "negative": "neg",
    "times": "*", "multiplied by": "*", "multiplied with": "*", "*": "*", "x": "*", "×": "*", "·": "*",
    "divided by": "/", "over": "/", "/": "/", "÷": "/", "modulo": "mod", "mod": "mod",
    "to the power of": "^", "to the power": "^", "raised to the power of": "^", "raised to": "^", "^": "^", "**": "^",
    "squared": "sq", "cubed": "cu", "factorial": "!", "!": "!",
    "square root of": "sqrt", "root of": "sqrt", "square root": "sqrt", "√": "sqrt", "cube root of": "cbrt",
    "percent": "%", "per cent": "%", "%": "%", "of": "of", "off": "off", "off of": "off",
    "half": "1/2", "halves": "1/2", "third": "1/3", "thirds": "1/3", "quarter": "1/4", "quarters": "1/4",
    "fourth": "1/4", "fourths": "1/4", "fifth": "1/5", "fifths": "1/5", "sixth": "1/6", "sixths": "1/6",
    "eighth": "1/8", "eighths": "1/8", "tenth": "1/10", "tenths": "1/10",
    "twice": "2*", "double": "2*", "triple": "3*",
    "sum of": "sum", "product of": "product", "difference between": "difference", "difference of": "difference",
    "quotient of": "quotient", "add": "add", "subtract": "subtract", "multiply": "multiply",
    "divide": "divide", "and": "and", "by": "by", "with": "by", "from": "from", "to": "to", "is": "is",
    "what percent": "what%", "what percentage": "what%", "how many percent": "what%",
    "(": "(", ")": ")", "the": "", "a": "", "an": "",
}  # fmt: skip

_number: Final = r"\d+(?:\.\d+)?"
_phrases: Final = "|".join(
    (rf"\b{re.escape(p)}\b" if p[0].isalpha() else re.escape(p)) for p in sorted(PHRASES, key=len, reverse=True)
)
_token: Final = re.compile(rf"\s*(?:({_number})|({_phrases}))")
_thousands: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")

WORDS: Final[tuple[str, ...]] = tuple(sorted({w for p in PHRASES for w in p.split() if w.isalpha()}))
"""Every word the grammar knows, for the sentence template."""


def evaluate(expression: str) -> Number:
    """The value of an expression in words, digits and signs, such as ``"5 plus 6 times 2"``.

    Number words must already be digits ("twenty" is not understood, "20" is).

    Raises:
        NotArithmetic: It is no expression, or a bare number without anything to compute.
        Impossible: Division by zero, the root of a negative number, or a result beyond `LIMIT_DIGITS` digits.
    """
    parser = _Parser(_tokens(expression))
    result = parser.question()
    if parser.rest or not parser.computed:
        raise NotArithmetic(expression)
    return result


def _tokens(expression: str) -> list[str]:
    if len(expression) > LENGTH_LIMIT_CHARS:
        raise NotArithmetic("too long")
    text = _thousands.sub("", expression.lower()).rstrip(" .?=")
    tokens: list[str] = []
    position = 0
    while position < len(text):
        found = _token.match(text, position)
        if found is None or not text[position:].strip():
            raise NotArithmetic(text[position:])
        position = found.end()
        token = found[1] or PHRASES[found[2]]
        if token:
            tokens.append(token)
    return tokens


class _Parser:
    """Recursive descent over the tokens; each method is one line of the grammar above."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens[::-1]  # the next token is last
        self.computed = False
        self._depth = 0

    def take(self, *wanted: str) -> str | None:
        """The next token, consumed, if it is one of those."""
        return self.rest.pop() if self.rest and self.rest[-1] in wanted else None

    def expect(self, *wanted: str) -> str:
        token = self.take(*wanted)
        if token is None:
            raise NotArithmetic(" or ".join(wanted))
        return token

    def question(self) -> Number:
        if self.take("what%"):
            self.computed = True
            if self.take("is"):  # what percent is 20 of 80
                part = self.atom()
                self.expect("of")
                return _percent(part, self.sum())
            self.expect("of")
            whole = self.sum()
            self.expect("is")
            return _percent(self.sum(), whole)
        command = self.take("sum", "product", "difference", "quotient", "add", "subtract", "multiply", "divide")
        if command:
            self.computed = True
            return self.command(command)
        before = list(self.rest)
        result = self.sum()
        if self.take("off"):  # 20 percent off 50
            if before[len(self.rest) + 1] != "%" and not before[len(self.rest) + 1].startswith("1/"):
                raise NotArithmetic("off")
            self.computed = True
            whole = self.sum()
            return _subtract(whole, _multiply(whole, result))
        if self.take("is"):
            self.expect("what%")
            self.expect("of")
            self.computed = True
            return _percent(result, self.sum())
        return result

    def command(self, command: str) -> Number:
        first = self.sum()
        separators, operate, swapped = _COMMANDS[command]
        separator = self.expect(*separators)
        second = self.sum()
        result = operate(second, first) if swapped else operate(first, second)
        while separator == "and" and command in {"sum", "add", "product", "multiply"} and self.take("and"):
            result = operate(result, self.sum())
        return result

    def sum(self) -> Number:
        result = self.product()
        while sign := self.take("+", "-"):
            self.computed = True
            right, is_percent = self.product_or_percent()
            if is_percent:
                right = _multiply(result, right)
            result = _add(result, right) if sign == "+" else _subtract(result, right)
        return result

    def product_or_percent(self) -> tuple[Number, bool]:
        """A product, and whether it was nothing but "n percent"."""
        before = list(self.rest)
        result = self.product()
        taken = before[len(self.rest) :][::-1]
        return result, len(taken) == 2 and taken[1] == "%"

    def product(self) -> Number:
        result = self.signed()
        while operator := self.take("*", "/", "mod"):
            self.computed = True
            right = self.signed()
            result = {"*": _multiply, "/": _divide, "mod": _modulo}[operator](result, right)
        return result

    def signed(self) -> Number:
        prefix = self.take("-", "neg", "sqrt", "cbrt", "2*", "3*")
        if prefix is None:
            return self.power()
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise NotArithmetic("too deep")
        if prefix in {"2*", "3*"}:
            self.take("of")
        operand = self.signed()
        self._depth -= 1
        if prefix in {"-", "neg"}:
            return Number(-operand.value, operand.exact)
        self.computed = True
        if prefix in {"2*", "3*"}:
            return _multiply(Number(Fraction(prefix[0])), operand)
        return _root(operand, 2 if prefix == "sqrt" else 3)

    def power(self) -> Number:
        base = self.part()
        if self.take("^"):
            self.computed = True
            self._depth += 1
            if self._depth > DEPTH_LIMIT:
                raise NotArithmetic("too deep")
            exponent = self.signed()
            self._depth -= 1
            return _power(base, exponent)
        return base

    def part(self) -> Number:
        result = self.atom()
        while suffix := self.take("sq", "cu", "!", "%", "of"):
            if suffix != "%":
                self.computed = True
            if suffix == "of":
                result = _multiply(result, self.signed())
            elif suffix == "%":
                result = _divide(result, Number(Fraction(100)))
            elif suffix == "!":
                result = _factorial(result)
            else:
                result = _power(result, Number(Fraction(2 if suffix == "sq" else 3)))
        return result

    def atom(self) -> Number:
        if self.take("("):
            self._depth += 1
            if self._depth > DEPTH_LIMIT:
                raise NotArithmetic("too deep")
            result = self.sum()
            self.expect(")")
            self._depth -= 1
            return result
        if not self.rest:
            raise NotArithmetic("a number is missing")
        if self.rest[-1].startswith("1/"):
            return Number(Fraction(self.rest.pop()))
        if not self.rest[-1][0].isdigit() or self.rest[-1].endswith("*"):
            raise NotArithmetic(self.rest[-1])
        number = Fraction(self.rest.pop())
        if len(self.rest) >= 2 and self.rest[-1] == "and" and self.rest[-2].startswith("1/"):
            self.rest.pop()
            return Number(number + Fraction(self.rest.pop()))  # 2 and a half
        if self.rest and self.rest[-1].startswith("1/"):
            return Number(number * Fraction(self.rest.pop()))  # 3 quarters
        return Number(number)


def _digits(value: Fraction) -> float:
    """About how many digits it takes to write the fraction down."""
    return (value.numerator.bit_length() + value.denominator.bit_length()) * math.log10(2)


def _bounded(value: Fraction, exact: bool) -> Number:
    if _digits(value) > 2 * LIMIT_DIGITS:
        raise Impossible("That number is too large for me.")
    return Number(value, exact)


def _add(a: Number, b: Number) -> Number:
    return _bounded(a.value + b.value, a.exact and b.exact)


def _subtract(a: Number, b: Number) -> Number:
    return _bounded(a.value - b.value, a.exact and b.exact)


def _multiply(a: Number, b: Number) -> Number:
    return _bounded(a.value * b.value, a.exact and b.exact)


def _divide(a: Number, b: Number) -> Number:
    if b.value == 0:
        raise Impossible("Nothing can be divided by zero.")
    return _bounded(a.value / b.value, a.exact and b.exact)


def _modulo(a: Number, b: Number) -> Number:
    if b.value == 0:
        raise Impossible("Nothing can be divided by zero.")
    return _bounded(a.value % b.value, a.exact and b.exact)


def _percent(part: Number, whole: Number) -> Number:
    if whole.value == 0:
        raise Impossible("There is no percentage of zero.")
    return _multiply(_divide(part, whole), Number(Fraction(100)))


def _root(of: Number, degree: int) -> Number:
    if of.value < 0 and degree == 2:
        raise Impossible("A negative number has no real square root.")
    size = abs(of.value)
    top, bottom = _whole_root(size.numerator, degree), _whole_root(size.denominator, degree)
    if top**degree == size.numerator and bottom**degree == size.denominator:
        root, exact = Fraction(top, bottom), of.exact
    else:
        # Scaling by 10^(30 * degree) before the whole root keeps 30 decimals, and far more digits than a voice says.
        scale = 10**30
        root = Fraction(_whole_root(size.numerator * scale**degree // size.denominator, degree), scale)
        exact = False
    return _bounded(-root if of.value < 0 else root, exact)


def _whole_root(n: int, degree: int) -> int:
    """The largest integer whose power is at most n (Newton's method on integers)."""
    if degree == 2:
        return math.isqrt(n)
    if n == 0:
        return 0
    x = 1 << -(-n.bit_length() // degree)
    while True:
        y = ((degree - 1) * x + n // x ** (degree - 1)) // degree
        if y >= x:
            return x
        x = y


def _power(base: Number, exponent: Number) -> Number:
    if base.value == 0 and exponent.value < 0:
        raise Impossible("Nothing can be divided by zero.")
    if exponent.value.denominator in {2, 3}:
        root = _root(base, exponent.value.denominator)
        return _power(root, Number(Fraction(exponent.value.numerator), exponent.exact))
    if exponent.value.denominator != 1:
        return _irrational_power(base, exponent)
    n = exponent.value.numerator
    if base.value in {0, 1, -1}:
        n = 0 if n == 0 else 2 - n % 2  # only its parity matters, however large it is
    elif abs(n) * _digits(base.value) > LIMIT_DIGITS * 1.5:
        raise Impossible("That number is too large for me.")
    return _bounded(base.value**n, base.exact and exponent.exact)


def _irrational_power(base: Number, exponent: Number) -> Number:
    if base.value < 0:
        raise Impossible("A negative number has no such root.")
    if base.value == 0:
        return Number(Fraction(0), base.exact)
    precise = DecimalContext(prec=40)
    if abs(exponent.value) * Fraction(abs(log10(base.value))) > LIMIT_DIGITS:
        raise Impossible("That number is too large for me.")
    result = precise.power(decimal(base.value, precise), decimal(exponent.value, precise))
    return _bounded(Fraction(result), False)


def log10(value: Fraction) -> float:
    """The logarithm to base 10 of a positive fraction, however large its parts."""
    # Of the two parts apart: a float holds neither a thousand digits nor their quotient's intermediate.
    return math.log10(value.numerator) - math.log10(value.denominator)


def _factorial(of: Number) -> Number:
    if of.value < 0 or of.value.denominator != 1:
        raise Impossible("Only whole numbers have a factorial.")
    if of.value > 400:
        raise Impossible("That number is too large for me.")
    return _bounded(Fraction(math.factorial(of.value.numerator)), of.exact)


_Operation = Callable[[Number, Number], Number]
_COMMANDS: Final[dict[str, tuple[tuple[str, ...], _Operation, bool]]] = {
    # phrase -> (what may stand between the two sides, what to do, whether the sides are swapped)
    "sum": (("and",), _add, False),
    "product": (("and",), _multiply, False),
    "difference": (("and",), _subtract, False),
    "quotient": (("and", "by"), _divide, False),
    "add": (("and", "to"), _add, False),
    "subtract": (("from",), _subtract, True),
    "multiply": (("by", "and"), _multiply, False),
    "divide": (("by",), _divide, False),
}


def decimal(value: Fraction, precise: DecimalContext) -> Decimal:
    """The fraction as a decimal of the context's precision."""
    return precise.divide(Decimal(value.numerator), Decimal(value.denominator))
